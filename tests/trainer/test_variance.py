"""Gains between models of several seeds: what they rest on, what would settle them, and what is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

import trainer
from trainer import Box, ModelRun, RunConfig, Sampling, Store, gain_over_seeds
from trainer.commands import main
from trainer.comparing.variance import NUMBERS, RATIOS

CAR = Box("car", 0, 0, 10, 10)
KEYS = [f"{i:02}" for i in range(20)]
Log = Callable[..., ModelRun]


@pytest.fixture
def log(store: Store) -> Log:
    """Log a run with two cars on each row, of which it finds 0 to 2, and a false alarm on each row."""

    def make(name: str, found: Sequence[int], **config: int) -> ModelRun:
        cars = [CAR, CAR._replace(left=50)]
        alarm = CAR._replace(left=80, confidence=0.9)
        with trainer.start_run("street", name, features=["car"], store=store, config=RunConfig(config)) as run:
            for i, n in enumerate(found):
                said = [car._replace(confidence=0.9) for car in cars[:n]]
                run.log_row(KEYS[i], size=(99, 99), truth=cars, predictions=[*said, alarm], metadata={"video": i // 5})
        return run.result

    return make


def _found(rng: np.random.Generator, chance: float) -> list[int]:
    return rng.binomial(2, chance, len(KEYS)).tolist()


@pytest.fixture
def models(log: Log) -> tuple[list[ModelRun], list[ModelRun]]:
    """Three seeds of a model that finds four cars of ten, and of one that finds eight."""
    rng = np.random.default_rng(0)
    before, after = (
        [log(f"{name}-{seed}", _found(rng, chance), seed=seed) for seed in range(3)]
        for name, chance in (("before", 0.4), ("after", 0.8))
    )
    return before, after


def test_a_gain_is_that_of_the_means_over_runs(models: tuple[list[ModelRun], list[ModelRun]]) -> None:
    gains = gain_over_seeds(*models)
    recalls = [
        [trainer.compare(trainer.pair_runs(run, run)).baseline.at_thresholds.total.recall for run in runs]
        for runs in models
    ]
    recall = gains.gains["recall"]

    assert recall is not None
    assert recall.gain == pytest.approx(np.mean(recalls[1]) - np.mean(recalls[0]))
    assert recall.low > 0
    assert tuple(gains.gains) == NUMBERS
    assert (gains.on.rows, gains.seeds, gains.remarks) == (20, (3, 3), ())
    assert [run.name for run in gains.groups[1]] == ["after-0", "after-1", "after-2"]


def test_the_numbers_are_those_of_one_run_at_the_thresholds(models: tuple[list[ModelRun], list[ModelRun]]) -> None:
    """All numbers of a run, where both models are the same three runs but for one."""
    runs = models[0]
    scores = [trainer.compare(trainer.pair_runs(run, run)).baseline for run in runs]
    total, coco = [each.at_thresholds.total for each in scores], [each.coco for each in scores]
    gains = gain_over_seeds(runs[:2], [runs[2], models[1][0]]).gains
    means = {
        name: np.mean([getattr(each, of) for each in total[:2]])
        for name, of in (("precision", "precision"), ("recall", "recall"), ("F1", "f1"), ("mean IoU", "mean_iou"))
    } | {
        name: np.mean([getattr(each, of) for each in coco[:2]])
        for name, of in (("mAP", "ap"), ("AP50", "ap50"), ("AP75", "ap75"))
    }

    assert {name: gain.baseline.mean for name, gain in gains.items() if gain} == pytest.approx(means)


def test_a_lucky_seed_settles_nothing(log: Log) -> None:
    """Seeds of either model find nearly all or nearly nothing, on every row alike."""
    rng = np.random.default_rng(0)
    baseline = [log(f"b{i}", _found(rng, chance)) for i, chance in enumerate((0.2, 0.9))]
    candidate = [log(f"c{i}", _found(rng, chance)) for i, chance in enumerate((0.9, 0.95))]
    line = next(line for line in gain_over_seeds(baseline, candidate).lines() if line["number"] == "recall")

    assert line["gain"] > 0.2
    assert line["settled"] is None
    assert line["sd_seeds"] > 3 * line["sd_rows"]
    assert (line["rows_needed"], line["rows_needed_with_5_runs"]) == (math.inf, math.inf)
    assert line["seeds_needed"] < 30


def test_a_number_that_a_run_leaves_undefined_is_left_out(log: Log) -> None:
    nothing = log("nothing", [0] * 20)
    gains = gain_over_seeds([nothing, log("a", [1] * 20)], [log("b", [2, 1] * 10), log("c", [2] * 20)])
    lines = {line["number"]: line for line in gains.lines()}

    assert gains.gains["mean IoU"] is None
    assert math.isnan(lines["mean IoU"]["gain"])
    assert lines["recall"]["baseline"] == 0.25
    assert set(gains.to_pandas().columns) == set(lines["recall"])


def test_average_precision_moves_with_seeds_and_rows_as_recall_does(
    models: tuple[list[ModelRun], list[ModelRun]],
) -> None:
    """One feature whose finds are all right and as sure as the alarms: AP is a matter of what is found."""
    lines = {line["number"]: line for line in gain_over_seeds(*models).lines()}

    assert lines["mAP"]["settled"] == lines["recall"]["settled"] == "better"
    assert lines["mAP"]["gain"] == pytest.approx(lines["AP50"]["gain"])
    assert lines["mAP"]["sd_rows"] == pytest.approx(lines["recall"]["sd_rows"], rel=1)
    assert "bootstrap" in lines["mAP"]["rule"]
    assert "bootstrap" not in lines["recall"]["rule"]


def test_each_feature_is_told_where_asked_and_one_on_few_rows_is_never_settled(store: Store) -> None:
    rng = np.random.default_rng(0)
    places = {"car": 0, "bus": 30, "tram": 60}

    def log(name: str, chance: float) -> ModelRun:
        with trainer.start_run("street", name, features=[*places, "boat"], store=store) as run:
            for i, key in enumerate(KEYS):
                truth = [CAR._replace(feature=of, left=left) for of, left in places.items() if of != "tram" or i < 4]
                found = [each._replace(confidence=0.9) for each in truth if rng.random() < chance]
                run.log_row(key, size=(99, 99), truth=truth, predictions=found)
        return run.result

    models = [[log(f"{chance} {seed}", chance) for seed in range(2)] for chance in (0.2, 0.95)]
    gains = gain_over_seeds(*models, sampling=Sampling(level=0.9), features=True)
    lines = {line["feature"]: line for line in gains.lines() if line["feature"]}

    assert gains.holding == {"car": 20, "bus": 20, "tram": 4, "boat": 0}
    assert [gains.too_few(path) for path in ("car", "tram", None)] == [False, True, False]
    assert gains.features["boat"] is None
    assert gains.features["car"] is not None
    assert gains.features["car"].level == pytest.approx(0.95)  # two features can be settled: each has half the 10 %
    assert (lines["tram"]["units"], lines["tram"]["settled"]) == (4, None)
    assert lines["tram"]["gain"] > 0.3
    assert math.isnan(lines["boat"]["gain"])
    assert gain_over_seeds(*models).features == {}


def test_without_resamples_average_precision_is_left_out(models: tuple[list[ModelRun], list[ModelRun]]) -> None:
    gains = gain_over_seeds(*models, sampling=Sampling(resamples=0), features=True)

    assert tuple(gains.gains) == RATIOS
    assert gains.features == {}
    assert gains.gains == {name: gain for name, gain in gain_over_seeds(*models).gains.items() if name in RATIOS}


def test_rows_of_one_video_count_as_one(models: tuple[list[ModelRun], list[ModelRun]]) -> None:
    gains = gain_over_seeds(*models, sampling=Sampling(clusters="video")).gains
    recall, precision = gains["recall"], gains["mAP"]
    single = gain_over_seeds(*models).gains["recall"]

    assert recall is not None
    assert single is not None
    assert precision is not None
    assert precision.baseline.rows == 4
    assert (recall.baseline.rows, single.baseline.rows) == (4, 20)
    assert recall.gain == pytest.approx(single.gain)


def test_settings_other_than_the_seed_are_pointed_out(log: Log) -> None:
    rng = np.random.default_rng(0)
    runs = [log(f"{i}", _found(rng, 0.5), seed=i, epochs=10 + (i == 3)) for i in range(4)]
    remarks = gain_over_seeds(runs[:2], runs[2:]).remarks

    assert remarks == ("The candidate's runs differ in epochs as well, which counts as variance by seed.",)


def test_what_cannot_be_told_is_refused(log: Log, models: tuple[list[ModelRun], list[ModelRun]]) -> None:
    before, after = models
    with pytest.raises(trainer.RecordError, match=r"Runs of the candidate: 1\. .* modelruns compare"):
        gain_over_seeds(before, after[:1])
    with pytest.raises(trainer.RecordError, match="'before-0' is named twice"):
        gain_over_seeds(before, [after[0], before[0]])
    with pytest.raises(trainer.RecordError, match="1 row is measured"):
        gain_over_seeds(before, [after[0], log("short", [1])])
    with pytest.raises(trainer.RecordError, match="No row has metadata 'site'"):
        gain_over_seeds(before, after, sampling=Sampling(clusters="site"))


def test_the_command_tells_what_is_settled_and_what_would_settle_the_rest(
    models: tuple[list[ModelRun], list[ModelRun]], store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = [[f"street/{run.name}" for run in runs] for runs in models]
    asked = ["--store", str(store.location), "variance", "--baseline", *sides[0], "--candidate", *sides[1]]

    assert main(asked) == 0
    printed = capsys.readouterr().out
    [recall] = [line for line in printed.splitlines() if line.startswith("recall")]
    assert recall.endswith("better")
    assert main([*asked, "--gain", "0.02", "--power", "0.9"]) == 0
    printed = capsys.readouterr().out
    assert "what would show such a gain with a chance of 90 %" in printed
    assert "rows, 10 runs" in printed
    assert main([*asked, "--json", "--gain", "0.0001"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["baseline"] == sides[0]
    assert [line["number"] for line in facts["gains"]] == list(NUMBERS)
    assert facts["gains"][4]["number"] == "recall"
    assert facts["gains"][4]["seeds_needed"] is None
    assert main([*asked, "--features", "--resamples", "50"]) == 0
    printed = capsys.readouterr().out
    assert "this interval holds for one feature; p is that of each alone" in printed
    assert any(line.startswith("car ") for line in printed.splitlines())


def test_the_command_reads_what_it_is_given(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--store", str(store.location), "variance", "--baseline", "a", "b"]
    for more, complaint in (
        ([], "--candidate"),
        (["--candidate", "c", "d", "--gain", "0"], "'0' is not a gain between 0 and 1"),
        (["--candidate", "c", "d", "--power", "1"], "'1' is not a number between 0 and 1"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main([*asked, *more])
        assert stopped.value.code == 2
        assert complaint in capsys.readouterr().err
