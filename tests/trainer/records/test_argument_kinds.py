"""Arguments of another kind than a public function takes are refused in a sentence that says what it takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trainer
from trainer.records import argument_kinds
from trainer.records.argument_kinds import check_kinds
from trainer.records.errors import RecordError
from trainer.records.split import Split


@check_kinds
def _take(
    data: str | Mapping[str, Sequence[str]] = "",
    *,
    number: float = 0,
    pair: tuple[int, int | None] = (0, None),
    keys: Sequence[int] = (),
    found: Iterable[str] | None = None,
    told: Callable[[int], None] | None = None,
    anything: Any = None,
) -> tuple[object, ...]:
    return data, number, pair, keys, found, told, anything


@pytest.mark.parametrize(
    "given",
    [
        {"data": {"cells": ["red"]}},
        {"number": 3},
        {"number": np.float32(3)},
        {"pair": (1, None)},
        {"pair": [1, None]},
        {"found": {"red": 1}},
        {"found": (name for name in "ab")},
        {"keys": deque([1])},
        {"keys": [np.int64(1)]},
        {"told": print},
        {"told": None},
        {"anything": object()},
        {"data": MappingProxyType({"cells": ("red",)})},
    ],
)
def test_what_fits_passes(given: dict[str, Any]) -> None:
    (value,) = given.values()

    assert value in _take(**given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"data": ["cells"]}, r"data of _take\(\) is \['cells'\], a list; it takes str or dict\[str, list\[str\]\]\."),
        ({"data": {"cells": [1]}}, r"is \{'cells': \[1\]\}, a dict; it takes str or dict"),
        ({"data": None}, "is None, a NoneType"),
        ({"number": "3"}, r"number of _take\(\) is '3', a str; it takes float\."),
        ({"pair": (1, 2, 3)}, r"it takes tuple\[int, int or None\]"),
        ({"keys": ["a"]}, r"it takes list\[int\]"),
        ({"keys": [*range(9), "a"]}, r"it takes list\[int\]"),
        ({"keys": {1: 2}}, r"is \{1: 2\}, a dict; it takes list\[int\]"),
        ({"data": {"cells": "red"}}, r"is \{'cells': 'red'\}, a dict"),
        ({"found": "red"}, r"found of _take\(\) is 'red', a str; it takes list\[str\] or None"),
        ({"number": 1j}, r"is 1j, a complex"),
        ({"told": 3}, r"is 3, an int"),
        ({"told": True}, "is True, a bool; it takes a function or None"),
    ],
)
def test_what_does_not_fit_is_told_with_what_does(given: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError, match=said):
        _take(**given)


def test_arrays_and_columns_pass_as_lists() -> None:
    column = pd.Series([1, 2])

    assert _take(keys=np.array([1, 2]))[3].tolist() == [1, 2]  # type: ignore[arg-type, attr-defined]
    assert _take(keys=column)[3] is column  # type: ignore[arg-type]
    with pytest.raises(RecordError, match=r"is array\(\[\[1, 2\]\]\), an? ndarray"):
        _take(keys=np.array([[1, 2]]))  # type: ignore[arg-type]


def test_what_can_be_read_once_is_left_unread() -> None:
    names = (name for name in "ab")

    _take(found=names)

    assert list(names) == ["a", "b"]


def test_of_a_long_list_one_of_each_class_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[object] = []
    fits = argument_kinds._fits
    monkeypatch.setattr(argument_kinds, "_fits", lambda value, kind: compared.append(value) or fits(value, kind))

    _take(keys=list(range(100_000)))

    assert len(compared) < 10


def test_a_value_of_several_lines_is_told_on_one() -> None:
    with pytest.raises(RecordError, match=r"is 0 1 1 2 dtype: int64, a Series; it takes float"):
        _take(number=pd.Series([1, 2]))  # type: ignore[arg-type]


def test_a_long_value_is_cut() -> None:
    with pytest.raises(RecordError, match=r"is \[0, 1, .{40,60}\.\.\., a list"):
        _take(list(range(1000)))  # type: ignore[arg-type]


def test_what_python_says_of_missing_and_unknown_arguments_stays() -> None:
    with pytest.raises(TypeError, match=r"_take\(\) got an unexpected keyword argument 'date'"):
        _take(date="")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "call",
    [
        lambda: trainer.train("cells", model="finder", settings={}),
        lambda: trainer.start_training("cells", model="finder", settings={"epochs": 3}),
        lambda: trainer.start_training(None, model="finder"),
        lambda: trainer.create_model("finder", "detection"),
        lambda: trainer.get_model(3),
        lambda: trainer.attach("finder", "cells", {"red": "red"}),
        lambda: trainer.update_model("finder", title="seeker"),
        lambda: trainer.predict("finder", None),
        lambda: trainer.predict("finder", "clip.mp4", track="false"),
        lambda: trainer.predict_project("finder", "cells", experiment="x", name="y", features=["red"]),
        lambda: trainer.accept_predictions(None),
        lambda: trainer.save_config("thorough", {"epochs": 3}),
        lambda: trainer.reproduce(None),
        lambda: trainer.start_reproduction(3),
        lambda: trainer.reproduction_of(3),
        lambda: trainer.get_job(3),
        lambda: trainer.open_run(None),
        lambda: trainer.start_training("cells", model="finder", rows="first"),
        lambda: trainer.edit_run("run", notes=3),
    ],
)
def test_public_functions_of_training_say_what_they_take(call: Callable[[], object]) -> None:
    with pytest.raises(RecordError, match=r"of \w+\(\) is .*; it takes "):
        call()


def test_features_are_names_and_splits_are_known() -> None:
    for wrong in (None, (1, 2), 3):
        with pytest.raises(RecordError, match=r"features is .*; it has to be names"):
            trainer.Design(trainer.Task.DETECTION, wrong)  # type: ignore[arg-type]
    with pytest.raises(RecordError, match="There is no split 'tests'; there are training, validation, test, unassig"):
        Split("tests")


def test_a_switch_is_true_or_false_of_python_or_of_numpy() -> None:
    @check_kinds
    def turn(on: bool) -> bool:
        return bool(on)

    assert [turn(True), turn(np.bool_(False))] == [True, False]
    for wrong in ("false", 0, None):
        with pytest.raises(RecordError, match=r"on of turn\(\) is .*; it takes bool"):
            turn(wrong)  # type: ignore[arg-type]
