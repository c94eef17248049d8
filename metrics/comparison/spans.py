"""What runs that find spans of text are compared by, and every span that changed."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from metrics.comparison.cells import count_cells, measure_cells
from metrics.comparison.ledger import Ledger
from metrics.comparison.ledger_lines import AlarmLines, Alarms, TruthLines, join_alarms, side_by_side, truth_changes
from metrics.comparison.measured import Measured
from metrics.errors import ColumnError
from metrics.resamples import Resamples
from metrics.texts.exact import SpanMatches, match_spans

SPANS_RULE: Final = (
    "spans by row, feature, start and end; a missed one is taken for the feature of the surest false alarm that "
    "overlaps it, before all of one with the same start and end"
)


def measure_spans(matches: SpanMatches, resamples: Resamples) -> list[Measured]:
    """Precision, recall and F1 of exact spans, in all and for each feature, each with what it is on every resample.

    For spans that overlap, and their average precision: `measure_objects(find_overlaps(truth.as_boxes(), ...))`.

    Args:
        matches: From `match_spans`.
        resamples: From `draw_rows`, on rows that count.

    Raises:
        ColumnError: If the rows were drawn from others than those that count.

    Example:
        >>> from metrics import Spans, draw_rows, match_spans
        >>> truth = Spans.from_offsets([0, 1], [0, 0], [0, 2], [2, 5])
        >>> found = Spans.from_offsets([0, 1], [0, 0], [0, 2], [2, 4])
        >>> matches = match_spans(truth, found, rows=2, features=1)
        >>> numbers = measure_spans(matches, draw_rows(matches.keep, count=20))
        >>> {each.name: each.value for each in numbers if each.feature is None}
        {'precision': 0.5, 'recall': 0.5, 'F1': 0.5}
    """
    cells = count_cells(
        matches,
        matches.truth,
        matches.predictions,
        features=matches.features,
        keep=matches.keep,
        iou=np.ones(len(matches.predictions)),
    )
    return measure_cells(cells, resamples, mean_iou=False)


def keep_span_ledger(baseline: SpanMatches, candidate: SpanMatches) -> Ledger:
    """Tell what became of every span between two runs, in the words of `keep_ledger`.

    A false alarm is persistent where both runs have the same span of the same feature. A missed true span is taken for
    the feature of a false alarm that overlaps it: of one with the same start and end, else of the surest, of equally
    sure ones of that which shares most with it. A false alarm is taken for a missed true span likewise, of several for
    that which it shares most with. Where that one is of the same feature, only an end is wrong and nothing is mistaken.

    Args:
        baseline: Matches of the run to beat.
        candidate: Matches of the run in question, on the same true spans and rows.

    Raises:
        ColumnError: If rows, features or true spans differ.

    Example:
        >>> from metrics import Spans, match_spans
        >>> truth = Spans.from_offsets([0, 0], [0, 0], [0, 3], [2, 5])
        >>> runs = [Spans.from_offsets([0, 0], [0, 0], starts, [2, 9]) for starts in ([0, 7], [1, 7])]
        >>> ledger = keep_span_ledger(*(match_spans(truth, found, rows=1, features=1) for found in runs))
        >>> {name: n for name, n in ledger.total.items() if n}
        {'newly_missed': 1, 'still_missed': 1, 'persistent': 1, 'new': 1}
    """
    _check_alike(baseline, candidate)
    runs = (baseline, candidate)
    mistaken = (_mix_ups(baseline), _mix_ups(candidate))
    return Ledger(
        _truth_lines(runs, mistaken),
        _alarm_lines(runs, mistaken),
        features=candidate.features,
        min_iou=1.0,
        min_confidence=(baseline.min_confidence, candidate.min_confidence),
        same_iou=1.0,
        rule=SPANS_RULE,
    )


def _check_alike(baseline: SpanMatches, candidate: SpanMatches) -> None:
    before, after = baseline.truth, candidate.truth
    alike = all(
        np.array_equal(getattr(before, name), getattr(after, name))
        for name in ("row", "feature", "start", "end", "ignored")
    )
    if not alike or baseline.features != candidate.features or not np.array_equal(baseline.keep, candidate.keep):
        raise ColumnError(
            f"A ledger needs both runs on the same rows, features and true spans; the baseline has {len(before):,} "
            f"true spans and {baseline.features:,} features, the candidate {len(after):,} and {candidate.features:,}."
        )


def _truth_lines(runs: tuple[SpanMatches, SpanMatches], mistaken: tuple[MixUps, MixUps]) -> TruthLines:
    truth = runs[1].truth
    lines = np.flatnonzero(runs[1].keep[truth.row] & ~truth.ignored).astype(np.int32)
    finder = np.stack([run.prediction_of[lines] for run in runs], axis=1)
    found = finder >= 0
    other = np.stack([each.prediction_of[lines] for each in mistaken], axis=1)
    prediction = np.where(found, finder, other)
    return TruthLines(
        lines,
        truth.row[lines],
        truth.feature[lines],
        truth_changes(found),
        prediction,
        side_by_side([run.predictions.feature for run in runs], prediction),
        np.where(found, 1.0, np.nan),
        side_by_side([run.predictions.sureness for run in runs], prediction),
    )


def _alarm_lines(runs: tuple[SpanMatches, SpanMatches], mistaken: tuple[MixUps, MixUps]) -> AlarmLines:
    sides = [
        Alarms(run.predictions.row, run.predictions.feature, run.fp, each.truth_of, run.predictions.sureness)
        for run, each in zip(runs, mistaken, strict=True)
    ]
    before, after = (np.flatnonzero(side.false) for side in sides)
    claims = match_spans(
        runs[0].predictions.only(before),
        runs[1].predictions.only(after),
        rows=len(runs[1].keep),
        features=runs[1].features,
    ).truth_of
    same = np.full(len(runs[1].predictions), -1, dtype=np.int32)
    same[after] = np.append(before, -1)[claims]
    return join_alarms(sides[0], sides[1], same)


class MixUps(NamedTuple):
    """What a run took for another feature.

    Attributes:
        prediction_of: int32[T]: the false alarm of another feature that each missed true span was taken for, or -1.
        truth_of: int32[P]: the missed true span of another feature that each false alarm lies on, or -1.
    """

    prediction_of: np.ndarray
    truth_of: np.ndarray


def _mix_ups(run: SpanMatches) -> MixUps:
    from metrics.kernels.spans import find_nearest

    truth, predictions = run.truth, run.predictions
    missed, false = np.flatnonzero(run.missed), np.flatnonzero(run.fp)
    missed = missed[np.lexsort((missed, truth.start[missed], truth.row[missed]))]
    found = MixUps(np.full(len(truth), -1, dtype=np.int32), np.full(len(predictions), -1, dtype=np.int32))
    if not len(missed) or not len(false):
        return found
    places = [
        (side.row[some], side.start[some], side.end[some]) for side, some in ((truth, missed), (predictions, false))
    ]
    nearest = find_nearest(places[0], places[1], predictions.sureness[false])
    for mine, theirs, chosen, into in (
        ((truth, missed), (predictions, false), nearest[0], found.prediction_of),
        ((predictions, false), (truth, missed), nearest[1], found.truth_of),
    ):
        met = np.flatnonzero(chosen >= 0)
        own, other = mine[1][met], theirs[1][chosen[met]]
        wrong = mine[0].feature[own] != theirs[0].feature[other]
        into[own[wrong]] = other[wrong]
    return found
