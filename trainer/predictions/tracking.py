"""Which object of one frame is which of the next: identities over time for what a model finds frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from trainer.records.annotations import ANNOTATIONS_SCHEMA, Annotations
from trainer.records.errors import RecordError

_IMPOSSIBLE = -1.0
_PLACE_OF_OBJECT = ANNOTATIONS_SCHEMA.get_field_index("object")


@dataclass(slots=True)
class _Track:
    """One object as it was last seen; corners and centre speed in pixels and pixels a frame."""

    identity: int
    feature: int
    corners: np.ndarray
    speed: np.ndarray
    frame: int

    def expect(self, frame: int) -> np.ndarray:
        """Where it would be if it went on as before; its size stays."""
        return self.corners + np.tile(self.speed, 2) * (frame - self.frame)


@dataclass(slots=True)
class Tracker:
    """Gives objects of consecutive frames their identity.

    In every frame the known objects, moved on with the speed they had, and those now found are paired one to one so
    that the sum of their overlaps is greatest; only objects of one feature are paired, and only where they overlap by
    `min_iou`. What is left over is paired by distance, with objects seen on the frame just before alone: small things
    move by more than their size. What then stays unpaired is a new object. An object that is not found is kept in mind
    for `max_age` frames. The same frames always get the same identities.

    Attributes:
        min_iou: Smallest overlap of an object with where it was expected, above 0 up to 1.
        reach: How far an object can move from one frame to the next without overlap, in means of the diagonals of its
            two boxes; 0 pairs by overlap alone.
        max_age: Frames for which a lost object can still be found again, from 0.

    Raises:
        RecordError: If a value lies outside its range.

    Source:
        The assignment follows SORT (Bewley et al. 2016, arXiv:1602.00763), with a running mean of the speed in the
        place of its Kalman filter.
    """

    min_iou: float = 0.2
    reach: float = 1.5
    max_age: int = 30
    _tracks: list[_Track] = field(default_factory=list, init=False, repr=False)
    _known: int = field(default=0, init=False, repr=False)
    _frame: int = field(default=-1, init=False, repr=False)
    _gap: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if not (0 < self.min_iou <= 1 and self.reach >= 0 and self.max_age >= 0):
            raise RecordError(
                f"Cannot track with min_iou {self.min_iou}, reach {self.reach} and max_age {self.max_age}: "
                "the first lies above 0 and up to 1, the others are at least 0."
            )

    def follow(self, annotations: Annotations, *, frame: int) -> Annotations:
        """The annotations of the next frame with their identities.

        Args:
            annotations: What was found on it; answers, which have no place, get no identity.
            frame: Its number, greater than the last one's.

        Returns:
            The same annotations with ``object`` set to ``1``, ``2`` and so on, in the order of appearance.

        Raises:
            RecordError: If the frame does not come after the last one.
        """
        if frame <= self._frame:
            raise RecordError(
                f"Frame {frame:,} does not come after frame {self._frame:,}; frames are followed in order."
            )
        self._gap, self._frame = frame - self._frame, frame
        self._tracks = [track for track in self._tracks if frame - track.frame <= self.max_age + 1]
        found = np.flatnonzero(annotations.placed)
        boxes, features = annotations.box[found], annotations.feature[found]
        corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
        identities: list[str | None] = [None] * len(annotations)
        for place, track in zip(found.tolist(), self._continue(corners, features, frame), strict=True):
            identities[place] = str(track.identity)
        column = pa.array(identities, pa.string())
        return Annotations(annotations.table.set_column(_PLACE_OF_OBJECT, ANNOTATIONS_SCHEMA.field("object"), column))

    def _continue(self, corners: np.ndarray, features: np.ndarray, frame: int) -> list[_Track]:
        """The track of each object found, known ones moved to where it is."""
        pairs = self._pair(corners, features, frame)
        tracks = []
        for i, (where, feature) in enumerate(zip(corners, features.tolist(), strict=True)):
            if i in pairs:
                _move(track := self._tracks[pairs[i]], where, frame)
            else:
                self._known += 1
                track = _Track(self._known, feature, where, np.zeros(2), frame)
                self._tracks.append(track)
            tracks.append(track)
        return tracks

    def _pair(self, corners: np.ndarray, features: np.ndarray, frame: int) -> dict[int, int]:
        """From an object found to the track that it goes on."""
        if not self._tracks or not len(corners):
            return {}
        expected = np.stack([track.expect(frame) for track in self._tracks])
        same = features[:, None] == np.array([track.feature for track in self._tracks])
        overlap = _overlaps(corners, expected)
        pairs = _assign(np.where(same & (overlap >= self.min_iou), overlap, _IMPOSSIBLE))
        seen = np.array([track.frame for track in self._tracks]) >= frame - self._gap
        distance = _distances(corners, np.stack([track.corners for track in self._tracks]))
        near = same & seen & (distance <= self.reach)
        near[list(pairs)] = False
        near[:, list(pairs.values())] = False
        return pairs | _assign(np.where(near, self.reach - distance, _IMPOSSIBLE))


def _assign(score: np.ndarray) -> dict[int, int]:
    """Pairs one to one of row and column with the greatest sum; impossible ones are left out."""
    from scipy.optimize import linear_sum_assignment

    chosen = zip(*linear_sum_assignment(score, maximize=True), strict=True)
    return {int(i): int(j) for i, j in chosen if score[i, j] > _IMPOSSIBLE}


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """float64[n, m]: distance of the middles of every two boxes, in means of their diagonals."""
    middles = [each.reshape(-1, 2, 2).mean(axis=1) for each in (a, b)]
    diagonals = [np.linalg.norm(each[:, 2:] - each[:, :2], axis=1) for each in (a, b)]
    apart = np.linalg.norm(middles[0][:, None] - middles[1][None], axis=2)
    return np.asarray(apart / ((diagonals[0][:, None] + diagonals[1][None]) / 2).clip(min=1e-9))


def _move(track: _Track, corners: np.ndarray, frame: int) -> None:
    moved = (corners - track.corners).reshape(2, 2).mean(axis=0) / (frame - track.frame)
    track.speed = moved if not track.speed.any() else (track.speed + moved) / 2
    track.corners, track.frame = corners, frame


def _overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """float64[n, m]: IoU of every two boxes given as left, top, right, bottom."""
    inside = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared = inside.clip(min=0).prod(axis=2)
    areas = [(each[:, 2:] - each[:, :2]).prod(axis=1) for each in (a, b)]
    union = areas[0][:, None] + areas[1][None] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))
