"""How a picture fits onto the canvas a network sees, and how boxes get there and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

CANVAS_STEP = 32


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture resized so that its longest side has a given length, in the left top corner of a padded canvas.

    Lengths are whole pixels; the two axes have their own exact scale, so that boxes come back where they were.

    Attributes:
        width, height: Of the original picture.
        inner_width, inner_height: Of the resized picture.

    Example:
        >>> frame = Frame.fit(640, 480, image_size=256)
        >>> frame.inner_width, frame.inner_height, frame.canvas
        (256, 192, (192, 256))
    """

    width: int
    height: int
    inner_width: int
    inner_height: int

    @classmethod
    def fit(cls, width: int, height: int, *, image_size: int) -> Frame:
        """The frame of a picture of that size; its proportions are kept, to the nearest pixel."""
        scale = image_size / max(width, height)
        return cls(width, height, max(1, round(width * scale)), max(1, round(height * scale)))

    @property
    def canvas(self) -> tuple[int, int]:
        """Height and width with padding to multiples of 32."""
        return _round_up(self.inner_height), _round_up(self.inner_width)

    @property
    def scale(self) -> np.ndarray:
        """float64[4]: canvas pixels per original pixel for left, top, right, bottom."""
        across, down = self.inner_width / self.width, self.inner_height / self.height
        return np.array([across, down, across, down])

    def to_canvas(self, corners: np.ndarray) -> np.ndarray:
        """Boxes as left, top, right, bottom in original pixels, to canvas pixels."""
        return np.asarray(corners * self.scale)

    def cut(self, corners: np.ndarray) -> np.ndarray:
        """Boxes as left, top, right, bottom in canvas pixels, cut at the border of the resized picture."""
        return np.clip(corners, 0, [self.inner_width, self.inner_height] * 2)

    def to_picture(self, corners: np.ndarray) -> np.ndarray:
        """Boxes as left, top, right, bottom in canvas pixels, to original pixels and cut at the picture's border."""
        return np.clip(corners / self.scale, 0, [self.width, self.height] * 2)


def fit_picture(picture: Image.Image, *, image_size: int) -> tuple[Frame, np.ndarray]:
    """An upright RGB picture resized as a network sees it: its frame, and uint8[inner height, inner width, 3]."""
    frame = Frame.fit(*picture.size, image_size=image_size)
    size = (frame.inner_width, frame.inner_height)
    return frame, np.asarray(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


def nearest_places(length: int, *, of: int) -> np.ndarray:
    """int64[length]: along one axis, the pixel of a picture of another length that the middle of each pixel falls on.

    Example:
        >>> nearest_places(4, of=2).tolist()
        [0, 0, 1, 1]
    """
    return np.minimum((np.arange(length) * 2 + 1) * of // (2 * length), of - 1)


def _round_up(length: int) -> int:
    return -(-length // CANVAS_STEP) * CANVAS_STEP
