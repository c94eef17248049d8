"""`modelruns models` and `modelruns attachments`: what they print, refuse and ask."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import trainer
from trainer.commands import main
from trainer.commands.entry import make_parser
from trainer.store import RunKind

COMMANDS = [
    *(f"models {name}" for name in ("list", "show", "create", "edit", "delete", "weights")),
    *(f"attachments {name}" for name in ("list", "create", "update", "delete")),
]


@pytest.fixture
def digits(
    two_runs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> trainer.Store:
    """A store of its own with the project `digits` and the models `finder` and `other`."""
    two_runs.store.close()  # to read an open database as a file would drop this process's locks on it
    shutil.copytree(two_runs.store.location.folder, tmp_path / "mlruns")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "mlruns"))
    assert main(["models", "create", "finder", "--task", "detection", "--features-of", "digits"]) == 0
    assert main(["models", "create", "other", "--task", "classification", "--feature", "b", "--feature", "a"]) == 0
    capsys.readouterr()
    return trainer.open_store()


def _iterate(store: trainer.Store, name: str) -> None:
    model = trainer.get_model("finder", store=store)
    writer = store.create_run("digits", name, kind=RunKind.MODEL_RUN, tags=model.iteration_tags())
    for file in ("weights.pt", "card.json"):
        source = store.location.folder.parent / file
        source.write_text(name)
        writer.add_file(source, f"model/{file}")
    writer.seal()


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example_that_can_be_read(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import shlex

    with pytest.raises(SystemExit) as ended:
        make_parser().parse_args([*command.split(), "--help"])
    text = capsys.readouterr().out

    assert ended.value.code == 0
    examples = text.split("example:")[1].strip().splitlines()
    assert f"modelruns {command}" in examples[0]
    for line in examples:
        make_parser().parse_args(shlex.split(line)[1:])


def test_models_are_registered_with_the_features_of_a_project_or_those_named(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {model["title"]: model for model in _json(capsys, "models", "list")}

    assert found["finder"]["features"] == list("0123456789")
    assert found["finder"]["backbone"] == "tiny_resnet"
    assert (found["other"]["features"], found["other"]["task"]) == (["b", "a"], "classification")
    assert [model["title"] for model in _json(capsys, "models", "list", "--order", "title", "--ascending")] == [
        "finder",
        "other",
    ]
    assert [model["title"] for model in _json(capsys, "models", "list", "--search", "OTH")] == ["other"]
    assert main(["models", "list"]) == 0
    assert "detection" in capsys.readouterr().out
    assert main(["models", "list", "--search", "xyz"]) == 0
    assert "No model has 'xyz'" in capsys.readouterr().out


def test_a_new_model_is_told_how_to_be_trained_and_a_known_one_that_it_stays(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str]
) -> None:
    create = ["models", "create", "small finder", "--task", "detection", "--features-of", "digits"]

    assert main(create) == 0
    assert "modelruns train PROJECT --model 'small finder'" in capsys.readouterr().out
    assert main([*create, "--description", "another"]) == 0
    assert "was there already" in capsys.readouterr().out
    assert trainer.get_model("small finder").description == ""


def test_painted_features_and_strides_reach_the_design(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["models", "create", "both", "--task", "detection_and_segmentation", "--feature", "car"]
    made = _json(capsys, *arguments, "--feature", "road", "--paint", "road", "--stride", "4", "--description", "x")

    assert (made["painted"], made["stride"], made["description"]) == (["road"], 4, "x")


def test_another_design_under_a_title_is_refused(digits: trainer.Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "create", "other", "--task", "classification", "--feature", "a"]) == 1
    assert "features b, a instead of a" in capsys.readouterr().err
    assert main(["models", "create", "new", "--task", "detection", "--feature", "a", "--backbone", "resnet19"]) == 1
    assert "There is resnet18" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["models", "create", "new", "--task", "detection"])
    assert ended.value.code == 2


def test_a_model_is_shown_with_its_projects_and_iterations(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str]
) -> None:
    _iterate(digits, "finder-1")
    assert main(["attachments", "create", "finder", "digits"]) == 0
    capsys.readouterr()
    assert main(["models", "show", "finder"]) == 0
    text = capsys.readouterr().out
    facts = _json(capsys, "models", "show", "finder")

    assert "digits/finder-1" in text
    assert "finished" in text
    assert facts["projects"] == ["digits"]
    assert facts["iterations"][0]["number"] is None  # one that no training made
    assert [(run["name"], run["status"]) for run in facts["iterations"]] == [("finder-1", "finished")]
    assert main(["models", "show", "nothing"]) == 1
    assert "'finder'" in capsys.readouterr().err


def test_a_model_is_renamed(digits: trainer.Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert _json(capsys, "models", "edit", "other", "--title", "better", "--description", "d")["title"] == "better"
    assert main(["models", "edit", "better"]) == 1
    assert "--title" in capsys.readouterr().err
    assert main(["models", "edit", "better", "--title", "finder"]) == 1
    assert "already" in capsys.readouterr().err


def test_deleting_asks_for_the_title_and_a_wrong_one_deletes_nothing(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("finder-1", "finder-2"):
        _iterate(digits, name)
    for said in ("", "Finder\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        assert main(["models", "delete", "finder"]) == 1
        assert "Nothing was deleted" in capsys.readouterr().err
    assert main(["models", "delete", "finder", "--iteration", "finder-1", "--confirm", "finder"]) == 1
    assert len(trainer.get_model("finder").iterations()) == 2

    capsys.readouterr()
    arguments = ["models", "delete", "finder", "--iteration", "finder-1", "--confirm", "finder-1"]
    assert _json(capsys, *arguments)["deleted"]["name"] == "finder-1"
    monkeypatch.setattr("sys.stdin", io.StringIO("finder\n"))
    assert _json(capsys, "models", "delete", "finder")["deleted"]["iterations"] == 1
    assert [model["title"] for model in _json(capsys, "models", "list")] == ["other"]


def test_weights_are_written_beside_their_card(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("finder-1", "finder-2"):
        _iterate(digits, name)
    assert main(["models", "weights", "finder", "--to", str(tmp_path / "new")]) == 0
    assert "weights.pt: 8 bytes" in capsys.readouterr().out
    files = _json(capsys, "models", "weights", "finder", "--to", str(tmp_path / "old"), "--iteration", "finder-1")

    assert (tmp_path / "new" / "weights.pt").read_text() == "finder-2"
    assert [Path(file).read_text() for file in files] == ["finder-1", "finder-1"]
    assert main(["models", "weights", "finder", "--to", str(tmp_path / "new")]) == 1
    assert "already" in capsys.readouterr().err
    assert main(["models", "weights", "finder", "--to", str(tmp_path / "x"), "--format", "safetensors"]) == 1
    assert "holds no model/weights.safetensors" in capsys.readouterr().err


def test_models_are_linked_to_projects_and_links_change_and_end(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str]
) -> None:
    _iterate(digits, "finder-1")
    made = _json(capsys, "attachments", "create", "finder", "digits", "--map", "1=7", "--map", "0=0")
    assert (made["mapping"], made["policy"]) == ({"0": "0", "1": "7"}, "latest")
    changed = _json(capsys, "attachments", "update", "finder", "digits", "--use", "finder-1")
    assert changed["policy"] == [trainer.get_model("finder").iteration().id]
    assert main(["attachments", "list"]) == 0
    assert "2 of 10" in capsys.readouterr().out
    assert [link["title"] for link in _json(capsys, "attachments", "list", "--project", "digits")] == ["finder"]
    assert main(["attachments", "update", "finder", "digits"]) == 1
    assert "--map" in capsys.readouterr().err
    assert main(["attachments", "delete", "finder", "digits"]) == 0
    assert "no longer attached" in capsys.readouterr().out
    assert _json(capsys, "attachments", "list", "--model", "finder") == []


def test_slips_in_a_mapping_are_refused(digits: trainer.Store, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["attachments", "create", "finder", "digits", "--map", "1"])
    assert ended.value.code == 2
    capsys.readouterr()
    assert main(["attachments", "create", "finder", "digits", "--map", "1=1", "--map", "1=2"]) == 1
    assert "'1' twice" in capsys.readouterr().err
    assert main(["attachments", "create", "other", "digits", "--map", "a=1"]) == 1
    assert "cannot be linked to '1'" in capsys.readouterr().err


def test_a_long_title_leaves_room_for_the_other_columns(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "create", "t" * 200, "--task", "detection", "--feature", "a"]) == 0
    capsys.readouterr()
    assert main(["models", "list"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ttt")]

    assert line.startswith("t" * 47 + "…  ")
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d  [0-9a-f]{8}$", line)


def test_a_model_that_finds_and_paints_is_told_the_option_that_is_missing(
    digits: trainer.Store, capsys: pytest.CaptureFixture[str]
) -> None:
    both = ["--task", "detection_and_segmentation", "--feature", "a", "--feature", "b"]
    assert main(["models", "create", "both", *both]) == 1
    assert "--paint" in capsys.readouterr().err
