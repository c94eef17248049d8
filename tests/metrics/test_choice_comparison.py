"""Classifiers are compared in the same words as detectors."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from metrics import (
    Change,
    Choices,
    ColumnError,
    choice_summary,
    draw_rows,
    gains_of,
    keep_choice_ledger,
    mcnemar,
    measure_choices,
    row_losses,
)

SEEDS = range(12)


def _run(seed: int, truth: np.ndarray, classes: int = 4) -> Choices:
    rng = np.random.default_rng(seed)
    scores = rng.integers(1, 4, (len(truth), classes)) + 2.0 * (np.arange(classes) == np.maximum(truth, 0)[:, None])
    scores = scores / scores.sum(axis=1, keepdims=True)
    scores[rng.random(len(truth)) < 0.1] = np.nan
    return Choices.from_scores(truth, scores)


def _pair(seed: int) -> tuple[Choices, Choices]:
    truth = np.random.default_rng(seed).integers(-1, 4, 60)
    return _run(2 * seed, truth), _run(2 * seed + 1, truth)


@pytest.mark.parametrize("seed", SEEDS)
def test_numbers_are_those_of_the_summary(seed: int) -> None:
    choices, _ = _pair(seed)
    summary = choice_summary(choices)
    drawn = draw_rows(choices.keep & (choices.truth >= 0), count=2)
    values = {(each.name, each.feature): each.value for each in measure_choices(choices, drawn)}

    assert values["accuracy", None] == pytest.approx(summary.accuracy)
    assert values["F1 macro", None] == pytest.approx(summary.averages.macro.f1)
    assert values["log loss", None] == pytest.approx(summary.log_loss)
    assert [values["recall", code] for code in range(4)] == pytest.approx(summary.per_class.recall, nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_resample_measures_as_the_rows_it_drew(seed: int) -> None:
    choices, _ = _pair(seed)
    drawn = draw_rows(choices.keep & (choices.truth >= 0), count=3, seed=seed)
    numbers = measure_choices(choices, drawn)

    for i, weights in enumerate(drawn.weights(0, 3)):
        rows = np.repeat(np.arange(len(choices)), weights)
        assert choices.scores is not None
        alone = choice_summary(Choices.from_scores(choices.truth[rows], choices.scores[rows]))
        values = {(each.name, each.feature): each.resampled[i] for each in numbers}
        assert values["accuracy", None] == pytest.approx(alone.accuracy)
        assert values["F1 macro", None] == pytest.approx(alone.averages.macro.f1)
        assert values["log loss", None] == pytest.approx(alone.log_loss)
        assert [values["F1", code] for code in range(4)] == pytest.approx(alone.per_class.f1, nan_ok=True)


def test_numbers_of_many_resamples_are_ratios_of_plain_counts() -> None:
    choices = _run(1, np.random.default_rng(0).integers(-1, 4, 500))
    drawn = draw_rows(choices.keep & (choices.truth >= 0), count=150)
    resampled = {(each.name, each.feature): each.resampled for each in measure_choices(choices, drawn)}
    weights, right = drawn.weights(0, 150), choices.truth == choices.predicted

    for code in range(4):
        tp, chosen, truths = (
            weights[:, rows].sum(axis=1)
            for rows in (right & (choices.truth == code), choices.predicted == code, choices.truth == code)
        )
        np.testing.assert_array_equal(resampled["precision", code], tp / chosen)
        np.testing.assert_array_equal(resampled["recall", code], tp / truths)
        np.testing.assert_array_equal(resampled["F1", code], 2 * tp / (chosen + truths))
    np.testing.assert_array_equal(resampled["accuracy", None], weights[:, right].sum(axis=1) / weights.sum(axis=1))
    brier = row_losses(choices).brier
    np.testing.assert_allclose(
        resampled["Brier", None],
        weights @ np.nan_to_num(brier) / weights[:, ~np.isnan(brier)].sum(axis=1),
        rtol=1e-12,
    )


def test_without_rows_that_count_every_resample_is_undefined() -> None:
    choices = Choices.from_codes([-1, -1], [0, 1], classes=2)

    for number in measure_choices(choices, draw_rows(np.zeros(2, dtype=bool), count=3)):
        assert np.isnan([number.value, *number.resampled]).all()


def test_rows_that_do_not_count_are_not_drawn() -> None:
    choices = Choices.from_codes([0, -1], [0, 1], classes=2)

    with pytest.raises(ColumnError, match="drawn from others than those that count for 'accuracy'"):
        measure_choices(choices, draw_rows(np.ones(2, dtype=bool), count=3))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ledger_reconciles_with_both_runs(seed: int) -> None:
    before, after = _pair(seed)
    counts = keep_choice_ledger(before, after).counts
    one, other = choice_summary(before).per_class, choice_summary(after).per_class

    np.testing.assert_array_equal(counts[:, Change.KEPT] + counts[:, Change.NEWLY_FOUND], other.tp)
    np.testing.assert_array_equal(counts[:, Change.KEPT] + counts[:, Change.NEWLY_MISSED], one.tp)
    np.testing.assert_array_equal(counts[:, Change.STILL_MISSED] + counts[:, Change.NEWLY_FOUND], one.missed)
    np.testing.assert_array_equal(counts[:, Change.PERSISTENT] + counts[:, Change.NEW], other.fp)
    np.testing.assert_array_equal(counts[:, Change.PERSISTENT] + counts[:, Change.FIXED], one.fp)


def test_a_lower_loss_is_better() -> None:
    truth = np.array([0, 1] * 20)
    unsure, sure = (
        Choices.from_scores(truth, np.where(np.eye(2)[truth] > 0, right, 1 - right)) for right in (0.6, 0.9)
    )
    drawn = draw_rows(unsure.keep, count=50)
    gains = {each.name: each.gain for each in gains_of(measure_choices(unsure, drawn), measure_choices(sure, drawn))}

    assert gains["log loss"].gain < 0
    assert gains["log loss"].p_better == 1
    assert gains["accuracy"].gain == 0


def test_other_rows_or_truths_have_no_ledger() -> None:
    one, other = (Choices.from_codes(truth, [0, 1], classes=2) for truth in ([0, 1], [1, 1]))

    with pytest.raises(ColumnError, match="same rows, classes and truths"):
        keep_choice_ledger(one, other)


def test_two_observers_of_cue_conflict_differ_for_certain(shared_data: Path) -> None:
    folder = shared_data / "model_vs_human"
    before, after = (_observer(folder, name) for name in ("subject-01", "subject-02"))
    drawn = draw_rows(before.keep, count=300)
    gain = gains_of(measure_choices(before, drawn), measure_choices(after, drawn))[0].gain
    total = keep_choice_ledger(before, after).total

    assert (round(gain.baseline, 3), round(gain.candidate, 3)) == (0.693, 0.763)
    assert 0 < gain.low < gain.gain < gain.high
    assert mcnemar([total["newly_found"]], [total["newly_missed"]])[0] < 1e-4


def _observer(folder: Path, name: str) -> Choices:
    [file] = [each for each in folder.rglob("*.csv") if "cue-conflict" in each.name and name in each.name]
    with file.open(encoding="utf-8", newline="") as lines:
        entries = {each["imagename"].split("_", 3)[-1]: each for each in csv.DictReader(lines)}
    names = sorted({each["category"] for each in entries.values()})
    codes = {each: code for code, each in enumerate(names)}
    ordered = [entries[key] for key in sorted(entries)]
    return Choices.from_codes(
        [codes[each["category"]] for each in ordered],
        [codes.get(each["object_response"], -1) for each in ordered],
        classes=len(names),
    )
