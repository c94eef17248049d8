"""One field for each training setting: names, help, ranges and defaults are those of `TrainingSettings` itself."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from trainer.learning.settings import NOT_OF_TRAINING, TrainingSettings
from trainer.records.errors import TrainingError

USUAL_SIZES: Final = (224, 320, 416, 512, 640)
_FIRST: Final = ("epochs", "batch", "learning_rate", "image_size")
"""What nearly every training sets; everything else waits behind "More settings"."""

NOT_ASKED: Final = NOT_OF_TRAINING
_COLUMNS: Final = 2
_LONGEST_ABBREVIATION: Final = 3
_WHERE_EMPTY: Final = "not set"


def draw_settings(key: str, *, defaults: TrainingSettings, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Draw a field for each setting and return what they hold, by name.

    Values a reader typed stay in the session while the fields are not drawn.

    Args:
        key: Beginning of the fields' keys; other fields for another model.
        defaults: What the fields hold at first.
        without: Names of settings that are drawn elsewhere.
    """
    settings = [entry for entry in dataclasses.fields(TrainingSettings) if entry.name not in without]
    first = [entry for name in _FIRST for entry in settings if entry.name == name]
    values = _draw_grid(key, first, defaults)
    with st.expander("More settings"):
        values |= _draw_grid(key, [entry for entry in settings if entry not in first], defaults)
    return values


def read_settings(values: Mapping[str, Any]) -> TrainingSettings:
    """The settings that the fields hold.

    Raises:
        TrainingError: If they cannot be used; says which and why.
    """
    size = values.get("image_size")
    if isinstance(size, str):  # typed, not chosen
        if not size.strip().isdigit():
            raise TrainingError(f"Image size is {size!r}; it is a whole number of pixels.")
        values = {**values, "image_size": int(size)}
    return TrainingSettings(**values)


def title_of(name: str) -> str:
    """A setting's name as a reader sees it.

    Example:
        >>> title_of("learning_rate"), title_of("ema")
        ('Learning rate', 'EMA')
    """
    return name.upper() if len(name) <= _LONGEST_ABBREVIATION else name.replace("_", " ").capitalize()


def _draw_grid(key: str, settings: list[dataclasses.Field[Any]], defaults: TrainingSettings) -> dict[str, Any]:
    values = {}
    for start in range(0, len(settings), _COLUMNS):
        for entry, column in zip(settings[start : start + _COLUMNS], st.columns(_COLUMNS), strict=False):
            with column:
                values[entry.name] = _draw_field(f"{key}_{entry.name}", entry, getattr(defaults, entry.name))
    return values


def _draw_field(key: str, setting: dataclasses.Field[Any], default: Any) -> Any:
    rule, title = setting.metadata, title_of(setting.name)
    told = rule["help"][:1].upper() + rule["help"][1:] + "."
    if setting.name == "image_size":
        sizes = sorted({*USUAL_SIZES, default})
        return st.selectbox(
            title, sizes, sizes.index(default), key=key, help=told, accept_new_options=True, persist_state="session"
        )
    if rule["choices"]:
        choices = list(rule["choices"])
        return st.selectbox(title, choices, choices.index(default), key=key, help=told, persist_state="session")
    if rule["type"] is bool:
        return st.toggle(title, default, key=key, help=told, persist_state="session")
    if rule["type"] is str:
        return st.text_input(title, default, key=key, help=told, persist_state="session").strip()
    return _draw_number(key, rule, title=title, told=told, default=default)


def _draw_number(key: str, rule: Mapping[str, Any], *, title: str, told: str, default: Any) -> Any:
    number = rule["type"]
    limits = {"min_value": number(rule["least"]), "max_value": number(rule["most"])} if rule["most"] else {}
    return st.number_input(
        title,
        value=default,
        step=number(_step_of(number, default)),
        format="%d" if number is int else "%g",
        key=key,
        help=told,
        placeholder=_WHERE_EMPTY,
        persist_state="session",
        **limits,
    )


def _step_of(number: type, default: Any) -> float:
    """A step that takes a reader from one sensible value to the next: of the default's own size.

    Example:
        >>> _step_of(int, 50), _step_of(float, 0.002), _step_of(float, 0.0)
        (1, 0.001, 0.01)
    """
    if number is int:
        return 1
    return float(10.0 ** math.floor(math.log10(default))) if default else 0.01
