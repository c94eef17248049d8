"""Boxes to measure: always the same, of COCO's size, in columns that every program can take."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import metrics

SIDE = 640
"""Width and height of every picture."""


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    rows: int = 5_000
    features: int = 80
    truths: int = 36_781
    predictions: int = 500_000

    def times(self, factor: float) -> Size:
        """Rows, truths and predictions in proportion; as many features."""
        rows, truths, predictions = (round(n * factor) for n in (self.rows, self.truths, self.predictions))
        return Size(rows, self.features, truths, predictions)

    def __str__(self) -> str:
        return (
            f"{self.rows:,} rows, {self.features:,} features, {self.truths:,} truths, "
            f"{self.predictions:,} predictions a run"
        )


@dataclass(frozen=True, eq=False)
class Columns:
    """Boxes as bare columns, as they come out of a file.

    Attributes:
        row: int64[N].
        feature: int64[N].
        box: float64[N, 4]: left, top, width, height.
        confidence: float64[N], all 1 for truth.
        crowd: bool[N], all false for predictions.
    """

    row: np.ndarray
    feature: np.ndarray
    box: np.ndarray
    confidence: np.ndarray
    crowd: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def only(self, kept: np.ndarray) -> Columns:
        """Those of bool[N] `kept`."""
        return Columns(self.row[kept], self.feature[kept], self.box[kept], self.confidence[kept], self.crowd[kept])

    @property
    def area(self) -> np.ndarray:
        """float64[N]: width times height."""
        return self.box[:, 2] * self.box[:, 3]


@dataclass(frozen=True, eq=False)
class Workload:
    """Truth and some runs on it."""

    size: Size
    truth: Columns
    runs: tuple[Columns, ...]

    def on_rows(self, keep: np.ndarray) -> Workload:
        """These rows of bool[rows] alone, numbered anew."""
        number = np.cumsum(keep) - 1
        kept = [each.only(keep[each.row]) for each in (self.truth, *self.runs)]
        truth, *runs = (replace(each, row=number[each.row]) for each in kept)
        size = replace(self.size, rows=int(keep.sum()), truths=len(truth), predictions=max(map(len, runs)))
        return Workload(size, truth, tuple(runs))


def make_workload(size: Size | None = None, *, runs: int = 1) -> Workload:
    """Truth, and runs that find half of it; from a fixed seed, so that it is the same everywhere."""
    size = size or Size()
    truth = make_truth(size, seed=0)
    return Workload(size, truth, tuple(make_predictions(size, truth, seed=1 + k) for k in range(runs)))


def make_truth(size: Size, *, seed: int) -> Columns:
    """Boxes of all sizes on random rows; the k-th feature is 1/k as common as the first; one in 100 is a crowd."""
    rng, n = np.random.default_rng(seed), size.truths
    sides = np.exp(rng.normal(4, 1, (n, 2))).clip(4, SIDE)
    corners = rng.random((n, 2)) * (SIDE - sides)
    row = np.sort(rng.integers(0, size.rows, n))
    feature = rng.choice(size.features, n, p=_shares(size))
    crowd = rng.random(n) < 0.01
    return Columns(row, feature, np.concatenate([corners, sides], axis=1), np.ones(n), crowd)


def make_predictions(size: Size, truth: Columns, *, seed: int) -> Columns:
    """Half of the predictions near a truth and rather sure, half anywhere and rather unsure."""
    rng, n = np.random.default_rng(seed), size.predictions
    near = rng.random(n) < 0.5
    model = rng.integers(0, len(truth), n)
    shake = rng.normal(0, 0.15, (n, 4)) * near[:, None]
    sides = truth.box[model, 2:]
    corners = np.where(near[:, None], truth.box[model, :2], rng.random((n, 2)) * (SIDE - sides))
    box = np.concatenate([corners + shake[:, :2] * sides, sides * np.exp(shake[:, 2:])], axis=1)
    row = np.where(near, truth.row[model], rng.integers(0, size.rows, n))
    feature = np.where(near, truth.feature[model], rng.choice(size.features, n, p=_shares(size)))
    sureness = np.where(near, rng.beta(1, 2, n), rng.beta(1, 12, n))
    order = np.argsort(row, kind="stable")
    columns = Columns(row, feature, box, 0.05 + 0.95 * sureness, np.zeros(n, dtype=bool))
    return columns.only(order)


def as_boxes(columns: Columns) -> metrics.Boxes:
    """The columns, checked."""
    return metrics.Boxes.from_sizes(
        columns.row, columns.feature, columns.box, confidence=columns.confidence, crowd=columns.crowd
    )


def overlaps_of(work: Workload, truth: metrics.Boxes, predictions: metrics.Boxes) -> metrics.Overlaps:
    """Which of them overlap."""
    return metrics.find_overlaps(truth, predictions, rows=work.size.rows, features=work.size.features)


def all_overlaps(work: Workload) -> list[metrics.Overlaps]:
    """For each run, which of its boxes overlap the truth."""
    truth = as_boxes(work.truth)
    return [overlaps_of(work, truth, as_boxes(run)) for run in work.runs]


def _shares(size: Size) -> np.ndarray:
    shares = 1 / np.arange(1, size.features + 1)
    return shares / shares.sum()
