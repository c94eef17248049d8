"""People who name sketches, and two real detectors: where one falls behind, which truths they dispute, who varies."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from metrics import (
    Boxes,
    Dispute,
    Overlaps,
    by_quantiles,
    by_value,
    draw_rows,
    fair_points,
    find_choice_disputes,
    find_disputes,
    find_overlaps,
    find_slices,
    gains_without_disputes,
    keep_ledger,
    match,
    pair_flags,
    pair_found,
    precision_recall_curves,
    split_variance,
)


class _People(NamedTuple):
    """What seven people called 800 sketches of 16 categories."""

    pictures: list[str]
    categories: list[str]
    truth: np.ndarray
    chosen: np.ndarray


@pytest.fixture(scope="module")
def people(shared_data: Path) -> _People:
    answers: dict[str, dict[str, tuple[str, str]]] = {}
    for path in sorted((shared_data / "model_vs_human" / "raw-data" / "sketch").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                picture = line["imagename"].split("_", 3)[-1]  # without trial, kind and person
                answers.setdefault(line["subj"], {})[picture] = line["object_response"], line["category"]
    first = next(iter(answers.values()))
    pictures, categories = sorted(first), sorted({category for _, category in first.values()})
    codes = {category: code for code, category in enumerate(categories)}
    chosen = [[codes.get(each[picture][0], -1) for picture in pictures] for each in answers.values()]
    return _People(pictures, categories, np.array([codes[first[each][1]] for each in pictures]), np.array(chosen))


def test_the_person_who_falls_behind_does_so_on_cats_and_dogs_most(people: _People) -> None:
    right = people.chosen == people.truth
    best, worst = right.mean(axis=1).argmax(), right.mean(axis=1).argmin()
    outcomes = pair_flags("accuracy", np.arange(800), right[best], right[worst], rows=800)
    slices = find_slices(outcomes, [by_value("category", people.truth, names=people.categories)])

    assert [each.words for each in slices.worse] == ["all", "category = cat", "category = dog"]
    assert [(each.rows, each.baseline, each.candidate) for each in slices.worse[1:]] == [
        (50, 1.0, 0.54),
        (50, 0.96, 0.64),
    ]
    assert slices.differing > len(slices.found)  # other categories are worse as all are


def test_people_differ_for_certain_and_not_by_the_sketches_they_saw(people: _People) -> None:
    split = split_variance((people.chosen == people.truth).astype(float))

    assert (split.seeds, split.rows) == (7, 800)
    assert split.seed_share > 0.9


def test_all_call_some_trucks_cars(people: _People) -> None:
    lines = find_choice_disputes(people.truth, list(people.chosen), list(np.ones(people.chosen.shape))).lines
    seen = [(people.categories[a], people.categories[b]) for a, b in zip(lines.feature, lines.seen_as, strict=True)]

    assert 0 < len(seen) < 20
    assert ("truck", "car") in seen


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def detectors(shared_data: Path) -> tuple[Overlaps, Overlaps]:
    folder = shared_data / "coco_val2017_yolact100"
    truth = _read(folder / "gt_boxes_100.json")
    rows = {number: row for row, number in enumerate(sorted(each["id"] for each in truth["images"]))}
    codes = {number: code for code, number in enumerate(sorted(each["id"] for each in truth["categories"]))}

    def boxes(entries: list[dict[str, Any]], **columns: Any) -> Boxes:
        row, feature = [rows[each["image_id"]] for each in entries], [codes[each["category_id"]] for each in entries]
        return Boxes.from_sizes(row, feature, [each["bbox"] for each in entries], **columns)

    known = truth["annotations"]
    table = boxes(known, area=[each["area"] for each in known], crowd=[bool(each["iscrowd"]) for each in known])
    found = [_read(folder / f"yolact_{model}_results.json") for model in ("base", "resnet50")]
    base, small = (
        find_overlaps(
            table,
            boxes(each, confidence=[one["score"] for one in each]),
            rows=len(rows),
            features=len(codes),
        )
        for each in found
    )
    return base, small


def test_a_hundred_pictures_show_no_slice_in_which_the_smaller_detector_loses(
    detectors: tuple[Overlaps, Overlaps],
) -> None:
    ledger = keep_ledger(*(match(each, min_confidence=0.3) for each in detectors))
    outcomes = pair_found(ledger, keep=detectors[0].keep)
    columns = [
        by_value("feature", ledger.truths.feature, about="objects"),
        by_quantiles("area", detectors[0].tables.truth.area[ledger.truths.truth], about="objects"),
        by_quantiles("objects in the picture", np.bincount(ledger.truths.row, minlength=len(outcomes.keep))),
    ]
    slices = find_slices(outcomes, columns, min_rows=10, min_objects=20)

    assert slices.found == ()
    assert slices.searched > 20
    assert slices.overall.gain < 0


def test_at_equal_false_alarms_the_smaller_detector_finds_less(detectors: tuple[Overlaps, Overlaps]) -> None:
    curves = [precision_recall_curves(each).overall for each in detectors]
    *_, alarms = fair_points(curves, rows=detectors[0].rows)

    assert alarms.recall[1] < alarms.recall[0]
    assert (alarms.alarms_per_row <= alarms.alarms_per_row[0]).all()


def test_objects_that_both_detectors_see_without_a_truth_are_listed(detectors: tuple[Overlaps, Overlaps]) -> None:
    runs = [match(each, min_confidence=0.5) for each in detectors]
    disputes = find_disputes(runs)
    unseen = disputes.of_kind(Dispute.NO_TRUTH)
    gains = gains_without_disputes(runs, disputes, draw_rows(runs[0].overlaps.keep, count=50))

    assert len(unseen.kind) > 20
    assert unseen.doubt[0] > 0.9
    assert gains[0].without.baseline > gains[0].with_disputes.baseline
