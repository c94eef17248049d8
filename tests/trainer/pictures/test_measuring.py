"""Sizes are those of the upright picture, checksums those of the bytes."""

from __future__ import annotations

from hashlib import sha256

import pytest

from trainer.pictures import measure, measure_each
from trainer.records.errors import ImportRefusedError, Problem


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_that_of_the_upright_picture(turned, orientation):
    [facts] = measure([turned(orientation)])

    assert (facts.width, facts.height) == (16, 8)
    assert facts.quarter_turn == (orientation >= 5)


def test_the_checksum_is_that_of_the_files_bytes(turned):
    [facts] = measure([str(turned(1))])

    assert facts.sha256 == sha256(turned(1).read_bytes()).hexdigest()


def test_facts_come_in_the_order_of_the_paths(turned):
    paths = [turned(1 + number % 8) for number in range(600)]
    told = []
    facts = measure(paths, report=lambda done, total: told.append((done, total)))

    assert [fact.quarter_turn for fact in facts] == [number % 8 >= 4 for number in range(600)]
    assert told == [(number, 600) for number in range(1, 601)]


def test_all_unreadable_pictures_come_back_together(turned, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")

    with pytest.raises(ImportRefusedError) as caught:
        measure([tmp_path / "text.jpg", turned(1), tmp_path / "none.jpg", tmp_path / "empty.png"])

    assert [problem.reason for problem in caught.value.problems] == [
        "is no picture of a known format",
        "there is no such file",
        "is no picture of a known format",
    ]
    assert caught.value.problems[1].place == str(tmp_path / "none.jpg")


def test_one_by_one_a_problem_stands_where_the_picture_cannot_be_read(turned, tmp_path):
    first, second = measure_each([tmp_path / "none.jpg", turned(1)])

    assert isinstance(first, Problem)
    assert second == measure([turned(1)])[0]


def test_no_pictures_are_no_facts():
    assert measure([]) == []
