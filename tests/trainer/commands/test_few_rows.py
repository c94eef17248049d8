"""What commands say where rows are too few, or a run says nothing."""

from __future__ import annotations

import pytest

import trainer
from trainer import Box, Store
from trainer.commands import main

RUNS = ["street/first", "street/second"]


@pytest.fixture(autouse=True)
def street(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs on four rows, of which the second finds nothing."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    for name in ("first", "second"):
        found = [Box("car", 0, 0, 20, 20, 0.9)] if name == "first" else []
        with trainer.start_run("street", name, store=store) as run:
            for row in range(4):
                truth = [Box("car", 0, 0, 20, 20)]
                run.log_row(f"{row}", size=(99, 99), truth=truth, predictions=found, split="validation")


def test_no_interval_is_shown_where_nothing_can_be_certain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *RUNS, "--resamples", "50"]) == 0
    text = capsys.readouterr().out

    assert [line.split() for line in text.splitlines() if line.startswith("recall")] == [
        ["recall", "1.0000", "0.0000", "-1.0000"]
    ]
    assert "no interval where fewer than 6 of the rows drawn count" in text
    assert "certain" not in text
    assert "0 features" not in text


def test_a_number_that_rests_on_one_row_of_many_is_not_told_as_certain(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """A precision of one prediction is the same on every resample that holds it."""
    for name, top in (("lucky", 0), ("unlucky", 60)):
        with trainer.start_run("lane", name, store=store) as run:
            for row in range(20):
                said = [Box("car", 0, top, 20, 20, 0.9)] if row == 0 else []
                truth = [Box("car", 0, 0, 20, 20)]
                run.log_row(f"{row:02}", size=(99, 99), truth=truth, predictions=said, split="validation")
    assert main(["compare", "lane/lucky", "lane/unlucky", "--resamples", "100"]) == 0
    text = capsys.readouterr().out

    assert [line.split() for line in text.splitlines() if line.startswith("precision")] == [
        ["precision", "1.0000", "0.0000", "-1.0000", "–", "–"]
    ]
    assert "no interval where fewer than 6 of the rows drawn count" in text
    assert "worse\n" not in text


def test_a_run_without_predictions_has_no_fair_confidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fair", *RUNS]) == 0
    text = capsys.readouterr().out

    assert "street/second has nothing to measure there" in text
    assert "nan" not in text


def test_where_no_slice_was_looked_at_nothing_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slices", *RUNS]) == 0
    text = capsys.readouterr().out

    assert "4 rows are too few to show anything" in text
    assert "slices looked at" not in text
