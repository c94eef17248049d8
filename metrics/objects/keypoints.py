"""Keypoints of objects, true or predicted, checked once on arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np

from metrics.columns import Flags, Numbers, as_codes, as_lines, as_numbers
from metrics.errors import ColumnError
from metrics.objects.shapes import Shapes, shared_columns

COCO_SIGMAS: Final = (
    *(0.026, 0.025, 0.025, 0.035, 0.035),  # nose, eyes, ears
    *(0.079, 0.079, 0.072, 0.072, 0.062, 0.062),  # shoulders, elbows, wrists
    *(0.107, 0.107, 0.087, 0.087, 0.089, 0.089),  # hips, knees, ankles
)
"""How far annotators differ on each of COCO's 17 keypoints of a person, in shares of the object's size."""


@dataclass(frozen=True, eq=False)
class Keypoints(Shapes):
    """N objects with K keypoints each, true or predicted, in any order; the order settles ties.

    Make them with `from_points`. Other columns are told at `Shapes`.

    Attributes:
        points: float64[N, K, 3]: x, y and visibility, above 0 where the place is known.
        sigmas: float64[K]: how far annotators differ on each keypoint, in shares of the object's size.
    """

    kind: ClassVar[str] = "keypoints"

    points: np.ndarray
    sigmas: np.ndarray

    @property
    def measured_area(self) -> np.ndarray:
        """float64[N]: area of the box around all points, as pycocotools takes it."""
        if self.points.size == 0:
            return np.zeros(len(self))
        places = self.points[:, :, :2]
        return (places.max(axis=1) - places.min(axis=1)).prod(axis=1)

    @classmethod
    def from_points(
        cls,
        row: Numbers,
        feature: Numbers,
        points: Sequence[object] | np.ndarray,
        *,
        sigmas: Numbers = COCO_SIGMAS,
        box: Sequence[Sequence[float]] | np.ndarray | None = None,
        confidence: Numbers | None = None,
        area: Numbers | None = None,
        crowd: Flags | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Objects given as their keypoints. An object without any visible keypoint is ignored, as in COCO.

        Args:
            row: N picture numbers, from 0.
            feature: N feature codes, from 0.
            points: N x K points as x, y, visibility; any shape with N * K * 3 numbers, such as COCO's flat lists.
            sigmas: K numbers: how far annotators differ on each keypoint; those of COCO's persons when left out.
            box: N boxes as left, top, width, height; those around the visible points when left out.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N areas of the objects, the scale on which distances are judged; that of the box when left out.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.

        Raises:
            ColumnError: If lengths differ, a number is negative or not finite, or a confidence lies outside [0, 1].

        Example:
            >>> person = Keypoints.from_points([0], [0], [[4, 4, 2, 14, 24, 1]], sigmas=[0.05, 0.05])
            >>> person.area.tolist(), person.ignored.tolist()
            ([200.0], [False])
        """
        spread = as_numbers("sigmas", sigmas, things="keypoints")
        places = _shaped(points, len(as_codes("row", row, things=cls.kind)), len(spread))
        around = _around_visible(places) if box is None else as_lines("box", box, 4, things=cls.kind)
        stated = around[:, 2] * around[:, 3] if area is None else area
        shared = shared_columns(
            row, feature, things=cls.kind, confidence=confidence, area=stated, crowd=crowd, ignored=ignored
        )
        unseen = ~(places[:, :, 2] > 0).any(axis=1)
        return cls(*shared._replace(ignored=shared.ignored | unseen), around, places, spread)

    def _check_shape(self) -> None:
        bad = np.flatnonzero(~np.isfinite(self.points).all(axis=(1, 2)) | ~np.isfinite(self.box).all(axis=1))
        if len(bad):
            raise ColumnError(
                f"{len(bad):,} of {len(self):,} objects have a keypoint or box with an unknown place; "
                f"first: number {bad[0]} (row {self.row[bad[0]]}). A keypoint that is not there has visibility 0.",
                bad=len(bad),
                first=int(bad[0]),
            )
        if not (np.isfinite(self.sigmas) & (self.sigmas > 0)).all():
            raise ColumnError(f"Sigmas are {self.sigmas.tolist()}; each must be a number above 0.")


def _shaped(points: Sequence[object] | np.ndarray, n: int, k: int) -> np.ndarray:
    try:
        places = np.asarray(points, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise ColumnError(
            "The points cannot be read: every object needs as many numbers as any other, "
            "x, y, visibility for each keypoint."
        ) from error
    if places.size != n * k * 3:
        raise ColumnError(
            f"{places.size:,} numbers were given as points, but {n:,} objects with {k} keypoints need x, y, visibility "
            f"for each, {n * k * 3:,}. One sigma is needed for each keypoint: sigmas=..."
        )
    return places.reshape(n, k, 3)


def _around_visible(points: np.ndarray) -> np.ndarray:
    """The box around the visible points of each object; zeros where there are none."""
    seen = points[:, :, 2:] > 0
    low = np.where(seen, points[:, :, :2], np.inf).min(axis=1, initial=np.inf)
    high = np.where(seen, points[:, :, :2], -np.inf).max(axis=1, initial=-np.inf)
    with np.errstate(invalid="ignore"):  # told as an unknown place
        return np.where(np.isfinite(low[:, :1]), np.concatenate([low, high - low], axis=1), 0.0)
