"""Masks to measure: blobs as large as the boxes of the other workload, in COCO's compressed run lengths."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .workload import Columns, Size, make_truth

WIDTH, HEIGHT = 640, 480
CORNERS = 32
BATCH = 255
"""pycocotools cannot tell the areas of more at once where numpy is 2 or later."""

Rle = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Masked:
    """Columns with a mask for each object.

    Attributes:
        columns: Row, feature, confidence and crowd; the box is that of the mask.
        rle: Size (height, width) and compressed counts.
        area: float64[N]: pixels.
    """

    columns: Columns
    rle: list[Rle]
    area: np.ndarray

    def __len__(self) -> int:
        return len(self.rle)


@dataclass(frozen=True, eq=False)
class MaskWorkload:
    """Truth and one run on it."""

    size: Size
    truth: Masked
    run: Masked


def make_mask_workload(size: Size) -> MaskWorkload:
    """From a fixed seed; drawn once and kept in the folder for temporary files, because drawing takes a while."""
    own = Path(__file__).read_bytes() + Path(__file__).with_name("workload.py").read_bytes() + str(size).encode()
    file = Path(tempfile.gettempdir()) / f"modelruns-speed-masks-{hashlib.sha256(own).hexdigest()[:16]}.npz"
    if not file.exists():
        truth, run = _draw(size)
        kept = {f"{side}_{name}": column for side, each in (("t", truth), ("p", run)) for name, column in each.items()}
        part = file.with_suffix(".part.npz")
        np.savez(part, **kept)
        part.replace(file)
    with np.load(file) as read:
        sides = [{name[2:]: read[name] for name in read.files if name.startswith(side)} for side in ("t_", "p_")]
    return MaskWorkload(size, *(_masked(side) for side in sides))


def _draw(size: Size) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Half of the predictions are a truth's blob, moved, stretched and frayed; half are blobs anywhere."""
    chance, truth = np.random.default_rng(0), make_truth(size, seed=0)
    truth.box[:, 1::2] *= HEIGHT / WIDTH  # the other workload's pictures are square
    n, near = size.predictions, np.random.default_rng(1).random(size.predictions) < 0.5
    radius = _radii(chance, len(truth))
    model, other = chance.integers(0, len(truth), n), chance.integers(0, len(truth), n)
    shake = chance.normal(0, 0.1, (n, 4)) * near[:, None]
    sides = truth.box[model, 2:]
    anywhere = chance.random((n, 2)) * ([WIDTH, HEIGHT] - sides)
    corner = np.where(near[:, None], truth.box[model, :2], anywhere) + shake[:, :2] * sides
    frayed = radius[np.where(near, model, other)] * (1 + chance.normal(0, 0.04, (n, CORNERS)))
    sureness = np.where(near, chance.beta(1, 2, n), chance.beta(1, 12, n))
    found = Columns(
        row=np.where(near, truth.row[model], chance.integers(0, size.rows, n)),
        feature=np.where(near, truth.feature[model], truth.feature[other]),
        box=np.concatenate([corner, sides * np.exp(shake[:, 2:])], axis=1),
        confidence=0.05 + 0.95 * sureness,
        crowd=np.zeros(n, dtype=bool),
    )
    order = np.argsort(found.row, kind="stable")
    return _drawn(truth, radius), _drawn(found.only(order), frayed[order])


def _radii(chance: np.random.Generator, n: int) -> np.ndarray:
    """float64[n, CORNERS]: how far the outline is from the middle, in shares of half the box: five waves."""
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    waves = np.arange(1, 6)[:, None] * angle
    high, phase = chance.normal(0, 0.12, (n, 5)), chance.random((n, 5)) * 2 * np.pi
    return np.abs(0.85 + sum(high[:, k, None] * np.cos(waves[k] + phase[:, k, None]) for k in range(5)))


def _drawn(columns: Columns, radius: np.ndarray) -> dict[str, np.ndarray]:
    """The columns with masks, whose counts stand one after the other."""
    from pycocotools import mask as coco

    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    counts: list[bytes] = []
    boxes, areas = [], []
    for first in range(0, len(columns), BATCH):
        some = slice(first, first + BATCH)
        half = columns.box[some, None, 2:] / 2
        places = columns.box[some, None, :2] + half + radius[some, :, None] * half * around
        places = places.clip(0, [WIDTH, HEIGHT])
        rle = coco.frPyObjects([outline.ravel().tolist() for outline in places], HEIGHT, WIDTH)
        counts += [each["counts"] for each in rle]
        boxes.append(coco.toBbox(rle))
        areas.append(coco.area(rle).astype(float))
    return vars(columns) | {
        "box": np.concatenate(boxes),
        "area": np.concatenate(areas),
        "text": np.frombuffer(b"".join(counts), dtype=np.uint8),
        "ends": np.cumsum([len(each) for each in counts]),
    }


def _masked(read: dict[str, np.ndarray]) -> Masked:
    text, ends = read.pop("text").tobytes(), read.pop("ends")
    starts = np.concatenate([[0], ends[:-1]])
    rle = [
        {"size": [HEIGHT, WIDTH], "counts": text[first:last]}
        for first, last in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    return Masked(area=read.pop("area"), rle=rle, columns=Columns(**read))
