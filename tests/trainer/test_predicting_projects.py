"""A trained model's predictions on a project become a sealed run, which is no iteration, and can become truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import trainer
from trainer import Store, predict_project
from trainer.commands import main
from trainer.learning.networks import make_network
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.learning.weights import save_model
from trainer.predictions.accepting import accept_predictions
from trainer.predictions.predicting_projects import attached_runs
from trainer.projects import DataVersion, save_version
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.errors import NameTakenError, NotFoundError, RecordError
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.runs.lineage import ITERATION_TAG

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on numpy 2

_SIZE = (96, 64)


def _rows(folder: Path) -> Rows:
    rng = np.random.default_rng(0)
    folder.mkdir(exist_ok=True)
    for key in "abc":
        Image.fromarray(rng.integers(0, 255, (*_SIZE[::-1], 3), dtype=np.uint8)).save(folder / f"{key}.png")
    return Rows.from_columns(
        keys=list("abc"),
        widths=[96] * 3,
        heights=[64] * 3,
        uris=[str(folder / f"{key}.png") for key in "abc"],
        splits=["training", "validation", "test"],
    )


def _project(store: Store, folder: Path, name: str, kinds: Mapping[str, str]) -> DataVersion:
    """Three pictures with one annotation of each feature on each."""
    n = len(kinds)
    truth = Annotations.from_columns(
        row=np.repeat(range(3), n), feature=list(range(n)) * 3, box=[[8.0, 8.0, 20.0, 20.0]] * 3 * n
    )
    return save_version(name, Snapshot(Ontology.flat(kinds), _rows(folder), truth), store=store)


def _train(store: Store, data: DataVersion, model: trainer.MicroModel, number: int = 1) -> trainer.ModelRun:
    """An iteration with weights by chance: what it says matters less than what becomes of it."""
    with torch.random.fork_rng():
        torch.manual_seed(number)
        network = make_network(model.design, image_size=96).eval()
    tags = {**model.iteration_tags(), ITERATION_TAG: str(number)}
    with trainer.start_run("made", f"{model.title}-{number}", project=data, store=store, tags=tags) as recording:
        recording.log_predictions(Annotations.empty())
        save_model(TrainedModel(model.design, TrainingSettings(image_size=96), network), recording.folder)
    return recording.result


@pytest.fixture
def cells(store: Store, tmp_path: Path) -> DataVersion:
    return _project(store, tmp_path / "pictures", "cells", {"disc": "box", "square": "box"})


@pytest.fixture
def model(store: Store, cells: DataVersion) -> trainer.MicroModel:
    """A detector with two iterations."""
    made = trainer.create_model("finder", Design(Task.DETECTION, ("square", "disc")), store=store)
    for number in (1, 2):
        _train(store, cells, made, number)
    return made


def test_predictions_are_sealed_with_where_they_come_from(
    store: Store, cells: DataVersion, model: trainer.MicroModel
) -> None:
    run = predict_project(
        "finder", "cells", experiment="looks", name="first", min_confidence=0.01, threads=1, store=store
    )

    latest = model.latest()
    assert latest is not None
    assert (run.lineage.predicted_by, run.lineage.model, run.lineage.data) == (latest.id, model.id, "cells@v1")
    assert run.lineage.data_id == cells.stored.id
    assert run.snapshot.digest == cells.snapshot.digest
    assert (run.predictions.confidence >= 0.01).all()
    assert set(run.predictions.row.tolist()) == {0, 1, 2}
    assert np.isfinite(run.embeddings("rows").astype(float)).all()
    assert [entry.name for entry in model.iterations()] == ["finder-2", "finder-1"]
    with pytest.raises(NameTakenError):
        predict_project(model, cells, experiment="looks", name="first", threads=1, store=store)


def test_the_same_weights_say_the_same_and_others_something_else(
    store: Store, cells: DataVersion, model: trainer.MicroModel
) -> None:
    first, again, other = (
        predict_project(
            model, cells, experiment="looks", name=name, iteration=name[1:], min_confidence=0, threads=1, store=store
        )
        for name in ("afinder-1", "bfinder-1", "cfinder-2")
    )

    assert first.predictions.table.equals(again.predictions.table)
    assert not first.predictions.table.equals(other.predictions.table)
    assert len(trainer.pair_runs(first, other)) == 3


def test_what_was_not_asked_is_not_missed(store: Store, tmp_path: Path, model: trainer.MicroModel) -> None:
    wider = _project(store, tmp_path / "more", "wider", {"tree": "box", "disc": "box"})
    run = predict_project(
        model, wider, experiment="looks", name="part", split="test", min_confidence=0, threads=1, store=store
    )

    assert run.snapshot.ontology.paths == ("disc",)
    assert run.snapshot.rows.keys == ("c",)
    assert run.snapshot.truth.row.tolist() == [0]
    assert run.lineage.data == "wider@v1"
    assert set(run.predictions.row.tolist()) == {0}
    whole = predict_project(
        model,
        wider,
        experiment="looks",
        name="whole",
        features={"disc": "disc"},
        min_confidence=0,
        threads=1,
        store=store,
    )
    assert whole.snapshot.rows.keys == ("a", "b", "c")
    assert whole.predictions.on_rows(np.array([2])).box.tolist() == run.predictions.box.tolist()


def test_predictions_on_a_part_are_accepted_into_the_project(
    store: Store, tmp_path: Path, model: trainer.MicroModel
) -> None:
    wider = _project(store, tmp_path / "more", "wider", {"tree": "box", "disc": "box"})
    run = predict_project(
        model, wider, experiment="looks", name="part", keys=["a", "c"], min_confidence=0, threads=1, store=store
    )
    accepted = accept_predictions(run, min_confidence=0, keep="replace", store=store)

    truth = accepted.version.snapshot.truth
    assert (accepted.version.project, accepted.version.name) == ("wider", "v2")
    assert accepted.features == {"disc": "disc"}
    assert accepted.rows == 2
    assert accepted.replaced == 2
    assert len(truth) == 4 + len(run.predictions)  # three trees and the disc of row b stay
    assert truth.table["origin"].to_pylist().count(run.id) == len(run.predictions)


def test_features_are_linked_as_the_model_is_attached(store: Store, tmp_path: Path, model: trainer.MicroModel) -> None:
    other = _project(store, tmp_path / "other", "other", {"ring": "box", "block": "polygon"})
    with pytest.raises(RecordError, match=r"No feature of run 'finder-2' .* has the name of a fitting one"):
        predict_project(model, other, experiment="looks", name="none", threads=1, store=store)

    trainer.attach(model, "other", {"disc": "ring", "square": "block"})
    run = predict_project(model, other, experiment="looks", name="linked", min_confidence=0, threads=1, store=store)
    own = predict_project(model, "cells", experiment="looks", name="own", min_confidence=0, threads=1, store=store)

    names = {0: "disc", 1: "square"}
    assert run.config.values["features"] == {"square": "block", "disc": "ring"}
    assert [names[code] for code in run.predictions.feature.tolist()] == [
        own.snapshot.ontology.paths[code] for code in own.predictions.feature.tolist()
    ]
    with pytest.raises(RecordError, match=r"'block', whose predictions are boxes, for 'block', which is a polygon"):
        accept_predictions(run, min_confidence=0, store=store)
    assert accept_predictions(run, features=["ring"], min_confidence=0, keep="replace", store=store).is_new


def test_a_classifier_answers_the_projects_question(store: Store, tmp_path: Path) -> None:
    question = Feature("light", Kind.RADIO, (Feature("dim", Kind.OPTION), Feature("bright", Kind.OPTION)))
    truth = Annotations.from_columns(row=range(3), feature=[1, 2, 1])
    data = save_version("lit", Snapshot(Ontology((question,)), _rows(tmp_path / "lit"), truth), store=store)
    model = trainer.create_model("looker", Design(Task.CLASSIFICATION, ("bright", "dim")), store=store)
    _train(store, data, model)
    run = predict_project(model, data, experiment="looks", name="answers", threads=1, store=store)

    assert run.summary["measure"] == "classes:light"
    assert sorted(run.predictions.feature.tolist()) == [1, 1, 1, 2, 2, 2]
    assert np.bincount(run.predictions.row, weights=run.predictions.confidence).tolist() == pytest.approx([1, 1, 1])
    accepted = accept_predictions(run, keep="replace", min_confidence=0, store=store)
    assert len(accepted.version.snapshot.truth) == 3


def test_what_cannot_be_asked_is_said(store: Store, cells: DataVersion, model: trainer.MicroModel) -> None:
    with pytest.raises(NotFoundError, match="no row 'z'"):
        predict_project(model, cells, experiment="looks", name="x", keys=["z"], store=store)
    with pytest.raises(RecordError, match="No row was asked for; project 'cells' has"):
        predict_project(model, cells, experiment="looks", name="x", split="unassigned", store=store)
    with pytest.raises(NotFoundError, match="not attached to project 'cells'"):
        attached_runs(model, "cells", experiment="looks", name="x")


def test_the_command_makes_a_run_for_each_iteration_that_the_attachment_means(
    store: Store,
    cells: DataVersion,
    model: trainer.MicroModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    trainer.attach(model, "cells", policy="all")
    asked = ["predict", "finder", "--project", "cells", "--run", "looks/all", "--attached", "--threads", "1"]

    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [facts["name"] for facts in told] == ["looks/all-2", "looks/all-1"]
    assert trainer.open_run("looks/all-1", store=store).config.values["min_confidence"] == 0.05
    assert [facts["predicted_by"] for facts in told] == [entry.id for entry in model.iterations()]
    assert main(asked) == 1
    assert "2 of 2 runs to make are there already" in capsys.readouterr().err


def test_the_command_seals_one_run_and_refuses_what_is_about_pictures(
    store: Store,
    cells: DataVersion,
    model: trainer.MicroModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))

    assert main(["predict", "finder", "--project", "cells", "--split", "test", "--run", "looks/test"]) == 0
    text = capsys.readouterr().out
    assert "run looks/test" in text
    assert "predicted by made/finder-2" in text
    assert "cells@v1, 1 row\n" in text
    for wrong, said in (
        (["--run", "looks/x"], "name it with --project"),
        (["--project", "cells", "--attached"], "name the runs with --run"),
        (["--project", "cells", "--run", "looks/x", "--track"], "goes without --track"),
        (["picture.png", "--project", "cells", "--run", "looks/x"], "goes without files"),
    ):
        assert main(["predict", "finder", *wrong]) == 1
        assert said in capsys.readouterr().err
