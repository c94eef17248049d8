"""Runs of classes, ticks, spans, masks and pixels say what `metrics` says of the same columns, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import metrics
import trainer
from trainer import Answer, Mask, ModelRun, Sampling, Span, Statement, Store, Thresholds
from trainer.records.errors import RecordError

ROWS = 40
QUICK = Sampling(resamples=50)
OPTIONS = ("cloudy", "rainy", "sunny")
Say = Callable[[np.random.Generator, int], tuple[list[Statement], list[Statement]]]


def _classes(rng: np.random.Generator, row: int) -> tuple[list[Statement], list[Statement]]:
    scores = rng.dirichlet(np.ones(3)) + (np.arange(3) == row % 3)
    scores /= scores.sum()
    return [Answer("weather", OPTIONS[row % 3])], [Answer("weather", scores=dict(zip(OPTIONS, scores, strict=True)))]


def _ticks(rng: np.random.Generator, row: int) -> tuple[list[Statement], list[Statement]]:
    true = [Answer("has", name) for place, name in enumerate(OPTIONS) if (row >> place) & 1 or row == 1]
    return list(true), [Answer("has", scores=dict(zip(OPTIONS, rng.random(3), strict=True)))]


def _spans(rng: np.random.Generator, row: int) -> tuple[list[Statement], list[Statement]]:
    true = [Span("person", 0, 3), Span("place", 8, 12)][: row % 3]
    said = [*true, Span("place", 4, 7), Span("person", 8, 12)]
    return list(true), [each._replace(confidence=rng.random()) for each in said if rng.random() < 0.8]


def _masks(rng: np.random.Generator, row: int) -> tuple[list[Statement], list[Statement]]:
    true, found = np.zeros((20, 30), dtype=bool), np.zeros((20, 30), dtype=bool)
    true[4:12, 5:15] = True
    left, top = rng.integers(3, 8), rng.integers(2, 7)
    found[top : top + 8, left : left + 10] = True
    return [Mask("cell", true)], [Mask("cell" if rng.random() < 0.8 else "dirt", found, rng.random())]


SAYING: dict[str, Say] = {"classes": _classes, "ticks": _ticks, "spans": _spans, "masks": _masks, "pixels": _masks}


def _log(store: Store, what: str, seed: int) -> ModelRun:
    rng = np.random.default_rng(seed)
    measure = what if what in ("masks", "pixels") else None
    features = ["cell", "dirt"] if measure else None
    with trainer.start_run(what, f"seed-{seed}", measure=measure, features=features, store=store) as run:
        for row in range(ROWS):
            truth, said = SAYING[what](rng, row)
            place = {"text": "Ada met Oslo again"} if what == "spans" else {"size": (30, 20)}
            run.log_row(f"{row:03}", truth=truth, predictions=said, metadata={"half": row % 2}, **place)  # type: ignore[arg-type]
    return run.result


@pytest.fixture(scope="module")
def runs(make_store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ModelRun, ModelRun]]:
    store = make_store(tmp_path_factory.mktemp("measures") / "mlruns")
    return {what: (_log(store, what, 1), _log(store, what, 2)) for what in SAYING}


Runs = dict[str, tuple[ModelRun, ModelRun]]


def _choices(run: ModelRun) -> metrics.Choices:
    """Straight from what was logged, without the trainer's reading of it."""
    rng = np.random.default_rng(int(run.name[-1]))
    said = [_classes(rng, row)[1][0] for row in range(ROWS)]
    scores = [list(each.scores.values()) for each in said if isinstance(each, Answer) and each.scores]
    return metrics.Choices.from_scores(np.arange(ROWS) % 3, scores)


def test_a_choice_of_classes_says_what_metrics_say(runs: Runs) -> None:
    before, after = runs["classes"]
    gains = {gain.number: gain for gain in trainer.measure_gains(before, after, sampling=QUICK).of()}
    drawn = metrics.draw_rows(np.ones(ROWS, dtype=bool), count=50, seed=0)
    both = [metrics.measure_choices(_choices(run), drawn) for run in (before, after)]

    for gain in metrics.gains_of(*both):
        if gain.feature is None:
            assert gains[gain.name].values == gain.gain
    assert set(gains) == {"accuracy", "F1 macro", "precision", "recall", "F1", "log loss", "Brier"}
    assert after.summary["numbers"]["accuracy"] == metrics.choice_summary(_choices(after)).accuracy
    assert after.summary["numbers"]["roc_auc"] == pytest.approx(metrics.roc_auc(_choices(after)).mean)
    assert after.headline["accuracy"] == after.summary["numbers"]["accuracy"]


def test_pixels_say_what_metrics_say_of_the_painted_maps(runs: Runs) -> None:
    _, after = runs["pixels"]
    rng = np.random.default_rng(2)
    maps = []
    for row in range(ROWS):
        truth, said = _masks(rng, row)
        painted = [np.full((20, 30), 2) for _ in range(2)]
        for side, each in zip(painted, (truth[0], said[0]), strict=True):
            assert isinstance(each, Mask)
            assert isinstance(each.pixels, np.ndarray)
            side[each.pixels] = ["cell", "dirt"].index(each.feature)
        maps.append((painted[0], painted[1]))
    summary = metrics.segmentation_summary(metrics.count_pixels(maps, classes=3), without=[2])

    assert after.summary["numbers"]["mean_iou"] == summary.mean_iou
    assert after.summary["numbers"]["pixel_accuracy"] == summary.pixel_accuracy
    gains = {(g.number, g.feature): g for g in trainer.measure_gains(*runs["pixels"], sampling=QUICK).of()}
    assert gains["mean IoU", None].values.candidate == pytest.approx(summary.mean_iou)
    assert gains["IoU", "cell"].values.candidate == pytest.approx(summary.per_class.iou[0])
    assert ("IoU", "dirt") in gains


def test_the_surer_mask_is_painted_over_the_others(store: Store) -> None:
    whole = np.ones((4, 4), dtype=bool)
    with trainer.start_run("cells", "first", measure="pixels", store=store) as run:
        said = [Mask("cell", whole, 0.9), Mask("dirt", whole, 0.2)]
        run.log_row("a", size=(4, 4), truth=[Mask("cell", whole)], predictions=said)

    assert run.result.summary["numbers"]["pixel_accuracy"] == 1


def test_masks_are_laid_over_each_other_and_not_their_boxes(runs: Runs) -> None:
    masks, pixels = runs["masks"][1], runs["pixels"][1]
    both = [trainer.measure_gains(*runs["masks"], measure=name, sampling=QUICK).of()[0] for name in ("masks", "boxes")]

    assert masks.summary["rule"] == "coco-2017 masks, 101-point"
    assert "masks" in both[0].rule
    assert "boxes" in both[1].rule
    assert masks.predictions.table.equals(pixels.predictions.table)


@pytest.mark.parametrize("what", ["classes", "ticks", "spans", "masks"])
def test_the_ledger_adds_up_to_both_runs_counts(runs: Runs, what: str) -> None:
    for confidence in (0.0, 0.3, 0.7):
        thresholds = Thresholds(min_confidence=confidence)
        pair = trainer.pair_runs(*runs[what])
        total = trainer.object_ledger(pair, thresholds=thresholds, split="all").total
        compared = trainer.compare(pair, thresholds=thresholds, split="all")
        for side, found, alarms in (
            (compared.baseline, ("kept", "newly_missed"), ("persistent", "fixed")),
            (compared.candidate, ("kept", "newly_found"), ("persistent", "new")),
        ):
            columns = (
                side.at_thresholds.per_feature.columns()  # type: ignore[attr-defined]
                if what == "masks"
                else side.per_feature()
            )
            assert sum(total[name] for name in found) == columns["tp"].sum()
            assert sum(total[name] for name in alarms) == columns["fp"].sum()
            assert columns["tp"].sum() + columns["missed"].sum() == sum(list(total.values())[:4])


@pytest.mark.parametrize("what", ["classes", "ticks", "spans", "masks"])
def test_lines_of_the_ledger_name_the_annotations_they_are_about(runs: Runs, what: str) -> None:
    pair = trainer.pair_runs(*runs[what])
    ledger = trainer.object_ledger(pair, thresholds=Thresholds(min_confidence=0.2), split="all")
    truth, paths = pair.candidate.snapshot.truth, pair.candidate.snapshot.ontology.paths

    for entry in ledger.table.to_pylist():
        for side, run in (("baseline", pair.baseline), ("candidate", pair.candidate)):
            place = entry[f"{side}_prediction"]
            if place is not None:
                assert run.snapshot.rows.keys[run.predictions.row[place]] == entry["key"]
                assert run.predictions.confidence[place] == entry[f"{side}_confidence"]
                if entry["kind"] == "false alarm":
                    assert paths[run.predictions.feature[place]] == entry["feature"]
        if entry["kind"] == "truth":
            assert paths[truth.feature[entry["truth"]]] == entry["feature"]
            assert pair.candidate.snapshot.rows.keys[truth.row[entry["truth"]]] == entry["key"]
        assert (entry["start"] is not None) == (what == "spans")
        assert (entry["left"] is not None) == (what == "masks")
        assert (entry["size"] is not None) == (what == "masks")


def test_a_ledger_of_classes_is_read_back_from_its_file(runs: Runs, tmp_path: Path) -> None:
    table = trainer.object_ledger(trainer.pair_runs(*runs["spans"]), split="all").table

    for name in ("ledger.csv", "ledger.parquet"):
        assert trainer.read_ledger(trainer.save_ledger(table, tmp_path / name)).equals(table)


@pytest.mark.parametrize("what", list(SAYING))
def test_a_run_against_itself_gains_nothing(runs: Runs, what: str) -> None:
    run = runs[what][0]

    assert all(not gain.gain > 0 for gain in trainer.measure_gains(run, run, sampling=QUICK).of())
    if what != "pixels":
        total = trainer.object_ledger(trainer.pair_runs(run, run), split="all").total
        assert sum(total[change] for change in ("newly_found", "newly_missed", "new", "fixed")) == 0


@pytest.mark.parametrize("what", list(SAYING))
def test_every_number_equals_that_of_the_plain_comparison(runs: Runs, what: str) -> None:
    plain = trainer.compare(trainer.pair_runs(*runs[what]), split="all")
    gains = trainer.measure_gains(*runs[what], sampling=Sampling(resamples=0), split="all")
    whole = {gain.number: gain.gain for gain in gains.of() if gain.feature is None}
    main = gains.shared.subject.main_number
    parts = {gain.feature: gain.gain for gain in gains.of() if gain.number == main and gain.feature}

    shared = [gain for gain in plain.headline() if gain.name in whole]
    assert len(shared) >= 2
    for gain in shared:
        assert whole[gain.name] == pytest.approx(gain.gain, nan_ok=True)
    for gain in plain.per_feature():
        assert parts[gain.name] == pytest.approx(gain.gain, nan_ok=True)


def test_checklists_say_what_metrics_say(runs: Runs) -> None:
    _, after = runs["ticks"]
    rng = np.random.default_rng(2)
    said = [_ticks(rng, row) for row in range(ROWS)]
    truth = [[any(each.option == name for each in true) for name in OPTIONS] for true, _ in said]  # type: ignore[union-attr]
    scores = [list(each[0].scores.values()) for _, each in said]  # type: ignore[union-attr]
    summary = metrics.checklist_summary(metrics.Checklists.from_scores(truth, scores))

    numbers = after.summary["numbers"]
    assert (numbers["subset_accuracy"], numbers["jaccard"]) == (summary.subset_accuracy, summary.jaccard)
    assert numbers["f1"] == pytest.approx(summary.averages.micro.f1)
    assert numbers["macro_f1"] == pytest.approx(summary.averages.macro.f1)


@pytest.mark.parametrize("what", ["classes", "ticks", "spans"])
def test_slices_are_found_among_them(store: Store, what: str) -> None:
    rng = np.random.default_rng(0)
    for name, skill in (("first", (0.8, 0.8)), ("second", (0.2, 0.95))):
        with trainer.start_run(what, name, store=store) as run:
            for row in range(160):
                right = rng.random() < skill[row % 2]
                place = {"text": "Ada met Oslo"} if what == "spans" else {"size": (9, 9)}
                if what == "spans":
                    truth: list[Statement] = [Span("person", 0, 3)]
                    said: list[Statement] = [Span("person", 0, 3 if right else 5, 0.9)]
                else:
                    truth, said = [Answer("w", "dry")], [Answer("w", "dry" if right else "wet", 0.9)]
                    if what == "ticks" and row == 0:
                        truth.append(Answer("w", "wet"))
                night = "night" if row % 2 == 0 else "day"
                run.log_row(f"{row:03}", truth=truth, predictions=said, metadata={"light": night}, **place)  # type: ignore[arg-type]
    runs = [trainer.open_run(f"{what}/{name}", store=store) for name in ("first", "second")]
    slices = trainer.find_slices(trainer.pair_runs(*runs))

    assert slices.worse[0].found.conditions[0] == "light = night"
    assert "object size" not in slices.terms["columns"]


def test_fair_confidences_are_those_of_spans_and_ticks(runs: Runs) -> None:
    for what in ("spans", "ticks"):
        fair = trainer.compare_fairly(*runs[what], condition=("recall", 0.5), split="all")
        for line in fair.lines():
            assert line["recall"] >= 0.5
            pair = trainer.pair_runs(*runs[what])
            thresholds = Thresholds(min_confidence=float(line["confidence"]))
            side = trainer.compare(pair, thresholds=thresholds, split="all")
            scores = side.baseline if line["run"].endswith("1") else side.candidate
            assert line["tp"] == scores.per_feature()["tp"].sum()


def test_what_there_is_not_is_refused_and_never_measured_as_boxes(runs: Runs) -> None:
    for ask, words in (
        (lambda: trainer.compare_fairly(*runs["classes"]), "each row has one choice"),
        (lambda: trainer.pair_runs(runs["spans"][0], runs["classes"][0]), "'seed-1' spans, 'seed-1' classes:weather"),
        (lambda: trainer.measure_gains(*runs["spans"], measure="boxes"), "no feature with a shape"),
    ):
        with pytest.raises(RecordError, match=words):
            ask()


@pytest.mark.parametrize("what", list(SAYING))
def test_truths_of_everything_can_be_disputed(runs: Runs, what: str) -> None:
    disputed = trainer.disputed_truths(runs[what], split="all", min_doubt=0)

    assert disputed.on.rows == ROWS
    assert len(disputed.table) == sum(disputed.counts.values())
    assert (len(disputed) > 0) is (what != "classes")  # of which the two never choose the same wrong one
    assert tuple(disputed.counts) == disputed.kinds


def test_a_gain_of_masks_is_explained_on_the_truth_of_the_candidate(runs: Runs) -> None:
    assert trainer.explain_gain(trainer.pair_runs(*runs["masks"]), split="all").rows == ROWS


def test_the_readme_of_a_run_says_what_was_measured(runs: Runs) -> None:
    texts = {what: pair[1].stored.path("README.md").read_text() for what, pair in runs.items()}

    assert "its classes:weather measured" in texts["classes"]
    assert "| accuracy |" in texts["classes"]
    assert "| mean IoU |" in texts["pixels"]
    assert "confidence >= 0.5" in texts["spans"]
    assert runs["pixels"][1].stored.tags["trainer.measure"] == "pixels"
