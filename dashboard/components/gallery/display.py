"""How a gallery shows its tiles: what the reader sets in its toolbar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, cast, get_args

ColourBy = Literal["feature", "outcome", "source"]

SMALLEST: Final = 80
LARGEST: Final = 400
USUAL: Final = 160


@dataclass(frozen=True, slots=True)
class Display:
    """What a gallery shows and how.

    Attributes:
        tile_size: Width of a tile in pixels, roughly, 80 to 400.
        show_truth: Whether true annotations are drawn.
        show_predictions: Whether predictions are drawn.
        colour_by: What a shape's colour says: its "feature", its "outcome" (found, false alarm, missed) or its
            "source" (truth green, prediction red).
    """

    tile_size: int = USUAL
    show_truth: bool = True
    show_predictions: bool = True
    colour_by: ColourBy = "feature"

    def __post_init__(self) -> None:
        object.__setattr__(self, "tile_size", min(LARGEST, max(SMALLEST, int(self.tile_size))))
        if self.colour_by not in get_args(ColourBy):
            raise ValueError(f"colour_by is {self.colour_by!r}; it is one of {', '.join(get_args(ColourBy))}.")

    @classmethod
    def from_browser(cls, sent: Any) -> Self | None:
        """The display a browser sent, or None if it is not one."""
        if not isinstance(sent, dict) or sent.get("colour_by") not in get_args(ColourBy):
            return None
        size = sent.get("tile_size")
        return cls(
            tile_size=int(size) if isinstance(size, int | float) and math.isfinite(size) else USUAL,
            show_truth=bool(sent.get("show_truth", True)),
            show_predictions=bool(sent.get("show_predictions", True)),
            colour_by=cast(ColourBy, sent["colour_by"]),
        )
