"""Annotations as masks, as `metrics` reads them."""

from __future__ import annotations

import numpy as np

import metrics
from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError
from trainer.records.rows import Rows


def masks_of(annotations: Annotations, rows: Rows) -> metrics.Masks:
    """The masks of annotations: their run lengths, or their outlines filled as pycocotools fills them.

    Args:
        annotations: Each with run lengths or outlines; a box alone is no mask.
        rows: The rows they are on, which know the size of each picture.

    Raises:
        ColumnError: If an annotation has neither.
    """
    rle, polygons = annotations.table["rle"].to_pylist(), annotations.table["polygons"].to_pylist()
    _check_drawn(annotations, rows, [bool(one) or bool(other) for one, other in zip(rle, polygons, strict=True)])
    size = np.column_stack([rows.heights, rows.widths])[annotations.row].tolist()
    drawn = [
        {"size": hw, "counts": runs} if runs else rings for runs, rings, hw in zip(rle, polygons, size, strict=True)
    ]
    return metrics.Masks.from_coco(
        annotations.row,
        annotations.feature,
        drawn,
        size,
        confidence=annotations.confidence,
        area=annotations.area,
        crowd=annotations.crowd,
        ignored=annotations.ignored,
    )


def _check_drawn(annotations: Annotations, rows: Rows, drawn: list[bool]) -> None:
    bad = np.flatnonzero(~np.array(drawn, dtype=bool))
    if len(bad):
        raise ColumnError(
            f"{len(bad):,} of {len(drawn):,} annotations are boxes without a mask or outline; first: on row "
            f"{rows.keys[annotations.row[bad[0]]]!r}. To measure masks or pixels, truth and predictions need one each; "
            "boxes are what --measure boxes lays over each other. masks:NAME and pixels:NAME take one feature alone."
        )
