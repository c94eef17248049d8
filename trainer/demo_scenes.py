"""Pictures to try modelruns with: real handwritten digits scattered over soft backgrounds, as a COCO data set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from colorsys import hsv_to_rgb
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from pycocotools import mask as run_lengths

from trainer.learning.settings import TrainingSettings

# Two trainings that tell the story: one on few labels, then one on all that starts from the weights of the first. One
# thread each: pictures this small gain little from a second one, lose much on a busy machine, and train alike anywhere.
FEW_LABELS = TrainingSettings(
    image_size=192, epochs=75, batch=4, learning_rate=0.004, flips="none", training_rows=40, threads=1, device="cpu"
)
MORE_LABELS = TrainingSettings(
    image_size=192, epochs=11, batch=4, learning_rate=0.004, flips="none", threads=1, device="cpu"
)

_CANVASES = ((192, 144), (208, 160), (224, 168), (256, 192))
# The mean is below 1,797 / 400, so that 400 scenes need no handwritten digit twice.
_DIGITS_PER_SCENE = (1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7, 8, 9)
_TRIES_TO_PLACE = 30
_MARGIN = 2


@dataclass(frozen=True, slots=True)
class PlacedDigit:
    """One digit on a canvas.

    Attributes:
        value: 0 to 9.
        left, top: Where its ink stands, in pixels.
        ink: float32[h, w] cover in [0, 1].
        colour: float32[3], red, green and blue in [0, 1].
    """

    value: int
    left: int
    top: int
    ink: np.ndarray
    colour: np.ndarray

    @property
    def place(self) -> tuple[slice, slice]:
        """The part of the canvas it covers."""
        height, width = self.ink.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def make_digit_scenes(folder: Path, *, scenes: int = 400, seed: int = 0) -> Path:
    """Write scenes of handwritten digits with their boxes and masks.

    The digits are scikit-learn's bundled ones, 1,797 of 8 x 8 pixels. Each scene holds 1 to 9 of them, at 2 to 5 times
    their size, a few hard to see. Up to 400 scenes no handwritten digit is used twice, so that none stands both in
    training and in validation however the scenes are split; beyond that they are used again.

    Args:
        folder: Where ``instances.json`` and the folder ``images`` are written.
        scenes: How many, at least 1.
        seed: The same seed makes the same scenes.

    Returns:
        Path of ``instances.json``: COCO instances with the categories "0" to "9" and run-length masks.
    """
    from sklearn.datasets import load_digits

    source = load_digits()
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, cards in enumerate(_deal_digits(scenes, seed, digits=len(source.target)), start=1):
        digits = [(int(source.target[card]), source.images[card] / 16) for card in cards]
        canvas, placed = _draw_scene(digits, np.random.default_rng((seed, number)))
        images.append({"id": number, **_write_picture(canvas, folder / "images" / f"scene-{number:04d}.png")})
        for value, mask in _visible_masks(placed, canvas.shape[:2]):
            annotations.append({"id": len(annotations) + 1, "image_id": number, **_describe(value, mask)})
    categories = [{"id": value + 1, "name": str(value)} for value in range(10)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    path = folder / "instances.json"
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
    return path


def _write_picture(canvas: np.ndarray, path: Path) -> dict[str, Any]:
    """The picture's entry in COCO's words."""
    Image.fromarray(canvas).save(path, compress_level=2)
    return {"file_name": path.name, "width": canvas.shape[1], "height": canvas.shape[0]}


def _deal_digits(scenes: int, seed: int, *, digits: int) -> list[np.ndarray]:
    """For each scene the numbers of its digits, dealt like cards: one comes again only after all were dealt."""
    rng = np.random.default_rng(seed)
    counts = rng.permutation(np.resize(_DIGITS_PER_SCENE, scenes))
    decks = -(-int(counts.sum()) // digits)
    order = np.concatenate([rng.permutation(digits) for _ in range(decks)])
    return np.split(order[: counts.sum()], np.cumsum(counts)[:-1])


def _draw_scene(digits: list[tuple[int, np.ndarray]], rng: np.random.Generator) -> tuple[np.ndarray, list[PlacedDigit]]:
    """uint8[h, w, 3] canvas, and its digits from the lowest to the topmost."""
    width, height = _CANVASES[rng.integers(len(_CANVASES))]
    is_dark = rng.random() < 0.3
    canvas = _paint_background(width, height, is_dark=is_dark, rng=rng)
    _scatter_strokes(canvas, is_dark=is_dark, rng=rng)
    placed: list[PlacedDigit] = []
    for value, picture in digits:
        ink = _write_ink(picture, rng)
        left, top = _find_place(ink, placed, canvas=canvas, rng=rng)
        placed.append(PlacedDigit(value, left, top, ink, _choose_ink_colour(is_dark, rng)))
        _lay_on(canvas, placed[-1])
    return _develop(canvas, rng), placed


def _paint_background(width: int, height: int, *, is_dark: bool, rng: np.random.Generator) -> np.ndarray:
    """float32[h, w, 3]: a slanted gradient between two neighbouring hues, under a soft cloudy texture."""
    hue, angle = rng.random(), rng.random() * 2 * np.pi
    values = (0.24, 0.42) if is_dark else (0.86, 0.98)
    first, last = (
        _colour(hue + shift, rng.uniform(0.1, 0.3) * (2 if is_dark else 1), rng.uniform(*values)) for shift in (0, 0.12)
    )
    y, x = np.mgrid[0:height, 0:width]
    along = np.cos(angle) * (x / width - 0.5) + np.sin(angle) * (y / height - 0.5) + 0.5
    canvas = first + (last - first) * np.clip(along, 0, 1)[:, :, None]
    grain = int(rng.choice([4, 8, 24]))
    clouds = _enlarge(rng.normal(size=(height // grain + 2, width // grain + 2)), width, height)
    return np.asarray(canvas + clouds[:, :, None] * rng.uniform(0.005, 0.03), dtype=np.float32)


def _scatter_strokes(canvas: np.ndarray, *, is_dark: bool, rng: np.random.Generator) -> None:
    """Faint rings and lines that a poor model takes for digits."""
    height, width = canvas.shape[:2]
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        size = int(rng.integers(14, 40))
        sheet = Image.new("L", (size * 2, size * 2))
        pen = ImageDraw.Draw(sheet)
        start, sweep = rng.uniform(0, 360), rng.choice([60, 120, 200, 300])
        pen.arc((4, 4, size * 2 - 4, size * rng.uniform(1.2, 2) - 4), start, start + sweep, fill=255, width=5)
        ink = np.asarray(sheet.resize((size, size), Image.Resampling.BILINEAR), dtype=np.float32) / 255
        left, top = int(rng.integers(0, width - size)), int(rng.integers(0, height - size))
        faint = ink * rng.uniform(0.25, 0.6)
        _lay_on(canvas, PlacedDigit(-1, left, top, faint, _choose_ink_colour(is_dark, rng)))


def _write_ink(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """float32[h, w] cover of one digit, enlarged, leant and turned, cut to its ink."""
    scale = rng.uniform(2, 5)
    wide, high = scale * rng.uniform(0.9, 1.1), scale * rng.uniform(0.9, 1.1)
    side = int(np.ceil(5 * 14 * 0.8))
    turn, lean = np.deg2rad(rng.uniform(-14, 14)), rng.uniform(-0.15, 0.15)
    back = np.array([[np.cos(turn), np.sin(turn) + lean], [-np.sin(turn), np.cos(turn)]]) / [[wide], [high]]
    shift = np.array([8, 8]) - back @ np.array([side / 2, side / 2])
    padded = Image.fromarray(np.pad(picture, 4).astype(np.float32))
    plane = (back[0, 0], back[0, 1], shift[0], back[1, 0], back[1, 1], shift[1])
    grey = np.asarray(padded.transform((side, side), Image.Transform.AFFINE, plane, Image.Resampling.BICUBIC))
    ink = _sharpen(grey, middle=rng.uniform(0.42, 0.56), width=rng.uniform(0.25, 0.55))
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.5), np.flatnonzero(ink.max(axis=0) > 0.5)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _sharpen(grey: np.ndarray, *, middle: float, width: float) -> np.ndarray:
    """Ink with soft edges out of a blurred enlargement: 0 below the middle grey, 1 above it, smooth between."""
    rise = np.clip((grey - middle) / width + 0.5, 0, 1)
    return np.asarray(rise * rise * (3 - 2 * rise), dtype=np.float32)


def _find_place(
    ink: np.ndarray, placed: list[PlacedDigit], *, canvas: np.ndarray, rng: np.random.Generator
) -> tuple[int, int]:
    """Left and top of the least crowded of some random places; a slight overlap is good enough."""
    height, width = ink.shape
    best, least = (0, 0), np.inf
    for _ in range(_TRIES_TO_PLACE):
        left = int(rng.integers(_MARGIN, canvas.shape[1] - width - _MARGIN))
        top = int(rng.integers(_MARGIN, canvas.shape[0] - height - _MARGIN))
        covered = max((_share_covered((left, top), ink, other) for other in placed), default=0.0)
        if covered < least:
            best, least = (left, top), covered
        if least <= 0.06:
            break
    return best


def _share_covered(place: tuple[int, int], ink: np.ndarray, other: PlacedDigit) -> float:
    """Overlap of the two boxes over the smaller of them."""
    left, top = place
    height, width = ink.shape
    rows, columns = other.place
    wide = min(left + width, columns.stop) - max(left, columns.start)
    high = min(top + height, rows.stop) - max(top, rows.start)
    return max(wide, 0) * max(high, 0) / min(ink.size, other.ink.size)


def _choose_ink_colour(is_dark: bool, rng: np.random.Generator) -> np.ndarray:
    """A colour that stands out from the background, now and then only just."""
    is_hard = rng.random() < 0.15
    if is_dark:
        value = rng.uniform(0.5, 0.6) if is_hard else rng.uniform(0.8, 1)
    else:
        value = rng.uniform(0.68, 0.78) if is_hard else rng.uniform(0.15, 0.6)
    return _colour(rng.random(), rng.uniform(0.1, 0.75), value)


def _lay_on(canvas: np.ndarray, digit: PlacedDigit) -> None:
    canvas[digit.place] += digit.ink[:, :, None] * (digit.colour - canvas[digit.place])


def _develop(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8[h, w, 3] with brightness, contrast and film grain of its own."""
    middle = canvas.mean()
    lit = (canvas - middle) * rng.uniform(0.8, 1.1) + middle * rng.uniform(0.9, 1.05)
    grain = rng.normal(scale=rng.choice([0.004, 0.01, 0.03]), size=canvas.shape[:2])
    return np.asarray(np.clip(lit + grain[:, :, None], 0, 1) * 255 + 0.5, dtype=np.uint8)


def _visible_masks(placed: list[PlacedDigit], size: tuple[int, int]) -> Iterator[tuple[int, np.ndarray]]:
    """Value and uint8[h, w] mask of each digit, without what later ones hide."""
    owner = np.full(size, -1)
    for number, digit in enumerate(placed):
        owner[digit.place][digit.ink > 0.5] = number
    for number, digit in enumerate(placed):
        yield digit.value, (owner == number).astype(np.uint8)


def _describe(value: int, mask: np.ndarray) -> dict[str, Any]:
    """A digit's entry in COCO's words."""
    code = run_lengths.encode(np.asfortranarray(mask))
    return {
        "category_id": value + 1,
        "bbox": run_lengths.toBbox(code).tolist(),
        "area": int(mask.sum()),
        "segmentation": {"size": list(mask.shape), "counts": code["counts"].decode()},
        "iscrowd": 0,
    }


def _enlarge(values: np.ndarray, width: int, height: int) -> np.ndarray:
    small = Image.fromarray(values.astype(np.float32))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def _colour(hue: float, saturation: float, value: float) -> np.ndarray:
    return np.array(hsv_to_rgb(hue % 1, saturation, value), dtype=np.float32)
