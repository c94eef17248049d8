"""What runs that find spans of text are compared by, and every span that changed."""

from __future__ import annotations

from typing import Final

import numpy as np

from metrics.comparison.cells import count_cells, measure_cells
from metrics.comparison.ledger import AlarmLines, Change, Ledger, TruthLines
from metrics.comparison.measured import Measured
from metrics.errors import ColumnError
from metrics.resamples import Resamples
from metrics.texts.exact import SpanMatches, match_spans

SPANS_RULE: Final = "spans by row, feature, start and end"


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

    A false alarm is persistent where both runs have the same span of the same feature.

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
    return Ledger(
        _truth_lines(baseline, candidate),
        _alarm_lines(baseline, candidate),
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


def _truth_lines(*runs: SpanMatches) -> TruthLines:
    truth = runs[1].truth
    lines = np.flatnonzero(runs[1].keep[truth.row] & ~truth.ignored).astype(np.int32)
    prediction = np.stack([run.prediction_of[lines] for run in runs], axis=1)
    found = prediction >= 0
    change = np.select(
        [found.all(axis=1), found[:, 1], found[:, 0]],
        [Change.KEPT, Change.NEWLY_FOUND, Change.NEWLY_MISSED],
        Change.STILL_MISSED,
    )
    confidence = np.stack([_sureness(run, column) for run, column in zip(runs, prediction.T, strict=True)], axis=1)
    return TruthLines(
        lines,
        truth.row[lines],
        truth.feature[lines],
        change.astype(np.int8),
        prediction,
        np.where(found, truth.feature[lines][:, None], -1),
        np.where(found, 1.0, np.nan),
        confidence,
    )


def _alarm_lines(baseline: SpanMatches, candidate: SpanMatches) -> AlarmLines:
    before, after = np.flatnonzero(baseline.fp), np.flatnonzero(candidate.fp)
    same = match_spans(
        baseline.predictions.only(before),
        candidate.predictions.only(after),
        rows=len(candidate.keep),
        features=candidate.features,
    ).truth_of
    persistent = same >= 0
    fixed = np.setdiff1d(np.arange(len(before)), same[persistent])
    here = np.concatenate([np.where(persistent, np.append(before, -1)[same], -1), before[fixed]])
    there = np.concatenate([after, np.full(len(fixed), -1)])
    prediction = np.stack([here, there], axis=1).astype(np.int32)
    change = np.concatenate([np.where(persistent, Change.PERSISTENT, Change.NEW), np.full(len(fixed), Change.FIXED)])
    return AlarmLines(
        np.concatenate([candidate.predictions.row[after], baseline.predictions.row[before[fixed]]]),
        np.concatenate([candidate.predictions.feature[after], baseline.predictions.feature[before[fixed]]]),
        change.astype(np.int8),
        prediction,
        np.full(prediction.shape, -1, dtype=np.int32),
        np.stack([_sureness(baseline, prediction[:, 0]), _sureness(candidate, prediction[:, 1])], axis=1),
    )


def _sureness(run: SpanMatches, positions: np.ndarray) -> np.ndarray:
    """The confidence of each prediction; NaN where there is none."""
    return np.where(positions >= 0, np.append(run.predictions.sureness, np.nan)[positions], np.nan)
