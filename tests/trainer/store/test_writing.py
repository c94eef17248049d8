"""What is written into a run comes back, and nothing else does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trainer.records.errors import FrozenRunError, NameTakenError, NotFoundError, RecordError, StoreError
from trainer.store import RunKind, RunState, RunWriter, Store, open_store

WriteRun = Callable[..., RunWriter]


def test_a_sealed_run_holds_everything_that_was_logged(store: Store, write_run: WriteRun, run_folder: Path) -> None:
    run = write_run(store, "first", tags={"note": "two epochs"}).seal()

    assert (run.name, run.experiment, run.kind, run.status) == ("first", "digits", RunKind.MODEL_RUN, "finished")
    assert run.params == {"backbone": "resnet18", "epochs": "2"}
    assert run.metrics["mAP_50_95"] == 0.25
    assert np.isnan(run.metrics["recall"])
    assert run.tags["note"] == "two epochs"
    assert {entry.name for entry in run.manifest.files} == {
        path.relative_to(run_folder).as_posix() for path in run_folder.rglob("*") if path.is_file()
    }
    assert run.path("logs/train.log").read_bytes() == (run_folder / "logs/train.log").read_bytes()
    assert run.created <= run.finished
    run.verify()


def test_mlflow_shows_the_data_that_a_run_saw(store: Store, write_run: WriteRun) -> None:
    run = write_run(store, "first").seal()
    inputs = store.connection.client.get_run(run.id).inputs.dataset_inputs
    seen = {(given.dataset.name, given.dataset.digest, given.tags[0].value) for given in inputs}

    assert seen == {("cells/training", "0" * 32, "training"), ("cells/validation", "0" * 32, "validation")}


def test_files_are_where_mlflow_looks_for_them(store: Store, write_run: WriteRun) -> None:
    run = write_run(store, "first").seal()
    listed = {file.path for file in store.connection.client.list_artifacts(run.id)}

    assert listed == {"README.md", "logs", "manifest.json", "predictions"}


def test_rows_are_counted_where_a_file_has_some(store: Store, tmp_path: Path) -> None:
    pq.write_table(pa.table({"row": [0, 1, 2]}), tmp_path / "t.parquet")
    np.save(tmp_path / "v.npy", np.zeros((5, 2), dtype=np.float16))
    (tmp_path / "bad.parquet").write_text("no table")
    run = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    for name in ("t.parquet", "v.npy", "bad.parquet"):
        run.add_file(tmp_path / name, name)
    run.add_file(tmp_path / "bad.parquet", "said.bin", rows=7)
    rows = {entry.name: entry.rows for entry in run.seal().manifest.files}

    assert rows == {"t.parquet": 3, "v.npy": 5, "bad.parquet": None, "said.bin": 7}


def test_a_later_file_of_the_same_name_replaces_the_earlier(store: Store, tmp_path: Path) -> None:
    run = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    for text in ("one", "two and more"):
        (tmp_path / "x").write_text(text)
        run.add_file(tmp_path / "x", "log.txt")
    sealed = run.seal()

    assert sealed.path("log.txt").read_text() == "two and more"
    assert len(sealed.manifest.files) == 1


def test_a_run_without_files_can_be_sealed(store: Store) -> None:
    sealed = store.create_run("digits", "bare", kind=RunKind.MODEL_RUN).seal()

    assert sealed.manifest.files == ()


def test_a_sealed_run_refuses_to_change(store: Store, write_run: WriteRun, run_folder: Path) -> None:
    run = write_run(store, "first")
    run.seal()

    for change in (
        lambda: run.log_params({"a": 1}),
        lambda: run.log_metrics({"a": 1}),
        lambda: run.set_tags({"a": "1"}),
        lambda: run.add_file(run_folder / "README.md", "x"),
        run.heartbeat,
        run.seal,
        run.kill,
    ):
        with pytest.raises(FrozenRunError, match="is sealed and cannot change"):
            change()


def test_a_parameter_cannot_change_while_a_run_is_written(store: Store, write_run: WriteRun) -> None:
    run = write_run(store, "first")
    run.log_params({"epochs": 2})

    with pytest.raises(FrozenRunError, match="'epochs' of run 'first' is '2' and cannot become '3'"):
        run.log_params({"epochs": 3})


def test_metrics_keep_a_value_for_each_step(store: Store) -> None:
    run = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    for step, loss in enumerate([3.0, 2.0, 1.5]):
        run.log_metrics({"loss": loss}, step=step)
    sealed = run.seal()
    history = store.connection.client.get_metric_history(sealed.id, "loss")

    assert [(point.step, point.value) for point in history] == [(0, 3.0), (1, 2.0), (2, 1.5)]
    assert sealed.metrics == {"loss": 1.5}


def test_more_than_a_hundred_parameters_and_metrics_are_kept(store: Store) -> None:
    run = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    run.log_params({f"p{number}": number for number in range(250)})
    run.log_metrics({f"m{number}": number for number in range(250)})
    sealed = run.seal()

    assert (len(sealed.params), len(sealed.metrics)) == (250, 250)


def test_the_longest_allowed_texts_are_kept_whole(store: Store) -> None:
    run = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    run.log_params({"p": "x" * 6_000})
    run.set_tags({"t": "x" * 8_000})
    sealed = run.seal()

    assert (len(sealed.params["p"]), len(sealed.tags["t"])) == (6_000, 8_000)


def test_what_mlflow_would_cut_or_bend_is_refused(store: Store) -> None:
    run = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)

    with pytest.raises(RecordError, match="'p' has 6,001 characters; MLflow keeps at most 6,000"):
        run.log_params({"p": "x" * 6_001})
    with pytest.raises(RecordError, match="'t' has 8,001 characters; MLflow keeps at most 8,000"):
        run.set_tags({"t": "x" * 8_001})
    with pytest.raises(RecordError, match="'m' is infinite"):
        run.log_metrics({"m": float("inf")})
    with pytest.raises(RecordError, match="metric name 'mAP@50' cannot be kept"):
        run.log_metrics({"mAP@50": 1.0})
    with pytest.raises(RecordError, match="written by the store itself"):
        run.set_tags({"trainer.state": "sealed"})
    with pytest.raises(RecordError, match="does not stay below the run folder"):
        run.add_file(Path(__file__), "../x")
    with pytest.raises(RecordError, match="written by the store itself"):
        run.add_file(Path(__file__), "manifest.json")
    with pytest.raises(StoreError, match="is not a file"):
        run.add_file(Path("/nowhere/x"), "x")


@pytest.mark.parametrize("name", ["", " a", "a/b", 'say "x"', "a\\b", "a\nb", "x" * 201])
def test_a_run_cannot_have_a_name_that_could_not_be_found_again(store: Store, name: str) -> None:
    with pytest.raises(RecordError, match="cannot name a run"):
        store.create_run("digits", name, kind=RunKind.MODEL_RUN)


def test_names_may_hold_what_people_write(store: Store) -> None:
    for name in ("it's 50 % better", "größer", "v1.2 (lr=1e-3)", "-- x; y", "`tick`", "日本"):
        run = store.create_run("lab's tests/2026", name, kind=RunKind.MODEL_RUN).seal()

        assert store.find(f"lab's tests/2026/{name}").id == run.id


def test_a_failed_run_carries_its_traceback_and_gives_its_name_back(store: Store, write_run: WriteRun) -> None:
    write_run(store, "first").fail("Traceback ...\nValueError: no pictures")
    (entry,) = store.runs(sealed_only=False)

    assert (entry.state, entry.status) == (RunState.FAILED, "failed")
    assert entry.tags["trainer.error"].endswith("ValueError: no pictures")
    with pytest.raises(NotFoundError, match=r"it failed\. ValueError: no pictures"):
        store.find("first")
    assert write_run(store, "first").seal().id == store.find("first").id


def test_of_a_very_long_traceback_the_end_is_kept(store: Store) -> None:
    store.create_run("digits", "first", kind=RunKind.MODEL_RUN).fail("x" * 20_000 + "ValueError: here")
    (entry,) = store.runs(sealed_only=False)

    assert entry.tags["trainer.error"].endswith("ValueError: here")


def test_a_killed_run_is_nobodys(store: Store, write_run: WriteRun) -> None:
    write_run(store, "first").kill()

    assert store.runs() == []
    assert [entry.status for entry in store.runs(sealed_only=False)] == ["killed"]


def test_the_name_of_a_sealed_run_is_taken_and_the_error_names_the_run(store: Store, write_run: WriteRun) -> None:
    first = write_run(store, "first").seal()

    with pytest.raises(NameTakenError, match=f"has a run 'first' already .{first.id[:8]}, sealed .* digits/first"):
        store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    assert store.create_run("other", "first", kind=RunKind.MODEL_RUN).name == "first"


def test_the_name_of_a_run_that_is_being_written_is_taken(store: Store, write_run: WriteRun) -> None:
    write_run(store, "first")

    with pytest.raises(NameTakenError, match="is being written by process"):
        store.create_run("digits", "first", kind=RunKind.MODEL_RUN)


def test_projects_and_experiments_of_one_name_do_not_meet(store: Store, write_run: WriteRun) -> None:
    version = write_run(store, "1", experiment="cells", kind=RunKind.DATA_VERSION).seal()
    run = write_run(store, "1", experiment="cells").seal()

    assert version.experiment == run.experiment == "cells"
    assert version.experiment_id != run.experiment_id
    assert store.find("cells/1", kind=RunKind.DATA_VERSION).id == version.id
    assert store.connection.client.get_experiment(version.experiment_id).name == "projects/cells"
    with pytest.raises(RecordError, match="belong to projects"):
        store.create_run("projects/cells", "2", kind=RunKind.MODEL_RUN)


def test_an_experiment_that_somebody_made_in_mlflow_is_left_alone(store: Store) -> None:
    store.connection.client.create_experiment("theirs")

    with pytest.raises(NameTakenError, match="modelruns did not make"):
        store.create_run("theirs", "first", kind=RunKind.MODEL_RUN)


def test_a_deleted_experiment_says_how_to_get_it_back(store: Store, write_run: WriteRun) -> None:
    run = write_run(store, "first").seal()
    store.connection.client.delete_experiment(run.experiment_id)

    with pytest.raises(NameTakenError, match=f"mlflow experiments restore -x {run.experiment_id}"):
        store.create_run("digits", "second", kind=RunKind.MODEL_RUN)


def test_a_referenced_file_is_stored_once_and_belongs_to_both_runs(store: Store, write_run: WriteRun) -> None:
    version = write_run(store, "1", experiment="cells", kind=RunKind.DATA_VERSION).seal()
    names = ["predictions/predictions.bin"]
    writer = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    writer.reference(version, names)
    run = writer.seal()
    third = store.create_run("digits", "second", kind=RunKind.MODEL_RUN)
    third.reference(run, names)
    again = third.seal()

    assert run.path(names[0]).samefile(version.path(names[0]))
    assert run.manifest.entry(names[0]).held_by == version.id
    assert again.manifest.entry(names[0]).held_by == version.id
    run.verify()


def test_a_referenced_file_is_found_where_a_disk_has_one_name_a_file(
    store: Store, write_run: WriteRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no hard links here")

    version = write_run(store, "1", experiment="cells", kind=RunKind.DATA_VERSION).seal()
    monkeypatch.setattr("os.link", refuse)
    writer = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    writer.reference(version, ["README.md"])
    run = writer.seal()

    assert run.path("README.md") == version.path("README.md")


def test_files_of_another_store_cannot_be_referenced(
    store: Store, write_run: WriteRun, empty_store: Path, tmp_path: Path
) -> None:
    version = write_run(store, "1").seal()
    other = open_store(shutil.copytree(empty_store, tmp_path / "elsewhere"))
    writer = other.create_run("digits", "first", kind=RunKind.MODEL_RUN)

    with pytest.raises(StoreError, match="is in another store; copy its files"):
        writer.reference(version, ["README.md"])
    other.close()


def test_a_run_that_was_declared_dead_cannot_be_sealed(store: Store, write_run: WriteRun) -> None:
    run = write_run(store, "first")
    store.connection.client.set_tag(run.run_id, "trainer.state", "killed")

    with pytest.raises(FrozenRunError, match="was ended as killed by somebody else"):
        run.seal()


def test_a_lost_answer_leaves_one_run_and_no_orphan(
    store: Store, write_run: WriteRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = store.connection.client.subject
    create = subject.create_run

    def lose_the_answer(*values: object, **options: object) -> object:
        create(*values, **options)
        monkeypatch.setattr(subject, "create_run", create)
        raise OSError("timed out")

    monkeypatch.setattr(subject, "create_run", lose_the_answer)
    write_run(store, "first").seal()

    assert [entry.name for entry in store.runs(sealed_only=False)] == ["first"]


def test_a_request_that_arrived_twice_leaves_one_run(
    store: Store, write_run: WriteRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = store.connection.client.subject
    create = subject.create_run

    def arrive_twice(*values: object, **options: object) -> object:
        create(*values, **options)
        return create(*values, **options)

    monkeypatch.setattr(subject, "create_run", arrive_twice)
    write_run(store, "first").seal()

    assert [entry.name for entry in store.runs(sealed_only=False)] == ["first"]


def test_a_store_that_was_removed_is_made_anew(store: Store, write_run: WriteRun) -> None:
    write_run(store, "first").seal()
    shutil.rmtree(store.location.folder)
    assert store.runs() == []
    write_run(store, "second").seal()

    assert [entry.name for entry in store.runs()] == ["second"]


def test_sealing_can_be_tried_again(store: Store, write_run: WriteRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(store, "first")
    subject = store.connection.client.subject
    terminate = subject.set_terminated

    def fail_once(*_: object) -> None:
        monkeypatch.setattr(subject, "set_terminated", terminate)
        raise OSError("connection lost")

    monkeypatch.setattr(subject, "set_terminated", fail_once)

    with pytest.raises(StoreError, match="connection lost"):
        run.seal()
    assert store.runs() == []
    assert run.seal().name == "first"
