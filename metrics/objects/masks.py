"""Masks, true or predicted, kept as stretches of pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from metrics.columns import Flags, Numbers
from metrics.errors import ColumnError
from metrics.objects.mask_checks import check_outlines, check_run_lengths, check_sizes, read_bitmap
from metrics.objects.shapes import Shapes, shared_columns
from metrics.threads import in_shares

if TYPE_CHECKING:
    from metrics.kernels.masks import Ink

Rle = Mapping[str, Any]
"""COCO's run lengths: ``size`` (height, width) and ``counts``, compressed (str, bytes) or as numbers, zeros first."""

Polygons = Sequence[Sequence[float]]
"""The outlines of one object, each x, y, x, y, ..."""

_DOT: Final = ((0.0, 0.0, 1.0, 0.0, 0.0, 1.0),)


@dataclass(frozen=True, eq=False)
class Masks(Shapes):
    """N masks on pictures, true or predicted, in any order; the order settles ties.

    Make them with `from_rle`, `from_polygons`, `from_coco` or `from_bitmaps`. Other columns are told at `Shapes`.

    Attributes:
        size: int32[N, 2]: height and width of the picture.
        ones: int32[S, 2]: stretches of pixels that belong to a mask, first and behind the last, counted down the
            columns of the picture.
        starts: int64[N + 1]: those of mask i stand at starts[i]:starts[i + 1].
        pixels: int64[N]: how many belong to the mask.
    """

    kind: ClassVar[str] = "masks"

    size: np.ndarray
    ones: np.ndarray
    starts: np.ndarray
    pixels: np.ndarray

    @property
    def measured_area(self) -> np.ndarray:
        """float64[N]: the stated area; pycocotools takes that of the box where a file of results gives boxes too."""
        return self.area

    @classmethod
    def from_rle(
        cls,
        row: Numbers,
        feature: Numbers,
        rle: Sequence[Rle],
        *,
        confidence: Numbers | None = None,
        area: Numbers | None = None,
        crowd: Flags | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Masks given as COCO's run lengths.

        Args:
            row: N picture numbers, from 0.
            feature: N feature codes, from 0.
            rle: N masks: ``size`` (height, width) and ``counts``, compressed (str, bytes) or as numbers, zeros first.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N stated areas in pixels; those counted when left out.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.

        Raises:
            ColumnError: If lengths differ, run lengths cannot be read or do not fill the picture, or as `Boxes`.

        Example:
            >>> masks = Masks.from_rle([0], [0], [{"size": [3, 4], "counts": [4, 2, 1, 2, 3]}])
            >>> masks.area.tolist(), masks.box.tolist()
            ([4.0], [[1.0, 1.0, 2.0, 2.0]])
        """
        size, counts = _columns_of(rle)
        ink = _read(rle, size, counts)
        stated = ink.pixels if area is None else area
        shared = shared_columns(
            row, feature, things=cls.kind, confidence=confidence, area=stated, crowd=crowd, ignored=ignored
        )
        return cls(*shared, ink.box, size, ink.ones, ink.starts, ink.pixels)

    @classmethod
    def from_polygons(
        cls,
        row: Numbers,
        feature: Numbers,
        polygons: Sequence[Polygons],
        size: Sequence[Sequence[int]] | np.ndarray,
        *,
        confidence: Numbers | None = None,
        area: Numbers | None = None,
        crowd: Flags | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Masks given as outlines, filled as pycocotools fills them; otherwise as `from_rle`.

        Args:
            row: N picture numbers, from 0.
            feature: N feature codes, from 0.
            polygons: N objects, each of one or more outlines x, y, x, y, ... of at least three points, in pixels
                of at most a million.
            size: N heights and widths of the picture.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N stated areas in pixels; those counted when left out.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.

        Raises:
            ColumnError: As `from_rle`, or if an outline has fewer than three points, or a place that is no number.

        Example:
            >>> Masks.from_polygons([0], [0], [[[1, 1, 3, 1, 3, 3, 1, 3]]], [[4, 4]]).box.tolist()
            [[1.0, 1.0, 2.0, 2.0]]
        """
        rle = _filled(polygons, size)
        return cls.from_rle(row, feature, rle, confidence=confidence, area=area, crowd=crowd, ignored=ignored)

    @classmethod
    def from_coco(
        cls,
        row: Numbers,
        feature: Numbers,
        segmentation: Sequence[Rle | Polygons],
        size: Sequence[Sequence[int]] | np.ndarray,
        *,
        confidence: Numbers | None = None,
        area: Numbers | None = None,
        crowd: Flags | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Masks as COCO's files of truth hold them: outlines of most objects, run lengths of crowds.

        Args:
            row: N picture numbers, from 0.
            feature: N feature codes, from 0.
            segmentation: N objects, each as `from_polygons` or as `from_rle` takes it.
            size: N heights and widths of the picture.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N stated areas in pixels; those counted when left out.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.

        Raises:
            ColumnError: As `from_polygons` and `from_rle`.

        Example:
            >>> square, runs = [[1, 1, 3, 1, 3, 3, 1, 3]], {"size": [4, 4], "counts": [0, 8, 8]}
            >>> Masks.from_coco([0, 0], [0, 0], [square, runs], [[4, 4], [4, 4]]).area.tolist()
            [4.0, 8.0]
        """
        # A dot stands for what is filled already, so that errors name the right object.
        filled = _filled([_DOT if isinstance(each, Mapping) else each for each in segmentation], size)
        rle = [each if isinstance(each, Mapping) else drawn for each, drawn in zip(segmentation, filled, strict=True)]
        return cls.from_rle(row, feature, rle, confidence=confidence, area=area, crowd=crowd, ignored=ignored)

    @classmethod
    def from_bitmaps(
        cls,
        row: Numbers,
        feature: Numbers,
        bitmaps: Sequence[np.ndarray],
        *,
        confidence: Numbers | None = None,
        area: Numbers | None = None,
        crowd: Flags | None = None,
        ignored: Flags | None = None,
    ) -> Self:
        """Masks given as arrays of the picture's height and width, true (or not 0) inside; otherwise as `from_rle`.

        Args:
            row: N picture numbers, from 0.
            feature: N feature codes, from 0.
            bitmaps: N arrays [height, width], true or false or whole numbers.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N stated areas in pixels; those counted when left out.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.

        Raises:
            ColumnError: As `from_rle`, or if an array is no picture, or holds shares of pixels.

        Example:
            >>> Masks.from_bitmaps([0], [0], [np.array([[0, 1], [0, 1]])]).ones.tolist()
            [[2, 4]]
        """
        from pycocotools import mask as coco

        rle = [coco.encode(np.asfortranarray(read_bitmap(each, n))) for n, each in enumerate(bitmaps)]
        return cls.from_rle(row, feature, rle, confidence=confidence, area=area, crowd=crowd, ignored=ignored)


def _filled(polygons: Sequence[Polygons], size: Sequence[Sequence[int]] | np.ndarray) -> list[Rle]:
    """Run lengths of the insides of outlines."""
    from pycocotools import mask as coco

    check_outlines(polygons)
    check_sizes(size, len(polygons))
    return [coco.merge(coco.frPyObjects(list(each), *map(int, hw))) for each, hw in zip(polygons, size, strict=True)]


def _columns_of(rle: Sequence[Rle]) -> tuple[np.ndarray, list[Any]]:
    """Sizes and counts; looking at each mask for itself only where something is wrong, because that takes a while."""
    try:
        sizes, counts = [each["size"] for each in rle], [each["counts"] for each in rle]
        size = np.fromiter(chain.from_iterable(sizes), dtype=np.int32)
        if len(size) == 2 * len(sizes):
            return size.reshape(-1, 2), counts
    except (TypeError, KeyError, IndexError, ValueError, OverflowError):
        check_run_lengths(rle)
        raise
    check_run_lengths(rle)
    raise ColumnError(f"{len(size):,} numbers stand in {len(rle):,} sizes; each is height and width.")


def _read(rle: Sequence[Rle], size: np.ndarray, counts: list[Any]) -> Ink:
    """What the masks hold; shares of them are read side by side."""
    from metrics.kernels.masks import Ink, count_stretches, read_compressed

    text, bounds = _joined(counts, rle)
    stretches = in_shares(lambda a, b: count_stretches(text, bounds[a : b + 1]), len(rle))
    starts = np.concatenate([[0], np.cumsum(np.concatenate(stretches))]).astype(np.int64)
    ink = Ink(np.empty((starts[-1], 2), np.int32), starts, np.zeros(len(rle), np.int64), np.zeros((len(rle), 4)))
    in_shares(lambda *share: read_compressed(text, bounds, size, share, ink), len(rle))
    _check_readable(ink.pixels, size)
    return ink


def _joined(counts: list[Any], rle: Sequence[Rle]) -> tuple[np.ndarray, np.ndarray]:
    """All run lengths as one compressed text, and where those of each mask start."""
    text = _joined_as(b"", counts) or _joined_as("", counts)
    if text is None:  # not all are compressed alike
        counts = [_compressed(each) for each in rle]
        text = b"".join(counts)
    bounds = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, counts), dtype=np.int64, count=len(counts)), out=bounds[1:])
    return np.frombuffer(text, dtype=np.uint8), bounds


def _joined_as(glue: str | bytes, counts: list[Any]) -> bytes | None:
    """All of them as one text, if all are of the same kind as `glue`; asking each for its kind would take longer."""
    try:
        joined = glue.join(counts)
    except TypeError:
        return None
    return joined.encode() if isinstance(joined, str) else joined


def _compressed(rle: Rle) -> bytes:
    counts = rle["counts"]
    if isinstance(counts, bytes):
        return counts
    if isinstance(counts, str):
        return counts.encode()
    if any(not 0 <= run < 2**32 for run in counts):
        return b"\0"  # no run length either
    from pycocotools import mask as coco

    return coco.frPyObjects({"counts": [int(run) for run in counts], "size": [*rle["size"]]}, *rle["size"])["counts"]


def _check_readable(pixels: np.ndarray, size: np.ndarray) -> None:
    bad = np.flatnonzero(pixels < 0)
    if len(bad):
        first = int(bad[0])
        raise ColumnError(
            f"{len(bad):,} of {len(pixels):,} masks have run lengths that cannot be read or do not add up to height "
            f"times width; first: number {first} of size {tuple(size[first].tolist())}. "
            "COCO counts pixels down the columns, zeros first; size is height, width.",
            bad=len(bad),
            first=first,
        )
