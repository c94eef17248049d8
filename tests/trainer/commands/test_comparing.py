"""`modelruns compare`: gains with their certainty, for people and for programs."""

from __future__ import annotations

import json

import pytest

import trainer
from trainer.commands import main
from trainer.commands.output import print_fitted

RUNS = ["compare", "digits/few-labels", "digits/more-labels"]
QUICK = ["--resamples", "50"]


@pytest.fixture(autouse=True)
def in_its_store(two_runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(two_runs.store.location))


def _facts(capsys: pytest.CaptureFixture[str], *options: str) -> dict:
    assert main([*RUNS, *options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_comparison_says_rows_rules_and_every_gain_with_its_certainty(
    capsys: pytest.CaptureFixture[str], two_runs
) -> None:
    facts = _facts(capsys, *QUICK)
    gains = {(entry["number"], entry["feature"]): entry for entry in facts["candidates"][0]["gains"]}
    recall = gains["recall", None]

    assert (facts["split"], facts["rows"]) == ("validation", 9)
    assert facts["sampling"]["resamples"] == 50
    assert facts["baseline"]["snapshot"] == two_runs.baseline.snapshot.digest
    assert gains["mAP", None]["rule"].startswith("coco")
    assert recall["gain"] == pytest.approx(recall["candidate"] - recall["baseline"])
    assert recall["low"] <= recall["gain"] <= recall["high"]
    assert sum(number == "AP" and feature is not None for number, feature in gains) == 10


def test_a_comparison_tells_what_became_of_objects(capsys: pytest.CaptureFixture[str], two_runs) -> None:
    objects = _facts(capsys, *QUICK)["candidates"][0]["objects"]
    pair = trainer.pair_runs(two_runs.baseline, two_runs.candidate)

    assert objects["total"] == trainer.object_ledger(pair).total
    assert {"newly_found", "newly_missed", "new", "fixed", "p"} <= set(objects["per_feature"][0])


def test_a_comparison_reads_well_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUNS, "--split", "all", *QUICK]) == 0
    text = capsys.readouterr().out

    assert "24 rows (all)" in text
    assert "50 resamples of 24 rows, seed 0" in text
    assert "95 % interval" in text
    assert next(line for line in text.splitlines() if line.startswith("recall")).endswith("better")
    assert "newly missed" in text


def test_numbers_alone_come_without_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUNS, "--resamples", "0"]) == 0
    text = capsys.readouterr().out

    assert "interval" not in text
    assert "mAP" in text


def test_many_candidates_are_told_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUNS, "digits/few-labels", *QUICK]) == 0
    text = capsys.readouterr().out

    assert text.index("candidate digits/more-labels") < text.index("candidate digits/few-labels")
    assert "intervals hold for all 2 candidates at once" in text
    first, second = (line.split() for line in text.split("candidate digits/more-labels\n")[0].splitlines()[-3:-1])
    assert (first[0], second[0]) == ("digits/more-labels", "digits/few-labels")
    assert first[1:] == [line.split()[1:] for line in text.splitlines() if line.startswith("mAP ")][1]


def test_one_candidate_is_not_held_together_with_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUNS, *QUICK]) == 0
    assert "candidates at once" not in capsys.readouterr().out


def test_a_column_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUNS, "--clusters", "video"]) == 1
    assert "No row has metadata 'video'" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--level", "1"], ["--resamples", "-5"], ["--seed", "x"], ["--level", "95"]])
def test_sampling_that_cannot_be_is_wrong_use(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*RUNS, *wrong])

    assert ended.value.code == 2


def test_a_narrow_terminal_loses_spare_columns_and_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [["mAP", "0.4001", "0.3603", "-0.0398"]]
    print_fitted(("", "baseline", "candidate", "gain"), lines, spare=("baseline", "candidate"), width=24)
    narrow = capsys.readouterr().out
    print_fitted(("", "baseline", "candidate", "gain"), lines, spare=("baseline", "candidate"), width=80)
    wide = capsys.readouterr().out

    assert "0.4001" not in narrow.splitlines()[1]
    assert "0.3603" in narrow.splitlines()[1]
    assert "no room for: baseline" in narrow
    assert "no room" not in wide


def test_columns_that_are_not_there_are_not_missed(capsys: pytest.CaptureFixture[str]) -> None:
    print_fitted(("row", "baseline"), [["0_airplane_00.png", "1.00"]], spare=("",), width=10)

    assert "no room" not in capsys.readouterr().out
