"""Only whole runs are opened, and a changed one is noticed and named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from trainer.records.errors import ModelrunsError, NotFoundError, RunDamagedError
from trainer.store import RunKind, RunWriter, Store, StoredRun, open_store

LogRun = Callable[..., StoredRun]


def test_an_unsealed_run_cannot_be_opened(store: Store, write_run: Callable[..., RunWriter]) -> None:
    run = write_run(store, "first")

    for reference in ("first", run.run_id):
        with pytest.raises(NotFoundError, match=r"process \d+ on .* is writing it"):
            store.find(reference)


def test_a_run_with_a_seal_that_mlflow_does_not_call_finished_cannot_be_opened(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    store.connection.client.update_run(run.id, status="RUNNING")

    with pytest.raises(NotFoundError, match="cannot be opened"):
        store.find("first")


def test_a_missing_file_is_named_with_its_run(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    run.path("logs/train.log").unlink()

    with pytest.raises(
        RunDamagedError, match=rf"Run digits/first \({run.id[:8]}\): 1 of 3 files .*'logs/train.log' is"
    ):
        store.find("first")
    with pytest.raises(RunDamagedError, match=r"'logs/train.log' is missing"):
        run.path("logs/train.log")


def test_a_file_of_another_length_is_noticed_on_opening(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    with run.path("README.md").open("ab") as file:
        file.write(b"!")

    with pytest.raises(RunDamagedError, match=r"'README.md' has 9 bytes instead of 8"):
        store.find("first")
    with pytest.raises(RunDamagedError, match="has 9 bytes; the manifest says 8"):
        run.path("README.md")


def test_a_changed_byte_is_noticed_by_verifying(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    run.path("README.md").write_bytes(b"# B run\n")

    assert store.find("first") == run
    with pytest.raises(RunDamagedError, match=r"1 of 3 files were changed since it was sealed; first: 'README.md'"):
        run.verify()


def test_another_manifest_than_the_sealed_one_is_refused(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    manifest = run.path("README.md").with_name("manifest.json")
    manifest.write_bytes(manifest.read_bytes() + b" ")

    with pytest.raises(RunDamagedError, match=r"manifest.json is not the one that was sealed"):
        store.find("first")


def test_a_manifest_of_the_future_names_the_run_and_the_way_out(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")
    _forge(store, run, {"format": 99, "files": []})

    with pytest.raises(ModelrunsError, match=r"Run digits/first .* Upgrade modelruns"):
        store.find("first")


@pytest.mark.parametrize("name", ["../../../../mlflow.db", "/etc/passwd", "logs/../../x"])
def test_a_manifest_cannot_lead_out_of_its_run(store: Store, log_run: LogRun, name: str) -> None:
    run = log_run(store, "first")
    _forge(store, run, {"format": 1, "files": [{"name": name, "bytes": 1, "sha256": "0" * 64}]})

    with pytest.raises(RunDamagedError, match=r"manifest.json cannot be read"):
        store.find("first")


def test_a_link_cannot_lead_out_of_its_run(store: Store, log_run: LogRun, tmp_path: Path) -> None:
    run = log_run(store, "first")
    secret = tmp_path / "secret"
    secret.write_bytes(b"# A run\n")
    readme = run.path("README.md")
    readme.unlink()
    readme.symlink_to(secret)

    with pytest.raises(RunDamagedError, match="is a link to another place"):
        store.find("first")


def test_an_address_in_the_database_cannot_lead_out_of_the_store(store: Store, log_run: LogRun) -> None:
    import sqlite3
    from contextlib import closing

    run = log_run(store, "first")
    with closing(sqlite3.connect(store.location.file)) as database, database:
        database.execute("UPDATE runs SET artifact_uri = '/etc/' || run_uuid || '/artifacts'")

    with pytest.raises(RunDamagedError):
        store.find(run.id)


def test_a_run_that_modelruns_did_not_make_is_none_of_ours(store: Store) -> None:
    client = store.connection.client
    theirs = client.create_run(client.create_experiment("theirs"), run_name="x").info.run_id

    with pytest.raises(NotFoundError, match="was not stored by modelruns"):
        store.find(theirs)
    with pytest.raises(NotFoundError, match="no run 'x'"):
        store.find("x")


def test_a_file_that_the_run_has_not_is_answered_with_those_it_has(store: Store, log_run: LogRun) -> None:
    run = log_run(store, "first")

    assert not run.has("logs/other.log")
    with pytest.raises(NotFoundError, match=r"no file 'logs/other.log'. It has: README.md, logs/train.log"):
        run.path("logs/other.log")


def test_a_store_that_was_moved_is_read_where_it_is(store: Store, log_run: LogRun, tmp_path: Path) -> None:
    log_run(store, "first")
    store.close()
    shutil.move(tmp_path / "mlruns", tmp_path / "elsewhere")
    moved = open_store(tmp_path / "elsewhere")
    run = moved.find("first")
    second = log_run(moved, "second")

    assert run.path("README.md").is_relative_to(tmp_path / "elsewhere")
    assert second.path("README.md").is_relative_to(tmp_path / "elsewhere")
    assert not (tmp_path / "mlruns").exists()
    moved.close()


def test_equal_runs_have_equal_manifests(store: Store, log_run: LogRun) -> None:
    assert log_run(store, "first").manifest_sha256 == log_run(store, "second").manifest_sha256


def test_a_held_file_whose_holder_is_gone_is_reported(
    store: Store, log_run: LogRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = log_run(store, "1", experiment="cells", kind=RunKind.DATA_VERSION)
    writer = store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    writer.reference(version, ["README.md"])
    run = writer.seal()
    run.path("README.md").unlink()

    assert store.find("first").path("README.md") == version.path("README.md")
    version.path("README.md").unlink()
    with pytest.raises(RunDamagedError, match=r"'README.md' is missing"):
        store.find("first")


def _forge(store: Store, run: StoredRun, content: object) -> None:
    """Replace a run's manifest together with its hash, as a hostile server could."""
    forged = json.dumps(content).encode()
    run.path("README.md").with_name("manifest.json").write_bytes(forged)
    store.connection.client.set_tag(run.id, "trainer.manifest_sha256", hashlib.sha256(forged).hexdigest())
