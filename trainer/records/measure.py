"""What of a run is measured against its truth: boxes, masks, classes, pixels or spans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trainer.records.errors import NotFoundError, RecordError
from trainer.records.ontology import QUESTIONS, SHAPES, Kind, Ontology


class Measure(StrEnum):
    """What truth and prediction are laid side by side as."""

    BOXES = "boxes"
    MASKS = "masks"
    CLASSES = "classes"
    PIXELS = "pixels"
    SPANS = "spans"


@dataclass(frozen=True, slots=True)
class Subject:
    """A measure, and what of an ontology it is taken of. Made by `subject_of` and `usual_subject`.

    Attributes:
        measure: What is laid side by side.
        question: Path of the radio or checklist; None for all but classes.
        several: The question is a checklist, of which any number of options can hold.
        only: Paths of the only features that count; every feature of the kind where there is none. Never for classes.

    Example:
        >>> str(Subject(Measure.CLASSES, "weather")), str(Subject(Measure.MASKS))
        ('classes:weather', 'masks')
        >>> str(Subject(Measure.BOXES, only=("car", "van, grey")))
        'boxes:car,van\\\\, grey'
    """

    measure: Measure
    question: str | None = None
    several: bool = False
    only: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = self.question or ",".join(path.replace(",", "\\,") for path in self.only)
        return f"{self.measure}:{named}" if named else self.measure.value

    @property
    def has_objects(self) -> bool:
        """Whether shapes are matched by their overlap."""
        return self.measure in (Measure.BOXES, Measure.MASKS)

    @property
    def by_iou(self) -> bool:
        """Whether an IoU decides which objects are found: shapes, and painted areas."""
        return self.has_objects or self.measure is Measure.PIXELS

    @property
    def one_choice(self) -> bool:
        """Whether each row has one class, so that no threshold decides anything."""
        return self.measure is Measure.CLASSES and not self.several

    @property
    def main_number(self) -> str:
        """The number that stands for one feature."""
        return {Measure.PIXELS: "IoU", Measure.CLASSES: "F1", Measure.SPANS: "F1"}.get(self.measure, "AP")

    @property
    def first_number(self) -> str:
        """The number over all features that is told first.

        Example:
            >>> BOXES.first_number, Subject(Measure.CLASSES, "weather").first_number
            ('mAP', 'accuracy')
        """
        if self.measure is Measure.CLASSES:
            return "subset accuracy" if self.several else "accuracy"
        return {Measure.PIXELS: "mean IoU", Measure.SPANS: "F1"}.get(self.measure, "mAP")

    def features_of(self, ontology: Ontology) -> tuple[str, ...]:
        """Paths of the features that are measured, in the ontology's order: options, spans or shapes."""
        if self.question is not None:
            feature = ontology.by_path.get(self.question)
            options = feature.children if feature is not None else ()
            return tuple(f"{self.question}/{option.name}" for option in options)
        kinds = (Kind.SPAN,) if self.measure is Measure.SPANS else SHAPES
        found = (path for path, feature in ontology.walk() if feature.kind in kinds)
        return tuple(path for path in found if not self.only or path in self.only)


BOXES: Final = Subject(Measure.BOXES)


def usual_subject(ontology: Ontology) -> Subject:
    """What is measured when nobody says what: boxes where anything has a shape, else what the first feature is.

    Example:
        >>> from trainer.records.ontology import Feature
        >>> weather = Feature("weather", Kind.RADIO, (Feature("sunny", Kind.OPTION), Feature("rainy", Kind.OPTION)))
        >>> str(usual_subject(Ontology((weather,)))), str(usual_subject(Ontology.flat({"cell": "box"})))
        ('classes:weather', 'boxes')
    """
    kinds = [feature.kind for _, feature in ontology.walk()]
    first = next((kind for kind in kinds if kind in (*QUESTIONS, Kind.SPAN)), None)
    if first is None or any(kind in SHAPES for kind in kinds):
        return BOXES
    return subject_of(Measure.SPANS if first is Kind.SPAN else Measure.CLASSES, ontology)


def subject_of(asked: str, *ontologies: Ontology) -> Subject:
    """What is measured where somebody says it: ``boxes``, ``masks``, ``classes``, ``pixels`` or ``spans``.

    Args:
        asked: The measure; of several questions ``classes:weather`` names the one, else it is the first that all
            ontologies have. Of everything else ``boxes:car,van`` names the only features that count; a comma in a name
            is written ``\\,``.
        ontologies: Of the runs to measure, at least one.

    Raises:
        RecordError: If there is no such measure, nothing is named behind a colon, the ontologies have nothing of the
            kind, or one asks for a single option where another allows several.
        NotFoundError: If there is no such question or feature.
    """
    measure, named = _split(asked)
    if measure is Measure.CLASSES:
        return _of_question(named, ontologies)
    subject = Subject(measure, only=tuple(_paths(named)) if named else ())
    _refuse_unknown(subject, ontologies)
    if not all(subject.features_of(ontology) for ontology in ontologies):
        what = "no feature of kind span" if subject.measure is Measure.SPANS else "no feature with a shape"
        raise RecordError(f"There are no {subject} to measure: the ontology has {what}. {_hint(ontologies)}")
    return subject


def check_measure(asked: str | None, ontology: Ontology | None) -> None:
    """Check what is asked for as far as that goes before there is anything to measure; None asks for nothing.

    Raises:
        RecordError: If there is no such measure, or the ontology, where it is known, has nothing of the kind.
        NotFoundError: If it has no such question.
    """
    if asked is not None and ontology is not None:
        subject_of(asked, ontology)
    elif asked is not None:
        _split(asked)


def _split(asked: str) -> tuple[Measure, str]:
    name, colon, named = str(asked).partition(":")
    if name not in tuple(Measure):
        raise RecordError(f"{str(asked)!r} is nothing to measure; there are {', '.join(Measure)}.")
    names = [named] if name == Measure.CLASSES else _paths(named)
    if colon and not all(path.strip() for path in names):
        what = "a question" if name == Measure.CLASSES else "features, divided by commas,"
        raise RecordError(f"{str(asked)!r} names nothing; name {what} behind the colon, or leave the colon out.")
    return Measure(name), named


def _paths(named: str) -> list[str]:
    """Paths divided by commas; one in a name is written ``\\,``."""
    return [path.replace("\\,", ",") for path in re.split(r"(?<!\\),", named)]


def _refuse_unknown(subject: Subject, ontologies: tuple[Ontology, ...]) -> None:
    """Every feature that is named has to be there in all ontologies, and of a kind that is measured so."""
    every = Subject(subject.measure)
    for ontology in ontologies:
        there = every.features_of(ontology)
        for path in subject.only:
            if path not in there:
                raise NotFoundError(
                    f"There is no feature {path!r} to measure by {every}. There are: {', '.join(there) or 'none'}."
                )


def _of_question(asked: str, ontologies: tuple[Ontology, ...]) -> Subject:
    asks = [{path: each.kind for path, each in one.walk() if each.kind in QUESTIONS} for one in ontologies]
    common = [path for path in asks[0] if all(path in one for one in asks)]
    if not common and all(asks):
        each = "; ".join(", ".join(one) for one in asks)
        raise RecordError(f"The runs have no question in common, so there are no classes to measure. They ask: {each}.")
    if not common:
        raise RecordError(
            f"There are no classes to measure: the ontology has no radio or checklist. {_hint(ontologies)}"
        )
    if asked and asked not in common:
        raise NotFoundError(f"There is no question {asked!r} of classes. There are: {', '.join(common)}.")
    question = asked or common[0]
    kinds = {one[question] for one in asks}
    if len(kinds) > 1:
        raise RecordError(
            f"Question {question!r} is a radio in one run and a checklist in another, so their classes differ."
        )
    return Subject(Measure.CLASSES, question, several=kinds == {Kind.CHECKLIST})


def _hint(ontologies: tuple[Ontology, ...]) -> str:
    return f"What it has is measured by {usual_subject(ontologies[0])}." if ontologies[0].features else ""
