"""The README keeps its promises: its Python runs, its commands run, and what it names is there.

Python blocks run in order, in one folder and one namespace, except those marked ``notest``, whose names are looked up.
Lines of console blocks that begin with ``$ modelruns`` run in order in a folder that holds the files they mention;
a training is cut short, and only the first is a job of its own process; the dashboard's line is only read. Lines that
begin with ``$ make`` must name a target.
YAML blocks are files of that name; the steps of a CI run commands that there are. On the page about training, commands
and names are only looked up: the same are run with small data elsewhere.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

import trainer

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
TRAINING = ROOT / "trainer" / "TRAINING.md"
SCENES = 24
SIZE = (40, 36)
SHORTER = {"train": ["--epochs", "1", "--image-size", "64"]}  # of an option given twice, the last one counts
HERE = {"train": ["--here"]}  # each process imports all of torch and MLflow first


def _blocks(language: str, page: Path = README) -> Iterator[tuple[str, str]]:
    """The words after each fence of a language, and the code, with blank lines before it so that line numbers fit."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(rf"^```{language}\b(.*)\n([\s\S]*?)^```$", text, re.MULTILINE):
        lines_before = text.count("\n", 0, found.start(2))
        yield found[1].strip(), "\n" * lines_before + found[2]


def _commands(program: str, page: Path = README) -> list[list[str]]:
    lines = "\n".join(code for _, code in _blocks("console", page)).replace("\\\n", "").splitlines()
    words = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines if line.startswith("$ ")]
    return [line for line in words if line[0] == program]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new folder with the files that the README speaks of."""
    monkeypatch.chdir(tmp_path)
    _draw_pictures(tmp_path / "pictures")
    _draw_pictures(tmp_path / "new-slides")
    _write_coco(tmp_path)
    _write_voc(tmp_path / "path" / "to" / "cells")
    for name, text in _blocks("yaml"):
        if name.endswith(".yaml"):
            (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_python_of_the_readme_runs(folder: Path) -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    for note, code in _blocks("python"):
        if note != "notest":
            exec(compile(code, str(README), "exec"), namespace)

    assert (folder / "mlruns" / "mlflow.db").exists()


@pytest.mark.parametrize("page", [README, TRAINING], ids=lambda page: page.stem)
def test_every_name_of_trainer_exists(page: Path) -> None:
    trees = [ast.parse(code) for _, code in _blocks("python", page)]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    names = {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "trainer"}

    assert sorted(names - set(trainer.__all__)) == []


def test_the_commands_of_the_readme_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from trainer.commands import main
    from trainer.commands.entry import make_parser

    assert {"import", "train", "compare", "gate"} <= {words[1] for words in _commands("modelruns")}
    done: set[str] = set()
    for words in _commands("modelruns"):
        make_parser().parse_args(words[1:])
        if words[1] != "dashboard":
            here = HERE.get(words[1], []) if words[1] in done else []
            code = main([*words[1:], *SHORTER.get(words[1], []), *here])
            done.add(words[1])

            assert code == 0, f"{shlex.join(words)}\n{capsys.readouterr().err}"


def test_the_commands_of_the_page_about_training_can_be_read() -> None:
    from trainer.commands.entry import make_parser

    lines = _commands("modelruns", TRAINING)

    assert {"models", "attachments", "train", "jobs", "predict", "accept", "reproduce"} <= {line[1] for line in lines}
    for line in lines:
        make_parser().parse_args(line[1:])


def test_the_table_about_training_names_what_there_is() -> None:
    table = [line.split("|") for line in TRAINING.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    operations = [cells for cells in table if len(cells) == 6 and "`" in cells[2]]
    functions = {name for cells in operations for name in re.findall(r"`([a-z_]+)[(`]", cells[2])}
    commands = [name for cells in operations for name in re.findall(r"`modelruns ([a-z]+)", cells[3])]

    assert len(operations) > 15
    assert sorted(functions - set(trainer.__all__)) == []
    assert set(commands) <= set(_known_commands())


def _known_commands() -> list[str]:
    from trainer.commands.entry import make_parser

    return [name for action in make_parser()._subparsers._group_actions for name in action.choices]  # type: ignore[union-attr]


def test_the_steps_of_a_ci_in_the_readme_run_commands_that_are_shown_before() -> None:
    steps = [step for name, text in _blocks("yaml") if name == "ci" for step in yaml.safe_load(text)]
    lines = [shlex.split(step["run"]) for step in steps if "run" in step]

    assert lines
    assert all(line in _commands(line[0]) for line in lines)


@pytest.mark.parametrize("target", [words[1] for words in _commands("make")])
def test_every_target_of_make_in_the_readme_exists(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE)


def _draw_pictures(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(SCENES):
        picture = np.full((96, 128, 3), 230, np.uint8)
        left, top, width, height = _box(number)
        picture[top : top + height, left : left + width] = (160, 30, 60)
        Image.fromarray(picture).save(folder / f"{number:03d}.jpg")


def _box(number: int) -> tuple[int, int, int, int]:
    return 5 + 3 * number, 40 - number, *SIZE


def _write_coco(folder: Path) -> None:
    numbers = range(SCENES)
    images = [{"id": n + 1, "file_name": f"{n:03d}.jpg", "width": 128, "height": 96} for n in numbers]
    boxes = [{"image_id": n + 1, "category_id": 1, "bbox": list(_box(n))} for n in numbers]
    truth = [box | {"id": n + 1, "iscrowd": 0, "area": SIZE[0] * SIZE[1]} for n, box in enumerate(boxes)]
    instances = {"images": images, "annotations": truth, "categories": [{"id": 1, "name": "person"}]}
    (folder / "instances.json").write_text(json.dumps(instances))
    for name in ("results.json", "newer.json"):
        (folder / name).write_text(json.dumps([box | {"score": 0.9} for box in boxes]))


def _write_voc(folder: Path) -> None:
    _draw_pictures(folder / "JPEGImages")
    (folder / "Annotations").mkdir()
    for number in range(SCENES):
        left, top, width, height = _box(number)
        (folder / "Annotations" / f"{number:03d}.xml").write_text(
            f"<annotation><filename>{number:03d}.jpg</filename>"
            "<size><width>128</width><height>96</height><depth>3</depth></size><object><name>cell</name><bndbox>"
            f"<xmin>{left}</xmin><ymin>{top}</ymin><xmax>{left + width}</xmax><ymax>{top + height}</ymax>"
            "</bndbox></object></annotation>"
        )
