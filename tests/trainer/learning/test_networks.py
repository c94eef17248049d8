"""Every family learns every task, and each head learns what it is shown."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from trainer.learning.bodies.making import make_body
from trainer.learning.canvas import CanvasFound, CanvasObjects, CanvasTruth
from trainer.learning.families import FAMILIES
from trainer.learning.networks import MicroNetwork, Outputs, decode, make_network
from trainer.records.design import Design, Task
from trainer.records.errors import TrainingError

SMALLEST = {family: names[0] for family, names in FAMILIES.items()}
COSTLY = ("ViT", "MaxViT")
SIDE = 64


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _design(task: Task, backbone: str = "tiny_resnet", stride: int = 8) -> Design:
    painted = ("square",) if task is Task.DETECTION_AND_SEGMENTATION else ()
    return Design(task, ("disc", "square"), backbone=backbone, stride=stride, painted=painted)


def _make_scene(number: int, design: Design) -> tuple[torch.Tensor, CanvasTruth]:
    """A red disc or square of 20 to 26 pixels on a dark canvas; even numbers show discs."""
    side, left, top, feature = 20 + 2 * number, 8 + 4 * number, 30 - 6 * number, number % 2
    y, x = torch.arange(SIDE)[:, None] + 0.5, torch.arange(SIDE)[None] + 0.5
    mask = (x > left) & (x < left + side) & (y > top) & (y < top + side)
    if feature == 0:
        mask = (x - left - side / 2) ** 2 + (y - top - side / 2) ** 2 < (side / 2) ** 2
    picture = torch.stack([mask * 2.0, mask * (2.0 * feature), -1.0 + mask])
    corners = torch.tensor([[left, top, left + side, top + side]], dtype=torch.float32)
    found = design.features[feature] in design.found_features
    objects = CanvasObjects(corners, torch.tensor([feature]), torch.tensor([False]), mask[None])
    nothing = CanvasObjects(corners[:0], torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.bool), mask[:0])
    drawn = design.features[feature] in design.painted_features
    value = design.painted_features.index(design.features[feature]) + 1 if drawn else 0
    answers = torch.nn.functional.one_hot(torch.tensor(feature), 2).float()
    return picture, CanvasTruth(objects if found else nothing, mask.long() * value, answers)


def _make_batch(design: Design, count: int = 4) -> tuple[torch.Tensor, list[CanvasTruth]]:
    pictures, truths = zip(*(_make_scene(number, design) for number in range(count)), strict=True)
    return torch.stack(pictures), list(truths)


def _lose(network: MicroNetwork, pictures: torch.Tensor, truths: list[CanvasTruth]) -> dict[str, torch.Tensor]:
    losses = network(pictures, truths)
    assert isinstance(losses, dict)
    return losses


def _look(network: MicroNetwork, pictures: torch.Tensor) -> Outputs:
    with torch.no_grad():
        outputs = network(pictures)
    assert isinstance(outputs, Outputs)
    return outputs


def _check_step(network: MicroNetwork, *, count: int) -> None:
    network.train()
    before = {name: weights.detach().clone() for name, weights in network.named_parameters() if "body" not in name}
    losses = _lose(network, *_make_batch(network.design, count))
    network.zero_grad()
    sum(losses.values(), torch.zeros(())).backward()
    torch.optim.SGD(network.parameters(), 1e-3).step()

    assert set(losses) == set(network.design.task.heads)
    assert all(math.isfinite(loss.item()) for loss in losses.values())
    assert [name for name, weights in network.named_parameters() if weights.grad is None] == []
    after = dict(network.named_parameters())
    assert not all(torch.equal(weights, after[name]) for name, weights in before.items())
    first = next(network.body.parameters()).grad
    assert first is not None
    assert first.abs().sum() > 0


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "VGG"])
def test_every_family_takes_a_step_in_every_task(family: str) -> None:
    backbone, count = SMALLEST[family], 1 if family in COSTLY else 2
    body = make_body(backbone, image_size=SIDE, strides=(8, 16, 32))
    for task in Task:
        if task is not Task.CLASSIFICATION:
            _check_step(MicroNetwork(body, design=_design(task, backbone), image_size=SIDE), count=count)
    if family == "ViT":  # its finer map would take no part
        body = make_body(backbone, image_size=SIDE, strides=())
    design = _design(Task.CLASSIFICATION, backbone)
    _check_step(MicroNetwork(body, design=design, image_size=SIDE), count=count)


def test_vgg_classifies_and_nothing_else() -> None:
    _check_step(make_network(_design(Task.CLASSIFICATION, "vgg11"), image_size=SIDE), count=1)
    with pytest.raises(TrainingError, match=r"'vgg11' serves classification alone.*resnet18"):
        make_network(_design(Task.DETECTION, "vgg11"), image_size=SIDE)


def test_a_design_of_stride_4_wants_a_body_that_has_it() -> None:
    _check_step(make_network(_design(Task.INSTANCE_SEGMENTATION, stride=4), image_size=SIDE), count=2)
    with pytest.raises(TrainingError, match="no feature map at stride 4"):
        make_network(_design(Task.DETECTION, "vit_b_16", stride=4), image_size=SIDE)


def test_a_single_smallest_canvas_can_be_classified() -> None:
    network = make_network(_design(Task.CLASSIFICATION), image_size=32)
    losses = _lose(network.train(), torch.randn(1, 3, 32, 32), [CanvasTruth(answers=torch.tensor([1.0, 0.0]))])

    assert math.isfinite(losses["classes"].item())


def test_a_truth_without_what_is_learned_is_refused() -> None:
    network = make_network(_design(Task.SEMANTIC_SEGMENTATION), image_size=SIDE)

    with pytest.raises(TrainingError, match="Canvas 0 of the batch has no painted"):
        network(torch.zeros(1, 3, SIDE, SIDE), [CanvasTruth()])


def test_half_precision_and_channels_last_learn_with_losses_of_full_precision() -> None:
    for task in Task:
        network = make_network(_design(task), image_size=SIDE).to(memory_format=torch.channels_last)
        pictures, truths = _make_batch(network.design, 2)
        with torch.autocast("cpu", torch.bfloat16):
            losses = _lose(network, pictures.to(memory_format=torch.channels_last), truths)
        sum(losses.values(), torch.zeros(())).backward()

        assert {loss.dtype for loss in losses.values()} == {torch.float32}
        assert all(math.isfinite(loss.item()) for loss in losses.values())


def test_the_same_seed_makes_the_same_network() -> None:
    torch.manual_seed(7)
    first = make_network(_design(Task.INSTANCE_SEGMENTATION), image_size=SIDE).state_dict()
    torch.manual_seed(7)
    second = make_network(_design(Task.INSTANCE_SEGMENTATION), image_size=SIDE).state_dict()

    assert all(torch.equal(weights, second[name]) for name, weights in first.items())


def _overfit(task: Task, steps: int = 80) -> tuple[list[CanvasFound], list[CanvasTruth]]:
    torch.manual_seed(0)
    network = make_network(_design(task), image_size=SIDE)
    pictures, truths = _make_batch(network.design)
    optimiser = torch.optim.AdamW(network.train().parameters(), 4e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        sum(_lose(network, pictures, truths).values(), torch.zeros(())).backward()
        optimiser.step()
    return decode(network, _look(network.eval(), pictures), min_confidence=0.3, nms_iou=0.5), truths


def _iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


def test_objects_and_their_outlines_are_learned() -> None:
    found, truths = _overfit(Task.INSTANCE_SEGMENTATION)
    for one, truth in zip(found, truths, strict=True):
        assert one.feature is not None
        assert one.corners is not None
        assert one.masks is not None
        assert truth.objects is not None
        assert truth.objects.masks is not None
        assert one.feature.tolist() == truth.objects.feature.tolist()
        np.testing.assert_allclose(one.corners, truth.objects.corners.numpy(), atol=4)
        assert _iou(one.masks[0], truth.objects.masks[0].numpy()) > 0.75


def test_boxes_and_paint_are_learned_together() -> None:
    found, truths = _overfit(Task.DETECTION_AND_SEGMENTATION)
    for one, truth in zip(found, truths, strict=True):
        assert one.feature is not None
        assert one.painted is not None
        assert truth.objects is not None
        assert truth.painted is not None
        assert one.feature.tolist() == truth.objects.feature.tolist()
        painted = truth.painted.numpy() == 1
        assert _iou(one.painted == 1, painted) > 0.75 if painted.any() else (one.painted == 0).all()


def test_paint_is_learned() -> None:
    found, truths = _overfit(Task.SEMANTIC_SEGMENTATION)
    for one, truth in zip(found, truths, strict=True):
        assert one.painted is not None
        assert one.painted_confidence is not None
        assert truth.painted is not None
        shown = int(truth.painted.max())
        assert _iou(one.painted == shown, truth.painted.numpy() == shown) > 0.75
        assert one.painted_confidence[shown - 1] > 0.5


def test_answers_are_learned() -> None:
    found, truths = _overfit(Task.CLASSIFICATION, steps=40)
    for one, truth in zip(found, truths, strict=True):
        assert one.answers is not None
        assert truth.answers is not None
        assert one.answers.sum() == pytest.approx(1)
        assert one.answers[int(truth.answers.argmax())] > 0.8
        assert one.corners is None


def test_what_is_found_does_not_depend_on_the_neighbours() -> None:
    torch.manual_seed(1)
    network = make_network(_design(Task.INSTANCE_SEGMENTATION), image_size=SIDE).eval()
    pictures = torch.randn(3, 3, SIDE, 96)
    outputs = _look(network, pictures)
    centres = outputs.centres
    assert centres is not None
    assert outputs.fused is not None
    cut = Outputs(
        outputs.size,
        outputs.deepest[1:2],
        outputs.fused[1:2],
        type(centres)(centres.heat[1:2], centres.distances[1:2]),
    )
    among = decode(network, outputs, min_confidence=0.001, nms_iou=0.5, most=5)[1]
    (alone,) = decode(network, cut, min_confidence=0.001, nms_iou=0.5, most=5)

    assert among.corners is not None
    assert among.masks is not None
    assert alone.masks is not None
    assert 0 < len(among.corners) <= 5
    assert among.masks.shape == (len(among.corners), SIDE, 96)
    np.testing.assert_array_equal(among.corners, alone.corners)
    np.testing.assert_array_equal(among.masks, alone.masks)
