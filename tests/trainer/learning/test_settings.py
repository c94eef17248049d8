"""Settings are checked when they are made, and show without torch."""

from __future__ import annotations

import subprocess
import sys

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
        ("stride", 16),
        ("flips", "sideways"),
        ("pretrained", "coco"),
        ("device", "tpu"),
        ("training_rows", 0),
        ("seed", -1),
        ("epochs", 2.5),
        ("backbone", None),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(TrainingError, match=f"{name} is "):
        TrainingSettings(**{name: value})  # type: ignore[arg-type]


def test_all_bad_values_are_named_at_once() -> None:
    with pytest.raises(TrainingError) as caught:
        TrainingSettings(epochs=0, batch=0, flips="up")

    assert all(name in str(caught.value) for name in ("epochs", "batch", "flips"))


def test_settings_come_back_from_a_run_config() -> None:
    settings = TrainingSettings(epochs=7, training_rows=40)

    assert TrainingSettings(**settings.to_config().values) == settings
