"""A reader moves a slider: what became of every object between two runs."""

from __future__ import annotations

import metrics

from ..lines import Line, Lines, Options, at_most
from ..stopwatch import race
from ..workload import Size, all_overlaps, make_workload
from .sliders import questions

LIMIT = 0.150

ABOUT = """\
Two runs at an IoU and a confidence that were not asked before: `match` of both, `keep_ledger` with a line for every
truth and false alarm, `find_failures` of both and `follow_failures`: how many objects of each feature went from which
failure to which. The overlaps are known, those between the runs as well. `explain_gain` says what each change adds to
average precision, over all confidences."""


def lines(options: Options) -> Lines:
    """The ledger at new thresholds, and what is found once."""
    work = make_workload(Size().times(0.02) if options.quick else Size(), runs=2)
    baseline, candidate = all_overlaps(work)
    between, asked = metrics.pair_predictions(baseline, candidate), questions()

    def keep(min_iou: float, min_confidence: float) -> metrics.Ledger:
        runs = [metrics.match(run, min_iou=min_iou, min_confidence=min_confidence) for run in (baseline, candidate)]
        return metrics.keep_ledger(*runs, between=between)

    def follow() -> object:
        min_iou, min_confidence = next(asked)
        failures = [
            metrics.find_failures(run, min_iou=min_iou, min_confidence=min_confidence) for run in (baseline, candidate)
        ]
        return metrics.follow_failures(keep(min_iou, min_confidence), *failures).truths

    ours, alone = race(follow, lambda: keep(*next(asked)).counts, times=options.rounds(9))
    yield Line("ledger and transitions", ours, bar=at_most(LIMIT))
    yield Line("ledger alone", alone)
    once, gain = race(
        lambda: metrics.pair_predictions(baseline, candidate),
        lambda: metrics.explain_gain(baseline, candidate, between=between),
        times=options.rounds(3),
    )
    yield Line("`pair_predictions`, once for two runs", once)
    yield Line("`explain_gain`", gain)
