"""The other programs, given the same columns; each is imported where it is asked for."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np

from .mask_workload import HEIGHT, WIDTH, MaskWorkload
from .workload import Columns, Size, Workload


class Hotcoco:
    """hotcoco: COCO's evaluation in Rust, on all cores."""

    name = "hotcoco"

    def __init__(self, work: Workload) -> None:
        import hotcoco

        self._hotcoco = hotcoco
        self._work = work
        self._truth = self._load_truth()
        self._runs = [self._truth.load_res(_results(run)) for run in work.runs]

    def evaluate(self, run: int = 0) -> Any:
        """`evaluate` and `accumulate`, the loading before."""
        return self._accumulated(self._truth, self._runs[run])

    def load_and_evaluate(self, run: int = 0) -> Any:
        """The same with its loading from columns."""
        truth = self._load_truth()
        return self._accumulated(truth, truth.load_res(_results(self._work.runs[run])))

    def numbers(self, run: int = 0) -> np.ndarray:
        """COCO's twelve."""
        return numbers_of(self.evaluate(run))

    def answer(self, min_iou: float, min_confidence: float, run: int = 0) -> object:
        """AP at one IoU and the confusion matrix from a confidence on."""
        evaluation = self._hotcoco.COCOeval(self._truth, self._runs[run], "bbox")
        evaluation.params.iou_thrs = [min_iou]
        with contextlib.redirect_stderr(io.StringIO()):
            evaluation.evaluate()
            evaluation.accumulate()
        return evaluation.confusion_matrix(iou_thr=min_iou, min_score=min_confidence)

    def resample(self, times: int) -> dict[str, Any]:
        """Paired bootstrap of the gain of the second run over the first, both evaluated before."""
        first, second = (self._hotcoco.COCOeval(self._truth, run, "bbox") for run in self._runs[:2])
        first.evaluate()
        second.evaluate()
        return self._hotcoco.compare(first, second, n_bootstrap=times)

    def _load_truth(self) -> Any:
        return _load_truth(self._work.size, self._work.truth, area=self._work.truth.area)

    def _accumulated(self, truth: Any, predictions: Any) -> Any:
        return _accumulated(truth, predictions, "bbox")


class HotcocoOnMasks:
    """hotcoco on masks."""

    name = "hotcoco"

    def __init__(self, work: MaskWorkload) -> None:
        self._work = work
        run = work.run.columns
        columns = (run.row + 1).tolist(), (run.feature + 1).tolist(), run.confidence.tolist(), work.run.rle
        names = ("image_id", "category_id", "score", "segmentation")
        self._truth = self._load_truth()
        # Without boxes the area of a prediction is that of its mask, in hotcoco as in pycocotools.
        self._run = self._truth.load_res([dict(zip(names, each, strict=True)) for each in zip(*columns, strict=True)])

    def evaluate(self) -> Any:
        """`evaluate` and `accumulate`, the loading before."""
        return _accumulated(self._truth, self._run, "segm")

    def load_and_evaluate(self) -> Any:
        """The same with its loading from columns and run lengths."""
        truth = self._load_truth()
        run = truth.load_res(_results(self._work.run.columns), segmentation=self._work.run.rle)
        return _accumulated(truth, run, "segm")

    def numbers(self) -> np.ndarray:
        """COCO's twelve."""
        return numbers_of(self.evaluate())

    def _load_truth(self) -> Any:
        truth = self._work.truth
        return _load_truth(self._work.size, truth.columns, area=truth.area, segmentation=truth.rle)


def _load_truth(size: Size, truth: Columns, **more: Any) -> Any:
    import hotcoco

    return hotcoco.COCO.from_arrays(
        [{"id": row + 1, "width": WIDTH, "height": HEIGHT} for row in range(size.rows)],
        [{"id": feature + 1, "name": f"feature {feature}"} for feature in range(size.features)],
        truth.row + 1,
        truth.feature + 1,
        truth.box,
        iscrowd=truth.crowd.astype(np.int64),
        **more,
    )


def _accumulated(truth: Any, predictions: Any, kind: str) -> Any:
    import hotcoco

    evaluation = hotcoco.COCOeval(truth, predictions, kind)
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation


class FasterCocoEval:
    """faster-coco-eval: pycocotools with its loops in C++."""

    name = "faster-coco-eval"

    def __init__(self, work: Workload, run: int = 0) -> None:
        import faster_coco_eval

        self._eval = faster_coco_eval.COCOeval_faster
        with contextlib.redirect_stdout(io.StringIO()):
            self._truth = faster_coco_eval.COCO(_dataset(work))
            self._predictions = self._truth.loadRes(_results(work.runs[run]))

    def evaluate(self) -> Any:
        """`evaluate` and `accumulate`, the loading before."""
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = self._eval(self._truth, self._predictions, "bbox", print_function=_say_nothing)
            evaluation.evaluate()
            evaluation.accumulate()
        return evaluation

    def numbers(self) -> np.ndarray:
        """COCO's twelve."""
        return numbers_of(self.evaluate())


class Pycocotools:
    """pycocotools: the reference."""

    name = "pycocotools"

    def __init__(self, work: Workload, run: int = 0) -> None:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval

        self._eval = COCOeval
        with contextlib.redirect_stdout(io.StringIO()):
            self._truth = COCO()
            self._truth.dataset = _dataset(work)
            self._truth.createIndex()
            self._predictions = self._truth.loadRes(_results(work.runs[run]))

    def evaluate(self) -> Any:
        """`evaluate` and `accumulate`, the loading before."""
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = self._eval(self._truth, self._predictions, "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
        return evaluation


def numbers_of(evaluation: Any) -> np.ndarray:
    """COCO's twelve numbers of an evaluation in the manner of pycocotools."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.summarize()
    numbers = np.asarray(evaluation.stats[:12], dtype=float)
    return np.where(numbers == -1, np.nan, numbers)


def _results(run: Columns) -> np.ndarray:
    """float64[N, 7], as all of them read it: picture, left, top, width, height, confidence, category; ids from 1."""
    return np.column_stack([run.row + 1.0, run.box, run.confidence, run.feature + 1.0])


def _dataset(work: Workload) -> dict[str, Any]:
    truth = work.truth
    columns = [
        truth.row.tolist(),
        truth.feature.tolist(),
        truth.box.tolist(),
        truth.area.tolist(),
        truth.crowd.tolist(),
    ]
    known = [
        {"id": i, "image_id": row + 1, "category_id": feature + 1, "bbox": box, "area": area, "iscrowd": int(crowd)}
        for i, (row, feature, box, area, crowd) in enumerate(zip(*columns, strict=True), 1)
    ]
    return {
        "images": [{"id": row + 1} for row in range(work.size.rows)],
        "categories": [{"id": feature + 1} for feature in range(work.size.features)],
        "annotations": known,
    }


def _say_nothing(*_: object, **__: object) -> None:
    return None
