"""Whether a candidate keeps what was promised of it, on the evidence of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.comparing.gains import Gains, measure_gains
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_keeping import object_ledger
from trainer.comparing.sharing import shared_subject
from trainer.gates.findings import Outcome, Verdict
from trainer.gates.judging import LedgerLines, judge_count, judge_number
from trainer.gates.promises import EVERY, OBJECT_COUNTS, CountPromise, GateRules, NumberPromise, Promise
from trainer.gates.rules import read_rules
from trainer.measures.measuring import refuse_idle_thresholds
from trainer.projects import Report
from trainer.records.errors import NotFoundError, RecordError
from trainer.runs.model_runs import ModelRun

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class GateResult:
    """What became of every promise, and what it was measured on. Made by `check_gate`.

    Attributes:
        rules: What was to be checked.
        gains: Every gain of the candidate.
        ledger: Every object on the rows that were measured.
        outcomes: What became of each promise, in the order of the file.
    """

    rules: GateRules
    gains: Gains
    ledger: ObjectLedger
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether every promise is kept, or undecided where it allows that."""
        return all(outcome.passes for outcome in self.outcomes)

    def to_pandas(self) -> pd.DataFrame:
        """One line for each finding of each promise."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "promise": outcome.promise.name,
                    "feature": finding.feature,
                    "measured": finding.measured,
                    "low": finding.low,
                    "high": finding.high,
                    "limit": finding.limit,
                    "support": finding.support,
                    "verdict": finding.verdict.value,
                    "reason": finding.reason,
                }
                for outcome in self.outcomes
                for finding in outcome.findings
            ]
        )

    def objects_behind(self, outcome: Outcome) -> np.ndarray:
        """int64[K]: lines of the ledger's table that speak against a promise; none for one that is kept.

        For a count that is too high these are the objects counted; for a number, what the candidate newly misses and
        its new false alarms, of the features concerned.
        """
        guilty = [finding for finding in outcome.findings if finding.verdict is not Verdict.KEPT]
        promise, lines = outcome.promise, LedgerLines(self.ledger)
        if isinstance(promise, CountPromise):
            if promise.count not in OBJECT_COUNTS or not promise.bound.upper:
                return np.zeros(0, dtype=np.int64)
            wanted = lines.counted(promise)
        else:
            wanted = lines.changed("newly_missed") | lines.changed("new")
        here = np.zeros(len(wanted), dtype=bool)
        for finding in guilty:
            here |= wanted if finding.feature is None else wanted & lines.of(finding.feature)
        return np.flatnonzero(here)


def check_gate(
    baseline: ModelRun,
    candidate: ModelRun,
    rules: GateRules | Path | str,
    *,
    measure: str | None = None,
    report: Report | None = None,
) -> GateResult:
    """Check whether a candidate keeps its promises.

    A promise about a number is kept where the whole interval lies within its bound, broken where the whole interval
    lies beyond it, and undecided where the bound lies inside, or where fewer rows hold it than can show anything
    (`least_units`). Promises about every feature go by intervals that hold for all judged features at once. Promises
    about counts speak of exactly these rows, and are undecided where there was nothing to count on. The gate passes
    where every promise is kept; one that is undecided passes only if it says so itself.

    Args:
        baseline: The run to beat.
        candidate: The run in question.
        rules: From `read_rules`, or the path of the file.
        measure: What is measured; when left out, what the rules say, else what the runs were measured by.
        report: Told of the progress.

    Raises:
        RecordError: If the file is not understood, the split has no shared row, a threshold means nothing for what is
            measured, or a promise is about what is not measured, or asks for a loss that is high.
        NotFoundError: If a promise is about a feature that the runs do not share.
        SnapshotMismatchError: If the runs share no row or no feature.
    """
    rules = rules if isinstance(rules, GateRules) else read_rules(rules)
    subject = shared_subject((baseline, candidate), measure or rules.measure)
    refuse_idle_thresholds(subject, rules.given, areas=True)
    gains = measure_gains(
        baseline,
        candidate,
        measure=measure or rules.measure,
        thresholds=rules.thresholds,
        split=rules.split,
        sampling=rules.sampling,
        sizes=rules.sizes and subject.has_objects,  # else the line that asks is named below
        report=report,
    )
    _refuse_unknown_features(rules.promises, gains.features)
    _refuse_unmeasured(rules.promises, gains)
    ledger = object_ledger(gains.pair(), thresholds=rules.thresholds, split="all")
    lines = LedgerLines(ledger)
    outcomes = tuple(
        judge_number(promise, gains, rules)
        if isinstance(promise, NumberPromise)
        else judge_count(promise, gains, lines)
        for promise in rules.promises
    )
    return GateResult(rules, gains, ledger, outcomes)


def _refuse_unknown_features(promises: Sequence[Promise], known: Sequence[str]) -> None:
    for promise in promises:
        if promise.feature not in (None, EVERY, *known):
            raise NotFoundError(
                f"Line {promise.line} promises something of feature {promise.feature!r}, which the runs do not share. "
                f"They share: {', '.join(known)}."
            )


def _refuse_unmeasured(promises: Sequence[Promise], gains: Gains) -> None:
    """A promise that nothing is measured for would be neither kept nor broken."""
    subject = gains.shared.subject
    for promise in promises:
        if isinstance(promise, NumberPromise):
            there = [each.name for each in gains.measured[0] if (each.feature is None) == (promise.feature is None)]
            if promise.number not in there:
                lacking = _lacking(promise.number, gains)
                raise RecordError(
                    f"Line {promise.line} promises something of {promise.number!r}, which {subject} of these runs do "
                    f"not have. There are: {', '.join(dict.fromkeys(there))}.{lacking}"
                )
            lower = next(each.lower_is_better for each in gains.measured[0] if each.name == promise.number)
            if lower and not promise.bound.upper:
                raise RecordError(
                    f"Line {promise.line} promises that {promise.number!r} is at least so high, but lower is better: "
                    "say gain_at_most or value_at_most."
                )
        elif not subject.by_iou and promise.sized:
            raise RecordError(f"Line {promise.line} is about objects of some size, but {subject} have none.")


def _lacking(number: str, gains: Gains) -> str:
    """Whether a number was logged with one of two runs alone, in a sentence."""
    runs = (gains.baseline, gains.candidates[0])
    having = [run.name for run in runs if number in run.own_numbers]
    return f" It was logged with {having[0]!r} alone; log it with both." if len(having) == 1 else ""
