"""On an MLflow server everything is the same, over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trainer.micro_models.models import create_model, delete_model, get_model, list_models, update_model
from trainer.records.design import Design, Task
from trainer.records.errors import FrozenRunError, NameTakenError, NotFoundError, RunDamagedError, StoreError
from trainer.store import RunKind, RunWriter, Store, StoredRun, diagnose, open_store
from trainer.store.health import is_answering
from trainer.store.remote import check_remote_address

SERVER = "https://runs.example.org"


@pytest.fixture
def team_store(server: str, tmp_path: Path) -> Iterator[Store]:
    """A store on the server, with a cache of its own."""
    store = open_store(server, cache=tmp_path / "cache")
    yield store
    store.close()


def test_a_run_makes_the_same_way_to_a_server_and_back(
    team_store: Store,
    write_run: Callable[..., RunWriter],
    run_folder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    writer = write_run(team_store, "first", tags={"note": "it's ours"})
    assert team_store.runs() == []
    with pytest.raises(NotFoundError, match="is writing it"):
        team_store.find("first")
    run = writer.seal()

    assert team_store.find("digits/first") == run
    assert team_store.find(run.id[:8]) == run
    assert [entry.id for entry in team_store.runs("digits")] == [run.id]
    assert [(entry.name, entry.runs) for entry in team_store.experiments()] == [("digits", 1)]
    assert (run.params["epochs"], run.metrics["mAP_50_95"], run.tags["note"]) == ("2", 0.25, "it's ours")
    for path in (path for path in run_folder.rglob("*") if path.is_file()):
        kept = run.path(path.relative_to(run_folder).as_posix())
        assert kept.read_bytes() == path.read_bytes()
        assert kept.parent.parent == tmp_path / "cache"
    run.verify()
    with pytest.raises(NameTakenError):
        team_store.create_run("digits", "first", kind=RunKind.MODEL_RUN)
    with pytest.raises(FrozenRunError):
        writer.log_params({"a": 1})
    assert diagnose(team_store, every_byte=True) == []
    assert is_answering(team_store.base_url() or "")
    assert capfd.readouterr() == ("", "")


def test_data_of_another_run_is_referenced_and_damage_on_the_server_is_noticed(
    team_store: Store, write_run: Callable[..., RunWriter], tmp_path: Path
) -> None:
    version = write_run(team_store, "1", experiment="cells", kind=RunKind.DATA_VERSION).seal()
    writer = team_store.create_run("cells", "second", kind=RunKind.MODEL_RUN)
    writer.reference(version, ["README.md"])
    (tmp_path / "x y.txt").write_text("mine")
    writer.add_file(tmp_path / "x y.txt", "notes/größe 1.txt")
    run = writer.seal()

    assert run.path("README.md").read_bytes() == version.path("README.md").read_bytes()
    assert run.path("notes/größe 1.txt").read_text() == "mine"
    _overwrite_on_server(team_store, version, "logs/train.log", tmp_path, b"x" * 320)
    with pytest.raises(RunDamagedError, match="sent another file than the manifest lists"):
        version.path("logs/train.log")
    _overwrite_on_server(team_store, version, "logs/train.log", tmp_path, b"x" * 100_000)
    with pytest.raises(RunDamagedError, match=r"'logs/train.log' has 100,000 bytes instead of 320"):
        team_store.find(version.id)


def test_a_server_that_does_not_answer_is_said_so_soon() -> None:
    assert not is_answering("http://127.0.0.1:9")
    assert not is_answering("file:///etc/passwd")
    with pytest.raises(StoreError, match=r"the server does not answer\. Check the address in MLFLOW_TRACKING_URI"):
        open_store("http://127.0.0.1:9").runs()


@pytest.mark.parametrize(
    "address",
    ["file:///etc", "/etc", "http://elsewhere/x", "mlflow-artifacts://elsewhere/1/a/artifacts", "dbfs:/x", "runs:/a/b"],
)
def test_a_server_cannot_send_us_to_our_own_disk_or_to_another_host(address: str) -> None:
    with pytest.raises(StoreError, match="not followed"):
        check_remote_address(address, SERVER)


@pytest.mark.parametrize("address", ["mlflow-artifacts:/1/a/artifacts", "s3://bucket/1/a/artifacts"])
def test_usual_places_on_a_server_are_followed(address: str) -> None:
    check_remote_address(address, SERVER)


def _overwrite_on_server(store: Store, run: StoredRun, name: str, folder: Path, content: bytes) -> None:
    path = folder / Path(name).name
    path.write_bytes(content)
    assert hashlib.sha256(content).hexdigest() != run.manifest.entry(name).sha256
    store.connection.client.log_artifact(run.id, str(path), str(Path(name).parent))


def test_a_run_is_renamed_retagged_and_deleted_for_ever_on_a_server(
    team_store: Store, write_run: Callable[..., RunWriter]
) -> None:
    held = write_run(team_store, "held", experiment="relabelled").seal()
    writer = team_store.create_run("relabelled", "user", kind=RunKind.MODEL_RUN, tags={"gone": "x"})
    writer.reference(held, ["README.md"])
    writer.seal()
    user, entry = team_store.runs("relabelled")
    team_store.rename(entry, "better")
    team_store.set_tags(user, {"note": "it's new"}, without=["gone"])

    assert team_store.find("relabelled/better").id == held.id
    assert [run.id for run in team_store.runs(tagged=("trainer.uid", user.tags["trainer.uid"]))] == [user.id]
    found = team_store.find("relabelled/user")
    assert (found.tags["note"], found.tags.get("gone")) == ("it's new", None)
    with pytest.raises(NameTakenError):
        team_store.rename(entry, "user")
    with pytest.raises(FrozenRunError, match="other runs refer to files of it"):
        team_store.delete_for_ever([entry])

    place = team_store.connection.place_of(entry.id, entry.artifact_uri)
    assert len(place.sizes(["README.md", "logs/train.log"])) == 2
    team_store.delete_for_ever([user, entry])
    assert team_store.runs("relabelled", sealed_only=False) == []
    assert place.sizes(["README.md", "logs/train.log"]) == {}
    with pytest.raises(NotFoundError):
        team_store.find(held.id)


def test_the_registry_of_models_is_the_same_on_a_server(team_store: Store) -> None:
    design = Design(Task.DETECTION, ("cell",))
    model = create_model("it's a cell finder", design, description="é", store=team_store)
    renamed = update_model(model, title="cells", description="")

    assert list_models(store=team_store) == [renamed]
    assert get_model(model.id[:8], store=team_store).title == "cells"
    assert create_model("cells", design, store=team_store) == renamed
    assert delete_model(renamed, confirm="cells") == 0
    assert list_models(store=team_store) == []
