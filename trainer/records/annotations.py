"""Annotations as columns: the same ones for truth and for prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa

from trainer.records.errors import ColumnError

ANNOTATIONS_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("feature", pa.int16(), nullable=False),
        pa.field("confidence", pa.float64()),
        pa.field("left", pa.float64()),
        pa.field("top", pa.float64()),
        pa.field("width", pa.float64()),
        pa.field("height", pa.float64()),
        pa.field("area", pa.float64()),
        pa.field("crowd", pa.bool_(), nullable=False),
        pa.field("ignored", pa.bool_(), nullable=False),
        pa.field("polygons", pa.list_(pa.list_(pa.float64()))),
        pa.field("rle", pa.string()),
        pa.field("object", pa.string()),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("origin", pa.string()),
    ]
)
LATER_COLUMNS = ("start", "end", "origin")
"""Columns that format 1 did not have. Where nothing stands in them they are neither written nor part of a digest."""
_LENGTHS = ("left", "top", "width", "height")


@dataclass(frozen=True)
class Annotations:
    """Shapes, answers and spans on rows, sorted by row; within a row the order of arrival is kept (it settles ties).

    A shape has a place, the box around it. An answer has none: its feature is the option that was chosen, and the
    confidences of all options of one question on a row are what a classifier said. A span has a start and an end in
    the row's text.

    Attributes:
        table: One line an annotation with the columns of `ANNOTATIONS_SCHEMA`. Lengths are pixels of the row's
            picture, its left top corner at (0, 0), and null for what has no place. `feature` is the feature's code in
            the ontology; `confidence` is null for truth and counts as 1; `area` is null where the box's own is meant;
            `crowd` marks a region of many objects; `ignored` a truth that neither counts nor is missed; `polygons`
            lists rings of x, y, x, y; `rle` is a compressed COCO run-length string of the row's size; `object` is an
            outside identity; `start` and `end` count characters, the end not included; `origin` is the id of the
            model run that an accepted truth came from.
    """

    table: pa.Table

    def __post_init__(self) -> None:
        if not self.table.schema.equals(ANNOTATIONS_SCHEMA):
            raise ColumnError(
                f"Annotations need the columns {ANNOTATIONS_SCHEMA.names}, got {self.table.schema.names}."
            )
        if np.any(np.diff(self.row) < 0):
            raise ColumnError("Annotations are kept sorted by row; Annotations.from_columns sorts them.")
        _check_boxes(self.row, self.box, self.placed)
        _check_confidence(self.row, self.confidence)
        _check_spans(self.row, self.start, self.end)

    @classmethod
    def from_columns(
        cls,
        *,
        row: Sequence[int] | np.ndarray,
        feature: Sequence[int] | np.ndarray,
        box: Sequence[Sequence[float]] | np.ndarray | None = None,
        placed: Sequence[bool] | np.ndarray | None = None,
        confidence: Sequence[float] | np.ndarray | None = None,
        area: Sequence[float | None] | np.ndarray | None = None,
        crowd: Sequence[bool] | np.ndarray | None = None,
        ignored: Sequence[bool] | np.ndarray | None = None,
        polygons: Sequence[Sequence[Sequence[float]] | None] | None = None,
        rle: Sequence[str | None] | None = None,
        object: Sequence[str | None] | None = None,
        start: Sequence[int | None] | np.ndarray | None = None,
        end: Sequence[int | None] | np.ndarray | None = None,
        origin: Sequence[str | None] | None = None,
    ) -> Self:
        """Annotations from plain columns in any order; they are sorted by row, stably.

        Args:
            row: N row numbers.
            feature: N feature codes.
            box: N boxes as left, top, width, height in pixels; left out where none has a place.
            placed: N flags: which have a place; the boxes of the others are not looked at. All with a box when left
                out.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N areas in square pixels, None or NaN where the box's own is meant.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.
            polygons: N lists of rings, or None.
            rle: N compressed COCO run-length strings, or None.
            object: N outside identities, or None.
            start: N places where spans begin, in characters, or None.
            end: N places before which they end, or None.
            origin: N ids of the runs that truths were accepted from, or None.

        Raises:
            ColumnError: If lengths differ, a size is negative or not finite, a confidence lies outside [0, 1], or a
                span does not end behind its start.
        """
        n = len(row)
        columns: dict[str, Any] = {
            "row": np.asarray(row, dtype=np.int32),
            "feature": _as_codes(feature),
            "confidence": None if confidence is None else np.asarray(confidence, dtype=np.float64),
            **_as_lengths(box, placed),
            "area": area,
            "crowd": np.zeros(n, bool) if crowd is None else np.asarray(crowd, dtype=bool),
            "ignored": np.zeros(n, bool) if ignored is None else np.asarray(ignored, dtype=bool),
            "polygons": polygons,
            "rle": rle,
            "object": object,
            "start": start,
            "end": end,
            "origin": origin,
        }
        arrays = []
        for field in ANNOTATIONS_SCHEMA:
            values = columns[field.name]
            if values is not None and len(values) != n:
                raise ColumnError(f"Column {field.name!r} has {len(values):,} values for {n:,} annotations.")
            # An unknown area is null, whether it came as None or as NaN; an unknown confidence must not become one.
            nan_is_null = field.name == "area"
            arrays.append(
                pa.nulls(n, field.type) if values is None else pa.array(values, field.type, from_pandas=nan_is_null)
            )
        table = pa.Table.from_arrays(arrays, schema=ANNOTATIONS_SCHEMA)
        order = np.argsort(columns["row"], kind="stable")
        return cls(table.take(pa.array(order)))

    @classmethod
    def empty(cls) -> Self:
        """No annotations at all."""
        return cls(ANNOTATIONS_SCHEMA.empty_table())

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def row(self) -> np.ndarray:
        """int32[n] row numbers, never falling."""
        return self.table["row"].to_numpy()

    @cached_property
    def feature(self) -> np.ndarray:
        """int16[n] feature codes."""
        return self.table["feature"].to_numpy()

    @cached_property
    def box(self) -> np.ndarray:
        """float64[n, 4]: left, top, width, height in pixels; NaN for what has no place."""
        return np.stack([self.table[name].to_numpy() for name in _LENGTHS], axis=1)

    @cached_property
    def placed(self) -> np.ndarray:
        """bool[n]: it is a shape; answers and spans have no place on a picture."""
        valid = [np.asarray(self.table[name].is_valid().to_numpy()) for name in _LENGTHS]
        return np.asarray(np.logical_or.reduce(valid))

    @cached_property
    def start(self) -> np.ndarray:
        """int32[n]: where a span begins, in characters; -1 for what is none."""
        return np.asarray(self.table["start"].fill_null(-1).to_numpy())

    @cached_property
    def end(self) -> np.ndarray:
        """int32[n]: the character before which a span ends; -1 for what is none."""
        return np.asarray(self.table["end"].fill_null(-1).to_numpy())

    @cached_property
    def confidence(self) -> np.ndarray:
        """float64[n]; a missing confidence counts as 1."""
        return np.asarray(self.table["confidence"].fill_null(1.0).to_numpy())

    @cached_property
    def area(self) -> np.ndarray:
        """float64[n] in square pixels: the stated one, else the box's own."""
        stated = np.asarray(self.table["area"].to_numpy(), dtype=np.float64)
        return np.where(np.isnan(stated), self.box[:, 2] * self.box[:, 3], stated)

    @cached_property
    def crowd(self) -> np.ndarray:
        """bool[n]: the region holds many objects."""
        return np.asarray(self.table["crowd"].to_numpy())

    @cached_property
    def ignored(self) -> np.ndarray:
        """bool[n]: neither counts nor is missed."""
        return np.asarray(self.table["ignored"].to_numpy())

    def offsets(self, rows: int) -> np.ndarray:
        """int64[rows + 1]: annotations of row r stand at offsets[r]:offsets[r + 1]."""
        return np.searchsorted(self.row, np.arange(rows + 1)).astype(np.int64)

    def take(self, positions: np.ndarray) -> Annotations:
        """The annotations at the given positions, which must keep the row order."""
        return Annotations(self.table.take(pa.array(positions)))

    def with_features(self, codes: np.ndarray) -> Annotations:
        """The annotations with other feature codes; those whose new code is negative are left out.

        Args:
            codes: int16[features]: the new code of each old one.
        """
        kept = np.flatnonzero(codes[self.feature] >= 0)
        table = self.table.take(pa.array(kept))
        place = ANNOTATIONS_SCHEMA.get_field_index("feature")
        renumbered = pa.array(codes[self.feature[kept]], pa.int16())
        return Annotations(table.set_column(place, ANNOTATIONS_SCHEMA.field("feature"), renumbered))

    def on_rows(self, rows: np.ndarray) -> Annotations:
        """Only the annotations of the given rows, renumbered to 0, 1, 2 ... in the order of `rows`.

        Args:
            rows: int[m] row numbers, strictly rising.
        """
        place = np.searchsorted(rows, self.row)
        kept = (
            np.flatnonzero((place < len(rows)) & (rows[np.minimum(place, len(rows) - 1)] == self.row))
            if len(rows)
            else np.zeros(0, int)
        )
        table = self.table.take(pa.array(kept))
        renumbered = pa.array(place[kept].astype(np.int32))
        return Annotations(table.set_column(0, ANNOTATIONS_SCHEMA.field("row"), renumbered))


def _as_codes(feature: Sequence[int] | np.ndarray) -> np.ndarray:
    codes = np.asarray(feature, dtype=np.int64)
    largest = np.iinfo(np.int16).max
    bad = np.flatnonzero((codes < 0) | (codes > largest))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(codes):,} feature codes lie outside 0 to {largest:,}; first: {codes[bad[0]]}."
        )
    return codes.astype(np.int16)


def _as_lengths(
    box: Sequence[Sequence[float]] | np.ndarray | None, placed: Sequence[bool] | np.ndarray | None
) -> dict[str, pa.Array | None]:
    """Boxes as a column a side, null where there is no place."""
    if box is None:
        if placed is not None and np.any(placed):
            raise ColumnError("Annotations are said to have a place, but come without boxes.")
        return dict.fromkeys(_LENGTHS)
    boxes = np.asarray(box, dtype=np.float64)
    if boxes.size and (boxes.ndim != 2 or boxes.shape[1] != 4):
        raise ColumnError(f"Boxes have the shape {boxes.shape}, not (n, 4): left, top, width, height in pixels.")
    boxes = boxes.reshape(-1, 4)
    missing = np.zeros(len(boxes), bool) if placed is None else ~np.asarray(placed, dtype=bool)
    if len(missing) != len(boxes):
        raise ColumnError(f"Column 'placed' has {len(missing):,} values for {len(boxes):,} boxes.")
    return {name: pa.array(boxes[:, i], pa.float64(), mask=missing) for i, name in enumerate(_LENGTHS)}


def _check_spans(row: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
    is_none = (start == -1) & (end == -1)
    bad = np.flatnonzero(~is_none & ((start < 0) | (end <= start)))
    if len(bad):
        first = bad[0]
        raise ColumnError(
            f"{len(bad):,} spans do not end behind their start; first: on row {row[first]} from {start[first]} to "
            f"{end[first]}. A span is start and end in characters, the end not included."
        )


def _check_boxes(row: np.ndarray, box: np.ndarray, placed: np.ndarray) -> None:
    bad = np.flatnonzero(placed & (~np.isfinite(box).all(axis=1) | (box[:, 2:] < 0).any(axis=1)))
    if len(bad):
        first = bad[0]
        raise ColumnError(
            f"{len(bad):,} of {len(box):,} boxes have a negative or unknown length; "
            f"first: row {row[first]} with {tuple(box[first].tolist())}. "
            "Boxes are left, top, width, height in pixels."
        )


def _check_confidence(row: np.ndarray, confidence: np.ndarray) -> None:
    bad = np.flatnonzero(~((confidence >= 0) & (confidence <= 1)))
    if len(bad):
        first = bad[0]
        raise ColumnError(
            f"{len(bad):,} of {len(confidence):,} confidences lie outside [0, 1]; "
            f"first: row {row[first]} with {confidence[first]}. "
            "If yours are logits, pass them through a sigmoid or softmax first."
        )
