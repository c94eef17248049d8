"""The area under precision and recall, by COCO's rule."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metrics.objects.overlap import Overlaps
from metrics.threads import SMALLEST_SHARE, processors
from metrics.thresholds import check_confidence, check_iou, check_most
from metrics.undefined import mean_of_defined

if TYPE_CHECKING:
    from metrics.kernels.matching import Candidates


@dataclass(frozen=True)
class CocoSettings:
    """What COCO's numbers are made of.

    Attributes:
        ious: The IoU that predictions must reach, one after the other.
        recall_levels: Number of recall levels from 0 to 1 at which precision is read.
        max_detections: So many of the surest predictions of each row and feature are looked at; rising.
        areas: Name, smallest and largest area of the objects that count, both inside.
    """

    ious: tuple[float, ...] = tuple(np.linspace(0.5, 0.95, 10).tolist())
    recall_levels: int = 101
    max_detections: tuple[int, ...] = (1, 10, 100)
    areas: tuple[tuple[str, float, float], ...] = (
        ("all", 0.0, 1e10),
        ("small", 0.0, 32.0**2),
        ("medium", 32.0**2, 96.0**2),
        ("large", 96.0**2, 1e10),
    )


class Scores(NamedTuple):
    """Precision and recall by COCO's rule, NaN where there is no truth to find.

    Attributes:
        precision: float64[ious, areas, features], mean over the recall levels.
        recall: float64[ious, areas, max_detections, features], the largest reached.
        support: int64[areas, features], truths that count.
    """

    precision: np.ndarray
    recall: np.ndarray
    support: np.ndarray


class Limits(NamedTuple):
    """`CocoSettings` as the loops read them: floors[ious], areas[areas, 2], most[max_detections], recall_levels."""

    floors: np.ndarray
    areas: np.ndarray
    most: np.ndarray
    recall_levels: np.ndarray
    min_confidence: float


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """Average precision at one IoU.

    Attributes:
        per_feature: float64[features]; NaN where a feature has no truth.
        mean: Over the features that have truths; NaN if none has.
        truths: int64[features], the support: truths that count.
        min_iou: The IoU that predictions must reach.
        min_confidence: Predictions below it did not take part.
        max_detections: Only so many of the surest predictions of each row and feature took part.
        rule: Name of the rule.
    """

    per_feature: np.ndarray
    mean: float
    truths: np.ndarray
    min_iou: float
    min_confidence: float
    max_detections: int
    rule: str


def average_precision(
    overlaps: Overlaps, *, min_iou: float = 0.5, min_confidence: float = 0.0, max_detections: int = 100
) -> AveragePrecision:
    """Average precision at one IoU, feature by feature.

    The mean of the best precision at each of 101 recall levels or beyond, as in COCO: with everything left at its
    default it is the `ap50` of `coco_summary`.

    Args:
        overlaps: From `find_overlaps`.
        min_iou: Smallest IoU that counts as a claim, in [overlaps.min_overlap, 1].
        min_confidence: Predictions below it do not take part, in [0, 1].
        max_detections: Only so many of the surest predictions of each row and feature take part.

    Raises:
        ThresholdError: If a threshold lies outside its range.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 1], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> predictions = Boxes.from_sizes([0, 0], [0, 1], [[0, 0, 10, 8], [50, 50, 10, 4]])
        >>> overlaps = find_overlaps(truth, predictions, rows=1, features=2)
        >>> average_precision(overlaps, min_iou=0.6).per_feature.round(9).tolist()
        [1.0, 0.0]
    """
    check_most(max_detections)
    settings = CocoSettings(ious=(min_iou,), max_detections=(max_detections,), areas=CocoSettings().areas[:1])
    scores = score(overlaps, settings, min_confidence=min_confidence)
    return AveragePrecision(
        per_feature=scores.precision[0, 0],
        mean=mean_of_defined(scores.precision[0, 0]),
        truths=scores.support[0],
        min_iou=float(min_iou),
        min_confidence=float(min_confidence),
        max_detections=max_detections,
        rule=rule_of(overlaps, settings),
    )


def rule_of(overlaps: Overlaps, settings: CocoSettings) -> str:
    """Name of COCO's rule on shapes of this kind."""
    return f"coco-2017 {overlaps.kind}, {settings.recall_levels}-point"


def limits_of(overlaps: Overlaps, settings: CocoSettings, *, min_confidence: float = 0.0) -> Limits:
    """The settings as the loops read them.

    Raises:
        ThresholdError: If a threshold lies outside its range.
    """
    return Limits(
        floors=np.array([check_iou(iou, lowest=overlaps.min_overlap) for iou in settings.ious]),
        areas=np.array([area for _, *area in settings.areas]),
        most=np.array(settings.max_detections, dtype=np.int64),
        recall_levels=np.linspace(0.0, 1.0, settings.recall_levels),
        min_confidence=check_confidence(min_confidence),
    )


def score(
    overlaps: Overlaps, settings: CocoSettings, *, min_confidence: float = 0.0, lenient: np.ndarray | None = None
) -> Scores:
    """Match at every IoU and area range of the settings; the IoUs are spread over the machine's processors.

    Ranked predictions that are `lenient` do not count where they claim nothing.

    Raises:
        ThresholdError: If a threshold lies outside its range.
    """
    from metrics.kernels.matching import list_candidates

    limits = limits_of(overlaps, settings, min_confidence=min_confidence)
    candidates = list_candidates(overlaps.sides, limits, np.zeros(0, dtype=bool) if lenient is None else lenient)
    shares = min(len(limits.floors), processors()) if len(candidates.place) >= SMALLEST_SHARE else 1
    # Every share holds low and high IoUs, because low ones take longer.
    parts = [np.arange(len(limits.floors))[i::shares] for i in range(shares)]
    if shares == 1:
        return _score(overlaps, candidates, limits)
    with ThreadPoolExecutor(shares) as pool:
        scores = list(
            pool.map(lambda part: _score(overlaps, candidates, limits._replace(floors=limits.floors[part])), parts)
        )
    order = np.argsort(np.concatenate(parts))
    return Scores(
        precision=np.concatenate([each.precision for each in scores])[order],
        recall=np.concatenate([each.recall for each in scores])[order],
        support=scores[0].support,
    )


def _score(overlaps: Overlaps, candidates: Candidates, limits: Limits) -> Scores:
    from metrics.kernels.matching import score_features

    shape = len(limits.floors), len(limits.areas), overlaps.features
    scores = Scores(
        precision=np.full(shape, np.nan),
        recall=np.full((*shape[:2], len(limits.most), overlaps.features), np.nan),
        support=np.zeros(shape[1:], dtype=np.int64),
    )
    score_features(overlaps.sides, candidates, limits, scores)
    return scores
