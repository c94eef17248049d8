"""What goes on from weights of other features, and that it is just that."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from trainer.learning.inheritance import inherit
from trainer.learning.networks import make_network
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel, start_network
from trainer.records.design import Design, Task
from trainer.records.errors import TrainingError

SETTINGS = TrainingSettings(image_size=64)
DETECTOR = Design(Task.DETECTION, ("car", "bus"))
CLASSIFIER = Design(Task.CLASSIFICATION, ("car", "bus"))
BOTH = Design(Task.DETECTION_AND_SEGMENTATION, ("road", "bus", "car"), painted=("road",))
PAINTER = Design(Task.SEMANTIC_SEGMENTATION, ("car", "road"))


def _model(design: Design, seed: int = 1) -> TrainedModel:
    torch.manual_seed(seed)
    return TrainedModel(design, SETTINGS, make_network(design, image_size=64))


def _start(held: Design, wanted: Design) -> tuple[dict[str, torch.Tensor], ...]:
    """Weights that are held, those of a network started from them, and those of one started from none."""
    before = _model(held)
    torch.manual_seed(2)
    started = start_network(wanted, SETTINGS, initial=before)
    return tuple(dict(network.state_dict()) for network in (before.network, started, _model(wanted, 2).network))


@pytest.mark.parametrize(
    ("held", "wanted", "parts", "features", "fresh"),
    [
        (DETECTOR, DETECTOR, ("body", "fusion", "objects"), ("car", "bus"), ()),
        (DETECTOR, BOTH, ("body", "fusion", "objects"), ("bus", "car"), ("road",)),
        (BOTH, PAINTER, ("body", "fusion", "painted"), ("road",), ("car",)),
        (PAINTER, BOTH, ("body", "fusion", "painted"), ("road",), ("bus", "car")),
        (DETECTOR, CLASSIFIER, ("body",), (), ("car", "bus")),
        (CLASSIFIER, DETECTOR, ("body",), (), ("car", "bus")),
        (CLASSIFIER, replace(CLASSIFIER, several=True), ("body",), (), ("car", "bus")),
        (CLASSIFIER, replace(CLASSIFIER, features=("tram", "bus")), ("body", "classes"), ("bus",), ("tram",)),
        (
            DETECTOR,
            replace(DETECTOR, task=Task.INSTANCE_SEGMENTATION),
            ("body", "fusion", "objects"),
            ("car", "bus"),
            (),
        ),
    ],
)
def test_what_both_designs_have_goes_on(
    held: Design, wanted: Design, parts: tuple[str, ...], features: tuple[str, ...], fresh: tuple[str, ...]
) -> None:
    found = inherit(held, wanted)

    assert (found.parts, found.features, found.fresh_features) == (parts, features, fresh)
    assert {*found.parts, *found.fresh_parts} >= set(wanted.task.heads)


def test_outputs_go_to_their_features_and_new_ones_are_fresh() -> None:
    held, started, fresh = _start(DETECTOR, replace(DETECTOR, features=("van", "bus")))
    name = "centres.heat.1.weight"

    assert torch.equal(started[name][1], held[name][1])
    assert torch.equal(started[name][0], fresh[name][0])
    others = [one for one in started if not one.startswith("centres.heat.1")]
    assert all(torch.equal(started[one], held[one]) for one in others)


def test_a_painting_head_keeps_its_nothing() -> None:
    held, started, fresh = _start(PAINTER, replace(PAINTER, features=("road", "field")))

    for name in ("painting.paint.1.weight", "painting.paint.1.bias"):
        assert torch.equal(started[name][:2], held[name][[0, 2]])
        assert torch.equal(started[name][2], fresh[name][2])


@pytest.mark.parametrize(("held", "wanted"), [(CLASSIFIER, DETECTOR), (DETECTOR, CLASSIFIER), (DETECTOR, PAINTER)])
def test_other_tasks_take_the_body(held: Design, wanted: Design) -> None:
    before, started, fresh = _start(held, wanted)

    bodies = [name for name in started if name.startswith("body.")]
    assert bodies
    assert all(torch.equal(started[name], before[name]) for name in bodies)
    heads = [name for name in started if name.split(".")[0] in ("centres", "painting", "classes")]
    assert all(torch.equal(started[name], fresh[name]) for name in heads)


def test_the_positions_of_a_transformer_fit_the_new_size_of_pictures() -> None:
    before = _model(Design(Task.CLASSIFICATION, ("car",), backbone="vit_b_32"))
    started = start_network(
        Design(Task.DETECTION, ("bus",), backbone="vit_b_32"), replace(SETTINGS, image_size=96), initial=before
    )

    assert started.state_dict()["body.layers.encoder.pos_embedding"].shape[1] == 1 + 3 * 3


def test_the_stride_counts_only_between_networks_that_look_at_places() -> None:
    with pytest.raises(TrainingError, match="have stride 8, this training wants 4"):
        inherit(DETECTOR, replace(PAINTER, stride=4))
    assert inherit(CLASSIFIER, replace(DETECTOR, stride=4)).parts == ("body",)
