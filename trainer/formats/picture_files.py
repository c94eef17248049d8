"""Which picture file belongs to which entry, and whether the two agree about its size."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from trainer.pictures import PictureFacts, Report, measure_each
from trainer.records.errors import NotFoundError, Problem

ENDINGS = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".ppm", ".pgm"))


def plain_path(name: str) -> str:
    """A path as a file states it, with ``/`` between its parts whatever system wrote it."""
    return name.replace("\\", "/")


def unique_names(paths: Sequence[str]) -> list[str]:
    """Names of files without their folders; the paths as they are if two files share a name.

    Example:
        >>> unique_names(["train/cat.jpg", "val/dog.jpg"])
        ['cat.jpg', 'dog.jpg']
        >>> unique_names(["train/0001.jpg", "val/0001.jpg"])
        ['train/0001.jpg', 'val/0001.jpg']
    """
    names = [PurePosixPath(path).name for path in paths]
    return names if len(set(names)) == len(names) else list(paths)


def require_folder(folder: Path | None) -> None:
    """Check that the folder of the pictures exists, where one is named.

    Raises:
        NotFoundError: If it does not.
    """
    if folder is not None and not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder} to take the pictures from.")


def find_files(names: Sequence[str], folders: Sequence[Path]) -> list[Path | None]:
    """The file of each name: its path below the first folder that has it, else its bare name there.

    Args:
        names: Paths with ``/`` between the parts; an absolute one is also looked for where it says.
        folders: Where to look, in this order.

    Returns:
        Absolute paths, None where no folder has the file.
    """
    places = [str(folder.resolve()) for folder in folders if folder.is_dir()]
    return [_find(name, places) for name in names]


def _find(name: str, places: Sequence[str]) -> Path | None:
    bare = PurePosixPath(name).name
    for place in places:
        for tried in (name, bare):
            path = os.path.normpath(os.path.join(place, tried))  # noqa: PTH118 - pathlib takes ten times as long
            if bare and os.path.isfile(path):  # noqa: PTH113
                return Path(path)
    return None


@dataclass(frozen=True)
class FoundPictures:
    """What is known of the pictures of n entries.

    Attributes:
        paths: The file of each, None where none was found.
        facts: Measured size and checksum; a problem where the file is no picture; None where there is no file.
    """

    paths: Sequence[Path | None]
    facts: Sequence[PictureFacts | Problem | None]


def measure_found(paths: Sequence[Path | None], *, report: Report | None = None) -> FoundPictures:
    """Measure those pictures of which there is a file."""
    found = iter(measure_each([path for path in paths if path is not None], report=report))
    return FoundPictures(paths, [None if path is None else next(found) for path in paths])


def why_not_of_size(stated: tuple[int, int], facts: PictureFacts) -> str | None:
    """Why a picture cannot be the one an entry speaks of; None where it can.

    The stated size may be that of the upright picture, or of the stored pixels where EXIF turns them by 90 degrees.
    """
    allowed = [(facts.width, facts.height)]
    if facts.quarter_turn:
        allowed.append((facts.height, facts.width))
    if stated in allowed:
        return None
    return f"says {stated[0]} x {stated[1]} pixels, its picture has {facts.width} x {facts.height}"


def is_turned(stated: tuple[int, int], facts: PictureFacts) -> bool:
    """Whether an entry states the size of the stored pixels, which EXIF turns by 90 degrees."""
    upright = (facts.width, facts.height)
    return facts.quarter_turn and stated != upright and stated == upright[::-1]


def outside(boxes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Which boxes end more than one pixel outside their picture.

    Args:
        boxes: float64[n, 4] left, top, width, height; NaN is nowhere.
        sizes: int64[n, 2] height and width.

    Returns:
        bool[n].
    """
    ends = boxes[:, :2] + boxes[:, 2:]
    with np.errstate(invalid="ignore"):
        return np.asarray((boxes[:, :2] < -1).any(axis=1) | (ends > sizes[:, ::-1] + 1).any(axis=1))
