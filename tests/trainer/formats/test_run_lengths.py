"""Run-length strings, read without trusting them, against pycocotools on sound ones."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from trainer.formats import run_lengths


@pytest.fixture(scope="module")
def masks() -> list[np.ndarray]:
    """A few hundred masks: noise of all densities, empty and full ones, large blocks; heights and widths from 1."""
    random = np.random.default_rng(5)
    noise = [random.random(tuple(random.integers(1, 50, 2))) < random.random() for _ in range(300)]
    blocks = [np.zeros((700, 900), dtype=bool) for _ in range(10)]
    for mask in blocks:
        top, left = random.integers(0, 600, 2)
        mask[top : top + 90, left : left + 250] = True
    return [*noise, *blocks, np.zeros((3, 4), dtype=bool), np.ones((3, 4), dtype=bool)]


@pytest.fixture(scope="module")
def strings(masks) -> list[str]:
    return [coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"].decode() for mask in masks]


def test_the_counts_of_a_string_sum_to_the_size_of_its_picture(masks, strings):
    assert run_lengths.pixels(strings).tolist() == [mask.size for mask in masks]


def test_a_string_is_read_the_same_alone_and_among_others(strings):
    alone = [int(run_lengths.pixels([text])[0]) for text in strings[:50]]

    assert run_lengths.pixels(strings[:50]).tolist() == alone


@pytest.mark.parametrize(
    "text",
    ["", " ", "~", "/", "p", "é0", "0é", "P", "00P", "0" * 3 + "O", "O", "oooooooooooooooo0", "0\n", "\x00"],
)
def test_what_is_no_run_length_string_is_told_from_its_neighbours(strings, text):
    before, bad, after = run_lengths.pixels([strings[0], text, strings[1]]).tolist()

    assert bad == -1
    assert [before, after] == run_lengths.pixels(strings[:2]).tolist()


def test_a_string_cut_anywhere_never_covers_its_picture_by_accident(masks, strings):
    size, text = masks[0].size, strings[0]
    covered = run_lengths.pixels([text[:length] for length in range(len(text))])

    assert (covered != size).all()


def test_no_strings_are_no_totals():
    assert run_lengths.pixels([]).tolist() == []


def test_counts_become_the_string_that_pycocotools_writes(masks, strings):
    mask = masks[0]

    text = run_lengths.compress(_counts_of(mask), height=mask.shape[0], width=mask.shape[1])

    assert text == strings[0]


def test_box_and_area_are_measured_on_more_masks_than_pycocotools_counts_at_once(masks, strings):
    sizes = np.asarray([mask.shape for mask in masks])

    box, area = run_lengths.measure(strings, sizes)

    assert len(masks) > 255
    assert area.tolist() == [int(mask.sum()) for mask in masks]
    assert box[-1].tolist() == [0, 0, 4, 3]


def test_rings_are_painted_together():
    text = run_lengths.rasterise([[0, 0, 2, 0, 2, 2, 0, 2], [6, 6, 8, 6, 8, 8, 6, 8]], height=10, width=10)

    assert run_lengths.measure([text], np.asarray([[10, 10]]))[1].tolist() == [8]


def _counts_of(mask: np.ndarray) -> list[int]:
    counts, current = [0], False
    for value in mask.T.ravel().tolist():
        if value != current:
            counts.append(0)
            current = value
        counts[-1] += 1
    return counts
