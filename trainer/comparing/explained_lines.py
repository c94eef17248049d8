"""What an explanation tells of a ledger's objects: their states, what they were taken for, and what it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.explained_cells import STATES
from trainer.comparing.explained_certainty import PartKinds
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH

_FOUND, _CLASS, _, _UNSEEN = range(len(metrics.TRUTH_STATES))


class Missing(NamedTuple):
    """What a run made of truths.

    Attributes:
        states: int8[truths of the ledger] place in `metrics.TRUTH_STATES`.
        prediction_of: int32[T] position of the prediction that accounts for each missed truth of the table, or -1.
        feature: int32[P] feature of each prediction.
    """

    states: np.ndarray
    prediction_of: np.ndarray
    feature: np.ndarray


def kinds_of_truths(ledger: ObjectLedger, runs: Sequence[Missing]) -> PartKinds:
    """What each truth of a ledger is, and what baseline and candidate made of it."""
    truths = ledger.ledger.truths
    before, after = (run.states.astype(np.int64) for run in runs)
    old, new = (_said(truths.truth, truths.feature, run).astype(np.int64) for run in runs)
    none = np.zeros(len(truths.row), dtype=bool)
    return PartKinds(none, truths.feature.astype(np.int64), before, after, old, new, ~none)


def kinds_of_alarms(feature: np.ndarray, states: np.ndarray) -> PartKinds:
    """What each false alarm is: int[N] its feature, and int[N, 2] its states; what it lies on is told of no one."""
    nothing, n = np.full(len(feature), -1), len(feature)
    before, after = states.T.astype(np.int64)
    ones = np.ones(n, dtype=bool)
    return PartKinds(ones, feature.astype(np.int64), before, after, nothing, nothing, ~ones)


def _said(truth: np.ndarray, feature: np.ndarray, run: Missing) -> np.ndarray:
    """int[truths of the ledger]: the feature that each was taken for, its own where only the place was wrong, or -1."""
    named = np.append(run.feature, -1)[run.prediction_of[truth]]
    return np.select([run.states == _CLASS, run.states == _UNSEEN], [named, -1], default=feature)


def with_states(
    ledger: ObjectLedger, transitions: metrics.Transitions, *, columns: Mapping[str, pa.Array] | None = None
) -> pa.Table:
    """The ledger's table with ``before``, ``after`` and more columns; truths before false alarms, the surest first."""
    names = [
        np.array(STATES[kind], dtype=object)[codes]
        for kind, codes in ((TRUTH, transitions.truth_states), (FALSE_ALARM, transitions.alarm_states))
    ]
    table = ledger.table
    for name, column in (columns or {}).items():
        table = table.append_column(name, column)
    return states_beside(table, np.concatenate(names), ledger.ledger.column("confidence"))


def states_beside(table: pa.Table, states: np.ndarray, confidence: np.ndarray) -> pa.Table:
    """A table of objects with ``before`` and ``after``, truths before false alarms, the surest first.

    Args:
        table: Lines of a ledger.
        states: object[lines, 2]: names of the states of each.
        confidence: float64[lines, 2]: how sure baseline and candidate were; NaN where they said nothing.
    """
    alarm = np.asarray(table["kind"].to_pylist(), dtype=object) == FALSE_ALARM
    order = np.lexsort([-np.nan_to_num(np.fmax(*confidence.T), nan=-1.0), alarm])
    chosen = table.take(pa.array(order))
    for name, values in (("after", states[:, 1]), ("before", states[:, 0])):
        chosen = chosen.add_column(2, name, pa.array(values[order].tolist(), pa.string()))
    return chosen


def terms_of(ledger: ObjectLedger, rule: str, failures: str) -> dict[str, Any]:
    """What an explanation was made of, as plain values: the terms of the ledger, and the rules of parts and states."""
    return {**ledger.terms, "explained_by": rule, "failures_by": failures}
