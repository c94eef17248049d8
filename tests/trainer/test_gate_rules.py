"""The file of promises: what it may say, and how each mistake in it is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.gates.promises import EVERY, CountPromise, NumberPromise
from trainer.gates.rules import parse_rules, read_rules
from trainer.records.errors import RecordError


def _problems(text: str) -> list[str]:
    with pytest.raises(RecordError) as refused:
        parse_rules(text, name="promises.yaml")
    return [line.strip() for line in str(refused.value).splitlines()]


def test_a_promise_about_a_number_is_read() -> None:
    (promise,) = parse_rules("promises: [{number: AP, feature: every, gain_at_least: -0.01, level: 99 %}]").promises

    assert isinstance(promise, NumberPromise)
    assert (promise.number, promise.feature, promise.gain, promise.level) == ("AP", EVERY, True, 0.99)
    assert (promise.bound.limit, promise.bound.upper) == (-0.01, False)
    assert promise.name == "AP gain of every feature >= -0.01 at 99 %"


def test_a_promise_about_a_count_is_read() -> None:
    (promise,) = parse_rules("promises: [{count: newly missed, feature: person, larger_than: 32, at_most: 0}]").promises

    assert isinstance(promise, CountPromise)
    assert (promise.count, promise.larger_than, promise.bound.limit) == ("newly_missed", 32, 0)
    assert promise.name == "newly missed person larger than 32 px <= 0"


def test_a_share_is_read_as_one() -> None:
    (promise,) = parse_rules("promises: [{count: new_false_alarms, at_most: 5 %}]").promises

    assert (promise.bound.limit, promise.bound.relative, str(promise.bound)) == (0.05, True, "<= 5 %")


def test_what_is_left_out_is_as_in_a_comparison() -> None:
    rules = parse_rules("promises: [{number: mAP, gain_at_least: 0}]")

    assert (rules.split, rules.thresholds.min_confidence, rules.thresholds.min_iou) == (None, 0.5, 0.5)
    assert (rules.sampling.resamples, rules.sampling.level, rules.sampling.seed) == (1000, 0.95, 0)
    assert not rules.promises[0].allow_undecided
    assert not rules.allow_other_truth


def test_settings_hold_for_every_promise_that_sets_none_of_its_own() -> None:
    rules = parse_rules(
        "{level: 0.9, clusters: site, split: test, confidence: 0.3, seed: 7, different_truth: allow,"
        " promises: [{number: mAP, gain_at_least: 0}, {number: F1, value_at_least: 0.6, level: 0.8}]}"
    )

    assert [promise.level for promise in rules.promises if isinstance(promise, NumberPromise)] == [0.9, 0.8]
    assert (rules.sampling.clusters, rules.split, rules.thresholds.min_confidence) == ("site", "test", 0.3)
    assert rules.allow_other_truth


def test_sizes_are_measured_when_a_promise_is_about_them() -> None:
    assert parse_rules("promises: [{number: mAP small, gain_at_least: 0}]").sizes
    assert not parse_rules("promises: [{number: mAP, gain_at_least: 0}]").sizes


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    found = _problems(
        "splt: test\npromises:\n  - number: mAP\n    gain_at_lest: 0\n  - count: rows\n    at_least: -1\n"
    )

    assert found[0] == "promises.yaml: 4 problems; nothing was checked."
    assert [line.split(":")[0] for line in found[1:]] == ["line 1", "line 3", "line 4", "line 6"]
    assert "'split' is near" in found[1]
    assert "'gain_at_least' is near" in found[3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no 'promises'"),
        ("promises: []", "one promise a line"),
        ("promises: [words]", "one of 'number', 'own_number' and 'count'"),
        ("promises: [{number: mAP, count: rows, at_least: 1}]", "one of 'number', 'own_number' and 'count'"),
        ("promises: [{number: mAPs, gain_at_least: 0}]", "allowed: mAP, AP50"),
        ("promises: [{number: AP, gain_at_least: 0}]", "add 'feature: PATH'"),
        ("promises: [{number: mAP, feature: car, gain_at_least: 0}]", "a number over all features"),
        ("promises: [{number: mAP}]", "has no bound"),
        ("promises: [{number: mAP, gain_at_least: 0, gain_at_most: 1}]", "exactly one of"),
        ("promises: [{number: mAP, gain_at_least: -1}]", "neither of them (numbers run from 0 to 1: 1 AP is 0.01"),
        ("promises: [{number: mAP, gain_at_least: .nan}]", "needs to be a number"),
        ("promises: [{number: mAP, gain_at_least: true}]", "needs to be a number"),
        ("promises: [{number: mAP, gain_at_least: [0]}]", "a list or mapping"),
        ("promises: [{number: mAP, gain_at_least: 0, level: 95}]", "0.95 or 95 %"),
        ("promises: [{number: mAP, gain_at_least: 0, level: 0.9999}]", "at least 20,000 resamples"),
        ("promises: [{number: mAP, gain_at_least: 0, undecided: pass}]", "allowed: refuse, allow"),
        ("promises: [{count: misses, at_most: 0}]", "allowed: newly_missed"),
        ("promises: [{count: rows, feature: car, at_least: 5}]", "have no feature"),
        ("promises: [{count: rows, at_least: 5 %}]", "a share of rows means nothing"),
        ("promises: [{count: newly_missed, at_most: 0.5}]", "a whole number from 0"),
        ("promises: [{count: newly_missed, at_most: 0, larger_than: 32, smaller_than: 9}]", "nothing is larger"),
        ("{resamples: 10, promises: [{count: rows, at_least: 1}]}", "a whole number from 100"),
        ("{iou: 0.01, promises: [{count: rows, at_least: 1}]}", "from 0.05 to 1"),
        ("{split: val, promises: [{count: rows, at_least: 1}]}", "allowed: training, validation"),
        ("promises: [{count: rows, at_least: 1, at_least: 2}]", "'at_least' twice"),
        ("promises: [", "this is no YAML"),
        ("promises: !!python/object:os.system {}", "one promise a line"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(text: str, said: str) -> None:
    lines = _problems(text)

    assert said in "\n".join(lines)
    assert "line 1" in "\n".join(lines)


def test_a_file_is_named_in_its_errors_and_kept_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "promises.yaml"
    path.write_text("promises: [{count: rows, at_least: 1}]  # at least something\n", encoding="utf-8")

    assert read_rules(path).text == path.read_text(encoding="utf-8")

    path.write_text("promises: 5", encoding="utf-8")
    with pytest.raises(RecordError, match=r"promises\.yaml: 1 problem"):
        read_rules(path)
