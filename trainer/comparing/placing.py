"""Annotations of one snapshot on the rows and features of another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from trainer.measures.areas import SeenAreas
from trainer.records.annotations import ANNOTATIONS_SCHEMA, Annotations
from trainer.records.ontology import Ontology


class Placed(NamedTuple):
    """Annotations under other row numbers and feature codes.

    Attributes:
        annotations: Those that have a place there, in their old order.
        position: int32[n] where each stood among the annotations they were taken from.
    """

    annotations: Annotations
    position: np.ndarray


def place(annotations: Annotations, *, rows: np.ndarray, features: np.ndarray) -> Placed:
    """Give annotations the row numbers and feature codes of another snapshot; those without a place there are left out.

    Args:
        annotations: Of the old snapshot.
        rows: int32[old rows]: the new number of each row, rising, or -1.
        features: int16[old features]: the new code of each feature, or -1.

    Example:
        >>> three = Annotations.from_columns(row=[0, 1, 2], feature=[0, 1, 0], box=[[0, 0, 5, 5]] * 3)
        >>> placed = place(three, rows=np.array([-1, 0, 1]), features=np.array([1, 0], np.int16))
        >>> placed.annotations.row.tolist(), placed.annotations.feature.tolist(), placed.position.tolist()
        ([0, 1], [0, 1], [1, 2])
    """
    row, feature = rows[annotations.row], features[annotations.feature]
    position = np.flatnonzero((row >= 0) & (feature >= 0)).astype(np.int32)
    if np.array_equal(row, annotations.row) and np.array_equal(feature, annotations.feature):
        return Placed(annotations, position)
    table = annotations.table.take(pa.array(position))
    for name, values in (("row", row), ("feature", feature)):
        column = ANNOTATIONS_SCHEMA.get_field_index(name)
        table = table.set_column(
            column, ANNOTATIONS_SCHEMA.field(name), pa.array(values[position], ANNOTATIONS_SCHEMA.field(name).type)
        )
    return Placed(Annotations(table), position)


def place_areas(seen: SeenAreas, of: Placed) -> Placed:
    """Areas as annotations, with the number of the one annotation that each is all of, or -1 where it is of several.

    Args:
        seen: The areas.
        of: The annotations that paint them.
    """
    return Placed(seen.annotations, np.append(of.position, np.int32(-1))[seen.mask])


def rows_onto(before: np.ndarray, after: np.ndarray, *, rows: int) -> np.ndarray:
    """int32[rows]: the new number of each of so many old rows, -1 for those that are not there any more.

    Args:
        before: int[n] old numbers of the rows that both have.
        after: int[n] new numbers of the same.
        rows: Number of old rows.
    """
    numbers = np.full(rows, -1, dtype=np.int32)
    numbers[before] = after
    return numbers


def features_onto(ontology: Ontology, features: tuple[str, ...]) -> np.ndarray:
    """int16[features of the ontology]: the place of each path in a list of paths, -1 for those not in it."""
    places = {path: place for place, path in enumerate(features)}
    return np.array([places.get(path, -1) for path in ontology.paths], dtype=np.int16)
