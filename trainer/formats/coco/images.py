"""The `images` of COCO truth, checked against the picture files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard

import numpy as np

from trainer.formats.coco.identities import KEY
from trainer.formats.columns import refuse_repeated, whole_numbers
from trainer.formats.entries import Entries, shown
from trainer.formats.foreign import split_named
from trainer.formats.picture_files import (
    FoundPictures,
    find_files,
    is_turned,
    measure_found,
    plain_path,
    unique_names,
    why_not_of_size,
)
from trainer.pictures import PictureFacts, Report
from trainer.records.errors import Problem

_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Images:
    """n images as the file states them.

    Attributes:
        entries: The section, with what is wrong in it.
        ids: int64[n].
        names: The path of each picture with ``/`` between its parts; None where the entry has none.
        keys: The key of each row.
        sizes: int64[n, 2] height and width as stated, else of the picture; 0 where neither is known.
        pictures: Their files.
    """

    entries: Entries
    ids: np.ndarray
    names: list[str | None]
    keys: list[str]
    sizes: np.ndarray
    pictures: FoundPictures

    def turned(self) -> np.ndarray:
        """bool[n]: whose stated size is that of the stored pixels, which EXIF turns by 90 degrees."""
        pairs = zip(self.sizes.tolist(), self.pictures.facts, strict=True)
        return np.asarray(
            [isinstance(facts, PictureFacts) and is_turned((width, height), facts) for (height, width), facts in pairs],
            dtype=bool,
        )


def read_images(entries: Entries, *, truth: Path, folder: Path | None, report: Report | None) -> Images:
    """Check the images of a file and find their pictures.

    Args:
        entries: The section; bad entries are refused.
        truth: The file it stands in.
        folder: Where all pictures must be; None to look around the file and take what is there.
        report: Told (done, total) while pictures are measured.
    """
    ids, good = whole_numbers(entries, "id")
    refuse_repeated(entries, ids, good, name="id")
    names = _read_names(entries)
    folders = _with_splits([folder], truth) if folder else _around(truth)
    paths = find_files([name or "" for name in names], folders)
    if folder:
        _refuse_missing(entries, names, paths, folder)
    pictures = measure_found(paths, report=report)
    sizes = _agree_on_sizes(entries, pictures)
    return Images(entries, ids, names, _read_keys(entries, names, ids), sizes, pictures)


def _read_names(entries: Entries) -> list[str | None]:
    names: list[str | None] = []
    for index, name in enumerate(entries.column("file_name")):
        is_name = isinstance(name, str) and bool(PurePosixPath(plain_path(name)).name)
        if name is not None and not is_name:
            entries.refuse(index, f"file_name is {shown(name)}, not the name of a file")
        names.append(plain_path(name) if is_name else None)
    return names


def _read_keys(entries: Entries, names: Sequence[str | None], ids: np.ndarray) -> list[str]:
    paths = [str(image_id) if name is None else name for name, image_id in zip(names, ids.tolist(), strict=True)]
    keys = unique_names(paths)
    if len(set(keys)) < len(keys):
        keys = [str(image_id) for image_id in ids.tolist()]
    stated = entries.column(KEY)
    if any(value is not None for value in stated):
        keys = [key if value is None else str(value) for key, value in zip(keys, stated, strict=True)]
        refuse_repeated(entries, np.asarray(keys, dtype=object), np.ones(len(keys), dtype=bool), name="key")
    return keys


def _with_splits(folders: Sequence[Path], truth: Path) -> list[Path]:
    """Folders, and those below them that are named after a part of the file's name, as val2017 in instances_val2017."""
    parts = [part for part in re.split(r"[_\-. ]+", truth.stem) if split_named(part)]
    named = [folder / part for folder in folders for part in (*parts, *(p.rstrip("0123456789") for p in parts))]
    return [*folders, *dict.fromkeys(named)]


def _around(truth: Path) -> list[Path]:
    here = truth.resolve().parent
    return _with_splits([here, here / "images", here.parent, here.parent / "images"], truth)


def _refuse_missing(entries: Entries, names: Sequence[str | None], paths: Sequence[Path | None], folder: Path) -> None:
    for index, (name, path) in enumerate(zip(names, paths, strict=True)):
        if path is None:
            reason = "has no file_name to find its picture by" if name is None else f"there is no picture {name!r}"
            entries.refuse(index, f"{reason} in {folder}")


def _agree_on_sizes(entries: Entries, pictures: FoundPictures) -> np.ndarray:
    """int64[n, 2] height and width: the stated ones, checked against the pictures, else the pictures'."""
    sizes = [(0, 0)] * len(entries)
    for index, (item, facts) in enumerate(zip(entries.items, pictures.facts, strict=True)):
        height, width = item.get("height"), item.get("width")
        if isinstance(facts, Problem):
            entries.refuse(index, f"its picture {facts.place} {facts.reason}")
        if height is None and width is None and isinstance(facts, PictureFacts):
            sizes[index] = facts.height, facts.width
        elif not (_is_length(height) and _is_length(width)):
            entries.refuse(index, f"has width {shown(width)} and height {shown(height)}, not whole numbers of pixels")
        else:
            sizes[index] = int(height), int(width)
            reason = why_not_of_size((int(width), int(height)), facts) if isinstance(facts, PictureFacts) else None
            if reason:
                entries.refuse(index, reason)
    return np.asarray(sizes, dtype=np.int64).reshape(-1, 2)


def _is_length(value: Any) -> TypeGuard[float]:
    whole = type(value) is int or (type(value) is float and value.is_integer())
    return whole and 1 <= value <= _LARGEST
