"""Laws that every public metric keeps: one list of them all, and a test that none is missing from it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pytest

import metrics
from metrics import (
    Boxes,
    Checklists,
    Choices,
    Federation,
    Matches,
    Overlaps,
    PixelCounts,
    Rankings,
    Ratings,
    SpanMatches,
    SpanPairs,
    Spans,
    count_pixels,
    draw_rows,
    find_overlaps,
    match,
    match_spans,
    pair_spans,
)

ROWS: Final = 12
CLASSES: Final = 4
SEEDS: Final = range(6)
Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """Some rows in the columns of one kind of table; `rows` tells which of them are there, in which order."""

    make: Callable[[np.random.Generator, int], dict[str, np.ndarray]]
    read: Callable[[dict[str, np.ndarray], int], Any]


def _objects(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    columns: dict[str, np.ndarray] = {}
    for side, n in (("truth", 5 * rows), ("found", 9 * rows)):
        columns[f"{side} row"] = np.sort(rng.integers(0, rows, n))
        columns[f"{side} feature"] = rng.integers(0, CLASSES, n)
        columns[f"{side} box"] = np.concatenate([rng.integers(0, 4, (n, 2)), rng.integers(1, 4, (n, 2))], axis=1) * 20.0
    columns["found confidence"] = rng.permutation(9 * rows) / (9 * rows)
    columns["truth crowd"] = rng.random(5 * rows) < 0.1
    return columns


def _read_objects(columns: dict[str, np.ndarray], rows: int) -> Overlaps:
    return find_overlaps(*_sides(columns, Boxes.from_sizes), rows=rows, features=CLASSES)


def _sides(columns: dict[str, np.ndarray], make: Callable[..., Any]) -> list[Any]:
    """The tables of truth and of what was found."""
    return [
        make(**{name.removeprefix(side): column for name, column in columns.items() if name.startswith(side)})
        for side in ("truth ", "found ")
    ]


def _choices(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    scores = rng.integers(1, 5, (rows, CLASSES)).astype(float)
    return {"truth": rng.integers(0, CLASSES, rows), "scores": scores / scores.sum(axis=1, keepdims=True)}


def _checklists(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    return {"truth": rng.random((rows, CLASSES)) < 0.4, "scores": rng.integers(0, 5, (rows, CLASSES)) / 4}


def _pixels(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    return {"truth": rng.integers(0, 3, (rows, 9, 8)) // 2, "found": rng.integers(0, 3, (rows, 9, 8)) // 2}


def _ratings(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    return {"score": rng.integers(1, 11, rows).astype(float), "truth": rng.integers(1, 11, rows).astype(float)}


def _rankings(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    row = np.repeat(np.arange(rows), 4)
    return {"row": row, "worth": rng.integers(0, 4, len(row)).astype(float), "score": rng.integers(0, 4, len(row)) / 4}


def _spans(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    columns: dict[str, np.ndarray] = {}
    for side, n in (("truth", 4 * rows), ("found", 6 * rows)):
        start = rng.integers(0, 6, n)
        columns |= {
            f"{side} row": np.sort(rng.integers(0, rows, n)),
            f"{side} feature": rng.integers(0, CLASSES, n),
            f"{side} start": start,
            f"{side} end": start + rng.integers(1, 3, n),
        }
    columns["found confidence"] = rng.permutation(6 * rows) / (6 * rows)
    return columns


def _read_spans(columns: dict[str, np.ndarray], rows: int) -> SpanMatches:
    return match_spans(*_sides(columns, Spans.from_offsets), rows=rows, features=CLASSES)


def _read_span_pairs(columns: dict[str, np.ndarray], rows: int) -> SpanPairs:
    return pair_spans(*_sides(columns, Spans.from_offsets), rows=rows)


WORLDS: Final = {
    Overlaps: World(_objects, _read_objects),
    Choices: World(_choices, lambda columns, _: Choices.from_scores(**columns)),
    Checklists: World(_checklists, lambda columns, _: Checklists.from_scores(**columns)),
    PixelCounts: World(
        _pixels,
        lambda columns, _: count_pixels(
            zip(columns["truth"], columns["found"], strict=True), classes=3, boundary_share=0.1
        ),
    ),
    Ratings: World(_ratings, lambda columns, _: Ratings.from_scores(columns["score"], truth=columns["truth"])),
    SpanMatches: World(_spans, _read_spans),
    SpanPairs: World(_spans, _read_span_pairs),
    Rankings: World(_rankings, lambda columns, rows: Rankings.from_scores(**columns, rows=rows)),
}


def _federation(overlaps: Overlaps) -> Federation:
    """Every feature was looked for on every row that counts."""
    rows = np.flatnonzero(overlaps.keep)
    return Federation.from_pairs(np.stack(np.meshgrid(rows, np.arange(overlaps.features)), axis=-1).reshape(-1, 2), [])


def _curve(curve: Any) -> Numbers:
    return {"precision": curve.precision, "recall": curve.recall}


def _lines(numbers: list[Any]) -> Numbers:
    return {f"{each.name} {each.feature}": each.value for each in numbers}


def _kinds(failures: Any) -> Numbers:
    """How many false alarms, and how many missed truths, are of each kind."""
    sides = {"alarms": failures.kind, "missed": failures.missed_kind}
    return {name: np.bincount(kind[kind >= 0], minlength=len(metrics.FAILURE_KINDS)) for name, kind in sides.items()}


def _ways(ways: Any) -> Numbers:
    return {name: way.f1 for name, way in ways._asdict().items()}


def _ratios(matches: Matches) -> Numbers:
    return {each.name: np.append(each.per_feature, each.value) for each in metrics.ratios_of(matches)}


def _once(subject: Any) -> Any:
    return draw_rows(subject.keep, count=1)


# What each metric says of a table, in numbers that do not depend on how rows are numbered.
METRICS: Final[dict[str, tuple[type, Callable[[Any], Numbers]]]] = {
    "average_precision": (Overlaps, lambda o: {"ap": metrics.average_precision(o, min_iou=0.4).per_feature}),
    "coco_summary": (Overlaps, lambda o: metrics.coco_summary(o).numbers()),
    "confuse": (Overlaps, lambda o: {"matrix": metrics.confuse(match(o)).matrix}),
    "count_outcomes": (Overlaps, lambda o: metrics.count_outcomes(match(o)).total.columns()),
    "failure_costs": (Overlaps, lambda o: metrics.failure_costs(o).by_kind()),
    "find_failures": (Overlaps, lambda o: metrics.find_failures(o).columns()),
    "lvis_summary": (Overlaps, lambda o: metrics.lvis_summary(o, _federation(o)).numbers()),
    "match": (Overlaps, lambda o: {"iou": np.sort(match(o).iou[match(o).tp])}),
    "measure_objects": (Overlaps, lambda o: _lines(metrics.measure_objects(o, _once(o)))),
    "mended_precision": (Overlaps, lambda o: {"ap": metrics.mended_precision(o, ["place"]).per_feature}),
    "precision_recall_curves": (Overlaps, lambda o: _curve(metrics.precision_recall_curves(o).overall)),
    "ratios_of": (Overlaps, lambda o: _ratios(match(o))),
    "voc_average_precision": (Overlaps, lambda o: {"ap": metrics.voc_average_precision(o).per_feature}),
    "choice_summary": (Choices, lambda c: metrics.choice_summary(c).numbers()),
    "class_average_precision": (Choices, lambda c: {"ap": metrics.class_average_precision(c).per_class}),
    "class_reliability": (Choices, lambda c: {"ece": metrics.class_reliability(c, 1).ece}),
    "confuse_choices": (Choices, lambda c: {"matrix": metrics.confuse_choices(c).matrix}),
    "count_choices": (Choices, lambda c: metrics.count_choices(c).columns()),
    "class_curves": (Choices, lambda c: _curve(metrics.class_curves(c).per_class[1])),
    "measure_choices": (Choices, lambda c: _lines(metrics.measure_choices(c, _once(c)))),
    "roc_auc": (Choices, lambda c: {"area": metrics.roc_auc(c).mean}),
    "roc_auc_of_pairs": (Choices, lambda c: {"area": metrics.roc_auc_of_pairs(c).mean}),
    "row_losses": (Choices, lambda c: {"loss": np.nansum(metrics.row_losses(c).log_loss)}),
    "top_accuracy": (Choices, lambda c: {"top 2": metrics.top_accuracy(c, k=2).value}),
    "top_reliability": (
        Choices,
        lambda c: {"ece": metrics.top_reliability(c).ece, "mce": metrics.top_reliability(c).mce},
    ),
    "checklist_summary": (Checklists, lambda c: metrics.checklist_summary(c).numbers()),
    "segmentation_summary": (PixelCounts, lambda p: metrics.segmentation_summary(p).numbers()),
    "boundary_summary": (PixelCounts, lambda p: {"iou": metrics.boundary_summary(p.boundaries).mean_iou}),
    "confuse_pixels": (PixelCounts, lambda p: {"matrix": metrics.confuse_pixels(p).matrix}),
    "match_areas": (PixelCounts, lambda p: metrics.match_areas(p, without=[0]).per_feature._asdict()),
    "measure_pixels": (PixelCounts, lambda p: _lines(metrics.measure_pixels(p, _once(p)))),
    "rating_summary": (Ratings, lambda r: metrics.rating_summary(r).numbers()),
    "count_spans": (SpanMatches, lambda s: metrics.count_spans(s).total.columns()),
    "find_span_failures": (SpanMatches, lambda s: _kinds(metrics.find_span_failures(s))),
    "measure_spans": (SpanMatches, lambda s: _lines(metrics.measure_spans(s, _once(s)))),
    "semeval_scores": (
        SpanPairs,
        lambda s: _ways(metrics.semeval_scores(s).total),
    ),
    "ranking_summary": (Rankings, lambda r: metrics.ranking_summary(r).numbers()),
}
# Public functions of a table that measure nothing of it alone, or are measured through another name.
OTHERS: Final = {
    "coco_keypoint_summary": "keypoints, in test_keypoints.py",
    "explain_gain": "two runs, in test_transitions.py",
    "judged_predictions": "a column for each prediction, in test_operating_points.py",
    "keep_choice_ledger": "two runs, in test_choice_comparison.py",
    "keep_span_ledger": "two runs, in test_span_comparison.py",
    "keep_ledger": "two runs, in test_ledger.py",
    "pair_predictions": "two runs, in test_ledger.py",
    "resampled_precision": "resamples, in test_resampling.py",
}
EACH: Final = [pytest.param(name, id=name) for name in METRICS]


def _measure(name: str, columns: dict[str, np.ndarray], rows: int) -> Numbers:
    kind, numbers = METRICS[name]
    return numbers(WORLDS[kind].read(columns, rows))


def _made(name: str, seed: int) -> dict[str, np.ndarray]:
    return WORLDS[METRICS[name][0]].make(np.random.default_rng(seed), ROWS)


def _rows_only(columns: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    """These rows in this order, numbered anew."""
    numbered = {name: column for name, column in columns.items() if name.endswith("row")}
    if not numbered:
        return {name: column[rows] for name, column in columns.items()}
    chosen: dict[str, np.ndarray] = {}
    for name, column in columns.items():
        of_side = numbered[next(each for each in numbered if each == "row" or each.split()[0] == name.split()[0])]
        places = np.concatenate([np.zeros(0, int), *(np.flatnonzero(of_side == row) for row in rows)])
        number = {int(row): i for i, row in enumerate(rows)}
        renumbered = np.array([number[int(row)] for row in of_side[places]], dtype=int)
        chosen[name] = renumbered if name in numbered else column[places]
    return chosen


def _assert_equal(one: Numbers, other: Numbers) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_allclose(value, other[name], rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(name: str, seed: int) -> None:
    columns = _made(name, seed)
    order = np.random.default_rng(seed).permutation(ROWS)

    _assert_equal(_measure(name, columns, ROWS), _measure(name, _rows_only(columns, order), ROWS))


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("seed", SEEDS)
def test_some_rows_are_measured_as_if_alone(name: str, seed: int) -> None:
    columns = _made(name, seed)
    keep = np.random.default_rng(seed).random(ROWS) < 0.6
    kind, numbers = METRICS[name]
    among = numbers(WORLDS[kind].read(columns, ROWS).on_rows(keep))

    _assert_equal(among, _measure(name, _rows_only(columns, np.flatnonzero(keep)), int(keep.sum())))


@pytest.mark.parametrize("name", EACH)
def test_columns_are_read_and_never_written(name: str) -> None:
    columns = _made(name, 1)
    first = _measure(name, columns, ROWS)
    for column in columns.values():
        column.setflags(write=False)

    _assert_equal(first, _measure(name, columns, ROWS))


@pytest.mark.parametrize("name", EACH)
def test_no_rows_have_no_numbers_and_no_error(name: str) -> None:
    kind, numbers = METRICS[name]
    table = WORLDS[kind].read(_made(name, 2), ROWS).on_rows(np.zeros(ROWS, dtype=bool))
    for each in numbers(table).values():
        values = np.asarray(each, dtype=np.float64)

        assert (np.isnan(values) | (values == 0)).all()


@pytest.mark.parametrize("name", [name for name, (kind, _) in METRICS.items() if kind is Overlaps])
def test_a_row_on_which_nothing_is_adds_nothing(name: str) -> None:
    columns = _made(name, 3)

    _assert_equal(_measure(name, columns, ROWS), _measure(name, columns, ROWS + 1))


def _first_kinds(function: Callable[..., Any]) -> set[str]:
    """What the first parameter of a function may be, by name."""
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return set() if first is None else set(str(first.annotation).split(" | "))


def test_every_public_metric_is_among_them() -> None:
    tables = {kind.__name__ for kind in WORLDS} | {"Matches", "BoundaryCounts"}
    functions = {name: getattr(metrics, name) for name in metrics.__all__ if inspect.isfunction(getattr(metrics, name))}
    measuring = {name for name, function in functions.items() if _first_kinds(function) & tables}

    assert measuring == METRICS.keys() | OTHERS.keys()


def test_results_are_frozen_and_name_their_rule() -> None:
    for name in metrics.__all__:
        kind = getattr(metrics, name)
        if dataclasses.is_dataclass(kind):
            assert kind.__dataclass_params__.frozen, name  # type: ignore[attr-defined]
        if name.endswith("Summary"):
            assert "rule" in {field.name for field in dataclasses.fields(kind)}, name
