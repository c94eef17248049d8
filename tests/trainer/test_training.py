"""Training as people meet it: models, iterations, lineage, data of several projects, and doing it again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image

import trainer
from trainer import (
    Annotations,
    DataVersion,
    Design,
    Feature,
    Kind,
    NameTakenError,
    NotFoundError,
    Ontology,
    Rows,
    Snapshot,
    Store,
    Task,
    TrainingError,
    TrainingSettings,
)
from trainer.learning.progress import Progress
from trainer.micro_models.repeating_plan import plan_repetition
from trainer.micro_models.reproducing import reproduce
from trainer.micro_models.saved_configs import save_config
from trainer.micro_models.training import model_of
from trainer.projects import save_version
from trainer.records.errors import TrainingStoppedError
from trainer.runs.lineage import code_tags
from trainer.runs.recording import start_run
from trainer.store import RunState

QUICK = TrainingSettings(
    image_size=64, epochs=2, batch=4, threads=1, min_annotations=1, device="cpu", augmentation="none"
)
COLOURS = {0: (200, 40, 40), 1: (40, 40, 200)}
SPLITS = ["training"] * 8 + ["validation"] * 2


def _pictures(folder: Path) -> Rows:
    """Ten pictures, red and blue squares in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(10):
        picture = np.full((64, 64, 3), 230, np.uint8)
        picture[16:40, 8:32] = COLOURS[number % 2]
        Image.fromarray(picture).save(folder / f"{number}.png")
    keys = [f"{number}.png" for number in range(10)]
    return Rows.from_columns(
        keys=keys, widths=[64] * 10, heights=[64] * 10, splits=SPLITS, uris=[str(folder / key) for key in keys]
    )


@pytest.fixture
def squares(store: Store, tmp_path: Path) -> DataVersion:
    """Squares of two colours, outlined."""
    ring = [[8.0, 16.0, 32.0, 16.0, 32.0, 40.0, 8.0, 40.0]]
    truth = Annotations.from_columns(
        row=range(10), feature=[n % 2 for n in range(10)], box=[[8, 16, 24, 24]] * 10, polygons=[ring] * 10
    )
    snapshot = Snapshot(Ontology.flat({"red": "polygon", "blue": "polygon"}), _pictures(tmp_path / "squares"), truth)
    return save_version("squares", snapshot, store=store)


@pytest.fixture
def colours(store: Store, tmp_path: Path) -> DataVersion:
    """Pictures with one colour each."""
    question = Feature("colour", Kind.RADIO, (Feature("red", Kind.OPTION), Feature("blue", Kind.OPTION)))
    truth = Annotations.from_columns(row=range(10), feature=[1 + n % 2 for n in range(10)])
    return save_version("colours", Snapshot(Ontology((question,)), _pictures(tmp_path / "c"), truth), store=store)


def test_a_new_title_makes_a_model_and_trainings_are_its_iterations(store: Store, squares: DataVersion) -> None:
    told: list[Progress] = []
    first = trainer.train("squares", model="finder", settings=QUICK, store=store, report=told.append)
    second = trainer.train(squares, model="finder", settings=QUICK, start_from="latest", store=store)

    model = trainer.get_model("finder", store=store)
    assert model.design == Design(Task.DETECTION, ("red", "blue"))
    assert [run.name for run in model.iterations()] == ["finder-2", "finder-1"]
    assert (first.lineage.iteration, second.lineage.iteration) == (1, 2)
    assert (first.lineage.parent, second.lineage.parent) == (None, first.id)
    assert second.lineage.data == "squares@v1"
    assert second.lineage.environment["modelruns"]
    assert first.training is not None
    assert (first.training.epochs, first.training.batch, len(first.training.rows)) == (2, 4, 8)
    assert len(first.training.epoch_losses) == 2
    assert list(first.training.scores) == [1, 2]
    assert {"reading pictures", "training", "validating", "predicting"} <= {progress.stage for progress in told}
    assert first.stored.metrics["loss"] > 0


def test_training_again_gives_the_same_run(store: Store, squares: DataVersion) -> None:
    parent = trainer.train(squares, model="finder", settings=QUICK, store=store)
    keys = ["0.png", "1.png", "2.png"]
    run = trainer.train(squares, model="finder", settings=QUICK, start_from=1, rows=keys, store=store)

    again = reproduce("finder-2", store=store)

    assert again.same_weights
    assert again.same_predictions
    assert again.differences == {}
    assert again.run.name == "finder-2-again"
    assert again.run.lineage.reproduces == run.id
    assert again.run.lineage.parent == parent.id
    assert again.run.training is not None
    assert again.run.training.rows == tuple(keys)


def test_a_repetition_is_no_iteration(store: Store, squares: DataVersion) -> None:
    run = trainer.train(squares, model="finder", settings=QUICK, store=store)
    again = reproduce(run, store=store).run
    model = trainer.get_model("finder", store=store)
    latest = model.latest()

    assert latest is not None
    assert latest.id == run.id
    assert [one.name for one in model.iterations()] == ["finder-1"]
    assert model.iteration("finder-1-again").id == again.id
    assert again.lineage.reproduces == run.id
    assert again.lineage.iteration is None
    assert trainer.train(squares, model="finder", settings=QUICK, store=store).name == "finder-2"
    assert trainer.delete_model(model, confirm="finder") == 3


def test_a_repetition_that_was_stopped_leaves_its_name_to_the_next_one(store: Store, squares: DataVersion) -> None:
    run = trainer.train(squares, model="finder", settings=QUICK, store=store)
    with pytest.raises(trainer.TrainingStoppedError):
        reproduce(run, should_stop=lambda: True, store=store)

    assert [reproduce(run, store=store).run.name for _ in range(2)] == ["finder-1-again", "finder-1-again-2"]


def test_a_run_is_repeated_as_often_as_somebody_wants(store: Store, squares: DataVersion) -> None:
    run = trainer.train(squares, model="finder", settings=QUICK, store=store)
    taken = [SimpleNamespace(name=f"finder-1-again-{n}", is_sealed=True, status="finished") for n in range(2, 300)]
    taken.append(SimpleNamespace(name="finder-1-again", is_sealed=True, status="finished"))
    plan = plan_repetition(run, store=store)

    assert plan.free_name(Mock(runs=Mock(return_value=taken))) == "finder-1-again-300"


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("a/b", {}, "cannot name a run"),
        ("taken", {}, "has a run 'taken' already"),
        (None, {"mixed_precision": "bf16"}, "bf16 needs a GPU"),
    ],
)
def test_what_cannot_become_a_run_is_refused_before_anything_is_made(
    store: Store, squares: DataVersion, name: str | None, changes: dict[str, Any], said: str
) -> None:
    with trainer.start_run("squares", "taken", project=squares, store=store) as recording:
        recording.log_predictions(Annotations.empty())

    with pytest.raises(trainer.ModelrunsError, match=said):
        trainer.train(
            squares, model="new", experiment="squares", settings=replace(QUICK, **changes), name=name, store=store
        )
    assert trainer.list_models(store=store) == []


def test_a_taken_name_is_refused_before_there_is_a_job_also_where_the_model_is_named_by_its_id(
    store: Store, squares: DataVersion
) -> None:
    model = trainer.create_model("finder", Design(Task.DETECTION, ("square",)), store=store)
    with trainer.start_run("finder", "taken", project=squares, store=store) as recording:
        recording.log_predictions(Annotations.empty())

    with pytest.raises(NameTakenError, match="Experiment 'finder' has a run 'taken' already"):
        trainer.start_training("squares", model=model.id, name="taken", store=store)


def test_a_classifier_is_trained_and_measured_by_its_question(store: Store, colours: DataVersion) -> None:
    design = Design(Task.CLASSIFICATION, ("red", "blue"))

    run = trainer.train(colours, model="looker", design=design, settings=QUICK, store=store)

    assert run.summary["measure"] == "classes:colour"
    assert len(run.predictions) == 20  # an answer of each option on every row
    assert model_of(run).design == design
    assert run.training is not None
    assert len(run.training.epoch_losses) == 2
    assert reproduce(run, store=store).same_weights


@pytest.mark.parametrize("damage", ["cut off", "another size", "no picture"])
def test_a_damaged_picture_that_is_only_predicted_is_told_before_the_training(
    store: Store, squares: DataVersion, damage: str
) -> None:
    last = Path(str(squares.snapshot.rows.uris[9]))  # a validation row, of which only the size is known till the end
    whole = last.read_bytes()
    if damage == "another size":
        Image.new("RGB", (32, 32)).save(last)
    else:
        last.write_bytes(whole[: len(whole) // 2] if damage == "cut off" else b"no picture")
    told: list[Progress] = []

    said = "has 32 x 32 pixels where the row says 64 x 64" if damage == "another size" else "cannot be read to its end"
    with pytest.raises(TrainingError, match=rf"1 of 10 pictures cannot be used; first: row '9\.png', .*{said}"):
        trainer.train(squares, model="finder", settings=QUICK, store=store, report=told.append)
    assert {progress.stage for progress in told} == {"checking pictures"}
    assert trainer.list_models(store=store) == []
    last.write_bytes(whole)


@pytest.mark.parametrize(
    ("task", "painted", "measure"),
    [
        (Task.INSTANCE_SEGMENTATION, (), "masks"),
        (Task.SEMANTIC_SEGMENTATION, (), "pixels"),
        (Task.DETECTION_AND_SEGMENTATION, ("blue",), "boxes:red"),
    ],
)
def test_outlines_teach_segmentation(
    store: Store, squares: DataVersion, task: Task, painted: tuple[str, ...], measure: str
) -> None:
    design = Design(task, ("red", "blue"), painted=painted)

    run = trainer.train(squares, model="painter", design=design, settings=QUICK, store=store)

    assert run.summary["measure"] == measure
    assert run.stored.has("model/weights.pt")


def test_projects_teach_a_model_of_other_features(store: Store, squares: DataVersion) -> None:
    mapping = {"squares": {"red": ["square"], "blue": ["square"]}}

    run = trainer.train(mapping, model="any square", settings=QUICK, store=store)

    assert run.lineage.data == "taught-any square@v1"
    assert run.snapshot.ontology.paths == ("square",)
    assert trainer.get_model("any square", store=store).design.features == ("square",)


def test_weights_go_on_in_a_model_of_other_features_and_the_run_says_which(store: Store, squares: DataVersion) -> None:
    parent = trainer.train(squares, model="finder", settings=QUICK, store=store)
    still = replace(QUICK, learning_rate=0.00001, warm_up=10_000, epochs=1)
    # What it calls red is called blue in the project, and the other way round for what is new.
    mapping = {"squares": {"blue": ["red"], "red": ["green"]}}
    design = Design(Task.DETECTION, ("green", "red"))

    run = trainer.train(mapping, model="other", design=design, settings=still, start_from=parent, store=store)

    assert run.lineage.parent == parent.id
    assert run.training is not None
    assert run.training.notes == (
        "Taken over from the weights it started from: the body, the fused map, where objects are, the outputs for red. "
        "Begun anew: the outputs for green. The weights are those of run finder-1.",
    )
    before, after = (model_of(one).network.state_dict()["centres.heat.1.weight"] for one in (parent, run))
    assert torch.allclose(after[1], before[0], atol=1e-4)
    assert not torch.allclose(after[0], before[1], atol=1e-2)
    assert reproduce(run, store=store).same_weights


def test_a_run_without_weights_is_no_start(store: Store, squares: DataVersion) -> None:
    with trainer.start_run("squares", "looked", project=squares, store=store) as recording:
        recording.log_predictions(Annotations.empty())

    with pytest.raises(NotFoundError, match="holds no weights to start from"):
        trainer.train(squares, model="finder", settings=QUICK, start_from="squares/looked", store=store)
    assert trainer.list_models(store=store) == []


def test_what_is_refused_leaves_nothing_behind(store: Store, squares: DataVersion) -> None:
    with pytest.raises(TrainingError, match=r"too few annotations.*red \(4\), blue \(4\)"):
        trainer.train("squares", model="finder", settings=TrainingSettings(min_annotations=5), store=store)
    with pytest.raises(NotFoundError, match="no finished iteration to start from"):
        trainer.train("squares", model="finder", settings=QUICK, start_from="latest", store=store)

    assert trainer.list_models(store=store) == []
    assert store.experiments() == []


def test_a_saved_config_is_checked_before_anything_is_made(store: Store, squares: DataVersion) -> None:
    save_config("fast", replace(QUICK, mixed_precision="bf16"), store=store)

    with pytest.raises(TrainingError, match="bf16 needs a GPU"):
        trainer.train(squares, model="finder", config="fast", store=store)
    with pytest.raises(trainer.RecordError, match="both given"):
        trainer.train(squares, model="finder", config="fast", settings=QUICK, store=store)
    assert trainer.list_models(store=store) == []
    assert store.experiments() == []


def test_a_model_keeps_its_design(store: Store, squares: DataVersion) -> None:
    trainer.create_model("finder", Design(Task.DETECTION, ("red",)), store=store)

    with pytest.raises(NameTakenError, match="another design"):
        trainer.train(
            squares, model="finder", design=Design(Task.DETECTION, ("red", "blue")), settings=QUICK, store=store
        )
    run = trainer.train(squares, model="finder", settings=QUICK, store=store)

    assert run.snapshot.ontology.paths == ("red",)  # nothing else is held against it


def test_a_saved_config_says_how(store: Store, squares: DataVersion) -> None:
    save_config("one epoch", TrainingSettings(**{**QUICK.to_config().values, "epochs": 1}), store=store)

    run = trainer.train(squares, model="finder", config="one epoch", store=store)

    assert run.config.values["epochs"] == 1
    assert run.config.values["task"] == "detection"


def test_a_stopped_training_is_killed_and_gives_its_number_back(
    store: Store, squares: DataVersion, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoint"
    with pytest.raises(TrainingStoppedError):
        trainer.train(squares, model="finder", settings=QUICK, store=store, should_stop=lambda: True, checkpoint=kept)
    (stopped,) = trainer.get_model("finder", store=store).iterations()
    told: list[Progress] = []
    whole = trainer.train(squares, model="finder", settings=QUICK, store=store, checkpoint=kept, report=told.append)
    assert "checking pictures" not in {progress.stage for progress in told}  # the first attempt did
    unbroken = trainer.train(squares, model="finder", settings=QUICK, store=store)

    assert stopped.state is RunState.KILLED
    assert (whole.name, whole.lineage.iteration) == ("finder-1", 1)
    assert _weights(whole) == _weights(unbroken)


def _weights(run: trainer.ModelRun) -> str:
    return run.stored.manifest.entry("model/weights.safetensors").sha256


def test_a_failed_training_keeps_its_traceback(
    store: Store, squares: DataVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the roof fell in")

    monkeypatch.setattr("trainer.micro_models.training.predict_rows", fail)
    with pytest.raises(RuntimeError, match="roof"):
        trainer.train(squares, model="finder", settings=QUICK, store=store)

    (failed,) = trainer.get_model("finder", store=store).iterations()
    assert failed.state is RunState.FAILED
    assert "the roof fell in" in failed.tags["trainer.error"]


def test_code_outside_a_repository_has_no_commit(tmp_path: Path) -> None:
    assert code_tags(tmp_path) == {}


def test_a_model_deleted_before_its_run_began_gets_no_iteration(
    store: Store, squares: DataVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = start_run

    def begin_late(*values: Any, **options: Any) -> trainer.Recording:
        trainer.delete_model(trainer.get_model("finder", store=store), confirm="finder")
        return begin(*values, **options)

    monkeypatch.setattr("trainer.micro_models.training.start_run", begin_late)
    with pytest.raises(NotFoundError, match=r"Model finder .* was deleted"):
        trainer.train(squares, model="finder", settings=QUICK, store=store)

    (left,) = store.runs(sealed_only=False)
    assert left.state is RunState.FAILED
