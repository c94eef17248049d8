"""COCO result files: what a model said about rows that are known already."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from trainer.formats.coco.identities import category_ids, image_ids
from trainer.formats.coco.kinds import as_results
from trainer.formats.coco.shapes import Shapes, measure_shapes, read_shapes
from trainer.formats.columns import boxes, numbers, positions_of
from trainer.formats.entries import Entries, refuse_all
from trainer.formats.json_text import paused_collector, read_json
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot


@paused_collector()
def read_predictions(path: Path, snapshot: Snapshot) -> Annotations:
    """Read a COCO result file as predictions on a snapshot, all of it or nothing.

    Every entry has `image_id`, `category_id`, `score` in [0, 1], and `bbox` or `segmentation` or both. Image ids are
    those of the file that the snapshot came from (where it came from no COCO file, rows and features count from 1);
    a text in `image_id` is taken as the row's key, with or without the file's ending. A prediction's area is that of
    its box, or of its mask where it states no box, as pycocotools has it. A box without area is taken: it matches
    nothing and counts as a false alarm.

    Args:
        path: The JSON file.
        snapshot: The rows and features that the predictions speak of.

    Returns:
        Predictions in row order, equal confidences in the order of the file.

    Raises:
        NotFoundError: If there is no such file.
        ImportRefusedError: With every bad entry: its place and what is wrong with it.

    Source:
        https://cocodataset.org/#format-results
    """
    entries = Entries.of("entries", as_results(read_json(path), path), identity="image_id")
    _number_named_images(entries, snapshot.rows)
    row = positions_of(entries, "image_id", among=image_ids(snapshot.rows), what="row of the snapshot")
    feature = positions_of(
        entries, "category_id", among=category_ids(snapshot.ontology), what="feature of the snapshot"
    )
    confidence = _read_scores(entries)
    box = boxes(entries, "bbox")
    sizes = _sizes(snapshot.rows, row)
    shapes = read_shapes(entries, sizes)
    _refuse_shapeless(entries, box, shapes)
    refuse_all(path, [entries])
    box, area = _complete(box, shapes, sizes)
    return Annotations.from_columns(
        row=row,
        feature=feature,
        box=box,
        confidence=confidence,
        area=area,
        polygons=shapes.polygons,
        rle=shapes.rle,
    )


def _number_named_images(entries: Entries, rows: Rows) -> None:
    """Turn texts in `image_id` into the number of the row of that key, where there is one."""
    if not any(isinstance(value, str) for value in entries.column("image_id")):
        return
    ids = image_ids(rows).tolist()
    by_name = {str(PurePosixPath(key).with_suffix("")): number for key, number in zip(rows.keys, ids, strict=True)}
    by_name |= dict(zip(rows.keys, ids, strict=True))
    entries.items = [
        {**item, "image_id": by_name.get(item["image_id"], item["image_id"])}
        if isinstance(item.get("image_id"), str)
        else item
        for item in entries.items
    ]


def _read_scores(entries: Entries) -> np.ndarray:
    scores = numbers(entries, "score", required=True)
    for index in np.flatnonzero((scores < 0) | (scores > 1)):
        entries.refuse(index, f"score {scores[index]} lies outside [0, 1]; pass logits through a sigmoid or softmax")
    return scores


def _sizes(rows: Rows, row: np.ndarray) -> np.ndarray:
    sizes = np.stack([rows.heights, rows.widths], axis=1).astype(np.int64)
    if not len(rows):
        return np.zeros((len(row), 2), dtype=np.int64)
    return np.where(row[:, None] >= 0, sizes[np.maximum(row, 0)], 0)


def _refuse_shapeless(entries: Entries, box: np.ndarray, shapes: Shapes) -> None:
    for index in np.flatnonzero(np.isnan(box[:, 0]) & ~shapes.present):
        item = entries.items[index]
        if item.get("bbox") is None and not item.get("segmentation"):
            entries.refuse(index, "has neither bbox nor segmentation")


def _complete(box: np.ndarray, shapes: Shapes, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Boxes and areas of masks that come without a box; the area is NaN where it is the box's own."""
    chosen = np.flatnonzero(np.isnan(box[:, 0]))
    if not len(chosen):
        return box, None
    box, area = box.copy(), np.full(len(box), np.nan)
    box[chosen], area[chosen] = measure_shapes(shapes, chosen, sizes)
    area[area == box[:, 2] * box[:, 3]] = np.nan
    return box, area
