"""`modelruns slices`: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

import trainer
from trainer import Box, Store
from trainer.commands import main

RUNS = ["street/sees", "street/blind"]


@pytest.fixture
def street(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs on 80 cars; the second sees none of the 40 at night."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    for name in ("sees", "blind"):
        with trainer.start_run("street", name, features=["car"], store=store) as run:
            for row in range(80):
                night = row % 2 == 0
                found = [] if night and name == "blind" else [Box("car", 0, 0, 20, 20, 0.9)]
                run.log_row(
                    f"{row:02}",
                    size=(99, 99),
                    truth=[Box("car", 0, 0, 20, 20)],
                    predictions=found,
                    metadata={"light": "night" if night else "day"},
                    split="validation",
                )


@pytest.mark.usefixtures("street")
def test_slices_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slices", *RUNS, "--number", "recall"]) == 0
    text = capsys.readouterr().out

    assert "over all rows 1.0000 -> 0.5000, gain -0.5000" in text
    assert "the candidate is worse where" in text
    assert "light = night    40       40    1.0000     0.0000  -1.0000" in text
    assert "slices looked at" in text
    assert "95 % of such searches" in text


@pytest.mark.usefixtures("street")
def test_slices_as_json_hold_the_keys_of_their_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slices", *RUNS, "--number", "recall", "--json", "--columns", "light, feature"]) == 0
    facts = json.loads(capsys.readouterr().out)
    [worst] = facts["slices"]

    assert worst["conditions"] == ["light = night"]
    assert worst["keys"] == [f"{row:02}" for row in range(0, 80, 2)]
    assert facts["columns"] == ["light", "feature"]
    assert facts["search"]["number"] == "recall"
    assert facts["embedding_clusters"] is None


@pytest.mark.usefixtures("street")
def test_slices_are_written_one_a_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "slices.csv"
    assert main(["slices", *RUNS, "--out", str(out)]) == 0
    with out.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))

    assert [line["slice"] for line in lines] == ["all", "light = night"]
    assert lines[1]["worse"] == "True"
    assert f"written: {out}" in capsys.readouterr().out


@pytest.mark.usefixtures("street")
def test_nothing_found_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in [
        ([RUNS[0], RUNS[0]], "in no slice do the runs differ beyond chance"),
        ([*RUNS, "--columns", "feature"], "no slice differs from what holds over all rows"),
        ([RUNS[0], RUNS[0], "--min-rows", "81"], "no slice has enough rows and objects"),
        ([*RUNS, "--clusters", "light"], "2 clusters by 'light' are too few to show anything"),
    ]:
        assert main(["slices", *arguments]) == 0
        assert f"nothing found: {words}" in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.usefixtures("street")
def test_what_is_not_certain_among_slices_may_be_so_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slices", RUNS[0], RUNS[0]]) == 0
    together = capsys.readouterr().out
    assert main(["slices", RUNS[0], RUNS[0], "--min-rows", "81"]) == 0
    alone = capsys.readouterr().out

    assert re.search(r": nothing certain, looked at together with \d+ slices\n", together)
    assert ": nothing certain\n" in alone


@pytest.mark.usefixtures("street")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--columns", "weather"], "There is no column 'weather' to cut along. There are: light, picture size"),
        (["--columns", "embedding cluster"], "Neither run has embeddings"),
        (["--clusters", "site"], "No row has metadata 'site'"),
        (["--out", "slices.xlsx"], "does not end in .csv"),
        (["--split", "test"], "0 rows (test) hold nothing"),
        (["--min-rows", "0"], "at least one row"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["slices", *RUNS, *arguments]) == 1
    error = capsys.readouterr().err

    assert words in error
    assert error.count("\n") == 1


def test_no_columns_are_no_choice(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["slices", *RUNS, "--columns", ","])

    assert stopped.value.code == 2
    assert "names no column" in capsys.readouterr().err
