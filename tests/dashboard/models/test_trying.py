"""Trying a model on pictures: what is asked, what is waited for, and what was found."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from dashboard.models import answers, trying
from dashboard.trial import Question


class _Trial:
    """A trial at some moment."""

    def __init__(self, folder: Path, *, model: str, iteration: str, error: str = "", is_running: bool = False) -> None:
        self.question = Question(model, iteration, "", 0.3, 0.4)
        self.names = ("a.png", "b.png")
        self.error, self.is_running, self.seconds, self.progress = error, is_running, 4.2, ("predicting", 1, 2)
        self.video = None
        self.left_out: dict[str, str] = {}
        self._folder = folder

    def count(self) -> int:
        return 2

    def answer(self) -> bytes:
        return b"[]"

    def found(self) -> list[dict[str, object]]:
        return [_line("a.png", "1", 0.4), _line("a.png", "0", 0.9), _line("a.png", "0", 0.5)]

    def picture_of(self, name: str) -> Path:
        path = self._folder / f"{name}.jpg"
        Image.new("RGB", (8, 8)).save(path)
        return path


class _Desk:
    def __init__(self, trial: _Trial) -> None:
        self._trial = trial

    def trial_of(self, model_id: str) -> _Trial:
        return self._trial


def _line(
    file: str, feature: str, confidence: float, box: tuple[float, ...] | None = (1, 2, 3, 4)
) -> dict[str, object]:
    common = {"frame": None, "time": None, "object": None, "polygons": None, "rle": None}
    return {"file": file, "feature": feature, "confidence": confidence, "box": box, **common}


@pytest.fixture
def show(workshop, open_page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The page with a trial in some state."""

    def open_it(error: str = "", *, is_running: bool = False, left_out: dict[str, str] | None = None):
        newest = workshop.finished[-1]
        held = _Trial(tmp_path, model=workshop.finder.id, iteration=newest.id, error=error, is_running=is_running)
        held.left_out = left_out or {}
        monkeypatch.setattr(trying, "desk", lambda: _Desk(held))
        return open_page(workshop.store, model=workshop.finder.id, tab="Try")

    return open_it


def test_the_newest_finished_iteration_is_asked_and_pictures_are_needed_first(workshop, open_page, said) -> None:
    page = open_page(workshop.store, model=workshop.finder.id, tab="Try")

    assert page.selectbox[0].options == ["finder-3", "finder-2", "finder-1"]
    assert [slider.value for slider in page.slider] == [0.3, 0.4]
    assert next(one for one in page.button if one.label == "Predict").disabled
    assert "Choose pictures first" in said(page)


def test_a_video_is_asked_by_its_frames(workshop, open_page, said) -> None:
    page = open_page(workshop.store, model=workshop.finder.id, tab="Try")
    page.segmented_control[0].set_value("A video").run()
    first, last, step = page.number_input
    first.set_value(200).run()

    assert not page.exception
    assert [one.label for one in page.toggle] == ["Track objects"]
    assert (first.value, last.value, step.value) == (200, 99, 1)
    assert "The last frame lies before the first" in said(page)


def test_a_model_without_weights_says_what_to_do(workshop, open_page, said) -> None:
    page = open_page(workshop.store, model=workshop.painter.id, tab="Try")

    assert "there are no weights to try" in said(page)
    assert not page.selectbox


def test_what_was_found_is_drawn_and_told(show, said) -> None:
    page = show()

    assert not page.exception
    assert "finder\\-3 on 2 pictures · confidence from 0\\.30 · NMS IoU 0\\.40" in said(page)
    assert list(page.dataframe[0].value["Feature"]) == ["0", "0", "1"]
    assert list(page.dataframe[0].value["Confidence"]) == [0.9, 0.5, 0.4]
    assert [one.label for one in page.get("download_button")] == ["Annotations .json"]
    captions = [caption for image in page.get("image") for caption in image.captions]
    assert captions == ["a\\.png\\: 2 × 0, 1 × 1", "b\\.png\\: nothing found"]


def test_a_file_that_was_left_out_is_told_and_not_drawn(show, said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Trial, "picture_of", lambda trial, name: None)
    page = show(left_out={"b.png": "it is no picture"})

    assert not page.exception
    assert "b\\.png was left out\\: it is no picture" in said(page)
    assert not page.get("image")


def test_while_it_looks_that_is_said_and_it_can_be_stopped(show) -> None:
    page = show(is_running=True)

    assert "Stop" in [one.label for one in page.button]
    assert not page.dataframe


def test_why_there_is_no_answer_is_said(show, said) -> None:
    assert "Iteration finder\\-3 has no weights\\." in said(show("Iteration finder-3 has no weights."))


def test_progress_counts_pictures_once_the_first_is_done(tmp_path: Path) -> None:
    assert trying.say_progress(_Trial(tmp_path, model="", iteration="")) == "1 of 2 pictures · 4 s"


def test_of_answers_the_surest_is_told() -> None:
    said = [_line("a.png", "sunny", 0.8, None), _line("a.png", "rain", 0.2, None)]

    assert answers.tell_counts(said) == "sunny (0.80)"
    assert list(answers.tell_table(said).columns) == ["Feature", "Confidence"]


def test_the_file_is_told_where_there_are_several() -> None:
    table = answers.tell_table([_line("b.png", "cell", 0.9), _line("a.png", "cell", 0.4)])

    assert list(table["File"]) == ["a.png", "b.png"]
    assert list(table["Left"]) == [1, 1]
