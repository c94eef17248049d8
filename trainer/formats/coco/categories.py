"""The `categories` of COCO truth as features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.formats.coco.identities import KIND
from trainer.formats.columns import refuse_repeated, whole_numbers
from trainer.formats.entries import Entries, shown
from trainer.formats.feature_names import feature_name
from trainer.records.ontology import Feature, Kind, Ontology

_MOST = 2**15 - 1
_SHAPES = (Kind.BOX, Kind.POLYGON, Kind.MASK)


@dataclass(frozen=True)
class Categories:
    """k categories as the file states them.

    Attributes:
        entries: The section, with what is wrong in it.
        ids: int64[k].
        names: Names without ``/``.
    """

    entries: Entries
    ids: np.ndarray
    names: list[str]


def read_categories(entries: Entries) -> Categories:
    """Check the categories of a file; bad entries are refused."""
    ids, good = whole_numbers(entries, "id")
    refuse_repeated(entries, ids, good, name="id")
    stated = entries.column("name")
    named = np.asarray([isinstance(name, str) and bool(name) for name in stated], dtype=bool)
    for index in np.flatnonzero(~named):
        value = stated[index]
        entries.refuse(index, "has no name" if value is None else f"name is {shown(value)}, not a text")
    names = [feature_name(name) if isinstance(name, str) else "" for name in stated]
    refuse_repeated(entries, np.asarray(names, dtype=object), named, name="name")
    if len(entries) > _MOST:
        entries.refuse(_MOST, f"is one too many: an ontology holds at most {_MOST:,} features")
    return Categories(entries, ids, names)


def make_ontology(categories: Categories, with_shape: np.ndarray) -> Ontology:
    """Features in the order of the file: masks where annotations carry a segmentation, else boxes.

    Ids are kept where they do not count 1, 2, 3 and so on.

    Args:
        categories: From `read_categories`, nothing refused.
        with_shape: bool[k]: which categories have an annotation with a segmentation.
    """
    ids = categories.ids.tolist()
    counted = ids == list(range(1, len(ids) + 1))
    kinds = [
        item[KIND] if item.get(KIND) in _SHAPES else (Kind.MASK if shaped else Kind.BOX)
        for item, shaped in zip(categories.entries.items, with_shape.tolist(), strict=True)
    ]
    return Ontology(
        tuple(
            Feature(name, Kind(kind), outside_id=None if counted else number)
            for name, kind, number in zip(categories.names, kinds, ids, strict=True)
        )
    )
