"""Where a gain in F1 comes from: what became of each span, or of each option of a checklist."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.certainty import least_units
from trainer.comparing.explained_cells import STATES, ExplainedNumber, Part
from trainer.comparing.explained_certainty import DrawnGain, PartKinds, find_certainty
from trainer.comparing.explained_lines import Missing, kinds_of_alarms, kinds_of_truths, terms_of, with_states
from trainer.comparing.explained_mix_ups import join_rare, mix_ups_of
from trainer.comparing.explained_question import Question
from trainer.comparing.explanation import Explanation
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_table import FALSE_ALARM, SIDES, TRUTH
from trainer.measures.spans import SpanEvaluation

TICK_STATES: Final = {TRUTH: ("found", "unseen"), FALSE_ALARM: ("absent", "background")}
"""What may be said of options of a checklist: each has a place of its own, and none is ever taken for another."""


def explain_spans(asked: Question) -> Explanation:
    """Tell where a gain in F1 over all features, from a confidence on, comes from."""
    ledger, keeper = asked.ledger(), asked.keeper
    runs = [
        side.matches.on_rows(asked.keep).above(asked.thresholds.min_confidence)
        for side in keeper.sides
        if isinstance(side, SpanEvaluation)
    ]
    failures = [metrics.find_span_failures(run) for run in runs]
    transitions = metrics.follow_spans(ledger.ledger, *failures)
    explained = metrics.explain_f1(transitions)
    per_feature = np.array([metrics.count_spans(run).per_feature.f1 for run in runs])
    missing = [
        Missing(transitions.truth_states[:, side], failed.prediction_of, failed.matches.predictions.feature)
        for side, failed in enumerate(failures)
    ]
    states = TICK_STATES if keeper.pair.subject.several else STATES
    lines = (
        _placed(kinds_of_truths(ledger, missing), TRUTH, states[TRUTH]),
        _placed(
            kinds_of_alarms(ledger.ledger.alarms.feature, transitions.alarm_states), FALSE_ALARM, states[FALSE_ALARM]
        ),
    )
    certainty = None
    if asked.sampling.resamples:
        resampled = _draw(explained, lines, asked.drawn, least=least_units(asked.sampling.level))
        certainty = find_certainty(resampled, asked.sampling)
    found = (lines[0].after == 0).astype(np.int64) - (lines[0].before == 0)
    return Explanation(
        pair=keeper.pair,
        features=ledger.features,
        split=asked.split,
        rows=ledger.rows,
        thresholds=asked.thresholds,
        number=ExplainedNumber(
            "F1", "F1", explained.baseline, explained.candidate, per_feature, explained.shares, explained.rule
        ),
        parts={
            TRUTH: _part(TRUTH, states[TRUTH], transitions.truths, explained.truths),
            FALSE_ALARM: _part(FALSE_ALARM, states[FALSE_ALARM], transitions.alarms, explained.alarms),
        },
        mix_ups=mix_ups_of(
            lines[0],
            np.ones(len(found)),
            found * explained.per_find,
            features=ledger.features,
            states=states,
            certainty=certainty,
        ),
        terms=terms_of(ledger, explained.rule, transitions.rule),
        tell_objects=lambda: with_states(ledger, transitions, columns=_places(ledger, failures)),
        certainty=certainty,
    )


def _placed(kinds: PartKinds, kind: str, states: tuple[str, ...]) -> PartKinds:
    """The same with states by their places among those that there are."""
    place = np.array([states.index(state) if state in states else -1 for state in STATES[kind]])
    return kinds._replace(before=place[kinds.before], after=place[kinds.after])


def _draw(
    explained: metrics.ExplainedF1, lines: tuple[PartKinds, PartKinds], drawn: metrics.Resamples, *, least: int
) -> DrawnGain:
    """The gain, and what truths and false alarms add, on every resample."""
    ledger, things = explained.transitions.ledger, lines[0].joined(lines[1])
    kinds, part = join_rare(things, drawn.unit_of[ledger.column("row")], least=least)
    truths, alarms = np.split(part, [len(lines[0].alarm)])
    parts = metrics.draw_f1_parts(explained, drawn, truths=truths, alarms=alarms, parts=len(kinds.alarm))
    changes = (things.after == 0).astype(np.int64) - (things.before == 0)
    # A truth begins to be found as a false alarm ends to be absent: both at the first of their states.
    adds = changes * np.where(things.alarm, -explained.per_alarm, explained.per_find)
    gains = np.bincount(part, adds, minlength=len(kinds.alarm))
    return DrawnGain(kinds, gains, parts, explained.gain, explained.shares)


def _places(ledger: ObjectLedger, failures: list[metrics.SpanFailures]) -> dict[str, pa.Array]:
    """Where each run put a span: start and end of what found it, accounts for its miss or is the false alarm, or null.

    Of ticks there are none.
    """
    if ledger.pair.subject.several:
        return {}
    columns, truths, alarms = {}, ledger.ledger.truths, ledger.ledger.alarms
    for i, (side, failed) in enumerate(zip(SIDES, failures, strict=True)):
        finder, instead = failed.matches.prediction_of[truths.truth], failed.prediction_of[truths.truth]
        position = np.concatenate([np.where(finder >= 0, finder, instead), alarms.prediction[:, i]])
        for name in ("start", "end"):
            values = np.append(getattr(failed.matches.predictions, name), -1)[position]
            columns[f"{side}_{name}"] = pa.array(values, pa.int32(), mask=position < 0)
    return columns


def _part(kind: str, states: tuple[str, ...], counts: np.ndarray, gains: np.ndarray) -> Part:
    """Only the states that there are."""
    at = [STATES[kind].index(state) for state in states]
    return Part(states, counts[:, at][:, :, at], gains.sum(axis=0)[at][:, at])
