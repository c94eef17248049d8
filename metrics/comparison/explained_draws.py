"""The parts of a gain in accuracy, mean IoU or F1 on rows that are drawn again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from metrics.comparison.answers import Answers
from metrics.comparison.explained_answers import ExplainedAnswers
from metrics.comparison.explained_parts import DrawnParts, added_up, check_parts, count_differing_units, each_once, fold
from metrics.comparison.explained_spans import ExplainedF1
from metrics.comparison.moved import find_prices
from metrics.comparison.vanishing import widen_for_vanishing
from metrics.pixels.counts import check_left_out
from metrics.resamples import Resamples
from metrics.standing import Standing, count_telling, moves_of_ratio, standing_of_features
from metrics.undefined import divide, means_of_defined


class _Things(NamedTuple):
    """What counts on a row: its row, the column it counts in, and how much."""

    row: np.ndarray
    column: np.ndarray
    amount: np.ndarray

    def sums(self, weights: np.ndarray, columns: int) -> np.ndarray:
        """float64[n, columns] on n resamples."""
        from metrics.kernels.explaining import weigh_things

        sums = np.zeros((len(weights), columns))
        things = self.row.astype(np.int32), self.column.astype(np.int64), self.amount.astype(np.float64)
        weigh_things(weights, things, sums)
        return sums


def _join(things: Sequence[_Things]) -> _Things:
    return _Things(*(np.concatenate(columns) for columns in zip(*things, strict=True)))


def draw_accuracy_parts(
    explained: ExplainedAnswers, resamples: Resamples, *, part: np.ndarray, parts: int
) -> DrawnParts:
    """What parts of a gain in accuracy are on every resample.

    Args:
        explained: From `explain_accuracy`.
        resamples: From `draw_rows`, on the rows of its answers.
        part: int[M]: the part that each entry of its answers belongs to.
        parts: Number of parts.

    Raises:
        ColumnError: If not every entry has one of the parts.

    Example:
        >>> from metrics import Answers, Choices, draw_rows, explain_accuracy
        >>> runs = [Choices.from_codes([0, 1, 1, 1], chosen, classes=2) for chosen in ([1, 1, 1, 0], [0, 1, 1, 1])]
        >>> explained = explain_accuracy(Answers.of_choices(*runs))
        >>> drawn = draw_accuracy_parts(explained, draw_rows(runs[0].keep, count=2), part=np.arange(4), parts=4)
        >>> drawn.parts.tolist(), drawn.gain.tolist()
        ([[0.0, 0.0, 0.0, 0.25], [0.0, 0.0, 0.0, 0.5]], [0.25, 0.5])
    """
    answers = explained.answers
    check_parts(part, parts, things=len(answers))
    better = (answers.after == answers.truth).astype(np.int64) - (answers.before == answers.truth)
    moved = np.flatnonzero(better)
    row, amount = answers.row[moved], (answers.count * better)[moved]
    truth, of_part = answers.truth[moved], part[moved]
    everything = np.full(len(answers), parts + answers.classes)
    things = _join(
        [
            _Things(row, of_part, amount),
            _Things(row, truth + parts, amount),
            _Things(answers.row, everything, answers.count),
        ]
    )
    sums = resamples.add_up(lambda weights: things.sums(weights, parts + answers.classes + 1))
    adds = divide(sums[:, :-1], np.broadcast_to(sums[:, -1:], sums[:, :-1].shape))
    by_part, shares = np.split(adds, [parts], axis=1)
    unit = resamples.unit_of[row]
    telling = count_differing_units(unit, truth, amount[:, None], features=answers.classes)
    return DrawnParts(shares.sum(axis=1), by_part, shares, *each_once(unit, of_part), telling, resamples.units)


def draw_f1_parts(
    explained: ExplainedF1, resamples: Resamples, *, truths: np.ndarray, alarms: np.ndarray, parts: int
) -> DrawnParts:
    """What parts of a gain in F1 are on every resample.

    Args:
        explained: From `explain_f1`.
        resamples: From `draw_rows`, on the rows of its ledger.
        truths: int[L]: the part that each truth of the ledger belongs to.
        alarms: int[L]: the part that each false alarm of the ledger belongs to.
        parts: Number of parts.

    Raises:
        ColumnError: If not every line of the ledger has one of the parts.
    """
    transitions = explained.transitions
    lines = transitions.ledger.truths, transitions.ledger.alarms
    for numbers, told in ((truths, lines[0]), (alarms, lines[1])):
        check_parts(numbers, parts, things=len(told.row))
    size = parts + transitions.ledger.features  # for finds, and then for false alarms
    found = _changes(lines[0].row, lines[0].feature, truths, transitions.truth_states == 0)
    false = _changes(lines[1].row, lines[1].feature, alarms, transitions.alarm_states > 0)
    totals = _Things(lines[0].row, np.full(len(truths), 2 * size), np.ones(len(truths)))
    things = _join(
        [
            *found.things(parts, first=0, totals=2 * size + 1),
            *false.things(parts, first=size, totals=2 * size + 3),
            totals,
        ]
    )
    sums = resamples.add_up(lambda weights: things.sums(weights, 2 * size + 5))
    right, wrong = sums[:, -4:-2].T, sums[:, -2:].T
    part, whole = 2 * right, sums[:, 2 * size] + right + wrong
    f1, prices = divide(part, whole), find_prices(part, whole)
    gain = f1[1] - f1[0]
    adds = sums[:, :size] * (2 * prices.part + prices.whole)[:, None] + sums[:, size : 2 * size] * prices.whole[:, None]
    by_part, shares = np.split(np.where(np.isnan(gain)[:, None], np.nan, adds), [parts], axis=1)
    row, of_part, feature = (np.concatenate(both) for both in zip(found[:3], false[:3], strict=True))
    unit, is_find = resamples.unit_of[row], np.arange(len(row)) < len(found.row)
    change = np.concatenate([found.change, false.change])
    both = np.stack([np.where(is_find, change, 0), np.where(is_find, 0, change)], axis=1)
    telling = count_differing_units(unit, feature, both, features=transitions.ledger.features)
    return DrawnParts(gain, by_part, shares, *each_once(unit, of_part), telling, resamples.units)


class _Changes(NamedTuple):
    """Objects that one run has and the other has not, and the rows of all that each has."""

    row: np.ndarray
    part: np.ndarray
    feature: np.ndarray
    change: np.ndarray
    rows: tuple[np.ndarray, np.ndarray]

    def things(self, parts: int, *, first: int, totals: int) -> list[_Things]:
        """By part from column `first` on, then by feature; and all of both runs in the columns from `totals` on."""
        both = [
            _Things(rows, np.full(len(rows), totals + side), np.ones(len(rows))) for side, rows in enumerate(self.rows)
        ]
        columns = (self.part + first, self.feature + first + parts)
        return [*(_Things(self.row, column, self.change) for column in columns), *both]


def _changes(row: np.ndarray, feature: np.ndarray, part: np.ndarray, there: np.ndarray) -> _Changes:
    change = there[:, 1].astype(np.int64) - there[:, 0]
    at = np.flatnonzero(change)
    return _Changes(row[at], part[at], feature[at], change[at], (row[there[:, 0]], row[there[:, 1]]))


class _Moved(NamedTuple):
    """Pixels that the runs took for different classes, told apart by part, by what they are and what they were said."""

    part: np.ndarray
    truth: np.ndarray
    before: np.ndarray
    after: np.ndarray


def draw_iou_parts(
    explained: ExplainedAnswers,
    resamples: Resamples,
    *,
    part: np.ndarray,
    parts: int,
    without: Sequence[int] = (),
) -> DrawnParts:
    """What parts of a gain in mean IoU are on every resample.

    Every resample has prices of its own: what a pixel adds while the baseline's pixels on these rows turn into the
    candidate's.

    Args:
        explained: From `explain_mean_iou`.
        resamples: From `draw_rows`, on the rows of its answers.
        part: int[M]: the part that each entry of its answers belongs to.
        parts: Number of parts.
        without: Codes of classes that are in no mean, as they were explained.

    Raises:
        ColumnError: If not every entry has one of the parts, or `without` names a class that does not exist.
    """
    answers = explained.answers
    check_parts(part, parts, things=len(answers))
    among = ~np.isin(np.arange(answers.classes), check_left_out(without, answers.classes))
    at = np.flatnonzero(answers.before != answers.after)
    columns = np.stack([each[at] for each in (part, answers.truth, answers.before, answers.after)])
    kinds, place = np.unique(columns, axis=1, return_inverse=True)
    moved, sides = _Moved(*kinds), 4 * answers.classes
    changed = _Things(answers.row[at], place.reshape(-1) + sides, answers.count[at])
    things = _join([*_confusions(answers), changed])

    def work(weights: np.ndarray) -> np.ndarray:
        sums, counts = np.split(things.sums(weights, sides + len(moved.part)), [sides], axis=1)
        right, either = sums.reshape(len(weights), 2, 2, -1).transpose(1, 2, 0, 3)
        iou = np.where(among, divide(right, either), np.nan)
        adds = counts * _worth(moved, right, either, ~np.isnan(iou)) + _entering(moved, iou, counts)
        means = means_of_defined(iou)
        shares = np.nan_to_num(iou) / np.maximum((~np.isnan(iou)).sum(axis=-1), 1)[:, :, None]
        told = [
            (means[1] - means[0])[:, None],
            iou[1] - iou[0],
            shares[1] - shares[0],
            fold(adds, moved.part, groups=parts),
        ]
        return np.concatenate(told, axis=1)

    n = answers.classes
    gain, over, shares, by_part = np.split(resamples.add_up(work), [1, 1 + n, 1 + 2 * n], axis=1)
    undefined = np.where(np.isnan(gain), np.nan, 0.0)
    return DrawnParts(
        gain[:, 0],
        by_part + undefined,
        shares + undefined,
        *each_once(resamples.unit_of[answers.row[at]], part[at]),
        _count_telling_pixels(answers, resamples, among),
        resamples.units,
        widen_for_vanishing(over[:, among]),
        added_up(resamples.unit_of[answers.row[at]], part[at], explained.gains[at]),
    )


def _count_telling_pixels(answers: Answers, resamples: Resamples, among: np.ndarray) -> np.ndarray:
    """int64[classes + 1]: how many rows tell of each class, and of the mean over bool[classes]; as `measure_pixels`."""
    sides = [_standing(answers, said, resamples.unit_of, among) for said in (answers.before, answers.after)]
    return np.array([count_telling(*both) for both in zip(*sides, strict=True)])


def _standing(answers: Answers, said: np.ndarray, unit_of: np.ndarray, among: np.ndarray) -> list[Standing]:
    """What rows add to the IoU of each class, and, last, to the mean of one run: right, wrong and missed pixels."""
    right = said == answers.truth
    entries = (right, answers.truth), (~right & (said >= 0), said), (~right, answers.truth)
    row, count = (np.concatenate([each[here] for here, _ in entries]) for each in (answers.row, answers.count))
    code = np.concatenate([codes[here] for here, codes in entries])
    adds = np.repeat(np.eye(3), [np.count_nonzero(here) for here, _ in entries], axis=0) * count[:, None]
    counting, moves = among[code] & (unit_of[row] >= 0), np.zeros(len(row))
    part, whole = adds[counting, 0], adds[counting].sum(axis=1)
    moves[counting] = moves_of_ratio(part, whole, group=code[counting], groups=answers.classes)
    return standing_of_features(row, code, adds, unit_of, features=answers.classes, moves=moves)


def _confusions(answers: Answers) -> list[_Things]:
    """Right pixels of each class, in the baseline and in the candidate, and then pixels of either truth or run."""
    things, n = [], answers.classes
    for side, said in enumerate((answers.before, answers.after)):
        right = np.flatnonzero(said == answers.truth)
        wrong = np.flatnonzero((said != answers.truth) & (said >= 0))
        things += [
            _Things(answers.row[right], answers.truth[right] + side * n, answers.count[right]),
            _Things(answers.row, answers.truth + (2 + side) * n, answers.count),
            _Things(answers.row[wrong], said[wrong] + (2 + side) * n, answers.count[wrong]),
        ]
    return things


def _worth(moved: _Moved, right: np.ndarray, either: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """float64[n, kinds]: what one pixel adds; float64[2, n, classes] what its price is made of."""
    shape = right.shape[1:]
    prices = find_prices(right.reshape(2, -1), either.reshape(2, -1))
    either_run = counted.any(axis=0)
    in_mean = either_run / np.maximum(either_run.sum(axis=1, keepdims=True), 1)
    rightly = prices.part.reshape(shape) * in_mean
    wrongly = np.append(prices.whole.reshape(shape) * in_mean, np.zeros((shape[0], 1)), axis=1)  # nothing is free

    def worth(said: np.ndarray) -> np.ndarray:
        return np.where(said == moved.truth, rightly[:, moved.truth], wrongly[:, said])

    return worth(moved.after) - worth(moved.before)


def _entering(moved: _Moved, iou: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """float64[n, kinds]: what it takes from the mean that a class of no true pixel is named by one run alone."""
    counted = ~np.isnan(iou)
    added, classes = np.zeros(counts.shape), np.maximum(counted.any(axis=0).sum(axis=1), 1)
    for side, said, sign in ((1, moved.after, 1), (0, moved.before, -1)):
        alone = counted[side] & ~counted[1 - side]
        if not alone.any():
            continue
        other = iou[1 - side]
        jump = np.nan_to_num(np.nansum(other, axis=1) / classes - means_of_defined(other))
        jump = jump / np.maximum(alone.sum(axis=1), 1)
        named = counts * np.append(alone, np.zeros((len(alone), 1), dtype=bool), axis=1)[:, said]
        pixels = fold(named, said, groups=alone.shape[1] + 1)  # that of nothing stays empty
        added += sign * jump[:, None] * named / np.maximum(pixels, 1)[:, said]
    return added
