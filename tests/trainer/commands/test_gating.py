"""`modelruns gate`: its table, its evidence, and above all its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.commands import main

RUNS = ["gate", "digits/few-labels", "digits/more-labels", "--rules"]
KEPT = "{resamples: 100, promises: [{count: rows, at_least: 1}, {count: newly_found, at_least: 1}]}"
BROKEN = "{resamples: 100, split: all, promises: [{count: rows, at_least: 1}, {count: newly_missed, at_most: 0}]}"
UNDECIDED = "{resamples: 100, promises: [{number: AP, feature: every, gain_at_least: -0.01}]}"


@pytest.fixture(autouse=True)
def in_its_store(two_runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(two_runs.store.location))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return tmp_path / "promises.yaml"


def test_promises_that_are_kept_pass(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(KEPT)

    assert main([*RUNS, str(rules)]) == 0
    assert "gate passed: 2 of 2 promises hold" in capsys.readouterr().out


def test_a_broken_promise_does_not_pass_and_leaves_evidence(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules.write_text(BROKEN)
    code = main([*RUNS, str(rules), "--evidence", str(tmp_path / "evidence")])
    text = capsys.readouterr().out

    assert code == 1
    assert next(line for line in text.splitlines() if line.startswith("newly missed <= 0")).split()[-1] == "broken"
    assert "gate not passed: 1 of 2 promises hold" in text
    assert json.loads((tmp_path / "evidence/gate.json").read_text())["passed"] is False
    assert list((tmp_path / "evidence/crops").glob("*.png"))


def test_what_the_rows_cannot_decide_does_not_pass(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(UNDECIDED)

    assert main([*RUNS, str(rules)]) == 1
    assert "undecided" in capsys.readouterr().out


def test_what_the_rows_cannot_decide_passes_where_the_file_says_so_and_is_told(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules.write_text(UNDECIDED.replace("-0.01", "-0.01, undecided: allow"))

    assert main([*RUNS, str(rules)]) == 0
    assert "undecided (allowed)" in capsys.readouterr().out


def test_a_program_reads_the_same(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.write_text(BROKEN)

    assert main([*RUNS, str(rules), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert [entry["passes"] for entry in facts["promises"]] == [True, False]
    assert facts["candidate"]["name"] == "more-labels"


@pytest.mark.parametrize(
    "arguments",
    [
        ["gate", "digits/few-labels", "digits/nothing", "--rules", "RULES"],
        ["gate", "digits/few-labels", "digits/more-labels", "--rules", "no-such-file.yaml"],
        ["gate", "digits/few-labels", "digits/more-labels", "--rules", "WRONG"],
        ["gate", "digits/few-labels", "digits/more-labels", "--rules", "RULES", "--evidence", "USED"],
    ],
)
def test_whatever_keeps_a_gate_from_checking_is_not_taken_for_a_broken_promise(
    arguments: list[str], rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules.write_text(KEPT)
    (tmp_path / "wrong.yaml").write_text("promises:\n  - number: mAPP\n    gain_at_least: 0\n")
    places = {"RULES": str(rules), "WRONG": str(tmp_path / "wrong.yaml"), "USED": str(tmp_path)}

    assert main([places.get(word, word) for word in arguments]) == 2
    assert capsys.readouterr().err.startswith("modelruns: ")


def test_a_reader_that_goes_away_does_not_turn_the_verdict_around(rules: Path) -> None:
    rules.write_text(BROKEN)
    command = [sys.executable, "-c", "import sys; from trainer.commands import main; sys.exit(main())"]
    with subprocess.Popen([*command, *RUNS, str(rules)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait() == 1
