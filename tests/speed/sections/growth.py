"""Ten times as much takes ten times as long."""

from __future__ import annotations

import metrics

from ..lines import Bar, Line, Lines, Options, shown
from ..stopwatch import race
from ..workload import Size, as_boxes, make_workload, overlaps_of
from .sliders import asking

ABOUT = """\
Rows, truths and predictions grow in proportion, with as many features, so that every row stays as full; with each
time, the same for a million predictions."""

LINEAR = 12.0
"""Ten times as many predictions may take at most so many times as long."""


def lines(options: Options) -> Lines:
    """Rows, truths and predictions grow in proportion, so that every row stays as full."""
    sizes = [Size().times(factor) for factor in ((0.001, 0.01, 0.1) if options.quick else (0.1, 1, 10))]
    spans = [_spans(size, options) for size in sizes]
    for place, name in enumerate(("twelve numbers, checked boxes", "new thresholds, one run")):
        for size, span in zip(sizes, spans, strict=True):
            each = span[place] / size.predictions * 1e6
            what = f"{name}: {size.predictions:,} predictions, {size.rows:,} rows ({shown(each)} a million)"
            yield Line(what, span[place])
        grown, most = spans[2][place] / spans[1][place], f"{sizes[2].predictions:,} beside {sizes[1].predictions:,}"
        yield Line(f"{name}: {most}", grown, bar=Bar(f"at most {LINEAR:.0f}×", LINEAR), unit="times")


def _spans(size: Size, options: Options) -> list[float]:
    work = make_workload(size)
    truth, found = as_boxes(work.truth), as_boxes(work.runs[0])
    times = options.rounds(3 if size.predictions > 1_000_000 else 9)
    numbers = race(lambda: metrics.coco_summary(overlaps_of(work, truth, found)), times=times)
    return numbers + race(asking([overlaps_of(work, truth, found)], side_by_side=False), times=times)
