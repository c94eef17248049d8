"""Gains between models of several seeds in what is not boxes: classes, ticks, spans, masks and pixels."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import trainer
from trainer import Answer, Feature, Kind, Mask, ModelRun, Ontology, Sampling, Span, Store, gain_over_seeds
from trainer.commands import main
from trainer.measures.evaluation import Thresholds

ROWS = 24
Models = tuple[list[ModelRun], list[ModelRun]]
Say = Callable[[int, bool], dict[str, Any]]


def log_models(
    store: Store, say: Say, *, experiment: str = "seeds", chances: Sequence[float] = (0.4, 0.8), **options: Any
) -> Models:
    """Two seeds of a model that is right on 40 % of the rows, and of one that is right on 80 %."""
    rng = np.random.default_rng(0)

    def log(name: str, chance: float) -> ModelRun:
        with trainer.start_run(experiment, name, store=store, **options) as run:
            for row, right in enumerate(rng.random(ROWS) < chance):
                run.log_row(f"{row:02}", metadata={"video": row // 4}, **say(row, bool(right)))
        return run.result

    before, after = ([log(f"{chance}-{seed}", chance) for seed in range(2)] for chance in chances)
    return before, after


def sky(row: int, right: bool) -> dict[str, Any]:
    truth = ("rainy", "sunny", "foggy")[row % 3]
    others = [name for name in ("foggy", "rainy", "sunny") if name != truth]
    sure = dict(zip(others, (0.1, 0.2) if right else (0.6, 0.2), strict=True))
    scores = sure | {truth: 0.7 if right else 0.2}
    return {"size": (9, 9), "truth": [Answer("sky", truth)], "predictions": [Answer("sky", scores=scores)]}


def test_of_classes_accuracy_losses_and_mean_f1_are_told(store: Store) -> None:
    models = log_models(store, sky)
    gains = gain_over_seeds(*models, sampling=Sampling(resamples=100), features=True)
    means = [np.mean([run.summary["numbers"]["accuracy"] for run in runs]) for runs in models]

    assert list(gains.gains) == ["F1 macro", "accuracy", "log loss", "Brier"]
    accuracy = gains.gains["accuracy"]
    assert accuracy is not None
    assert accuracy.gain == pytest.approx(means[1] - means[0])
    assert list(gains.features) == ["sky/foggy", "sky/rainy", "sky/sunny"]
    assert (gains.holding["sky/rainy"], gains.terms["measure"]) == (8, "classes:sky")
    lines = {(line["number"], line["feature"]): line for line in gains.lines()}
    assert ("F1", "sky/rainy") in lines
    macro = [
        np.mean([run.evaluation(run.subject).at(Thresholds()).headline()["F1 macro"] for run in runs])
        for runs in models
    ]
    assert lines["F1 macro", None]["gain"] == pytest.approx(macro[1] - macro[0])


def test_a_loss_that_falls_is_better(store: Store) -> None:
    gains = gain_over_seeds(*log_models(store, sky, chances=(0.0, 1.0)), sampling=Sampling(resamples=0))
    settled = {line["number"]: line["settled"] for line in gains.lines()}

    assert settled == {"accuracy": "better", "log loss": "better", "Brier": "better"}
    assert gains.gains["log loss"] is not None
    assert gains.gains["log loss"].high < 0


def test_of_spans_and_ticks_there_is_precision_recall_and_f1(store: Store) -> None:
    def name(row: int, right: bool) -> dict[str, Any]:
        return {"text": "Ada in Rome", "truth": [Span("name", 0, 3)], "predictions": [Span("name", 0, 3)] * right}

    def ticks(row: int, right: bool) -> dict[str, Any]:
        return {"size": (9, 9), "truth": [Answer("sky", "rain")], "predictions": [Answer("sky", "rain", 0.9)] * right}

    asked = Ontology((Feature("sky", Kind.CHECKLIST, (Feature("rain", Kind.OPTION),)),))
    of_spans = gain_over_seeds(
        *log_models(store, name, features={"name": "span"}), sampling=Sampling(clusters="video")
    ).gains
    of_ticks = gain_over_seeds(
        *log_models(store, ticks, experiment="ticks", features=asked), sampling=Sampling(resamples=0)
    ).gains

    assert list(of_spans) == ["precision", "recall", "F1"]
    assert list(of_ticks) == ["subset accuracy", "precision", "recall", "F1"]
    recall, ticked = of_spans["recall"], of_ticks["recall"]
    assert recall is not None
    assert ticked is not None
    assert recall.gain == ticked.gain > 0
    assert (recall.baseline.rows, ticked.baseline.rows) == (6, 24)


def test_of_masks_and_pixels_each_is_told_by_its_own_numbers(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    def cell(row: int, right: bool) -> dict[str, Any]:
        truth = np.zeros((20, 20), dtype=bool)
        truth[2:12, 2:12] = True
        found = truth if right else np.roll(truth, 7, axis=0)
        return {"size": (20, 20), "truth": [Mask("cell", truth)], "predictions": [Mask("cell", found, 0.9)]}

    models = log_models(store, cell, features={"cell": "mask"}, measure="masks")
    masks = gain_over_seeds(*models, sampling=Sampling(resamples=50))
    pixels = gain_over_seeds(*models, measure="pixels", sampling=Sampling(resamples=50), features=True)

    assert (masks.terms["measure"], "mAP" in masks.gains) == ("masks", True)
    assert list(pixels.gains) == ["mean IoU", "mean Dice", "pixel accuracy"]
    assert [line["number"] for line in pixels.lines()][-1] == "IoU"
    names = [[f"seeds/{run.name}" for run in runs] for runs in models]
    asked = ["--store", str(store.location), "variance", "--baseline", *names[0], "--candidate", *names[1]]
    assert main([*asked, "--measure", "pixels", "--resamples", "20", "--features"]) == 0
    printed = capsys.readouterr().out
    assert "confidence >=" not in printed
    assert "IoU of" in printed
    assert main([*asked, "--measure", "pixels", "--resamples", "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measure"] == "pixels"
