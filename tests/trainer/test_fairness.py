"""Runs at confidences that are fair to all of them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import trainer
from trainer import Box, ModelRun, Store
from trainer.commands import main
from trainer.comparing.fairness import compare_fairly

CAR = Box("car", 0, 0, 10, 10)


def _log(store: Store, name: str, confidences: dict[str, float], *, alarm: float) -> ModelRun:
    """A car on every row, found with a confidence of its own where there is one; a false alarm on every row."""
    with trainer.start_run("street", name, features=["car"], store=store) as run:
        for key, confidence in confidences.items():
            found = [Box("car", 0, 0, 10, 10, confidence)] if confidence else []
            wrong = Box("car", 50, 50, 10, 10, alarm)
            run.log_row(key, size=(99, 99), truth=[CAR], predictions=[*found, wrong], split="validation")
    return run.result


@pytest.fixture
def runs(store: Store) -> tuple[ModelRun, ModelRun]:
    """The candidate finds the same cars as the baseline, with half its confidence, and one more."""
    keys = [f"{i:02}" for i in range(10)]
    before = {key: 0.9 if i < 6 else 0.0 for i, key in enumerate(keys)}
    after = {key: 0.4 if i < 7 else 0.0 for i, key in enumerate(keys)}
    return _log(store, "sure", before, alarm=0.6), _log(store, "shy", after, alarm=0.2)


def test_a_shy_run_is_not_blamed_for_its_low_confidences(runs: tuple[ModelRun, ModelRun]) -> None:
    compared = compare_fairly(*runs, condition=("precision", 1.0))
    [point] = compared.points

    assert point.confidence.tolist() == [0.9, 0.4]
    assert point.recall.tolist() == [0.6, 0.7]
    assert compared.rows == 10


def test_without_a_condition_all_meet_what_the_baseline_meets_at_its_best(runs: tuple[ModelRun, ModelRun]) -> None:
    compared = compare_fairly(*runs)

    assert compared.points[0].equal == "each run's best F1"
    assert len(compared.points) == 4
    assert len(compared.lines()) == 8


def test_what_a_run_cannot_reach_is_undefined(runs: tuple[ModelRun, ModelRun]) -> None:
    [point] = compare_fairly(*runs, condition=("recall", 0.65)).points

    np.testing.assert_array_equal(point.confidence, [np.nan, 0.4])
    assert point.reachable[0] == 0.6


def test_no_false_alarms_at_all_can_be_asked_for(runs: tuple[ModelRun, ModelRun]) -> None:
    [point] = compare_fairly(*runs, condition=("alarms", 0.0)).points

    assert point.fp.tolist() == [0, 0]


def test_the_progress_is_told_run_by_run(runs: tuple[ModelRun, ModelRun]) -> None:
    told: list[tuple[str, int, int]] = []
    compare_fairly(*runs, report=lambda *state: told.append(state))

    assert told[:3] == [("matching", 0, 2), ("matching", 1, 2), ("matching", 2, 2)]
    assert told[3:] == [("comparing confidences", 0, 1), ("comparing confidences", 1, 1)]


def test_the_command_tells_what_each_run_reaches(
    runs: tuple[ModelRun, ModelRun], store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--store", str(store.location)]

    assert main([*where, "fair", "street/sure", "street/shy", "--recall", "0.65"]) == 0
    printed = capsys.readouterr().out
    assert "recall of at least 0.65" in printed
    assert "street/sure does not reach that; it comes to 0.6" in printed
    assert main([*where, "fair", "street/sure", "street/shy", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [line["run"] for line in facts["points"][:2]] == ["street/sure", "street/shy"]
    assert all(line["confidence"] is None or math.isfinite(line["confidence"]) for line in facts["points"])


def test_only_one_condition_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fair", "a", "b", "--recall", "0.5", "--precision", "0.5"])

    assert stopped.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err
