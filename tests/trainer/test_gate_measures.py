"""Promises about runs of classes, spans, masks and pixels, and those that would mean nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import metrics
import trainer
from trainer import Answer, Mask, ModelRun, Span, Statement
from trainer.records.errors import RecordError

SQUARE = np.zeros((20, 30), dtype=bool)
SQUARE[4:12, 5:15] = True
Runs = dict[str, tuple[ModelRun, ModelRun]]


@pytest.fixture(scope="module")
def runs(make_store, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Two runs of each: the first is right on the first 10 rows of 16, the second on the last 12."""
    store = make_store(tmp_path_factory.mktemp("gates") / "mlruns")
    return {what: (_log(store, what, range(10)), _log(store, what, range(4, 16))) for what in _SAYING}


def _say(what: str, right: bool) -> tuple[Statement, Statement]:
    if what == "classes":
        return Answer("weather", "dry"), Answer("weather", "dry" if right else "wet", 0.9)
    if what == "spans":
        return Span("person", 0, 3), Span("person", 0, 3 if right else 2, 0.9)
    return Mask("cell", SQUARE), Mask("cell", SQUARE if right else SQUARE[::-1], 0.9)


_SAYING = ("classes", "spans", "masks", "pixels")


def _log(store: trainer.Store, what: str, right: range) -> ModelRun:
    measure = what if what in ("masks", "pixels") else None
    with trainer.start_run(what, f"{right.start}", measure=measure, store=store) as run:
        for row in range(16):
            truth, said = _say(what, row in right)
            text, size = ("Ada met Oslo", None) if what == "spans" else (None, (30, 20))
            run.log_row(f"{row:02}", text=text, size=size, truth=[truth], predictions=[said])
    return run.result


def test_a_gate_holds_promises_of_classes(runs: Runs, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("promises:\n  - {number: accuracy, value_at_least: 0.1}\n  - {count: newly_missed, at_most: 99}\n")
    result = trainer.check_gate(*runs["classes"], rules)
    evidence = trainer.save_evidence(result, tmp_path / "evidence")

    assert [outcome.verdict.value for outcome in result.outcomes] == ["kept", "kept"]
    assert evidence.crops is None or evidence.crops.missing == len(evidence.crops.files)
    assert json.loads((tmp_path / "evidence" / "gate.json").read_text())["measure"] == "classes:weather"


def test_sizes_of_what_has_none_are_refused(runs: Runs) -> None:
    with pytest.raises(RecordError, match="Sizes mean nothing for classes:weather"):
        trainer.measure_gains(*runs["classes"], sizes=True)


def test_a_broken_promise_of_spans_names_them(runs: Runs, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("measure: spans\npromises:\n  - {count: newly_missed, at_most: 0}\n")
    result = trainer.check_gate(*runs["spans"], rules)
    evidence = trainer.save_evidence(result, tmp_path / "evidence")

    assert not result.passed
    assert evidence.objects == result.outcomes[0].findings[0].measured > 0


def test_a_gate_of_pixels_counts_areas(runs: Runs, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "promises:\n  - {number: IoU, feature: every, value_at_least: 0.01}\n  - {count: rows, at_least: 9}\n"
        "  - {count: newly_missed, at_most: 3}\n  - {count: newly_missed, larger_than: 8, at_most: 0}\n"
        "  - {count: new_false_alarms, at_most: 50 %}\n"
    )
    result = trainer.check_gate(*runs["pixels"], rules)
    evidence = trainer.save_evidence(result, tmp_path / "evidence")

    # The first is right on rows 0 to 9, the second on 4 to 15: 4 areas are lost, each 8 x 10 pixels.
    assert [outcome.verdict.value for outcome in result.outcomes] == ["kept", "kept", "broken", "broken", "broken"]
    assert [outcome.findings[0].measured for outcome in result.outcomes[2:]] == [4, 4, 4]
    assert evidence.objects == 8
    assert (tmp_path / "evidence" / "rows.csv").read_text().count("\n") == 5


@pytest.mark.parametrize(
    ("what", "rule", "words"),
    [
        (
            "classes",
            "{number: mAP, gain_at_least: 0}",
            "'mAP', which classes:weather of these runs do not have. There are",
        ),
        ("spans", "{count: newly_missed, larger_than: 9, at_most: 0}", "objects of some size, but spans have none"),
        ("masks", "{number: IoU, value_at_least: 0}", "ask for 'mean IoU'"),
        ("pixels", "{number: mAP small, gain_at_least: 0}", "Line 2 promises something of 'mAP small', which pixels"),
    ],
)
def test_promises_that_mean_nothing_are_refused(runs: Runs, tmp_path: Path, what: str, rule: str, words: str) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"promises:\n  - {rule}\n")

    with pytest.raises(RecordError, match=words):
        trainer.check_gate(*runs[what], rules)


@pytest.mark.parametrize(
    ("what", "head", "words"),
    [
        ("classes", "confidence: 0.3", "A least confidence means nothing for classes:weather"),
        ("spans", "iou: 0.5", "A least IoU means nothing for spans"),
        ("pixels", "confidence: 0.3", "each pixel has one feature at any confidence"),
    ],
)
def test_a_threshold_that_decides_nothing_is_refused(
    runs: Runs, tmp_path: Path, what: str, head: str, words: str
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"{head}\npromises:\n  - {{count: rows, at_least: 1}}\n")

    with pytest.raises(RecordError, match=words):
        trainer.check_gate(*runs[what], rules)


def test_a_loss_is_promised_to_be_low_and_may_be_more_than_one(store: trainer.Store, tmp_path: Path) -> None:
    pair = []
    for name, right in (("first", 0.3), ("second", 0.8)):
        with trainer.start_run("days", name, store=store) as run:
            for row in range(12):
                said = [Answer("weather", scores={"dry": right, "wet": 1 - right})]
                run.log_row(f"{row}", size=(30, 20), truth=[Answer("weather", "dry")], predictions=said)
        pair.append(run.result)
    rules = tmp_path / "rules.yaml"
    rules.write_text("promises:\n  - {number: log loss, value_at_most: 1.5}\n  - {number: Brier, gain_at_most: 0}\n")

    assert trainer.check_gate(pair[0], pair[1], rules).passed
    rules.write_text("promises:\n  - {number: log loss, gain_at_least: 0}\n")
    with pytest.raises(RecordError, match="Line 2 promises that 'log loss' is at least so high, but lower is better"):
        trainer.check_gate(pair[0], pair[1], rules)


def test_promises_of_values_and_of_gains_stand_beside_each_other(runs: Runs, tmp_path: Path) -> None:
    """Accuracy goes from 10 to 12 of 16: what is said of the value is never said of the gain, whichever comes first."""
    rules = tmp_path / "rules.yaml"
    promises = ["  - {number: accuracy, value_at_least: 0.1}\n", "  - {number: accuracy, gain_at_least: -0.9}\n"]
    for order in (promises, promises[::-1]):
        rules.write_text("promises:\n" + "".join(order))
        result = trainer.check_gate(*runs["classes"], rules)
        measured = {outcome.promise.gain: outcome.findings[0].measured for outcome in result.outcomes}  # type: ignore[union-attr]

        assert measured == {False: 12 / 16, True: 2 / 16}


def test_the_interval_of_a_value_is_for_all_rows_and_not_for_those_on_which_runs_differ(
    runs: Runs, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("promises:\n  - {number: accuracy, value_at_least: 0.1}\n")
    result = trainer.check_gate(*runs["classes"], rules)
    [finding] = result.outcomes[0].findings
    number = next(each for each in result.gains.measured[1] if each.name == "accuracy")
    alone = metrics.paired_gain((0, number.value), (np.zeros(1000), number.resampled), units=number.units)

    assert (finding.low, finding.high) == (alone.low, alone.high)
