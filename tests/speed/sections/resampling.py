"""How certain a gain is: a thousand times other rows drawn."""

from __future__ import annotations

import numpy as np

import metrics

from ..lines import Line, Lines, Options, at_most
from ..peers import Hotcoco
from ..stopwatch import race, seconds
from ..workload import Size, all_overlaps, make_workload

LIMIT = 3.0
PREDICTIONS = 100_000
TOLERANCE = 1e-9
ROWS, CLASSES = 500_000, 20
LIMIT_OF_CLASSES = 8.0

ABOUT = f"""\
Paired bootstrap over rows of the gain in mAP (IoU 0.50 to 0.95) between two runs of {PREDICTIONS:,} predictions each:
`resampled_precision` of both on the same `draw_rows`, and `paired_gain`; the overlaps are known. Theirs is
`hotcoco.compare` with both runs evaluated before, called once; it resamples all twelve numbers. Checked before: the
gains themselves agree within 1e-9. The line of every number is `measure_objects` of both runs and `gains_of`, called
once: average precision, precision, recall, F1 and mean IoU, over all and for each feature, average precision by size as
well. The line of parts is `explain_gain` and `draw_precision_parts`, called once: what each change of an object's state
adds to AP50, on every resample. The line of classes is `measure_choices` of two classifiers of {ROWS:,} rows into
{CLASSES} classes with probabilities, and `gains_of`: accuracy, log loss, Brier score, mean F1, and precision, recall
and F1 of each class."""


def lines(options: Options) -> Lines:
    """A thousand resamples, and a hundred beside hotcoco's hundred."""
    size = Size(predictions=PREDICTIONS)
    work = make_workload(size.times(0.02) if options.quick else size, runs=2)
    runs, hotcoco = all_overlaps(work), Hotcoco(work)
    theirs_say: list[float] = []
    theirs = seconds(lambda: theirs_say.append(hotcoco.resample(100)["deltas"]["AP"]))
    np.testing.assert_allclose(gain_in_map(runs, 2).gain, theirs_say[0], rtol=0, atol=TOLERANCE)
    [ours] = race(lambda: gain_in_map(runs, 1000), times=options.rounds(3))
    yield Line("1,000 resamples; theirs 100", ours, hotcoco.name, theirs, at_most(LIMIT))
    [ours] = race(lambda: gain_in_map(runs, 100), times=options.rounds(3))
    yield Line("100 resamples; theirs 100", ours, hotcoco.name, theirs)
    [ours] = race(lambda: all_gains(runs, 1000), times=options.rounds(1), warm=False)
    yield Line("1,000 resamples of every number, per feature and size", ours)
    [ours] = race(lambda: parts_of_the_gain(runs, 1000), times=options.rounds(1), warm=False)
    yield Line("1,000 resamples of every part of an explained gain", ours)
    choices = make_choices(10_000 if options.quick else ROWS)
    [ours] = race(lambda: class_gains(choices, 10 if options.quick else 1000), times=options.rounds(3), warm=False)
    yield Line("1,000 resamples of two classifiers", ours, bar=at_most(LIMIT_OF_CLASSES))


def gain_in_map(runs: list[metrics.Overlaps], times: int) -> metrics.Gain:
    """The gain of the second run over the first, with its interval from so many resamples."""
    drawn = metrics.draw_rows(runs[0].keep, count=times)
    first, second = (metrics.resampled_precision(run, drawn, reduce=_mean_of_features) for run in runs)
    observed = metrics.coco_summary(runs[0]).ap, metrics.coco_summary(runs[1]).ap
    return metrics.paired_gain(observed, (first, second), units=drawn.units)


def parts_of_the_gain(runs: list[metrics.Overlaps], times: int) -> metrics.DrawnParts:
    """What every change of states, from one run to the other, adds to average precision."""
    return metrics.draw_precision_parts(metrics.explain_gain(*runs), metrics.draw_rows(runs[0].keep, count=times))


def all_gains(runs: list[metrics.Overlaps], times: int) -> list[metrics.MeasuredGain]:
    """The gain in everything that runs are compared by."""
    drawn = metrics.draw_rows(runs[0].keep, count=times)
    return metrics.gains_of(*(metrics.measure_objects(run, drawn, sizes=True) for run in runs))


def make_choices(rows: int) -> list[metrics.Choices]:
    """Two classifiers that are surer of the truth than of other classes."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, CLASSES, rows)
    scores = rng.random((2, rows, CLASSES)) + 0.5 * (np.arange(CLASSES) == truth[:, None])
    return [metrics.Choices.from_scores(truth, each / each.sum(axis=1, keepdims=True)) for each in scores]


def class_gains(choices: list[metrics.Choices], times: int) -> list[metrics.MeasuredGain]:
    """The gain in everything that two classifiers are compared by."""
    drawn = metrics.draw_rows(choices[0].keep, count=times)
    return metrics.gains_of(*(metrics.measure_choices(run, drawn) for run in choices))


def _mean_of_features(scores: np.ndarray) -> np.ndarray:
    """From [resamples, ious, areas, features] to mAP for all areas; features without truth are in no mean."""
    return np.nanmean(scores[:, :, 0].mean(axis=1), axis=1)
