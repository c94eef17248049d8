"""A store that may only be read is read like any other, and whatever would change it says so in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAIR = ["digits/few-labels", "digits/more-labels"]
RULES = "promises:\n  - number: AP50\n    value_at_least: 0.1\n"

# Runs each command of a list in one process, and prints what became of them.
COMMANDS = """
import contextlib, io, json, sys
from trainer.commands import main

told = []
for command in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command)
    told.append({"code": code, "out": out.getvalue(), "err": err.getvalue()})
print(json.dumps(told))
"""

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask(protected_store: Path, obedient: list[str], tmp_path: Path) -> Ask:
    """Runs commands on a protected copy of the store with two runs, from a folder that may be written."""
    store = protected_store
    environment = {**os.environ, "MLFLOW_TRACKING_URI": str(store), "MODELRUNS_JOBS": str(tmp_path / "line")}
    (tmp_path / "own").mkdir()

    def run(*commands: list[str]) -> list[dict[str, Any]]:
        done = subprocess.run(
            [*obedient, "-c", COMMANDS, json.dumps(commands)],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path / "own",
        )
        assert done.returncode == 0, done.stderr
        assert not list(store.glob("mlflow.db-*"))
        told: list[dict[str, Any]] = json.loads(done.stdout)
        return told

    return run


def test_all_that_reads_reads_a_store_that_may_only_be_read(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "own/promises.yaml").write_text(RULES)
    few = ["--resamples", "20"]
    commands = [
        ["runs"],
        ["runs", "digits", "--all"],
        ["show", "digits/more-labels"],
        ["projects", "list"],
        ["projects", "show", "digits"],
        ["models", "list"],
        ["configs", "list"],
        ["attachments", "list"],
        ["jobs"],
        ["compare", *PAIR, *few],
        ["ledger", *PAIR, "--out", "ledger.parquet"],
        ["gate", *PAIR, "--rules", "promises.yaml", "--evidence", "evidence"],
        ["export", "digits/more-labels", "exported", "--format", "coco"],
        ["evaluate", "exported/instances.json", "exported/predictions.json"],
        ["doctor"],
    ]
    told = ask(*commands)

    codes = [(command, one["code"]) for command, one in zip(commands, told, strict=True)]
    assert codes == [(command, int(command == ["doctor"])) for command in commands]  # which says that it was moved
    assert "few-labels" in told[1]["out"]
    assert (tmp_path / "own/ledger.parquet").is_file()
    assert (tmp_path / "own/evidence/gate.json").is_file()


def test_all_that_writes_says_that_the_store_may_only_be_read(
    ask: Ask, two_runs, protected_store: Path, tmp_path: Path
) -> None:
    truth = str(two_runs.truth)
    (tmp_path / "own/results.json").write_text("[]")
    commands = [
        ["import", "digits", truth, "--format", "coco"],
        ["log", "digits", "--name", "third", "--truth", truth, "--predictions", "results.json"],
        ["note", "digits/more-labels", "seen"],
        ["models", "create", "finder", "--task", "detection", "--feature", "zero"],
        ["configs", "save", "thorough", "--epochs", "9"],
        ["train", "digits", "--model", "finder", "--task", "detection", "--min-annotations", "1"],
        ["train", "digits", "--model", "finder", "--task", "detection", "--min-annotations", "1", "--here"],
        ["predict", "digits/more-labels", "--project", "digits", "--run", "digits/said"],
        ["doctor", "--repair"],
        ["demo", "--no-dashboard"],
    ]
    told = ask(*commands)
    sentence = (
        f"modelruns: {protected_store} may only be read, since its database or folder is write-protected here: keep "
        f"what is new in another store, with --store FOLDER or MLFLOW_TRACKING_URI."
    )

    said = [(command, one["code"], one["err"].splitlines()[-1]) for command, one in zip(commands, told, strict=True)]
    assert said == [(command, 1, sentence) for command in commands]
    assert not any("checking pictures" in one["err"] for one in told)  # which may take minutes
