"""A scene in plain lists: small enough to read, exact to the last bit in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, Final

Table = Mapping[str, Sequence[Any]]

SIDES: Final = ("truth", "predictions")


@dataclass(frozen=True)
class Scene:
    """Truth and predictions on some rows.

    Attributes:
        rows: Number of rows.
        features: Number of features.
        truth: Columns row, feature, area, crowd, ignored, and what the arena draws.
        predictions: Columns row, feature, confidence, and what the arena draws.
        setting: What holds for all, such as the size of the pictures.
        pairs: Lists of row and feature, such as those that were verified to be absent.
        traits: Columns with one value for each feature.
    """

    rows: int
    features: int
    truth: Table
    predictions: Table
    setting: Mapping[str, Any]
    pairs: Mapping[str, Sequence[Sequence[int]]] = field(default_factory=dict)
    traits: Table = field(default_factory=dict)

    @property
    def objects(self) -> int:
        """Number of truths and predictions together."""
        return len(self.truth["row"]) + len(self.predictions["row"])

    @property
    def weight(self) -> tuple[int, int, int]:
        """How much there is to read: objects, rows and features, letters."""
        return self.objects, self.rows + self.features, len(self.to_json())

    def only(self, kept: Sequence[bool]) -> Scene:
        """Those objects of bool[truths and then predictions]."""
        n = len(self.truth["row"])
        return replace(self, truth=_only(self.truth, kept[:n]), predictions=_only(self.predictions, kept[n:]))

    def on_rows(self, keep: Sequence[bool]) -> Scene:
        """These rows of bool[rows] alone, numbered anew."""
        return replace(self._numbered("row", 0, keep), rows=sum(keep))

    def on_features(self, keep: Sequence[bool]) -> Scene:
        """These features of bool[features] alone, numbered anew."""
        traits = {name: list(compress(column, keep)) for name, column in self.traits.items()}
        return replace(self._numbered("feature", 1, keep), features=sum(keep), traits=traits)

    def with_column(self, side: str, name: str, values: Sequence[Any]) -> Scene:
        """One column exchanged."""
        table = dict(getattr(self, side)) | {name: list(values)}
        return replace(self, **{side: table})

    def to_json(self) -> str:
        """One line."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> Scene:
        """What `to_json` wrote, to the last bit."""
        return cls(**json.loads(text))

    def _numbered(self, name: str, place: int, keep: Sequence[bool]) -> Scene:
        number = {old: new for new, old in enumerate(compress(range(len(keep)), keep))}
        kept = self.only([keep[code] for side in SIDES for code in getattr(self, side)[name]])
        for side in SIDES:
            kept = kept.with_column(side, name, [number[code] for code in getattr(kept, side)[name]])
        return replace(kept, pairs={which: _renumbered(pairs, place, number) for which, pairs in self.pairs.items()})


def _renumbered(pairs: Sequence[Sequence[int]], place: int, number: Mapping[int, int]) -> list[list[int]]:
    kept = [list(pair) for pair in pairs if pair[place] in number]
    for pair in kept:
        pair[place] = number[pair[place]]
    return kept


def _only(table: Table, kept: Sequence[bool]) -> Table:
    return {name: list(compress(column, kept)) for name, column in table.items()}
