"""A picture as a person sees it: upright, in 8-bit red, green and blue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose

_ORIENTATION = 0x0112
_QUARTER_TURNS = (5, 6, 7, 8)
_ONE_CHANNEL_16_BIT = "I;16"


def open_picture(path: Path | str) -> Image:
    """Read a picture upright and in colour.

    The turn that a camera wrote into EXIF is applied. Grey levels of 16 bits become 8 by dropping the lower half, so
    that equal values look equal in every picture; transparency is dropped.

    Args:
        path: Any file that Pillow reads; of an animation the first frame.

    Returns:
        An RGB picture.

    Raises:
        OSError: If the file cannot be read or is no picture.
    """
    from PIL import Image

    with Image.open(path) as image:
        return upright(as_rgb(image), orientation_of(image))


def as_rgb(image: Image) -> Image:
    """The picture in 8-bit red, green and blue."""
    if image.mode.startswith(_ONE_CHANNEL_16_BIT):
        # Pillow's own conversion clips at 255, which turns nearly all of a microscope's picture white.
        image = image.point(lambda level: level / 256, "L")
    return image.convert("RGB")


def upright(image: Image, orientation: int) -> Image:
    """The picture turned and mirrored as an EXIF orientation of 1 to 8 demands."""
    transpose = _transpose_of(orientation)
    return image if transpose is None else image.transpose(transpose)


def orientation_of(image: Image) -> int:
    """EXIF orientation, 1 to 8; 1 (upright) where there is none or the EXIF block is broken."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a broken EXIF block fails in many ways, and the picture is good without it
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def is_quarter_turn(orientation: int) -> bool:
    """Whether an EXIF orientation swaps width and height."""
    return orientation in _QUARTER_TURNS


def _transpose_of(orientation: int) -> Transpose | None:
    from PIL.Image import Transpose

    return {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)
