"""Pascal VOC truth: a folder of XML files, their pictures and the lists that split them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from trainer.formats.feature_names import feature_name, notes_on_names
from trainer.formats.foreign import ForeignTruth, Note, split_named
from trainer.formats.picture_files import outside, require_folder
from trainer.formats.voc.folders import XmlPlace, find_xml, read_lists
from trainer.formats.voc.pictures import VocPictures, find_pictures
from trainer.formats.voc.xml_file import VocFile, read_xml
from trainer.pictures import PictureFacts, Report
from trainer.records.annotations import Annotations
from trainer.records.errors import ImportRefusedError, Problem
from trainer.records.ontology import Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.split import Split


def read_truth(path: Path, *, images: Path | None = None, report: Report | None = None) -> ForeignTruth:
    """Read rows, ontology and truth of a Pascal VOC folder, all of it or nothing.

    Every XML file at or below the path is a row; where there are folders ``Annotations``, only files in those are.
    The key is the picture's name, with its folders where two pictures share a name. Boxes keep the numbers of the
    file: left is xmin, top is ymin, width is xmax - xmin, height is ymax - ymin. (The standard counts pixels from 1
    and includes the last one, but most tools write plain corners counted from 0; nothing in a file tells which.)
    A difficult object is ignored: neither counted nor missed. Pose, truncated and occluded are left out. A box
    without area can be matched by nothing: it is left out, with a note. Features are sorted by name.

    The lists ``ImageSets/Main/train.txt``, ``val.txt`` and ``test.txt``, else folders of these names, state the split;
    ``trainval.txt`` and the lists of single classes are passed over.

    Args:
        path: The folder, or one above it, or one XML file.
        images: Folder that must hold every picture, at any depth. When left out, pictures are looked for in
            ``JPEGImages/`` or ``images/`` beside ``Annotations/``, or else among the XML files; rows of pictures that
            are not there have a size and no picture.
        report: Told (done, total) while pictures are measured.

    Raises:
        NotFoundError: If there is no such path.
        ImportRefusedError: With every bad entry: its place and what is wrong with it.

    Source:
        http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
    """
    require_folder(images)
    places = find_xml(path)
    files = [read_xml(place.path, place.shown) for place in places]
    pictures = find_pictures(places, files, folder=images, report=report)
    splits, problems = _stated_splits(places)
    _refuse(path, places, files, pictures, problems)
    keys = _keys(places, files)
    rows = _make_rows(keys, pictures)
    ontology, truth = _make_truth([rows.position(key) for key in keys], files)
    order = np.argsort(np.asarray(keys, dtype=object), kind="stable")
    in_row_order = None if splits is None else tuple(splits[i] for i in order.tolist())
    return ForeignTruth(ontology, rows, truth, tuple(_notes(places, files, pictures)), str(path), in_row_order)


def _refuse(
    path: Path,
    places: Sequence[XmlPlace],
    files: Sequence[VocFile],
    pictures: VocPictures,
    splits: Sequence[list[str]],
) -> None:
    problems = []
    for place, file, of_picture, of_lists in zip(places, files, pictures.problems, splits, strict=True):
        reasons = [*of_picture, *of_lists]
        problems += [Problem(place.shown, "; ".join(reasons))] if reasons else []
        problems += file.problems
    if problems:
        raise ImportRefusedError(str(path), problems)


def _stated_splits(places: Sequence[XmlPlace]) -> tuple[list[Split] | None, list[list[str]]]:
    """The split of each file by lists, else by folders (None if nothing states any), and what contradicts itself."""
    lists = {root: read_lists(root) for root in dict.fromkeys(place.root for place in places)}
    listed = [lists[place.root].get(place.stem) or lists[place.root].get(place.path.stem, set()) for place in places]
    problems = [[f"stands in the lists of {' and '.join(sorted(one))}"] if len(one) > 1 else [] for one in listed]
    splits = [
        next(iter(one), None) or next(filter(None, map(split_named, reversed(place.folders))), None)
        for one, place in zip(listed, places, strict=True)
    ]
    return [split or Split.UNASSIGNED for split in splits] if any(splits) else None, problems


def _keys(places: Sequence[XmlPlace], files: Sequence[VocFile]) -> list[str]:
    names = [PurePosixPath(file.name or place.path.stem).name for place, file in zip(places, files, strict=True)]
    with_folders = [str(PurePosixPath(*place.folders, name)) for place, name in zip(places, names, strict=True)]
    for keys in (names, with_folders):
        if len(set(keys)) == len(keys):
            return keys
    return [str(PurePosixPath(*place.folders, place.path.stem)) for place in places]


def _make_rows(keys: Sequence[str], pictures: VocPictures) -> Rows:
    return Rows.from_columns(
        keys=keys,
        widths=[width for width, _ in pictures.sizes],
        heights=[height for _, height in pictures.sizes],
        uris=[None if path is None else str(path) for path in pictures.found.paths],
        sha256s=[facts.sha256 if isinstance(facts, PictureFacts) else None for facts in pictures.found.facts],
    )


def _make_truth(positions: Sequence[int], files: Sequence[VocFile]) -> tuple[Ontology, Annotations]:
    flat = [(row, entry) for row, file in zip(positions, files, strict=True) for entry in file.objects]
    ontology = Ontology.flat(dict.fromkeys(sorted({feature_name(entry.name) for _, entry in flat}), Kind.BOX))
    codes = {name: code for code, name in enumerate(ontology.paths)}
    truth = Annotations.from_columns(
        row=[row for row, _ in flat],
        feature=[codes[feature_name(entry.name)] for _, entry in flat],
        box=[entry.box for _, entry in flat],
        ignored=[entry.difficult for _, entry in flat],
    )
    return ontology, truth


def _notes(places: Sequence[XmlPlace], files: Sequence[VocFile], pictures: VocPictures) -> Iterator[Note]:
    absent = [place for place, found in zip(places, pictures.found.paths, strict=True) if found is None]
    if absent:
        text = f"{len(absent):,} of {len(places):,} pictures were not found, this one's first; their rows have a size"
        yield Note(absent[0].shown, f"{text} and no picture")
    turned = np.flatnonzero(pictures.turned)
    if len(turned):
        text = f"{len(turned):,} pictures are turned by EXIF and the file states their size before the turn, this one"
        yield Note(places[turned[0]].shown, f"{text} first; boxes are taken as drawn on the upright picture")
    yield from notes_on_names("classes", sorted({entry.name for file in files for entry in file.objects}))
    for place, file in zip(places, files, strict=True):
        for number in file.left_out:
            yield Note(f"{place.shown} object[{number}]", "has no area, so that nothing can match it; left out")
    yield from _notes_on_boxes(places, files, pictures)
    if pictures.unclaimed:
        text = f"{len(pictures.unclaimed):,} pictures have no XML file, this one first; left out, since nothing says"
        yield Note(str(pictures.unclaimed[0]), f"{text} that they are empty")
    dropped = sorted(set().union(*(file.dropped for file in files)))
    if dropped:
        yield Note("objects", f"these fields are not kept: {', '.join(dropped)}")


def _notes_on_boxes(places: Sequence[XmlPlace], files: Sequence[VocFile], pictures: VocPictures) -> Iterator[Note]:
    beyond = []
    for place, file, (width, height) in zip(places, files, pictures.sizes, strict=True):
        boxes = np.asarray([entry.box for entry in file.objects]).reshape(-1, 4)
        outer = np.flatnonzero(outside(boxes, np.asarray([[height, width]])))
        beyond += [f"{place.shown} object[{file.object_numbers[i]}]" for i in outer]
    if beyond:
        yield Note(beyond[0], f"{len(beyond):,} boxes reach outside their picture, this one first; taken as they are")
