"""What a run's predictions are worth, whatever is measured: one door to boxes, masks, classes, pixels and spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import numpy as np

import metrics
from metrics.texts.exact import EXACT_RULE
from trainer.measures.choices import RULE as CHOICES_RULE
from trainer.measures.choices import ChoiceEvaluation, evaluate_choices
from trainer.measures.evaluation import Evaluation, Shape, Thresholds, on_features, overlaps_between
from trainer.measures.number_names import word_of
from trainer.measures.pixels import RULE as PIXELS_RULE
from trainer.measures.pixels import evaluate_pixels
from trainer.measures.spans import TICKS_RULE, SpanEvaluation, evaluate_spans
from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError
from trainer.records.measure import Measure, Subject
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

if TYPE_CHECKING:
    from trainer.store import RunEntry

HEADLINES: Final[Mapping[Measure, tuple[str, ...]]] = {
    Measure.BOXES: ("mAP", "AP50", "F1"),
    Measure.MASKS: ("mAP", "AP50", "F1"),
    Measure.CLASSES: ("accuracy", "subset accuracy", "F1 macro"),
    Measure.PIXELS: ("mean IoU", "pixel accuracy"),
    Measure.SPANS: ("precision", "recall", "F1"),
}
"""The numbers by which runs are listed, of those that stand for them."""
MEASURE_TAG: Final = "trainer.measure"
"""Tag that tells what a run was measured by; older runs have none and were all measured by boxes."""


class Scored(Protocol):
    """What was measured on some rows at some thresholds."""

    @property
    def subject(self) -> Subject:
        """What was measured."""
        ...

    @property
    def rows(self) -> int:
        """Number of rows that were."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """Paths of the features, in code order."""
        ...

    def headline(self) -> dict[str, float]:
        """The numbers that stand for a run, by the words of `number_names`; NaN where undefined."""
        ...

    def per_feature(self) -> dict[str, np.ndarray]:
        """Counts and ratios of each feature, in code order."""
        ...

    def main(self) -> np.ndarray:
        """float64[features]: the number that stands for each feature; see `Subject.main_number`."""
        ...

    def support(self) -> np.ndarray:
        """int64[features]: what it rests on."""
        ...

    def row_errors(self) -> np.ndarray:
        """int64[rows]: errors of each row; 0 for rows that do not count."""
        ...

    def summary(self, split: str) -> dict[str, Any]:
        """Everything in all as plain values, with the rules, settings and rows that made it; None where undefined."""
        ...


class Measurable(Protocol):
    """Truth and predictions matched as far as that goes without thresholds: the expensive step, done once."""

    @property
    def subject(self) -> Subject:
        """What is measured."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """Paths of the features, in code order."""
        ...

    @property
    def known(self) -> np.ndarray:
        """bool[rows]: rows that can be right or wrong; of one choice among classes those with a true answer, else all.

        The others are in no number, whether or not `on_rows` keeps them.
        """
        ...

    def on_rows(self, keep: np.ndarray) -> Self:
        """On some rows alone: bool[rows]; rows left out earlier stay out."""
        ...

    def at(self, thresholds: Thresholds) -> Scored:
        """Everything there is to measure at the given thresholds, as far as they mean anything."""
        ...

    def measured(
        self, resamples: metrics.Resamples, *, thresholds: Thresholds, sizes: bool = False
    ) -> list[metrics.Measured]:
        """Every number with what it is on every resample."""
        ...

    def held(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and feature of every truth that counts."""
        ...


def evaluate(
    snapshot: Snapshot, predictions: Annotations, subject: Subject, *, features: tuple[str, ...] | None = None
) -> Measurable:
    """Match a run's predictions with its truth, on all rows.

    Args:
        snapshot: The rows and their truth.
        predictions: What was predicted on them.
        subject: What is measured.
        features: Paths to measure alone, in this order; all that the subject has when left out.

    Raises:
        ColumnError: If an annotation is not of the kind that is measured, such as a box without a mask.
    """
    features = subject.features_of(snapshot.ontology) if features is None else features
    truth, found = (on_features(each, snapshot.ontology, features) for each in (snapshot.truth, predictions))
    return evaluate_sides(truth, found, rows=snapshot.rows, features=features, subject=subject)


def evaluate_sides(
    truth: Annotations, predictions: Annotations, *, rows: Rows, features: tuple[str, ...], subject: Subject
) -> Measurable:
    """The same for annotations of rows whose feature codes are places in `features` already."""
    if subject.measure is Measure.PIXELS:
        return evaluate_pixels(truth, predictions, rows=rows, features=features, subject=subject)
    if subject.one_choice:
        return evaluate_choices(truth, predictions, rows=rows, features=features, subject=subject)
    if not subject.has_objects:
        return evaluate_spans(truth, predictions, rows=rows, features=features, subject=subject)
    shape: Shape = "masks" if subject.measure is Measure.MASKS else "boxes"
    overlaps = overlaps_between(truth, predictions, rows=rows, features=len(features), shape=shape)
    return Evaluation(overlaps, features, subject)


def listed_numbers(runs: Sequence[RunEntry]) -> tuple[str, ...]:
    """Names of the numbers that stand for some runs, of everything that any of them is measured by."""
    measures = dict.fromkeys(run.tags.get(MEASURE_TAG, Measure.BOXES).partition(":")[0] for run in runs)
    there = {word_of(key) for run in runs for key in run.metrics}
    names = [name for measure in measures or [Measure.BOXES] for name in HEADLINES[Measure(measure)]]
    # A column that no run fills is left out, such as the accuracy of a radio where all have checklists.
    usual = HEADLINES[Measure.BOXES]
    return tuple(name for name in dict.fromkeys(names) if name in there or name in usual)


def overlaps_in(evaluation: Measurable, *, asked: str) -> metrics.Overlaps:
    """Objects whose overlaps can be asked for confidences: shapes, and spans and ticks, which are the same or not.

    Args:
        evaluation: What was matched.
        asked: What they are needed for, as the subject of a sentence.

    Raises:
        RecordError: If there are none: a choice and a pixel have no threshold.
    """
    if isinstance(evaluation, Evaluation):
        return evaluation.overlaps
    if isinstance(evaluation, SpanEvaluation):
        return evaluation.overlaps()
    raise RecordError(
        f"{asked} needs thresholds, and there is none for {evaluation.subject}: each row has one choice, and each "
        "pixel one feature, at any confidence. It is there for boxes, masks, spans and checklists."
    )


def refuse_other_measures(subject: Subject, *allowed: Measure, asked: str) -> None:
    """Check that something is there for what is measured, rather than measure something else in silence.

    Raises:
        RecordError: If it is not.
    """
    if subject.measure not in allowed:
        raise RecordError(
            f"{asked} is there for {', '.join(allowed)}, not for {subject}. Gains are told "
            "of everything: modelruns compare."
        )


def refuse_idle_thresholds(subject: Subject, given: Sequence[str], *, areas: bool = False) -> None:
    """Check that the thresholds that were asked for decide anything, rather than pass them over in silence.

    Args:
        subject: What is measured.
        given: Of ``confidence`` and ``iou`` those that were asked for.
        areas: Painted areas are told one by one, too, which an IoU finds.

    Raises:
        RecordError: If one decides nothing.
    """
    why = {}
    if subject.one_choice:
        why = dict.fromkeys(("confidence", "iou"), "each row has one choice, the surest one, at any confidence")
    elif subject.measure is Measure.PIXELS:
        why = {"confidence": "each pixel has one feature at any confidence"}
        why |= {} if areas else {"iou": "pixels are only added up here"}
    elif not subject.has_objects:
        why = {"iou": f"{'an option' if subject.several else 'a span'} is a true one or it is not"}
    words = {"confidence": "A least confidence", "iou": "A least IoU"}
    for name in given:
        if name in why:
            raise RecordError(f"{words[name]} means nothing for {subject}: {why[name]}. Leave it out.")


def refuse_sizes(subject: Subject) -> None:
    """Check that numbers by the size of objects, which were asked for, are there.

    Raises:
        RecordError: If they are not.
    """
    if not subject.has_objects:
        raise RecordError(
            f"Sizes mean nothing for {subject}: average precision by size is there for boxes and masks. Leave them out."
        )


def remarks_of(evaluation: Measurable) -> tuple[str, ...]:
    """What is not measured though somebody might look for it, and why, in words without an end; empty where all is."""
    why = evaluation.no_probabilities if isinstance(evaluation, ChoiceEvaluation) else ""
    return (f"no log loss: {why}",) if why else ()


def words_of(subject: Subject, thresholds: Thresholds) -> str:
    """At which thresholds a subject is measured, or by which rule where there are none, in words."""
    sure = f"confidence >= {thresholds.min_confidence:g}"
    if subject.has_objects:
        return f"{sure}, IoU >= {thresholds.min_iou:g}"
    if subject.measure is Measure.PIXELS:
        return PIXELS_RULE
    if subject.one_choice:
        return CHOICES_RULE
    return f"{TICKS_RULE if subject.several else EXACT_RULE}; {sure}"
