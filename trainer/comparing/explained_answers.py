"""Where a gain in accuracy comes from, and one in mean IoU: what each row, or each pixel, was taken for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.certainty import Sampling, least_units
from trainer.comparing.comparison import Pair
from trainer.comparing.explained_cells import ExplainedNumber, MixUp, Part
from trainer.comparing.explained_certainty import Certainty, DrawnGain, PartKinds, find_certainty
from trainer.comparing.explained_lines import states_beside, terms_of
from trainer.comparing.explained_mix_ups import join_rare, mix_ups_of
from trainer.comparing.explained_question import Question
from trainer.comparing.explanation import Explanation
from trainer.comparing.ledger_table import FALSE_ALARM, SIDES, TRUTH, Named
from trainer.measures.choices import ChoiceEvaluation
from trainer.measures.painted import IGNORED, lay_masks
from trainer.measures.pixels import RULE as PIXELS_RULE

ANSWER_STATES: Final = {TRUTH: ("found", "class", "unseen"), FALSE_ALARM: ("absent", "background")}
"""What may be said of a row or a pixel: nothing is badly placed."""
CHOSEN_RULE: Final = "found where the true class was chosen, class where another was, unseen where none was"
PAINTED_RULE: Final = "found where the true feature was painted, class where another was, unseen where none was"
_FOUND, _CLASS, _UNSEEN = range(3)
_ABSENT, _BACKGROUND = range(2)


def explain_choices(asked: Question) -> Explanation:
    """Tell where a gain in the accuracy of a radio comes from."""
    ledger = asked.ledger()
    before, after = (
        side.on_rows(asked.keep).choices for side in asked.keeper.sides if isinstance(side, ChoiceEvaluation)
    )
    explained = metrics.explain_accuracy(metrics.Answers.of_choices(before, after))
    told = _Told(explained, ledger.features)
    certainty = None
    if asked.sampling.resamples:
        kinds, part = join_rare(
            told.kinds, asked.drawn.unit_of[explained.answers.row], least=least_units(asked.sampling.level)
        )
        parts = metrics.draw_accuracy_parts(explained, asked.drawn, part=part, parts=len(kinds.alarm))
        certainty = told.certainty(kinds, part, parts, asked.sampling)

    def objects() -> pa.Table:
        truths = ledger.table.slice(0, len(told.states))
        names = np.array(ANSWER_STATES[TRUTH], dtype=object)[told.states]
        return states_beside(truths, names, ledger.ledger.truths.confidence)

    return Explanation(
        pair=asked.keeper.pair,
        features=ledger.features,
        split=asked.split,
        rows=ledger.rows,
        thresholds=asked.thresholds,
        number=told.number("accuracy", "recall"),
        parts={TRUTH: told.part(TRUTH)},
        mix_ups=told.mix_ups(certainty),
        terms=terms_of(ledger, explained.rule, CHOSEN_RULE),
        tell_objects=objects,
        certainty=certainty,
    )


def explain_pixels(asked: Question) -> Explanation:
    """Tell where a gain in mean IoU of pixels comes from."""
    pair, rows = asked.keeper.pair, np.flatnonzero(asked.keep)
    features, nothing = pair.features, len(pair.features)
    answers = metrics.Answers.of_maps(_painted(asked.keeper.placed, rows), classes=nothing + 1, ignore=IGNORED)
    explained = metrics.explain_mean_iou(answers, without=[nothing])
    told = _Told(explained, features)
    certainty = None
    if asked.sampling.resamples:
        place = np.where(asked.keep, np.cumsum(asked.keep) - 1, -1)
        maps = asked.drawn.at(place, of=len(rows))
        kinds, part = join_rare(told.kinds, maps.unit_of[answers.row], least=least_units(asked.sampling.level))
        parts = metrics.draw_iou_parts(explained, maps, part=part, parts=len(kinds.alarm), without=[nothing])
        certainty = told.certainty(kinds, part, parts, asked.sampling)
    return Explanation(
        pair=pair,
        features=features,
        split=asked.split,
        rows=len(rows),
        thresholds=asked.thresholds,
        number=told.number("mean IoU", "IoU"),
        parts={TRUTH: told.part(TRUTH), FALSE_ALARM: told.part(FALSE_ALARM)},
        mix_ups=told.mix_ups(certainty),
        terms=_terms(pair, asked.split, len(rows), explained.rule),
        tell_objects=lambda: told.table(pair, rows),
        certainty=certainty,
    )


def _painted(placed: Named, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The features of the pixels of some of the candidate's rows: the truth, the baseline's and the candidate's."""
    sides = (placed.truth, *placed.predictions)
    layers = [lay_masks(each.annotations, placed.rows, only=rows) for each in sides]
    for row in rows.tolist():
        truth, before, after = (layer.features_on(row, nothing=len(placed.features)) for layer in layers)
        yield truth, before, after


def _terms(pair: Pair, split: str, rows: int, rule: str) -> dict[str, Any]:
    runs = zip(SIDES, (pair.baseline, pair.candidate), strict=True)
    return {
        **{side: {"id": run.id, "name": run.name, "snapshot": run.snapshot.digest} for side, run in runs},
        "measure": str(pair.subject),
        "truth": "candidate",
        "split": split,
        "rows": rows,
        "rows_left_out": dict(zip(SIDES, pair.left_out, strict=True)),
        "features_left_out": list(pair.left_out_features),
        "rule": PIXELS_RULE,
        "explained_by": rule,
        "failures_by": PAINTED_RULE,
    }


class _Told:
    """Answers in the words of an explanation. Codes from the number of features on stand for no feature."""

    def __init__(self, explained: metrics.ExplainedAnswers, features: tuple[str, ...]) -> None:
        answers, n = explained.answers, len(features)
        said = np.stack([answers.before, answers.after], axis=1)
        self.explained, self.features = explained, features
        self.said = np.where(said >= n, -1, said)
        self.truth = np.where(answers.truth >= n, -1, answers.truth)
        right = self.said == self.truth[:, None]
        of_truths = np.select([right, self.said >= 0], [_FOUND, _CLASS], _UNSEEN)
        self.alarm = self.truth < 0
        self.states = np.where(self.alarm[:, None], np.where(self.said < 0, _ABSENT, _BACKGROUND), of_truths)
        # A false alarm stands at the feature it names: the candidate's, or the baseline's where that has gone.
        named = np.where(self.said[:, 1] >= 0, self.said[:, 1], self.said[:, 0])
        self.feature = np.where(self.alarm, named, self.truth)

    def number(self, name: str, of_feature: str) -> ExplainedNumber:
        told, n = self.explained, len(self.features)
        values = told.per_class[:, :n], told.shares[:n]
        return ExplainedNumber(name, of_feature, told.baseline, told.candidate, *values, told.rule)

    def part(self, kind: str) -> Part:
        """Rows or pixels of one kind; pixels of no feature that both runs leave free are none."""
        states, n = ANSWER_STATES[kind], len(self.features)
        at = (self.alarm == (kind == FALSE_ALARM)) & (self.feature >= 0)
        cell = self.states[at, 0] * len(states) + self.states[at, 1]
        shape, size = (len(states), len(states)), len(states) ** 2
        counts = np.bincount(self.feature[at] * size + cell, self.explained.answers.count[at], minlength=n * size)
        gains = np.bincount(cell, self.explained.gains[at], minlength=size)
        return Part(states, counts.astype(np.int64).reshape(n, *shape), gains.reshape(shape))

    @property
    def kinds(self) -> PartKinds:
        """What each entry is about."""
        columns = (*self.states.T, *self.said.T)
        before, after, old, new = (column.astype(np.int64) for column in columns)
        return PartKinds(self.alarm, self.truth, before, after, old, new, np.ones(len(self.truth), dtype=bool))

    def certainty(self, kinds: PartKinds, part: np.ndarray, parts: metrics.DrawnParts, sampling: Sampling) -> Certainty:
        """How certain everything is, where each entry belongs to a part of these kinds."""
        gains = np.bincount(part, self.explained.gains, minlength=len(kinds.alarm))
        shares = self.explained.shares[: len(self.features)]
        return find_certainty(DrawnGain(kinds, gains, parts, self.explained.gain, shares), sampling)

    def mix_ups(self, certainty: Certainty | None) -> tuple[MixUp, ...]:
        explained = self.explained
        return mix_ups_of(
            self.kinds,
            explained.answers.count,
            explained.gains,
            features=self.features,
            states=ANSWER_STATES,
            certainty=certainty,
        )

    def table(self, pair: Pair, rows: np.ndarray) -> pa.Table:
        """One line for the pixels of each row that were taken for the same, truths before false alarms, most first."""
        at = np.flatnonzero(self.feature >= 0)
        at = at[np.lexsort((-self.explained.answers.count[at], self.alarm[at]))]
        names = np.array([*self.features, None], dtype=object)
        kinds = [FALSE_ALARM if alarm else TRUTH for alarm in self.alarm[at].tolist()]
        states = [
            [ANSWER_STATES[kind][code] for kind, code in zip(kinds, column.tolist(), strict=True)]
            for column in self.states[at].T
        ]
        on = pair.candidate.snapshot.rows.table.take(pa.array(rows[self.explained.answers.row[at]]))
        columns = {
            "kind": pa.array(kinds, pa.string()),
            "before": pa.array(states[0], pa.string()),
            "after": pa.array(states[1], pa.string()),
            "key": on["key"],
            "split": on["split"].cast(pa.string()),
            "feature": pa.array(names[self.feature[at]].tolist(), pa.string()),
            "pixels": pa.array(self.explained.answers.count[at], pa.int64()),
        }
        for side, said in zip(SIDES, self.said[at].T, strict=True):
            columns[f"{side}_said"] = pa.array(names[said].tolist(), pa.string())
        return pa.table(columns)
