"""One word for one number, whatever it is kept under."""

from __future__ import annotations

import pytest

import trainer
from trainer.measures.measuring import HEADLINES, listed_numbers
from trainer.measures.number_names import (
    KEYS,
    OF_ALL,
    OF_FEATURE,
    Numbers,
    by_keys,
    in_words,
    refuse_taken,
    summary_in_words,
)
from trainer.records.measure import Measure
from trainer.runs.model_runs import ModelRun
from trainer.store import Store


@pytest.mark.parametrize("measure", list(Measure))
def test_runs_are_listed_by_words_that_compare_says(measure: Measure) -> None:
    assert set(HEADLINES[measure]) <= set(OF_ALL)


@pytest.mark.parametrize("measure", list(Measure))
def test_what_is_kept_in_mlflow_is_found_again_by_its_words(measure: Measure) -> None:
    numbers = {name: place / 10 for place, name in enumerate(HEADLINES[measure])}

    assert in_words(by_keys(numbers, measure)) == numbers
    assert not set(by_keys(numbers, measure)) & set(KEYS.values())  # runs of old and new stand in one column of MLflow


def test_a_number_is_found_by_its_key_and_nothing_is_found_by_a_wrong_one() -> None:
    numbers = Numbers({"mean IoU": 0.5})

    assert numbers["mIoU"] == numbers["mean IoU"] == 0.5
    for unknown in ("AP_50", "mean_iou"):
        with pytest.raises(KeyError, match=unknown):
            numbers[unknown]


def test_a_number_of_ones_own_takes_neither_the_word_nor_the_key_of_ours() -> None:
    for name in {*KEYS, *KEYS.values(), *OF_ALL, *OF_FEATURE}:
        with pytest.raises(trainer.RecordError, match="is a number that modelruns makes"):
            refuse_taken(name)


def test_a_summary_says_the_words_and_keeps_everything_else() -> None:
    told = summary_in_words({"rule": "r", "coco": {"ap": 0.1, "ar_small": None}, "thresholds": {"min_iou": 0.5}})

    assert told == {"rule": "r", "coco": {"mAP": 0.1, "AR small": None}, "thresholds": {"min_iou": 0.5}}


def test_a_sealed_run_says_words_and_mlflow_keeps_keys(two_runs, store: Store) -> None:
    run: ModelRun = two_runs.candidate

    assert list(run.headline) == ["mAP", "AP50", "F1"]
    assert run.headline["mAP_50_95"] == run.headline["mAP"] == run.stored.metrics["mAP_50_95"]
    assert listed_numbers([run.stored]) == ("mAP", "AP50", "F1")
