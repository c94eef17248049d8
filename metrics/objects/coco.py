"""COCO's twelve numbers for boxes and masks."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from metrics.errors import ColumnError
from metrics.objects.average_precision import CocoSettings, rule_of, score
from metrics.objects.overlap import Overlaps
from metrics.undefined import mean_of_defined


@dataclass(frozen=True, eq=False)
class CocoFeatures:
    """COCO's numbers for each feature, in code order; NaN where a feature has no truth of that size.

    Attributes:
        ap: float64[features], average precision, mean over IoU 0.50 to 0.95.
        ap50: At IoU 0.50.
        ap75: At IoU 0.75.
        ap_small: As `ap`, on objects up to 32 x 32.
        ap_medium: As `ap`, on objects from there to 96 x 96.
        ap_large: As `ap`, on larger objects.
        ar100: Recall of the 100 surest predictions of each row, mean over IoU 0.50 to 0.95.
        truths: int64[features], the support: truths that count.
        predictions: int64[features], all predictions on the rows that count.
    """

    ap: np.ndarray
    ap50: np.ndarray
    ap75: np.ndarray
    ap_small: np.ndarray
    ap_medium: np.ndarray
    ap_large: np.ndarray
    ar100: np.ndarray
    truths: np.ndarray
    predictions: np.ndarray

    def columns(self) -> dict[str, np.ndarray]:
        """Every number by its name, ready for a table."""
        return {column.name: getattr(self, column.name) for column in fields(self)}


@dataclass(frozen=True, eq=False)
class CocoSummary:
    """COCO's twelve numbers: means over the features that have truths; NaN where none has.

    Attributes:
        ap: Average precision, mean over IoU 0.50 to 0.95.
        ap50: At IoU 0.50.
        ap75: At IoU 0.75.
        ap_small: As `ap`, on objects up to 32 x 32.
        ap_medium: As `ap`, on objects from there to 96 x 96.
        ap_large: As `ap`, on larger objects.
        ar1: Recall of the surest prediction of each row and feature, mean over IoU 0.50 to 0.95.
        ar10: Of the 10 surest.
        ar100: Of the 100 surest.
        ar_small: As `ar100`, on small objects.
        ar_medium: As `ar100`, on medium objects.
        ar_large: As `ar100`, on large objects.
        per_feature: The same feature by feature.
        settings: What the numbers are made of.
        rule: Name of the rule.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float
    per_feature: CocoFeatures
    settings: CocoSettings
    rule: str

    def numbers(self) -> dict[str, float]:
        """The twelve numbers by name, in COCO's order."""
        return {field.name: getattr(self, field.name) for field in fields(self)[:12]}


def coco_summary(overlaps: Overlaps) -> CocoSummary:
    """COCO's twelve numbers, and the same feature by feature.

    Equal to pycocotools but for the order in which means are added up (1e-12), with NaN for its -1. A feature
    without a truth that counts is undefined and in no mean. Crowds, ignored truths and truths outside an area range
    absorb predictions, and unmatched predictions outside it do not count.

    Args:
        overlaps: From `find_overlaps`; its docstring says how rows and boxes are to be ordered where ties matter.

    Raises:
        ColumnError: If `overlaps` is about keypoints, which have numbers of their own.
        ThresholdError: If `overlaps` was made with a `min_overlap` above 0.5.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 1], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> predictions = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]], confidence=[0.9])
        >>> summary = coco_summary(find_overlaps(truth, predictions, rows=2, features=1))
        >>> round(summary.ap, 3), summary.ar100, summary.ap_large
        (0.505, 0.5, nan)

    Source:
        COCO's detection evaluation (Lin et al. 2014, arXiv:1405.0312), as pycocotools 2.0 computes it.
    """
    if overlaps.kind == "keypoints":
        raise ColumnError("Keypoints have ten numbers of their own: coco_keypoint_summary(overlaps).")
    settings = CocoSettings()
    scores = score(overlaps, settings)
    features = CocoFeatures(
        ap=scores.precision[:, 0].mean(axis=0),
        ap50=scores.precision[settings.ious.index(0.5), 0],
        ap75=scores.precision[settings.ious.index(0.75), 0],
        ap_small=scores.precision[:, 1].mean(axis=0),
        ap_medium=scores.precision[:, 2].mean(axis=0),
        ap_large=scores.precision[:, 3].mean(axis=0),
        ar100=scores.recall[:, 0, 2].mean(axis=0),
        truths=scores.support[0],
        predictions=np.diff(overlaps.predictions.starts),
    )
    return CocoSummary(
        ap=mean_of_defined(features.ap),
        ap50=mean_of_defined(features.ap50),
        ap75=mean_of_defined(features.ap75),
        ap_small=mean_of_defined(features.ap_small),
        ap_medium=mean_of_defined(features.ap_medium),
        ap_large=mean_of_defined(features.ap_large),
        ar1=mean_of_defined(scores.recall[:, 0, 0]),
        ar10=mean_of_defined(scores.recall[:, 0, 1]),
        ar100=mean_of_defined(scores.recall[:, 0, 2]),
        ar_small=mean_of_defined(scores.recall[:, 1, 2]),
        ar_medium=mean_of_defined(scores.recall[:, 2, 2]),
        ar_large=mean_of_defined(scores.recall[:, 3, 2]),
        per_feature=features,
        settings=settings,
        rule=rule_of(overlaps, settings),
    )
