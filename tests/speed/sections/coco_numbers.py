"""COCO's twelve numbers: columns in, numbers out."""

from __future__ import annotations

import numpy as np

import metrics

from ..lines import Line, Lines, Options, no_slower_than
from ..peers import FasterCocoEval, Hotcoco, Pycocotools, numbers_of
from ..stopwatch import race, seconds
from ..workload import Size, Workload, as_boxes, make_workload, overlaps_of

TOLERANCE = 1e-9

ABOUT = """\
Columns in, numbers out. "From checked boxes": ours is `find_overlaps` and `coco_summary` on two `Boxes`; theirs is
`evaluate` and `accumulate` on what was loaded before the clock started. "From bare columns": ours is the same with
`Boxes.from_sizes`; theirs with `COCO.from_arrays` and `load_res`. Ours and hotcoco use all cores. pycocotools is called
once, the others in turn."""


def lines(options: Options) -> Lines:
    """Beside hotcoco with and without its loading, faster-coco-eval and pycocotools."""
    work = make_workload(Size().times(0.02) if options.quick else Size())
    hotcoco = Hotcoco(work)
    _check(work, hotcoco.numbers())
    yield _from_boxes(work, hotcoco, options)
    yield _from_columns(work, hotcoco, options)
    yield _beside_faster_coco_eval(work, options)
    yield _beside_pycocotools(work, options)
    yield _summary_alone(work, options)


def measure(work: Workload) -> metrics.CocoSummary:
    """Columns in, numbers out."""
    return metrics.coco_summary(overlaps_of(work, as_boxes(work.truth), as_boxes(work.runs[0])))


def _from_boxes(work: Workload, hotcoco: Hotcoco, options: Options) -> Line:
    truth, found = as_boxes(work.truth), as_boxes(work.runs[0])
    ours, theirs = race(
        lambda: metrics.coco_summary(overlaps_of(work, truth, found)), hotcoco.evaluate, times=options.rounds(11)
    )
    return Line("from checked boxes", ours, hotcoco.name, theirs, no_slower_than(hotcoco.name, theirs))


def _from_columns(work: Workload, hotcoco: Hotcoco, options: Options) -> Line:
    ours, theirs = race(lambda: measure(work), hotcoco.load_and_evaluate, times=options.rounds(7))
    return Line("from bare columns", ours, hotcoco.name, theirs, no_slower_than(hotcoco.name, theirs))


def _beside_faster_coco_eval(work: Workload, options: Options) -> Line:
    peer, truth, found = FasterCocoEval(work), as_boxes(work.truth), as_boxes(work.runs[0])
    _check(work, peer.numbers())
    ours, theirs = race(
        lambda: metrics.coco_summary(overlaps_of(work, truth, found)), peer.evaluate, times=options.rounds(3)
    )
    return Line("from checked boxes", ours, peer.name, theirs)


def _beside_pycocotools(work: Workload, options: Options) -> Line:
    part = work if options.with_pycocotools else work.on_rows(np.arange(work.size.rows) < work.size.rows // 10)
    peer, answers = Pycocotools(part), []
    theirs = seconds(lambda: answers.append(peer.evaluate()))
    _check(part, numbers_of(answers[0]))
    truth, found = as_boxes(part.truth), as_boxes(part.runs[0])
    [ours] = race(lambda: metrics.coco_summary(overlaps_of(part, truth, found)), times=options.rounds(7))
    which = "" if options.with_pycocotools else f", a tenth of the rows ({len(found):,} predictions)"
    return Line(f"from checked boxes{which}", ours, peer.name, theirs)


def _summary_alone(work: Workload, options: Options) -> Line:
    overlaps = overlaps_of(work, as_boxes(work.truth), as_boxes(work.runs[0]))
    [ours] = race(lambda: metrics.coco_summary(overlaps), times=options.rounds(7))
    return Line("`coco_summary` alone, overlaps known", ours)


def _check(work: Workload, theirs: np.ndarray) -> None:
    ours = np.array([*measure(work).numbers().values()])
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE, err_msg="the programs do not agree")
