"""Arguments of another kind than a public function takes are refused in a sentence that says what it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import trainer
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
    told: Callable[[int], None] | None = None,
    anything: Any = None,
) -> tuple[object, ...]:
    return data, number, pair, keys, told, anything


@pytest.mark.parametrize(
    "given",
    [
        {"data": {"cells": ["red"]}},
        {"data": {"cells": "red"}},  # one text stands for a list of one
        {"number": 3},
        {"number": np.float32(3)},
        {"pair": (1, None)},
        {"keys": [np.int64(1)]},
        {"told": print},
        {"told": None},
        {"anything": object()},
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
        ({"told": True}, "is True, a bool; it takes a function or None"),
    ],
)
def test_what_does_not_fit_is_told_with_what_does(given: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError, match=said):
        _take(**given)


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
        lambda: trainer.predict_project("finder", "cells", experiment="x", name="y", features=["red"]),
        lambda: trainer.accept_predictions(None),
        lambda: trainer.save_config("thorough", {"epochs": 3}),
        lambda: trainer.reproduce(None),
        lambda: trainer.start_reproduction(3),
        lambda: trainer.reproduction_of(3),
        lambda: trainer.get_job(3),
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
