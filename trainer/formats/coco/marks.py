"""The `annotations` of COCO truth as columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from trainer.formats.coco.categories import Categories
from trainer.formats.coco.images import Images
from trainer.formats.coco.shapes import Shapes, measure_shapes, read_shapes
from trainer.formats.columns import boxes, flags, numbers, positions_of, refuse_repeated, whole_numbers
from trainer.formats.entries import Entries
from trainer.formats.foreign import Note
from trainer.formats.picture_files import outside

_FIELDS = {"id", "image_id", "category_id", "bbox", "area", "segmentation", "iscrowd", "ignore"}


@dataclass(frozen=True)
class Marks:
    """m annotations as the file states them.

    Attributes:
        entries: The section, with what is wrong in it.
        ids: int64[m].
        image: int64[m] positions in the images, -1 where refused.
        category: int64[m] positions in the categories, -1 where refused.
        box: float64[m, 4] left, top, width, height; NaN where there is none.
        area: float64[m]; NaN where none is stated.
        crowd: bool[m].
        ignored: bool[m].
        shapes: Their outlines and masks.
    """

    entries: Entries
    ids: np.ndarray
    image: np.ndarray
    category: np.ndarray
    box: np.ndarray
    area: np.ndarray
    crowd: np.ndarray
    ignored: np.ndarray
    shapes: Shapes

    def sizes(self, images: Images) -> np.ndarray:
        """int64[m, 2] stated height and width of each annotation's picture; 0 where it is not known."""
        return of_each(self.image, images.sizes)


def read_marks(entries: Entries, images: Images, categories: Categories) -> Marks:
    """Check the annotations of a file; bad entries are refused."""
    ids, good = whole_numbers(entries, "id")
    refuse_repeated(entries, ids, good, name="id")
    image = positions_of(entries, "image_id", among=images.ids, what="image")
    category = positions_of(entries, "category_id", among=categories.ids, what="category")
    box = boxes(entries, "bbox")
    shapes = read_shapes(entries, of_each(image, images.sizes))
    for index, item in enumerate(entries.items):
        if item.get("bbox") is None and not item.get("segmentation"):
            entries.refuse(index, "has neither bbox nor segmentation")
    area = numbers(entries, "area", required=False)
    for index in np.flatnonzero(area < 0).tolist():
        entries.refuse(index, f"area is {area[index]}, and no area is negative")
    return Marks(entries, ids, image, category, box, area, flags(entries, "iscrowd"), flags(entries, "ignore"), shapes)


def of_each(positions: np.ndarray, values: np.ndarray) -> np.ndarray:
    """values[positions], and 0 where a position is -1."""
    if not len(values):
        return np.zeros((len(positions), *values.shape[1:]), dtype=values.dtype)
    chosen = values[np.maximum(positions, 0)]
    chosen[positions < 0] = 0
    return chosen


def measure_and_drop(marks: Marks, images: Images) -> tuple[Marks, list[Note]]:
    """Fill in boxes and areas that only the shapes tell, and drop what has no area."""
    sizes = marks.sizes(images)
    unknown = np.isnan(marks.box[:, 0]) | (np.isnan(marks.area) & marks.shapes.present)
    chosen = np.flatnonzero(unknown)
    box, area = marks.box.copy(), marks.area.copy()
    measured_box, measured_area = measure_shapes(marks.shapes, chosen, sizes)
    box[chosen] = np.where(np.isnan(box[chosen]), measured_box, box[chosen])
    area[chosen] = np.where(np.isnan(area[chosen]), measured_area, area[chosen])
    own = box[:, 2] * box[:, 3]
    notes = [
        Note(marks.entries.place(i), "has no area, so that nothing can match it; left out")
        for i in np.flatnonzero(own == 0).tolist()
    ]
    area[area == own] = np.nan
    return _only(marks, np.flatnonzero(own > 0), box=box, area=area), notes


def _only(marks: Marks, kept: np.ndarray, *, box: np.ndarray, area: np.ndarray) -> Marks:
    chosen = kept.tolist()
    shapes = Shapes(
        None if marks.shapes.polygons is None else [marks.shapes.polygons[i] for i in chosen],
        None if marks.shapes.rle is None else [marks.shapes.rle[i] for i in chosen],
        marks.shapes.present[kept],
    )
    return Marks(
        entries=Entries(marks.entries.name, [marks.entries.items[i] for i in chosen]),
        ids=marks.ids[kept],
        image=marks.image[kept],
        category=marks.category[kept],
        box=box[kept],
        area=area[kept],
        crowd=marks.crowd[kept],
        ignored=marks.ignored[kept],
        shapes=shapes,
    )


def notes_on_marks(marks: Marks, images: Images) -> Iterator[Note]:
    """What a person should know about annotations that were taken."""
    sizes = marks.sizes(images)
    turned = images.turned()[marks.image]
    beyond = np.flatnonzero(outside(marks.box, np.where(turned[:, None], sizes[:, ::-1], sizes)))
    if len(beyond):
        place = marks.entries.place(int(beyond[0]))
        yield Note(place, f"{len(beyond):,} boxes reach outside their picture, this one first; taken as they are")
    zero = np.flatnonzero(marks.ids == 0)
    if len(zero):
        yield Note(marks.entries.place(int(zero[0])), "pycocotools counts a truth with the id 0 as never found")
    dropped = sorted(set(chain.from_iterable(marks.entries.items)) - _FIELDS)
    if dropped:
        yield Note(marks.entries.name, f"these fields are not kept: {', '.join(dropped)}")
