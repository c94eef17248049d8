"""Who takes part and who claims whom, by COCO's rule or tidecv's."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np

from metrics.objects.overlap import Overlaps
from metrics.objects.ranking import among_surest
from metrics.thresholds import check_choice, check_most

FailureRule = Literal["coco", "tidecv"]
"""Whose matching and average precision TIDE's kinds stand on."""


def choose_part(overlaps: Overlaps, min_confidence: float, max_detections: int | None, rule: FailureRule) -> np.ndarray:
    """bool[ranked predictions]: sure enough, and among the surest."""
    check_choice("rule", rule, get_args(FailureRule))
    ranked = overlaps.predictions
    sure = ranked.confidence >= min_confidence
    if max_detections is None:
        return sure
    check_most(max_detections)
    if rule == "coco":
        return sure & (ranked.place < max_detections)
    return sure & among_surest(ranked, max_detections)


class TruthClaims(NamedTuple):
    """As `metrics.objects.matching.Claims`, without the IoU."""

    truth: np.ndarray
    prediction: np.ndarray


def claim_truths(overlaps: Overlaps, floor: float, part: np.ndarray, rule: FailureRule) -> TruthClaims:
    """The claims of those who take part. Who does not chooses after all others of its row and feature."""
    from metrics.kernels.failures import claim_as_tidecv
    from metrics.kernels.matching import match_all

    if rule == "tidecv":
        return TruthClaims(*claim_as_tidecv(overlaps.sides, floor, part))
    truth, _, prediction = match_all(overlaps.sides, floor, 0.0)
    truth[~part] = -1
    prediction[(prediction >= 0) & ~np.append(part, True)[prediction]] = -1
    return TruthClaims(truth, prediction)
