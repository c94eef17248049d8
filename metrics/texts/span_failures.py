"""Why predicted spans fail, and why true ones were missed, by how both overlap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from metrics.objects.failures import FAILURE_KINDS
from metrics.objects.overlap import find_overlaps
from metrics.texts.exact import SpanMatches
from metrics.texts.semeval import SMALLEST_IOU

SPAN_FAILURES_RULE: Final = "overlap of spans: same boundaries before same feature before any"

_CLASS, _PLACE, _BOTH, _DUPLICATE, _BACKGROUND, _UNSEEN = np.arange(len(FAILURE_KINDS), dtype=np.int8)
_IN_ORDER: Final = np.array([_DUPLICATE, _CLASS, _PLACE, _BOTH])


@dataclass(frozen=True, eq=False)
class SpanFailures:
    """The kind of every failure, for P predicted and T true spans in the order of their tables.

    Attributes:
        matches: What was looked at.
        kind: int8[P]: place in `FAILURE_KINDS`, -1 for predictions that are no false alarm.
        truth_of: int32[P]: position of the true span that a false alarm overlaps, -1 for none.
        missed_kind: int8[T]: why a true span was missed, -1 for those that were found or do not count.
        prediction_of: int32[T]: position of the prediction that accounts for a missed span, -1 for none.
        rule: Name of the rule.
    """

    matches: SpanMatches
    kind: np.ndarray
    truth_of: np.ndarray
    missed_kind: np.ndarray
    prediction_of: np.ndarray
    rule: str = SPAN_FAILURES_RULE


def find_span_failures(matches: SpanMatches) -> SpanFailures:
    """Tell why each predicted span that is a false alarm is one, and why each missed true span was missed.

    Each false alarm is of the first kind that fits, looking at all true spans of its text that count, found ones
    included:

    1. duplicate: it is a true span that another prediction found;
    2. class: it has the boundaries of a true span of another feature;
    3. place: it overlaps a true span of its feature, with other boundaries;
    4. both: it overlaps a true span of another feature, with other boundaries;
    5. background: it overlaps none.

    Of several such true spans it is the one it shares most with, of equal ones the first of the table.

    For a missed span the false alarm accounts that has its boundaries, else the surest that overlaps it, of equally
    sure ones that which shares most with it, then the first of the table. Of another feature it makes the span one that
    was taken for that feature (class), of its own one that was badly placed (place). A missed span that no false alarm
    overlaps is unseen.

    Args:
        matches: From `match_spans`; on chosen rows with `.on_rows(keep)`, from a confidence on with `.above(0.5)`.

    Example:
        >>> from metrics import Spans, match_spans
        >>> truth = Spans.from_offsets(row=[0, 0, 0], feature=[0, 1, 1], start=[0, 10, 20], end=[3, 14, 25])
        >>> found = Spans.from_offsets(row=[0, 0, 0], feature=[0, 0, 1], start=[0, 10, 30], end=[2, 14, 31])
        >>> failures = find_span_failures(match_spans(truth, found, rows=1, features=2))
        >>> [FAILURE_KINDS[kind] for kind in failures.kind], [FAILURE_KINDS[kind] for kind in failures.missed_kind]
        (['place', 'class', 'background'], ['place', 'class', 'unseen'])

    Source:
        The kinds of TIDE (Bolya et al. 2020, arXiv:2008.08115), told as SemEval-2013 task 9 pairs spans: same
        boundaries before same feature before any overlap.
    """
    pairs = _overlap(matches)
    kind, truth_of = _kinds_of_alarms(matches, pairs)
    prediction_of = _accounting(matches, pairs)
    there = prediction_of >= 0
    named = matches.predictions.feature[prediction_of[there]]
    missed_kind = np.where(matches.missed, _UNSEEN, np.int8(-1))
    missed_kind[there] = np.where(named == matches.truth.feature[there], _PLACE, _CLASS)
    return SpanFailures(matches, kind, truth_of, missed_kind, prediction_of)


class _Pairs(NamedTuple):
    """True spans that count and false alarms that overlap them: positions in both tables, and what they agree in."""

    true: np.ndarray
    predicted: np.ndarray
    shared: np.ndarray
    placed: np.ndarray
    named: np.ndarray


def _overlap(matches: SpanMatches) -> _Pairs:
    truth, predictions = matches.truth, matches.predictions
    counting, alarms = np.flatnonzero(matches.keep[truth.row] & ~truth.ignored), np.flatnonzero(matches.fp)
    sides = (truth.only(counting).as_boxes(), predictions.only(alarms).as_boxes())
    whatever = [replace(side, feature=np.zeros_like(side.feature)) for side in sides]
    pairs = find_overlaps(*whatever, rows=len(matches.keep), features=1, min_overlap=SMALLEST_IOU).table_pairs()
    true, predicted = counting[pairs.truth], alarms[pairs.prediction]
    begins, ends = ((getattr(truth, name)[true], getattr(predictions, name)[predicted]) for name in ("start", "end"))
    return _Pairs(
        true,
        predicted,
        np.minimum(*ends) - np.maximum(*begins),
        (begins[0] == begins[1]) & (ends[0] == ends[1]),
        truth.feature[true] == predictions.feature[predicted],
    )


def _kinds_of_alarms(matches: SpanMatches, pairs: _Pairs) -> tuple[np.ndarray, np.ndarray]:
    """int8[P] and int32[P]: the kind of each false alarm and the true span that it overlaps."""
    turn = np.select([pairs.placed & pairs.named, pairs.placed, pairs.named], [0, 1, 2], default=3)
    order = np.lexsort((pairs.true, -pairs.shared, turn, pairs.predicted))
    alarms, first = np.unique(pairs.predicted[order], return_index=True)
    kind = np.where(matches.fp, _BACKGROUND, np.int8(-1))
    truth_of = np.full(len(matches.predictions), -1, dtype=np.int32)
    kind[alarms], truth_of[alarms] = _IN_ORDER[turn[order][first]], pairs.true[order][first]
    return kind, truth_of


def _accounting(matches: SpanMatches, pairs: _Pairs) -> np.ndarray:
    """int32[T]: the false alarm that each missed span was taken for, or that is to be it; -1 for none."""
    sure = matches.predictions.sureness[pairs.predicted]
    order = np.lexsort((pairs.predicted, -pairs.shared, -sure, ~pairs.placed, pairs.true))
    order = order[matches.missed[pairs.true[order]]]
    truths, first = np.unique(pairs.true[order], return_index=True)
    prediction_of = np.full(len(matches.truth), -1, dtype=np.int32)
    prediction_of[truths] = pairs.predicted[order][first]
    return prediction_of
