"""What the tests of measuring share: generated scenes, and what pycocotools says about them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import metrics


@dataclass(frozen=True)
class Scene:
    """Truth and predictions on some rows."""

    truth: Any  # Boxes, Masks or Keypoints, as are the predictions
    predictions: Any
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


def ask_pycocotools(
    truth: dict[str, Any], predictions: list[dict[str, Any]], kind: str = "bbox", sigmas: np.ndarray | None = None
) -> CocoAnswer:
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = truth
        known.createIndex()
        found = known.loadRes([dict(each) for each in predictions]) if predictions else _nothing_found(truth)
        evaluation = _EvalWithIgnored(known, found, kind)
        if sigmas is not None:
            evaluation.params.kpt_oks_sigmas = sigmas
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return CocoAnswer(evaluation.stats, evaluation.eval["precision"], evaluation.eval["recall"])


def _nothing_found(truth: dict[str, Any]) -> COCO:
    found = COCO()
    found.dataset = truth | {"annotations": []}
    found.createIndex()
    return found


def as_files(scene: Scene) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The scene as pycocotools reads it; picture and category numbers start above 0 and have gaps."""
    truth, predictions = scene.truth, scene.predictions
    assert predictions.confidence is not None
    listed = [
        {
            "id": i + 1, "image_id": int(truth.row[i]) * 3 + 7, "category_id": int(truth.feature[i]) + 1,
            "area": float(truth.area[i]), "iscrowd": int(truth.crowd[i]), "ignored": bool(truth.ignored[i]),
            "bbox": truth.box[i].tolist(), **_drawn(truth, i),
        }
        for i in range(len(truth))
    ]  # fmt: skip
    results = [
        {
            "image_id": int(predictions.row[i]) * 3 + 7, "category_id": int(predictions.feature[i]) + 1,
            "score": float(predictions.confidence[i]),
            **(_drawn(predictions, i) or {"bbox": predictions.box[i].tolist()}),
        }
        for i in range(len(predictions))
    ]  # fmt: skip
    height, width = map(int, truth.size[0]) if isinstance(truth, metrics.Masks) else (1, 1)
    pictures = [{"id": row * 3 + 7, "height": height, "width": width} for row in range(scene.rows)]
    categories = [{"id": feature + 1} for feature in range(scene.features)]
    return {"images": pictures, "annotations": listed, "categories": categories}, results


def _drawn(shapes: Any, i: int) -> dict[str, Any]:
    if isinstance(shapes, metrics.Masks):
        bitmap = np.zeros(shapes.size[i].prod(), dtype=np.uint8)
        for first, last in shapes.ones[shapes.starts[i] : shapes.starts[i + 1]]:
            bitmap[first:last] = 1
        return {"segmentation": coco_mask.encode(bitmap.reshape(shapes.size[i], order="F"))}
    if isinstance(shapes, metrics.Keypoints):
        points = shapes.points[i]
        return {"keypoints": points.ravel().tolist(), "num_keypoints": int((points[:, 2] > 0).sum())}
    return {}


def ask_pycocotools_about(scene: Scene) -> CocoAnswer:
    if isinstance(scene.truth, metrics.Keypoints):
        return ask_pycocotools(*as_files(scene), "keypoints", scene.truth.sigmas)
    return ask_pycocotools(*as_files(scene), "segm" if isinstance(scene.truth, metrics.Masks) else "bbox")


def generate_masks(seed: int, *, rows: int = 5, features: int = 3, per_row: int = 6, crowd: float = 0.15) -> Scene:
    """Unions of two rectangles on a coarse grid, so that equal overlaps are common; some masks are empty."""
    rng = np.random.default_rng(seed)
    unit = int(rng.choice([1, 8, 28]))
    height, width = 7 * unit, 6 * unit

    def bitmap() -> np.ndarray:
        drawn = np.zeros((height, width), dtype=np.uint8)
        for _ in range(2):
            (top, left), (tall, wide) = rng.integers(0, 5, 2) * unit, rng.integers(0, 4, 2) * unit
            drawn[top : top + tall, left : left + wide] = 1
        return drawn

    def masks(n: int, known: np.ndarray, **columns: Any) -> metrics.Masks:
        return metrics.Masks.from_bitmaps(
            rng.integers(0, rows, n), rng.choice(known, n), [bitmap() for _ in range(n)], **columns
        )

    t, p = int(rng.integers(1, rows * per_row)), int(rng.integers(1, rows * per_row * 2))
    truth = masks(t, np.arange(1, features), crowd=rng.random(t) < crowd, ignored=rng.random(t) < 0.1)
    return Scene(
        replace(truth, area=truth.area * rng.choice([0.5, 1.0, 1.0], t)),
        masks(p, np.arange(features - 1), confidence=rng.integers(1, 6, p) / 5),
        rows,
        features,
    )


def generate_keypoints(seed: int, *, rows: int = 5, features: int = 2, per_row: int = 8, points: int = 17) -> Scene:
    """Points on a coarse grid, so that equal similarities are common; some objects have no visible point."""
    rng = np.random.default_rng(seed)
    unit = float(rng.choice([4, 16, 64]))
    sigmas = np.array(metrics.COCO_SIGMAS) if points == 17 else rng.integers(1, 4, points) / 20

    def places(n: int) -> np.ndarray:
        origin, offset = rng.integers(0, 3, (n, 1, 2)), rng.integers(0, 2, (n, points, 2))
        pattern = rng.integers(0, 3, (1, points, 2))
        seen = rng.choice([0, 1, 2, 2], (n, points, 1)) * (rng.random((n, 1, 1)) < 0.9)
        return np.concatenate([(origin + pattern) * unit + offset * unit / 8, seen], axis=2)

    def objects(n: int, known: np.ndarray, **columns: Any) -> metrics.Keypoints:
        row, feature = rng.integers(0, rows, n), rng.choice(known, n)
        return metrics.Keypoints.from_points(row, feature, places(n), sigmas=sigmas, **columns)

    t, p = int(rng.integers(1, rows * per_row)), int(rng.integers(1, rows * per_row * 2))
    truth = objects(t, np.arange(features), crowd=rng.random(t) < 0.1)
    if rng.random() < 0.5:  # predictions on the truth itself
        near = rng.integers(0, t, p)
        predictions = objects(p, np.arange(features), confidence=rng.integers(1, 6, p) / 5)
        shaken = truth.points[near] + rng.integers(0, 2, (p, points, 3)) * [unit / 16, unit / 16, 0]
        predictions = replace(predictions, row=truth.row[near], feature=truth.feature[near], points=shaken)
    else:
        predictions = objects(p, np.arange(features), confidence=rng.integers(1, 6, p) / 5)
    return Scene(truth, predictions, rows, features)


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    return generate_scene


@pytest.fixture(scope="session")
def pycocotools_on() -> Callable[[Scene], CocoAnswer]:
    return ask_pycocotools_about


@pytest.fixture(scope="session")
def pycocotools_on_files() -> Callable[[dict[str, Any], list[dict[str, Any]]], CocoAnswer]:
    return ask_pycocotools


@pytest.fixture(scope="session")
def make_masks() -> Callable[..., Scene]:
    return generate_masks


@pytest.fixture(scope="session")
def make_keypoints() -> Callable[..., Scene]:
    return generate_keypoints
