"""Numbers of one's own: logged a value a row or made by a function, and compared like ours."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import metrics
import trainer
from trainer import Box, ModelRun, RecordError, Sampling, Store, measure_gains
from trainer.commands.entry import main
from trainer.comparing.certainty import CertainGain
from trainer.formats.numbers import read_numbers
from trainer.gates.gate import check_gate
from trainer.gates.rules import parse_rules

CAR = Box("car", 0, 0, 10, 10)
KEYS = [f"row {number:02}" for number in range(12)]
QUICK = Sampling(resamples=200)


def _log(store: Store, name: str, seconds: dict[str, float] | None, *, lower_is_better: bool = True) -> ModelRun:
    with trainer.start_run("street", name, features=["car"], store=store) as run:
        if seconds is not None:
            run.log_numbers("seconds", seconds, lower_is_better=lower_is_better)
        for key in KEYS:
            run.log_row(key, size=(99, 99), truth=[CAR], predictions=[Box("car", 0, 0, 10, 10, 0.9)])
    return run.result


@pytest.fixture
def slow(store: Store) -> ModelRun:
    return _log(store, "slow", {key: 2.0 + 0.01 * place for place, key in enumerate(KEYS)})


@pytest.fixture
def quick(store: Store) -> ModelRun:
    return _log(store, "quick", {key: 1.0 + 0.02 * place for place, key in enumerate(KEYS)})


def _only(gains: trainer.Gains, number: str) -> CertainGain:
    (gain,) = (gain for gain in gains.of() if gain.number == number)
    return gain


def test_fewer_seconds_are_better_for_certain(slow: ModelRun, quick: ModelRun) -> None:
    gain = _only(measure_gains(slow, quick, sampling=QUICK), "seconds")

    assert gain.values.baseline == pytest.approx(2.055)
    assert gain.values.candidate == pytest.approx(1.11)
    assert gain.certain == "better"
    assert gain.units == gain.support == 12


def test_it_is_kept_with_the_run_and_shown_by_mlflow(store: Store, slow: ModelRun) -> None:
    kept = trainer.open_run("street/slow", store=store).own_numbers["seconds"]

    assert kept.lower_is_better
    assert kept.values.tolist() == [2.0 + 0.01 * place for place in range(12)]
    assert slow.stored.metrics["seconds"] == pytest.approx(2.055)


def test_rows_without_a_value_do_not_count(store: Store, slow: ModelRun) -> None:
    few = _log(store, "few", {KEYS[0]: 1.0, KEYS[1]: 3.0, KEYS[2]: math.nan})
    gain = _only(measure_gains(slow, few, sampling=QUICK), "seconds")

    assert gain.values.candidate == 2.0
    assert gain.units == 2
    assert gain.too_few
    assert gain.certain is None


def test_a_number_that_one_run_lacks_is_not_compared(store: Store, slow: ModelRun) -> None:
    without = _log(store, "without", None)

    assert "seconds" not in {gain.number for gain in measure_gains(slow, without, sampling=QUICK).of()}


def test_runs_have_to_agree_on_which_way_is_better(store: Store, slow: ModelRun) -> None:
    opposite = _log(store, "opposite", dict.fromkeys(KEYS, 1.0), lower_is_better=False)

    with pytest.raises(RecordError, match="less is better in one run"):
        measure_gains(slow, opposite, sampling=QUICK)


def _confidence(run: ModelRun) -> metrics.RowRatio:
    predictions, rows = run.predictions, len(run.snapshot.rows)
    total = np.bincount(predictions.row, predictions.confidence, minlength=rows)
    return metrics.ratio("mean confidence", total, np.bincount(predictions.row, minlength=rows))


def test_a_function_of_the_run_makes_one(slow: ModelRun, quick: ModelRun) -> None:
    gain = _only(measure_gains(slow, quick, numbers=[_confidence], sampling=QUICK), "mean confidence")

    assert (gain.values.baseline, gain.gain) == (pytest.approx(0.9), 0.0)
    assert gain.interval == (0.0, 0.0)


def test_a_function_that_leaves_rows_out_is_measured_on_the_others(slow: ModelRun, quick: ModelRun) -> None:
    def first_half(run: ModelRun) -> metrics.RowRatio:
        return metrics.row_mean("half", run.own_numbers["seconds"].values).on_rows(np.arange(12) < 6)

    gain = _only(measure_gains(slow, quick, numbers=[first_half], sampling=QUICK), "half")

    assert gain.values.candidate == pytest.approx(1.05)
    assert gain.units == 6


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda run: 3.0, "gave float"),
        (lambda run: metrics.row_mean("mAP", [1.0] * 12), "modelruns makes"),
        (lambda run: metrics.row_mean("seconds", [1.0] * 12), "two numbers 'seconds'"),
        (lambda run: metrics.row_mean("short", [1.0]), "1 values, and run 'slow' has 12 rows"),
    ],
)
def test_a_function_that_makes_something_else_is_refused(slow: ModelRun, quick: ModelRun, made, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        measure_gains(slow, quick, numbers=[made], sampling=QUICK)


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("mAP", {KEYS[0]: 1.0}, "modelruns makes"),
        ("s, all", {KEYS[0]: 1.0}, "cannot be the name"),
        ("seconds", {KEYS[0]: math.inf}, "infinite"),
        ("seconds", {KEYS[0]: "soon"}, "no number"),
        ("seconds", {"row 99": 1.0}, "rows that the run does not have"),
    ],
)
def test_what_cannot_be_right_is_refused(store: Store, name: str, values: dict[str, float], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        _log_one(store, name, values)


def _log_one(store: Store, name: str, values: dict[str, float]) -> None:
    with trainer.start_run("street", "wrong", features=["car"], store=store) as run:
        run.log_numbers(name, values)
        run.log_row(KEYS[0], size=(99, 99), truth=[CAR])


def test_a_gate_holds_a_promise_about_it(slow: ModelRun, quick: ModelRun) -> None:
    rules = "{resamples: 200, promises: [{own_number: seconds, value_at_most: %s}]}"
    verdicts = [check_gate(slow, quick, parse_rules(rules % limit)).passed for limit in (1.5, 1.0)]

    assert verdicts == [True, False]


def test_a_gate_refuses_a_number_that_no_run_has(slow: ModelRun, quick: ModelRun) -> None:
    with pytest.raises(RecordError, match="'watts', which boxes of these runs do not have"):
        check_gate(slow, quick, parse_rules("{promises: [{own_number: watts, value_at_most: 9}]}"))


def test_a_gate_names_the_run_that_alone_has_a_number(store: Store, slow: ModelRun) -> None:
    without = _log(store, "without", None)

    with pytest.raises(RecordError, match="It was logged with 'slow' alone; log it with both"):
        check_gate(slow, without, parse_rules("{promises: [{own_number: seconds, value_at_most: 9}]}"))


def test_a_table_of_numbers_is_read_by_its_keys(tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text("key,seconds,score\n007,1.5,3\nb,,4\n")

    assert read_numbers(tmp_path / "numbers.csv") == {"seconds": {"007": 1.5}, "score": {"007": 3.0, "b": 4.0}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,seconds\na,1\n", "needs a column 'key'"),
        ("key\na\n", "needs a column 'key'"),
        ("key,seconds\na,1\na,2\n", "'a' stands there twice"),
        ("key,seconds\n,1\n", "entry 1 has no key"),
        ("key,seconds\na,fast\n", "not numbers alone"),
        ("key,seconds\na,1,2\n", "cannot be read"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "numbers.csv").write_text(text)

    with pytest.raises(RecordError, match=words):
        read_numbers(tmp_path / "numbers.csv")


def test_the_command_line_refuses_a_direction_of_no_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "numbers.csv").write_text("key,seconds\na,1\n")
    files = ["--truth", "t.json", "--predictions", "p.json", "--numbers", str(tmp_path / "numbers.csv")]

    assert main(["log", "street", "--name", "x", *files, "--lower-is-better", "watts"]) == 1
    assert "'watts' is no number: --numbers has seconds" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_table_that_is_not_there_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordError, match=rf"{name} cannot be read as a table"):
        read_numbers(tmp_path / name)
