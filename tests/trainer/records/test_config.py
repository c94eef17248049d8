"""Run configs are plain values that YAML keeps."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.records.config import RunConfig
from trainer.records.errors import RecordError

VALUES = {
    "backbone": "resnet18",
    "epochs": 20,
    "learning_rate": 1e-05,
    "shuffle": True,
    "initial": None,
    "text": "yes",
    "number_like": "1e3",
    "day": "2024-01-01",
    "sizes": [224, 416],
    "nested": {"ä": {"b": [1, {"c": 2.5}]}},
}


def test_a_config_survives_yaml_in_its_order():
    again = RunConfig.from_yaml(RunConfig(VALUES).to_yaml())

    assert again.values == VALUES
    assert list(again.values) == list(VALUES)
    assert RunConfig(VALUES).difference(again) == {}


def test_tuples_are_lists_from_the_start():
    config = RunConfig({"sizes": (1, (2, 3))})

    assert config == RunConfig.from_yaml(config.to_yaml())


def test_an_empty_config_survives_yaml():
    assert RunConfig.from_yaml(RunConfig().to_yaml()) == RunConfig()


def test_a_later_change_of_what_was_given_does_not_reach_the_config():
    given = {"sizes": [1, 2]}
    config = RunConfig(given)
    given["sizes"].append(3)

    assert config.values == {"sizes": [1, 2]}


def test_differences_are_told_from_here_to_there():
    here, there = RunConfig({"a": 1, "b": 2, "c": [1]}), RunConfig({"b": 3, "c": [1], "d": 4})

    assert here.difference(there) == {"a": (1, None), "b": (2, 3), "d": (None, 4)}


def test_only_single_values_go_into_tables():
    assert list(RunConfig(VALUES).scalars()) == [name for name in VALUES if name not in ("sizes", "nested")]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "Setting 'x' is a object"),
        ({"y": {1, 2}}, r"Setting 'x\.y' is a set"),
        ([np.float32(1)], "Setting 'x' is a float32"),
        (b"bytes", "Setting 'x' is a bytes"),
    ],
)
def test_what_yaml_cannot_hold_is_refused_by_name(value, message):
    with pytest.raises(RecordError, match=message):
        RunConfig({"x": value})
