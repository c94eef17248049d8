"""What failures cost: average precision as if some kinds were mended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from metrics.errors import ColumnError
from metrics.objects.average_precision import AveragePrecision
from metrics.objects.claiming import FailureRule
from metrics.objects.failures import FAILURE_KINDS
from metrics.objects.mending import set_up_bench
from metrics.objects.overlap import Overlaps
from metrics.undefined import mean_of_defined

COST_RULES: Final = {"coco": "tide costs, coco-2017 101-point", "tidecv": "tide costs, as tidecv 1.0.1"}


@dataclass(frozen=True, eq=False)
class FailureCosts:
    """What each kind of failure costs in average precision.

    Attributes:
        ap: Mean average precision as it is; NaN where no feature has any.
        cost: float64[6] in the order of `FAILURE_KINDS`: how much higher `ap` is with that kind alone mended.
        false_alarms: How much higher it is if every false alarm were the least sure of all.
        misses: How much higher it is if no truth were missed, and nothing else were different.
        ap_per_feature: float64[features]; NaN where undefined.
        cost_per_feature: float64[features, 6], the same of each feature; NaN where undefined before or after.
        truths: int64[features], the support: truths that count.
        min_iou: Smallest IoU that counted as a claim.
        min_background: Up to this IoU a prediction touches nothing.
        max_detections: Only so many of the surest predictions took part.
        rule: Name of the rule.
    """

    ap: float
    cost: np.ndarray
    false_alarms: float
    misses: float
    ap_per_feature: np.ndarray
    cost_per_feature: np.ndarray
    truths: np.ndarray
    min_iou: float
    min_background: float
    max_detections: int
    rule: str

    def by_kind(self) -> dict[str, float]:
        """What each kind costs by its name."""
        return dict(zip(FAILURE_KINDS, self.cost.tolist(), strict=True))


def failure_costs(
    overlaps: Overlaps,
    *,
    min_iou: float = 0.5,
    min_background: float = 0.1,
    max_detections: int = 100,
    rule: FailureRule = "coco",
) -> FailureCosts:
    """Tell how much average precision each kind of failure costs: what it would be with that kind mended.

    A class or place failure that accounts for a missed truth becomes its find, with its confidence and at the feature
    of the truth; all other false alarms of the mended kind are struck out, and so are unseen truths. Costs do not add
    up, because mending one kind leaves less or more for another.

    With the rule "coco", average precision is that of `average_precision`, mended or not. A feature that has no truth
    left once unseen ones are struck out leaves the mean, as in TIDE.

    "tidecv" repeats that program (which speaks of 0 to 100), whose average precision differs: `max_detections` are of
    each row, whatever their feature; a feature that is predicted but never true counts as 0 in the mean, as long as
    predictions of it are left; levels of recall are k / 100, a hair less than COCO's for some k, which tells where
    recall is one of them exactly; once something is mended, false alarms come before finds of the same confidence; and
    a cost below 0 is given as 0, though not per feature.

    Args:
        overlaps: From `find_overlaps`.
        min_iou: Smallest IoU that counts as a claim, in [overlaps.min_overlap, 1].
        min_background: Up to this IoU a prediction touches nothing, in [overlaps.min_overlap, min_iou].
        max_detections: Only so many of the surest predictions of each row and feature take part.
        rule: Whose matching and average precision: "coco" or "tidecv".

    Raises:
        ThresholdError: If a threshold lies outside its range.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 1], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> predictions = Boxes.from_sizes([0, 0], [0, 1], [[0, 0, 10, 4], [50, 50, 10, 10]], confidence=[0.9, 0.8])
        >>> costs = failure_costs(find_overlaps(truth, predictions, rows=1, features=2))
        >>> round(costs.ap, 9), costs.cost.round(9).tolist(), costs.cost_per_feature[:, 1].round(9).tolist()
        (0.5, [0.0, 0.5, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0])

    Source:
        TIDE (Bolya et al. 2020, arXiv:2008.08115); parity with tidecv 1.0.1 in tests/metrics/test_failures_parity.py.
    """
    bench = set_up_bench(overlaps, min_iou, min_background, max_detections, rule)
    before = bench.as_it_is()
    after = np.array([bench.mended([kind]) for kind in FAILURE_KINDS])
    ap = mean_of_defined(before)
    cost = np.array([mean_of_defined(each) for each in after]) - ap
    return FailureCosts(
        ap=ap,
        cost=np.maximum(cost, 0.0) if rule == "tidecv" else cost,
        false_alarms=mean_of_defined(bench.least_sure_alarms()) - ap,
        misses=mean_of_defined(bench.nothing_missed()) - ap,
        ap_per_feature=before,
        cost_per_feature=(after - before).T,
        truths=bench.truths,
        min_iou=float(min_iou),
        min_background=float(min_background),
        max_detections=max_detections,
        rule=COST_RULES[rule],
    )


def mended_precision(
    overlaps: Overlaps,
    kinds: Collection[str],
    *,
    min_iou: float = 0.5,
    min_background: float = 0.1,
    max_detections: int = 100,
    rule: FailureRule = "coco",
) -> AveragePrecision:
    """Average precision as it would be with some kinds of failure mended at once.

    What mending means, and the rules, are told at `failure_costs`. With all kinds mended it is 1 wherever it is
    defined.

    Args:
        overlaps: From `find_overlaps`.
        kinds: Names out of `FAILURE_KINDS`; with none it is average precision as it is.
        min_iou: Smallest IoU that counts as a claim, in [overlaps.min_overlap, 1].
        min_background: Up to this IoU a prediction touches nothing, in [overlaps.min_overlap, min_iou].
        max_detections: Only so many of the surest predictions of each row and feature take part.
        rule: Whose matching and average precision: "coco" or "tidecv".

    Returns:
        The support `truths` is of the truths that are left.

    Raises:
        ColumnError: If there is no kind of that name.
        ThresholdError: If a threshold lies outside its range.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> predictions = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 4], [80, 80, 10, 10]], confidence=[0.8, 0.9])
        >>> overlaps = find_overlaps(truth, predictions, rows=1, features=1)
        >>> [round(mended_precision(overlaps, kinds).mean, 3) for kinds in ([], ["place"], ["place", "unseen"])]
        [0.0, 0.252, 0.5]
    """
    unknown = sorted(set(kinds) - set(FAILURE_KINDS))
    if unknown:
        raise ColumnError(f"There is no kind of failure {unknown[0]!r}; there are {', '.join(FAILURE_KINDS)}.")
    bench = set_up_bench(overlaps, min_iou, min_background, max_detections, rule)
    per_feature = bench.mended(kinds) if kinds else bench.as_it_is()
    return AveragePrecision(
        per_feature=per_feature,
        mean=mean_of_defined(per_feature),
        truths=bench.truths - bench.unseen if "unseen" in kinds else bench.truths,
        min_iou=float(min_iou),
        min_confidence=0.0,
        max_detections=max_detections,
        rule=f"{COST_RULES[rule]}, mended: {', '.join(kind for kind in FAILURE_KINDS if kind in kinds) or 'nothing'}",
    )
