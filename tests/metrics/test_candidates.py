"""Of many candidates that are no better than the baseline, seldom any is called better; and a better one is found."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest

from metrics import (
    Boxes,
    ColumnError,
    Measured,
    draw_rows,
    find_overlaps,
    gains_of,
    gains_of_several,
    hold_together,
    measure_objects,
    measure_ratio,
    row_mean,
)

EXPERIMENTS: Final = 400
ROWS: Final = 100
CANDIDATES: Final = 5
NUMBERS: Final = ("mAP", "recall", "AP")
# 5 % are promised. Of 1,500 further families 4.9 %, 4.5 % and 5.0 % were called.
MOST_CALLED: Final = 0.06


def _runs(rng: np.random.Generator, skills: list[float]) -> list[list[Measured]]:
    """Runs of some skills on the same 100 rows with two objects each, of two features."""
    row, feature = np.repeat(np.arange(ROWS), 2), rng.integers(0, 2, 2 * ROWS)
    hardness = np.repeat(rng.normal(0, 1, ROWS), 2)
    drawn = draw_rows(np.ones(ROWS, dtype=bool), count=100, seed=int(rng.integers(1_000_000)))
    place = np.tile([0.0, 50.0], ROWS)
    truth = Boxes.from_sizes(row, feature, _squares(place))
    measured = []
    for skill in skills:
        found = rng.random(2 * ROWS) < 1 / (1 + np.exp(hardness - skill))
        left = np.where(found, place + rng.normal(0, 2, 2 * ROWS), 500.0)  # what is not found is a false alarm
        sure = np.where(found, rng.beta(4, 2, 2 * ROWS), rng.beta(2, 3, 2 * ROWS))
        run = find_overlaps(
            truth, Boxes.from_sizes(row, feature, _squares(left), confidence=sure), rows=ROWS, features=2
        )
        measured.append(measure_objects(run, drawn, min_confidence=0.4))
    return measured


def _squares(left: np.ndarray) -> np.ndarray:
    return np.column_stack([left, np.zeros(len(left)), np.full((len(left), 2), 20.0)])


@pytest.fixture(scope="module")
def called() -> dict[str, int]:
    """In how many of 400 comparisons of five equal candidates any is called different, by number."""
    rng = np.random.default_rng(0)
    called = {"mAP": 0, "recall": 0, "AP": 0, "mAP, each alone": 0}
    for _ in range(EXPERIMENTS):
        runs = _runs(rng, [0.5] * (1 + CANDIDATES))
        baseline, *candidates = ([number for number in run if number.name in NUMBERS] for run in runs)
        gains = [gain for of in gains_of_several(baseline, candidates) for gain in of]
        for name in NUMBERS:
            ends = [gain.together for gain in gains if gain.name == name and (name == "AP" or gain.feature is None)]
            called[name] += any(low > 0 or high < 0 for low, high, _ in filter(None, ends))
        called["mAP, each alone"] += any(g.gain.low > 0 or g.gain.high < 0 for g in gains if g.name == "mAP")
    return called


@pytest.mark.parametrize("number", NUMBERS)
def test_equal_candidates_are_seldom_called_different(called: dict[str, int], number: str) -> None:
    assert 1 <= called[number] <= MOST_CALLED * EXPERIMENTS


def test_looked_at_one_by_one_some_candidate_would_often_look_different(called: dict[str, int]) -> None:
    """Why candidates are held together."""
    assert called["mAP, each alone"] > 0.14 * EXPERIMENTS


def test_families_of_few_rows_are_seldom_called_different() -> None:
    rng = np.random.default_rng(0)
    apart = {10: 0, 20: 0}
    for rows in apart:
        for _ in range(EXPERIMENTS):
            scores = rng.normal(0, 1, (rows, CANDIDATES)) - rng.normal(0, 1, (rows, 1))
            resampled = rng.multinomial(rows, np.full(rows, 1 / rows), size=200) @ scores / rows
            together = hold_together(scores.mean(axis=0), resampled, units=rows)
            apart[rows] += bool((together.p_value < 0.05).any())

    # Of 2,000 further families 6.2 % and 5.4 %; without widening, 12 % at 20 rows and more at 10.
    assert max(apart.values()) <= 0.07 * EXPERIMENTS


def test_a_better_candidate_is_found_among_equal_ones() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(40):
        baseline, *candidates = _runs(rng, [0.5, 0.5, 0.5, 2.5])
        recalls = [gain for of in gains_of_several(baseline, candidates) for gain in of if gain.name == "recall"]
        best = [gain.together for gain in recalls if gain.feature is None][-1]
        found += best is not None and best[0] > 0

    assert found >= 36


def test_one_candidate_is_compared_as_before() -> None:
    baseline, candidate, other = _runs(np.random.default_rng(0), [0.2, 0.9, 0.5])
    alone = gains_of(baseline, candidate)
    among = gains_of_several(baseline, [candidate, other])[0]

    assert gains_of_several(baseline, [candidate]) == (alone,)
    assert all((gain.together is None) == (gain.feature is None) for gain in alone)
    assert [gain.gain for gain in among] == [gain.gain for gain in alone]
    for one, several in zip(alone, among, strict=True):
        assert several.together is not None
        if one.together is not None:
            assert several.together[0] <= one.together[0] <= one.together[1] <= several.together[1]


def test_what_holds_together_does_not_depend_on_the_order_of_candidates() -> None:
    baseline, *candidates = _runs(np.random.default_rng(0), [0.2, 0.9, 0.5, 0.2])
    there, back = gains_of_several(baseline, candidates), gains_of_several(baseline, candidates[::-1])

    assert [[gain.together for gain in each] for each in there] == [
        [pytest.approx(gain.together) for gain in each] for each in back[::-1]
    ]


def test_the_p_value_says_what_the_interval_says() -> None:
    rng = np.random.default_rng(4)
    drawn = draw_rows(np.ones(12, dtype=bool), count=999)
    runs = [measure_ratio(row_mean("score", rng.normal(mean, 1, 12)), drawn) for mean in (0, 0, 0.5, 1, 1.5)]
    for [gain] in gains_of_several(runs[0], runs[1:]):
        assert gain.together is not None
        low, high, p_value = gain.together
        assert (p_value < 0.05) == (low > 0 or high < 0)


def test_candidates_that_were_not_measured_alike_are_refused() -> None:
    runs = _runs(np.random.default_rng(0), [0.5, 0.5])

    with pytest.raises(ColumnError, match="not the same, or not on the same resamples"):
        gains_of_several(runs[0], [runs[1], runs[1][:3]])
