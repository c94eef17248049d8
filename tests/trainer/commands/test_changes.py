"""`modelruns ledger` and `modelruns attribute`: what they print, write and refuse."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import trainer
from trainer.commands import changes, main
from trainer.commands.entry import make_parser
from trainer.comparing.ledger_table import DIFFERING, TELLING

RUNS = ["digits/few-labels", "digits/more-labels"]


@pytest.fixture(autouse=True)
def in_its_store(two_runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(two_runs.store.location))


@pytest.fixture
def ledger(two_runs) -> trainer.ObjectLedger:
    return trainer.object_ledger(trainer.pair_runs(two_runs.baseline, two_runs.candidate))


def _json(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out)


def test_the_ledger_prints_counts_and_the_first_objects(
    capsys: pytest.CaptureFixture[str], ledger: trainer.ObjectLedger
) -> None:
    assert main(["ledger", *RUNS, "--show", "2"]) == 0
    text = capsys.readouterr().out
    listed = sum(ledger.total[change] for change in DIFFERING)

    assert f"{ledger.rows} rows (validation)" in text
    assert f"{listed - 2:,} more are not listed" in text
    assert sum(line.startswith(("newly missed", "new ", "newly found", "fixed")) for line in text.splitlines()) == 2


def test_the_ledger_as_json_holds_everything_that_is_printed(
    capsys: pytest.CaptureFixture[str], ledger: trainer.ObjectLedger
) -> None:
    assert main(["ledger", *RUNS, "--json", "--change", "newly_found", "--show", "3"]) == 0
    facts = _json(capsys)

    assert facts["total"] == ledger.total
    assert {entry["change"] for entry in facts["objects"]} == {"newly_found"}
    assert facts["objects_not_shown"] == ledger.total["newly_found"] - 3
    assert facts["p"] == pytest.approx(ledger.p_value)
    assert [entry["feature"] for entry in facts["per_feature"]] == list(ledger.features)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_whole_ledger_is_written_unless_some_is_asked_for(
    capsys: pytest.CaptureFixture[str], ledger: trainer.ObjectLedger, tmp_path: Path, ending: str
) -> None:
    whole, some = tmp_path / f"whole.{ending}", tmp_path / f"some.{ending}"
    feature = ledger.features[0]
    assert main(["ledger", *RUNS, "--out", str(whole)]) == 0
    assert main(["ledger", *RUNS, "--out", str(some), "--change", "kept", "--feature", feature]) == 0

    assert trainer.read_ledger(whole).equals(ledger.table)
    assert trainer.read_ledger(some).equals(ledger.choose(changes=["kept"], features=[feature]))
    assert f"written: {some}" in capsys.readouterr().out


def test_crops_are_cut_up_to_a_number(
    capsys: pytest.CaptureFixture[str], ledger: trainer.ObjectLedger, tmp_path: Path
) -> None:
    assert main(["ledger", *RUNS, "--crops", str(tmp_path / "crops"), "--most-crops", "3", "--json"]) == 0
    facts = _json(capsys)["crops"]
    chosen = sum(ledger.total[change] for change in DIFFERING)

    assert (facts["cut"], facts["without_picture"], facts["not_cut"]) == (3, 0, chosen - 3)
    assert len(list((tmp_path / "crops").glob("*.png"))) == 3


def test_a_wrong_ending_is_refused_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "no-such-run", "neither", "--out", "ledger.xlsx"]) == 1
    assert "ends neither in .csv nor in .parquet" in capsys.readouterr().err


def test_an_unknown_feature_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", *RUNS, "--feature", "horse"]) == 1
    assert "share no feature 'horse'. They share:" in capsys.readouterr().err


def test_changes_are_called_the_same_everywhere() -> None:
    assert (changes.CHANGES, changes.DIFFERING) == (TELLING, DIFFERING)


def test_the_same_data_leaves_everything_to_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", *RUNS]) == 0
    text = capsys.readouterr().out

    assert "the data is the same, so everything is the model's" in text
    assert "leaked" not in text


def test_an_attribution_as_json_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", *RUNS, "--split", "all", "--json", "--resamples", "200"]) == 0
    facts = _json(capsys)

    assert facts["baseline"]["split"] == "all"
    for gain in facts["gains"]:
        parts = [gain[name] for name in ("model", "truth", "split", "rows", "features")]
        assert sum(parts) == pytest.approx(gain["gain"], abs=1e-12)
    assert set(facts["gains"][0]["model_on"]) == {"baseline", "candidate"}
    known = facts["gains"][0]["certainty"]["model"]
    assert known["low"] < facts["gains"][0]["model"] < known["high"]
    assert (known["certain"], known["p_above_0"]) == ("above", 1)
    assert facts["sampling"]["units"]["truth"] == 0


def test_the_parts_of_one_number_are_told_with_their_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", *RUNS, "--resamples", "50", "--number", "recall", "--split", "all"]) == 0
    text = capsys.readouterr().out
    table = text[text.index("recall: part") :].splitlines()

    assert [line.split()[0] for line in table[1:3]] == ["gain", "model"]
    assert table[1].split()[1:] == table[2].split()[1:]
    assert table[1].endswith("above")
    assert "50 resamples of" in text
    assert main(["attribute", *RUNS, "--resamples", "0"]) == 0
    assert "interval" not in capsys.readouterr().out
    assert main(["attribute", *RUNS, "--number", "speed", "--resamples", "0"]) == 1
    assert "There is no number 'speed'" in capsys.readouterr().err


def test_other_data_is_told_apart_and_leaks_are_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: trainer.Store
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    car = trainer.Box("car", 0, 0, 10, 10)
    for name, splits in (("one", ["training", "validation"]), ("two", ["validation", "validation"])):
        with trainer.start_run("street", name, features=["car"], store=store) as run:
            for key, split in zip("ab", splits, strict=True):
                run.log_row(key, size=(50, 50), split=split, truth=[car], predictions=[car] if key == "a" else [])
    assert main(["attribute", "one", "two"]) == 0
    text = capsys.readouterr().out

    assert "0 of them only the baseline measures, 1 only the candidate" in text
    assert "leaked into training of the baseline's snapshot: 1 validation and test row of the candidate" in text
    assert "precision of the baseline is undefined on 1 shared rows" in text
    recall = next(line.split() for line in text.splitlines() if line.startswith("recall"))

    assert recall == ["recall", "0.0000", "0.5000", "+0.5000", "0", "0", "+0.5000", "0", "0"]
    assert "gain and split: fewer than 6, too few for an interval" in text


def test_a_narrow_terminal_loses_what_did_not_change_and_cuts_no_number(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["attribute", *RUNS, "--resamples", "0"]) == 0
    text = capsys.readouterr().out

    assert "…" not in text
    assert "no room for: features" in text
    assert "model" in next(line for line in text.splitlines() if "gain" in line and "truth" in line)


@pytest.mark.parametrize("command", ["ledger", "attribute"])
def test_every_command_explains_itself_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        make_parser().parse_args([command, "--help"])

    assert ended.value.code == 0
    assert f"modelruns {command}" in capsys.readouterr().out.split("example:")[1]
