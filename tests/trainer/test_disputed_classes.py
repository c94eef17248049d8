"""True classes, ticks and spans that runs dispute, in the words of objects; and real label errors among digits."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import trainer
from trainer import (
    Answer,
    Feature,
    Kind,
    ModelRun,
    Ontology,
    Sampling,
    Span,
    Store,
    cut_disputes,
    disputed_truths,
)
from trainer.commands import main

WEATHER = ("rainy", "snowy", "sunny")
TRUTH = {"a": "rainy", "b": "sunny", "c": "sunny", "d": None, "e": "snowy"}


def log_weather(store: Store, name: str, said: dict[str, tuple[str, float]], **options: Any) -> ModelRun:
    """A run of classes; what it is not sure of goes to the two other options alike."""
    with trainer.start_run("weather", name, store=store) as run:
        for key, truth in TRUTH.items():
            predictions = []
            if key in said:
                option, sure = said[key]
                others = {other: (1 - sure) / 2 for other in WEATHER if other != option}
                predictions = [Answer("sky", scores={option: sure, **others})]
            known = [] if truth is None else [Answer("sky", truth)]
            run.log_row(key, size=(40, 30), truth=known, predictions=predictions, **options)
    return run.result


@pytest.fixture
def runs(store: Store) -> tuple[ModelRun, ModelRun]:
    """Both say that a is sunny and that b is snowy; c they take for two things; d has no truth; e only one answers."""
    first = {"a": ("sunny", 0.9), "b": ("snowy", 0.6), "c": ("rainy", 0.9), "d": ("rainy", 1.0)}
    second = {"a": ("sunny", 0.7), "b": ("snowy", 0.5), "c": ("snowy", 0.9), "d": ("rainy", 1.0), "e": ("snowy", 0.8)}
    return log_weather(store, "one", first), log_weather(store, "two", second)


def test_a_true_class_is_disputed_where_the_runs_choose_the_same_other_one(runs: tuple[ModelRun, ModelRun]) -> None:
    disputed = disputed_truths(runs)
    surer, less_sure = disputed.table.to_pylist()

    assert [line["key"] for line in (surer, less_sure)] == ["a", "b"]
    assert (surer["kind"], surer["feature"], surer["seen_as"]) == ("other_feature", "sky/rainy", "sky/sunny")
    assert (surer["doubt"], less_sure["doubt"]) == (pytest.approx(0.8), pytest.approx(0.55))
    assert (surer["run_1"], surer["run_1_confidence"], surer["run_2_confidence"]) == ("weather/one", 0.9, 0.7)
    assert [surer[name] for name in ("left", "run_1_left", "start", "object")] == [None] * 4
    assert disputed.counts == {"other_feature": 2}
    assert (disputed.terms["measure"], disputed.terms["thresholds"]) == ("classes:sky", {})
    assert (disputed.terms["rows"], disputed.terms["rows_without_truth"]) == (4, 1)
    assert "1 rows are left out: they have no true answer to 'sky'." in disputed.on.remarks


def test_answers_go_by_their_numbers_in_the_runs(runs: tuple[ModelRun, ModelRun]) -> None:
    for line in disputed_truths(runs).table.to_pylist():
        paths = runs[1].snapshot.ontology.paths
        assert paths[runs[1].snapshot.truth.feature[line["truth"]]] == line["feature"]
        for number, run in enumerate(runs, start=1):
            place = line[f"run_{number}_prediction"]
            assert paths[run.predictions.feature[place]] == line["seen_as"]
            assert run.predictions.confidence[place] == line[f"run_{number}_confidence"]


def test_the_true_classes_are_those_of_the_last_run(store: Store) -> None:
    """The first run knows the options in another order, other rows and another truth."""
    options = tuple(Feature(name, Kind.OPTION) for name in ("sunny", "foggy", "rainy"))
    with trainer.start_run(
        "weather", "other", features=Ontology((Feature("sky", Kind.RADIO, options),)), store=store
    ) as run:
        for key in ("0", "a"):
            run.log_row(key, size=(40, 30), truth=[Answer("sky", "sunny")], predictions=[Answer("sky", "sunny", 0.6)])
    [line] = disputed_truths([run.result, log_weather(store, "own", {"a": ("sunny", 0.8)})]).table.to_pylist()

    assert (line["key"], line["feature"], line["seen_as"]) == ("a", "sky/rainy", "sky/sunny")
    assert (line["run_1_confidence"], line["run_1_prediction"], line["runs"]) == (0.6, 1, 2)


def test_most_runs_are_enough_where_that_is_asked_for(runs: tuple[ModelRun, ModelRun], store: Store) -> None:
    right = log_weather(store, "right", {"a": ("rainy", 1.0)})

    assert len(disputed_truths([*runs, right])) == 0
    [line] = disputed_truths([*runs, right], min_runs=2, min_doubt=0.5).table.to_pylist()
    assert (line["key"], line["runs"], line["doubt"]) == ("a", 2, pytest.approx(1.6 / 3))
    assert (line["run_3_confidence"], line["run_3_prediction"]) == (None, None)


def test_gains_of_classes_are_told_with_and_without_what_is_disputed(runs: tuple[ModelRun, ModelRun]) -> None:
    """Four rows have truth; without a and b, which both get wrong, only e is left to tell the runs apart."""
    gains = {gain.name: gain for gain in disputed_truths(runs).gains(sampling=Sampling(resamples=50))}

    assert list(gains) == ["accuracy", "F1 macro", "log loss", "Brier"]
    accuracy = gains["accuracy"]
    assert (accuracy.with_disputes.gain, accuracy.without.gain) == (0.25, 0.5)
    assert (accuracy.without.baseline, accuracy.without.candidate) == (0, 0.5)
    kept = disputed_truths(runs).gains(kinds=[], sampling=Sampling(resamples=50))[0]
    assert kept.without.gain == kept.with_disputes.gain == 0.25


def test_where_every_row_is_disputed_no_gain_is_left(store: Store) -> None:
    said = {"a": ("sunny", 0.9), "b": ("rainy", 0.9), "c": ("rainy", 0.8), "e": ("sunny", 0.9)}
    accuracy = disputed_truths([log_weather(store, name, said) for name in ("one", "two")]).gains()[0]

    assert accuracy.with_disputes.gain == 0
    assert np.isnan(accuracy.without.gain)


def test_crops_of_classes_show_the_whole_picture(store: Store, tmp_path: Path) -> None:
    picture = tmp_path / "sky.png"
    Image.new("RGB", (40, 30), (90, 90, 90)).save(picture)
    both = []
    for name in ("one", "two"):
        with trainer.start_run("skies", name, store=store) as run:
            run.log_row("a", image=picture, truth=[Answer("sky", "rainy")], predictions=[Answer("sky", "sunny", 0.9)])
        both.append(run.result)
    disputed = disputed_truths(both)
    crops = cut_disputes(disputed, disputed.table, tmp_path / "crops")

    assert [path.name for path in crops.files if path] == ["0001-other_feature-sky-rainy-a.png"]
    with Image.open(tmp_path / "crops" / "0001-other_feature-sky-rainy-a.png") as crop:
        assert crop.width >= 320


def test_ticks_are_disputed_one_by_one_and_never_taken_for_another(store: Store) -> None:
    """Both tick fog, which the truth does not, and neither ticks rain, which it does."""
    asked = Ontology((Feature("sky", Kind.CHECKLIST, tuple(Feature(name, Kind.OPTION) for name in ("fog", "rain"))),))
    both = []
    for name, sure in (("one", 0.9), ("two", 0.7)):
        with trainer.start_run("ticks", name, features=asked, store=store) as run:
            said = [Answer("sky", "fog", sure), Answer("sky", "rain", 0.2)]
            run.log_row("a", size=(9, 9), truth=[Answer("sky", "rain")], predictions=said)
        both.append(run.result)
    disputed = disputed_truths(both)
    invented, missed = disputed.table.to_pylist()

    assert (invented["kind"], invented["seen_as"], invented["doubt"]) == ("no_truth", "sky/fog", pytest.approx(0.8))
    assert (missed["kind"], missed["feature"], missed["doubt"]) == ("missed", "sky/rain", pytest.approx(0.8))
    assert disputed.counts == {"no_truth": 1, "missed": 1}


def test_spans_are_disputed_where_they_are_the_same(store: Store) -> None:
    """Both take Paris for a person, and see a place in Rome where there is no truth; one of them ends it later."""
    both = []
    for name, end in (("one", 13), ("two", 12)):
        with trainer.start_run("names", name, features={"person": "span", "place": "span"}, store=store) as run:
            said = [Span("person", 0, 5, 0.9), Span("place", 9, 13, 0.8), Span("place", 9, end, 0.8)][: 2 + (end < 13)]
            run.log_row("a", text="Paris or Rome", truth=[Span("place", 0, 5)], predictions=said)
        both.append(run.result)
    mistaken, invented = disputed_truths(both).table.to_pylist()

    assert (mistaken["kind"], mistaken["feature"], mistaken["seen_as"]) == ("other_feature", "place", "person")
    assert (mistaken["start"], mistaken["end"], mistaken["left"]) == (0, 5, None)
    assert (invented["kind"], invented["start"], invented["end"]) == ("no_truth", 9, 13)


def test_the_command_says_rows_of_classes_without_thresholds(
    runs: tuple[ModelRun, ModelRun], store: Store, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = ["--store", str(store.location), "disputed", "weather/one", "weather/two", "--measure", "classes"]

    assert main([*asked, "--out", str(tmp_path / "doubts.csv")]) == 0
    printed = capsys.readouterr().out
    assert "IoU" not in printed
    assert "2 disputes: 2 taken for another feature\n" in printed
    assert "accuracy" in printed
    assert "log loss (lower is better)" in printed
    assert (tmp_path / "doubts.csv").read_text(encoding="utf-8").count("sky/sunny") == 2
    assert main([*asked, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["gains"]["left_out"] == ["other_feature"]
    assert [line["key"] for line in facts["disputes"]] == ["a", "b"]


def test_crops_of_spans_are_a_page_of_excerpts(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        with trainer.start_run("texts", name, store=store) as run:
            run.log_row("a", text="In Rome", truth=[Span("person", 3, 7)], predictions=[Span("place", 3, 7, 0.9)])
    asked = ["--store", str(store.location), "disputed", "texts/one", "texts/two", "--crops", str(tmp_path / "doubts")]

    assert main(asked) == 0
    assert f"cut out: 1 dispute in {tmp_path / 'doubts' / 'excerpts.html'}" in capsys.readouterr().out
    page = (tmp_path / "doubts" / "excerpts.html").read_text(encoding="utf-8")
    assert "person, or place? in a" in page
    assert 'In <mark style="border-color:#3ddc5f">Rome</mark></blockquote>' in page
    assert "texts/two: place 0.90" in page


def test_label_errors_of_mnist_that_reviewers_found_are_disputed(shared_data: Path, store: Store) -> None:
    """A network's cross-validated probabilities, and a model of another kind, against labels 15 of which are wrong.

    Reviewers looked at 100 suspects; in 15 most of them did not say what the label says.
    """
    folder = shared_data / "mnist_t10k"
    labels = np.load(folder / "original_test_labels" / "mnist_test_set_original_labels.npy")
    network = np.load(folder / "cross_validated_predicted_probabilities" / "mnist_test_set_pyx.npy")
    [pictures] = folder.glob("t10k-images*.gz")
    pixels = np.frombuffer(gzip.decompress(pictures.read_bytes()), np.uint8, offset=16).reshape(-1, 784) / np.float32(
        255
    )
    reviews = json.loads((folder / "mturk" / "mnist_mturk.json").read_text(encoding="utf-8"))
    wrong = {f"{each['id']:05}": each["our_guessed_label"] for each in reviews if each["mturk"]["given"] < 3}
    # Of the 10,000 rows every tenth, and all that were reviewed, are logged: the others cost time and tell nothing new.
    rows = np.union1d(np.arange(0, len(labels), 10), [each["id"] for each in reviews])
    both = [
        _log_digits(store, name, labels[rows], scores[rows], rows)
        for name, scores in (("network", network), ("random-features", _random_features(pixels, labels)))
    ]
    disputed = disputed_truths(both)
    lines = disputed.table.to_pylist()
    hits = [line["key"] in wrong for line in lines]

    assert len(wrong) == 15
    assert 45 <= len(lines) <= 57  # 51 of 10,000 labels, all of which had been reviewed
    assert sum(hits) >= 8  # 9 of 15 errors are on the list
    assert sum(hits[:10]) >= 4  # 5 of the first ten lines are errors
    assert all(line["seen_as"] == f"digit/{wrong[line['key']]}" for line, hit in zip(lines, hits, strict=True) if hit)
    accuracy = disputed.gains()[0]
    assert accuracy.with_disputes.high < 0
    assert accuracy.without.high < 0


def _log_digits(store: Store, name: str, labels: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> ModelRun:
    with trainer.start_run("mnist", name, store=store) as run:
        for row, label, sure in zip(rows, labels, scores, strict=True):
            said = {str(digit): float(value) for digit, value in enumerate(sure / sure.sum())}
            run.log_row(
                f"{row:05}",
                size=(28, 28),
                truth=[Answer("digit", str(label))],
                predictions=[Answer("digit", scores=said)],
            )
    return run.result


def _random_features(pixels: np.ndarray, labels: np.ndarray, *, folds: int = 5) -> np.ndarray:
    """float64[rows, 10]: probabilities by ridge regression on random features, each from the other folds."""
    random = np.random.default_rng(0)
    weights = random.normal(0, 784**-0.5, (784, 1200)).astype(np.float32)
    seen = np.maximum((pixels - pixels.mean(axis=0)) @ weights * 4 + random.normal(0, 1, 1200).astype(np.float32), 0)
    wanted = np.eye(10, dtype=np.float32)[labels]
    fold = np.arange(len(labels)) % folds
    grams = [
        (seen[fold == each].T @ seen[fold == each], seen[fold == each].T @ wanted[fold == each])
        for each in range(folds)
    ]
    gram, moment = (sum(parts) for parts in zip(*grams, strict=True))
    scores = np.empty((len(labels), 10))
    for each, (here, there) in enumerate(grams):
        ridge = gram - here + 10 * np.eye(len(gram), dtype=np.float32)
        scores[fold == each] = seen[fold == each] @ np.linalg.solve(ridge, moment - there)
    powers = np.exp(12 * scores)  # about calibrated
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
