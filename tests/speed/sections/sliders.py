"""A reader moves a slider: everything that the page shows of two runs, at an IoU and a confidence not asked before."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import metrics

from ..lines import Line, Lines, Options, at_most
from ..peers import Hotcoco
from ..stopwatch import race
from ..workload import Size, all_overlaps, make_workload

LIMIT = 0.060

ABOUT = """\
A reader moves a slider: average precision, precision, recall and F1 per feature and in all, counts per row, and the
confusion matrix, of two runs at an IoU and a confidence that were not asked before; the overlaps are known, those
across features for the confusion matrix as well. Theirs is the nearest that hotcoco has: average precision at one IoU
and its confusion matrix, one run after the other, loaded before."""


def lines(options: Options) -> Lines:
    """Both runs side by side, one after the other, and hotcoco's nearest."""
    work = make_workload(Size().times(0.02) if options.quick else Size(), runs=2)
    runs, hotcoco, rounds = all_overlaps(work), Hotcoco(work), options.rounds(15)
    ours, theirs = race(asking(runs), _asking_hotcoco(hotcoco), times=rounds)
    yield Line("both runs side by side", ours, hotcoco.name, theirs, at_most(LIMIT))
    [ours] = race(asking(runs, side_by_side=False), times=rounds)
    yield Line("one run after the other", ours)


def answer(overlaps: metrics.Overlaps, min_iou: float, min_confidence: float) -> tuple[object, ...]:
    """What the page shows of one run."""
    matches = metrics.match(overlaps, min_iou=min_iou, min_confidence=min_confidence)
    outcomes = metrics.count_outcomes(matches)
    per_feature = outcomes.per_feature
    return (
        metrics.confuse(matches).matrix,
        metrics.average_precision(overlaps, min_iou=min_iou).per_feature,
        *(outcomes.total.precision, outcomes.total.recall, outcomes.total.f1),
        *(per_feature.precision, per_feature.recall, per_feature.f1),
        *(outcomes.per_row.tp, outcomes.per_row.fp, outcomes.per_row.missed),
    )


def asking(runs: Sequence[metrics.Overlaps], *, side_by_side: bool = True) -> Callable[[], object]:
    """A question about all runs that is another one each time it is called."""
    asked = questions()
    pool = ThreadPoolExecutor(len(runs))

    def ask() -> object:
        question = next(asked)
        spread = pool.map if side_by_side else map
        return list(spread(lambda run: answer(run, *question), runs))

    return ask


def _asking_hotcoco(hotcoco: Hotcoco) -> Callable[[], object]:
    asked = questions()

    def ask() -> object:
        question = next(asked)
        return [hotcoco.answer(*question, run) for run in (0, 1)]

    return ask


def questions() -> Iterator[tuple[float, float]]:
    """IoUs and confidences, as different from one call to the next as a slider's."""
    steps = itertools.cycle([(0.5, 0.05), (0.55, 0.3), (0.6, 0.1), (0.65, 0.2), (0.7, 0.07), (0.75, 0.15), (0.8, 0.4)])
    for turn, (min_iou, min_confidence) in enumerate(steps):
        yield min_iou + turn * 1e-4, min_confidence + turn * 1e-4
