"""Snapshots and predictions as COCO files that read back as they were."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from trainer.formats.coco.identities import (
    KEY,
    KIND,
    MADE_IDS,
    SHA256,
    SPLIT,
    category_ids,
    image_ids,
    stated_image_ids,
)
from trainer.formats.coco.image_rows import OWN_FIELDS
from trainer.formats.picture_files import plain_path, unique_names
from trainer.records.annotations import Annotations
from trainer.records.ontology import Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split


def write_truth(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot as a COCO instances file.

    Ids that came from a COCO file are written as they were; others count from 1, in row order. Split, checksum and
    metadata of the rows are written as fields of their own, which other tools pass over. Read back with the same
    pictures and the stated split, the file gives a snapshot of equal digest. Nested features are written flat, and
    outside identities that are no numbers are lost.

    Args:
        snapshot: What to write.
        path: The JSON file; an existing one is replaced.
    """
    objects = _object_ids(snapshot.truth)
    ids = objects or list(range(1, len(snapshot.truth) + 1))
    document = {
        "info": {"description": f"modelruns snapshot {snapshot.digest}", MADE_IDS: _made_ids(snapshot)},
        "images": _images(snapshot.rows),
        "annotations": [
            {"id": number, **mark} for number, mark in zip(ids, _truth_marks(snapshot, snapshot.truth), strict=True)
        ],
        "categories": _categories(snapshot),
    }
    _write(document, path)


def write_predictions(snapshot: Snapshot, predictions: Annotations, path: Path) -> None:
    """Write predictions as a COCO result file, under the ids that `write_truth` gives the snapshot.

    A box goes along with each mask. Where all predictions are run-length masks and one of them has an area that is
    not its box's own, the boxes are left out: pycocotools then takes box and area from the mask, as it did with the
    file that they came from. Other predictions have their box's area once they are read again.

    Args:
        snapshot: The rows and features that the predictions speak of.
        predictions: What to write; a missing confidence is written as 1.
        path: The JSON file; an existing one is replaced.
    """
    marks = _marks(snapshot, predictions)
    if _come_from_masks(predictions):
        for mark in marks:
            del mark["bbox"]
    for mark, score in zip(marks, predictions.confidence.tolist(), strict=True):
        mark["score"] = score
    _write(marks, path)


def _write(value: Any, path: Path) -> None:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _marks(snapshot: Snapshot, annotations: Annotations) -> list[dict[str, Any]]:
    images = image_ids(snapshot.rows)[annotations.row].tolist()
    categories = category_ids(snapshot.ontology)[annotations.feature].tolist()
    marks: list[dict[str, Any]] = [
        {"image_id": image, "category_id": category, "bbox": box}
        for image, category, box in zip(images, categories, annotations.box.tolist(), strict=True)
    ]
    sizes = np.stack([snapshot.rows.heights, snapshot.rows.widths], axis=1)[annotations.row]
    polygons, rle = annotations.table["polygons"].to_pylist(), annotations.table["rle"].to_pylist()
    for mark, size, rings, text in zip(marks, sizes.tolist(), polygons, rle, strict=True):
        if rings:
            mark["segmentation"] = rings
        elif text is not None:
            mark["segmentation"] = {"size": size, "counts": text}
    return marks


def _truth_marks(snapshot: Snapshot, truth: Annotations) -> list[dict[str, Any]]:
    marks = _marks(snapshot, truth)
    columns = zip(truth.area.tolist(), truth.crowd.tolist(), truth.ignored.tolist(), strict=True)
    for mark, (area, crowd, ignored) in zip(marks, columns, strict=True):
        mark["area"], mark["iscrowd"] = area, int(crowd)
        if ignored:
            mark["ignore"] = 1
    return marks


def _images(rows: Rows) -> list[dict[str, Any]]:
    names = [_file_name(key, uri) for key, uri in zip(rows.keys, rows.uris, strict=True)]
    derived = unique_names(names)
    splits, ids = rows.splits.tolist(), image_ids(rows).tolist()
    is_split = set(splits) - {Split.UNASSIGNED.value}
    images = []
    for row, (key, sha256) in enumerate(zip(rows.keys, rows.table["sha256"].to_pylist(), strict=True)):
        image: dict[str, Any] = {"id": ids[row], "file_name": names[row]}
        image |= {"width": int(rows.widths[row]), "height": int(rows.heights[row])}
        if is_split:
            image[SPLIT] = splits[row]
        if sha256:
            image[SHA256] = sha256
        if derived[row] != key:
            image[KEY] = key
        images.append(image | {name: value for name, value in rows.metadata(row).items() if name not in OWN_FIELDS})
    return images


def _file_name(key: str, uri: str | None) -> str:
    """The path to find a row's picture by: its key, or its file's name where the key is something else."""
    if uri is None or f"/{plain_path(uri)}".endswith(f"/{key}"):
        return key
    return PurePosixPath(plain_path(uri)).name


def _categories(snapshot: Snapshot) -> list[dict[str, Any]]:
    shaped, ids = _with_shape(snapshot.truth, snapshot.ontology), category_ids(snapshot.ontology).tolist()
    categories = []
    for code, (path, feature) in enumerate(snapshot.ontology.walk()):
        category = {"id": ids[code], "name": path}
        if feature.kind != (Kind.MASK if shaped[code] else Kind.BOX):
            category[KIND] = feature.kind.value
        categories.append(category)
    return categories


def _with_shape(truth: Annotations, ontology: Ontology) -> np.ndarray:
    has_shape = truth.table["polygons"].is_valid().to_numpy() | truth.table["rle"].is_valid().to_numpy()
    return np.bincount(truth.feature[has_shape], minlength=len(ontology.paths)) > 0


def _made_ids(snapshot: Snapshot) -> list[str]:
    """The lists whose ids are made up here, so that reading does not take them for identities from outside."""
    objects = snapshot.truth.table["object"]
    made = {"images": stated_image_ids(snapshot.rows) is None, "annotations": objects.null_count == len(objects)}
    return [name for name, is_made in made.items() if is_made]


def _object_ids(truth: Annotations) -> list[int] | None:
    """The outside identities as numbers; None unless every truth has one and no two the same."""
    texts = truth.table["object"].to_pylist()
    if not all(text is not None and text.removeprefix("-").isdecimal() and str(int(text)) == text for text in texts):
        return None
    ids = [int(text) for text in texts]
    return ids if len(set(ids)) == len(ids) else None


def _come_from_masks(predictions: Annotations) -> bool:
    table = predictions.table
    return table["rle"].null_count == 0 and table["area"].null_count < len(table)
