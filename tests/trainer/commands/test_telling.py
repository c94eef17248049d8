"""`modelruns show` tells what a run was made from, how its training went, and what came out."""

from __future__ import annotations

import json
import math

import pytest

import trainer
from trainer import Box, ModelRun, RunConfig, Store
from trainer.commands import main
from trainer.runs.lineage import ITERATION_TAG, MODEL_ID_TAG, MODEL_TITLE_TAG
from trainer.runs.training_story import TrainingStory

STORY = TrainingStory(
    batch=4,
    epochs=2,
    seconds=12.4,
    device="cpu",
    threads=1,
    features=("cell",),
    rows=("a.png", "c.png"),
    epoch_losses=(3.0, 1.5),
    scores={2: math.nan},
    score_name="mAP_50_95",
    stopped_early=True,
    notes=("2 rows show one picture.",),
)


@pytest.fixture
def run(store: Store, monkeypatch: pytest.MonkeyPatch) -> ModelRun:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    tags = {MODEL_ID_TAG: "0123456789abcdef", MODEL_TITLE_TAG: "finder", ITERATION_TAG: "7"}
    config = RunConfig({"epochs": 2, "features": ["cell"]})
    with trainer.start_run("cells", "finder-7", features=["cell"], config=config, tags=tags, store=store) as recording:
        recording.log_row("b.png", truth=[Box("cell", 1, 1, 5, 5)], predictions=[Box("cell", 1, 1, 5, 5)], size=(9, 9))
        STORY.write(recording.folder)
    return trainer.edit_run(recording.result, notes="after lunch", metadata={"site": "Basel"}, store=store)


def test_a_person_sees_numbers_origin_settings_and_the_curve(run: ModelRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "cells/finder-7"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    assert lines[0].startswith(f"run cells/finder-7 (id {run.id}, sealed 20")
    assert "boxes mAP 1.0000 AP50 1.0000 F1 1.0000 on 1 row (validation)" in lines
    assert "model finder (id 01234567), iteration 7" in lines
    assert "settings epochs 2, features cell" in lines
    assert "trained 2 epochs (stopped early), batch 4, 2 rows" in lines
    assert "took 12 s on cpu, threads 1" in lines
    assert "note 2 rows show one picture." in lines
    assert "notes after lunch" in lines
    assert "site Basel" in lines
    assert lines[-3:] == ["epoch loss mAP", "1 3.0000 –", "2 1.5000 –"]


def test_a_program_gets_all_of_it(run: ModelRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "cells/finder-7", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)

    assert facts["run"] == run.id
    assert facts["training"]["rows"] == ["a.png", "c.png"]
    assert facts["training"]["scores"] == {"2": None}
    assert facts["lineage"]["iteration"] == 7
    assert facts["metadata"] == {"site": "Basel"}
    assert facts["evaluation"]["rows"] == 1


def test_the_rows_learned_from_come_one_a_line(run: ModelRun, capsys: pytest.CaptureFixture[str], store: Store) -> None:
    assert main(["show", "cells/finder-7", "--rows"]) == 0
    assert capsys.readouterr().out == "a.png\nc.png\n"

    with trainer.start_run("cells", "logged", features=["cell"], store=store) as recording:
        recording.log_row("b.png", truth=[Box("cell", 1, 1, 5, 5)], size=(9, 9))
    assert main(["show", "cells/logged", "--rows"]) == 1
    assert "was not trained here" in capsys.readouterr().err
