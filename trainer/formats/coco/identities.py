"""By which numbers COCO files name the rows and features of a snapshot.

A snapshot that came from COCO keeps the file's ids: the image id in each row's metadata, the category id in the
feature. Any other counts from 1, in row order and in ontology order. Files in and out agree, since both ask here.
"""

from __future__ import annotations

import json

import numpy as np

from trainer.records.ontology import Ontology
from trainer.records.rows import Rows

IMAGE_ID = "coco_image_id"
"""Where a row's metadata keeps the id that its image has in the COCO file it came from."""

KEY, SPLIT, SHA256 = "modelruns_key", "modelruns_split", "modelruns_sha256"
KIND, MADE_IDS = "modelruns_kind", "modelruns_made_ids"
"""Fields of our own in the files we write, so that they read back as they were; other tools pass over them."""


def image_ids(rows: Rows) -> np.ndarray:
    """int64[n]: the number of each row in COCO files."""
    stated = stated_image_ids(rows)
    return np.arange(1, len(rows) + 1, dtype=np.int64) if stated is None else stated


def stated_image_ids(rows: Rows) -> np.ndarray | None:
    """int64[n]: the ids that the rows brought along; None unless all have one and no two the same."""
    return _unique_numbers([json.loads(text).get(IMAGE_ID) for text in rows.table["metadata"].to_pylist()])


def category_ids(ontology: Ontology) -> np.ndarray:
    """int64[k]: the number of each feature, in code order, in COCO files."""
    stated = _unique_numbers([feature.outside_id for _, feature in ontology.walk()])
    return np.arange(1, len(ontology.paths) + 1, dtype=np.int64) if stated is None else stated


def _unique_numbers(values: list[int | None]) -> np.ndarray | None:
    if set(map(type, values)) <= {int} and len(set(values)) == len(values):
        return np.asarray(values, dtype=np.int64)
    return None
