"""How tall a table is drawn."""

from __future__ import annotations

from typing import Final, Literal

_PIXELS_A_LINE: Final = 32


def height_of(lines: int, *, most: int = 12) -> int | Literal["content"]:
    """As tall as its lines, up to so many; a longer table scrolls.

    Example:
        >>> height_of(3), height_of(100)
        ('content', 416)
    """
    return "content" if lines <= most else _PIXELS_A_LINE * (most + 1)
