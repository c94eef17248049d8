"""Pictures vary and their boxes follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from trainer.learning.augmentation import Variation, draw_variation, vary
from trainer.learning.canvas import NOT_LEARNED, CanvasObjects, CanvasTruth

NO_LIGHT = (0.0, 0.0, 0.0)


def _one(box: list[float]) -> CanvasTruth:
    return CanvasTruth(CanvasObjects(torch.tensor([box]), torch.tensor([0]), torch.tensor([False])))


def _objects(truth: CanvasTruth) -> CanvasObjects:
    assert truth.objects is not None
    return truth.objects


def _vary_box(box: tuple[int, int, int, int], variation: Variation) -> tuple[list[float], CanvasObjects]:
    """Where a bright box ends up in the picture, and where its object does."""
    left, top, right, bottom = box
    picture = torch.zeros(1, 3, 96, 128)
    picture[:, :, top:bottom, left:right] = 1
    changed, (truth,) = vary(picture, [_one([float(side) for side in box])], [variation])
    lit = changed[0, 0] >= 0.5
    rows, columns = torch.nonzero(lit.any(dim=1)), torch.nonzero(lit.any(dim=0))
    return [columns[0].item(), rows[0].item(), columns[-1].item() + 1, rows[-1].item() + 1], _objects(truth)


VARIATIONS = [
    Variation(1.0, (1.0, 1.0), (0.0, 0.0), 1.0, NO_LIGHT),
    Variation(1.0, (-1.0, 1.0), (0.0, 0.0), 1.0, NO_LIGHT),
    Variation(1.0, (1.0, -1.0), (0.1, -0.05), 1.0, NO_LIGHT),
    Variation(1.25, (-1.0, -1.0), (0.05, 0.02), 1.0, NO_LIGHT),
    Variation(0.8, (1.0, 1.0), (-0.08, 0.08), 1.0, NO_LIGHT),
]


@pytest.mark.parametrize("variation", VARIATIONS)
def test_boxes_follow_the_picture(variation: Variation) -> None:
    seen, objects = _vary_box((40, 30, 72, 54), variation)

    assert objects.corners[0].tolist() == pytest.approx(seen, abs=0.75)


@pytest.mark.parametrize("variation", VARIATIONS)
def test_masks_and_painted_maps_follow_the_picture(variation: Variation) -> None:
    picture, mask = torch.zeros(1, 3, 96, 128), torch.zeros(96, 128, dtype=torch.bool)
    mask[30:54, 40:72] = True
    picture[:, :, mask] = 1
    objects = replace(_objects(_one([40.0, 30.0, 72.0, 54.0])), masks=mask[None])
    changed, (truth,) = vary(picture, [CanvasTruth(objects, mask.long() * 2)], [variation])
    lit, moved, painted = changed[0, 0] >= 0.5, _objects(truth).masks, truth.painted

    assert moved is not None
    assert painted is not None
    # Between the pixels the picture is smooth where masks are not; the outermost ring may differ.
    assert (moved[0] ^ lit).sum() <= 120
    assert (painted == 2).equal(moved[0])


def test_what_comes_in_from_outside_is_not_learned_as_painted() -> None:
    right = Variation(1.0, (1.0, 1.0), (0.25, 0.0), 1.0, NO_LIGHT)
    truth = CanvasTruth(painted=torch.ones(96, 128, dtype=torch.int64))
    painted = vary(torch.zeros(1, 3, 96, 128), [truth], [right])[1][0].painted

    assert painted is not None
    assert (painted[:, :32] == NOT_LEARNED).all()
    assert (painted[:, 32:] == 1).all()


def test_masks_of_objects_that_leave_the_canvas_are_left_out_with_them() -> None:
    right = Variation(1.0, (1.0, 1.0), (0.25, 0.0), 1.0, NO_LIGHT)
    objects = replace(_objects(_one([100.0, 10.0, 120.0, 40.0])), masks=torch.ones(1, 96, 128, dtype=torch.bool))
    moved = _objects(vary(torch.zeros(1, 3, 96, 128), [CanvasTruth(objects)], [right])[1][0])

    assert moved.masks is not None
    assert moved.masks.shape == (0, 96, 128)


def test_no_variation_leaves_the_picture_as_it_is() -> None:
    picture = torch.rand(1, 3, 64, 96)
    same = draw_variation((0, 1, 2), augmentation="none", flips="none")
    changed, _ = vary(picture, [_one([1.0, 1.0, 9.0, 9.0])], [same])

    torch.testing.assert_close(changed, picture, atol=1e-5, rtol=0)


def test_an_object_mostly_outside_is_ignored_and_one_outside_is_left_out() -> None:
    right = Variation(1.0, (1.0, 1.0), (0.25, 0.0), 1.0, NO_LIGHT)
    half_out = vary(torch.zeros(1, 3, 96, 128), [_one([88.0, 10.0, 118.0, 40.0])], [right])[1][0].objects
    out = vary(torch.zeros(1, 3, 96, 128), [_one([100.0, 10.0, 120.0, 40.0])], [right])[1][0].objects

    assert half_out is not None
    assert out is not None
    assert half_out.ignored.tolist() == [True]
    assert len(out.corners) == 0


def test_a_variation_depends_on_seed_epoch_and_row_alone() -> None:
    drawn = [draw_variation(seed, augmentation="light", flips="both") for seed in ((0, 1, 5), (0, 1, 5), (0, 2, 5))]

    assert drawn[0] == drawn[1] != drawn[2]


def test_writing_is_never_mirrored_when_asked_not_to() -> None:
    drawn = [draw_variation((0, 0, row), augmentation="light", flips="none") for row in range(50)]

    assert {one.mirror for one in drawn} == {(1.0, 1.0)}
    assert np.ptp([one.zoom for one in drawn]) > 0.3
