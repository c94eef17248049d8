"""Weights come through torchvision's own cache; what is not there is told of."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision

from trainer.learning.bodies import pretrained
from trainer.learning.bodies.making import make_body
from trainer.learning.families import WITH_COCO
from trainer.records.errors import TrainingError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of torch, and no network."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", refuse)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def _store(folder: Path, model: str, state: dict[str, torch.Tensor]) -> None:
    torch.save(state, folder / Path(torchvision.models.get_model_weights(model).DEFAULT.url).name)


def test_imagenet_weights_are_those_of_the_file(cache: Path) -> None:
    state = torchvision.models.get_model("mobilenet_v3_small").state_dict()
    _store(cache, "mobilenet_v3_small", state)
    body = make_body("mobilenet_v3_small", pretrained="imagenet")

    assert all(torch.equal(weights, state[name]) for name, weights in body.layers.state_dict().items())


def test_coco_weights_are_the_body_of_the_detector(cache: Path) -> None:
    detector = torchvision.models.get_model("fasterrcnn_mobilenet_v3_large_fpn", weights_backbone=None)
    _store(cache, "fasterrcnn_mobilenet_v3_large_fpn", detector.state_dict())
    body = make_body("mobilenet_v3_large", pretrained="coco")

    expected = detector.backbone.body.state_dict()
    loaded = {name.removeprefix("features."): weights for name, weights in body.layers.state_dict().items()}
    assert all(torch.equal(weights, loaded[name]) for name, weights in expected.items())
    assert len(expected) > 200


@pytest.mark.parametrize("backbone", WITH_COCO)
def test_the_coco_model_holds_every_weight_of_the_body(backbone: str) -> None:
    model = pretrained._COCO_MODELS[backbone]
    with torch.device("meta"):
        whole = torchvision.models.get_model(model.name, weights=None, weights_backbone=None).state_dict()
        classifier = torchvision.models.get_model(backbone).state_dict()
    held = pretrained._take_body(whole, model)
    lacking = [
        name
        for name, weights in classifier.items()
        if not name.startswith(("fc.", "classifier.")) and not name.endswith("num_batches_tracked")
        if name not in held or held[name].shape != weights.shape
    ]

    assert lacking == []
    assert torchvision.models.get_model_weights(model.name).DEFAULT.name.startswith("COCO")


def test_weights_that_cannot_be_had_are_told_of_with_their_place(cache: Path) -> None:
    with pytest.raises(TrainingError, match=rf"\(no route to host\).*{cache}/resnet18-\w+\.pth .*TORCH_HOME"):
        make_body("resnet18", pretrained="imagenet")


def test_a_damaged_file_is_told_of(cache: Path) -> None:
    (cache / Path(torchvision.models.get_model_weights("resnet18").DEFAULT.url).name).write_bytes(b"half a file")

    with pytest.raises(TrainingError, match="is damaged"):
        make_body("resnet18", pretrained="imagenet")


def test_a_file_of_another_network_is_told_of(cache: Path) -> None:
    _store(cache, "resnet18", {"conv1.weight": torch.zeros(64, 3, 7, 7)})

    with pytest.raises(TrainingError, match=r"lacks .* weights, first 'bn1.weight'"):
        make_body("resnet18", pretrained="imagenet")


@pytest.mark.parametrize(
    ("backbone", "wanted", "says"),
    [
        ("tiny_resnet", "imagenet", "no pretrained weights"),
        ("resnet18", "coco", "no COCO weights of 'resnet18'; there are of mobilenet_v3_large, resnet50, resnet101"),
        ("mobilenet_v3_small", "jft", "one of none, imagenet, coco"),
        ("regnet_y_128gf", "imagenet", "may not be used commercially"),
    ],
)
def test_weights_that_do_not_exist_are_refused(backbone: str, wanted: str, says: str) -> None:
    with pytest.raises(TrainingError, match=says):
        pretrained._check_offer(backbone, wanted)
