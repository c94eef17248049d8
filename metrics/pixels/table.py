"""What every picture's pixels were taken for: counted once, kept sparse."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np

from metrics.errors import ColumnError
from metrics.pixels.boundaries import BoundaryCounter, BoundaryCounts
from metrics.pixels.counts import ClassPixels, RowClasses
from metrics.pixels.label_maps import FAR, NONE, LabelMaps, read_pair

MOST_CLASSES: Final = 8192
"""Counting takes 16 bytes for each pair of classes while it lasts; at so many classes that is a gigabyte."""


@dataclass(frozen=True, eq=False)
class PixelCounts:
    """Pixels of each pair of true and predicted class in each row: M entries by rising row, then truth, then predicted.

    Made by `count_pixels`. Pairs that do not occur have no entry, so that its size goes with what is in the pictures,
    not with their number of pixels: 20 bytes an entry.

    Attributes:
        row: int32[M].
        truth: int32[M], code of the true class.
        predicted: int32[M], code of the predicted class, -1 for none.
        count: int64[M], pixels.
        ignored: int64[rows], pixels that the truth leaves out; in no other number.
        classes: Number of classes.
        ignore: The label that leaves a pixel out; None if there is none.
        keep: bool[rows], rows that count.
        whole_boundaries: Pixels near edges, of all rows; None if they were not asked for.
        whole: The same on all rows, where this one is `on_rows` of it.
    """

    row: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    count: np.ndarray
    ignored: np.ndarray
    classes: int
    ignore: int | None
    keep: np.ndarray
    whole_boundaries: BoundaryCounts | None
    whole: PixelCounts | None = None

    @property
    def rows(self) -> int:
        """Number of rows that count."""
        return int(np.count_nonzero(self.keep))

    @property
    def boundaries(self) -> BoundaryCounts:
        """Pixels near edges, on the rows that count.

        Raises:
            ColumnError: If they were not asked for.
        """
        if self.whole_boundaries is None:
            raise ColumnError(
                "Pixels near edges were not counted; ask for them while the maps are there: "
                "count_pixels(..., boundary_share=0.02)."
            )
        return self.whole_boundaries.on_rows(self.keep)

    def on_rows(self, keep: np.ndarray) -> PixelCounts:
        """Only some rows: every number equals that of measuring these rows alone. Rows keep their numbers.

        Args:
            keep: bool[rows]; rows left out earlier stay out.

        Raises:
            ColumnError: If `keep` does not hold one flag for every row.
        """
        flags = np.asarray(keep)
        if flags.dtype != np.bool_ or flags.shape != self.keep.shape:
            raise ColumnError(
                f"Rows to keep are {flags.dtype}{list(flags.shape)}, but one flag (bool) is needed for each of "
                f"{len(self.keep):,} rows. For row numbers: keep = np.zeros(rows, bool); keep[numbers] = True."
            )
        return replace(self, keep=self.keep & flags, whole=self.whole or self)

    def apart(self, ways: int) -> tuple[PixelCounts, ...]:
        """Counts of pairs that were taken in turn, such as those of two runs: row r of way k came as r * ways + k.

        Boundaries, if they were counted, are left out.
        """
        found = []
        for way in range(ways):
            at = np.flatnonzero(self.row % ways == way)
            found.append(
                replace(
                    self,
                    row=self.row[at] // ways,
                    truth=self.truth[at],
                    predicted=self.predicted[at],
                    count=self.count[at],
                    ignored=self.ignored[way::ways],
                    keep=self.keep[way::ways],
                    whole_boundaries=None,
                    whole=None,
                )
            )
        return tuple(found)

    def with_rows(self, rows: np.ndarray, counted: PixelCounts) -> PixelCounts:
        """The same with some rows counted anew; boundaries, if they were counted, are left out.

        Args:
            rows: int[n], rising.
            counted: Their n counts, of the same classes.

        Raises:
            ColumnError: If it is of other classes or has another number of rows.
        """
        if counted.classes != self.classes or len(counted.keep) != len(rows):
            raise ColumnError(
                f"{len(rows):,} rows of {self.classes:,} classes were to be counted anew, and the counts are of "
                f"{len(counted.keep):,} rows of {counted.classes:,} classes."
            )
        old, ignored = ~np.isin(self.row, rows), self.ignored.copy()
        ignored[rows] = counted.ignored
        row = np.concatenate([self.row[old], np.asarray(rows, dtype=np.int32)[counted.row]])
        order = np.argsort(row, kind="stable")
        return replace(
            self,
            row=row[order],
            truth=np.concatenate([self.truth[old], counted.truth])[order],
            predicted=np.concatenate([self.predicted[old], counted.predicted])[order],
            count=np.concatenate([self.count[old], counted.count])[order],
            ignored=ignored,
            whole_boundaries=None,
            whole=None,
        )

    @cached_property
    def counting(self) -> np.ndarray:
        """int64: places of the entries of rows that count."""
        return np.flatnonzero(self.keep[self.row])

    @cached_property
    def per_row_class(self) -> RowClasses:
        """Right, false and missed pixels of each class in each row that has it; found when first asked for."""
        if self.whole is not None:
            return self.whole.per_row_class.on_rows(self.keep)
        truth, predicted, count, row = self.truth, self.predicted, self.count, self.row.astype(np.int64)
        wrong, taken = truth != predicted, (truth != predicted) & (predicted != NONE)
        key = np.concatenate([row * self.classes + truth, (row * self.classes + predicted)[taken]])
        entries, place = np.unique(key, return_inverse=True)
        own, others = place[: len(row)], place[len(row) :]
        sums = (
            np.bincount(where, weights=pixels, minlength=len(entries)).astype(np.int64)
            for where, pixels in ((own[~wrong], count[~wrong]), (others, count[taken]), (own[wrong], count[wrong]))
        )
        row_of, code = np.divmod(entries, max(self.classes, 1))
        return RowClasses(row_of.astype(np.int32), code.astype(np.int32), ClassPixels(*sums), self.classes, self.keep)


@dataclass
class _Columns:
    """The entries as they come in."""

    row: array[int] = field(default_factory=lambda: array("i"))
    cell: array[int] = field(default_factory=lambda: array("q"))
    count: array[int] = field(default_factory=lambda: array("q"))
    ignored: array[int] = field(default_factory=lambda: array("q"))

    def add(self, row: int, maps: LabelMaps, counted: np.ndarray, cells: np.ndarray) -> None:
        from metrics.kernels.pixels import count_cells

        found = cells[: count_cells(maps.truth.reshape(-1), maps.predicted.reshape(-1), counted, cells)]
        found.sort()
        self.row.frombytes(np.full(len(found), row, dtype=np.int32).tobytes())
        self.cell.frombytes(found.tobytes())
        self.count.frombytes(counted[found].tobytes())
        self.ignored.append(maps.ignored)
        counted[found] = 0


def count_pixels(
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    classes: int,
    ignore: int | None = None,
    boundary_share: float | None = None,
) -> PixelCounts:
    """Count what the pixels of each picture were taken for.

    This is the expensive step, done once; every number and selection of rows is arithmetic on it. Pairs of maps are
    taken one after the other and not kept, so that a generator may open picture after picture. Pixels that are ignored
    in the truth are left out on both sides. Where only the prediction has the ignored label, or lies, it says nothing:
    such pixels are missed for their class and false alarms for none.

    Args:
        pairs: For each row the map of true and the map of predicted classes: whole numbers in arrays of one shape,
            [height, width] or any other; the shape may differ from row to row.
        classes: Number of classes, those without any pixel included.
        ignore: Label of pixels that are left out, often 255; it may be a class's code, which then is never counted.
        boundary_share: Count also the pixels near edges, up to this share of the picture's diagonal away, for
            `boundary_summary`; the paper's is 0.02. Maps must then have two dimensions.

    Raises:
        ColumnError: If the maps of a row differ in shape, are not of whole numbers, or hold a class that does not
            exist; nothing is counted then.
        ThresholdError: If `boundary_share` is not positive.

    Example:
        >>> truth, predicted = np.array([[0, 0, 1], [0, 1, 255]]), np.array([[0, 1, 1], [0, 1, 1]])
        >>> counts = count_pixels([(truth, predicted)], classes=2, ignore=255)
        >>> counts.truth.tolist(), counts.predicted.tolist(), counts.count.tolist(), counts.ignored.tolist()
        ([0, 0, 1], [0, 1, 1], [2, 1, 2], [1])
        >>> counts.per_row_class.per_class.iou.round(2).tolist()
        [0.67, 0.67]
    """
    _check_settings(classes, ignore)
    columns, edges = _Columns(), None if boundary_share is None else BoundaryCounter(classes, boundary_share)
    counted = np.zeros(classes * (classes + 1), dtype=np.int64)
    cells = np.zeros_like(counted)
    for row, pair in enumerate(pairs):
        maps = read_pair(row, pair, classes=classes, ignore=ignore)
        columns.add(row, maps, counted, cells)
        if edges is not None:
            edges.add(row, maps.truth, maps.predicted)
    cell = np.frombuffer(columns.cell, dtype=np.int64)
    truth, predicted = np.divmod(cell, classes + 1)
    return PixelCounts(
        row=np.frombuffer(columns.row, dtype=np.int32),
        truth=truth.astype(np.int32),
        predicted=np.where(predicted == classes, NONE, predicted).astype(np.int32),
        count=np.frombuffer(columns.count, dtype=np.int64),
        ignored=np.frombuffer(columns.ignored, dtype=np.int64),
        classes=classes,
        ignore=ignore,
        keep=np.ones(len(columns.ignored), dtype=bool),
        whole_boundaries=None if edges is None else edges.counts(len(columns.ignored)),
    )


def _check_settings(classes: int, ignore: int | None) -> None:
    if not 1 <= classes <= MOST_CLASSES:
        raise ColumnError(
            f"There are {classes:,} classes; from 1 to {MOST_CLASSES:,} can be counted. If the maps number objects, "
            "not classes, measure them as masks: Masks.from_bitmaps(...)."
        )
    if ignore is not None and not FAR.min <= ignore <= FAR.max:
        raise ColumnError(f"The ignored label {ignore} does not fit into 32 bits; replace it in the maps first.")
