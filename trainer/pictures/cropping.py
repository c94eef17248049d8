"""Cutting one object out of a picture, with its surroundings, its outlines and words below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Window = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""

_LEAST_AROUND: Final = 12  # pixels of the picture on each side of a tiny object
_SIDES: Final = (320, 640)  # the longer side of a crop, in pixels: smaller ones are enlarged, larger ones shrunk
_MOST_ENLARGED: Final = 12.0
_LEAST_WIDTH: Final = 320  # room for the words
_LINE: Final = 2
_DASH: Final = (6, 6)  # drawn and left out; every other dashed box fills the gaps of the one before
_TINT: Final = 56  # of 255: how much of its colour a painted area shows
_SHADE: Final = (0, 0, 0)  # around lines, so that they stand out from any picture
_PAPER: Final = "#15191f"
_LETTERS: Final = 14
_ROW: Final = 20


@dataclass(frozen=True, slots=True)
class Outline:
    """A box, or the rim of an area, drawn on a crop, and the line of words that explains it below.

    Attributes:
        words: What it is.
        colour: ``#rrggbb`` of the line and of the words.
        box: Left, top, width, height in pixels of the picture; None where there are only words.
        dashed: Drawn in dashes, as predictions are, and not in one line as truths are.
        area: bool[height, width] of the whole picture: what lies inside; its rim is drawn instead of the box, and where
            it is dashed its inside is tinted.
    """

    words: str
    colour: str
    box: tuple[float, float, float, float] | None = None
    dashed: bool = False
    area: np.ndarray | None = None


def cut_out(picture: Image, outlines: Sequence[Outline], *, title: str, surroundings: float = 0.5) -> Image:
    """Cut the part of a picture that holds all outlines, and write what they are below it.

    Small parts are enlarged up to twelvefold, to 320 pixels, and large ones shrunk to 640.

    Args:
        picture: From `open_picture`.
        outlines: What to draw, the first at the bottom; at least one has a box.
        title: The first line of words.
        surroundings: How much to show around the boxes on each side, as a share of the longer side of them all.

    Returns:
        An RGB picture.
    """
    from PIL import Image

    window = _window(picture.size, outlines, surroundings)
    width, height = window[2] - window[0], window[3] - window[1]
    scale = _scale(max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    crop = picture.crop(window).resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS)
    return _with_words(_draw(crop, outlines, window, scale), outlines, title)


def _window(size: tuple[int, int], outlines: Sequence[Outline], surroundings: float) -> Window:
    boxes = [outline.box for outline in outlines if outline.box is not None]
    left, top = (min(box[i] for box in boxes) for i in (0, 1))
    right, bottom = (max(box[i] + box[i + 2] for box in boxes) for i in (0, 1))
    around = max(_LEAST_AROUND, surroundings * max(right - left, bottom - top))
    spans = [_within(size[0], left - around, right + around), _within(size[1], top - around, bottom + around)]
    return spans[0][0], spans[1][0], spans[0][1], spans[1][1]


def _within(length: int, begin: float, end: float) -> tuple[int, int]:
    """A span of whole pixels inside the picture; a box outside it shows the nearest edge."""
    first = min(max(0, int(begin)), max(0, length - _LEAST_AROUND))
    return first, min(length, max(round(end), first + 1))


def _scale(longest: int) -> float:
    least, most = _SIDES
    return min(_MOST_ENLARGED, least / longest) if longest < least else min(1.0, most / longest)


def _draw(crop: Image, outlines: Sequence[Outline], window: Window, scale: float) -> Image:
    from PIL import ImageDraw

    for outline in outlines:
        if outline.area is not None and outline.dashed:
            _tint(crop, outline, window)
    canvas = ImageDraw.Draw(crop)
    dashed = 0
    for outline in outlines:
        if outline.box is not None:
            dashed += outline.dashed
            left, top, width, height = outline.box
            if outline.area is not None:
                _draw_rim(crop, outline, window, phase=dashed % 2)
                continue
            corners = (left - window[0], top - window[1], left + width - window[0], top + height - window[1])
            _draw_box(canvas, [round(value * scale) for value in corners], outline, phase=dashed % 2)
    return crop


def _tint(crop: Image, outline: Outline, window: Window) -> None:
    """Let the inside of an area show some of its colour."""
    import numpy as np
    from PIL import Image

    inside = _inside(crop, outline, window)
    crop.paste(outline.colour, mask=Image.fromarray(np.where(inside, np.uint8(_TINT), np.uint8(0))))


def _draw_rim(crop: Image, outline: Outline, window: Window, *, phase: int) -> None:
    """Draw the rim of an area; dashes go along the diagonals."""
    import numpy as np
    from PIL import Image

    inside = _inside(crop, outline, window)
    rim = inside & ~_shrunk(inside, _LINE)
    if outline.dashed:
        along = np.add.outer(np.arange(rim.shape[0]), np.arange(rim.shape[1])) // sum(_DASH)
        rim &= along % 2 == phase
    crop.paste(_SHADE, mask=Image.fromarray(_grown(rim)))
    crop.paste(outline.colour, mask=Image.fromarray(rim))


def _inside(crop: Image, outline: Outline, window: Window) -> np.ndarray:
    """bool[height, width] of the crop: what lies inside the area."""
    import numpy as np
    from PIL import Image

    assert outline.area is not None
    part = np.ascontiguousarray(outline.area[window[1] : window[3], window[0] : window[2]])
    return np.asarray(Image.fromarray(part).resize(crop.size, Image.Resampling.NEAREST))


def _shrunk(inside: np.ndarray, by: int) -> np.ndarray:
    """What is at least so many pixels away from all that is outside, the edge of the crop not counted as outside."""
    return ~_grown(~inside, by)


def _grown(inside: np.ndarray, by: int = 1) -> np.ndarray:
    """What is inside, or up to so many pixels away from it."""
    import numpy as np

    grown = inside.copy()
    for axis in (0, 1):
        step = np.moveaxis(grown, axis, 0)
        before = step.copy()
        for shift in range(1, by + 1):
            step[shift:] |= before[:-shift]
            step[:-shift] |= before[shift:]
    return grown


def _draw_box(canvas: ImageDraw, corners: Sequence[int], outline: Outline, *, phase: int) -> None:
    left, top, right, bottom = corners
    right, bottom = max(right, left + _LINE), max(bottom, top + _LINE)
    bars = [bar for y in (top, bottom) for bar in _bars(left, right, y, outline.dashed, lies=True, phase=phase)]
    bars += [bar for x in (left, right) for bar in _bars(top, bottom, x, outline.dashed, lies=False, phase=phase)]
    for margin, colour in ((1, _SHADE), (0, outline.colour)):
        for a, b, c, d in bars:
            canvas.rectangle((a - margin, b - margin, c + margin, d + margin), fill=colour)


def _bars(begin: int, end: int, at: int, dashed: bool, *, lies: bool, phase: int = 1) -> list[Window]:
    """The filled rectangles that make up one side of a box."""
    on, off = _DASH if dashed else (end - begin + _LINE, 1)
    across = at - _LINE // 2, at - _LINE // 2 + _LINE - 1
    start = begin - _LINE // 2 - (off if dashed and phase == 0 else 0)
    ends = [(first, min(first + on, end + _LINE // 2)) for first in range(start, end, on + off)]
    pieces = [(max(first, begin - _LINE // 2), last - 1) for first, last in ends if last > begin]
    return [(a, across[0], b, across[1]) if lies else (across[0], a, across[1], b) for a, b in pieces]


def _with_words(crop: Image, outlines: Sequence[Outline], title: str) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size=_LETTERS)
    lines = [(title, "#ffffff", None), *((each.words, each.colour, each) for each in outlines)]
    widest = max(font.getlength(words) for words, _, _ in lines)
    size = max(crop.width, _LEAST_WIDTH, int(widest) + 48), crop.height + _ROW * len(lines) + 8
    sheet = Image.new("RGB", size, _PAPER)
    sheet.paste(crop, ((size[0] - crop.width) // 2, 0))
    canvas = ImageDraw.Draw(sheet)
    for i, (words, colour, outline) in enumerate(lines):
        y = crop.height + 5 + i * _ROW
        if outline is not None and outline.box is not None:
            for bar in _bars(9, 29, y + _ROW // 2, outline.dashed, lies=True):
                canvas.rectangle(bar, fill=colour)
        canvas.text((8 if outline is None else 38, y), words, fill=colour, font=font)
    return sheet
