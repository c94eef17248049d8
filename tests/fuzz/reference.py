"""What pycocotools says about a scene."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from .arena import Arena
from .scene import Scene


@dataclass(frozen=True)
class Answer:
    """pycocotools' own arrays, with NaN for its -1.

    Attributes:
        numbers: float64[12 or 10].
        precision: float64[ious, recall levels, features, areas, max detections].
        recall: float64[ious, features, areas, max detections].
        claims: Prediction to the truth it claimed, by position, at each IoU, all areas, among the surest; none where
            the reference does not tell.
    """

    numbers: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    claims: list[dict[int, int]]


class _EvalWithIgnored(COCOeval):  # type: ignore[misc]
    """pycocotools takes a truth's own word that it is ignored away again; its matching then respects it."""

    def _prepare(self) -> None:
        super()._prepare()
        for truths in self._gts.values():
            for truth in truths:
                truth["ignore"] = truth["ignore"] or truth["left_out"]


def ask_pycocotools(arena: Arena, scene: Scene) -> Answer:
    """Rows and features keep their order; pictures and categories are numbered with gaps, objects from 1."""
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        evaluation = _EvalWithIgnored(_known(arena, scene), _found(arena, scene), arena.kind)
        if "sigmas" in scene.setting:
            evaluation.params.kpt_oks_sigmas = np.array(scene.setting["sigmas"])
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    parts = evaluation.stats, evaluation.eval["precision"], evaluation.eval["recall"]
    return Answer(*(np.where(part == -1, np.nan, part) for part in parts), _claims(evaluation))


def _claims(evaluation: COCOeval) -> list[dict[int, int]]:
    claims: list[dict[int, int]] = [{} for _ in evaluation.params.iouThrs]
    everything = evaluation.params.areaRng[0]
    for each in evaluation.evalImgs:
        if each is not None and each["aRng"] == everything:
            for claimed, matches in zip(claims, each["dtMatches"], strict=True):
                claimed |= {p - 1: int(t) - 1 for p, t in zip(each["dtIds"], matches, strict=True)}
    return claims


def _known(arena: Arena, scene: Scene) -> COCO:
    truth = scene.truth
    return _indexed(scene, [
        {
            "id": i + 1, "image_id": truth["row"][i] * 3 + 7, "category_id": truth["feature"][i] * 2 + 1,
            "area": truth["area"][i], "iscrowd": int(truth["crowd"][i]), "left_out": truth["ignored"][i],
            **arena.truth_entry(scene, i),
        }
        for i in range(len(truth["row"]))
    ])  # fmt: skip


def _found(arena: Arena, scene: Scene) -> COCO:
    found = scene.predictions
    return _indexed(scene, [
        {
            "id": i + 1, "image_id": found["row"][i] * 3 + 7, "category_id": found["feature"][i] * 2 + 1,
            "score": found["confidence"][i], "iscrowd": 0, **arena.prediction_entry(scene, i),
        }
        for i in range(len(found["row"]))
    ])  # fmt: skip


def _indexed(scene: Scene, annotations: list[dict[str, Any]]) -> COCO:
    height, width = scene.setting.get("size", (1, 1))
    coco = COCO()
    coco.dataset = {
        "images": [{"id": row * 3 + 7, "height": height, "width": width} for row in range(scene.rows)],
        "categories": [{"id": feature * 2 + 1} for feature in range(scene.features)],
        "annotations": annotations,
    }
    coco.createIndex()
    return coco
