"""LVIS' thirteen numbers for boxes and masks whose truth is federated."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from metrics.errors import ColumnError
from metrics.objects.average_precision import CocoSettings, Scores, score
from metrics.objects.federation import FREQUENCIES, Federation, choose_federated, feature_of
from metrics.objects.overlap import Overlaps
from metrics.undefined import mean_of_defined

_MOST: Final = 300


@dataclass(frozen=True, eq=False)
class LvisFeatures:
    """LVIS' numbers for each feature, in code order; NaN where a feature has no truth of that size.

    Attributes:
        ap: float64[features], average precision, mean over IoU 0.50 to 0.95.
        ap50: At IoU 0.50.
        ap75: At IoU 0.75.
        ap_small: As `ap`, on objects up to 32 x 32.
        ap_medium: As `ap`, on objects from there to 96 x 96.
        ap_large: As `ap`, on larger objects.
        ar300: Recall, mean over IoU 0.50 to 0.95.
        frequency: str[features]: "r", "c" or "f", or "" on no row of the truth where frequencies were not given.
        rows: int64[features], rows with such a truth.
        truths: int64[features], the support: truths that count.
        predictions: int64[features], predictions that took part.
    """

    ap: np.ndarray
    ap50: np.ndarray
    ap75: np.ndarray
    ap_small: np.ndarray
    ap_medium: np.ndarray
    ap_large: np.ndarray
    ar300: np.ndarray
    frequency: np.ndarray
    rows: np.ndarray
    truths: np.ndarray
    predictions: np.ndarray

    def columns(self) -> dict[str, np.ndarray]:
        """Every number by its name, ready for a table."""
        return {column.name: getattr(self, column.name) for column in fields(self)}


@dataclass(frozen=True, eq=False)
class LvisSummary:
    """LVIS' thirteen numbers: means over the features that have truths; NaN where none has.

    Attributes:
        ap: Average precision, mean over IoU 0.50 to 0.95.
        ap50: At IoU 0.50.
        ap75: At IoU 0.75.
        ap_small: As `ap`, on objects up to 32 x 32.
        ap_medium: As `ap`, on objects from there to 96 x 96.
        ap_large: As `ap`, on larger objects.
        ap_rare: As `ap`, of features on 1 to 10 rows.
        ap_common: As `ap`, of features on 11 to 100 rows.
        ap_frequent: As `ap`, of features on more rows.
        ar300: Recall of the 300 surest predictions of each row, mean over IoU 0.50 to 0.95.
        ar_small: As `ar300`, on small objects.
        ar_medium: As `ar300`, on medium objects.
        ar_large: As `ar300`, on large objects.
        per_feature: The same feature by feature.
        settings: What the numbers are made of; `max_detections` is per row, over all features.
        rule: Name of the rule.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ap_rare: float
    ap_common: float
    ap_frequent: float
    ar300: float
    ar_small: float
    ar_medium: float
    ar_large: float
    per_feature: LvisFeatures
    settings: CocoSettings
    rule: str

    def numbers(self) -> dict[str, float]:
        """The thirteen numbers by name, in LVIS' order."""
        return {field.name: getattr(self, field.name) for field in fields(self)[:13]}


def lvis_summary(overlaps: Overlaps, federation: Federation) -> LvisSummary:
    """LVIS' thirteen numbers, where not every feature was looked for on every row, and the same feature by feature.

    Of each row the 300 surest predictions over all features take part; equal confidences keep the order of the table.
    Of these, predictions of a feature that is neither in the truth of the row nor verified absent there are left
    out: nobody knows whether they are right. They use up places among the 300 all the same. Predictions of a feature
    whose truth on the row is not exhaustive do not count where they claim nothing. The rest is as in `coco_summary`:
    matching, area ranges, recall levels and ignored truths.

    Truths and predictions of area 0 are left out, as lvis-api leaves them out. A feature verified absent that is in
    the truth all the same counts as there. LVIS has no crowds; a crowd is treated as in COCO.

    Args:
        overlaps: From `find_overlaps`; its docstring says how rows are to be ordered where ties matter.
        federation: What was looked for on the rows of the tables. Where it gives no frequencies, they are counted on
            the rows that count.

    Raises:
        ColumnError: If `overlaps` is about keypoints, or the federation names rows or features that do not exist.
        ThresholdError: If `overlaps` was made with a `min_overlap` above 0.5.

    Example:
        >>> from metrics import Boxes, Federation, find_overlaps
        >>> truth = Boxes.from_sizes([0, 1], [0, 1], [[0, 0, 10, 10], [0, 0, 10, 10]])
        >>> box, surest = [0, 0, 10, 10], [0.9, 0.8, 0.7]
        >>> predictions = Boxes.from_sizes([0, 1, 1], [0, 0, 1], [box] * 3, confidence=surest)
        >>> overlaps = find_overlaps(truth, predictions, rows=2, features=2)
        >>> lvis_summary(overlaps, Federation.from_pairs([], [])).per_feature.predictions.tolist()
        [1, 1]
        >>> summary = lvis_summary(overlaps, Federation.from_pairs([[1, 0]], []))
        >>> summary.per_feature.predictions.tolist(), summary.per_feature.frequency.tolist()
        ([2, 1], ['r', 'r'])

    Source:
        LVIS (Gupta et al. 2019, arXiv:1908.03195), as lvis-api 0.5.3 computes it.
    """
    if overlaps.kind == "keypoints":
        raise ColumnError("LVIS has no keypoints. They have numbers of their own: coco_keypoint_summary(overlaps).")
    federation.check_fits(rows=len(overlaps.keep), features=overlaps.features)
    settings = CocoSettings(max_detections=(_MOST,))
    part, lenient = choose_federated(overlaps, federation, most=_MOST)
    scores = score(part, settings, lenient=lenient)
    return _summarise(_per_feature(part, federation, settings, scores), scores, settings, overlaps.kind)


def _per_feature(part: Overlaps, federation: Federation, settings: CocoSettings, scores: Scores) -> LvisFeatures:
    rows = _rows_with_truth(part)
    return LvisFeatures(
        ap=scores.precision[:, 0].mean(axis=0),
        ap50=scores.precision[settings.ious.index(0.5), 0],
        ap75=scores.precision[settings.ious.index(0.75), 0],
        ap_small=scores.precision[:, 1].mean(axis=0),
        ap_medium=scores.precision[:, 2].mean(axis=0),
        ap_large=scores.precision[:, 3].mean(axis=0),
        ar300=scores.recall[:, 0, 0].mean(axis=0),
        frequency=_frequencies(rows) if federation.frequency is None else np.array(federation.frequency, dtype="U1"),
        rows=rows,
        truths=scores.support[0],
        predictions=np.diff(part.predictions.starts),
    )


def _summarise(features: LvisFeatures, scores: Scores, settings: CocoSettings, kind: str) -> LvisSummary:
    rare, common, frequent = (mean_of_defined(features.ap[features.frequency == each]) for each in FREQUENCIES)
    return LvisSummary(
        ap=mean_of_defined(features.ap),
        ap50=mean_of_defined(features.ap50),
        ap75=mean_of_defined(features.ap75),
        ap_small=mean_of_defined(features.ap_small),
        ap_medium=mean_of_defined(features.ap_medium),
        ap_large=mean_of_defined(features.ap_large),
        ap_rare=rare,
        ap_common=common,
        ap_frequent=frequent,
        ar300=mean_of_defined(features.ar300),
        ar_small=mean_of_defined(scores.recall[:, 1, 0]),
        ar_medium=mean_of_defined(scores.recall[:, 2, 0]),
        ar_large=mean_of_defined(scores.recall[:, 3, 0]),
        per_feature=features,
        settings=settings,
        rule=f"lvis {kind}, {settings.recall_levels}-point, {_MOST} per row",
    )


def _rows_with_truth(part: Overlaps) -> np.ndarray:
    """int64[features]; truths stand by feature and row, so that each row but the first of a feature is a change."""
    feature = feature_of(part.truths.starts)
    change = (np.diff(part.truths.row, prepend=-1) != 0) | (np.diff(feature, prepend=-1) != 0)
    return np.bincount(feature[change], minlength=part.features)


def _frequencies(rows: np.ndarray) -> np.ndarray:
    """str[features] for how many rows have the feature; "" for none."""
    return np.array(["", *FREQUENCIES])[np.digitize(rows, [1, 11, 101])]
