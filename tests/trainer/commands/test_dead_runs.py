"""A run that nobody writes any more is told as dead by whoever lists it, and is not changed by that."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from trainer import Store
from trainer.commands import main
from trainer.records.errors import NameTakenError
from trainer.store import RunKind, find_dead_runs


@pytest.fixture
def leave(store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Begin a run, and let another machine have begun it that gave its last sign of life long ago."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))

    def begin(name: str) -> None:
        run = store.create_run("cells", name, kind=RunKind.MODEL_RUN)
        run._pulse.stop()
        for key, value in {"host": "elsewhere", "pid": "4711", "heartbeat": "2020-11-21T14:02:11+00:00"}.items():
            store.connection.client.set_tag(run.run_id, f"trainer.{key}", value)

    return begin


def test_lists_tell_a_dead_run_and_leave_it_as_it_is(
    store: Store, leave: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    store.create_run("cells", "alive", kind=RunKind.MODEL_RUN)
    leave("lost")
    before = [run.tags for run in store.runs(sealed_only=False)]
    (dead,) = find_dead_runs(store)
    told = (
        f"dead: cells/lost ({dead.id[:8]}): process 4711 on elsewhere has given no sign of life since 2020-11-21 14:02"
    )
    for command in (["runs"], ["runs", "cells"], ["runs", "cells", "--all"]):
        assert main(command) == 0
        out = capsys.readouterr().out
        assert told in " ".join(out.split())
        assert "modelruns doctor --repair" in out

    assert main(["runs", "cells", "--all", "--json"]) == 0
    runs = {run["name"]: run for run in json.loads(capsys.readouterr().out)}
    assert (runs["lost"]["status"], runs["alive"]["status"]) == ("dead", "running")
    assert runs["lost"]["last_sign_of_life"].startswith("2020-11-21")
    assert [run.tags for run in store.runs(sealed_only=False)] == before


def test_a_dead_run_is_named_to_whoever_wants_its_name_or_opens_it(
    store: Store, leave: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    leave("lost")

    assert main(["show", "cells/lost"]) == 1
    assert "no sign of life since 2020-11-21 14:02 UTC. `modelruns doctor --repair` ends it." in capsys.readouterr().err
    with pytest.raises(NameTakenError, match=r"seems to be dead: process 4711 on elsewhere .*free this one with"):
        store.create_run("cells", "lost", kind=RunKind.MODEL_RUN)
    assert main(["doctor", "--repair"]) == 0
    store.create_run("cells", "lost", kind=RunKind.MODEL_RUN).kill()
    assert find_dead_runs(store) == []
