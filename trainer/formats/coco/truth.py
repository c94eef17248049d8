"""COCO truth: one JSON file with images, annotations and categories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trainer.formats.coco.categories import Categories, make_ontology, read_categories
from trainer.formats.coco.identities import MADE_IDS
from trainer.formats.coco.image_rows import make_rows, notes_on_images, stated_splits
from trainer.formats.coco.images import Images, read_images
from trainer.formats.coco.kinds import as_truth
from trainer.formats.coco.marks import Marks, measure_and_drop, notes_on_marks, of_each, read_marks
from trainer.formats.entries import Entries, refuse_all
from trainer.formats.feature_names import notes_on_names
from trainer.formats.foreign import ForeignTruth, Note
from trainer.formats.json_text import paused_collector, read_json
from trainer.formats.picture_files import outside, require_folder
from trainer.pictures import Report
from trainer.records.annotations import Annotations


@paused_collector()
def read_truth(path: Path, *, images: Path | None = None, report: Report | None = None) -> ForeignTruth:
    """Read rows, ontology and truth of a COCO instances file, all of it or nothing.

    A row's key is its file's name, with its folders where two files share a name, else the image id. A category
    with segmentations becomes a mask feature, any other a box feature. `area` stays as stated; where it is absent it
    is that of the shape, else of the box. A truth without area (a zero width or height) can be matched by nothing: it
    is left out, with a note. Image ids stay in the row's metadata under ``coco_image_id``, annotation ids in
    `object`, category ids in the feature, so that result files and exports agree. Single values that an image
    carries besides are kept as metadata.

    Args:
        path: The JSON file.
        images: Folder that must hold every picture. When left out, pictures are looked for beside the file (its own
            folder and the one above, ``images/`` and folders named as the split, such as ``val2017/``); rows of
            pictures that are not there have a size and no picture.
        report: Told (done, total) while pictures are measured.

    Raises:
        NotFoundError: If there is no such file or folder.
        ImportRefusedError: With every bad entry: its place and what is wrong with it.

    Source:
        https://cocodataset.org/#format-data
    """
    require_folder(images)
    document = read_json(path)
    sections = {name: Entries.of(name, values) for name, values in as_truth(document, path).items()}
    pictures = read_images(sections["images"], truth=path, folder=images, report=report)
    categories = read_categories(sections["categories"])
    marks = read_marks(sections["annotations"], pictures, categories)
    _refuse_unturned(pictures, marks)
    refuse_all(path, sections.values())
    made = _made_ids(document)
    marks, left_out = measure_and_drop(marks, pictures)
    notes = [
        *notes_on_images(pictures),
        *notes_on_names("categories", [str(name) for name in categories.entries.column("name")]),
        *left_out,
        *notes_on_marks(marks, pictures),
    ]
    return _assemble(path, pictures, categories, marks, notes=notes, made=made)


def _refuse_unturned(images: Images, marks: Marks) -> None:
    """Refuse pictures turned by EXIF whose annotations fit on the stored pixels and not on the upright picture."""
    turned = images.turned()
    if not turned.any():
        return
    sizes, suspects = marks.sizes(images), of_each(marks.image, turned)
    misfits = suspects & outside(marks.box, sizes[:, ::-1]) & ~outside(marks.box, sizes)
    for index in np.unique(marks.image[misfits]):
        images.entries.refuse(
            index,
            "its picture is turned by EXIF, and its annotations lie on the picture before the turn; "
            "save the picture without EXIF orientation and import again",
        )


def _assemble(
    path: Path, images: Images, categories: Categories, marks: Marks, *, notes: list[Note], made: set[str]
) -> ForeignTruth:
    with_shape = np.bincount(marks.category[marks.shapes.present], minlength=len(categories.ids)) > 0
    rows = make_rows(images, keep_ids="images" not in made)
    position = np.asarray([rows.positions[key] for key in images.keys], dtype=np.int32)
    truth = Annotations.from_columns(
        row=position[marks.image],
        feature=marks.category,
        box=marks.box,
        area=marks.area,
        crowd=marks.crowd,
        ignored=marks.ignored,
        polygons=marks.shapes.polygons,
        rle=marks.shapes.rle,
        object=None if "annotations" in made else [str(number) for number in marks.ids.tolist()],
    )
    splits = stated_splits(images)
    in_row_order = None if splits is None else tuple(splits[i] for i in np.argsort(position).tolist())
    return ForeignTruth(make_ontology(categories, with_shape), rows, truth, tuple(notes), str(path), in_row_order)


def _made_ids(document: dict[str, Any]) -> set[str]:
    """Which ids our own export made up, because the snapshot brought none: images, annotations."""
    info = document.get("info")
    made = info.get(MADE_IDS) if isinstance(info, dict) else None
    return {name for name in made if isinstance(name, str)} if isinstance(made, list) else set()
