"""Average precision with some kinds of failure mended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metrics.objects.claiming import FailureRule
from metrics.objects.failures import FAILURE_KINDS, RankedFailures, find_failures
from metrics.objects.overlap import Overlaps

_CLASS, _PLACE = FAILURE_KINDS.index("class"), FAILURE_KINDS.index("place")
_NOTHING, _FOUND, _ALARM, _ABSORBED, _FIND, _FIND_ABSORBED, _MOVED, _CODES = 0, 1, 2, 8, 14, 15, 16, 17
# What a prediction is: nothing that counts; a find; a false alarm or an absorbed one, its kind added; a place failure,
# absorbed or not, that finds a truth once mended; a class failure that does, at the feature of its truth.


class Reading(NamedTuple):
    """How average precision is read: at float64 `levels` of recall, with `addend` below the line of precision."""

    levels: np.ndarray
    addend: float


@dataclass(frozen=True, eq=False)
class Bench:
    """Where failures are mended.

    Attributes:
        lined: Before anything is mended and after: int8[N] what each prediction is, and where each feature starts.
        truths: int64[features], truths that count.
        unseen: int64[features], truths that are unseen.
        missed: int64[features], truths that are missed.
        rule: Whose average precision.
    """

    lined: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    truths: np.ndarray
    unseen: np.ndarray
    missed: np.ndarray
    rule: FailureRule

    def as_it_is(self) -> np.ndarray:
        """float64[features], NaN where undefined."""
        return self._read(self.lined[0], _outcomes([]), self.truths)

    def mended(self, kinds: Collection[str]) -> np.ndarray:
        """float64[features] with some kinds mended."""
        truths = self.truths - self.unseen if "unseen" in kinds else self.truths
        return self._read(self.lined[1], _outcomes(kinds), truths)

    def nothing_missed(self) -> np.ndarray:
        """float64[features] with every missed truth struck out."""
        return self._read(self.lined[1], _outcomes([]), self.truths - self.missed)

    def least_sure_alarms(self) -> np.ndarray:
        """float64[features] with every false alarm behind every find, where it no longer matters."""
        only_finds = np.where(np.arange(_CODES) == _FOUND, 1, 0).astype(np.int8)
        after = self._read(self.lined[0], only_finds, self.truths)
        return np.where(np.isnan(self.as_it_is()), np.nan, np.nan_to_num(after))

    def _read(self, lined: tuple[np.ndarray, np.ndarray], outcome: np.ndarray, truths: np.ndarray) -> np.ndarray:
        from metrics.kernels.failure_costs import precision_of_features

        if self.rule == "coco":
            reading = Reading(np.linspace(0.0, 1.0, 101), float(np.finfo(np.float64).eps))
            return precision_of_features(lined, outcome, truths, reading)[0]
        precision, counted = precision_of_features(lined, outcome, truths, Reading(np.arange(101) / 100, 0.0))
        return np.where((truths == 0) & (counted > 0), 0.0, precision)


def set_up_bench(
    overlaps: Overlaps, min_iou: float, min_background: float, max_detections: int, rule: FailureRule
) -> Bench:
    """Everything that the options of `failure_costs` settle.

    Raises:
        ThresholdError: If a threshold lies outside its range.
    """
    from metrics.kernels.failure_costs import line_up

    failures = find_failures(
        overlaps, min_iou=min_iou, min_background=min_background, max_detections=max_detections, rule=rule
    ).ranked
    mends = np.zeros(len(failures.kind), dtype=bool)
    mends[failures.mender[failures.mender >= 0]] = True
    what, moved = _what(failures, mends), _moved(overlaps, failures, mends)

    def lined(late: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place, is_moved, starts = line_up(overlaps.predictions, late, *moved)
        return np.where(is_moved, np.int8(_MOVED), what[place]), starts

    before = lined(np.zeros_like(mends))
    return Bench(
        lined=(before, lined(failures.found) if rule == "tidecv" else before),
        truths=_per_feature(~overlaps.truths.ignored, overlaps),
        unseen=_per_feature(failures.missed == FAILURE_KINDS.index("unseen"), overlaps),
        missed=_per_feature(failures.missed >= 0, overlaps),
        rule=rule,
    )


def _what(failures: RankedFailures, mends: np.ndarray) -> np.ndarray:
    """int8[ranked predictions]: what each is, where it stands."""
    what = np.where(failures.found, _FOUND, _NOTHING).astype(np.int8)
    named = failures.kind >= 0
    what[named] = failures.kind[named] + np.where(failures.absorbed[named], _ABSORBED, _ALARM)
    placed = mends & (failures.kind == _PLACE)
    what[placed] = np.where(failures.absorbed[placed], _FIND_ABSORBED, _FIND)
    return what


def _outcomes(kinds: Collection[str]) -> np.ndarray:
    """int8[codes]: 1 for what finds a truth, -1 for a false alarm, 0 for what does not count."""
    outcome = np.zeros(_CODES, dtype=np.int8)
    outcome[_FOUND] = 1
    outcome[[_ALARM + k for k, kind in enumerate(FAILURE_KINDS) if kind not in kinds]] = -1
    outcome[[_FIND, _FIND_ABSORBED]] = (1, 1) if "place" in kinds else (-1, 0)
    outcome[_MOVED] = "class" in kinds
    return outcome


def _moved(overlaps: Overlaps, failures: RankedFailures, mends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Class failures that find a truth once mended, as they rank at its feature, and where each feature starts."""
    ranked = overlaps.predictions
    places = np.flatnonzero(mends & (failures.kind == _CLASS))
    feature = np.searchsorted(overlaps.truths.starts, failures.truth[places], side="right") - 1
    keys = ranked.position[places], ranked.row[places], -ranked.confidence[places], feature
    counts = np.bincount(feature, minlength=overlaps.features)
    return places[np.lexsort(keys)].astype(np.int32), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _per_feature(some: np.ndarray, overlaps: Overlaps) -> np.ndarray:
    """int64[features]: how many of the flags of ordered truths are set."""
    return np.diff(np.concatenate([[0], np.cumsum(some)])[overlaps.truths.starts])
