"""Settings are checked when they are made, and show without torch."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from trainer.learning.settings import TrainingSettings
from trainer.records.errors import TrainingError


def test_settings_show_without_torch() -> None:
    code = (
        "import sys, trainer.learning.settings; print({'torch', 'torchvision', 'pandas', 'mlflow'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "set()"


@pytest.mark.parametrize("image_size", [64, 192, 224, 320, 416, 512, 640])
def test_usual_picture_sizes_are_taken(image_size: int) -> None:
    assert TrainingSettings(image_size=image_size).image_size == image_size


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 501),
        ("batch", 65),
        ("learning_rate", 0.2),
        ("learning_rate", float("nan")),
        ("image_size", 100),
        ("image_size", 32),
        ("flips", "sideways"),
        ("pretrained", "jft"),
        ("ema", 1),
        ("early_stopping", 0),
        ("validate_every", 501),
        ("mixed_precision", "fp16"),
        ("warm_up", -1),
        ("weight_decay", None),
        ("device", "tpu"),
        ("training_rows", 0),
        ("seed", -1),
        ("epochs", 2.5),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(TrainingError, match=f"{name} is "):
        TrainingSettings(**{name: value})  # type: ignore[arg-type]


def test_all_bad_values_are_named_at_once() -> None:
    with pytest.raises(TrainingError) as caught:
        TrainingSettings(epochs=0, batch=0, flips="up")

    assert all(name in str(caught.value) for name in ("epochs", "batch", "flips"))


def test_numbers_of_numpy_are_numbers_and_can_be_written() -> None:
    settings = TrainingSettings(epochs=np.int64(7), learning_rate=np.float32(0.0625), ema=0)  # type: ignore[arg-type]

    assert settings == TrainingSettings(epochs=7, learning_rate=0.0625)
    assert '"epochs": 7' in json.dumps(dict(settings.to_config().values))


@pytest.mark.parametrize(
    ("epochs", "said"), [(3.0, "3.0; it has to be a whole number"), (True, "True; it has to be a")]
)
def test_numbers_that_are_not_whole_and_truths_are_told(epochs: object, said: str) -> None:
    with pytest.raises(TrainingError, match=f"epochs is {said}"):
        TrainingSettings(epochs=epochs)  # type: ignore[arg-type]


def test_settings_come_back_from_a_run_config() -> None:
    settings = TrainingSettings(epochs=7, training_rows=40)

    assert TrainingSettings.from_values(settings.to_config().values) == settings


def test_settings_of_older_runs_are_read_without_what_is_the_models_now() -> None:
    values = {"backbone": "resnet18", "stride": 4, "epochs": 30, "image_size": 320}

    assert TrainingSettings.from_values(values) == TrainingSettings(epochs=30, image_size=320)


def test_a_setting_that_no_version_knows_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"no setting 'epoch'; there are .*epochs"):
        TrainingSettings.from_values({"epoch": 3})


def test_the_defaults_are_those_of_the_training_dialog() -> None:
    settings = TrainingSettings()

    assert (settings.epochs, settings.batch, settings.learning_rate, settings.image_size) == (50, 8, 0.002, 416)
    assert settings.min_annotations == 5
