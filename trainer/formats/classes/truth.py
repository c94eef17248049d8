"""Truth of classification: a picture's class is the folder it lies in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.formats.foreign import ForeignTruth, split_named
from trainer.formats.picture_files import ENDINGS, unique_names
from trainer.pictures import PictureFacts, Report, measure_each
from trainer.records.annotations import Annotations
from trainer.records.errors import ImportRefusedError, NotFoundError, Problem, RecordError
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.split import Split

QUESTION = "class"


@dataclass(frozen=True, slots=True)
class _Place:
    """A picture file with what its folders say."""

    shown: str
    class_name: str
    split: Split | None


def read_truth(path: Path, *, images: Path | None = None, report: Report | None = None) -> ForeignTruth:
    """Read rows, ontology and truth from a folder of one folder a class, all of it or nothing.

    Pictures lie in ``CLASS/`` or ``SPLIT/CLASS/``, where a folder ``train``, ``val`` or ``test`` states the split. The
    ontology is one question, ``class``, of which each picture has one option; options are sorted by name, and a
    folder without pictures is none. The key is the picture's name, with its folders where two pictures share a name.
    Hidden files, and files that are no pictures by their ending, are passed over.

    Args:
        path: The folder.
        images: Has no meaning here, as the pictures are the truth; must be left out.
        report: Told (done, total) while pictures are measured.

    Raises:
        ImportRefusedError: With every picture that lies in no class, or cannot be read.
        NotFoundError: If there is no such folder.
        RecordError: If `images` is given.
    """
    if images is not None:
        raise RecordError("Folders of classes hold their pictures themselves; leave the folder of the pictures out.")
    if not path.is_dir():
        raise NotFoundError(f"There is no folder {path}.")
    root = path.resolve()
    found = [_place(name) for name in _pictures(root)]
    if not found:
        raise ImportRefusedError(str(path), [Problem("the folder", "holds no picture, at any depth")])
    names = [place.shown if isinstance(place, _Place) else place.place for place in found]
    measured = measure_each([root / name for name in names], report=report)
    problems = [entry for entry in (*found, *measured) if isinstance(entry, Problem)]
    if problems:
        raise ImportRefusedError(str(path), problems)
    places = [place for place in found if isinstance(place, _Place)]
    return _make_truth(root, places, [facts for facts in measured if isinstance(facts, PictureFacts)])


def _make_truth(root: Path, places: Sequence[_Place], facts: Sequence[PictureFacts]) -> ForeignTruth:
    classes = sorted({place.class_name for place in places})
    keys = unique_names([place.shown for place in places])
    rows = Rows.from_columns(
        keys=keys,
        widths=[one.width for one in facts],
        heights=[one.height for one in facts],
        uris=[str(root / place.shown) for place in places],
        sha256s=[one.sha256 for one in facts],
    )
    options = tuple(Feature(name, Kind.OPTION) for name in classes)
    truth = Annotations.from_columns(
        row=[rows.position(key) for key in keys],
        feature=[1 + classes.index(place.class_name) for place in places],
    )
    stated = {key: place.split for key, place in zip(keys, places, strict=True)}
    splits = tuple(stated[key] or Split.UNASSIGNED for key in rows.keys) if any(stated.values()) else None
    ontology = Ontology((Feature(QUESTION, Kind.RADIO, options),))
    return ForeignTruth(ontology, rows, truth, source=str(root), stated_splits=splits)


def _pictures(root: Path) -> list[str]:
    """Paths of all pictures below a folder, sorted."""
    names = []
    for place, folders, files in os.walk(root):
        folders[:] = [folder for folder in folders if not folder.startswith(".")]
        shown = Path(place).relative_to(root)
        names += [
            (shown / file).as_posix()
            for file in files
            if not file.startswith(".") and Path(file).suffix.lower() in ENDINGS
        ]
    return sorted(names)


def _place(name: str) -> _Place | Problem:
    *folders, _ = name.split("/")
    if len(folders) == 1 and split_named(folders[0]) is None:
        return _Place(name, folders[0], None)
    if len(folders) == 2 and split_named(folders[0]) is not None:
        return _Place(name, folders[1], split_named(folders[0]))
    return Problem(
        name, "lies in no folder of a class; pictures lie in CLASS/ or, with a stated split, in train/CLASS/"
    )
