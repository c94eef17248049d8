"""COCO's ten numbers for keypoints."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from metrics.errors import ColumnError
from metrics.objects.average_precision import CocoSettings, rule_of, score
from metrics.objects.overlap import Overlaps
from metrics.undefined import mean_of_defined

KEYPOINT_SETTINGS: Final = CocoSettings(
    max_detections=(20,),
    areas=tuple(area for area in CocoSettings().areas if area[0] != "small"),
)


@dataclass(frozen=True, eq=False)
class CocoKeypointFeatures:
    """COCO's keypoint numbers for each feature, in code order; NaN where a feature has no truth of that size.

    Attributes:
        ap: float64[features], average precision, mean over similarity 0.50 to 0.95.
        ap50: At similarity 0.50.
        ap75: At similarity 0.75.
        ap_medium: As `ap`, on objects from 32 x 32 to 96 x 96.
        ap_large: As `ap`, on larger objects.
        ar: Recall of the 20 surest predictions of each row, mean over similarity 0.50 to 0.95.
        truths: int64[features], the support: truths that count.
        predictions: int64[features], all predictions on the rows that count.
    """

    ap: np.ndarray
    ap50: np.ndarray
    ap75: np.ndarray
    ap_medium: np.ndarray
    ap_large: np.ndarray
    ar: np.ndarray
    truths: np.ndarray
    predictions: np.ndarray

    def columns(self) -> dict[str, np.ndarray]:
        """Every number by its name, ready for a table."""
        return {column.name: getattr(self, column.name) for column in fields(self)}


@dataclass(frozen=True, eq=False)
class CocoKeypointSummary:
    """COCO's ten numbers for keypoints: means over the features that have truths; NaN where none has.

    Attributes:
        ap: Average precision, mean over similarity 0.50 to 0.95.
        ap50: At similarity 0.50.
        ap75: At similarity 0.75.
        ap_medium: As `ap`, on objects from 32 x 32 to 96 x 96.
        ap_large: As `ap`, on larger objects.
        ar: Recall of the 20 surest predictions of each row and feature, mean over similarity 0.50 to 0.95.
        ar50: At similarity 0.50.
        ar75: At similarity 0.75.
        ar_medium: As `ar`, on medium objects.
        ar_large: As `ar`, on large objects.
        per_feature: The same feature by feature.
        settings: What the numbers are made of.
        rule: Name of the rule.
    """

    ap: float
    ap50: float
    ap75: float
    ap_medium: float
    ap_large: float
    ar: float
    ar50: float
    ar75: float
    ar_medium: float
    ar_large: float
    per_feature: CocoKeypointFeatures
    settings: CocoSettings
    rule: str

    def numbers(self) -> dict[str, float]:
        """The ten numbers by name, in COCO's order."""
        return {field.name: getattr(self, field.name) for field in fields(self)[:10]}


def coco_keypoint_summary(overlaps: Overlaps) -> CocoKeypointSummary:
    """COCO's ten numbers for keypoints, and the same feature by feature.

    As `coco_summary`, with object keypoint similarity in place of IoU, at most 20 predictions of each row and feature,
    and no small objects. Objects without any visible keypoint absorb predictions and do not count.

    Args:
        overlaps: From `find_overlaps` on `Keypoints`.

    Raises:
        ColumnError: If `overlaps` is not about keypoints.
        ThresholdError: If `overlaps` was made with a `min_overlap` above 0.5.

    Example:
        >>> from metrics import Keypoints, find_overlaps
        >>> points, sigmas = [[10, 10, 2, 50, 90, 2]], [0.05, 0.05]
        >>> truth = Keypoints.from_points([0], [0], points, sigmas=sigmas)
        >>> found = Keypoints.from_points([0], [0], points, sigmas=sigmas, confidence=[0.9])
        >>> summary = coco_keypoint_summary(find_overlaps(truth, found, rows=1, features=1))
        >>> round(summary.ap, 9), summary.ar_large
        (1.0, nan)

    Source:
        COCO's keypoint evaluation (cocodataset.org/#keypoints-eval), as pycocotools 2.0 computes it.
    """
    if overlaps.kind != "keypoints":
        raise ColumnError(f"These numbers are about keypoints, not {overlaps.kind}: coco_summary(...) is for those.")
    settings = KEYPOINT_SETTINGS
    scores = score(overlaps, settings)
    at50, at75 = settings.ious.index(0.5), settings.ious.index(0.75)
    recall = scores.recall[:, :, 0]
    features = CocoKeypointFeatures(
        ap=scores.precision[:, 0].mean(axis=0),
        ap50=scores.precision[at50, 0],
        ap75=scores.precision[at75, 0],
        ap_medium=scores.precision[:, 1].mean(axis=0),
        ap_large=scores.precision[:, 2].mean(axis=0),
        ar=recall[:, 0].mean(axis=0),
        truths=scores.support[0],
        predictions=np.diff(overlaps.predictions.starts),
    )
    return CocoKeypointSummary(
        ap=mean_of_defined(features.ap),
        ap50=mean_of_defined(features.ap50),
        ap75=mean_of_defined(features.ap75),
        ap_medium=mean_of_defined(features.ap_medium),
        ap_large=mean_of_defined(features.ap_large),
        ar=mean_of_defined(recall[:, 0]),
        ar50=mean_of_defined(recall[at50, 0]),
        ar75=mean_of_defined(recall[at75, 0]),
        ar_medium=mean_of_defined(recall[:, 1]),
        ar_large=mean_of_defined(recall[:, 2]),
        per_feature=features,
        settings=settings,
        rule=rule_of(overlaps, settings),
    )
