"""Why predictions fail: the kind of every false alarm and of every missed truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from metrics.errors import ThresholdError
from metrics.objects.claiming import FailureRule, TruthClaims, choose_part, claim_truths
from metrics.objects.overlap import Overlaps
from metrics.thresholds import check_confidence, check_iou

FAILURE_KINDS: Final = ("class", "place", "both", "duplicate", "background", "unseen")
"""What a failure can be; kinds are given as positions in this tuple. Only missed truths are unseen."""

FAILURE_RULES: Final = {"coco": "tide kinds, coco matching", "tidecv": "tide kinds, as tidecv 1.0.1"}


class RankedFailures(NamedTuple):
    """Failures in matching order on both sides.

    Attributes:
        failing: bool[ranked predictions]: has a kind.
        found: bool[ranked predictions]: claimed a truth that counts.
        absorbed: bool[ranked predictions]: belongs to a crowd or ignored truth; has a kind as well under "tidecv".
        kind: int8[ranked predictions], -1 for none.
        truth: int32[ranked predictions] place of the truth concerned, -1 for none.
        missed: int8[ordered truths] kind, -1 for what was found or does not count.
        mender: int32[ordered truths] place of the prediction that would find a missed truth if mended, -1 for none.
    """

    failing: np.ndarray
    found: np.ndarray
    absorbed: np.ndarray
    kind: np.ndarray
    truth: np.ndarray
    missed: np.ndarray
    mender: np.ndarray


@dataclass(frozen=True, eq=False)
class Failures:
    """The kind of every failure, for P predictions and T truths in the order of their tables.

    Attributes:
        overlaps: What was looked at.
        ranked: The same in matching order.
        per_feature: int64[features, 6]: failures by feature and kind; false alarms stand at the feature they name,
            unseen truths at their own.
        per_row: int64[rows of the tables, 6]: failures by row and kind.
        total: int64[6]: failures by kind.
        min_iou: Smallest IoU that counted as a claim.
        min_background: Up to this IoU a prediction touches nothing.
        min_confidence: Predictions below it did not take part.
        max_detections: Only so many of the surest predictions took part; None for all.
        rule: Name of the rule.
    """

    overlaps: Overlaps
    ranked: RankedFailures
    per_feature: np.ndarray
    per_row: np.ndarray
    total: np.ndarray
    min_iou: float
    min_background: float
    min_confidence: float
    max_detections: int | None
    rule: str

    @cached_property
    def kind(self) -> np.ndarray:
        """int8[P]: place in `FAILURE_KINDS`, -1 for predictions that are no false alarm."""
        kind = np.full(self.overlaps.table_sizes[1], -1, dtype=np.int8)
        kind[self.overlaps.predictions.position] = self.ranked.kind
        return kind

    @cached_property
    def truth_of(self) -> np.ndarray:
        """int32[P]: position of the truth concerned, -1 for none.

        Of a class or place failure the truth it would have found, of a duplicate the truth it repeats, of both the
        truth of another feature that it overlaps most.
        """
        places = np.flatnonzero(self.ranked.truth >= 0)
        truth_of = np.full(self.overlaps.table_sizes[1], -1, dtype=np.int32)
        truth = self.overlaps.truths.position[self.ranked.truth[places]]
        truth_of[self.overlaps.predictions.position[places]] = truth
        return truth_of

    @cached_property
    def missed_kind(self) -> np.ndarray:
        """int8[T]: why a missed truth was missed, -1 for truths that were found or do not count.

        Class or place where such a failure accounts for it, of several the surest; unseen otherwise.
        """
        kind = np.full(self.overlaps.table_sizes[0], -1, dtype=np.int8)
        kind[self.overlaps.truths.position] = self.ranked.missed
        return kind

    @cached_property
    def prediction_of(self) -> np.ndarray:
        """int32[T]: position of the prediction that accounts for a missed truth, -1 for none."""
        places = np.flatnonzero(self.ranked.mender >= 0)
        prediction_of = np.full(self.overlaps.table_sizes[0], -1, dtype=np.int32)
        prediction = self.overlaps.predictions.position[self.ranked.mender[places]]
        prediction_of[self.overlaps.truths.position[places]] = prediction
        return prediction_of

    def columns(self) -> dict[str, np.ndarray]:
        """Counts per feature by the name of their kind, ready for a table."""
        return dict(zip(FAILURE_KINDS, self.per_feature.T, strict=True))


def find_failures(
    overlaps: Overlaps,
    *,
    min_iou: float = 0.5,
    min_background: float = 0.1,
    min_confidence: float = 0.0,
    max_detections: int | None = None,
    rule: FailureRule = "coco",
) -> Failures:
    """Tell why each false alarm is one, and why each missed truth was missed.

    Each false alarm is of the first kind that fits, looking at all truths of its row that count, found ones included:

    1. place: the truth of its feature that it overlaps most is at `min_background` up to and including `min_iou`;
    2. class: it overlaps a truth of another feature by at least `min_iou`;
    3. duplicate: it overlaps a truth of its feature by at least `min_iou`, which another one claimed;
    4. background: it overlaps nothing by more than `min_background`;
    5. both: the rest, all of which overlap a truth of another feature by less than `min_iou`.

    Of a missed truth the surest class or place failure that it is the truth of accounts for it; equally sure ones
    come in the order of the table. A missed truth without any is unseen.

    With the rule "coco", false alarms are those of `match`, and equal overlaps go to the later truth as there. What a
    crowd or ignored truth absorbs is no failure. TIDE says nothing of ignored truths that are no crowds, nor of
    keypoints: here an ignored truth absorbs as in `match`, and overlap is whatever `find_overlaps` measured.

    "tidecv" repeats that program: equal overlaps go to the earlier truth; crowds, and ignored truths like them,
    absorb any number that overlaps them by more than `min_iou` and not exactly; and what they absorb is given a kind
    and counted as well. Where no overlaps are equal and nothing is absorbed, both say the same.

    Args:
        overlaps: From `find_overlaps`. The first call finds the overlaps across features, which takes as long as
            `find_overlaps`; later ones do not.
        min_iou: Smallest IoU that counts as a claim, in [overlaps.min_overlap, 1].
        min_background: Up to this IoU a prediction touches nothing, in [overlaps.min_overlap, min_iou].
        min_confidence: Predictions below it do not take part, in [0, 1].
        max_detections: Only so many of the surest predictions of each row and feature take part ("tidecv": of each
            row, whatever their feature); all when left out.
        rule: Whose matching: "coco" or "tidecv".

    Raises:
        ThresholdError: If a threshold lies outside its range.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 1], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> boxes = [[0, 0, 10, 4], [50, 50, 10, 10], [80, 80, 10, 10]]
        >>> predictions = Boxes.from_sizes([0, 0, 0], [0, 0, 0], boxes, confidence=[0.9, 0.8, 0.3])
        >>> failures = find_failures(find_overlaps(truth, predictions, rows=1, features=2))
        >>> [FAILURE_KINDS[kind] for kind in failures.kind], failures.truth_of.tolist()
        (['place', 'class', 'background'], [0, 1, -1])
        >>> failures.total.tolist(), failures.prediction_of.tolist()
        ([1, 1, 0, 0, 1, 0], [0, 1])

    Source:
        TIDE (Bolya et al. 2020, arXiv:2008.08115); parity with tidecv 1.0.1 in tests/metrics/test_failures_parity.py.
    """
    from metrics.kernels.failures import name_failures, nearest_truths

    floor = check_iou(min_iou, lowest=overlaps.min_overlap)
    floor = floor if rule == "coco" else float(min_iou)
    background = _check_background(min_background, lowest=overlaps.min_overlap, highest=floor)
    part = choose_part(overlaps, check_confidence(min_confidence), max_detections, rule)
    claims = claim_truths(overlaps, floor, part, rule)
    ranked = _unnamed(overlaps, claims, part, rule)
    later = rule == "coco"
    own, other = (nearest_truths(overlaps.truths, pairs, later) for pairs in (overlaps.pairs, overlaps.across))
    name_failures(overlaps.sides, (own, other), claims, (background, floor), ranked)
    per_feature = _count(ranked, _features_of(overlaps), overlaps.features)
    return Failures(
        overlaps,
        ranked,
        per_feature=per_feature,
        per_row=_count(ranked, (overlaps.predictions.row, overlaps.truths.row), len(overlaps.keep)),
        total=per_feature.sum(axis=0),
        min_iou=float(min_iou),
        min_background=background,
        min_confidence=float(min_confidence),
        max_detections=max_detections,
        rule=FAILURE_RULES[rule],
    )


def _check_background(min_background: float, *, lowest: float, highest: float) -> float:
    if not lowest <= min_background <= highest:
        raise ThresholdError(
            f"min_background is {min_background}, but must lie from {lowest} to {highest}: pairs that overlap less "
            "were not kept, and what overlaps more can claim. For smaller thresholds: "
            "find_overlaps(..., min_overlap=...).",
            value=min_background,
            lowest=lowest,
            highest=highest,
        )
    return float(min_background)


def _unnamed(overlaps: Overlaps, claims: TruthClaims, part: np.ndarray, rule: FailureRule) -> RankedFailures:
    """Who failed, with kinds still to be named."""
    truths = len(claims.prediction)
    claimed = claims.truth >= 0
    ignored = np.append(overlaps.truths.ignored, False)[claims.truth]
    absorbed = claimed & ignored
    return RankedFailures(
        failing=part & ~claimed if rule == "coco" else part & (~claimed | absorbed),
        found=claimed & ~absorbed,
        absorbed=absorbed,
        kind=np.full(len(part), -1, np.int8),
        truth=np.full(len(part), -1, np.int32),
        missed=np.full(truths, -1, np.int8),
        mender=np.full(truths, -1, np.int32),
    )


def _features_of(overlaps: Overlaps) -> tuple[np.ndarray, np.ndarray]:
    codes = np.arange(overlaps.features, dtype=np.int32)
    return np.repeat(codes, np.diff(overlaps.predictions.starts)), np.repeat(codes, np.diff(overlaps.truths.starts))


def _count(ranked: RankedFailures, codes: tuple[np.ndarray, np.ndarray], n: int) -> np.ndarray:
    """int64[n, 6]: failures by code and kind, from the codes of predictions and of truths."""
    kinds = len(FAILURE_KINDS)
    counts = np.bincount(codes[0][ranked.failing] * kinds + ranked.kind[ranked.failing], minlength=n * kinds)
    counts = counts.reshape(n, kinds)
    unseen = ranked.missed == kinds - 1
    counts[:, -1] = np.bincount(codes[1][unseen], minlength=n)
    return counts
