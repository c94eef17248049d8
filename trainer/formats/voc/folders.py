"""The folders of Pascal VOC: annotations, their pictures, and the lists that split them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from trainer.formats.foreign import split_named
from trainer.formats.picture_files import ENDINGS
from trainer.records.errors import ImportRefusedError, NotFoundError, Problem
from trainer.records.split import Split

ANNOTATIONS, PICTURES, LISTS = "Annotations", "JPEGImages", "ImageSets/Main"


@dataclass(frozen=True, slots=True)
class XmlPlace:
    """Where an annotation file lies.

    Attributes:
        path: The file.
        root: The folder that holds the annotations' folder, the pictures' and the lists'.
        stem: The file's path below the annotations' folder, without ending: what lists call it.
        folders: The folders from where the search began down to the file, but for the annotations' own.
        shown: The path from where the search began.
    """

    path: Path
    root: Path
    stem: str
    folders: tuple[str, ...]
    shown: str


def find_xml(path: Path) -> list[XmlPlace]:
    """All annotation files at or below a path, sorted.

    Where a folder ``Annotations`` is on the way, only files in such folders count; otherwise every XML file does.

    Raises:
        NotFoundError: If there is no such path.
        ImportRefusedError: If nothing is there.
    """
    if not path.exists():
        raise NotFoundError(f"There is no file or folder {path}.")
    path = path.resolve()
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*.xml") if not _is_hidden(file.name))
    inside = [file for file in files if ANNOTATIONS in file.parent.parts]
    if not files:
        raise ImportRefusedError(str(path), [Problem("the folder", "holds no Pascal VOC file (*.xml), at any depth")])
    return [_place(file, path if path.is_dir() else path.parent) for file in inside or files]


def _is_hidden(name: str) -> bool:
    # Archives packed on a Mac bring a "._a.xml" along with each "a.xml".
    return name.startswith(".")


def _place(file: Path, searched: Path) -> XmlPlace:
    shown = file.relative_to(searched).as_posix()
    below, parts = file.parent.relative_to(searched).parts, file.parent.parts
    folders = tuple(part for part in below if part != ANNOTATIONS)
    if ANNOTATIONS not in parts:
        return XmlPlace(file, searched, PurePosixPath(*below, file.stem).as_posix(), folders, shown)
    depth = len(parts) - parts[::-1].index(ANNOTATIONS)
    stem = PurePosixPath(*parts[depth:], file.stem).as_posix()
    return XmlPlace(file, Path(*parts[: depth - 1]), stem, folders, shown)


class PictureIndex:
    """Every picture file below some folders, found by its path, its name, or its name without ending."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._by_name: defaultdict[str, list[Path]] = defaultdict(list)
        for folder in dict.fromkeys(folders):
            for place, _, names in sorted(os.walk(folder)):
                for name in sorted(names):
                    if PurePosixPath(name).suffix.lower() in ENDINGS and not _is_hidden(name):
                        self._by_name[name].append(Path(place, name))
                        self._by_name[PurePosixPath(name).stem].append(Path(place, name))

    def unclaimed(self, claimed: Collection[Path]) -> list[Path]:
        """The pictures that are not among the claimed ones."""
        return sorted({path for paths in self._by_name.values() for path in paths} - set(claimed))

    def find(self, name: str | None, stem: str) -> list[Path]:
        """The pictures that may be the one of an annotation file; one where all is well.

        Args:
            name: The picture's path as the file states it.
            stem: The file's own path without ending: its folders tell pictures of one name apart.
        """
        own = PurePosixPath(stem)
        names = [PurePosixPath(name).name] if name else []
        for tried in (*names, *(PurePosixPath(one).stem for one in names), own.name):
            found = self._by_name.get(tried, [])
            near = [path for path in found if _ends_on(path.parent, own.parts[:-1])]
            if found:
                return near if len(near) == 1 else found
        return []


def _ends_on(folder: Path, parts: tuple[str, ...]) -> bool:
    return folder.parts[len(folder.parts) - len(parts) :] == parts


def picture_folders(root: Path) -> list[Path]:
    """Where the pictures of annotation files lie: in `JPEGImages` or `images` beside them, else among them."""
    named = [root / name for name in (PICTURES, "images", "Images")]
    return [folder for folder in named if folder.is_dir()] or [root]


def read_lists(root: Path) -> dict[str, set[Split]]:
    """By which lists of ``ImageSets/Main`` a picture is in which split; `trainval` says nothing and is passed over."""
    stated: defaultdict[str, set[Split]] = defaultdict(set)
    for path in sorted((root / LISTS).glob("*.txt")):
        split = split_named(path.stem)
        if split:
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.strip():
                    stated[line.split()[0]].add(split)
    return dict(stated)
