"""The cases of matching that programs in other languages are held to."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "golden"


def test_the_golden_file_is_what_matching_says_today() -> None:
    written = (FOLDER / "matching.json").read_text(encoding="utf-8")

    assert written == runpy.run_path(str(FOLDER / "make_matching.py"))["content"]()


def _read_cases() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((FOLDER / "matching.json").read_text(encoding="utf-8"))["cases"]
    return cases


@pytest.mark.parametrize("case", _read_cases(), ids=lambda case: case["name"])
def test_the_rule_in_the_file_gives_the_answers_in_the_file(case: dict[str, Any]) -> None:
    """From pairs alone, as another program would."""
    confidence, truth = case["predictions"]["confidence"], case["truth"]
    absorbs = [crowd or ignored for crowd, ignored in zip(truth["crowd"], truth["ignored"], strict=True)]
    truth_of, prediction_of = [-1] * len(confidence), [-1] * len(absorbs)
    for chooser in sorted(range(len(confidence)), key=lambda p: -confidence[p]):
        wishes = [
            (not absorbs[t], iou, t)
            for p, t, iou in case["pairs"]
            if p == chooser and iou >= case["min_iou"] and (prediction_of[t] < 0 or truth["crowd"][t])
        ]
        if confidence[chooser] >= case["min_confidence"] and wishes:
            claimed = max(wishes)[2]
            truth_of[chooser] = claimed
            prediction_of[claimed] = chooser if prediction_of[claimed] < 0 else prediction_of[claimed]
    absorbed = [t >= 0 and absorbs[t] for t in truth_of]
    taking_part = [value >= case["min_confidence"] for value in confidence]

    assert case["expected"] == {
        "truth_of": truth_of,
        "prediction_of": prediction_of,
        "absorbed": absorbed,
        "tp": sum(t >= 0 and not absorbs[t] for t in truth_of),
        "fp": sum(part and t < 0 for part, t in zip(taking_part, truth_of, strict=True)),
        "missed": sum(p < 0 and not absorbs[t] for t, p in enumerate(prediction_of)),
    }
