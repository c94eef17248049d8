"""Spans found roughly: by how much they overlap."""

from __future__ import annotations

from metrics.objects.matching import match
from metrics.objects.outcomes import Outcomes, count_outcomes
from metrics.objects.overlap import find_overlaps
from metrics.texts.spans import Spans
from metrics.thresholds import check_overlap


def overlap_f1(
    truth: Spans, predictions: Spans, *, rows: int, features: int, min_iou: float = 0.5, min_confidence: float = 0.0
) -> Outcomes:
    """Precision, recall and F1 where a span counts as found if it overlaps enough: per feature, per row and in all.

    The IoU of two spans is the number of tokens they share by the number that either has. Each prediction claims the
    free true span of its text and feature that it overlaps most, by the rule of `match`, as boxes do. With a `min_iou`
    of 1 it is the exact counting of `count_spans`.

    For other thresholds on the same spans, do the expensive step once: find_overlaps(truth.as_boxes(),
    predictions.as_boxes(), ...), then match and count_outcomes.

    Args:
        truth: T true spans.
        predictions: P predicted spans.
        rows: Number of rows, those without any span included.
        features: Number of features, those without any span included.
        min_iou: Smallest IoU that counts as found, in (0, 1]; with a tiny one any overlap does.
        min_confidence: Predictions below it do not take part, in [0, 1].

    Raises:
        ColumnError: If a span names a row or feature that does not exist.
        ThresholdError: If a threshold lies outside its range.

    Example:
        >>> truth = Spans.from_offsets(row=[0, 0], feature=[0, 0], start=[0, 5], end=[3, 6])
        >>> predictions = Spans.from_offsets(row=[0, 0], feature=[0, 0], start=[1, 7], end=[3, 8])
        >>> outcomes = overlap_f1(truth, predictions, rows=1, features=1)
        >>> outcomes.total.f1.item(), outcomes.total.mean_iou.round(4).item()
        (0.5, 0.6667)
    """
    lowest = min(check_overlap(min_iou), 0.05)
    overlaps = find_overlaps(
        truth.as_boxes(), predictions.as_boxes(), rows=rows, features=features, min_overlap=lowest
    )  # fmt: skip
    return count_outcomes(match(overlaps, min_iou=min_iou, min_confidence=min_confidence))
