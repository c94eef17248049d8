"""What is in no number, such as rows without a true answer, and what is measured of several questions, is said."""

from __future__ import annotations

import numpy as np
import pytest

import metrics
import trainer
from trainer import Answer, Box, Feature, Kind, Ontology, Sampling, Store, Thresholds
from trainer.measures.measuring import evaluate, remarks_of
from trainer.records.errors import RecordError
from trainer.records.measure import subject_of
from trainer.runs.row_log import RowLog


def test_a_row_without_truth_is_in_no_number_of_classes(store: Store) -> None:
    with trainer.start_run("days", "first", store=store) as run:
        run.log_row("a", size=(9, 9), truth=[Answer("weather", "sunny")], predictions=[Answer("weather", "sunny")])
        run.log_row("b", size=(9, 9), predictions=[Answer("weather", "rainy")])
        run.log_row("c", size=(9, 9), truth=[Answer("weather", "rainy")])

    summary = run.result.summary
    assert (summary["rows"], summary["rows_without_truth"], summary["rows_without_prediction"]) == (2, 1, 1)
    assert summary["numbers"]["accuracy"] == 0.5
    assert summary["numbers"]["log_loss"] is None


def test_other_classes_are_left_out_and_said(store: Store) -> None:
    for name, option in (("first", "rainy"), ("second", "foggy")):
        with trainer.start_run("days", name, store=store) as run:
            run.log_row("a", size=(9, 9), truth=[Answer("w", "sunny")], predictions=[Answer("w", "sunny")])
            run.log_row("b", size=(9, 9), truth=[Answer("w", "dry")], predictions=[Answer("w", option)])
    gains = trainer.measure_gains(*(trainer.open_run(name, store=store) for name in ("first", "second")))

    assert gains.features == ("w/dry", "w/sunny")
    assert gains.terms["features_left_out"] == ["w/rainy", "w/foggy"]


def test_of_several_questions_one_is_measured_and_named(store: Store) -> None:
    with trainer.start_run("days", "first", store=store) as run:
        said = [Answer("mood", "good"), Answer("weather", "dry")]
        run.log_row("a", size=(9, 9), truth=said, predictions=said)
        run.log_row("b", size=(9, 9), truth=said, predictions=[Answer("mood", "bad"), Answer("weather", "dry")])
    gains = trainer.measure_gains(run.result, run.result, measure="classes:weather", sampling=Sampling(resamples=0))

    assert str(run.result.subject) == "classes:mood"
    assert gains.terms["measure"] == "classes:weather"
    assert gains.of()[0].values.candidate == 1
    assert run.result.headline["accuracy"] == 0.5


def test_answers_beside_boxes_do_not_get_into_their_numbers(store: Store) -> None:
    with trainer.start_run("street", "first", store=store) as run:
        truth = [Answer("weather", "dry"), Box("car", 1, 1, 5, 5)]
        run.log_row("a", size=(9, 9), truth=truth, predictions=[Answer("weather", "dry"), Box("car", 1, 1, 5, 5, 0.9)])
    ledger = trainer.object_ledger(trainer.pair_runs(run.result, run.result))

    assert run.result.summary["coco"]["ap"] == pytest.approx(1)
    assert ledger.features == ("car",)
    assert ledger.table["truth"].to_pylist() == [1]


def test_numbers_that_only_one_run_can_have_are_left_out(store: Store) -> None:
    for name in ("sure", "plain"):
        with trainer.start_run("days", name, store=store) as run:
            for row, option in enumerate(("dry", "wet", "dry")):
                scores = {"dry": 0.75, "wet": 0.25}
                said = Answer("w", scores=scores) if name == "sure" else Answer("w", "dry")
                run.log_row(f"{row}", size=(9, 9), truth=[Answer("w", option)], predictions=[said])
    sure, plain = (trainer.open_run(f"days/{name}", store=store) for name in ("sure", "plain"))

    told = [
        {gain.number for gain in trainer.measure_gains(sure, other, sampling=Sampling(resamples=50)).of()}
        for other in (sure, plain)
    ]
    assert told[0] - told[1] == {"log loss", "Brier"}


def test_rows_whose_class_nobody_knows_are_left_out_and_counted(store: Store) -> None:
    options = tuple(Feature(name, Kind.OPTION) for name in ("dry", "wet"))
    asked = Ontology((Feature("w", Kind.RADIO, options),))
    for name, said in (("first", "dry"), ("second", "wet")):
        with trainer.start_run("days", name, features=asked, store=store) as run:
            for row in range(8):
                truth = [Answer("w", "wet")] if row < 6 else []
                run.log_row(f"{row}", size=(9, 9), truth=truth, predictions=[Answer("w", said)])
        with trainer.start_run("unknown", name, features=asked, store=store) as run:
            run.log_row("a", size=(9, 9), predictions=[Answer("w", said)])
    gains = trainer.measure_gains(*(trainer.open_run(f"days/{name}", store=store) for name in ("first", "second")))

    assert (gains.rows, gains.without_truth, gains.units) == (6, 2, 6)
    assert gains.of()[0].gain == 1
    total = trainer.object_ledger(gains.pair(), split="all").total
    assert (total["newly_found"], total["fixed"]) == (6, 6)
    with pytest.raises(RecordError, match="has a true answer to 'w'"):
        trainer.measure_gains(*(trainer.open_run(f"unknown/{name}", store=store) for name in ("first", "second")))


def test_questions_that_differ_are_told_apart_in_words(store: Store) -> None:
    runs = []
    for name, question, options in (("one", "sky", ["dry"]), ("two", "sky", ["dry", "wet"]), ("three", "sea", ["dry"])):
        with trainer.start_run("days", name, store=store) as run:
            run.log_row("a", size=(8, 6), truth=[Answer(question, option) for option in options])
        runs.append(run.result)
    radio, checklist, sea = runs

    with pytest.raises(RecordError, match="'sky' is a radio in one run and a checklist in another"):
        trainer.compare(trainer.pair_runs(radio, checklist))
    with pytest.raises(RecordError, match=r"no question in common, .* They ask: sky; sea\."):
        trainer.compare(trainer.pair_runs(radio, sea, measure="classes"))


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({"dry": 0.7, "wet": 0.7}, "no log loss: the probabilities of 2 of 4 rows do not add up to 1"),
        ({"dry": 0.7}, "no log loss: 2 of 4 rows have no probability of every option"),
        ({"dry": 0.7, "wet": 0.3}, None),
    ],
)
def test_what_is_not_measured_for_want_of_probabilities_is_said(scores: dict[str, float], words: str | None) -> None:
    log = RowLog(
        None, Ontology((Feature("w", Kind.RADIO, (Feature("dry", Kind.OPTION), Feature("wet", Kind.OPTION))),))
    )
    for row in range(4):
        said = [Answer("w", scores=scores if row % 2 else {"dry": 0.4, "wet": 0.6})]
        place = {"image": None, "size": (8, 6), "text": None, "split": None, "metadata": {}, "embedding": None}
        log.add(f"{row}", truth=[Answer("w", "dry")], predictions=said, **place)  # type: ignore[arg-type]
    snapshot = log.make_snapshot()
    evaluation = evaluate(snapshot, log.predictions(snapshot), subject_of("classes", snapshot.ontology))

    assert remarks_of(evaluation) == (() if words is None else (words,))
    drawn = metrics.draw_rows(np.ones(4, dtype=bool), count=2)
    names = {each.name for each in evaluation.measured(drawn, thresholds=Thresholds())}
    assert ("log loss" in names) is (words is None)
