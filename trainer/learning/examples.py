"""Pictures and their objects as a network sees them, read once and kept resized in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from trainer.learning.centre_loss import CanvasObjects
from trainer.learning.frames import Frame
from trainer.pictures import open_picture
from trainer.records.errors import TrainingError
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

# ImageNet's mean and deviation, which pretrained weights expect. Padding has the mean colour, so that it becomes zero.
MEAN_COLOUR = (124, 116, 104)
COLOUR_DEVIATION = (58.4, 57.1, 57.4)


@dataclass(frozen=True)
class Example:
    """One row, ready for a batch.

    Attributes:
        row: Its number in the snapshot.
        frame: How the picture fits onto its canvas.
        picture: uint8[inner height, inner width, 3].
        objects: Its objects, in canvas pixels.
    """

    row: int
    frame: Frame
    picture: np.ndarray
    objects: CanvasObjects


def read_examples(
    snapshot: Snapshot,
    rows: np.ndarray,
    codes: Sequence[int],
    *,
    image_size: int,
    threads: int,
    report: Callable[[int, int], None],
) -> list[Example]:
    """Read the pictures of some rows, with the truth of some features.

    Args:
        snapshot: Where the rows are.
        rows: int[m] row numbers.
        codes: The features' codes in the ontology, in the model's order.
        image_size: Longest side of the resized pictures.
        threads: How many pictures are read at a time.
        report: Told pictures read and pictures in all.

    Raises:
        TrainingError: If a picture has another size than its row says.
    """
    examples: list[Example] = []
    objects = gather_objects(snapshot, codes)
    for frame, picture in read_pictures(snapshot.rows, rows, image_size=image_size, threads=threads):
        row = int(rows[len(examples)])
        examples.append(Example(row, frame, picture, _on_canvas(objects[row], frame)))
        report(len(examples), len(rows))
    return examples


def gather_objects(snapshot: Snapshot, codes: Sequence[int]) -> list[CanvasObjects]:
    """For each row its truth of the given features, corners still in the picture's own pixels."""
    truth = snapshot.truth
    place = np.full(len(snapshot.ontology.paths), -1)
    place[list(codes)] = np.arange(len(codes))
    corners = np.concatenate([truth.box[:, :2], truth.box[:, :2] + truth.box[:, 2:]], axis=1)
    taken = (place[truth.feature] >= 0) & (truth.box[:, 2:] > 0).all(axis=1)
    offsets = truth.offsets(len(snapshot.rows))
    gathered = []
    for start, end in itertools.pairwise(offsets):
        here = np.flatnonzero(taken[start:end]) + start
        gathered.append(
            CanvasObjects(
                torch.from_numpy(corners[here]).float(),
                torch.from_numpy(place[truth.feature[here]]).long(),
                torch.from_numpy((truth.crowd | truth.ignored)[here]),
            )
        )
    return gathered


def read_pictures(
    rows: Rows, chosen: np.ndarray, *, image_size: int, threads: int
) -> Iterator[tuple[Frame, np.ndarray]]:
    """The pictures of some rows in that order, resized, each with its frame.

    Raises:
        TrainingError: If a row has no picture, or one of another size than it says.
    """
    require_pictures(rows, chosen)

    def read(row: int) -> tuple[Frame, np.ndarray]:
        return _read_picture(rows, row, image_size)

    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(chosen), 4 * threads):
            yield from pool.map(read, chosen[start : start + 4 * threads].tolist())


def require_pictures(rows: Rows, chosen: np.ndarray) -> None:
    """Check that the rows have pictures.

    Raises:
        TrainingError: If one has none.
    """
    bare = [row for row in chosen.tolist() if not rows.uris[row]]
    if bare:
        raise TrainingError(
            f"{len(bare):,} of {len(chosen):,} rows have no picture, only a size; first: {rows.keys[bare[0]]!r}. "
            "Import the project again with the folder of its pictures: modelruns import ... --images DIR."
        )


def stack_pictures(pictures: Sequence[np.ndarray], canvas: tuple[int, int]) -> Tensor:
    """float[n, 3, height, width]: uint8 pictures in the left top corners of equal canvases, normalised."""
    batch = np.empty((len(pictures), *canvas, 3), dtype=np.uint8)
    batch[:] = MEAN_COLOUR
    for place, picture in zip(batch, pictures, strict=True):
        place[: picture.shape[0], : picture.shape[1]] = picture
    mean, deviation = torch.tensor(MEAN_COLOUR).float(), torch.tensor(COLOUR_DEVIATION)
    return ((torch.from_numpy(batch).float() - mean) / deviation).permute(0, 3, 1, 2)


def _read_picture(rows: Rows, row: int, image_size: int) -> tuple[Frame, np.ndarray]:
    try:
        picture = open_picture(str(rows.uris[row]))
    except OSError as error:
        raise TrainingError(
            f"The picture of row {rows.keys[row]!r} cannot be read: {error}. "
            "If the pictures were moved, import the project again with the folder they are in."
        ) from error
    stated = (int(rows.widths[row]), int(rows.heights[row]))
    if picture.size != stated:
        raise TrainingError(
            f"The picture of row {rows.keys[row]!r} has {picture.width} x {picture.height} pixels, but the row says "
            f"{stated[0]} x {stated[1]}: the file {rows.uris[row]} was changed. Import the project again."
        )
    frame = Frame.fit(*stated, image_size=image_size)
    size = (frame.inner_width, frame.inner_height)
    return frame, np.asarray(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


def _on_canvas(objects: CanvasObjects, frame: Frame) -> CanvasObjects:
    return CanvasObjects(objects.corners * torch.from_numpy(frame.scale).float(), objects.feature, objects.ignored)
