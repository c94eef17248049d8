"""Gains with and without what runs dispute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from metrics.classes.choices import NONE, Choices
from metrics.comparison.cells import found_ratios
from metrics.comparison.choices import measure_choices
from metrics.comparison.disputes import Dispute, DisputeLines, Disputes
from metrics.comparison.measured import Measured, gains_of
from metrics.comparison.pixels import measure_pixels
from metrics.custom import RowRatio, gain_of
from metrics.errors import ColumnError
from metrics.gains import Gain
from metrics.objects.matching import Matches
from metrics.pixels.table import PixelCounts
from metrics.resamples import Resamples


class DisputedGain(NamedTuple):
    """One gain, measured twice.

    Attributes:
        name: What was measured.
        with_disputes: On everything.
        without: Without the truths that are disputed and all that runs see in their place.
    """

    name: str
    with_disputes: Gain
    without: Gain


def gains_without_disputes(
    runs: Sequence[Matches],
    disputes: Disputes,
    resamples: Resamples,
    *,
    pair: tuple[int, int] = (0, 1),
    kinds: Sequence[Dispute] = (Dispute.OTHER_FEATURE, Dispute.NO_TRUTH),
    level: float = 0.95,
) -> tuple[DisputedGain, ...]:
    """Precision, recall and F1 with and without what runs dispute: whether a gain hangs on doubtful truths.

    Without them a disputed truth is neither found nor missed, and predictions that speak against the truth (or found a
    disputed one) are neither right nor false. The runs chose themselves what is left out, so that both are better
    without it: what counts is whether the gain stays, not how large it becomes. Truths that all miss are left in unless
    asked for: most of them are right, and without them every gain in recall merely looks larger.

    Args:
        runs: The runs that `find_disputes` was asked about, in the same order.
        disputes: From `find_disputes`, or some of its lines.
        resamples: From `draw_rows`, on rows that count.
        pair: Places of baseline and candidate among the runs.
        kinds: Which disputes to leave out.
        level: Share of intervals that are to hold the true gain, in (0, 1).

    Raises:
        ColumnError: If there are other runs than were asked, or rows were drawn from others than those that count.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> from metrics import Boxes, draw_rows, find_disputes, find_overlaps, match
        >>> truth = Boxes.from_sizes([0, 1], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> found = Boxes.from_sizes([0, 1], [0, 1], [[0, 0, 10, 10], [50, 50, 10, 10]], confidence=[0.9, 0.8])
        >>> runs = [match(find_overlaps(truth, found, rows=2, features=2))] * 2
        >>> drawn = draw_rows(runs[0].overlaps.keep, count=10)
        >>> for each in gains_without_disputes(runs, find_disputes(runs), drawn):
        ...     print(each.name, each.with_disputes.candidate, each.without.candidate)
        precision 0.5 1.0
        recall 0.5 1.0
        F1 0.5 1.0
    """
    _check_runs(runs, disputes, pair)
    whole = [_ratios(runs[i], None, i) for i in pair]
    chosen = disputes.lines.only(np.isin(disputes.lines.kind, kinds))
    part = [_ratios(runs[i], chosen, i) for i in pair]
    return tuple(
        DisputedGain(
            before.name,
            gain_of(before, after, resamples, level=level),
            gain_of(clean_before, clean_after, resamples, level=level),
        )
        for before, after, clean_before, clean_after in zip(*whole, *part, strict=True)
    )


def choice_gains_without_disputes(
    runs: Sequence[Choices],
    disputes: Disputes,
    resamples: Resamples,
    *,
    pair: tuple[int, int] = (0, 1),
    kinds: Sequence[Dispute] = (Dispute.OTHER_FEATURE,),
    level: float = 0.95,
) -> tuple[DisputedGain, ...]:
    """The numbers over all classes of `measure_choices` with and without the rows whose true class runs dispute.

    What `gains_without_disputes` says of objects holds here too. The same rows are drawn for both; without disputes,
    draws of rows that are disputed are lost. Numbers that one of the two runs does not have are left out.

    Args:
        runs: The runs that `find_choice_disputes` was asked about, in the same order.
        disputes: From `find_choice_disputes`, or some of its lines.
        resamples: From `draw_rows`, on rows that count and have a true class.
        pair: Places of baseline and candidate among the runs.
        kinds: Which disputes to leave out.
        level: Share of intervals that are to hold the true gain, in (0, 1).

    Raises:
        ColumnError: If there are other runs than were asked, or rows were drawn from others than those that count.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> from metrics import Choices, draw_rows, find_choice_disputes
        >>> said, sure, truth = [[0, 1, 0], [0, 1, 1]], [[1.0] * 3] * 2, [0, 0, 1]
        >>> runs = [Choices.from_codes(truth, each, classes=2) for each in said]
        >>> drawn = draw_rows(runs[0].keep, count=10)
        >>> accuracy, _ = choice_gains_without_disputes(runs, find_choice_disputes(truth, said, sure), drawn)
        >>> accuracy.with_disputes.candidate.__round__(3), accuracy.without.candidate, accuracy.without.baseline
        (0.667, 1.0, 0.5)
    """
    _check_runs(runs, disputes, pair)
    undisputed = np.ones(len(resamples.keep), dtype=bool)
    undisputed[disputes.lines.row[np.isin(disputes.lines.kind, kinds)]] = False
    places = np.where(undisputed, np.arange(len(undisputed)), NONE)
    drawn = resamples.at(places, of=len(places))
    whole = gains_of(*_alike([measure_choices(runs[i], resamples) for i in pair]), level=level)
    part = gains_of(*_alike([measure_choices(runs[i].on_rows(undisputed), drawn) for i in pair]), level=level)
    return tuple(DisputedGain(each.name, each.gain, clean.gain) for each, clean in zip(whole, part, strict=True))


def pixel_gains_without_disputes(
    whole: tuple[PixelCounts, PixelCounts],
    undisputed: tuple[PixelCounts, PixelCounts],
    resamples: Resamples,
    *,
    without: Sequence[int] = (),
    level: float = 0.95,
) -> tuple[DisputedGain, ...]:
    """Pixel accuracy, mean IoU and mean Dice with and without the pixels that runs dispute.

    What `gains_without_disputes` says of objects holds here too. The same rows are drawn for both, also those of which
    some or all pixels are left out.

    Args:
        whole: `count_pixels` of baseline and candidate, of all pixels.
        undisputed: The same with the disputed pixels ignored in the truth, such as `whole` with some rows counted anew
            (`PixelCounts.with_rows`).
        resamples: From `draw_rows`, on rows that count.
        without: Codes of classes that are in no mean, such as the background.
        level: Share of intervals that are to hold the true gain, in (0, 1).

    Raises:
        ColumnError: If rows were drawn from others than those that count.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> from metrics import count_pixels, draw_rows
        >>> truth, said = np.array([0, 0, 1, 1]), [np.array([0, 1, 0, 0]), np.array([0, 0, 0, 0])]
        >>> left = np.where(truth == 1, 255, truth)  # both runs take all of class 1 for class 0
        >>> sides = [[count_pixels([(of, each)], classes=2, ignore=255) for each in said] for of in (truth, left)]
        >>> drawn = draw_rows(sides[0][0].keep, count=10)
        >>> accuracy, *_ = pixel_gains_without_disputes(*sides, drawn)
        >>> accuracy.with_disputes.candidate, accuracy.without.baseline, accuracy.without.candidate
        (0.5, 0.5, 1.0)
    """
    both = [
        gains_of(*_alike([measure_pixels(each, resamples, without=without) for each in counts]), level=level)
        for counts in (whole, undisputed)
    ]
    return tuple(DisputedGain(each.name, each.gain, clean.gain) for each, clean in zip(*both, strict=True))


def _alike(numbers: Sequence[Sequence[Measured]]) -> list[list[Measured]]:
    """Those over all classes that every run has: without probabilities there is no log loss."""
    common = set.intersection(*({each.name for each in of_run if each.feature is None} for of_run in numbers))
    return [[each for each in of_run if each.feature is None and each.name in common] for of_run in numbers]


def _check_runs(runs: Sequence[object], disputes: Disputes, pair: tuple[int, int]) -> None:
    if disputes.runs != len(runs) or not all(0 <= each < len(runs) for each in pair):
        raise ColumnError(
            f"Disputes of {disputes.runs} runs were given with {len(runs)} runs, of which {pair[0]} and {pair[1]} are "
            "to be compared; give the same runs in the same order."
        )


def _ratios(matches: Matches, lines: DisputeLines | None, run: int) -> tuple[RowRatio, ...]:
    """Precision, recall and F1 as sums over rows, of what is not disputed."""
    truth, predictions = matches.overlaps.tables
    rows = len(matches.overlaps.keep)
    known, said = np.ones(len(truth), dtype=bool), np.ones(len(predictions), dtype=bool)
    if lines is not None:
        known[lines.truth[lines.truth >= 0]] = False
        said[lines.prediction[:, run][lines.prediction[:, run] >= 0]] = False
        claimed = matches.truth_of >= 0
        said[claimed] &= known[matches.truth_of[claimed]]
    tp = np.bincount(predictions.row[matches.tp & said], minlength=rows)
    fp = np.bincount(predictions.row[matches.fp & said], minlength=rows)
    missed = np.bincount(truth.row[matches.missed & known], minlength=rows)
    return tuple(each.on_rows(matches.overlaps.keep) for each in found_ratios(tp, fp, missed))
