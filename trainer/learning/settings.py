"""How to train: names, ranges and defaults, without torch, so that a command line can show them quickly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from trainer.records.config import RunConfig
from trainer.records.errors import TrainingError

FINEST_STRIDES = (4, 8)
SIZE_STEP = 32


def _setting(
    default: Any, value_type: type, *, help: str, least: float = 0, most: float = 0, choices: tuple[Any, ...] = ()
) -> Any:
    metadata = {"type": value_type, "help": help, "least": least, "most": most, "choices": choices or None}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class TrainingSettings:
    """Everything a training needs to be repeated on the same snapshot.

    The defaults make a useful detector from some hundred pictures in a few minutes on two CPU cores, without any
    download: in that time a small body learns more from scratch than a large one. Sizes of pictures are multiples of
    32 from 64 to 1024: the usual 224, 320, 416, 512 and 640, and small ones that suit small pictures. Cost grows with
    the square of the size.

    Raises:
        TrainingError: If a value has the wrong type or lies outside its range; names every such setting.

    Example:
        >>> TrainingSettings(epochs=5).to_config().difference(TrainingSettings().to_config())
        {'epochs': (5, 30)}
    """

    backbone: str = _setting("tiny_resnet", str, help="tiny_resnet, or the name of a torchvision classifier")
    pretrained: str = _setting(
        "none", str, help="what the backbone starts from; imagenet is downloaded once", choices=("none", "imagenet")
    )
    image_size: int = _setting(
        320, int, help="longest side in pixels that pictures are resized to, a multiple of 32", least=64, most=1024
    )
    stride: int = _setting(
        8, int, help="pixels between places where an object can be found; 4 suits small objects", choices=FINEST_STRIDES
    )
    epochs: int = _setting(30, int, help="how often each picture is seen, 1 to 500", least=1, most=500)
    batch: int = _setting(4, int, help="pictures a step, 1 to 64", least=1, most=64)
    learning_rate: float = _setting(
        0.002, float, help="largest step size of the optimiser, 0.00001 to 0.1", least=0.00001, most=0.1
    )
    augmentation: str = _setting(
        "light", str, help="light: vary zoom, place, brightness, contrast and colour", choices=("none", "light")
    )
    flips: str = _setting(
        "horizontal",
        str,
        help="mirror pictures; both for microscopes and views from above, none for writing",
        choices=("none", "horizontal", "both"),
    )
    training_rows: int | None = _setting(
        None, int, help="train on only so many training rows, by hash of their key", least=1, most=10**9
    )
    min_annotations: int = _setting(
        5, int, help="refuse to train a feature with fewer annotations", least=1, most=10**6
    )
    seed: int = _setting(
        0, int, help="the same seed, device and threads give the same weights", least=0, most=2**32 - 1
    )
    threads: int | None = _setting(None, int, help="CPU threads; none: one a core, at most 8", least=1, most=256)
    device: str = _setting("auto", str, help="auto takes a GPU where there is one", choices=("auto", "cpu", "cuda"))

    def __post_init__(self) -> None:
        problems = [problem for entry in fields(self) if (problem := _find_problem(self, entry.name, entry.metadata))]
        if not problems and self.image_size % SIZE_STEP:
            problems.append(f"image_size is {self.image_size}; it is a multiple of {SIZE_STEP}.")
        if problems:
            raise TrainingError("These settings cannot be used: " + " ".join(problems))

    def to_config(self) -> RunConfig:
        """The settings as a run keeps them."""
        return RunConfig(asdict(self))


def _find_problem(settings: TrainingSettings, name: str, rule: Mapping[str, Any]) -> str:
    value, wanted = getattr(settings, name), rule["type"]
    if value is None and name in ("training_rows", "threads"):
        return ""
    if not isinstance(value, _accepted_types(wanted)) or isinstance(value, bool):
        return f"{name} is {value!r}; it is {'a number' if wanted is not str else 'text'}."
    if rule["choices"] and value not in rule["choices"]:
        return f"{name} is {value!r}; it is one of {', '.join(map(str, rule['choices']))}."
    if rule["most"] and not rule["least"] <= value <= rule["most"]:
        return f"{name} is {value}; it lies between {rule['least']} and {rule['most']}."
    return ""


def _accepted_types(wanted: type) -> tuple[type, ...]:
    return (float, int) if wanted is float else (wanted,)
