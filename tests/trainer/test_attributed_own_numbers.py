"""Numbers of one's own, taken apart into model, truth, split, rows and features."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import metrics
import trainer
from trainer import Box, ModelRun, RecordError, Sampling, Store
from trainer.commands import main
from trainer.comparing.attribution import AttributedGain, attribute_gain
from trainer.comparing.comparison import pair_runs

CAR, MOVED = Box("car", 0, 0, 10, 10), Box("car", 5, 0, 10, 10)
QUICK = Sampling(resamples=200)
OLD, NEW = [f"row {number:02}" for number in range(12)], [f"row {number:02}" for number in range(4, 16)]


def _log(
    store: Store,
    name: str,
    seconds: Mapping[str, float] | None,
    *,
    keys: Sequence[str] = OLD,
    edited: Sequence[str] = (),
    training: Sequence[str] = (),
) -> ModelRun:
    with trainer.start_run("street", name, features=["car"], store=store) as run:
        if seconds is not None:
            run.log_numbers("seconds", seconds, lower_is_better=True)
        for key in keys:
            run.log_row(
                key,
                size=(99, 99),
                truth=[MOVED if key in edited else CAR],
                predictions=[CAR._replace(confidence=0.9)],
                split="training" if key in training else "validation",
            )
    return run.result


def _seconds(keys: Sequence[str], *, base: float) -> dict[str, float]:
    return {key: base + int(key[-2:]) / 10 for key in keys}


def _attribute(baseline: ModelRun, candidate: ModelRun, **options: Any) -> AttributedGain:
    return attribute_gain(pair_runs(baseline, candidate), sampling=QUICK, **options)["seconds"]


def test_on_equal_data_everything_is_the_models_with_the_interval_that_compare_tells(store: Store) -> None:
    rng = np.random.default_rng(0)
    slow, quick = (
        _log(store, name, dict(zip(OLD, rng.normal(mean, 1, 12), strict=True)))
        for name, mean in (("slow", 3), ("quick", 1))
    )
    told = _attribute(slow, quick)
    (compared,) = (gain for gain in trainer.measure_gains(slow, quick, sampling=QUICK).of() if gain.number == "seconds")

    assert told.own
    assert told.lower_is_better
    assert told.model == told.gain == pytest.approx(compared.gain)
    assert (told.truth, told.split, told.rows, told.features) == (0, 0, 0, 0)
    assert (told.certainty["model"].low, told.certainty["model"].high) == pytest.approx(compared.interval)


def test_rows_that_came_and_went_have_their_part(store: Store) -> None:
    slow = _log(store, "slow", _seconds(OLD, base=2.0))
    quick = _log(store, "quick", _seconds(NEW, base=1.0), keys=NEW)
    told = _attribute(slow, quick)
    shared, old, new = (np.mean([int(key[-2:]) / 10 for key in keys]) for keys in (OLD[4:], OLD, NEW))

    assert told.model == pytest.approx(-1)
    assert told.rows == pytest.approx((shared - old) + (new - shared))
    assert sum(told.parts.values()) == pytest.approx(told.gain, abs=1e-12)
    assert told.units["rows"] == 8


def test_rows_that_moved_to_another_split_have_their_part(store: Store) -> None:
    slow = _log(store, "slow", _seconds(OLD, base=2.0))
    quick = _log(store, "quick", _seconds(OLD, base=1.0), training=OLD[:3])
    told = _attribute(slow, quick)

    assert told.model == pytest.approx(-1)
    assert told.split == pytest.approx(np.mean([key / 10 for key in range(3, 12)]) - np.mean(np.arange(12) / 10))


def test_edits_of_the_truth_change_no_value_that_was_logged(store: Store) -> None:
    slow = _log(store, "slow", _seconds(OLD, base=2.0))
    quick = _log(store, "quick", _seconds(OLD, base=1.0), edited=OLD[:5])
    attribution = attribute_gain(pair_runs(slow, quick), sampling=QUICK)

    assert attribution.changes.edited_rows == 5
    assert attribution["recall"].truth != attribution["seconds"].truth == 0
    assert attribution["seconds"].model == pytest.approx(-1)


def test_swapping_the_runs_turns_every_part_around(store: Store) -> None:
    runs = (
        _log(store, "slow", _seconds(OLD, base=2.0), training=OLD[4:6]),
        _log(store, "quick", _seconds(NEW, base=1.0), keys=NEW, edited=NEW[:3]),
    )
    there, back = _attribute(*runs), _attribute(*runs[::-1])

    assert list(back.parts.values()) == pytest.approx([-part for part in there.parts.values()], abs=1e-12)
    assert there.resampled["gain"].shape == (200,)
    added = np.sum([there.resampled[name] for name in there.parts], axis=0)
    defined = ~np.isnan(added)  # a draw without any shared row leaves parts undefined
    assert np.count_nonzero(defined) > 190
    assert added[defined] == pytest.approx(there.resampled["gain"][defined], abs=1e-12)


def test_few_values_make_nothing_certain_however_many_rows_there_are(store: Store) -> None:
    slow, quick = (_log(store, name, _seconds(OLD[:3], base=base)) for name, base in (("slow", 9.0), ("quick", 1.0)))
    attribution = attribute_gain(pair_runs(slow, quick), sampling=QUICK)

    assert attribution["seconds"].units["model"] == 3
    assert attribution.units["model"] == 12
    assert attribution.certain("seconds", "model") is None


def test_a_number_that_one_run_lacks_is_left_out(store: Store) -> None:
    slow, without = _log(store, "slow", _seconds(OLD, base=2.0)), _log(store, "without", None)

    assert "seconds" not in [gain.number for gain in attribute_gain(pair_runs(slow, without), sampling=QUICK).gains]


def test_runs_have_to_agree_on_which_way_is_better(store: Store) -> None:
    slow = _log(store, "slow", _seconds(OLD, base=2.0))
    with trainer.start_run("street", "opposite", features=["car"], store=store) as run:
        run.log_numbers("seconds", {OLD[0]: 1.0})
        run.log_row(OLD[0], size=(99, 99), truth=[CAR], predictions=[])

    with pytest.raises(RecordError, match="less is better in one run"):
        _attribute(slow, run.result)


def test_a_number_that_a_function_makes_is_attributed_too(store: Store) -> None:
    def boxes(run: ModelRun) -> metrics.RowRatio:
        return metrics.row_mean("boxes", np.bincount(run.predictions.row, minlength=len(run.snapshot.rows)))

    runs = _log(store, "slow", None), _log(store, "quick", None, keys=NEW)
    told = attribute_gain(pair_runs(*runs), sampling=QUICK, numbers=[boxes])["boxes"]

    assert (told.baseline, told.candidate, told.model, told.rows) == (1, 1, 0, 0)


def test_the_command_tells_it_and_by_which_rule(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    _log(store, "slow", _seconds(OLD, base=2.0))
    _log(store, "quick", _seconds(OLD, base=1.0), edited=OLD[:5])
    asked = ["attribute", "street/slow", "street/quick", "--resamples", "200"]

    assert main([*asked, "--number", "seconds"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "seconds (lower is better) 2.5500 1.5500 -1.0000 -1.0000 0" in said
    assert "seconds: the values of each row as they were logged, whatever truth and features are" in said
    assert "seconds: part" in said

    main([*asked, "--json"])
    facts = json.loads(capsys.readouterr().out)
    (gain,) = (each for each in facts["gains"] if each["number"] == "seconds")
    assert (gain["own"], gain["units"]["model"], gain["truth"]) == (True, 12, 0)
    assert "as they are for each row" in facts["own_rule"]
