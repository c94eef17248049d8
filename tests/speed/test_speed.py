"""The benchmark's own parts: what it measures, how it compares, and what it writes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from .command import main
from .lines import Bar, Line, Section, at_most, no_slower_than, shown
from .mask_workload import make_mask_workload
from .page import Circumstances, markdown_page, terminal_table
from .resident import grown_by
from .sections import SECTIONS, memory
from .stopwatch import race
from .workload import Size, make_workload

SMALL = Size(rows=50, features=8, truths=300, predictions=2_000)


def test_the_workload_is_the_same_every_time() -> None:
    first, second = make_workload(SMALL, runs=2), make_workload(SMALL, runs=2)

    assert len(first.truth) == 300
    assert [len(run) for run in first.runs] == [2_000, 2_000]
    for one, other in zip((first.truth, *first.runs), (second.truth, *second.runs), strict=True):
        assert all(np.array_equal(vars(one)[name], vars(other)[name]) for name in vars(one))
    assert not np.array_equal(first.runs[0].box, first.runs[1].box)


def test_a_tenth_of_the_rows_is_numbered_anew_and_has_all_their_boxes() -> None:
    work = make_workload(SMALL)
    keep = np.arange(50) % 10 == 3
    part = work.on_rows(keep)

    assert part.size.rows == 5
    assert sorted(set(part.runs[0].row.tolist())) == [0, 1, 2, 3, 4]
    assert len(part.runs[0]) == np.isin(work.runs[0].row, [3, 13, 23, 33, 43]).sum()


def test_ten_times_the_size_leaves_the_features() -> None:
    assert SMALL.times(10) == Size(rows=500, features=8, truths=3_000, predictions=20_000)


def test_racers_are_called_in_turn_and_first_go_in_turn_as_well() -> None:
    called: list[str] = []
    medians = race(lambda: called.append("ours"), lambda: called.append("theirs"), times=2)

    assert called == ["ours", "theirs", "ours", "theirs", "theirs", "ours"]
    assert len(medians) == 2


@pytest.mark.parametrize(("ours", "held"), [(0.1, True), (0.2, True), (0.21, False)])
def test_a_bar_is_held_up_to_the_peers_own_time(ours: float, held: bool) -> None:
    line = Line("numbers", ours, "peer", 0.2, no_slower_than("peer", 0.2))

    assert line.held is held


def test_a_line_without_a_bar_is_neither_held_nor_not() -> None:
    assert Line("numbers", 0.1, "peer", 0.2).held is None
    assert Line("numbers", 0.1, "peer", 0.2).cells() == ["numbers", "100 ms", "peer: 200 ms", "0.5", "", ""]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(0.0123, "seconds", "12.3 ms"), (2.345, "seconds", "2.35 s"), (52e6, "bytes", "52 MB"), (9.49, "times", "9.49×")],
)
def test_numbers_have_three_digits_and_a_unit(value: float, unit: str, words: str) -> None:
    assert shown(value, unit) == words


def test_the_page_shows_every_line_and_says_what_the_numbers_depend_on() -> None:
    section = Section("x", "Things", "What they are.", lambda _: iter(()))
    table = [
        (section, [Line("one", 0.5, bar=at_most(0.06)), Line("two", 3.0, bar=Bar("at most 12×", 12), unit="times")])
    ]
    page = markdown_page(table, Circumstances("a machine", "Python 3", "today", "0.1"))

    assert "## x. Things\n\nWhat they are." in page
    assert "| one | 500 ms |  |  | at most 60 ms | **not held** |" in page
    assert "| two | 3× |  |  | at most 12× | held |" in page
    assert "Machine: a machine; load" in page
    assert "NOT HELD" in terminal_table(table)


def test_every_part_has_a_letter_of_its_own_and_says_what_it_is() -> None:
    letters = [section.letter for section in SECTIONS]

    assert letters == sorted(set(letters))
    assert all(section.title and section.about for section in SECTIONS)


def test_chosen_parts_run_and_the_programs_agree(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert main(["--quick", "--only", "a,b,c,d,e,i"]) == 0
    shown_table = capsys.readouterr().out

    assert "hotcoco" in shown_table
    assert "faster-coco-eval" in shown_table
    assert "pycocotools" in shown_table


@pytest.mark.parametrize("who", ["ours", "ours-loaded", "hotcoco", "hotcoco-loaded"])
def test_what_a_program_needs_is_measured_on_columns_from_a_file(who: str, tmp_path: Path) -> None:
    work = make_workload(SMALL)
    memory.save(work, tmp_path / "columns.npz")
    read = memory.load(tmp_path / "columns.npz")

    assert read.size == work.size
    assert np.array_equal(read.runs[0].box, work.runs[0].box)
    assert grown_by(who, tmp_path / "columns.npz") >= 0


def test_masks_are_drawn_once_and_then_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    drawn, read = make_mask_workload(SMALL), make_mask_workload(SMALL)

    assert len(list(tmp_path.iterdir())) == 1
    assert drawn.run.rle == read.run.rle
    assert len(drawn.run) == 2_000
    assert (drawn.truth.area > 0).mean() > 0.99


def test_a_part_that_does_not_exist_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "q"])

    assert "name some of a, b, c" in capsys.readouterr().err
