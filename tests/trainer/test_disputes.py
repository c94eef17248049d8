"""Truths that runs dispute: as a table, as files and pictures, and gains with and without them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

import trainer
from trainer import Box, ModelRun, Sampling, Store, cut_disputes, disputed_truths
from trainer.commands import main
from trainer.comparing.dispute_outlines import outlines_of
from trainer.comparing.disputes import TERMS

HERE, THERE, ELSEWHERE = (0, 0, 10, 10), (50, 50, 10, 10), (100, 100, 10, 10)
Log = Callable[..., ModelRun]


@pytest.fixture
def log(store: Store) -> Log:
    """Log a run on one row with a cat here and a cat there, or other truths."""

    def make(name: str, *found: Box, **options: Any) -> ModelRun:
        truth = options.pop("truth", [Box("cat", *HERE), Box("cat", *THERE)])
        features = options.pop("features", ["cat", "dog"])
        rows = options.pop("rows", ["a"])
        with trainer.start_run("pets", name, features=features, store=store) as run:
            for key in rows:
                run.log_row(key, size=(200, 200), truth=truth, predictions=list(found), **options)
        return run.result

    return make


@pytest.fixture
def runs(log: Log) -> tuple[ModelRun, ModelRun]:
    """Both see a dog here; both see a dog where nothing is; both miss the cat there, the second not quite."""
    dog = Box("dog", *ELSEWHERE)
    return (
        log("one", Box("dog", *HERE, 0.9), dog._replace(confidence=0.8)),
        log("two", Box("dog", *HERE, 0.7), dog._replace(confidence=0.7), Box("cat", *THERE, 0.4)),
    )


def test_the_progress_is_told_while_runs_are_matched_and_gains_resampled(runs: tuple[ModelRun, ModelRun]) -> None:
    told: list[tuple[str, int, int]] = []
    disputed = disputed_truths(runs, report=lambda *state: told.append(state))
    assert told == [("matching", 0, 2), ("matching", 1, 2), ("matching", 2, 2)]

    told.clear()
    gains = disputed.gains(sampling=Sampling(resamples=20))
    assert (told[0], told[-1]) == (("resampling", 0, 20), ("resampling", 20, 20))
    silent = disputed_truths(runs).gains(sampling=Sampling(resamples=20))
    assert repr(gains) == repr(silent)


def test_each_dispute_is_a_line_with_the_truth_and_what_the_runs_see(runs: tuple[ModelRun, ModelRun]) -> None:
    mistaken, invented, missed = disputed_truths(runs).table.to_pylist()

    assert (mistaken["kind"], mistaken["feature"], mistaken["seen_as"]) == ("other_feature", "cat", "dog")
    assert (mistaken["key"], mistaken["split"], mistaken["runs"], mistaken["doubt"]) == ("a", "validation", 2, 0.8)
    assert (mistaken["run_1"], mistaken["run_1_confidence"]) == ("pets/one", 0.9)
    assert [mistaken[name] for name in ("left", "top", "width", "height")] == list(HERE)
    assert (invented["kind"], invented["feature"], invented["seen_as"]) == ("no_truth", None, "dog")
    assert (invented["truth"], invented["left"], invented["run_2_left"]) == (None, 100, 100)
    assert (missed["kind"], missed["feature"], missed["seen_as"]) == ("missed", "cat", None)
    assert missed["doubt"] == pytest.approx((1 + 0.6) / 2)
    assert (missed["run_1_prediction"], missed["run_1_left"]) == (None, None)


def test_predictions_and_truths_go_by_their_numbers_in_the_runs(runs: tuple[ModelRun, ModelRun]) -> None:
    disputed = disputed_truths(runs)
    line = disputed.table.to_pylist()[0]

    assert runs[1].snapshot.truth.box[line["truth"]].tolist() == list(HERE)
    for number, run in enumerate(runs, start=1):
        assert run.predictions.confidence[line[f"run_{number}_prediction"]] == line[f"run_{number}_confidence"]
    assert disputed.counts == {"other_feature": 1, "no_truth": 1, "missed": 1}
    assert len(disputed) == len(disputed.frame) == 3


def test_the_truth_and_the_rows_are_the_last_runs(log: Log) -> None:
    """The first run knows other rows, another truth and its features in another order."""
    first = log(
        "other", Box("dog", *HERE, 0.9), truth=[Box("dog", *HERE)], rows=["0", "a"], features=["bird", "dog", "cat"]
    )
    last = log("own", Box("dog", *HERE, 0.7), rows=["a", "b"])
    disputed = disputed_truths([first, last], min_doubt=0)
    lines = disputed.table.to_pylist()

    assert {line["key"] for line in lines} == {"a"}
    assert (lines[0]["feature"], lines[0]["seen_as"], lines[0]["run_1_confidence"]) == ("cat", "dog", 0.9)
    assert lines[0]["run_1_prediction"] == 1
    assert first.predictions.row[1] == first.snapshot.rows.position("a")
    assert disputed.on.remarks == (
        "The runs saw different snapshots: all are measured against the truth of pets/own.",
        "1 rows of pets/other are left out: not all runs have them.",
        "1 rows of pets/own are left out: not all runs have them.",
        "Left out, as not all runs know them: bird.",
    )


def test_as_many_runs_as_asked_for_must_agree(runs: tuple[ModelRun, ModelRun], log: Log) -> None:
    right = log("right", Box("cat", *HERE, 0.9), Box("cat", *THERE, 0.9))

    assert len(disputed_truths([*runs, right])) == 0
    [line] = disputed_truths([*runs, right], min_runs=2, min_doubt=0.53).table.to_pylist()[:1]
    assert (line["runs"], line["doubt"]) == (2, pytest.approx(1.6 / 3))
    assert (line["run_3"], line["run_3_confidence"], line["run_3_left"]) == ("pets/right", None, None)


def test_runs_without_disputes_make_an_empty_table_with_all_columns(log: Log, runs: tuple[ModelRun, ModelRun]) -> None:
    found = [Box("cat", *HERE, 0.9), Box("cat", *THERE, 0.8)]
    disputed = disputed_truths([log("a", *found), log("b", *found[::-1], Box("dog", *HERE, 0.1))])

    assert len(disputed.table) == 0
    assert disputed.table.schema.names == disputed_truths(runs).table.schema.names
    assert disputed.table.schema.types == disputed_truths(runs).table.schema.types
    for gain in disputed.gains():
        # An interval around a single row is undefined: NaN on both sides.
        np.testing.assert_equal(asdict(gain.with_disputes), asdict(gain.without))


def test_gains_are_told_with_and_without_what_is_disputed(log: Log) -> None:
    """Where the truth says cat both say dog; else only the second finds the other cat."""
    rows = [f"{i}" for i in range(8)]
    first = log("one", Box("dog", *HERE, 0.9), rows=rows)
    second = log("two", Box("dog", *HERE, 0.7), Box("cat", *THERE, 0.9), rows=rows)
    precision, recall, f1 = disputed_truths([first, second]).gains()

    assert (precision.with_disputes.gain, recall.with_disputes.gain) == (0.5, 0.5)
    assert (recall.without.baseline, recall.without.candidate, f1.without.candidate) == (0.0, 1.0, 1.0)
    back = disputed_truths([first, second]).gains(pair=(1, 0), kinds=[], sampling=Sampling(resamples=10))
    assert [each.name for each in back] == ["precision", "recall", "F1"]
    assert back[1].with_disputes.gain == back[1].without.gain == -0.5


def test_what_cannot_be_asked_is_refused(runs: tuple[ModelRun, ModelRun]) -> None:
    with pytest.raises(trainer.RecordError, match="1 run named; at least two"):
        disputed_truths(runs[:1])
    with pytest.raises(trainer.RecordError, match=r"'one' is named twice \(as number 1 and 3\)"):
        disputed_truths([*runs, runs[0]])
    with pytest.raises(trainer.RecordError, match="3 of 2 runs are to agree"):
        disputed_truths(runs, min_runs=3)
    with pytest.raises(trainer.RecordError, match="in the split 'test'; 'two' has 1 validation"):
        disputed_truths(runs, split="test")
    with pytest.raises(trainer.RecordError, match="'odd' is no kind of dispute"):
        disputed_truths(runs).gains(kinds=["odd"])
    with pytest.raises(trainer.RecordError, match="two of the 2 runs, not of numbers 1 and -1"):
        disputed_truths(runs).gains(pair=(1, -1))


def test_equal_predictions_are_pointed_out(log: Log) -> None:
    found = [Box("dog", *HERE, 0.9)]
    remarks = disputed_truths([log("a", *found), log("b", *found)]).on.remarks

    assert remarks == ("pets/a and pets/b predict exactly the same: nothing speaks for two.",)


def test_rows_that_a_run_was_trained_on_are_pointed_out(log: Log) -> None:
    found = [Box("dog", *HERE, 0.9)]
    disputed = disputed_truths([log("a", *found, split="training"), log("b", split="validation")])

    assert "pets/a was trained on 1 of these rows, which flatters it." in disputed.on.remarks


def test_crops_show_the_truth_and_each_run(log: Log, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    Image.new("RGB", (200, 200), (128, 128, 128)).save(picture)
    made = {"rows": ["a"], "image": picture}
    dog = Box("dog", *HERE, 0.9)
    disputed = disputed_truths([log("one", dog, **made), log("two", dog._replace(confidence=0.8), **made)])
    crops = cut_disputes(disputed, disputed.table, tmp_path / "crops")

    assert [path.name for path in crops.files if path] == ["0001-other_feature-cat-a.png", "0002-missed-cat-a.png"]
    mistaken, missed = (outlines_of(line) for line in disputed.table.to_pylist())
    assert [outline.words for outline in mistaken] == [
        "truth: cat, 10 x 10 px",
        "pets/one: dog 0.90",
        "pets/two: dog 0.80",
    ]
    assert [outline.words for outline in missed][1:] == [
        f"pets/{name}: misses it, 1.00 sure" for name in ("one", "two")
    ]
    assert [outline.box is not None for outline in missed] == [True, False, False]


def test_the_command_lists_writes_and_says_what_it_cannot_tell(
    runs: tuple[ModelRun, ModelRun], store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--store", str(store.location), "disputed", "pets/one", "pets/two"]
    out = tmp_path / "disputed.parquet"

    assert main([*asked, "--show", "2", "--out", str(out), "--crops", str(tmp_path / "crops")]) == 0
    printed = capsys.readouterr().out
    assert "3 disputes: 1 taken for another feature, 1 seen where no truth is, 1 missed by the runs" in printed
    assert "1 more are not listed" in printed
    assert "not a correction" in printed
    assert "not cut: 3 on 1 row; first: a: there is no picture of it" in printed
    table = pyarrow.parquet.read_table(out)
    assert table.equals(disputed_truths(runs).table)
    assert json.loads(table.schema.metadata[TERMS.encode()])["truth"] == "pets/two"


def test_the_command_as_json_holds_everything(
    runs: tuple[ModelRun, ModelRun], store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--store", str(store.location), "disputed", "pets/one", "pets/two", "--json"]

    assert main([*asked, "--min-doubt", "0.75", "--show", "1"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["counts"] == {"other_feature": 1, "no_truth": 1, "missed": 1}
    assert [line["seen_as"] for line in facts["disputes"]] == ["dog"]
    assert facts["disputes_not_shown"] == 2
    assert [each["number"] for each in facts["gains"]["numbers"]] == ["precision", "recall", "F1"]
    assert main([*asked, "--confidence", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["gains"]["numbers"][0]["with"]["gain"] is None


def test_the_command_refuses_in_one_line(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--store", str(store.location), "disputed", "pets/one", "pets/two"]

    assert main([*asked, "--out", "disputed.txt"]) == 1
    assert "neither in .csv nor in .parquet" in capsys.readouterr().err
