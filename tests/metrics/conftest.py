"""What the tests of measuring share: generated scenes, and what pycocotools says about them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import metrics


@dataclass(frozen=True)
class Scene:
    """Truth and predictions on some rows."""

    truth: metrics.Boxes
    predictions: metrics.Boxes
    rows: int
    features: int

    def overlaps(self) -> metrics.Overlaps:
        return metrics.find_overlaps(self.truth, self.predictions, rows=self.rows, features=self.features)

    def on_rows(self, keep: np.ndarray) -> Scene:
        """These rows alone, numbered anew."""
        number = np.cumsum(keep) - 1
        truth, predictions = (_renumbered(boxes, keep[boxes.row], number) for boxes in (self.truth, self.predictions))
        return Scene(truth, predictions, int(keep.sum()), self.features)


def _renumbered(boxes: metrics.Boxes, kept: np.ndarray, number: np.ndarray) -> metrics.Boxes:
    columns = {name: column if column is None else column[kept] for name, column in vars(boxes).items()}
    return replace(boxes, **columns | {"row": number[boxes.row[kept]].astype(np.int32)})


def generate_scene(
    seed: int, *, rows: int = 6, features: int = 4, per_row: int = 12, crowd: float = 0.15, ignored: float = 0.0
) -> Scene:
    """Boxes with few different corners and confidences, so that ties are common; feature 0 is never true and the
    last one never predicted."""
    rng = np.random.default_rng(seed)
    unit = rng.choice([1, 8, 32])  # areas on both sides of COCO's limits, and on them

    def boxes(n: int, known: np.ndarray) -> dict[str, np.ndarray]:
        corner, size = rng.integers(0, 4, (n, 2)), rng.integers(1, 4, (n, 2))
        box = np.concatenate([corner, size], axis=1).astype(float) * unit
        return {"row": rng.integers(0, rows, n), "feature": rng.choice(known, n), "box": box}

    truth = boxes(int(rng.integers(1, rows * per_row)), np.arange(1, features))
    predictions = boxes(int(rng.integers(1, rows * per_row * 2)), np.arange(features - 1))
    t, p = len(truth["row"]), len(predictions["row"])
    stated = truth["box"][:, 2] * truth["box"][:, 3] * rng.choice([0.5, 1.0, 1.0], t)
    flags = {"crowd": rng.random(t) < crowd, "ignored": rng.random(t) < ignored}
    return Scene(
        metrics.Boxes.from_sizes(**truth, **flags, area=stated),
        metrics.Boxes.from_sizes(**predictions, confidence=rng.integers(1, 6, p) / 5),
        rows,
        features,
    )


@dataclass(frozen=True)
class CocoAnswer:
    """What pycocotools says: its twelve numbers, and the arrays they are means of; -1 is undefined."""

    numbers: np.ndarray
    precision: np.ndarray  # [iou, recall level, feature, area, max detections]
    recall: np.ndarray  # [iou, feature, area, max detections]


class _EvalWithIgnored(COCOeval):  # type: ignore[misc]
    """pycocotools ignores crowds only; this lets a truth say so itself, which its matching then respects."""

    def _prepare(self) -> None:
        super()._prepare()
        for truths in self._gts.values():
            for truth in truths:
                truth["ignore"] = truth["ignore"] or truth.get("ignored", False)


def ask_pycocotools(truth: dict[str, Any], predictions: list[dict[str, Any]]) -> CocoAnswer:
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = truth
        known.createIndex()
        evaluation = _EvalWithIgnored(known, known.loadRes(predictions), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return CocoAnswer(evaluation.stats, evaluation.eval["precision"], evaluation.eval["recall"])


def ask_pycocotools_about(scene: Scene) -> CocoAnswer:
    truth, predictions = scene.truth, scene.predictions
    assert predictions.confidence is not None
    listed = [
        {
            "id": i + 1, "image_id": int(truth.row[i]) * 3 + 7, "category_id": int(truth.feature[i]) + 1,
            "bbox": truth.box[i].tolist(), "area": float(truth.area[i]), "iscrowd": int(truth.crowd[i]),
            "ignored": bool(truth.ignored[i]),
        }
        for i in range(len(truth))
    ]  # fmt: skip
    results = [
        {
            "image_id": int(predictions.row[i]) * 3 + 7, "category_id": int(predictions.feature[i]) + 1,
            "bbox": predictions.box[i].tolist(), "score": float(predictions.confidence[i]),
        }
        for i in range(len(predictions))
    ]  # fmt: skip
    pictures = [{"id": row * 3 + 7} for row in range(scene.rows)]
    categories = [{"id": feature + 1} for feature in range(scene.features)]
    return ask_pycocotools({"images": pictures, "annotations": listed, "categories": categories}, results)


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    return generate_scene


@pytest.fixture(scope="session")
def pycocotools_on() -> Callable[[Scene], CocoAnswer]:
    return ask_pycocotools_about


@pytest.fixture(scope="session")
def pycocotools_on_files() -> Callable[[dict[str, Any], list[dict[str, Any]]], CocoAnswer]:
    return ask_pycocotools
