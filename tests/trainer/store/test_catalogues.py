"""The quick way of asking an embedded store and MLflow's own way give the same answers."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import pytest

from trainer.store import RunKind, RunWriter, Store, StoredRun
from trainer.store.catalogue import Wanted
from trainer.store.mlflow_catalogue import MlflowCatalogue
from trainer.store.sqlite_catalogue import SqliteCatalogue, knows_form

LogRun = Callable[..., StoredRun]

# Everything a reader does, in a fresh process.
READING = """
import sys, trainer.store
store = trainer.store.open_store(sys.argv[1])
print(len(store.runs()), len(store.experiments()), store.find("first").path("README.md").name)
assert trainer.store.diagnose(store) == []
assert not {"mlflow", "sqlalchemy", "pandas"} & sys.modules.keys()
"""


@pytest.fixture
def varied_store(store: Store, log_run: LogRun, write_run: Callable[..., RunWriter]) -> Store:
    """Runs of every kind and state, some deleted, some not ours."""
    log_run(store, "first", tags={"note": 'it\'s "quoted"'})
    log_run(store, "first", experiment="other")
    log_run(store, "1", experiment="cells", kind=RunKind.DATA_VERSION)
    write_run(store, "second").fail("no")
    write_run(store, "second").kill()
    write_run(store, "third")
    store.connection.client.update_run(log_run(store, "unfinished").id, status="RUNNING")
    store.connection.client.delete_run(log_run(store, "deleted").id)
    gone = log_run(store, "gone", experiment="gone")
    store.connection.client.delete_experiment(gone.experiment_id)
    theirs = store.connection.client.create_experiment("theirs")
    store.connection.client.create_run(theirs, run_name="first")
    return store


def test_both_ways_give_the_same_answers(varied_store: Store) -> None:
    client = varied_store.connection.client
    quick, slow = SqliteCatalogue(varied_store.location), MlflowCatalogue(client)
    everything = client.search_experiments(view_type=3)
    ids = [experiment.experiment_id for experiment in everything]
    runs = client.search_runs(ids, run_view_type=3)

    assert len(runs) == 10
    for mark in ("experiment", "project", "nothing"):
        assert sorted(map(repr, quick.experiments(mark))) == sorted(map(repr, slow.experiments(mark)))
    for title in [experiment.name for experiment in everything] + ["nowhere"]:
        assert quick.experiment(title) == slow.experiment(title)
    for wanted in (
        Wanted(),
        Wanted(sealed=True),
        Wanted(name="first"),
        Wanted(name="nothing"),
        Wanted(id_start=runs[0].info.run_id[:6]),
        Wanted(sealed=True, name="first"),
        Wanted(tagged=("trainer.state", "killed")),
        Wanted(sealed=True, tagged=("trainer.kind", "model_run")),
        Wanted(tagged=("nothing", "at all")),
    ):
        for kind in RunKind:
            for most in (None, 0, 1, 100):
                answers = [repr(way.runs(ids, wanted, kind=kind, most=most)) for way in (quick, slow)]
                assert _without_order(answers[0]) == _without_order(answers[1])
    for run_id in [run.info.run_id for run in runs] + ["ab" * 16]:
        assert _without_order(repr(quick.run(run_id))) == _without_order(repr(slow.run(run_id)))
    assert quick.count_sealed(ids) == slow.count_sealed(ids)
    assert quick.runs([], Wanted(), kind=RunKind.MODEL_RUN) == slow.runs([], Wanted(), kind=RunKind.MODEL_RUN) == []


def test_runs_come_newest_first_over_several_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.store.mlflow_catalogue._RUNS_A_PAGE", 2)
    monkeypatch.setattr("trainer.store.sqlite_catalogue._AT_ONCE", 2)
    made = [store.create_run("digits", f"run {number}", kind=RunKind.MODEL_RUN).seal() for number in range(5)]
    (experiment,) = {run.experiment_id for run in made}

    for way in (SqliteCatalogue(store.location), MlflowCatalogue(store.connection.client)):
        found = way.runs([experiment], Wanted(), kind=RunKind.MODEL_RUN)
        assert [run.name for run in found] == [run.name for run in reversed(made)]
        assert all(run.tags["trainer.state"] == "sealed" for run in found)
        assert len(way.runs([experiment], Wanted(), kind=RunKind.MODEL_RUN, most=3)) == 3


def test_the_form_of_database_that_the_installed_mlflow_makes_is_known(store: Store) -> None:
    assert knows_form(store.location)


def test_a_form_that_is_not_known_is_read_by_mlflow(varied_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = (varied_store.runs(sealed_only=False), varied_store.experiments(), varied_store.find("digits/first"))
    monkeypatch.setattr("trainer.store.sqlite_catalogue.KNOWN_FORMS", frozenset({"another"}))

    assert isinstance(varied_store.connection.catalogue, MlflowCatalogue)
    assert (
        varied_store.runs(sealed_only=False),
        varied_store.experiments(),
        varied_store.find("digits/first"),
    ) == quick


def test_reading_an_embedded_store_does_without_mlflow(store: Store, log_run: LogRun) -> None:
    log_run(store, "first")
    command = [sys.executable, "-c", READING, str(store.location.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    assert (done.stdout, done.stderr) == ("1 1 README.md\n", "")


def _without_order(answer: str) -> list[str]:
    """The pieces of a printed answer: tags come in any order, and NaN differs from itself unless printed."""
    return sorted(answer.replace("{", ",").replace("}", ",").split(","))


def test_both_ways_tell_every_value_of_a_metric_in_the_order_of_its_steps(
    store: Store, write_run: Callable[..., RunWriter]
) -> None:
    writer = write_run(store, "first")
    for step, value in ((2, 0.5), (1, 0.9), (3, math.nan), (3, -1.5)):
        writer.log_metrics({"loss": value, "other": 7.0}, step=step)

    for way in (SqliteCatalogue(store.location), MlflowCatalogue(store.connection.client)):
        points = way.history(writer.run_id, "loss")
        assert [(point.step, repr(point.value)) for point in points[:2]] == [(1, "0.9"), (2, "0.5")]
        assert sorted((point.step, repr(point.value)) for point in points[2:]) == [(3, "-1.5"), (3, "nan")]
        assert all(point.moment > 1_600_000_000_000 for point in points)
        assert way.history(writer.run_id, "nothing") == []
        assert way.history("ab" * 16, "loss") == []
    (entry,) = store.runs(sealed_only=False)
    assert [point.step for point in store.metric_history(entry, "loss")] == [1, 2, 3, 3]
