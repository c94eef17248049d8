"""The pictures of Pascal VOC files, checked against what the files say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer.formats.picture_files import FoundPictures, is_turned, measure_found, outside, why_not_of_size
from trainer.formats.voc.folders import PictureIndex, XmlPlace, picture_folders
from trainer.formats.voc.xml_file import VocFile
from trainer.pictures import PictureFacts, Report
from trainer.records.errors import Problem


@dataclass(frozen=True)
class VocPictures:
    """The pictures of n files.

    Attributes:
        found: Their places and what was measured.
        sizes: Upright width and height of each; (0, 0) where neither file nor picture tells.
        turned: bool[n]: whose stated size is that of the stored pixels, which EXIF turns by 90 degrees.
        problems: What is wrong with each; empty where nothing is.
        unclaimed: Pictures of which no file speaks.
    """

    found: FoundPictures
    sizes: list[tuple[int, int]]
    turned: np.ndarray
    problems: list[list[str]]
    unclaimed: list[Path]


def find_pictures(
    places: Sequence[XmlPlace], files: Sequence[VocFile], *, folder: Path | None, report: Report | None
) -> VocPictures:
    """Find, measure and check the picture of each file.

    Args:
        places: Where the files lie.
        files: What they say.
        folder: Where all pictures must be; None to look beside the files and take what is there.
        report: Told (done, total) while pictures are measured.
    """
    roots = dict.fromkeys(place.root for place in places)
    shared = None if folder is None else PictureIndex([folder])
    indexes = {root: shared or PictureIndex(picture_folders(root)) for root in roots}
    candidates = [indexes[place.root].find(file.name, place.stem) for place, file in zip(places, files, strict=True)]
    found = measure_found([paths[0] if len(paths) == 1 else None for paths in candidates], report=report)
    checked = [
        _check(file, paths, facts, folder) for file, paths, facts in zip(files, candidates, found.facts, strict=True)
    ]
    turned = [
        isinstance(facts, PictureFacts) and file.size is not None and is_turned(file.size, facts)
        for file, facts in zip(files, found.facts, strict=True)
    ]
    claimed = {path for paths in candidates for path in paths}
    return VocPictures(
        found,
        [size for size, _ in checked],
        np.asarray(turned, dtype=bool),
        [reasons for _, reasons in checked],
        [path for index in dict.fromkeys(indexes.values()) for path in index.unclaimed(claimed)],
    )


def _check(
    file: VocFile, paths: Sequence[Path], facts: PictureFacts | Problem | None, folder: Path | None
) -> tuple[tuple[int, int], list[str]]:
    """A picture's upright size, and what is wrong with it."""
    if isinstance(facts, Problem):
        return (0, 0), [f"its picture {facts.place} {facts.reason}"]
    if len(paths) > 1:
        return (0, 0), [f"{len(paths)} pictures may be its own: {paths[0]}, {paths[1]}"]
    if facts is None and folder is not None:
        return (0, 0), [f"there is no picture {(file.name or file.path.stem)!r} in {folder}"]
    if facts is None:
        is_known = file.size is not None or bool(file.problems)
        return file.size or (0, 0), [] if is_known else ["has no size, and its picture was not found"]
    reason = _why_not_its_picture(file, facts)
    return (facts.width, facts.height), [reason] if reason else []


def _why_not_its_picture(file: VocFile, facts: PictureFacts) -> str | None:
    if file.size is None:
        return None
    reason = why_not_of_size(file.size, facts)
    if reason or not is_turned(file.size, facts) or not file.objects:
        return reason
    boxes = np.asarray([entry.box for entry in file.objects])
    stored = np.asarray([[facts.width, facts.height]])
    if (outside(boxes, stored[:, ::-1]) & ~outside(boxes, stored)).any():
        return (
            "its picture is turned by EXIF, and its boxes lie on the picture before the turn; "
            "save the picture without EXIF orientation and import again"
        )
    return None
