"""Pictures and their truth as a network sees them, resized once and kept in memory as far as they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from trainer.learning.canvas import CanvasTruth, send
from trainer.learning.devices import machine_memory
from trainer.learning.distributed import processes_here
from trainer.learning.frames import Frame, fit_picture
from trainer.learning.truths import RowTruth, gather_truths
from trainer.pictures import open_picture
from trainer.records.design import Design
from trainer.records.errors import TrainingError
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

# ImageNet's mean and deviation, which pretrained weights expect. Padding has the mean colour, so that it becomes zero.
MEAN_COLOUR = (124, 116, 104)
COLOUR_DEVIATION = (58.4, 57.1, 57.4)
# This share of the memory holds resized pictures; those beyond it are read again whenever they are needed.
_SHARE_OF_MEMORY = 0.25


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, before they are varied and normalised.

    Attributes:
        rows: Their numbers in the snapshot.
        pictures: uint8[n, height, width, 3] in the left top corners of equal canvases.
        truths: What is to be learned of each.
    """

    rows: tuple[int, ...]
    pictures: Tensor
    truths: tuple[CanvasTruth, ...]


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows with pictures and truth, from which batches are put together.

    Attributes:
        source: The table the rows are in.
        rows: int[m] their numbers, rising.
        frames: How each picture is resized.
        truths: What is to be learned of each.
        kept: uint8[h, w, 3] resized pictures of the first rows, as many as fit into memory.
        image_size: Longest side of the resized pictures.
        threads: How many pictures are read at a time.
    """

    source: Rows
    rows: np.ndarray
    frames: tuple[Frame, ...]
    truths: tuple[RowTruth, ...]
    kept: tuple[np.ndarray, ...]
    image_size: int
    threads: int

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def canvas(self) -> tuple[int, int]:
        """Height and width that hold every picture."""
        return max(one.canvas[0] for one in self.frames), max(one.canvas[1] for one in self.frames)

    @property
    def all_kept(self) -> bool:
        """Whether every picture is in memory."""
        return len(self.kept) == len(self)

    @property
    def kept_bytes(self) -> int:
        """Memory that the kept pictures take."""
        return sum(one.nbytes for one in self.kept)

    def batch(self, numbers: Sequence[int]) -> Batch:
        """The examples of these numbers, put together; pictures that are not kept are read."""
        pictures = _on_canvases(self._pictures(numbers), self.canvas)
        truths = tuple(self.truths[one].on_canvas(self.frames[one], self.canvas) for one in numbers)
        return Batch(tuple(int(self.rows[one]) for one in numbers), torch.from_numpy(pictures), truths)

    def _pictures(self, numbers: Sequence[int]) -> list[np.ndarray]:
        missing = [one for one in numbers if one >= len(self.kept)]
        if not missing:
            return [self.kept[one] for one in numbers]
        read = read_pictures(self.source, self.rows[missing], image_size=self.image_size, threads=self.threads)
        fresh = dict(zip(missing, (picture for _, picture in read), strict=True))
        return [self.kept[one] if one < len(self.kept) else fresh[one] for one in numbers]


def read_examples(
    snapshot: Snapshot,
    rows: np.ndarray,
    design: Design,
    *,
    image_size: int,
    threads: int,
    keep_bytes: int | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Examples:
    """Read the pictures of some rows, with the truth that a design learns.

    Args:
        snapshot: Where the rows are.
        rows: int[m] row numbers, rising.
        design: What is learned.
        image_size: Longest side of the resized pictures.
        threads: How many pictures are read at a time.
        keep_bytes: Most memory for resized pictures; see `memory_for_pictures` when left out.
        report: Told pictures read and pictures in all.

    Raises:
        TrainingError: If a row has no picture, or one of another size than it says.
    """
    require_pictures(snapshot.rows, rows)
    sizes = zip(snapshot.rows.widths[rows].tolist(), snapshot.rows.heights[rows].tolist(), strict=True)
    frames = [Frame.fit(width, height, image_size=image_size) for width, height in sizes]
    number = _number_kept(frames, memory_for_pictures() if keep_bytes is None else keep_bytes)
    kept = []
    for _, picture in read_pictures(snapshot.rows, rows[:number], image_size=image_size, threads=threads):
        kept.append(picture)
        if report:
            report(len(kept), number)
    truths = gather_truths(snapshot, rows, design, frames)
    return Examples(snapshot.rows, rows, tuple(frames), tuple(truths), tuple(kept), image_size, threads)


def _number_kept(frames: Sequence[Frame], keep_bytes: int) -> int:
    """How many of the first pictures fit."""
    sizes = np.cumsum([3 * one.inner_width * one.inner_height for one in frames], dtype=np.int64)
    return int(np.searchsorted(sizes, keep_bytes, side="right"))


def memory_for_pictures() -> int:
    """Bytes that resized pictures of a training may take in this process."""
    return int(machine_memory() * _SHARE_OF_MEMORY) // processes_here()


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
    return normalise(torch.from_numpy(_on_canvases(pictures, canvas)))


def normalise(pictures: Tensor) -> Tensor:
    """float[n, 3, height, width] of uint8[n, height, width, 3], with ImageNet's mean and deviation as 0 and 1."""
    # Whole lines at a time: with runs of three numbers the arithmetic takes twenty times as long.
    width = pictures.shape[2]
    mean = send(torch.tensor(MEAN_COLOUR * width, dtype=torch.float32), pictures.device)
    deviation = send(torch.tensor(COLOUR_DEVIATION * width, dtype=torch.float32), pictures.device)
    lines = pictures.flatten(2).float().sub_(mean).div_(deviation)
    return lines.unflatten(2, (width, 3)).permute(0, 3, 1, 2)


def _on_canvases(pictures: Sequence[np.ndarray], canvas: tuple[int, int]) -> np.ndarray:
    batch = np.empty((len(pictures), *canvas, 3), dtype=np.uint8)
    for place, picture in zip(batch, pictures, strict=True):
        height, width = picture.shape[:2]
        place[:height, :width] = picture
        place[height:], place[:height, width:] = MEAN_COLOUR, MEAN_COLOUR
    return batch


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
    return fit_picture(picture, image_size=image_size)
