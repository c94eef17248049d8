"""Promises about runs of classes, spans, masks and pixels, and those that would mean nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

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
    ],
)
def test_promises_that_mean_nothing_are_refused(runs: Runs, tmp_path: Path, what: str, rule: str, words: str) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"promises:\n  - {rule}\n")

    with pytest.raises(RecordError, match=words):
        trainer.check_gate(*runs[what], rules)
