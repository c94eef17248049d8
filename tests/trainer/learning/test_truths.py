"""Truth of every kind becomes what a network learns, and what is not known is not learned."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from trainer.learning.canvas import NOT_LEARNED, CanvasTruth
from trainer.learning.frames import Frame
from trainer.learning.truths import answers_of, gather_truths
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

SQUARE = [[2.0, 2.0, 6.0, 2.0, 6.0, 6.0, 2.0, 6.0]]
SIZE = (16, 8)
SHAPES = Ontology.flat({"cat": "polygon", "grass": "mask"})
PAINTER = Design(Task.SEMANTIC_SEGMENTATION, ("cat", "grass"))
OUTLINER = Design(Task.INSTANCE_SEGMENTATION, ("cat", "grass"))


def _rows(count: int) -> Rows:
    keys = [f"{number}.png" for number in range(count)]
    return Rows.from_columns(keys=keys, widths=[SIZE[0]] * count, heights=[SIZE[1]] * count)


def _drawn(left: int, top: int, right: int, bottom: int) -> str:
    """Run lengths of a box on the picture."""
    mask = np.zeros(SIZE[::-1], dtype=np.uint8, order="F")
    mask[top:bottom, left:right] = 1
    return str(coco_mask.encode(mask)["counts"], "ascii")


def _on_canvas(truth: Annotations, design: Design, *, image_size: int = 16) -> CanvasTruth:
    """The truth of one row on a canvas of 32 x 32 pixels."""
    snapshot = Snapshot(SHAPES, _rows(1), truth)
    frame = Frame.fit(*SIZE, image_size=image_size)
    (row,) = gather_truths(snapshot, np.array([0]), design, [frame])
    return row.on_canvas(frame, (32, 32))


def test_a_detector_learns_boxes_from_every_shape() -> None:
    truth = Annotations.from_columns(
        row=[0, 0], feature=[0, 1], box=[[2, 2, 4, 4], [1, 1, 3, 2]], polygons=[SQUARE, None], crowd=[False, True]
    )
    objects = _on_canvas(truth, Design(Task.DETECTION, ("grass", "cat")), image_size=32).objects

    assert objects is not None
    assert objects.corners.tolist() == [[4, 4, 12, 12], [2, 2, 8, 6]]
    assert objects.feature.tolist() == [1, 0]
    assert objects.ignored.tolist() == [False, True]
    assert objects.masks is None


@pytest.mark.parametrize("image_size", [16, 32])
def test_polygons_and_run_lengths_of_the_same_shape_give_the_same_mask(image_size: int) -> None:
    truth = Annotations.from_columns(
        row=[0, 0], feature=[0, 0], box=[[2, 2, 4, 4]] * 2, polygons=[SQUARE, None], rle=[None, _drawn(2, 2, 6, 6)]
    )
    objects = _on_canvas(truth, OUTLINER, image_size=image_size).objects
    scale = image_size // 16

    assert objects is not None
    assert objects.masks is not None
    assert (objects.masks[0] == objects.masks[1]).all()
    assert objects.masks[0, 2 * scale : 6 * scale, 2 * scale : 6 * scale].all()
    assert objects.masks[0].sum() == 16 * scale**2


def test_an_object_without_an_outline_is_ignored_where_outlines_are_learned() -> None:
    truth = Annotations.from_columns(row=[0, 0], feature=[0, 0], box=[[2, 2, 4, 4]] * 2, polygons=[SQUARE, None])
    objects = _on_canvas(truth, OUTLINER).objects

    assert objects is not None
    assert objects.ignored.tolist() == [False, True]


def test_the_later_feature_is_painted_over_the_earlier_and_padding_is_not_learned() -> None:
    truth = Annotations.from_columns(
        row=[0, 0, 0],
        feature=[1, 0, 0],
        box=[[0, 0, 4, 8], [2, 2, 4, 4], [10, 0, 2, 2]],
        polygons=[None, SQUARE, None],
        rle=[_drawn(0, 0, 4, 8), None, _drawn(10, 0, 12, 2)],
    )
    painted = _on_canvas(truth, PAINTER).painted

    assert painted is not None
    assert painted[4].tolist()[:8] == [2, 2, 2, 2, 1, 1, 0, 0]
    assert (painted[0, 10:12] == 1).all()
    assert (painted[8:] == NOT_LEARNED).all()
    assert (painted[:, 16:] == NOT_LEARNED).all()


def test_crowds_and_boxes_without_an_outline_are_not_learned_as_painted() -> None:
    truth = Annotations.from_columns(
        row=[0, 0],
        feature=[0, 0],
        box=[[0, 0, 2, 2], [4, 4, 2, 2]],
        rle=[_drawn(0, 0, 2, 2), None],
        crowd=[True, False],
    )
    painted = _on_canvas(truth, PAINTER).painted

    assert painted is not None
    assert (painted[:2, :2] == NOT_LEARNED).all()
    assert (painted[4:6, 4:6] == NOT_LEARNED).all()
    assert (painted[:8, 8:16] == 0).all()


def test_a_model_that_finds_and_paints_learns_each_feature_in_one_way() -> None:
    truth = Annotations.from_columns(
        row=[0, 0], feature=[0, 1], box=[[2, 2, 4, 4], [0, 0, 2, 8]], rle=[None, _drawn(0, 0, 2, 8)]
    )
    both = Design(Task.DETECTION_AND_SEGMENTATION, ("cat", "grass"), painted=("grass",))
    here = _on_canvas(truth, both)

    assert here.objects is not None
    assert here.painted is not None
    assert here.objects.feature.tolist() == [0]
    assert here.painted[:8, :16].unique().tolist() == [0, 1]


OPTIONS = (Feature("sunny", Kind.OPTION), Feature("rain", Kind.OPTION))
WEATHER = Ontology((Feature("weather", Kind.RADIO, OPTIONS),))
PATHS = ("weather/sunny", "weather/rain")
ANSWERS = Annotations.from_columns(row=[0, 1, 3, 3], feature=[1, 2, 1, 2])


def test_a_choice_is_one_answer_and_none_or_two_say_nothing() -> None:
    snapshot = Snapshot(WEATHER, _rows(4), ANSWERS)
    answers = answers_of(snapshot, np.arange(4), Design(Task.CLASSIFICATION, PATHS))

    assert answers[:2].tolist() == [[1, 0], [0, 1]]
    assert np.isnan(answers[2:]).all()


def test_a_checklist_takes_any_number_of_answers_but_none_at_all_is_not_known() -> None:
    snapshot = Snapshot(WEATHER, _rows(4), ANSWERS)
    answers = answers_of(snapshot, np.arange(4), Design(Task.CLASSIFICATION, PATHS, several=True))

    assert answers[[0, 1, 3]].tolist() == [[1, 0], [0, 1], [1, 1]]
    assert np.isnan(answers[2]).all()
