"""Real runs against each other: known differences are certain, and gains of systems against themselves are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import metrics
from metrics import Boxes, Change, Choices, Overlaps, draw_rows, gains_of

SYSTEMS = ("gpt2", "gptneo", "gpt3", "bert", "roberta")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _yolact(folder: Path, model: str) -> Overlaps:
    truth, results = _read(folder / "gt_boxes_100.json"), _read(folder / f"yolact_{model}_results.json")
    rows = {number: row for row, number in enumerate(sorted(each["id"] for each in truth["images"]))}
    codes = {number: code for code, number in enumerate(sorted(each["id"] for each in truth["categories"]))}

    def boxes(entries: list[dict[str, Any]], **columns: Any) -> Boxes:
        row, feature = [rows[each["image_id"]] for each in entries], [codes[each["category_id"]] for each in entries]
        return Boxes.from_sizes(row, feature, [each["bbox"] for each in entries], **columns)

    known = truth["annotations"]
    return metrics.find_overlaps(
        boxes(known, area=[each["area"] for each in known], crowd=[bool(each["iscrowd"]) for each in known]),
        boxes(results, confidence=[each["score"] for each in results]),
        rows=len(rows),
        features=len(codes),
    )


def test_the_smaller_yolact_loses_and_its_objects_are_named(shared_data: Path) -> None:
    base, small = (_yolact(shared_data / "coco_val2017_yolact100", model) for model in ("base", "resnet50"))
    drawn = draw_rows(base.keep, count=300)
    numbers = [metrics.measure_objects(each, drawn, min_confidence=0.3) for each in (base, small)]
    gains = {(each.name, each.feature): each for each in gains_of(*numbers)}
    matches = [metrics.match(each, min_confidence=0.3) for each in (base, small)]
    ledger = metrics.keep_ledger(*matches)
    failures = [metrics.find_failures(each, min_confidence=0.3) for each in (base, small)]
    transitions = metrics.follow_failures(ledger, *failures)
    explained = metrics.explain_gain(base, small)
    ap = gains["mAP", None].gain

    assert (round(ap.baseline, 4), round(ap.candidate, 4)) == (0.4001, 0.3603)
    assert ap.low < ap.gain < ap.high < 0.02
    assert ap.p_better < 0.05
    assert ledger.total["newly_missed"] > ledger.total["newly_found"] > 0
    assert 0.1 < ledger.p_value < 0.3  # at one confidence alone, so many objects do not settle it
    assert transitions.truths.sum() == len(ledger.truths.truth)
    assert explained.gain == pytest.approx(explained.truths.sum() + explained.alarms.sum() + explained.remainder)
    assert abs(explained.remainder) < abs(explained.gain)


def test_five_systems_on_figures_of_speech_are_told_apart(shared_data: Path) -> None:
    folder = shared_data / "fig_qa"
    truth = [each["answers"]["option_index"] for each in _read(folder / "fig_qa-dataset.json")]
    runs = {
        system: Choices.from_codes(
            truth,
            [each["predicted_answers"]["option_index"] for each in _read(folder / f"fig_qa-{system}-output.json")],
            classes=2,
        )
        for system in SYSTEMS
    }
    # Every phrase stands there twice, with each of its endings, so that two rows are drawn together.
    drawn = draw_rows(runs["gpt2"].keep, count=500, clusters=np.arange(len(truth)) // 2)
    measured = {system: metrics.measure_choices(run, drawn) for system, run in runs.items()}
    gains = {system: gains_of(measured["gpt2"], measured[system])[0].gain for system in SYSTEMS}

    assert [round(gains[system].candidate, 4) for system in SYSTEMS] == [0.5430, 0.5722, 0.6508, 0.8364, 0.8949]
    assert gains["gptneo"].low < gains["gptneo"].gain
    assert all(gains[system].low > 0 for system in ("gpt3", "bert", "roberta"))
    assert (gains["gpt2"].gain, gains["gpt2"].low, gains["gpt2"].high) == (0, 0, 0)
    ledger = metrics.keep_choice_ledger(runs["bert"], runs["roberta"])
    fixed, broken = (int(ledger.counts[:, change].sum()) for change in (Change.NEWLY_FOUND, Change.NEWLY_MISSED))
    assert fixed - broken == round((0.8949 - 0.8364) * 1094)
    assert ledger.p_value < 1e-4
