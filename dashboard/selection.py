"""What the reader looks at, and its place in the URL: the URL is the only memory of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from dashboard.display import Display
from trainer.measures.evaluation import ALL_ROWS, Thresholds
from trainer.records.split import Split

Method = Literal["pca", "umap"]


class View(StrEnum):
    """The three ways to look at a comparison."""

    GALLERY = "gallery"
    METRICS = "metrics"
    PROJECTOR = "projector"


SPLITS = (ALL_ROWS, *(split.value for split in Split))
METHODS: tuple[Method, ...] = ("pca", "umap")
SMALLEST_IOU = 0.05
COLOURINGS = ("change", "split")


@dataclass(frozen=True, slots=True)
class Selection:
    """Everything that decides what the comparison page shows.

    Attributes:
        baseline: Id of the baseline; empty while none is chosen.
        candidate: Id of the candidate; empty while none is chosen.
        split: The split whose rows are shown, or ``all``; empty for the comparison's own default.
        min_confidence: In [0, 1], in steps of 0.01.
        min_iou: In [0.05, 1], in steps of 0.01.
        view: Which view is open.
        method: How the projector flattens embeddings.
        colour: What the colour of the projector's points says.
        lasso: The lassoed region of the projector as text; empty when nothing is lassoed.
        row: Key of the row that is open at full size; empty when none is.
        display: How the gallery shows its tiles.

    Example:
        >>> Selection.from_query({"baseline": "a", "candidate": "b", "confidence": "0.3"}).to_query()
        {'baseline': 'a', 'candidate': 'b', 'confidence': '0.30'}
    """

    baseline: str = ""
    candidate: str = ""
    split: str = ""
    min_confidence: float = 0.5
    min_iou: float = 0.5
    view: View = View.GALLERY
    method: Method = "pca"
    colour: str = "change"
    lasso: str = ""
    row: str = ""
    display: Display = field(default_factory=Display)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Selection:
        """Read a URL's query; whatever it says that makes no sense is replaced by the default."""
        return cls(
            baseline=query.get("baseline", ""),
            candidate=query.get("candidate", ""),
            split=_one_of(query.get("split"), SPLITS, ""),
            min_confidence=_threshold(query.get("confidence"), smallest=0.0),
            min_iou=_threshold(query.get("iou"), smallest=SMALLEST_IOU),
            view=View(_one_of(query.get("view"), tuple(View), View.GALLERY)),
            method="umap" if query.get("projection") == "umap" else "pca",
            colour=_one_of(query.get("colour"), COLOURINGS, "change"),
            lasso=query.get("lasso", ""),
            row=query.get("row", ""),
            display=Display.from_query(query),
        )

    def to_query(self) -> dict[str, str]:
        """The shortest query that `from_query` reads back as this selection."""
        query = {
            "baseline": self.baseline,
            "candidate": self.candidate,
            "split": self.split,
            "confidence": f"{self.min_confidence:.2f}",
            "iou": f"{self.min_iou:.2f}",
            "view": self.view.value,
            "projection": self.method,
            "colour": self.colour,
            "lasso": self.lasso,
            "row": self.row,
            **self.display.to_query(),
        }
        usual = {
            "confidence": "0.50",
            "iou": "0.50",
            "view": View.GALLERY.value,
            "projection": "pca",
            "colour": "change",
        }
        return {name: value for name, value in query.items() if value and value != usual.get(name)}

    def change(self, **changes: Any) -> Selection:
        """The selection with some attributes changed."""
        return replace(self, **changes)

    @property
    def thresholds(self) -> Thresholds:
        """Where the sliders stand."""
        return Thresholds(min_confidence=self.min_confidence, min_iou=self.min_iou)


def _one_of(value: str | None, allowed: tuple[str, ...], otherwise: str) -> str:
    return value if value in allowed else otherwise


def _threshold(text: str | None, *, smallest: float) -> float:
    try:
        value = float(text) if text else 0.5
    except ValueError:
        value = math.nan
    return 0.5 if math.isnan(value) else round(min(max(value, smallest), 1.0), 2)
