"""Average precision over several seeds: intervals for other seeds and other rows hold the true gain."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from scipy import stats

from metrics import (
    Boxes,
    ColumnError,
    Measured,
    SeedGain,
    draw_rows,
    find_overlaps,
    gain_of_resampled_seeds,
    gain_of_seeds,
    measure_objects,
    measure_ratio,
    ratio,
    row_mean,
    run_values,
)

EXPERIMENTS: Final = 400
ROWS: Final = 60
RESAMPLES: Final = 60
SPREAD: Final = 0.25
GAINED: Final = 0.5
SEEDS: Final = (3, 3)
NUMBERS: Final = (("mAP", None), ("AP50", None), ("AP75", None), ("AP", 0), ("AP", 1))


def _truth(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, feature and place of objects of two features, one to five on a row."""
    objects = 1 + rng.poisson(1.5, rows)
    row = np.repeat(np.arange(rows), objects)
    place = np.arange(len(row)) - np.repeat(np.cumsum(objects) - objects, objects)
    return row, rng.integers(0, 2, len(row)), place


def _found(rng: np.random.Generator, truth: tuple[np.ndarray, ...], hardness: np.ndarray, skill: float) -> Boxes:
    """Objects are found the more often the less hard their row is, a little beside; and others where nothing is."""
    row, feature, place = truth
    found = rng.random(len(row)) < 1 / (1 + np.exp(hardness[row] - skill))
    alarms = np.repeat(np.arange(len(hardness)), rng.poisson(1, len(hardness)))
    left = np.concatenate([50.0 * place[found] + rng.normal(0, 2, found.sum()), 1000 + 400 * rng.random(len(alarms))])
    return _boxes(
        np.concatenate([row[found], alarms]),
        np.concatenate([feature[found], rng.integers(0, 2, len(alarms))]),
        left,
        np.concatenate([rng.beta(4, 2, found.sum()), rng.beta(2, 3, len(alarms))]),
    )


def _boxes(row: np.ndarray, feature: np.ndarray, left: np.ndarray, confidence: np.ndarray | None = None) -> Boxes:
    box = np.column_stack([left, np.zeros(len(left)), np.full((len(left), 2), 20.0)])
    return Boxes.from_sizes(row, feature, box, confidence=confidence)


def _experiment(rng: np.random.Generator, skills: np.ndarray, *, rows: int, resamples: int) -> list[list[Measured]]:
    """Runs of some skills, measured on the same rows and resamples."""
    truth, hardness = _truth(rng, rows), rng.normal(0, 1, rows)
    table = _boxes(truth[0], truth[1], 50.0 * truth[2])
    drawn = draw_rows(np.ones(rows, dtype=bool), count=resamples)
    runs = [find_overlaps(table, _found(rng, truth, hardness, skill), rows=rows, features=2) for skill in skills]
    return [measure_objects(run, drawn) for run in runs]


def _gains(runs: list[list[Measured]]) -> dict[tuple[str, int | None], SeedGain]:
    places = {(each.name, each.feature): place for place, each in enumerate(runs[0])}
    numbers = {number: [run[places[number]] for run in runs] for number in NUMBERS}
    return {number: gain_of_resampled_seeds(of[: SEEDS[0]], of[SEEDS[0] :]) for number, of in numbers.items()}


@pytest.fixture(scope="module")
def known() -> tuple[dict[tuple[str, int | None], float], float]:
    """The true gain of half a point of skill in each number, and the variance of mAP by a quarter point's chance."""
    rng = np.random.default_rng(0)
    skills = 0.5 + SPREAD * stats.norm.ppf((np.arange(40) + 0.5) / 40)
    before, after = (_experiment(rng, skills + more, rows=1500, resamples=1) for more in (0.0, GAINED))
    values = [{(each.name, each.feature): each.value for each in run} for run in (*before, *after)]
    means = {number: [run[number] for run in values] for number in NUMBERS}
    gains = {number: float(np.mean(of[40:]) - np.mean(of[:40])) for number, of in means.items()}
    return gains, float(np.var(means["mAP", None][:40], ddof=1))


@pytest.mark.parametrize(("spread", "gained"), [(0.0, 0.0), (SPREAD, GAINED)])
def test_intervals_of_precision_hold_the_true_gain_as_often_as_promised(
    known: tuple[dict[tuple[str, int | None], float], float], spread: float, gained: float
) -> None:
    """Seeds of a model differ in skill by chance. With none of it, intervals are too wide rather than too narrow."""
    rng = np.random.default_rng(int(100 * spread))
    true = known[0] if gained else dict.fromkeys(NUMBERS, 0.0)
    held = dict.fromkeys(NUMBERS, 0)
    main, by_training = [], []
    for _ in range(EXPERIMENTS):
        skills = 0.5 + rng.normal(0, spread, sum(SEEDS)) + np.repeat([0, gained], SEEDS)
        runs = _experiment(rng, skills, rows=ROWS, resamples=RESAMPLES)
        gains = _gains(runs)
        for number, gain in gains.items():
            held[number] += gain.low <= true[number] <= gain.high
        main.append(gains["mAP", None])
        side = main[-1].baseline
        by_training.append(np.var([run[0].value for run in runs[: SEEDS[0]]], ddof=1) - side.of_both / side.rows)
    by_seeds, by_rows = np.mean([each.from_seeds for each in main]), np.mean([each.from_rows for each in main])

    assert min(held.values()) >= 0.93 * EXPERIMENTS
    assert max(held.values()) <= 0.995 * EXPERIMENTS
    assert by_seeds + by_rows == pytest.approx(np.var([each.gain for each in main]), rel=0.2 if spread else 0.5)
    # Components that come out negative are 0, and so too large on average; before that they are right.
    assert np.mean(by_training) == pytest.approx(known[1] if spread else 0, abs=1.5e-4)


def test_a_ratio_of_sums_is_told_apart_alike_by_resamples_and_by_rows() -> None:
    rng = np.random.default_rng(0)
    whole = rng.integers(1, 5, 300).astype(float)
    chances = rng.beta(4, 2, 300)
    runs = [ratio("recall", rng.binomial(whole.astype(int), chances**power), whole) for power in (1, 1.2, 1.1, 0.9)]
    drawn = draw_rows(np.ones(300, dtype=bool), count=2000)
    by_rows = gain_of_seeds(run_values(runs[:2]), run_values(runs[2:]))
    measured = [measure_ratio(run, drawn)[0] for run in runs]
    resampled = gain_of_resampled_seeds(measured[:2], measured[2:])

    assert resampled.gain == pytest.approx(by_rows.gain)
    assert resampled.from_rows == pytest.approx(by_rows.from_rows, rel=0.1)
    assert resampled.baseline.of_both == pytest.approx(by_rows.baseline.of_both, rel=0.1)
    assert resampled.candidate.of_rows == pytest.approx(by_rows.candidate.of_rows, rel=0.1)
    assert resampled.needed(gain=0.05).seeds == pytest.approx(by_rows.needed(gain=0.05).seeds, abs=1)
    assert resampled.rule != by_rows.rule


def test_looking_from_the_other_side_turns_the_gain_around() -> None:
    runs = _experiment(np.random.default_rng(1), np.array([0.2, 0.5, 0.9, 1.0]), rows=30, resamples=50)
    ap = [run[0] for run in runs]
    there, back = gain_of_resampled_seeds(ap[:2], ap[2:]), gain_of_resampled_seeds(ap[2:], ap[:2])

    assert (there.low, there.high, there.p_value) == pytest.approx((-back.high, -back.low, back.p_value))
    assert (there.baseline, there.candidate) == (back.candidate, back.baseline)


def test_runs_that_were_not_measured_alike_are_refused() -> None:
    scores = [row_mean("score", [1, 2, 3]), row_mean("score", [2, 2, 4])]
    drawn = [draw_rows(scores[0].keep, count=9, seed=seed) for seed in (0, 1)]
    runs = [[measure_ratio(score, each)[0] for score in scores] for each in drawn]

    with pytest.raises(ColumnError, match="not the same one on the same resamples"):
        gain_of_resampled_seeds(runs[0], runs[1])
    with pytest.raises(ColumnError, match="At least two runs of each model"):
        gain_of_resampled_seeds(runs[0][:1], runs[0])
    with pytest.raises(ColumnError, match="1 row was drawn from"):
        gain_of_resampled_seeds(*[[replace(run, units=1) for run in runs[0]]] * 2)
