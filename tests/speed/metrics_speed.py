"""How long measuring takes on a workload of COCO's size.

    python tests/speed/metrics_speed.py

The workload is generated from a seed: 5,000 rows, 80 features as unevenly common as COCO's, 36,781 truths, and two runs
of 500,000 predictions, half of them near a truth. Each line is the best and the median of several measurements.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import metrics

ROWS, FEATURES, TRUTHS, PREDICTIONS = 5_000, 80, 36_781, 500_000
SIZE = 640


def make_truth(seed: int) -> metrics.Boxes:
    """Boxes of all sizes on random rows; the k-th feature is 1/k as common as the first."""
    rng = np.random.default_rng(seed)
    sides = np.exp(rng.normal(4, 1, (TRUTHS, 2))).clip(4, SIZE)
    corners = rng.random((TRUTHS, 2)) * (SIZE - sides)
    return metrics.Boxes.from_sizes(
        np.sort(rng.integers(0, ROWS, TRUTHS)),
        rng.choice(FEATURES, TRUTHS, p=_shares()),
        np.concatenate([corners, sides], axis=1),
        crowd=rng.random(TRUTHS) < 0.01,
    )


def make_predictions(truth: metrics.Boxes, seed: int) -> metrics.Boxes:
    """Half of the predictions near a truth and rather sure, half anywhere and rather unsure."""
    rng = np.random.default_rng(seed)
    near = rng.random(PREDICTIONS) < 0.5
    model = rng.integers(0, TRUTHS, PREDICTIONS)
    shake = rng.normal(0, 0.15, (PREDICTIONS, 4)) * near[:, None]
    sides = truth.box[model, 2:]
    corners = np.where(near[:, None], truth.box[model, :2], rng.random((PREDICTIONS, 2)) * (SIZE - sides))
    box = np.concatenate([corners + shake[:, :2] * sides, sides * np.exp(shake[:, 2:])], axis=1)
    row = np.where(near, truth.row[model], rng.integers(0, ROWS, PREDICTIONS))
    feature = np.where(near, truth.feature[model], rng.choice(FEATURES, PREDICTIONS, p=_shares()))
    sureness = np.where(near, rng.beta(1, 2, PREDICTIONS), rng.beta(1, 12, PREDICTIONS))
    order = np.argsort(row, kind="stable")
    return metrics.Boxes.from_sizes(row[order], feature[order], box[order], confidence=(0.05 + 0.95 * sureness)[order])


def _shares() -> np.ndarray:
    shares = 1 / np.arange(1, FEATURES + 1)
    return shares / shares.sum()


def find(truth: metrics.Boxes, predictions: metrics.Boxes) -> metrics.Overlaps:
    return metrics.find_overlaps(truth, predictions, rows=ROWS, features=FEATURES)


def answer(overlaps: metrics.Overlaps, min_iou: float, min_confidence: float) -> None:
    """What a slider asks of one run: AP, and precision, recall and F1 with counts per feature and row."""
    metrics.count_outcomes(metrics.match(overlaps, min_iou=min_iou, min_confidence=min_confidence))
    metrics.average_precision(overlaps, min_iou=min_iou)


def answer_both(runs: list[metrics.Overlaps]) -> None:
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(lambda run: answer(run, 0.55, 0.05), runs))


def show(name: str, work: Callable[[], object], *, times: int = 7) -> None:
    spans = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spans.append((time.perf_counter() - start) * 1000)
    print(f"{name:<58} {min(spans):8.1f} {statistics.median(spans):8.1f} ms")


def main() -> None:
    start = time.perf_counter()
    metrics.warm_up()
    print(f"warm_up: {time.perf_counter() - start:.1f} s; {os.cpu_count()} processors")
    truth = make_truth(0)
    tables = [make_predictions(truth, seed) for seed in (1, 2)]
    runs = [find(truth, table) for table in tables]
    run, half = runs[0], np.arange(ROWS) % 2 == 0
    few = np.arange(ROWS) < ROWS // 100
    print(f"{len(run.pairs.iou):,} pairs with IoU >= 0.05, {np.count_nonzero(run.pairs.iou >= 0.5):,} with IoU >= 0.5")
    print(f"{'':<58} {'best':>8} {'median':>8}")
    show("find_overlaps, one run (once)", lambda: find(truth, tables[0]), times=3)
    show("coco_summary: the 12 numbers, one run", lambda: metrics.coco_summary(run), times=5)
    show("new IoU and confidence, two runs, one after the other", lambda: [answer(each, 0.55, 0.05) for each in runs])
    show("new IoU and confidence, two runs, side by side", lambda: answer_both(runs))
    show("  match, one run, all predictions", lambda: metrics.match(run))
    show("  match, one run, confidence from 0.5", lambda: metrics.match(run, min_confidence=0.5))
    matches = metrics.match(run)
    show("  count_outcomes, one run", lambda: metrics.count_outcomes(matches))
    show("  average_precision, one run", lambda: metrics.average_precision(run))
    show("precision_recall_curves, one run", lambda: metrics.precision_recall_curves(run))
    show("on_rows, half of the rows", lambda: run.on_rows(half))
    show("on_rows, 1 % of the rows", lambda: run.on_rows(few))


if __name__ == "__main__":
    main()
