"""What a gain is made of, for certain: parts add up on every resample and hold the true part as often as they say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

import trainer
from trainer import Annotations, Ontology, Rows, Sampling, Snapshot, attribute_gain
from trainer.comparing.attribution import Attribution
from trainer.comparing.comparison import Pair
from trainer.comparing.data_changes import PARTS
from trainer.measures.evaluation import Evaluation, overlaps_of
from trainer.records.measure import BOXES, Subject

EXPERIMENTS: Final = 400
SHARED, WENT, CAME = 60, 20, 30
"""Rows that both have, that only the baseline has, and that only the candidate has, which are harder."""


def _pair(rng: np.random.Generator, *, times: int = 1, edited: float = 0.4, skills: tuple[float, float]) -> Pair:
    """Two runs on data that changed: rows went and came, and some boxes were moved."""
    shared, went, came = SHARED * times, WENT * times, CAME * times
    rows = shared + went + came
    hard = np.where(np.arange(rows) < shared + went, 0.0, 0.8) + rng.normal(0, 0.8, rows)
    left = np.tile([0.0, 60.0, 120.0], (rows, 1))
    moved = left + 16.0 * (rng.random((rows, 3)) < edited)  # IoU 0.43 with where it was
    here = np.arange(shared + went), np.concatenate([np.arange(shared), np.arange(shared + went, rows)])
    runs = []
    for number, (truth, own, skill) in enumerate(zip((left, moved), here, skills, strict=True)):
        found = rng.random((rows, 3)) < 1 / (1 + np.exp(hard[:, None] - skill))
        # Half of what a run finds stands where the truth was, half where it was moved to; the rest is a false alarm.
        place = np.where(rng.random((rows, 3)) < 0.5, left, moved) + rng.normal(0, 2, (rows, 3))
        place = np.where(found, place, 400.0)
        sure = np.where(found, rng.beta(4, 2, (rows, 3)), rng.beta(2, 3, (rows, 3)))
        runs.append(_run(f"run {number}", own, truth[own], (place[own], sure[own])))
    keys = [set(run.snapshot.rows.keys) for run in runs]
    places = [np.flatnonzero([key in keys[0] & keys[1] for key in run.snapshot.rows.keys]) for run in runs]
    return Pair(runs[0], runs[1], places[0].astype(np.int32), places[1].astype(np.int32))


def _run(name: str, rows: np.ndarray, truth: np.ndarray, said: tuple[np.ndarray, np.ndarray]) -> Any:
    """What `attribute_gain` reads of a run, without a store."""
    keys = [f"{row:05}" for row in rows]
    snapshot = Snapshot(
        Ontology.flat({"car": "box"}),
        Rows.from_columns(
            keys=keys,
            widths=[600] * len(rows),
            heights=[99] * len(rows),
            metadata=[{"site": int(row) // 3} for row in rows],
        ),
        _boxes(truth),
    )
    predictions = _boxes(said[0], said[1])
    overlaps = overlaps_of(snapshot, predictions)

    def evaluation(subject: Subject, *, features: tuple[str, ...] | None = None) -> Evaluation:
        return Evaluation(overlaps, features or snapshot.ontology.paths, subject)

    return SimpleNamespace(
        id=name,
        name=name,
        snapshot=snapshot,
        predictions=predictions,
        subject=BOXES,
        evaluation=evaluation,
        own_numbers={},
    )


def _boxes(left: np.ndarray, confidence: np.ndarray | None = None) -> Annotations:
    place = left.ravel()
    return Annotations.from_columns(
        row=np.repeat(np.arange(len(left)), 3),
        feature=np.zeros(len(place), dtype=int),
        box=np.column_stack([place, np.full(len(place), 10.0), np.full((len(place), 2), 40.0)]),
        confidence=None if confidence is None else confidence.ravel(),
    )


def _attribute(pair: Pair, resamples: int, **settings: Any) -> Attribution:
    thresholds = trainer.Thresholds(min_confidence=0.3)
    return attribute_gain(pair, thresholds=thresholds, sampling=Sampling(resamples, **settings))


@pytest.fixture(scope="module")
def one() -> Attribution:
    return _attribute(_pair(np.random.default_rng(0), skills=(0.5, 1.5)), 200)


def test_the_parts_add_up_to_the_gain_on_every_resample(one: Attribution) -> None:
    for gain in one.gains:
        parts = np.sum([gain.resampled[name] for name in PARTS], axis=0)

        assert parts.shape == (200,)
        np.testing.assert_allclose(parts, gain.resampled["gain"], rtol=0, atol=1e-12)
        assert not np.isnan(parts).any()
        assert sum(gain.parts.values()) == pytest.approx(gain.gain, abs=1e-12)


def test_what_did_not_change_has_no_part_on_any_resample(one: Attribution) -> None:
    for gain in one.gains:
        assert not gain.resampled["split"].any()
        assert (gain.certainty["features"].low, gain.certainty["features"].high) == (0, 0)


def test_a_number_on_the_way_is_that_of_rows_that_are_drawn_by_key() -> None:
    """The gain on a resample is that of both runs on the rows drawn for them: recall, by hand."""
    pair = _pair(np.random.default_rng(1), skills=(0.5, 1.5))
    drawn = trainer.comparing.attribution.Crossing(pair, ("all", "all"), trainer.Thresholds(0.3), Sampling(5)).drawn
    recalls = []
    for side, run in enumerate((pair.baseline, pair.candidate)):
        weights = drawn.weights(0, 5)[:, [int(key) for key in run.snapshot.rows.keys]]
        per_row = run.evaluation(BOXES).at(trainer.Thresholds(0.3)).at_thresholds.per_row
        recalls.append(weights @ per_row.tp / (weights @ per_row.truths))
        assert weights.sum(axis=1).mean() == pytest.approx(len(run.snapshot.rows), rel=0.1), side

    np.testing.assert_allclose(_attribute(pair, 5)["recall"].resampled["gain"], recalls[1] - recalls[0], atol=1e-12)


@pytest.fixture(scope="module")
def held() -> dict[tuple[str, str], float]:
    """How often intervals held the true part, and the true gain, of 400 experiments."""
    skills = 0.3, 0.9
    numbers, parts = ("mAP", "recall", "F1"), ("gain", "model", "truth", "rows")
    worlds = [_attribute(_pair(np.random.default_rng(seed), times=40, skills=skills), 0) for seed in range(3)]
    true = {
        (number, part): np.mean([{"gain": of[number].gain, **of[number].parts}[part] for of in worlds])
        for number in numbers
        for part in parts
    }
    held = dict.fromkeys(true, 0.0)
    for seed in range(EXPERIMENTS):
        attribution = _attribute(_pair(np.random.default_rng([7, seed]), skills=skills), 100, seed=seed)
        for number, part in held:
            known = attribution[number].certainty[part]
            held[number, part] += (known.low <= true[number, part] <= known.high) / EXPERIMENTS
    return held


@pytest.mark.parametrize("number", ["mAP", "recall", "F1"])
@pytest.mark.parametrize("part", ["gain", "model", "truth", "rows"])
def test_intervals_hold_the_true_part_as_often_as_they_say(
    held: dict[tuple[str, str], float], number: str, part: str
) -> None:
    assert 0.925 <= held[number, part] <= 0.98
