"""Deleting micro-models and their iterations: whole or not at all, and asked for by name."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

import trainer
from trainer import Design, MicroModel, NotFoundError, RecordError, Store, Task
from trainer.store import RunEntry, diagnose

CELLS = Design(Task.DETECTION, ("cell", "nucleus"))
Iterate = Callable[..., RunEntry]


def files_of(store: Store) -> list[Path]:
    return [path for path in store.location.artifacts.rglob("*") if path.is_file()]


def test_an_iteration_is_deleted_only_by_its_name_and_leaves_no_file(store: Store, iterate: Iterate) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    other = trainer.create_model("other", CELLS, store=store)
    kept, gone, failed = iterate(model, "1"), iterate(model, "2"), iterate(model, "3", end="fail")
    with pytest.raises(RecordError, match="confirm with '2'"):
        model.delete_iteration(gone, confirm="cell finder")
    with pytest.raises(RecordError, match="no iteration of model other"):
        other.delete_iteration(gone, confirm="2")
    before = len(files_of(store))
    model.delete_iteration(gone, confirm="2")
    model.delete_iteration(failed, confirm="3")

    assert model.iterations() == [kept]
    assert not [path for path in files_of(store) if gone.id in path.parts or failed.id in path.parts]
    assert len(files_of(store)) < before
    with pytest.raises(NotFoundError):
        model.delete_iteration(gone, confirm="2")


def test_a_deleted_model_leaves_no_file_and_its_title_is_free(store: Store, iterate: Iterate) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    for name, end in (("1", "seal"), ("2", "fail"), ("3", "seal")):
        iterate(model, name, end=end)
    with pytest.raises(RecordError, match="confirm with 'cell finder'"):
        trainer.delete_model(model, confirm="Cell finder")
    assert len(model.iterations()) == 3

    assert trainer.delete_model(model, confirm="cell finder") == 3
    assert files_of(store) == []
    assert trainer.list_models(store=store) == store.runs(sealed_only=False) == diagnose(store) == []
    for change in (
        lambda: trainer.delete_model(model, confirm="cell finder"),
        lambda: trainer.update_model(model, description="x"),
    ):
        with pytest.raises(NotFoundError, match="was deleted"):
            change()
    assert trainer.create_model("cell finder", Design(Task.CLASSIFICATION, ("a", "b")), store=store).id != model.id


def test_a_model_with_an_iteration_in_training_stays_whole(store: Store, iterate: Iterate) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    iterate(model, "1")
    iterate(model, "2", end="leave")
    with pytest.raises(trainer.FrozenRunError, match="is being written"):
        trainer.delete_model(model, confirm="cell finder")

    assert len(model.iterations()) == 2
    assert trainer.get_model("cell finder", store=store) == model


def test_an_interrupted_deletion_is_finished_by_asking_again(
    store: Store, iterate: Iterate, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    for name in ("1", "2", "3"):
        iterate(model, name)
    calls = itertools.count()

    def interrupted(connection: object, run: RunEntry, finish=trainer.store.removing.finish_deletion) -> None:  # type: ignore[no-untyped-def,attr-defined]
        if next(calls) == 2:
            raise KeyboardInterrupt
        finish(connection, run)

    with monkeypatch.context() as patch:
        patch.setattr("trainer.store.removing.finish_deletion", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trainer.delete_model(model, confirm="cell finder")

    assert [run.name for run in trainer.get_model("cell finder", store=store).iterations()] == ["1"]
    assert trainer.delete_model(model, confirm="cell finder") == 1
    assert files_of(store) == []


def test_an_iteration_that_begins_while_its_model_is_deleted_keeps_the_model(
    store: Store, iterate: Iterate, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = trainer.create_model("cell finder", CELLS, store=store)
    iterate(model, "1")
    require = trainer.micro_models.models.require_entry  # type: ignore[attr-defined]

    def begin_meanwhile(asked: MicroModel) -> RunEntry:
        entry: RunEntry = require(asked)
        iterate(asked, "2", end="leave")
        return entry

    monkeypatch.setattr("trainer.micro_models.models.require_entry", begin_meanwhile)
    with pytest.raises(trainer.FrozenRunError, match="is being written"):
        trainer.delete_model(model, confirm="cell finder")

    assert [run.name for run in model.iterations()] == ["2", "1"]
