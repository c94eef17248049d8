"""Which changes of answers a gain in accuracy, or in mean IoU, comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.comparison.answers import Answers
from metrics.comparison.moved import MOVED_RULE, find_prices
from metrics.pixels.counts import check_left_out
from metrics.undefined import divide, mean_of_defined


@dataclass(frozen=True, eq=False)
class ExplainedAnswers:
    """A gain, by what became of each answer. Made by `explain_accuracy` and `explain_mean_iou`.

    Attributes:
        answers: What both runs said.
        gains: float64[M]: what each entry of the answers adds to the gain; 0 for an entry that did not change. They
            add up to the gain. NaN where it is undefined.
        baseline: The number of the run to beat.
        candidate: The same of the run in question.
        per_class: float64[2, classes]: the number of each class in the baseline and in the candidate, NaN where
            undefined.
        shares: float64[classes]: what each class's own number adds to the gain; they add up to it as well.
        rule: Name of the rule.
    """

    answers: Answers
    gains: np.ndarray
    baseline: float
    candidate: float
    per_class: np.ndarray
    shares: np.ndarray
    rule: str

    @property
    def gain(self) -> float:
        """Candidate minus baseline."""
        return self.candidate - self.baseline


def explain_accuracy(answers: Answers) -> ExplainedAnswers:
    """Tell what each change of answers adds to a gain in accuracy: every row that is right now, one part of all rows.

    The number of a class is its recall, the share of its rows that are right.

    Args:
        answers: From `Answers.of_choices`; of maps it is the pixel accuracy.

    Example:
        >>> from metrics import Choices
        >>> runs = [Choices.from_codes([0, 1, 1, 1], chosen, classes=2) for chosen in ([1, 1, 1, 0], [0, 1, 1, 1])]
        >>> explained = explain_accuracy(Answers.of_choices(*runs))
        >>> explained.gain, explained.gains.tolist(), explained.shares.tolist()
        (0.5, [0.25, 0.0, 0.0, 0.25], [0.25, 0.25])
    """
    both = [answers.confusion(side) for side in (0, 1)]
    right, truths = np.array([np.diagonal(each) for each in both]), both[1].sum(axis=1)
    n = answers.things
    better = (answers.after == answers.truth).astype(np.int64) - (answers.before == answers.truth)
    before, after = (float(divide(each.sum(), n)) for each in right)
    return ExplainedAnswers(
        answers,
        divide(answers.count * better, np.full(len(answers), n)),
        before,
        after,
        divide(right, np.tile(truths, (2, 1))),
        divide(right[1] - right[0], np.full(answers.classes, n)),
        "each row counts alike",
    )


def explain_mean_iou(answers: Answers, *, without: Sequence[int] = ()) -> ExplainedAnswers:
    """Tell what each change of answers adds to a gain in mean IoU.

    The mean is over the classes that occur, as `segmentation_summary` has it. A pixel that is right adds to the IoU of
    its class; one that is wrong takes from the IoU of the class it was taken for. Since a ratio does not change by
    equal parts, the baseline's pixels are turned into the candidate's bit by bit, all at once: what a pixel adds is
    the mean of what it adds on the way, and all of it adds up to the gain. A class that only one run names, of no true
    pixel, counts as 0 in that run's mean alone; what that takes from the mean is told of the pixels taken for it.

    Args:
        answers: From `Answers.of_maps`.
        without: Codes of classes that are in no mean, such as the background.

    Raises:
        ColumnError: If `without` names a class that does not exist.

    Example:
        >>> truth, before, after = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
        >>> explained = explain_mean_iou(Answers.of_maps([(truth, before, after)], classes=2))
        >>> round(explained.gain, 4), explained.gains.round(4).tolist(), explained.shares.round(4).tolist()
        (0.4167, [0.0, 0.4167, 0.0], [0.1667, 0.25])

    Source:
        Aumann and Shapley 1974, Values of Non-Atomic Games; see `find_prices`.
    """
    among = ~np.isin(np.arange(answers.classes), check_left_out(without, answers.classes))
    both = np.array([answers.confusion(side) for side in (0, 1)])
    right = np.diagonal(both, axis1=1, axis2=2)
    either = both.sum(axis=2) + both[:, :, :-1].sum(axis=1) - right
    iou = np.where(among, divide(right, either), np.nan)
    before, after = (mean_of_defined(each) for each in iou)
    counted = ~np.isnan(iou)
    shares = np.nan_to_num(iou) / np.maximum(counted.sum(axis=1), 1)[:, None]
    gains = _price(answers, right, either, counted) + _enter_mean(answers, iou, counted)
    undefined = bool(np.isnan([before, after]).any())
    return ExplainedAnswers(
        answers,
        np.full(len(answers), np.nan) if undefined else gains,
        before,
        after,
        iou,
        np.full(answers.classes, np.nan) if undefined else shares[1] - shares[0],
        MOVED_RULE,
    )


def _price(answers: Answers, right: np.ndarray, either: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """float64[M]: what entries add to the mean over the classes that occur in either run."""
    prices = find_prices(right, either)
    either_run = counted.any(axis=0)
    in_mean = either_run.astype(np.float64) / max(int(np.count_nonzero(either_run)), 1)
    # What is right adds to the part alone: it is in the whole already, as a truth.
    rightly, wrongly = prices.part * in_mean, np.append(prices.whole * in_mean, 0.0)  # nothing said costs nothing

    def worth(said: np.ndarray) -> np.ndarray:
        return np.where(said == answers.truth, rightly[answers.truth], wrongly[said])

    return answers.count * (worth(answers.after) - worth(answers.before))


def _enter_mean(answers: Answers, iou: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """float64[M]: what it takes from the mean that a class of no true pixel is named by one run and so counts as 0."""
    added = np.zeros(len(answers))
    classes = np.count_nonzero(counted.any(axis=0))
    for side, said, other in ((1, answers.after, answers.before), (0, answers.before, answers.after)):
        alone = counted[side] & ~counted[1 - side]
        if alone.any():
            without = mean_of_defined(iou[1 - side])
            jump = (np.nansum(iou[1 - side]) / classes - without) / np.count_nonzero(alone)
            named = np.append(alone, False)[said] & (said != other)
            pixels = np.bincount(said[named], weights=answers.count[named], minlength=answers.classes)
            part = jump * answers.count[named] / pixels[said[named]]
            added[named] += part if side else -part
    return added
