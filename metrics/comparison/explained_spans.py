"""Which changes of spans a gain in F1 comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.comparison.ledger import Ledger
from metrics.comparison.moved import MOVED_RULE, find_prices
from metrics.comparison.transitions import Transitions, count_transitions
from metrics.errors import ColumnError
from metrics.texts.span_failures import SpanFailures
from metrics.undefined import divide


@dataclass(frozen=True, eq=False)
class ExplainedF1:
    """The gain in F1 over all features, by what became of spans. Made by `explain_f1`.

    Every truth that is found now adds the same, and so does every false alarm that has gone.

    Attributes:
        baseline: F1 of the run to beat.
        candidate: The same of the run in question.
        per_find: What one more found truth adds; NaN where the gain is undefined.
        per_alarm: What one more false alarm adds, which is never above 0; NaN likewise.
        transitions: The spans behind it.
        rule: Name of the rule.
    """

    baseline: float
    candidate: float
    per_find: float
    per_alarm: float
    transitions: Transitions
    rule: str = MOVED_RULE

    @property
    def gain(self) -> float:
        """Candidate minus baseline."""
        return self.candidate - self.baseline

    @property
    def truths(self) -> np.ndarray:
        """float64[features, 4, 4] in the order of `TRUTH_STATES`: what truths that went from one to another add."""
        found = np.zeros(self.transitions.truths.shape[1:])
        found[1:, 0], found[0, 1:] = self.per_find, -self.per_find
        return self.transitions.truths * found

    @property
    def alarms(self) -> np.ndarray:
        """float64[features, 6, 6] in the order of `ALARM_STATES`: what false alarms add, alike."""
        there = np.zeros(self.transitions.alarms.shape[1:])
        there[0, 1:], there[1:, 0] = self.per_alarm, -self.per_alarm
        return self.transitions.alarms * there

    @property
    def shares(self) -> np.ndarray:
        """float64[features]: what the spans of each feature add; with all of them it adds up to the gain."""
        return np.asarray(self.truths.sum(axis=(1, 2)) + self.alarms.sum(axis=(1, 2)))


def follow_spans(ledger: Ledger, baseline: SpanFailures, candidate: SpanFailures) -> Transitions:
    """Tell from which state to which every span went, in the words of `follow_failures`.

    Args:
        ledger: From `keep_span_ledger`.
        baseline: Failures of the run to beat, from the ledger's confidence on.
        candidate: Failures of the run in question, alike.

    Raises:
        ColumnError: If the failures are from another confidence on than the ledger.

    Example:
        >>> from metrics import Spans, find_span_failures, keep_span_ledger, match_spans
        >>> truth = Spans.from_offsets([0], [0], [0], [5])
        >>> runs = [match_spans(truth, Spans.from_offsets([0], [0], [0], [end]), rows=1, features=1) for end in (4, 5)]
        >>> transitions = follow_spans(keep_span_ledger(*runs), *map(find_span_failures, runs))
        >>> transitions.truth_states.tolist(), transitions.alarm_states.tolist()  # place to found, place to absent
        ([[2, 0]], [[2, 0]])
    """
    asked = tuple(run.matches.min_confidence for run in (baseline, candidate))
    if asked != ledger.min_confidence:
        raise ColumnError(
            f"The ledger is from confidence {ledger.min_confidence} on, the failures from {asked}. Both are to be of "
            "the same matches."
        )
    return count_transitions(ledger, (baseline, candidate), rule=candidate.rule)


def explain_f1(transitions: Transitions) -> ExplainedF1:
    """Tell what each change of spans, or of ticks, adds to a gain in F1 over all features.

    Since F1 is a ratio, the baseline is turned into the candidate bit by bit, all changes at once: what a truth found
    and a false alarm add is the mean of what they add on the way, the same for each, and all of it adds up to the gain.

    Args:
        transitions: From `follow_spans`.

    Example:
        >>> from metrics import Spans, find_span_failures, keep_span_ledger, match_spans
        >>> truth = Spans.from_offsets([0, 0], [0, 0], [0, 9], [5, 12])
        >>> runs = [match_spans(truth, truth.only(np.arange(n)), rows=1, features=1) for n in (1, 2)]
        >>> explained = explain_f1(follow_spans(keep_span_ledger(*runs), *map(find_span_failures, runs)))
        >>> round(explained.gain, 4), round(explained.per_find, 4), round(explained.per_alarm, 4)
        (0.3333, 0.3333, -0.242)

    Source:
        Aumann and Shapley 1974, Values of Non-Atomic Games; see `find_prices`.
    """
    truths, alarms = (counts.sum(axis=0) for counts in (transitions.truths, transitions.alarms))
    found = np.array([[truths[0].sum()], [truths[:, 0].sum()]])
    wrong = np.array([[alarms[1:].sum()], [alarms[:, 1:].sum()]])
    part, whole = 2 * found, truths.sum() + found + wrong
    f1 = divide(part, whole).ravel()
    prices = find_prices(part, whole)
    per_find, per_alarm = 2 * prices.part + prices.whole, prices.whole
    undefined = bool(np.isnan(f1).any())
    find, alarm = (float("nan") if undefined else float(price.item()) for price in (per_find, per_alarm))
    return ExplainedF1(float(f1[0]), float(f1[1]), find, alarm, transitions)
