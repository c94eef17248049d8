"""Ten times as much takes ten times as long."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import metrics

from ..lines import Bar, Line, Lines, Options, shown
from ..peers import Hotcoco
from ..stopwatch import Work, race
from ..workload import Size, Workload, as_boxes, make_workload, overlaps_of
from .sliders import asking

ABOUT = """\
Rows, truths and predictions grow in proportion, with as many features, so that every row stays as full. In brackets the
same for a million predictions; the last line of each shows how many times longer ten times as much takes, which
includes that columns no longer fit into the processor's caches."""

LINEAR = 15.0
"""Ten times as many predictions may take at most so many times as long."""


class _Spans(NamedTuple):
    """Seconds at one size."""

    numbers: float
    numbers_of_hotcoco: float
    answer: float


def lines(options: Options) -> Lines:
    """A tenth, the whole and ten times the workload."""
    sizes = [Size().times(factor) for factor in ((0.001, 0.01, 0.1) if options.quick else (0.1, 1, 10))]
    spans = _measure(sizes, options)
    most = f"{sizes[2].predictions:,} beside {sizes[1].predictions:,}"
    bar = Bar(f"at most {LINEAR:.0f}×", LINEAR)
    for size, span in zip(sizes, spans, strict=True):
        yield Line(f"twelve numbers: {_told(size, span.numbers)}", span.numbers, Hotcoco.name, span.numbers_of_hotcoco)
    grown = [spans[2][place] / spans[1][place] for place in range(3)]
    yield Line(f"twelve numbers: {most}", grown[0], Hotcoco.name, grown[1], bar, "times")
    for size, span in zip(sizes, spans, strict=True):
        yield Line(f"new thresholds, one run: {_told(size, span.answer)}", span.answer)
    yield Line(f"new thresholds, one run: {most}", grown[2], bar=bar, unit="times")


def _told(size: Size, span: float) -> str:
    return f"{size.predictions:,} predictions, {size.rows:,} rows ({shown(span / size.predictions * 1e6)})"


def _measure(sizes: list[Size], options: Options) -> list[_Spans]:
    """All sizes in the same rounds, so that what else the machine does makes none of them look worse."""
    numbers: list[Work] = []
    answers: list[Work] = []
    for size in sizes:
        work = make_workload(size)
        truth, found = as_boxes(work.truth), as_boxes(work.runs[0])
        numbers += [partial(_twelve_numbers, work, truth, found), Hotcoco(work).evaluate]
        answers.append(asking([overlaps_of(work, truth, found)], side_by_side=False))
    spans = race(*numbers, times=options.rounds(5))
    return [
        _Spans(*each) for each in zip(spans[::2], spans[1::2], race(*answers, times=options.rounds(9)), strict=True)
    ]


def _twelve_numbers(work: Workload, truth: metrics.Boxes, found: metrics.Boxes) -> metrics.CocoSummary:
    return metrics.coco_summary(overlaps_of(work, truth, found))
