"""What a gain is made of, of classes, checklists, spans, masks and pixels: the same laws as of boxes."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

from trainer import (
    Answer,
    Box,
    Feature,
    Kind,
    Mask,
    Ontology,
    Outline,
    Sampling,
    Span,
    Statement,
    attribute_gain,
    measure_gains,
)
from trainer.comparing.comparison import compare, pair_runs
from trainer.comparing.data_changes import PARTS
from trainer.measures.measuring import evaluate
from trainer.records.measure import subject_of
from trainer.runs.row_log import RowLog

ROWS: Final = 32
LETTERS: Final = "abcd"
KINDS: Final = ("classes", "ticks", "spans", "masks", "pixels")
CASES: Final[dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "model": ({}, {}),
    "truth": ({}, {"edited": 10}),
    "split": ({}, {"moved": 1}),
    "rows": ({"rows": range(26)}, {"rows": range(4, 32)}),
    "features": ({"letters": "abc"}, {"letters": "bcd"}),
    "all": (
        {"rows": range(26), "letters": "abc"},
        {"edited": 10, "moved": 1, "letters": "bcd", "rows": range(4, 32)},
    ),
}
SAMPLED: Final = Sampling(resamples=12)
QUICK: Final = Sampling(resamples=0)
IDS: Final = itertools.count()


def _true(kind: str, row: int, *, edited: bool) -> list[Statement]:
    """What people say of a row, of all letters there are."""
    chance = np.random.default_rng([row, 1])
    letters = [LETTERS[(row + edited) % 4]] if kind == "classes" else list(chance.permutation(list(LETTERS))[:3])
    if edited and kind != "classes":
        letters = letters[1:]
    return [_statement(kind, letter, 0) for letter in letters]


def _said(kind: str, row: int, *, skill: float, letters: str) -> list[Statement]:
    """What a model says of a row, which depends on the row and the skill alone, of the letters it knows."""
    chance = np.random.default_rng([row, 2, int(100 * skill)])
    right = {_letter(each) for each in _true(kind, row, edited=False)}
    hits, sure = chance.random(4) < skill, chance.random(4)
    shifts = chance.integers(0, 3, 4) * (chance.random(4) > skill)
    known = [place for place, letter in enumerate(LETTERS) if letter in letters]
    if kind in ("classes", "ticks"):
        scores = {LETTERS[i]: 0.1 + 0.4 * sure[i] + 0.5 * ((LETTERS[i] in right) == bool(hits[i])) for i in known}
        whole = sum(scores.values()) if kind == "classes" else 1.0
        return [Answer("q", scores={name: score / whole for name, score in scores.items()})]
    there = [i for i in known if (LETTERS[i] in right) == bool(hits[i])]
    return [_statement(kind, LETTERS[i], int(shifts[i]), confidence=float(sure[i])) for i in there]


def _statement(kind: str, letter: str, shift: int, *, confidence: float | None = None) -> Statement:
    place = LETTERS.index(letter)
    if kind in ("classes", "ticks"):
        return Answer("q", letter)
    if kind == "spans":
        return Span(letter, 10 * place + shift % 2, 10 * place + 5, confidence)
    pixels = np.zeros((12, 20), dtype=bool)
    pixels[2 + shift : 8 + shift, 4 * place : 4 * place + 6] = True
    return Mask(letter, pixels, confidence)


def _ontology(kind: str, letters: str) -> Ontology:
    if kind in ("classes", "ticks"):
        options = tuple(Feature(letter, Kind.OPTION) for letter in letters)
        return Ontology((Feature("q", Kind.RADIO if kind == "classes" else Kind.CHECKLIST, options),))
    return Ontology(tuple(Feature(letter, Kind.SPAN if kind == "spans" else Kind.MASK) for letter in letters))


def _letter(statement: Statement) -> str:
    return str(statement.option) if isinstance(statement, Answer) else statement.feature


def _run(
    kind: str,
    *,
    skill: float,
    edited: int = 0,
    moved: int = 0,
    letters: str = LETTERS,
    rows: range = range(ROWS),
    unknown: frozenset[int] = frozenset(),
) -> Any:
    """A run on rows of which the first so many have another truth, some stand in other splits, and some have none."""
    log = RowLog(None, _ontology(kind, letters))
    for row in rows:
        true = [] if row in unknown else _true(kind, row, edited=row < edited)
        _add(
            log,
            row,
            kind,
            truth=[each for each in true if _letter(each) in letters],
            predictions=_said(kind, row, skill=skill, letters=letters),
            split="training" if (row + (moved if row % 5 == 0 else 0)) % 2 else "validation",
        )
    return _as_run(log, kind)


def _add(log: RowLog, row: int, kind: str, **said: Any) -> None:
    place = {"text": "0123456789" * 4, "size": None} if kind == "spans" else {"text": None, "size": (20, 12)}
    given = {"truth": (), "predictions": (), "split": None, **said, **place}
    log.add(f"{row:02}", image=None, metadata={}, embedding=None, **given)


def _as_run(log: RowLog, kind: str) -> Any:
    """What `attribute_gain` reads of a run, without a store."""
    snapshot = log.make_snapshot()
    predictions = log.predictions(snapshot)
    measure = {"ticks": "classes"}.get(kind, kind)

    def evaluation(subject: Any, *, features: tuple[str, ...] | None = None) -> Any:
        return evaluate(snapshot, predictions, subject, features=features)

    subject = subject_of(measure, snapshot.ontology)
    return SimpleNamespace(
        id=str(next(IDS)),
        name="run",
        own_numbers={},
        snapshot=snapshot,
        predictions=predictions,
        subject=subject,
        evaluation=evaluation,
    )


@pytest.fixture(scope="module")
def runs() -> dict[tuple[str, str], tuple[Any, Any, Any]]:
    """Of each kind and case: a run on the first data, the same model on the second, and a better one on the second."""
    return {
        (kind, case): (
            _run(kind, skill=0.6, **before),
            _run(kind, skill=0.6, **after),
            _run(kind, skill=0.9, **after),
        )
        for kind, (case, (before, after)) in itertools.product(KINDS, CASES.items())
    }


every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
@pytest.mark.parametrize("case", CASES)
def test_the_parts_add_up_to_the_gain_and_on_every_resample(runs, kind: str, case: str) -> None:
    baseline, same, better = runs[kind, case]
    for candidate in (same, better):
        told = attribute_gain(pair_runs(baseline, candidate), sampling=SAMPLED)
        for gain in told.gains:
            parts = np.sum([gain.resampled[name] for name in PARTS], axis=0)

            assert parts.shape == (12,)
            if gain.lower_is_better and case in ("features", "all"):
                assert math.isnan(gain.model)  # losses of the shared options alone: see the test below
            else:
                assert sum(gain.parts.values()) == pytest.approx(gain.gain, abs=1e-12)
                drawn = ~np.isnan(parts)  # a resample may leave a number on the way undefined
                np.testing.assert_allclose(parts[drawn], gain.resampled["gain"][drawn], rtol=0, atol=1e-12)
                assert drawn.sum() > 6


@every_kind
@pytest.mark.parametrize("case", ["truth", "split", "rows", "features"])
def test_where_one_thing_changed_it_has_the_whole_gain(runs, kind: str, case: str) -> None:
    baseline, same, _ = runs[kind, case]
    told = attribute_gain(pair_runs(baseline, same), sampling=QUICK)
    for gain in told.gains:
        if not gain.reason:
            others = [part for name, part in gain.parts.items() if name != case]

            assert gain.parts[case] == pytest.approx(gain.gain, abs=1e-12)
            assert others == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert max(abs(gain.parts[case]) for gain in told.gains) > 1e-3


@every_kind
def test_on_the_same_data_everything_is_the_models(runs, kind: str) -> None:
    baseline, _, better = runs[kind, "model"]
    told = attribute_gain(pair_runs(baseline, better), sampling=QUICK)
    for gain in told.gains:
        assert gain.model == gain.gain
        assert (gain.gain < 0) is gain.lower_is_better
        assert [gain.parts[name] for name in PARTS[1:]] == [0, 0, 0, 0]
        assert gain.model_on == (gain.model, gain.model)
        assert gain.model_without_leaks == gain.model


@every_kind
@pytest.mark.parametrize("case", CASES)
def test_swapping_the_runs_turns_every_part_around(runs, kind: str, case: str) -> None:
    baseline, _, better = runs[kind, case]
    there, back = (
        attribute_gain(pair_runs(*pair), sampling=QUICK) for pair in ((baseline, better), (better, baseline))
    )
    for one, other in zip(there.gains, back.gains, strict=True):
        assert [other.parts[name] for name in PARTS] == pytest.approx(
            [-one.parts[name] for name in PARTS], abs=1e-12, nan_ok=True
        )


@every_kind
def test_the_ends_are_what_compare_says_of_each_run_on_its_own_data(runs, kind: str) -> None:
    baseline, _, better = runs[kind, "all"]
    told = attribute_gain(pair_runs(baseline, better), sampling=QUICK)
    for run, side in ((baseline, "baseline"), (better, "candidate")):
        own = {gain.name: gain.candidate for gain in compare(pair_runs(run, run)).headline()}
        for number in NAMES[kind]:
            assert getattr(told[number], side) == pytest.approx(own[number], abs=1e-12)


NAMES: Final = {
    "classes": ("accuracy", "F1 macro", "log loss"),
    "ticks": ("subset accuracy", "precision", "recall", "F1"),
    "spans": ("precision", "recall", "F1"),
    "masks": ("mAP", "AP50", "recall", "F1"),
    "pixels": ("mean IoU", "mean Dice", "pixel accuracy"),
}


@every_kind
def test_edits_are_counted_on_the_rows_where_they_are(runs, kind: str) -> None:
    baseline, same, _ = runs[kind, "truth"]
    changes = attribute_gain(pair_runs(baseline, same), sampling=QUICK).changes

    assert changes.edited_rows == 5  # of the first ten rows every second one is measured
    assert changes.rows == changes.split_moves == (0, 0)


@every_kind
def test_what_differs_is_counted(runs, kind: str) -> None:
    baseline, _, better = runs[kind, "all"]
    changes = attribute_gain(pair_runs(baseline, better), sampling=QUICK).changes
    inside = "q/" if kind in ("classes", "ticks") else ""

    assert changes.features == ((f"{inside}a",), (f"{inside}d",))
    # 0 and 2 went; 26, 28 and 30 came, but 30 is no validation row any more. Of one choice among classes rows do not
    # count whose true class the run does not know: d of the baseline's, a of the candidate's.
    assert changes.rows == ((2, 1) if kind == "classes" else (2, 2))


def test_the_shared_options_alone_have_no_probabilities_and_that_is_said(runs) -> None:
    baseline, _, better = runs["classes", "features"]
    told = attribute_gain(pair_runs(baseline, better), sampling=QUICK)

    assert not math.isnan(told["log loss"].gain)
    assert math.isnan(told["log loss"].model)
    assert told["log loss"].reason.endswith("probabilities of the shared options alone do not add up to 1")
    assert not told["accuracy"].reason


def test_a_true_class_that_is_no_longer_known_is_an_edit_of_the_truth() -> None:
    before = _run("classes", skill=0.6)
    after = _run("classes", skill=0.6, unknown=frozenset({0, 2, 3}))
    told = attribute_gain(pair_runs(before, after), sampling=SAMPLED)

    assert told.changes.edited_rows == 2  # 3 is a training row
    assert told.changes.rows == told.changes.split_moves == (0, 0)
    assert told["accuracy"].truth == pytest.approx(told["accuracy"].gain, abs=1e-12)
    assert told["accuracy"].gain != 0
    assert told.units["gain"] == 16


def _shapes(*truth: Statement, measure: str) -> Any:
    log = RowLog(None, Ontology((Feature("a", Kind.MASK), Feature("b", Kind.MASK))))
    _add(log, 0, "masks", truth=truth, predictions=[truth[0]._replace(confidence=0.9)])
    return _as_run(log, measure)


def _square(feature: str, left: int) -> Mask:
    pixels = np.zeros((12, 20), dtype=bool)
    pixels[2:8, left : left + 6] = True
    return Mask(feature, pixels)


def test_masks_in_another_order_or_drawn_as_outlines_are_no_edit() -> None:
    one, other = _square("a", 2), _square("b", 12)
    drawn = Outline("a", [[2, 2, 8, 2, 8, 8, 2, 8]])
    plain = _shapes(one, other, measure="masks")
    for again in (_shapes(other, one, measure="masks"), _shapes(drawn, other, measure="masks")):
        assert attribute_gain(pair_runs(plain, again), sampling=QUICK).changes.edited_rows == 0
    moved = _shapes(_square("a", 3), other, measure="masks")

    assert attribute_gain(pair_runs(plain, moved), sampling=QUICK).changes.edited_rows == 1


def test_of_pixels_the_order_is_an_edit_only_where_masks_lie_over_each_other() -> None:
    for left, edits in ((12, 0), (4, 1)):
        one, other = _square("a", 2), _square("b", left)
        pair = pair_runs(_shapes(one, other, measure="pixels"), _shapes(other, one, measure="pixels"))

        assert attribute_gain(pair, sampling=QUICK).changes.edited_rows == edits


def test_a_question_is_no_feature_that_went_where_boxes_are_measured() -> None:
    ontology = Ontology((Feature("car", Kind.BOX), Feature("sky", Kind.RADIO, (Feature("grey", Kind.OPTION),))))
    log = RowLog(None, ontology)
    _add(log, 0, "boxes", truth=[Box("car", 0, 0, 5, 5)], predictions=[Box("car", 0, 0, 5, 5, 0.9)])
    run = _as_run(log, "boxes")
    changes = attribute_gain(pair_runs(run, run), sampling=QUICK).changes

    assert changes.features == ((), ())


def test_on_equal_data_the_models_interval_is_that_of_measure_gains() -> None:
    """Widened alike where features on few rows, or few rows that differ, vary too little in resamples."""
    baseline, better = (_run("masks", skill=skill, rows=range(8)) for skill in (0.5, 0.9))
    for run in (baseline, better):
        run.own_numbers = {}
    sampling = Sampling(resamples=400)
    attributed = attribute_gain(pair_runs(baseline, better), sampling=sampling)
    measured = measure_gains(baseline, [better], sampling=sampling).of()
    gains = {each.number: each.values for each in measured if each.feature is None}

    for name in ("mAP", "recall", "F1"):
        told, gain = attributed[name].certainty["model"], gains[name]
        assert (told.low, told.high, told.telling) == pytest.approx((gain.low, gain.high, gain.telling), abs=1e-12)
    assert attributed["mAP"].certainty["model"].widened == gains["mAP"].widened > 1
