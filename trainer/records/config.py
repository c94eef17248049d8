"""What a training needs to be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from trainer.records.errors import RecordError

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class RunConfig:
    """Named settings of a run: plain values, lists and mappings of them, as YAML can hold.

    Example:
        >>> config = RunConfig({"backbone": "resnet18", "epochs": 20})
        >>> config.difference(RunConfig({"backbone": "resnet18", "epochs": 50}))
        {'epochs': (20, 50)}
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            _refuse_unwritable(name, value)
        object.__setattr__(self, "values", _plain(self.values))

    def to_yaml(self) -> str:
        """The settings as YAML, in their order."""
        return yaml.safe_dump(dict(self.values), sort_keys=False, allow_unicode=True)

    @classmethod
    def from_yaml(cls, text: str) -> RunConfig:
        """The settings that `to_yaml` wrote."""
        return cls(yaml.safe_load(text) or {})

    def scalars(self) -> dict[str, Scalar]:
        """Only the settings with a single value, for tables."""
        return {
            name: value
            for name, value in self.values.items()
            if value is None or isinstance(value, str | int | float | bool)
        }

    def difference(self, other: RunConfig) -> dict[str, tuple[Any, Any]]:
        """Settings that differ, as (here, there); a missing one is None."""
        names = list(dict.fromkeys([*self.values, *other.values]))
        pairs = {name: (self.values.get(name), other.values.get(name)) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _plain(value: Any) -> Any:
    """The value as YAML gives it back, so that a config read again is equal: mappings as dict, tuples as list."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _refuse_unwritable(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _refuse_unwritable(f"{name}.{key}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_unwritable(name, inner)
    elif value is not None and not isinstance(value, str | int | float | bool):
        raise RecordError(
            f"Setting {name!r} is a {type(value).__name__}; "
            "settings are text, numbers, true/false, lists and mappings of them."
        )
