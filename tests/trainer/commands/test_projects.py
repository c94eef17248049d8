"""`modelruns projects`: what data there is, and how it changed from version to version."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import trainer
from trainer import Feature, Kind, Ontology, Rows, Snapshot, Store
from trainer.commands import main
from trainer.micro_models.teaching import TAUGHT
from trainer.projects import open_version, save_version
from trainer.records.annotations import Annotations

ONTOLOGY = Ontology((Feature("cell", Kind.BOX), Feature("stain", Kind.RADIO, (Feature("weak", Kind.OPTION),))))


def _snapshot(splits: list[str], boxes: list[int], *, ontology: Ontology = ONTOLOGY) -> Snapshot:
    """Rows a, b, c and so on, and a box of the first feature on each of the named ones."""
    rows = Rows.from_columns(
        keys=list("abcdef")[: len(splits)], splits=splits, widths=[20] * len(splits), heights=[20] * len(splits)
    )
    return Snapshot(
        ontology,
        rows,
        Annotations.from_columns(row=boxes, feature=[0] * len(boxes), box=[[1, 2, 3, 4]] * len(boxes)),
    )


@pytest.fixture
def cells(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with two versions of project `cells`, and data that was gathered for a model."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    save_version(f"{TAUGHT}finder", _snapshot(["training"], [0]), store=store)
    save_version("cells", _snapshot(["training", "training", "test"], [0, 0, 2]), store=store)
    save_version("cells", _snapshot(["training", "training", "test", "unassigned"], [0, 0, 0, 2, 3]), store=store)
    return store


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def _words(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    assert main([*arguments]) == 0
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_projects_are_listed_with_what_their_newest_version_holds(
    cells: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    head, line = _words(capsys, "projects", "list")

    assert head == [
        "project",
        "rows",
        "training",
        "test",
        "unassigned",
        "annotations",
        "features",
        "versions",
        "updated",
    ]
    assert line[:8] == ["cells", "4", "2", "1", "1", "5", "3", "2"]
    (facts,) = _json(capsys, "projects", "list")
    assert (facts["name"], facts["versions"], facts["newest"]["version"]) == ("cells", 2, "v2")
    assert facts["newest"]["splits"] == {"training": 2, "test": 1, "unassigned": 1}


def test_data_that_was_gathered_for_models_is_listed_where_all_is_asked_for(
    cells: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [one["name"] for one in _json(capsys, "projects", "list", "--all")] == ["cells", "taught-finder"]


def test_a_project_shows_its_parts_features_versions_and_models(
    cells: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    finder = trainer.create_model("finder", trainer.Design(trainer.Task.DETECTION, ("cell",)), store=cells)
    trainer.attach(finder, "cells")
    lines = _words(capsys, "projects", "show", "cells")

    assert lines[0][:2] == ["cells", "v2"]
    assert lines[1:5] == [
        ["rows", "4", "(2", "training,", "1", "test,", "1", "unassigned)"],
        ["annotations", "5"],
        ["versions", "v2,", "v1"],
        ["models", "finder"],
    ]
    assert lines[6:] == [["cell", "box", "5", "3"], ["stain", "radio", "0", "0"], ["stain/weak", "option", "0", "0"]]
    older = _json(capsys, "projects", "show", "cells", "--version", "v1")
    assert (older["version"], older["rows"], older["annotations"]) == ("v1", 3, 3)
    assert older["features"][0] == {"path": "cell", "kind": "box", "annotations": 3, "rows": 2}
    assert older["digest"] == open_version("cells", version="v1", store=cells).snapshot.digest


def test_versions_stand_below_each_other(cells: Store, capsys: pytest.CaptureFixture[str]) -> None:
    title, head, newest, oldest = _words(capsys, "projects", "versions", "cells")

    assert title == ["cells:", "2", "versions"]
    assert head[:7] == ["version", "rows", "training", "test", "unassigned", "annotations", "features"]
    assert newest[:7] == ["v2", "4", "2", "1", "1", "5", "3"]
    assert oldest[:7] == ["v1", "3", "2", "1", "0", "3", "3"]
    assert [one["version"] for one in _json(capsys, "projects", "versions", "cells")] == ["v2", "v1"]


def test_a_damaged_project_hides_no_other(cells: Store, capsys: pytest.CaptureFixture[str]) -> None:
    save_version("street", _snapshot(["training"], [0]), store=cells).stored.path("data/rows.parquet").unlink()
    listed = {one["name"]: one["newest"] for one in _json(capsys, "projects", "list")}

    assert listed["street"] is None
    assert listed["cells"]["rows"] == 4
    assert ["street", "–", "–", "–", "–", "–", "–", "1"] in [line[:8] for line in _words(capsys, "projects", "list")]


def test_no_project_and_an_unknown_one_say_what_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))

    assert main(["projects", "list"]) == 0
    assert capsys.readouterr().out == "There is no project yet. Make one with: modelruns import.\n"
    for command in ("show", "versions"):
        assert main(["projects", command, "cells"]) == 1
        assert "There is no project 'cells'. There are: none yet." in capsys.readouterr().err


@pytest.mark.parametrize("command", ["list", "show", "versions"])
def test_every_command_explains_itself_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["projects", command, "--help"])

    assert f"  modelruns projects {command}" in capsys.readouterr().out


def test_listing_needs_neither_torch_nor_mlflow(cells: Store) -> None:
    asked = (
        "import sys; from trainer.commands import main; main(['projects', 'list']); main(['projects', 'show', 'cells'])"
    )
    told = f"{asked}; print(sorted({{'torch', 'mlflow'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "[]"
