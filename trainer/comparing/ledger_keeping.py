"""Keeping the object ledger of two runs, at one threshold or many: who is matched with which truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import metrics
from trainer.comparing.comparison import Pair
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_table import Named
from trainer.comparing.placing import features_onto, place, place_areas, rows_onto
from trainer.measures.areas import PaintedAreas, painted_areas
from trainer.measures.choices import ChoiceEvaluation
from trainer.measures.evaluation import Evaluation, Thresholds
from trainer.measures.measuring import Measurable, evaluate_sides, refuse_other_measures
from trainer.measures.pixels import PixelEvaluation
from trainer.measures.spans import SpanEvaluation
from trainer.records.errors import RecordError
from trainer.records.measure import Measure


@dataclass(frozen=True, eq=False)
class LedgerKeeper:
    """Two runs on the candidate's truth, ready for a ledger at any thresholds. The slow part is done once, when needed.

    Where the snapshots differ, the baseline's predictions are placed on the candidate's rows and features, joined by
    key and path. Rows and features that only one of the two knows are in no line; `Pair.left_out` and
    `Pair.left_out_features` count them.

    Attributes:
        pair: From `pair_runs`.
    """

    pair: Pair

    def at(
        self, thresholds: Thresholds | tuple[Thresholds, Thresholds] | None = None, *, split: str | None = None
    ) -> ObjectLedger:
        """The ledger at the given thresholds; arguments as in `object_ledger`."""
        each = thresholds if isinstance(thresholds, tuple) else (thresholds or Thresholds(),) * 2
        if self.pair.subject.by_iou and each[0].min_iou != each[1].min_iou:
            raise RecordError(
                f"A ledger needs one IoU for both runs, not {each[0].min_iou:g} for the baseline and "
                f"{each[1].min_iou:g} for the candidate. The confidences may differ."
            )
        split = split or self.pair.default_split
        keep = self.pair.measured_in_candidate(split)
        if self.pair.subject.measure is Measure.PIXELS:
            ledger = self._areas.ledger(keep, min_iou=each[0].min_iou)
        else:
            ledger = self._keep((self.sides[0].on_rows(keep), self.sides[1].on_rows(keep)), each)
        return ObjectLedger(self.pair, ledger, self.pair.features, split, int(keep.sum()), self._named)

    def _keep(self, sides: tuple[Measurable, Measurable], each: tuple[Thresholds, Thresholds]) -> metrics.Ledger:
        before, after = sides
        if isinstance(before, ChoiceEvaluation) and isinstance(after, ChoiceEvaluation):
            return after.ledger(before, each)
        if isinstance(before, SpanEvaluation) and isinstance(after, SpanEvaluation):
            return after.ledger(before, each)
        matches = [
            metrics.match(side.overlaps, min_iou=one.min_iou, min_confidence=one.min_confidence)
            for side, one in zip(sides, each, strict=True)
            if isinstance(side, Evaluation)
        ]
        return metrics.keep_ledger(*matches, between=self._between)

    @cached_property
    def sides(self) -> tuple[Measurable, Measurable]:
        """The baseline's and the candidate's predictions with the candidate's truth of the shared features."""
        pair = self.pair
        after = pair.candidate.evaluation(pair.subject, features=pair.features)
        if pair.same_snapshot and not any(pair.left_out):
            return pair.baseline.evaluation(pair.subject, features=pair.features), after
        truth, found = self.placed.truth.annotations, self.placed.predictions[0].annotations
        rows, features, subject = self.placed.rows, pair.features, pair.subject
        return evaluate_sides(truth, found, rows=rows, features=features, subject=subject), after

    @property
    def overlaps(self) -> tuple[metrics.Overlaps, metrics.Overlaps]:
        """The same as overlaps of boxes or masks.

        Raises:
            RecordError: If something else is measured.
        """
        refuse_other_measures(self.pair.subject, Measure.BOXES, Measure.MASKS, asked="This")
        before, after = (side.overlaps for side in self.sides if isinstance(side, Evaluation))
        return before, after

    @cached_property
    def _between(self) -> metrics.Overlaps:
        return metrics.pair_predictions(*self.overlaps)

    @cached_property
    def _areas(self) -> PaintedAreas:
        before, after = (side for side in self.sides if isinstance(side, PixelEvaluation))
        one, other = (placed.annotations for placed in self.placed.predictions)
        return painted_areas((before, after), self.placed.truth.annotations, (one, other), rows=self.placed.rows)

    @cached_property
    def _named(self) -> Named:
        """What the numbers of a ledger stand for: annotations, or the areas that they paint."""
        if self.pair.subject.measure is not Measure.PIXELS:
            return self.placed
        areas, placed = self._areas, self.placed
        truth, *found = (
            place_areas(seen, of)
            for seen, of in zip((areas.truth, *areas.predictions), (placed.truth, *placed.predictions), strict=True)
        )
        painted = tuple(each.annotations for each in (placed.truth, *placed.predictions))
        return placed._replace(truth=truth, predictions=(found[0], found[1]), painted=painted)

    @cached_property
    def placed(self) -> Named:
        """Truth and predictions on the candidate's rows, of the shared features, and where each stood in its run."""
        pair, snapshot = self.pair, self.pair.candidate.snapshot
        numbers = np.arange(len(snapshot.rows), dtype=np.int32)
        onto_shared = features_onto(snapshot.ontology, pair.features)
        moved = rows_onto(pair.baseline_rows, pair.candidate_rows, rows=len(pair.baseline.snapshot.rows))
        return Named(
            snapshot.rows,
            pair.features,
            place(snapshot.truth, rows=numbers, features=onto_shared),
            (
                place(
                    pair.baseline.predictions,
                    rows=moved,
                    features=features_onto(pair.baseline.snapshot.ontology, pair.features),
                ),
                place(pair.candidate.predictions, rows=numbers, features=onto_shared),
            ),
            (pair.baseline.name, pair.candidate.name),
        )


def object_ledger(
    pair: Pair,
    *,
    thresholds: Thresholds | tuple[Thresholds, Thresholds] | None = None,
    split: str | None = None,
) -> ObjectLedger:
    """Tell what became of every object between two runs: shapes, rows with a class, ticked options, spans or areas.

    A truth is kept, newly found, newly missed or still missed. A false alarm of the candidate is persistent where the
    baseline has one of the same feature in the same place (IoU 0.5), and new otherwise; the baseline's that are not
    there any more are fixed. The truth is the candidate's. For many thresholds make a `LedgerKeeper` and ask that.

    Args:
        pair: From `pair_runs`.
        thresholds: Where predictions begin to count, or one for each run with the same IoU; 0.5 and 0.5 when left out.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``, as the candidate's snapshot has it;
            `Pair.default_split` when left out.

    Raises:
        RecordError: If the two IoU differ, or there is no such split.
    """
    return LedgerKeeper(pair).at(thresholds, split=split)
