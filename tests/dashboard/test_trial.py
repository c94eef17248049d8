"""A model looks at a reader's files in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard import trial
from dashboard.trial import Question, Trial, VideoPart

_SECONDS = 300
_ANSWER = [{"file": "a.png", "frame": None, "time": None, "feature": "cell", "confidence": 0.5, "box": [0, 0, 1, 1]}]


@pytest.fixture
def question(tmp_path: Path) -> Question:
    return Question("finder", "finder-1", str(tmp_path / "mlruns"), 0.3, 0.4)


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch):
    """Has the process run a line of Python in its folder in the place of a model."""

    def use(line: str) -> None:
        code = f"import os, sys, json, time; os.chdir(sys.argv[1]); {line}"
        monkeypatch.setattr(trial, "_command", lambda question, folder: [sys.executable, "-c", code, str(folder)])

    return use


def test_an_answer_is_read_and_its_files_are_deleted(question, does) -> None:
    does(f"os.mkdir('drawn'); open('drawn/a.png.jpg', 'w'); open('found.json', 'w').write({json.dumps(_ANSWER)!r})")
    asked = Trial(question, [("a.png", b"picture")])
    asked.wait(_SECONDS)

    assert (asked.is_running, asked.error, asked.progress) == (False, "", ("predicting", 1, 1))
    assert asked.found() == _ANSWER
    assert asked.pictures() == [asked.picture_of("a.png")]
    assert asked.picture_of("b.png") is None
    folder = asked.folder
    assert (folder / "given" / "a.png").read_bytes() == b"picture"
    asked.close()
    assert not folder.exists()


def test_files_of_one_name_are_told_apart_and_none_leaves_the_folder(question, does) -> None:
    does("pass")
    asked = Trial(question, [("a.png", b"1"), ("a.png", b"2"), ("../../a.png", b"3")])

    assert asked.names == ("a.png", "a-2.png", "a-3.png")
    assert sorted(path.name for path in (asked.folder / "given").iterdir()) == ["a-2.png", "a-3.png", "a.png"]


def test_a_file_that_cannot_be_read_is_told_beside_what_was_found_in_the_others(question, does) -> None:
    left_out = "{'file': 'b.png', 'reason': os.path.abspath('given/b.png') + ' is no picture.'}"
    does(
        f"open('found.json', 'w').write({json.dumps(_ANSWER)!r}); "
        f"print(json.dumps({{'pictures': 1, 'left_out': [{left_out}]}})); sys.exit(1)"
    )
    asked = Trial(question, [("a.png", b"picture"), ("b.png", b"none")])
    asked.wait(_SECONDS)

    assert (asked.error, asked.count(), asked.found()) == ("", 1, _ANSWER)
    assert asked.left_out == {"b.png": "b.png is no picture."}


def test_where_no_file_can_be_read_that_is_the_error(question, does) -> None:
    does(
        "print(json.dumps({'pictures': 0, 'left_out': [{'file': 'a.png', 'reason': 'no'}]})); "
        "print('  a.png: no', file=sys.stderr); sys.exit(1)"
    )
    asked = Trial(question, [("a.png", b"none")])
    asked.wait(_SECONDS)

    assert (asked.error, asked.left_out) == ("a.png: no", {})


def test_the_sentence_of_an_error_is_told(question, does) -> None:
    does("print('a warning', file=sys.stderr); print('modelruns: It is broken.', file=sys.stderr); sys.exit(1)")
    asked = Trial(question, [("a.png", b"")])
    asked.wait(_SECONDS)

    assert asked.error == "It is broken."


def test_an_error_calls_a_file_by_its_own_name(question, does) -> None:
    does("sys.exit('modelruns: ' + os.path.abspath('given/a.png') + ' cannot be read.')")
    asked = Trial(question, [("a.png", b"")])
    asked.wait(_SECONDS)

    assert asked.error == "a.png cannot be read."


def test_of_a_video_the_last_word_tells_how_far_it_is(question, does) -> None:
    does("print('predicting: 1/1,200 0.5 pictures/s\\npredicting: 1,001/1,200 9 pictures/s', file=sys.stderr)")
    asked = Trial(replace(question, video=VideoPart(0, 1199)), [("a.mp4", b"")])
    asked.wait(_SECONDS)

    assert asked.progress == ("predicting", 1001, 1200)


def test_a_process_that_was_killed_is_told(question, does) -> None:
    does("os.kill(os.getpid(), 9)")
    asked = Trial(question, [("a.png", b"")])
    asked.wait(_SECONDS)

    assert "signal 9" in asked.error


def test_closing_ends_the_process_and_deletes_what_it_was_given(question, does) -> None:
    does("open('number', 'w').write(str(os.getpid())); time.sleep(600)")
    asked = Trial(question, [("a.png", b"")])
    folder, limit = asked.folder, time.monotonic() + _SECONDS
    while not ((folder / "number").exists() and (folder / "number").read_text()) and time.monotonic() < limit:
        time.sleep(0.02)
    number = int((folder / "number").read_text())
    assert asked.is_running
    asked.close()

    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    assert not folder.exists()


def test_a_trial_that_nobody_holds_takes_its_files_along(question, does) -> None:
    does("time.sleep(600)")
    asked = Trial(question, [("a.png", b"")])
    folder = asked.folder
    del asked

    assert not folder.exists()


def test_the_command_line_understands_what_is_asked(tmp_path: Path) -> None:
    from trainer.commands.entry import make_parser

    part = VideoPart(10, 40, step=3, track=True)
    command = trial._command(Question("finder", "finder-1", "runs", 0.25, 0.4, part), tmp_path)
    options = make_parser().parse_args(command[command.index("trainer") + 1 :])

    assert (options.model, options.iteration, options.store) == ("finder", "finder-1", "runs")
    assert (options.confidence, options.nms_iou) == (0.25, 0.4)
    assert (options.step, options.track, options.draw) == (3, True, tmp_path / "drawn.webm")
    assert tuple(options.frames) == (10, 40)


def test_what_a_model_without_objects_is_not_asked_is_left_to_the_command(tmp_path: Path) -> None:
    command = trial._command(Question("weather", "weather-1", "runs", None, None), tmp_path)

    assert not {"--confidence", "--nms-iou", "--frames"} & set(command)


def test_frames_of_a_range_are_counted() -> None:
    assert [VideoPart(0, 9).frames, VideoPart(0, 9, step=4).frames, VideoPart(5, 4).frames] == [10, 3, 0]
