"""Writes matching.json: small cases of matching with their answers, for every program that repeats the matching.

python tests/metrics/golden/make_matching.py
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import metrics

FILE = Path(__file__).with_name("matching.json")

ABOUT = [
    "Cases of matching and their answers, for programs that repeat metrics.match, such as the dashboard's sliders.",
    "Written by make_matching.py beside it; a test holds the two together.",
    "All arrays are columns. predictions and truth are two tables; a prediction or truth is named by its position.",
    "pairs lists [prediction, truth, IoU] of boxes of one row and feature whose IoU is at least 0.05, by position.",
    "IoU and confidence are exact doubles; thresholds have two decimals, and an IoU of 1 is asked for as 1 - 1e-10.",
    "Rule: predictions with confidence >= min_confidence choose in falling confidence, equal ones by position. Each",
    "takes the free truth of its row and feature with the largest IoU >= min_iou, of equal ones the later position.",
    "Truths that are neither crowd nor ignored come first, whatever the IoU. A crowd stays free, others are gone.",
    "expected.truth_of: truth claimed by each prediction, -1 for none; expected.prediction_of: the surest claimant of",
    "each truth, -1 for none; expected.absorbed: the claimed truth is crowd or ignored. The last three count",
    "predictions that found a truth (tp) or nothing (fp), and truths, neither crowd nor ignored, without claimant.",
]

UNIT = [0, 0, 10, 10]
APART = [50, 50, 10, 10]
FIRST, SECOND = [True, False], [False, True]


def content() -> str:
    """The file as it should be, one case a line."""
    head = json.dumps({"format": 1, "about": ABOUT}, indent=1).removesuffix("\n}")
    return head + ',\n "cases": [\n' + ",\n".join(json.dumps(case) for case in _cases()) + "\n ]\n}\n"


def _cases() -> list[dict[str, Any]]:
    return [
        _on_one_row("one found", [UNIT], [UNIT], [0.9]),
        _on_one_row("nothing at all", [], [], []),
        _on_one_row("only truth", [UNIT, APART], [], []),
        _on_one_row("only predictions", [], [UNIT, APART], [0.9, 0.2]),
        _on_one_row("the surer prediction claims", [UNIT], [UNIT, [0, 0, 10, 6]], [0.4, 0.9]),
        _on_one_row("equally sure, the earlier claims", [UNIT], [[0, 0, 10, 8], UNIT], [0.9, 0.9]),
        _on_one_row("equal overlap, the later truth is claimed", [UNIT, UNIT], [UNIT], [0.9]),
        _on_one_row("the larger overlap is claimed", [[0, 0, 10, 9], UNIT, [0, 0, 10, 8]], [UNIT], [0.9]),
        _on_one_row("the best is gone, the next best is taken", [UNIT, [0, 0, 10, 7]], [UNIT] * 3, [0.9, 0.8, 0.7]),
        _on_one_row("taken although a less sure one fits better", [UNIT], [[0, 0, 10, 5], UNIT], [0.6, 0.5]),
        _on_one_row("IoU equal to the threshold claims", [UNIT], [[0, 0, 10, 5]], [0.9]),
        _on_one_row("IoU below the threshold does not", [UNIT], [[0, 0, 10, 5]], [0.9], min_iou=0.51),
        _on_one_row(
            "confidence equal to the threshold takes part", [UNIT], [UNIT] * 2, [0.3, 0.29], min_confidence=0.3
        ),
        _on_one_row(
            "only an equal box claims at IoU 1", [UNIT, APART], [[0, 0, 10, 9], APART], [0.9, 0.8], min_iou=1.0
        ),
        _on_one_row("a crowd absorbs many", [[0, 0, 100, 100]], [UNIT, APART], [0.4, 0.9], crowd=[True]),
        _on_one_row("an ignored truth absorbs one", [UNIT], [UNIT, UNIT], [0.9, 0.4], ignored=[True]),
        _on_one_row(
            "a crowd that is ignored too absorbs many", [UNIT], [UNIT] * 2, [1.0, 0.4], crowd=[True], ignored=[True]
        ),
        _on_one_row(
            "counting before better placed ignored", [UNIT, [0, 0, 10, 6]], [UNIT] * 3, [0.9, 0.8, 0.7], ignored=FIRST
        ),
        _on_one_row(
            "counting before better placed crowd", [[0, 0, 10, 6], UNIT], [UNIT] * 3, [0.9, 0.8, 0.7], crowd=SECOND
        ),
        _on_one_row("ignored where the counting one is too far", [UNIT, [0, 0, 10, 3]], [UNIT], [0.9], ignored=FIRST),
        *(_generated(seed) for seed in range(12)),
    ]


def _on_one_row(
    name: str, truth: list[list[int]], boxes: list[list[int]], confidence: list[float], **options: Any
) -> dict[str, Any]:
    thresholds = {key: options.pop(key) for key in ("min_iou", "min_confidence") if key in options}
    zeros = [0] * max(len(truth), len(boxes))
    return _case(
        name,
        metrics.Boxes.from_sizes(zeros[: len(truth)], zeros[: len(truth)], truth, **options),
        metrics.Boxes.from_sizes(zeros[: len(boxes)], zeros[: len(boxes)], boxes, confidence=confidence),
        thresholds,
    )


def _generated(seed: int) -> dict[str, Any]:
    """Three rows in which overlaps and confidences often tie."""
    chance = random.Random(seed)

    def whole(low: int, high: int) -> int:
        return low + int(chance.random() * (high - low))  # of all its methods, only random() is promised to stay

    def boxes(n: int) -> dict[str, Any]:
        return {
            "row": sorted(whole(0, 3) for _ in range(n)),
            "feature": [whole(0, 2) for _ in range(n)],
            "box": [[whole(0, 4), whole(0, 4), whole(1, 4), whole(1, 4)] for _ in range(n)],
        }

    crowd, ignored = ([chance.random() < 0.15 for _ in range(12)] for _ in range(2))
    truth = metrics.Boxes.from_sizes(**boxes(12), crowd=crowd, ignored=ignored)
    predictions = metrics.Boxes.from_sizes(**boxes(20), confidence=[whole(1, 10) / 10 for _ in range(20)])
    thresholds = {"min_iou": [0.05, 0.3, 0.5][seed % 3], "min_confidence": [0.0, 0.4][seed % 2]}
    return _case(f"generated {seed}", truth, predictions, thresholds)


def _case(name: str, truth: metrics.Boxes, predictions: metrics.Boxes, thresholds: dict[str, float]) -> dict[str, Any]:
    overlaps = metrics.find_overlaps(truth, predictions, rows=3, features=2)
    matches = metrics.match(overlaps, **thresholds)
    total = metrics.count_outcomes(matches).total
    pairs = sorted(zip(*(column.tolist() for column in overlaps.table_pairs()), strict=True))
    return {
        "name": name,
        "min_iou": matches.min_iou,
        "min_confidence": matches.min_confidence,
        "predictions": _columns(predictions, "row", "feature", "confidence"),
        "truth": _columns(truth, "row", "feature", "crowd", "ignored"),
        "pairs": pairs,
        "expected": {
            **{column: getattr(matches, column).tolist() for column in ("truth_of", "prediction_of", "absorbed")},
            **{count: int(getattr(total, count)) for count in ("tp", "fp", "missed")},
        },
    }


def _columns(boxes: metrics.Boxes, *names: str) -> dict[str, list[Any]]:
    return {name: getattr(boxes, name).tolist() for name in names}


if __name__ == "__main__":
    FILE.write_text(content(), encoding="utf-8")
