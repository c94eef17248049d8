"""Holding what was measured against each promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

import metrics
from trainer.comparing.certainty import CertainGain, least_units
from trainer.comparing.gains import Gains
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_table import CHANGES
from trainer.gates.findings import Finding, Outcome, Verdict, within
from trainer.gates.promises import EVERY, OBJECT_COUNTS, CountPromise, GateRules, NumberPromise, Promise


@dataclass(frozen=True, eq=False)
class LedgerLines:
    """A ledger's lines as columns to count on.

    Attributes:
        ledger: The ledger.
    """

    ledger: ObjectLedger

    @cached_property
    def _change(self) -> np.ndarray:
        return self.ledger.ledger.column("change")

    @cached_property
    def _feature(self) -> np.ndarray:
        return self.ledger.ledger.column("feature")

    @cached_property
    def _is_truth(self) -> np.ndarray:
        return np.arange(len(self._change)) < len(self.ledger.ledger.truths.row)

    @cached_property
    def _side(self) -> np.ndarray:
        """float64[lines]: the side of a square with the object's area, in pixels."""
        return np.sqrt(self.ledger.table["area"].to_numpy())

    def changed(self, change: str) -> np.ndarray:
        """bool[lines]: went through that change."""
        return np.asarray(self._change == CHANGES.index(change))

    def of(self, feature: str) -> np.ndarray:
        """bool[lines]: of that feature."""
        return np.asarray(self._feature == self.ledger.features.index(feature))

    def counted(self, promise: CountPromise) -> np.ndarray:
        """bool[lines]: what a promise counts, of any feature."""
        change = OBJECT_COUNTS.get(promise.count)
        return (self._is_truth if change is None else self.changed(change)) & self._sized(promise)

    def whole(self, promise: CountPromise) -> np.ndarray:
        """bool[lines]: what a share would be taken of: truths, or the baseline's false alarms."""
        if promise.count.endswith("alarms"):
            return (self.changed("persistent") | self.changed("fixed")) & self._sized(promise)
        return self._is_truth & self._sized(promise)

    def _sized(self, promise: CountPromise) -> np.ndarray:
        if not promise.sized:
            return np.ones(len(self._change), dtype=bool)
        return (self._side > promise.larger_than) & (self._side < promise.smaller_than)


def judge_number(promise: NumberPromise, gains: Gains, rules: GateRules) -> Outcome:
    """Hold the interval of a number, or of every feature's, against the bound."""
    measured = gains if promise.gain else replace(gains, measured=(_nothing(gains.measured[1]), gains.measured[1]))
    foreign = promise.gain and not rules.allow_other_truth and not gains.same_truth
    found = _found(promise, measured)
    if promise.feature != EVERY:
        # One feature that was named before anybody looked is not one of many: its own interval holds.
        found = [replace(gain, together=None) for gain in found]
        return Outcome(promise, tuple(_find(gain, promise, foreign) for gain in found))
    few = tuple(str(gain.feature) for gain in found if _too_few(gain, promise))
    if few:
        # What is not judged must not widen the intervals of what is.
        found = _found(promise, _without(few, promise.number, measured))
    return Outcome(promise, (*(_find(gain, promise, foreign) for gain in found), *_lost(promise, gains)), few)


def _found(promise: NumberPromise, measured: Gains) -> list[CertainGain]:
    of_number = [gain for gain in measured.of(level=promise.level) if gain.number == promise.number]
    if promise.feature == EVERY:
        return [gain for gain in of_number if gain.feature is not None]
    return [gain for gain in of_number if gain.feature == promise.feature]


def _too_few(gain: CertainGain, promise: NumberPromise) -> bool:
    nothing = not gain.units and not gain.support
    return nothing or gain.support < promise.least_truths or gain.units < promise.least_rows


def _without(features: tuple[str, ...], number: str, gains: Gains) -> Gains:
    """The same but for one number of some features."""
    gone = {(number, gains.features.index(path)) for path in features}
    kept = (tuple(each for each in run if (each.name, each.feature) not in gone) for run in gains.measured)
    return replace(gains, measured=tuple(kept))


def _lost(promise: Promise, gains: Gains) -> tuple[Finding, ...]:
    """Features that the baseline has truth of and the candidate does not know: nobody can say what became of them."""
    snapshot = gains.baseline.snapshot
    paths = gains.shared.subject.features_of(snapshot.ontology)
    held = {snapshot.ontology.paths[code] for code in np.unique(snapshot.truth.feature).tolist()}
    nan, reason = float("nan"), "the candidate does not know a feature that the baseline has truth of"
    return tuple(
        Finding(path, nan, nan, nan, promise.bound.limit, 0, Verdict.UNDECIDED, reason)
        for path in paths
        if path in held and path not in gains.features
    )


def _find(gain: CertainGain, promise: NumberPromise, foreign: bool) -> Finding:
    (low, high), bound = gain.interval, promise.bound
    reason = _reason(gain, promise, foreign)
    verdict = Verdict.UNDECIDED if reason else within(low, high, bound)
    if verdict is Verdict.UNDECIDED and not reason:
        reason = f"{bound.limit:g} lies inside the interval"
    return Finding(gain.feature, gain.gain, low, high, bound.limit, int(gain.support), verdict, reason)


def _reason(gain: CertainGain, promise: NumberPromise, foreign: bool) -> str:
    """Why a number cannot be judged, whatever its interval; empty where it can."""
    if foreign:
        return "the runs were measured against different truth (different_truth: allow)"
    if gain.support < promise.least_truths:
        return f"there are fewer than {promise.least_truths:,} truths of it"
    if gain.units < promise.least_rows:
        return f"fewer than {promise.least_rows:,} of the rows drawn hold it"
    if gain.too_few:
        return f"fewer than {least_units(promise.level)} of the rows drawn hold it, too few to show anything"
    if np.isnan(gain.gain):
        return "the number is not defined"
    return "too few of the rows drawn tell of it to show anything" if np.isnan(gain.interval).any() else ""


def _nothing(measured: Sequence[metrics.Measured]) -> tuple[metrics.Measured, ...]:
    """The same numbers, all 0: what is gained over them is the numbers themselves, of which every row tells."""
    return tuple(
        replace(
            number,
            value=0.0,
            resampled=np.zeros(len(number.resampled)),
            over=None if number.over is None else np.zeros_like(number.over),
            standing=None,
        )
        for number in measured
    )


def judge_count(promise: CountPromise, gains: Gains, lines: LedgerLines) -> Outcome:
    """Hold a count, or every feature's, against the bound."""
    if promise.count == "rows":
        return Outcome(promise, (_count(promise, None, gains.rows, gains.rows),))
    counted, whole = lines.counted(promise), lines.whole(promise)
    if promise.feature != EVERY:
        here = np.ones(len(counted), dtype=bool) if promise.feature is None else lines.of(promise.feature)
        return Outcome(promise, (_count(promise, promise.feature, (counted & here).sum(), (whole & here).sum()),))
    findings = [
        _count(promise, path, (counted & lines.of(path)).sum(), (whole & lines.of(path)).sum())
        for path in gains.features
    ]
    needs_truths = promise.count.startswith("newly")
    judged = tuple(finding for finding in findings if finding.support or not needs_truths)
    lost = _lost(promise, gains) if needs_truths or promise.count == "truths" else ()
    return Outcome(promise, (*judged, *lost), tuple(str(each.feature) for each in findings if each not in judged))


def _count(promise: CountPromise, feature: str | None, count: int, whole: int) -> Finding:
    """The finding of a count; new false alarms can come where there were none, truths are needed to miss one."""
    number, bound = int(count), promise.bound
    limit = bound.limit * int(whole) if bound.relative else bound.limit
    nothing = not whole and promise.count.startswith("newly")
    verdict = Verdict.UNDECIDED if nothing else within(number, number, replace(bound, limit=limit))
    reason = "there is no such truth on these rows" if nothing else ""
    return Finding(feature, number, number, number, limit, int(whole), verdict, reason)
