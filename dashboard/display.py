"""How a gallery shows its tiles: what the reader sets in its toolbar and its legend, and its place in the URL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, cast, get_args
from urllib.parse import quote, unquote

ColourBy = Literal["feature", "outcome", "source"]

SMALLEST: Final = 80
LARGEST: Final = 400
USUAL: Final = 160
_MOST_HIDDEN: Final = 500
_SHOWN: Final = {"": (True, True), "truth": (True, False), "predictions": (False, True), "none": (False, False)}


@dataclass(frozen=True, slots=True)
class Display:
    """What a gallery shows and how.

    Attributes:
        tile_size: Width of a tile in pixels, roughly, 80 to 400.
        show_truth: Whether true annotations are drawn.
        show_predictions: Whether predictions are drawn.
        colour_by: What a shape's colour says: its "feature", its "outcome" (found, false alarm, missed) or its
            "source" (truth green, prediction red).
        hidden: Names of the features that are switched off, sorted.

    Example:
        >>> Display.from_query({"tile": "240", "hide": "cat,traffic%20light"}).hidden
        ('cat', 'traffic light')
    """

    tile_size: int = USUAL
    show_truth: bool = True
    show_predictions: bool = True
    colour_by: ColourBy = "feature"
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "tile_size", min(LARGEST, max(SMALLEST, int(self.tile_size))))
        if self.colour_by not in get_args(ColourBy):
            raise ValueError(f"colour_by is {self.colour_by!r}; it is one of {', '.join(get_args(ColourBy))}.")

    @classmethod
    def from_browser(cls, sent: Any) -> Self | None:
        """The display a browser sent, or None if it is not one."""
        if not isinstance(sent, dict) or sent.get("colour_by") not in get_args(ColourBy):
            return None
        size, hidden = sent.get("tile_size"), sent.get("hidden")
        return cls(
            tile_size=int(size) if isinstance(size, int | float) and math.isfinite(size) else USUAL,
            show_truth=bool(sent.get("show_truth", True)),
            show_predictions=bool(sent.get("show_predictions", True)),
            colour_by=cast(ColourBy, sent["colour_by"]),
            hidden=_names(hidden if isinstance(hidden, list) else []),
        )

    def to_browser(self) -> dict[str, Any]:
        """What `from_browser` reads back, with the names in the order in which the page writes them."""
        return {
            "tile_size": self.tile_size,
            "show_truth": self.show_truth,
            "show_predictions": self.show_predictions,
            "colour_by": self.colour_by,
            "hidden": list(self.hidden),
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read a URL's query; whatever it says that makes no sense is replaced by the default."""
        size, colour_by = query.get("tile", ""), query.get("shapes", "")
        truth, predictions = _SHOWN.get(query.get("show", ""), _SHOWN[""])
        return cls(
            tile_size=int(size) if size.isdecimal() and len(size) <= 3 else USUAL,
            show_truth=truth,
            show_predictions=predictions,
            colour_by=cast(ColourBy, colour_by) if colour_by in get_args(ColourBy) else "feature",
            hidden=_names([unquote(name) for name in query.get("hide", "").split(",")]),
        )

    def to_query(self) -> dict[str, str]:
        """What differs from the usual display, as `from_query` reads it back."""
        shown = next(name for name, both in _SHOWN.items() if both == (self.show_truth, self.show_predictions))
        query = {
            "tile": "" if self.tile_size == USUAL else str(self.tile_size),
            "show": shown,
            "shapes": "" if self.colour_by == "feature" else self.colour_by,
            "hide": ",".join(quote(name, safe="") for name in self.hidden),
        }
        return {name: value for name, value in query.items() if value}


def _names(given: list[Any]) -> tuple[str, ...]:
    return tuple(sorted({name for name in given if isinstance(name, str) and name})[:_MOST_HIDDEN])
