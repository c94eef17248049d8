"""A region drawn around points: which lie inside, fewer corners, and a short text for addresses.

`components/projector/lasso.js` holds the same rules for the browser, operation for operation; where they are given
the same numbers they choose the same points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from trainer.records.errors import RecordError

MOST_CORNERS: Final = 64
GRID_STEPS: Final = 2**18 - 1
_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)}
_PER_CORNER: Final = 6


class PolygonError(RecordError):
    """A region that is none: too few or too many corners, or corners that are no numbers."""


@dataclass(frozen=True)
class PlotSquare:
    """The square that a plot of points fills: as wide as the wider of the two ranges, centred on the points.

    Attributes:
        x: Its left side, in data units.
        y: Its lower side.
        side: Its width and height, above 0.
    """

    x: float
    y: float
    side: float


def plot_square(points: np.ndarray) -> PlotSquare:
    """The square around points, to which the text of a polygon refers.

    Args:
        points: float32[n,2]. Without points, or where all coincide, the square has side 1.

    Example:
        >>> plot_square(np.array([[0, 1], [4, 3]], np.float32))
        PlotSquare(x=0.0, y=0.0, side=4.0)
    """
    if not len(points):
        return PlotSquare(-0.5, -0.5, 1.0)
    low, high = (bound.astype(np.float64) for bound in (points.min(axis=0), points.max(axis=0)))
    side = float((high - low).max()) or 1.0
    x, y = (low + high) / 2 - side / 2
    return PlotSquare(float(x), float(y), side)


def inside(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Tell which points lie inside a polygon, by the even-odd rule.

    A point is inside when a ray from it to the right crosses the outline an odd number of times. Of points on the
    outline those on left and lower edges are inside, so that polygons that share an edge share no point.

    Args:
        points: float32[n,2].
        polygon: float[m,2], m >= 3 corners in order; the last is joined to the first. It may cross itself.

    Returns:
        bool[n].

    Raises:
        PolygonError: If the polygon has fewer than 3 or more than 64 corners, or one is no finite number.

    Example:
        >>> square = np.array([[0, 0], [2, 0], [2, 2], [0, 2]])
        >>> inside(np.array([[1, 1], [3, 1], [0, 0], [2, 2]], np.float32), square).tolist()
        [True, False, True, False]
    """
    corners = checked_polygon(polygon)
    chosen = np.zeros(len(points), dtype=bool)
    near = np.flatnonzero(_in_bounds(points, corners))
    x, y = points[near].astype(np.float64).T
    odd = np.zeros(len(near), dtype=bool)
    for (x1, y1), (x0, y0) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        if y1 != y0:
            odd ^= ((y1 > y) != (y0 > y)) & (x < (x0 - x1) * (y - y1) / (y0 - y1) + x1)
    chosen[near] = odd
    return chosen


def checked_polygon(polygon: object) -> np.ndarray:
    """A polygon from anywhere, as float64[m,2]; refused where it is none.

    Args:
        polygon: Rows of two numbers, such as a browser sent.

    Raises:
        PolygonError: If it has fewer than 3 or more than 64 corners, or a corner that is not two finite numbers.
    """
    try:
        corners = np.asarray(polygon, dtype=np.float64)
    except (TypeError, ValueError):
        raise PolygonError("A polygon is a list of corners, each two numbers.") from None
    if corners.ndim != 2 or corners.shape[1] != 2:
        raise PolygonError(f"A polygon is a list of corners, each two numbers; this has the shape {corners.shape}.")
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise PolygonError(f"A polygon has 3 to {MOST_CORNERS} corners, this one {len(corners):,}.")
    if not np.isfinite(corners).all():
        raise PolygonError("A corner of the polygon is not a finite number.")
    return corners


def simplify_polygon(polygon: np.ndarray, *, most: int = 40) -> np.ndarray:
    """Leave out corners until at most so many remain, each time the one whose loss changes the area least.

    Args:
        polygon: float[m,2] corners in order.
        most: Largest number of corners kept, at least 3.

    Returns:
        float64[k,2], k <= most; the corners kept are unchanged and in their order.

    Source:
        Visvalingam and Whyatt 1993, Line generalisation by repeated elimination of points.
    """
    corners = np.asarray(polygon, dtype=np.float64)
    while len(corners) > max(most, 3):
        before, after = np.roll(corners, 1, axis=0) - corners, np.roll(corners, -1, axis=0) - corners
        area = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
        corners = np.delete(corners, int(area.argmin()), axis=0)
    return corners


def encode_polygon(polygon: np.ndarray, square: PlotSquare) -> str:
    """A polygon as a short text of letters, digits, ``-`` and ``_``, fit for an address.

    Each corner takes six characters, three for x and three for y: a whole number from 0 to 2^18 - 1 in base 64, most
    significant first, that divides the range from one side of the plot square below it to one side above it. Corners
    outside that range are moved to its border. A corner thus keeps its place to 0.00001 of the square's side.

    Args:
        polygon: float[m,2], 3 to 64 corners in data units.
        square: The square around the points that the polygon was drawn on.

    Raises:
        PolygonError: If the polygon is none.

    Example:
        >>> encode_polygon(np.array([[0, 0], [1, 0], [1, 1]]), PlotSquare(0, 0, 1))
        'VVVVVVqqqVVVqqqqqq'
    """
    corners = checked_polygon(polygon)
    units = (corners - (square.x, square.y)) / square.side
    steps = np.rint((units + 1) / 3 * GRID_STEPS).clip(0, GRID_STEPS).astype(int)
    return "".join(_DIGITS[step >> shift & 63] for step in steps.ravel().tolist() for shift in (12, 6, 0))


def decode_polygon(text: str, square: PlotSquare) -> np.ndarray:
    """The polygon that a text of `encode_polygon` stands for, float64[m,2].

    Encoding it again gives the same text.

    Raises:
        PolygonError: If the text has a foreign character, or not six for each of 3 to 64 corners.
    """
    corners, rest = divmod(len(text), _PER_CORNER)
    if rest or not 3 <= corners <= MOST_CORNERS:
        raise PolygonError(
            f"A polygon's text has {_PER_CORNER} characters for each of 3 to {MOST_CORNERS} corners, "
            f"this one {len(text):,}."
        )
    foreign = next((character for character in text if character not in _VALUES), None)
    if foreign is not None:
        raise PolygonError(f"A polygon's text holds only letters, digits, '-' and '_', this one {foreign!r}.")
    digits = np.array([_VALUES[character] for character in text]).reshape(-1, 2, 3)
    steps = digits @ np.array([4096, 64, 1])
    return (steps / GRID_STEPS * 3 - 1) * square.side + (square.x, square.y)


def _in_bounds(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    low, high = corners.min(axis=0), corners.max(axis=0)
    inner: np.ndarray = ((points >= low) & (points <= high)).all(axis=1)
    return inner
