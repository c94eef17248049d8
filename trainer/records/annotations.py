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
        pa.field("left", pa.float64(), nullable=False),
        pa.field("top", pa.float64(), nullable=False),
        pa.field("width", pa.float64(), nullable=False),
        pa.field("height", pa.float64(), nullable=False),
        pa.field("area", pa.float64()),
        pa.field("crowd", pa.bool_(), nullable=False),
        pa.field("ignored", pa.bool_(), nullable=False),
        pa.field("polygons", pa.list_(pa.list_(pa.float64()))),
        pa.field("rle", pa.string()),
        pa.field("object", pa.string()),
    ]
)


@dataclass(frozen=True)
class Annotations:
    """Shapes on rows, sorted by row; within a row the order of arrival is kept (it settles ties).

    Attributes:
        table: One line an annotation with the columns of `ANNOTATIONS_SCHEMA`. Lengths are pixels of the row's
            picture, its left top corner at (0, 0). `feature` is the feature's code in the ontology; `confidence` is
            null for truth and counts as 1; `area` is null where the box's own is meant; `crowd` marks a region of
            many objects; `ignored` a truth that neither counts nor is missed; `polygons` lists rings of x, y, x, y;
            `rle` is a compressed COCO run-length string of the row's size; `object` is an outside identity.
    """

    table: pa.Table

    def __post_init__(self) -> None:
        if not self.table.schema.equals(ANNOTATIONS_SCHEMA):
            raise ColumnError(
                f"Annotations need the columns {ANNOTATIONS_SCHEMA.names}, got {self.table.schema.names}."
            )
        if np.any(np.diff(self.row) < 0):
            raise ColumnError("Annotations are kept sorted by row; Annotations.from_columns sorts them.")
        _check_boxes(self.row, self.box)
        _check_confidence(self.row, self.confidence)

    @classmethod
    def from_columns(
        cls,
        *,
        row: Sequence[int] | np.ndarray,
        feature: Sequence[int] | np.ndarray,
        box: Sequence[Sequence[float]] | np.ndarray,
        confidence: Sequence[float] | np.ndarray | None = None,
        area: Sequence[float | None] | np.ndarray | None = None,
        crowd: Sequence[bool] | np.ndarray | None = None,
        ignored: Sequence[bool] | np.ndarray | None = None,
        polygons: Sequence[Sequence[Sequence[float]] | None] | None = None,
        rle: Sequence[str | None] | None = None,
        object: Sequence[str | None] | None = None,
    ) -> Self:
        """Annotations from plain columns in any order; they are sorted by row, stably.

        Args:
            row: N row numbers.
            feature: N feature codes.
            box: N boxes as left, top, width, height in pixels.
            confidence: N numbers in [0, 1]; left out for truth.
            area: N areas in square pixels, None or NaN where the box's own is meant.
            crowd: N flags; all false when left out.
            ignored: N flags; all false when left out.
            polygons: N lists of rings, or None.
            rle: N compressed COCO run-length strings, or None.
            object: N outside identities, or None.

        Raises:
            ColumnError: If lengths differ, a size is negative or not finite, or a confidence lies outside [0, 1].
        """
        n = len(row)
        boxes = np.asarray(box, dtype=np.float64)
        if boxes.size and (boxes.ndim != 2 or boxes.shape[1] != 4):
            raise ColumnError(f"Boxes have the shape {boxes.shape}, not (n, 4): left, top, width, height in pixels.")
        boxes = boxes.reshape(-1, 4)
        columns: dict[str, Any] = {
            "row": np.asarray(row, dtype=np.int32),
            "feature": _as_codes(feature),
            "confidence": None if confidence is None else np.asarray(confidence, dtype=np.float64),
            **{name: boxes[:, i] for i, name in enumerate(("left", "top", "width", "height"))},
            "area": area,
            "crowd": np.zeros(n, bool) if crowd is None else np.asarray(crowd, dtype=bool),
            "ignored": np.zeros(n, bool) if ignored is None else np.asarray(ignored, dtype=bool),
            "polygons": polygons,
            "rle": rle,
            "object": object,
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
        """float64[n, 4]: left, top, width, height in pixels."""
        return np.stack([self.table[name].to_numpy() for name in ("left", "top", "width", "height")], axis=1)

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


def _check_boxes(row: np.ndarray, box: np.ndarray) -> None:
    bad = np.flatnonzero(~np.isfinite(box).all(axis=1) | (box[:, 2:] < 0).any(axis=1))
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
