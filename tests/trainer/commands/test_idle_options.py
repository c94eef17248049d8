"""Options that decide nothing for what is measured are refused in a sentence; rows are counted by one rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trainer
from trainer import Answer, Feature, Kind, Mask, Ontology, Span, Store
from trainer.commands import main
from trainer.commands.output import chance, interval, p_value

SQUARE = np.ones((4, 4), dtype=bool)


@pytest.fixture(scope="module")
def location(make_store, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs of one choice, ticks, names and painted cells on 12 rows; the second run is always right."""
    store: Store = make_store(tmp_path_factory.mktemp("idle") / "mlruns")
    ticks = Ontology((Feature("has", Kind.CHECKLIST, (Feature("dry", Kind.OPTION), Feature("wet", Kind.OPTION))),))
    for place, name in enumerate(("first", "second")):
        with trainer.start_run("days", name, store=store) as run:
            for row in range(12):
                said = [Answer("weather", "dry" if place or row < 3 else "wet", 0.9)]
                run.log_row(f"{row}", size=(4, 4), truth=[Answer("weather", "dry")] * (row < 10), predictions=said)
        with trainer.start_run("ticks", name, features=ticks, store=store) as run:
            for row in range(12):
                run.log_row(f"{row}", size=(4, 4), truth=[Answer("has", "dry")], predictions=[Answer("has", "dry")])
        with trainer.start_run("names", name, store=store) as run:
            for row in range(12):
                span = Span("person", 0, 3)
                run.log_row(f"{row}", text="Ada met Oslo", truth=[span], predictions=[span])
        with trainer.start_run("cells", name, measure="pixels", store=store) as run:
            for row in range(12):
                cell = Mask("cell", SQUARE)
                run.log_row(f"{row}", size=(4, 4), truth=[cell], predictions=[cell])
    yield store.location
    store.close()


@pytest.fixture
def told(location: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `modelruns` with a command and an experiment, whose two runs it is about."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(location))

    def run(command: str, experiment: str, *options: str) -> tuple[int, str, str]:
        runs = [f"{experiment}/first", f"{experiment}/second"]
        if command == "variance":
            runs = ["--baseline", runs[0], "--candidate", runs[1]]
        code = main([command, *runs, *options])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("command", "experiment", "option", "words"),
    [
        ("compare", "days", "--confidence", "each row has one choice, the surest one, at any confidence"),
        ("attribute", "days", "--iou", "A least IoU means nothing for classes:weather: each row has one choice"),
        ("ledger", "days", "--iou", "each row has one choice"),
        ("disputed", "days", "--confidence", "each row has one choice"),
        ("variance", "days", "--confidence", "each row has one choice"),
        (
            "compare",
            "ticks",
            "--iou",
            "A least IoU means nothing for classes:has: an option is a true one or it is not",
        ),
        ("fair", "ticks", "--iou", "an option is a true one or it is not"),
        ("ledger", "names", "--iou", "A least IoU means nothing for spans: a span is a true one or it is not"),
        ("slices", "names", "--iou", "a span is a true one or it is not"),
        ("attribute", "cells", "--iou", "A least IoU means nothing for pixels: pixels are only added up here"),
        ("ledger", "cells", "--confidence", "A least confidence means nothing for pixels: each pixel has one feature"),
    ],
)
def test_a_threshold_that_decides_nothing_is_refused(
    told: Any, command: str, experiment: str, option: str, words: str
) -> None:
    code, out, err = told(command, experiment, option, "0.6")

    assert code != 0
    assert words in err
    assert err.rstrip().endswith("Leave it out.")
    assert out == ""


@pytest.mark.parametrize("experiment", ["days", "ticks", "names", "cells"])
def test_sizes_are_refused_of_what_has_none(told: Any, experiment: str) -> None:
    code, _, err = told("compare", experiment, "--sizes")

    assert code != 0
    assert "Sizes mean nothing for" in err


def test_a_threshold_that_decides_something_is_taken(told: Any) -> None:
    for command in ("compare", "ledger"):
        assert told(command, "cells", "--iou", "0.7")[0] == 0
        assert told(command, "names", "--confidence", "0.7")[0] == 0


def test_compare_and_the_ledger_count_the_same_rows(told: Any) -> None:
    compared, ledger = (json.loads(told(command, "days", "--json")[1]) for command in ("compare", "ledger"))

    assert compared["rows"] == ledger["rows"] == 10
    assert compared["rows_without_truth"] == ledger["rows_without_truth"] == 2
    for command in ("compare", "ledger"):
        out = told(command, "days")[1]
        assert "10 rows (validation)" in out
        assert "left out: 2 rows without a true class" in out


def test_attribute_and_compare_print_chances_alike(told: Any) -> None:
    for command in ("attribute", "compare"):
        out = told(command, "days")[1]

        assert "> 0.999" in out
        assert " 1.000 " not in out


def test_what_is_no_number_has_a_dash() -> None:
    nan = float("nan")

    assert (chance(nan), p_value(nan), interval(nan, 1.0)) == ("–", "–", "–")
