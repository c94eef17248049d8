"""What a pack says of its features: by which rule a run is measured, of which features, and which answer what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from trainer.records.measure import Measure, Subject
from trainer.records.ontology import QUESTIONS, Kind, Ontology


class Rule(StrEnum):
    """How the browser tells what was found: the word is what `outcomes.js` reads."""

    OVERLAPS = "overlaps"  # shapes, spans and ticks: a prediction claims the truth that it overlaps most
    CHOICE = "choice"  # of a row's answers the surest one counts, at any confidence
    NOTHING = "nothing"  # pixels: nothing is found or missed one by one


@dataclass(frozen=True)
class Asked:
    """What truth and predictions of a pack answer.

    Attributes:
        rule: How outcomes are told.
        measured: Codes of the features that have an outcome; all where it is None.
        questions: Path, whether several options may hold, and the codes of its options, of every question.
        question: Path of the question that is measured; None for everything else.
    """

    rule: Rule = Rule.OVERLAPS
    measured: tuple[int, ...] | None = None
    questions: tuple[tuple[str, bool, tuple[int, ...]], ...] = ()
    question: str | None = None

    def to_head(self, features: Sequence[str]) -> dict[str, Any]:
        """The same for the head of a pack of these features."""
        codes = range(len(features)) if self.measured is None else self.measured
        named = [
            {"name": name, "several": several, "options": list(options)} for name, several, options in self.questions
        ]
        return {"rule": self.rule.value, "measured": list(codes), "questions": named, "question": self.question}


SHAPES_ALONE: Final = Asked()


def asked_of(ontology: Ontology, subject: Subject) -> Asked:
    """What the packs of a run answer that is measured by `subject`.

    Example:
        >>> from trainer.records.ontology import Feature
        >>> weather = Feature("weather", Kind.RADIO, (Feature("dry", Kind.OPTION), Feature("wet", Kind.OPTION)))
        >>> asked = asked_of(Ontology((weather,)), Subject(Measure.CLASSES, "weather"))
        >>> asked.rule.value, asked.measured, asked.questions
        ('choice', (1, 2), (('weather', False, (1, 2)),))
    """
    questions = tuple(
        (path, feature.kind is Kind.CHECKLIST, tuple(ontology.code(f"{path}/{each.name}") for each in feature.children))
        for path, feature in ontology.by_path.items()
        if feature.kind in QUESTIONS
    )
    rule = Rule.CHOICE if subject.one_choice else Rule.OVERLAPS
    if subject.measure is Measure.PIXELS:
        rule = Rule.NOTHING
    measured = tuple(ontology.code(path) for path in subject.features_of(ontology))
    return Asked(rule, measured, questions, subject.question)
