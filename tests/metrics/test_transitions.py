"""From which kind of failure to which, and how much of a gain comes from there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from metrics import (
    ALARM_STATES,
    TRUTH_STATES,
    ColumnError,
    Overlaps,
    average_precision,
    explain_gain,
    find_failures,
    follow_failures,
    keep_ledger,
    match,
)

SEEDS = range(20)


def _pair(seed: int, make_scene: Any) -> tuple[Overlaps, Overlaps]:
    """Two runs on the same truths, every confidence its own."""
    scene, other = make_scene(seed, ignored=0.1), make_scene(seed + 1000)
    rng = np.random.default_rng(seed)

    def untied(predictions: Any, beside: float) -> Any:
        return replace(predictions, confidence=(rng.permutation(len(predictions)) + beside) / (len(predictions) + 1))

    return (
        replace(scene, predictions=untied(scene.predictions, 0)).overlaps(),
        replace(scene, predictions=untied(other.predictions, 0.3)).overlaps(),
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("min_iou", "min_confidence"), [(0.5, 0.0), (0.3, 0.4)])
def test_both_sides_of_a_transition_are_the_failures_of_the_runs(
    seed: int, min_iou: float, min_confidence: float, make_scene: Any
) -> None:
    runs = _pair(seed, make_scene)
    matches = [match(each, min_iou=min_iou, min_confidence=min_confidence) for each in runs]
    failures = [find_failures(each, min_iou=min_iou, min_confidence=min_confidence) for each in runs]
    transitions = follow_failures(keep_ledger(*matches), *failures)

    for axis, run in ((2, failures[0]), (1, failures[1])):
        alarms, truths = transitions.alarms.sum(axis=axis), transitions.truths.sum(axis=axis)
        np.testing.assert_array_equal(alarms[:, 1:], run.per_feature[:, :-1])
        np.testing.assert_array_equal(truths[:, TRUTH_STATES.index("unseen")], run.per_feature[:, -1])
    assert transitions.alarms[:, 0, 0].sum() == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_what_cells_explain_adds_up_to_the_gain(seed: int, make_scene: Any) -> None:
    runs = _pair(seed, make_scene)
    gain = explain_gain(*runs, min_iou=0.3)
    ap = [average_precision(each, min_iou=0.3).mean for each in runs]

    assert (gain.baseline, gain.candidate) == pytest.approx(tuple(ap), abs=1e-12)
    assert gain.truths.sum() + gain.alarms.sum() + gain.remainder == pytest.approx(gain.gain)


@pytest.mark.parametrize("seed", SEEDS)
def test_looking_from_the_other_side_turns_signs_and_cells_around(seed: int, make_scene: Any) -> None:
    before, after = _pair(seed, make_scene)
    there, back = explain_gain(before, after), explain_gain(after, before)

    np.testing.assert_allclose(there.truths, -back.truths.T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_run_against_itself_explains_nothing(seed: int, make_scene: Any) -> None:
    run, _ = _pair(seed, make_scene)
    gain = explain_gain(run, run)

    assert (gain.gain, gain.remainder) == (0, 0)
    assert not gain.truths.any()
    assert not gain.alarms.any()


def test_objects_that_nobody_finds_explain_nothing(make_scene: Any) -> None:
    gain = explain_gain(*_pair(3, make_scene))

    assert not gain.truths[1:, 1:].any()
    assert gain.alarms[ALARM_STATES.index("absent"), ALARM_STATES.index("absent")] == 0


def test_failures_at_other_thresholds_are_refused(make_scene: Any) -> None:
    runs = _pair(1, make_scene)
    ledger = keep_ledger(*map(match, runs))

    with pytest.raises(ColumnError, match=r"failures of the candidate at \(0.5, 0.3\)"):
        follow_failures(ledger, find_failures(runs[0]), find_failures(runs[1], min_confidence=0.3))
    with pytest.raises(ColumnError, match="of 100 detections"):
        follow_failures(ledger, find_failures(runs[0], max_detections=100), find_failures(runs[1]))
