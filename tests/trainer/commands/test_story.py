"""The story of one comparison speaks of commands, options, files and names that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import trainer
from trainer.commands.entry import make_parser

STORY = (Path(__file__).parent.parent.parent.parent / "trainer" / "COMPARING.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ modelruns (.+)$", STORY, re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_story_is_understood(line: str) -> None:
    options = make_parser().parse_args(shlex.split(line))

    assert callable(options.run)


def test_the_commands_named_beside_it_are_there() -> None:
    named = set(re.findall(r"`modelruns (\w+)`", STORY))

    assert len(named) >= 3
    for name in named:
        with pytest.raises(SystemExit) as stopped:
            make_parser().parse_args([name, "--help"])
        assert stopped.value.code == 0


def test_its_promises_can_be_read(tmp_path: Path) -> None:
    [text] = re.findall(r"```yaml promises.yaml\n([\s\S]*?)```", STORY)
    file = tmp_path / "promises.yaml"
    file.write_text(text, encoding="utf-8")

    assert len(trainer.read_rules(file).promises) == 4


def test_its_python_names_exist() -> None:
    [named] = re.findall(r"in Python as well \(`trainer\.([^)]*)and so on\)", STORY)

    assert sorted(name for name in re.findall(r"\w+", named) if not hasattr(trainer, name)) == []
