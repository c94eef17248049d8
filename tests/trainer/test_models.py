"""The registry of micro-models: titles are unique and can change, designs never do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import trainer
from trainer import Design, NameTakenError, NotFoundError, RecordError, Store, Task
from trainer.micro_models.iterations import begin_next
from trainer.micro_models.micro_model import DESIGN_FILE
from trainer.store import RunEntry, RunKind
from trainer.store.experiments import check_run_name

CELLS = Design(Task.DETECTION, ("cell", "nucleus"))
Iterate = Callable[..., RunEntry]


def test_a_model_comes_back_as_it_was_registered(store: Store) -> None:
    made = trainer.create_model("cell finder", CELLS, description="for the old microscope", store=store)

    for reference in ("cell finder", made.id, made.id[:6]):
        found = trainer.get_model(reference, store=store)
        assert found == made
        assert (found.title, found.description, found.design) == ("cell finder", "for the old microscope", CELLS)
    assert trainer.list_models(store=store) == [made]
    assert (made.iterations(), made.latest()) == ([], None)
    stored = store.find(made.id)
    assert stored.has(DESIGN_FILE)
    assert "1. cell\n2. nucleus" in stored.path("README.md").read_text()


def test_asking_again_gives_the_same_model_and_another_design_is_refused_with_the_difference(store: Store) -> None:
    made = trainer.create_model("cell finder", CELLS, store=store)

    assert trainer.create_model("cell finder", Design(Task.DETECTION, ("cell", "nucleus")), store=store).id == made.id
    with pytest.raises(NameTakenError, match="features cell, nucleus instead of nucleus, cell"):
        trainer.create_model("cell finder", Design(Task.DETECTION, ("nucleus", "cell")), store=store)
    with pytest.raises(NameTakenError, match="stride 8 instead of 4"):
        trainer.create_model("cell finder", Design(Task.DETECTION, CELLS.features, stride=4), store=store)
    assert len(trainer.list_models(store=store)) == 1


@pytest.mark.parametrize("title", ["", " padded ", "a/b", 'a"b', "x" * 201])
def test_titles_that_cannot_be_kept_are_refused(store: Store, title: str) -> None:
    with pytest.raises(RecordError):
        trainer.create_model(title, CELLS, store=store)
    assert trainer.list_models(store=store) == []


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (Design(Task.DETECTION, ("a",), backbone="resnet19"), "There is resnet18"),
        (Design(Task.DETECTION, ("a",), backbone="?"), "There is one of each family: tiny_resnet, resnet18"),
        (Design(Task.DETECTION, ("a",), backbone="vgg11"), "serves classification only"),
        (Design(Task.SEMANTIC_SEGMENTATION, ("a",), backbone="vit_b_16", stride=4), "choose stride 8"),
    ],
)
def test_a_backbone_that_is_not_there_or_does_not_fit_is_refused(store: Store, design: Design, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        trainer.create_model("a", design, store=store)
    assert trainer.list_models(store=store) == []
    trainer.create_model("b", Design(Task.CLASSIFICATION, ("a", "b"), backbone="vgg11"), store=store)


def test_a_model_that_can_answer_only_one_thing_is_refused(store: Store) -> None:
    with pytest.raises(RecordError, match="no choice with 'sunny' alone"):
        trainer.create_model("weather", Design(Task.CLASSIFICATION, ("sunny",)), store=store)
    trainer.create_model("weather", Design(Task.CLASSIFICATION, ("sunny",), several=True), store=store)


def test_a_design_of_thousands_of_features_is_kept_whole(store: Store) -> None:
    design = Design(Task.CLASSIFICATION, tuple(f"species {number}" for number in range(3000)))
    made = trainer.create_model("species", design, store=store)

    assert trainer.get_model("species", store=store) == made
    assert trainer.get_model("species", store=store).design == design


def test_a_description_that_is_too_long_is_refused_before_anything_changes(store: Store) -> None:
    with pytest.raises(RecordError, match="8,001 characters"):
        trainer.create_model("long", CELLS, description="x" * 8001, store=store)
    model = trainer.create_model("short", CELLS, store=store)
    with pytest.raises(RecordError, match="8,001 characters"):
        trainer.update_model(model, title="changed", description="x" * 8001)

    assert [found.title for found in trainer.list_models(store=store)] == ["short"]


def test_models_are_listed_in_the_order_and_by_the_words_asked_for(store: Store) -> None:
    trainer.create_model("Beta", CELLS, description="tissue of mice", store=store)
    trainer.create_model("alpha", Design(Task.SEMANTIC_SEGMENTATION, ("road", "Mice")), store=store)
    trainer.create_model("gamma", CELLS, store=store)

    def titles(**options: object) -> list[str]:
        return [model.title for model in trainer.list_models(store=store, **options)]  # type: ignore[arg-type]

    assert titles() == ["gamma", "alpha", "Beta"]
    assert titles(descending=False) == ["Beta", "alpha", "gamma"]
    assert titles(order="title") == ["gamma", "Beta", "alpha"]
    assert titles(order="title", descending=False) == ["alpha", "Beta", "gamma"]
    assert titles(search="MICE") == ["alpha", "Beta"]
    assert titles(search="amm") == ["gamma"]
    assert titles(search="nothing") == []
    with pytest.raises(RecordError, match="created or title"):
        titles(order="size")


def test_what_is_not_there_is_said_with_what_is(store: Store) -> None:
    with pytest.raises(NotFoundError, match="none yet"):
        trainer.get_model("cells", store=store)
    trainer.create_model("cell finder", CELLS, store=store)
    with pytest.raises(NotFoundError, match="'cell finder'"):
        trainer.get_model('ce"lls', store=store)


def test_a_title_and_a_description_change_and_the_iterations_stay(store: Store, iterate: Iterate) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    run = iterate(model, "cell-1")
    changed = trainer.update_model(model, title="cell finder 2", description="new")

    assert (changed.id, changed.title, changed.description) == (model.id, "cell finder 2", "new")
    assert changed.iterations() == [run]
    assert trainer.update_model(changed, description="").title == "cell finder 2"
    with pytest.raises(NotFoundError):
        trainer.get_model("cell finder", store=store)
    other = trainer.create_model("cell finder", CELLS, store=store)
    assert other.id != model.id
    assert other.iterations() == []
    with pytest.raises(NameTakenError):
        trainer.update_model(other, title="cell finder 2", description="lost")
    assert trainer.get_model(other.id, store=store).description == ""


def test_iterations_come_newest_first_with_what_became_of_them(store: Store, iterate: Iterate) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    for name, end in (("1", "seal"), ("2", "fail"), ("3", "seal"), ("4", "leave")):
        iterate(model, name, experiment=f"experiment {int(name) % 2}", end=end)
    trainer.create_model("other", CELLS, store=store)

    assert [(run.name, run.status) for run in model.iterations()] == [
        ("4", "running"),
        ("3", "finished"),
        ("2", "failed"),
        ("1", "finished"),
    ]
    latest = model.latest()
    assert latest is not None
    assert latest.name == model.iteration().name == "3"
    assert model.iteration("experiment 1/1").name == "1"
    assert model.iteration(latest.id[:8]) == latest
    assert model.iteration("2", finished_only=False).status == "failed"
    with pytest.raises(NotFoundError, match="no finished iteration '2'"):
        model.iteration("2")


def test_a_title_that_nothing_has_is_answered_with_those_near_it(store: Store) -> None:
    for title in ("cell finder", *(f"model {i:02d}" for i in range(11))):
        trainer.create_model(title, CELLS, store=store)

    with pytest.raises(NotFoundError, match=r"There are: 'cell finder' and 11 more\."):
        trainer.get_model("cel finder", store=store)
    with pytest.raises(NotFoundError, match=r"'cell finder', 'model 00', .*'model 08' and 2 more\."):
        trainer.get_model("xyz", store=store)


def test_one_text_is_not_taken_apart_into_features_of_one_letter() -> None:
    with pytest.raises(RecordError, match="features is the text 'cell'"):
        Design(Task.DETECTION, "cell")  # type: ignore[arg-type]


def test_an_iteration_is_found_by_its_number_where_none_is_called_so(store: Store, iterate: Iterate) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    for name, number, end in (("first", 1, "seal"), ("broken", 2, "fail"), ("second", 2, "seal"), ("1", 3, "seal")):
        iterate(model, name, end=end, number=number)

    assert model.iteration("2").name == model.iteration(2).name == "second"
    assert model.iteration("2", finished_only=False).name == "second"
    assert model.iteration("1").name == "1"
    assert model.iteration("3").name == "1"
    with pytest.raises(NotFoundError, match="no finished iteration '4'"):
        model.iteration("4")


def test_iterations_of_one_name_are_told_apart_by_their_experiment(store: Store, iterate: Iterate) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    for experiment in ("a", "b"):
        iterate(model, "1", experiment=experiment)
    with pytest.raises(NotFoundError, match="2 finished iterations '1'"):
        model.iteration("1")

    assert model.iteration("b/1").experiment == "b"


def test_weights_are_copied_with_their_card_and_nothing_is_overwritten(
    store: Store, iterate: Iterate, tmp_path: Path
) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    with pytest.raises(NotFoundError, match="no finished iteration"):
        model.save_weights(tmp_path / "w")
    iterate(model, "1")
    iterate(model, "2")
    files = model.save_weights(str(tmp_path / "w"))
    older = model.save_weights(tmp_path / "older", iteration="1", format="safetensors")

    assert [path.name for path in files + older] == ["weights.pt", "card.json", "weights.safetensors", "card.json"]
    assert files[0].read_text() == "model/weights.pt of 2"
    assert older[0].read_text() == "model/weights.safetensors of 1"
    with pytest.raises(RecordError, match=r"holds weights\.pt and card\.json already"):
        model.save_weights(tmp_path / "w")
    assert [path.name for path in model.save_weights(tmp_path / "w", format="safetensors")] == [
        "weights.safetensors",
        "card.json",
    ]
    with pytest.raises(RecordError, match=r"holds card\.json already"):  # which is that of another iteration
        model.save_weights(tmp_path / "older", iteration="2", format="pt")
    assert sorted(path.name for path in (tmp_path / "w").iterdir()) == [
        "card.json",
        "weights.pt",
        "weights.safetensors",
    ]
    with pytest.raises(RecordError, match="pt and safetensors"):
        model.save_weights(tmp_path / "x", format="onnx")


def test_models_are_not_listed_among_runs_projects_and_experiments(store: Store) -> None:
    trainer.create_model("cell finder", CELLS, store=store)

    assert store.runs() == store.experiments() == store.experiments(RunKind.DATA_VERSION) == []
    with pytest.raises(NameTakenError, match="a registry has that name"):
        store.create_run("micro-models", "mine", kind=RunKind.MODEL_RUN)


def test_listing_models_needs_neither_mlflow_nor_numpy(store: Store) -> None:
    trainer.create_model("cell finder", CELLS, store=store)
    code = (
        "import sys, trainer\n"
        "print([model.title for model in trainer.list_models(store=trainer.open_store(sys.argv[1]))])\n"
        "assert not {'mlflow', 'torch', 'numpy', 'pyarrow'} & sys.modules.keys(), sys.modules.keys()\n"
    )
    command = [sys.executable, "-c", code, str(store.location.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    assert (done.stdout, done.stderr) == ("['cell finder']\n", "")


def test_a_title_that_cannot_be_is_refused_as_a_title(store: Store) -> None:
    made = trainer.create_model("cell finder", CELLS, store=store)
    trainer.create_model("other", CELLS, store=store)

    for title in ("", " padded ", 'quoted "', "x" * 201, "cells/finder"):
        with pytest.raises(RecordError, match="cannot name a model"):
            trainer.create_model(title, CELLS, store=store)
        with pytest.raises(RecordError, match="cannot name a model"):
            trainer.update_model(made, title=title)
    with pytest.raises(NameTakenError, match="There is a model 'other' already"):
        trainer.update_model(made, title="other")
    assert trainer.update_model(made, title="cell finder").title == "cell finder"


def test_a_design_that_means_nothing_is_refused(store: Store) -> None:
    with pytest.raises(RecordError, match="empty name"):
        trainer.create_model("blank", Design(Task.DETECTION, ("cell", " ")), store=store)
    with pytest.raises(RecordError, match="matter of classification"):
        trainer.create_model("torn", Design(Task.DETECTION, ("cell",), several=True), store=store)
    assert trainer.list_models(store=store) == []


def test_a_model_that_could_not_be_kept_gives_its_title_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("trainer.store.places.copy_hashed", full)
        with pytest.raises(trainer.StoreError, match="No space left on device"):
            trainer.create_model("cell finder", CELLS, store=store)

    assert trainer.list_models(store=store) == []
    assert trainer.create_model("cell finder", CELLS, store=store).title == "cell finder"


def test_iterations_of_a_model_with_the_longest_title_have_names(store: Store) -> None:
    model = trainer.create_model("x" * 200, CELLS, store=store)
    names: list[str] = []
    begin_next(model, lambda name, number: names.append(check_run_name(name)))

    assert names == ["x" * 190 + "-1"]
