"""Which prediction claims which truth, at any IoU and confidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from metrics.objects.overlap import Overlaps
from metrics.thresholds import check_confidence, check_iou

MATCHING_RULE: Final = "greedy by falling confidence, largest IoU, later truth on ties"


class Claims(NamedTuple):
    """Who claimed whom, in matching order on both sides.

    Attributes:
        truth: int32[ranked predictions] place among the ordered truths, -1 for none.
        iou: float64[ranked predictions] IoU of the claim; only set where there is one.
        prediction: int32[ordered truths] place among the ranked predictions, -1 for none.
    """

    truth: np.ndarray
    iou: np.ndarray
    prediction: np.ndarray


@dataclass(frozen=True, eq=False)
class Matches:
    """Who claimed whom, for P predictions and T truths in the order of their tables.

    Attributes:
        overlaps: What was matched.
        claims: The same in matching order.
        min_iou: Smallest IoU that counted as a claim.
        min_confidence: Predictions below it did not take part.
        rule: Name of the rule.
    """

    overlaps: Overlaps
    claims: Claims
    min_iou: float
    min_confidence: float
    rule: str = MATCHING_RULE

    @cached_property
    def truth_of(self) -> np.ndarray:
        """int32[P]: position of the truth that each prediction claimed, -1 for none."""
        return self._tell_claimants(self.overlaps.truths.position[self._claimed], np.int32(-1))

    @cached_property
    def prediction_of(self) -> np.ndarray:
        """int32[T]: position of the prediction that claimed each truth, -1 for none.

        A crowd may absorb many; the surest is named.
        """
        place = np.flatnonzero(self.claims.prediction >= 0)
        prediction_of = np.full(self.overlaps.table_sizes[0], -1, dtype=np.int32)
        claimant = self.overlaps.predictions.position[self.claims.prediction[place]]
        prediction_of[self.overlaps.truths.position[place]] = claimant
        return prediction_of

    @cached_property
    def iou(self) -> np.ndarray:
        """float64[P]: IoU of the claim, NaN for none."""
        return self._tell_claimants(self.claims.iou[self._claimants], np.float64("nan"))

    @cached_property
    def absorbed(self) -> np.ndarray:
        """bool[P]: the claimed truth is a crowd or ignored, so that the prediction does not count."""
        return self._tell_claimants(self.overlaps.truths.ignored[self._claimed], np.False_)

    @cached_property
    def taking_part(self) -> np.ndarray:
        """bool[P]: confident enough, and on a row that counts."""
        ranked = self.overlaps.predictions
        taking_part = np.zeros(self.overlaps.table_sizes[1], dtype=bool)
        taking_part[ranked.position[ranked.confidence >= self.min_confidence]] = True
        return taking_part

    @cached_property
    def tp(self) -> np.ndarray:
        """bool[P]: predictions that claimed a truth that counts."""
        return (self.truth_of >= 0) & ~self.absorbed

    @cached_property
    def fp(self) -> np.ndarray:
        """bool[P]: predictions that took part and claimed nothing."""
        return self.taking_part & (self.truth_of < 0)

    @cached_property
    def missed(self) -> np.ndarray:
        """bool[T]: truths that count and that nothing claimed."""
        truths = self.overlaps.truths
        missed = np.zeros(self.overlaps.table_sizes[0], dtype=bool)
        missed[truths.position[~truths.ignored & (self.claims.prediction < 0)]] = True
        return missed

    @cached_property
    def _claimants(self) -> np.ndarray:
        """Places of the ranked predictions that claimed something."""
        return np.flatnonzero(self.claims.truth >= 0)

    @property
    def _claimed(self) -> np.ndarray:
        """Places of the ordered truths that they claimed."""
        return self.claims.truth[self._claimants]

    def _tell_claimants(self, values: np.ndarray, otherwise: np.generic) -> np.ndarray:
        """The values at the table positions of those who claimed something, another one everywhere else."""
        column = np.full(self.overlaps.table_sizes[1], otherwise)
        column[self.overlaps.predictions.position[self._claimants]] = values
        return column


def match(overlaps: Overlaps, *, min_iou: float = 0.5, min_confidence: float = 0.0) -> Matches:
    """Let each prediction claim the free truth it overlaps most.

    Predictions choose in order of falling confidence within their row and feature; equal confidences keep the order
    of their table, equal overlaps go to the later truth. A claimed truth is gone for the rest. Crowds and ignored
    truths are claimed only for want of others; a crowd may be claimed by any number. There is no limit on the
    number of predictions.

    Args:
        overlaps: From `find_overlaps`.
        min_iou: Smallest IoU that counts as a claim, in [overlaps.min_overlap, 1].
        min_confidence: Predictions below it do not take part, in [0, 1].

    Raises:
        ThresholdError: If a threshold lies outside its range.

    Example:
        >>> from metrics import Boxes, find_overlaps
        >>> truth = Boxes.from_sizes([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> boxes = [[0, 0, 10, 9], [0, 0, 10, 10], [80, 80, 10, 10]]
        >>> predictions = Boxes.from_sizes([0, 0, 0], [0, 0, 0], boxes, confidence=[0.9, 0.8, 0.3])
        >>> matches = match(find_overlaps(truth, predictions, rows=1, features=1), min_confidence=0.5)
        >>> matches.truth_of.tolist(), matches.prediction_of.tolist(), matches.fp.tolist()
        ([0, -1, -1], [0, -1], [False, True, False])

    Source:
        COCO matching (Lin et al. 2014, arXiv:1405.0312); parity with pycocotools in tests/metrics/test_parity.py.
    """
    from metrics.kernels.matching import match_all

    floor, min_confidence = check_iou(min_iou, lowest=overlaps.min_overlap), check_confidence(min_confidence)
    claims = Claims(*match_all(overlaps.sides, floor, min_confidence))
    return Matches(overlaps, claims, min_iou=float(min_iou), min_confidence=min_confidence)
