"""How to train: names, ranges and defaults, without torch, so that a command line can show them quickly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from numbers import Integral, Real
from typing import Any, Self

from trainer.records.config import RunConfig
from trainer.records.errors import TrainingError

SIZE_STEP = 32
NOT_OF_TRAINING = ("backbone", "stride")
"""Settings of runs made before designs were kept apart: they belong to the model now, not to its training."""
_KINDS = {int: "a whole number", float: "a number", str: "text"}
_MAY_BE_NONE = ("training_rows", "threads", "early_stopping", "validate_every")


def _setting(
    default: Any, value_type: type, *, help: str, least: float = 0, most: float = 0, choices: tuple[Any, ...] = ()
) -> Any:
    metadata = {"type": value_type, "help": help, "least": least, "most": most, "choices": choices or None}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class TrainingSettings:
    """Everything a training needs to be repeated with the same design on the same snapshot.

    The defaults make a useful model from some hundred pictures on two CPU cores, without any download. Sizes of
    pictures are multiples of 32 from 64 to 1024: the usual 224, 320, 416, 512 and 640, and small ones that suit small
    pictures. Cost grows with the square of the size.

    Raises:
        TrainingError: If a value has the wrong type or lies outside its range; names every such setting.

    Example:
        >>> TrainingSettings(epochs=5).to_config().difference(TrainingSettings().to_config())
        {'epochs': (5, 50)}
    """

    epochs: int = _setting(50, int, help="how often each picture is seen, 1 to 500", least=1, most=500)
    batch: int = _setting(8, int, help="pictures a step, 1 to 64, over all processes together", least=1, most=64)
    learning_rate: float = _setting(
        0.002, float, help="largest step size of the optimiser, 0.00001 to 0.1", least=0.00001, most=0.1
    )
    image_size: int = _setting(
        416,
        int,
        help="longest side in pixels that pictures are resized to: 224, 320, 416, 512, 640 or another multiple of 32 "
        "from 64 to 1024",
        least=64,
        most=1024,
    )
    pretrained: str = _setting(
        "none",
        str,
        help="what the network starts from; imagenet and coco are downloaded once",
        choices=("none", "imagenet", "coco"),
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
    early_stopping: int | None = _setting(
        None, int, help="stop after so many epochs without a better validation score; keeps the best", least=1, most=500
    )
    validate_every: int | None = _setting(
        None,
        int,
        help="epochs between validations; none: each with early stopping, else about ten in all",
        least=1,
        most=500,
    )
    warm_up: int = _setting(20, int, help="steps in which the step size climbs to the learning rate", most=10_000)
    weight_decay: float = _setting(0.01, float, help="how strongly weights are drawn to zero, 0 to 1", most=1)
    ema: float = _setting(
        0.0,
        float,
        help="keep a running mean of the weights that forgets at this rate, such as 0.999; 0: off",
        most=0.99999,
    )
    mixed_precision: str = _setting(
        "auto", str, help="auto: 16-bit arithmetic (bf16) on a GPU only", choices=("auto", "off", "bf16")
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
        for entry in fields(self):
            object.__setattr__(self, entry.name, _as_pythons_own(getattr(self, entry.name)))
        problems = [problem for entry in fields(self) if (problem := _find_problem(self, entry.name, entry.metadata))]
        if not problems and self.image_size % SIZE_STEP:
            problems.append(f"image_size is {self.image_size}; it has to be a multiple of {SIZE_STEP}.")
        if problems:
            raise TrainingError("These settings cannot be used: " + " ".join(problems))

    def to_config(self) -> RunConfig:
        """The settings as a run keeps them."""
        return RunConfig(asdict(self))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The settings that a run or a card of weights keeps, those of older versions included.

        Settings that a version did not have yet take the value that stood for them then, which is the default; those
        that belong to a model's design are left out.

        Raises:
            TrainingError: If there is a setting that no version knows.
        """
        known = {entry.name for entry in fields(cls)}
        strange = [name for name in values if name not in known and name not in NOT_OF_TRAINING]
        if strange:
            raise TrainingError(f"There is no setting {strange[0]!r}; there are {', '.join(sorted(known))}.")
        return cls(**{name: value for name, value in values.items() if name in known})


def _find_problem(settings: TrainingSettings, name: str, rule: Mapping[str, Any]) -> str:
    value, wanted = getattr(settings, name), rule["type"]
    if value is None and name in _MAY_BE_NONE:
        return ""
    if not isinstance(value, _accepted_types(wanted)) or isinstance(value, bool):
        return f"{name} is {value!r}; it has to be {_KINDS[wanted]}."
    if rule["choices"] and value not in rule["choices"]:
        return f"{name} is {value!r}; it has to be one of {', '.join(map(str, rule['choices']))}."
    if rule["most"] and not rule["least"] <= value <= rule["most"]:
        return f"{name} is {value}; it has to lie between {rule['least']} and {rule['most']}."
    return ""


def _as_pythons_own(value: object) -> object:
    """The numbers of numpy, of which a sweep is made, as those that can be written down."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return value
    return int(value) if isinstance(value, Integral) else float(value)


def _accepted_types(wanted: type) -> tuple[type, ...]:
    return (float, int) if wanted is float else (wanted,)
