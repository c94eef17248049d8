"""The gate: a promise is kept, broken or undecided, and what cannot be decided never passes in silence."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import trainer
from trainer import Box, GateResult, ModelRun, Store, check_gate, save_evidence
from trainer.gates.findings import Verdict, within
from trainer.gates.promises import Bound
from trainer.gates.rules import parse_rules

CAR, BUS = Box("car", 0, 0, 10, 10), Box("bus", 40, 40, 50, 50)
CAR_FOUND, BUS_FOUND = Box("car", 0, 0, 10, 10, 0.9), Box("bus", 40, 40, 50, 50, 0.9)
ALARM = Box("car", 20, 70, 9, 9, 0.8)
ROWS = [f"{number:02}" for number in range(12)]


def _log(
    store: Store,
    name: str,
    rows: dict[str, Sequence[Box]],
    *,
    truth: Sequence[Box] = (CAR, BUS),
    **other: Sequence[Box],
) -> ModelRun:
    with trainer.start_run("street", name, features=["car", "bus", "tram"], store=store) as run:
        for key, predictions in rows.items():
            run.log_row(key, size=(99, 99), truth=other.get("truth_of_" + key, truth), predictions=predictions)
    return run.result


def _check(baseline: ModelRun, candidate: ModelRun, *promises: str, **settings: str) -> GateResult:
    top = "".join(f"{key}: {value}, " for key, value in settings.items())
    rules = parse_rules(f"{{resamples: 200, {top}promises: [{', '.join(f'{{{each}}}' for each in promises)}]}}")
    return check_gate(baseline, candidate, rules)


def _verdicts(result: GateResult) -> list[str]:
    return [outcome.verdict.value for outcome in result.outcomes]


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def good(store: Store) -> ModelRun:
    """Finds everything."""
    return _log(store, "good", dict.fromkeys(ROWS, (CAR_FOUND, BUS_FOUND)))


@pytest.fixture
def blind_to_cars(store: Store) -> ModelRun:
    """Finds every bus and no car."""
    return _log(store, "blind-to-cars", dict.fromkeys(ROWS, (BUS_FOUND,)))


def test_a_run_keeps_every_promise_not_to_lose_against_itself(good: ModelRun) -> None:
    result = _check(
        good,
        good,
        "number: mAP, gain_at_least: 0",
        "number: AP, feature: every, gain_at_least: 0",
        "count: newly_missed, at_most: 0",
        "count: new_false_alarms, feature: every, at_most: 0 %",
    )

    assert _verdicts(result) == ["kept"] * 4
    assert result.passed
    assert result.outcomes[1].not_judged == ("tram",)


def test_what_is_lost_for_certain_breaks_a_promise(good: ModelRun, blind_to_cars: ModelRun) -> None:
    result = _check(good, blind_to_cars, "number: mAP, gain_at_least: -0.01", "number: recall, gain_at_least: -0.6")

    assert _verdicts(result) == ["broken", "kept"]
    assert not result.passed


def test_the_feature_that_broke_a_promise_is_named(good: ModelRun, blind_to_cars: ModelRun) -> None:
    (outcome,) = _check(good, blind_to_cars, "number: AP, feature: every, gain_at_least: -0.01").outcomes
    worst = outcome.worst

    assert {finding.feature: finding.verdict.value for finding in outcome.findings} == {"car": "broken", "bus": "kept"}
    assert worst is not None
    assert (worst.feature, worst.measured) == ("car", pytest.approx(-1))


def test_a_bound_inside_the_interval_is_undecided_and_does_not_pass(store: Store, good: ModelRun) -> None:
    mixed = _log(store, "mixed", {key: (CAR_FOUND, BUS_FOUND)[: 1 + int(key) % 2] for key in ROWS})
    strict, lenient = (
        _check(good, mixed, f"number: recall, feature: bus, gain_at_least: -0.5{extra}")
        for extra in ("", ", undecided: allow")
    )

    assert _verdicts(strict) == _verdicts(lenient) == ["undecided"]
    assert not strict.passed
    assert lenient.passed


def test_a_feature_on_too_few_rows_is_undecided_however_clear_it_looks(store: Store) -> None:
    few = {f"truth_of_{key}": (BUS,) for key in ROWS[5:]}
    both = _log(store, "both", dict.fromkeys(ROWS, (CAR_FOUND, BUS_FOUND)), **few)
    result = _check(
        both,
        both,
        "number: AP, feature: car, gain_at_least: 0",
        "number: AP, feature: every, gain_at_least: 0",
        "number: AP, feature: every, gain_at_least: 0, least_rows: 6",
        "number: AP, feature: every, gain_at_least: 0, least_truths: 100",
    )

    assert _verdicts(result) == ["undecided", "undecided", "kept", "undecided"]
    assert "too few to show anything" in result.outcomes[0].findings[0].reason
    assert result.outcomes[2].not_judged == ("car", "tram")
    assert result.outcomes[3].findings == ()


def test_a_feature_that_is_not_judged_widens_no_interval(store: Store) -> None:
    few = {f"truth_of_{key}": (CAR,) for key in ROWS[8:]}
    torn = _log(store, "torn", {key: (CAR_FOUND, BUS_FOUND)[int(key) % 3 == 0 :] for key in ROWS}, **few)
    torn_more = _log(store, "torn-more", {key: (CAR_FOUND,) if int(key) % 2 else (BUS_FOUND,) for key in ROWS}, **few)
    result = _check(
        torn,
        torn_more,
        "number: recall, feature: every, gain_at_least: -0.9",
        "number: recall, feature: every, gain_at_least: -0.9, least_rows: 10",
    )
    widths = [{each.feature: each.high - each.low for each in outcome.findings} for outcome in result.outcomes]

    assert set(widths[0]) == {"car", "bus"}
    assert widths[1].keys() == {"car"}
    assert widths[1]["car"] < widths[0]["car"]
    assert result.outcomes[1].not_judged == ("bus", "tram")


def test_a_named_feature_below_its_least_numbers_is_undecided(good: ModelRun) -> None:
    result = _check(good, good, "number: AP, feature: car, gain_at_least: 0, least_truths: 13")

    assert _verdicts(result) == ["undecided"]
    assert result.outcomes[0].findings[0].reason == "there are fewer than 13 truths of it"


def test_lost_objects_are_counted_by_feature_and_size(good: ModelRun, blind_to_cars: ModelRun) -> None:
    result = _check(
        good,
        blind_to_cars,
        "count: newly_missed, at_most: 11",
        "count: newly_missed, feature: bus, at_most: 0",
        "count: newly_missed, larger_than: 10, at_most: 0",
        "count: newly_missed, feature: car, smaller_than: 10.5, at_most: 12",
        "count: newly_missed, at_most: 50 %",
        "count: newly_missed, feature: every, at_most: 50 %",
        "count: newly_missed, feature: tram, at_most: 0",
        "count: newly_missed, larger_than: 90, at_most: 0",
    )

    assert [outcome.findings[0].measured for outcome in result.outcomes[:5]] == [12, 0, 0, 12, 12]
    assert _verdicts(result) == ["broken", "kept", "kept", "kept", "kept", "broken", "undecided", "undecided"]


def test_new_false_alarms_are_a_share_of_the_baselines(store: Store) -> None:
    alarms = {key: [Box("car", 20, 70, 9, 9, 0.8)] if int(key) < 10 else [] for key in ROWS}
    baseline = _log(store, "ten-alarms", alarms)
    candidate = _log(store, "eleven-alarms", alarms | {"11": [ALARM]})
    result = _check(
        baseline,
        candidate,
        "count: new_false_alarms, at_most: 10 %",
        "count: new_false_alarms, at_most: 9 %",
        "count: fixed_false_alarms, at_least: 1",
        "count: new_false_alarms, feature: bus, at_most: 5 %",
    )

    assert [outcome.findings[0].limit for outcome in result.outcomes] == pytest.approx([1, 0.9, 1, 0])
    assert _verdicts(result) == ["kept", "broken", "broken", "kept"]


def test_rows_and_truths_can_be_asked_for(good: ModelRun) -> None:
    result = _check(
        good,
        good,
        "count: rows, at_least: 12",
        "count: rows, at_least: 13",
        "count: truths, feature: car, at_least: 12",
        "count: truths, feature: every, at_least: 1",
    )

    assert _verdicts(result) == ["kept", "broken", "kept", "broken"]


def test_a_candidates_own_value_can_be_promised(good: ModelRun, blind_to_cars: ModelRun) -> None:
    result = _check(
        good,
        blind_to_cars,
        "number: recall, value_at_least: 0.5",
        "number: recall, value_at_least: 0.51",
        "number: recall, feature: bus, value_at_least: 0.9",
    )

    assert [outcome.findings[0].measured for outcome in result.outcomes] == [0.5, 0.5, 1]
    assert _verdicts(result) == ["kept", "broken", "kept"]


def test_a_gain_over_different_truth_is_undecided_unless_allowed(store: Store, good: ModelRun) -> None:
    edited = _log(store, "edited", dict.fromkeys(ROWS, (CAR_FOUND, BUS_FOUND)), truth_of_00=(CAR,))
    promise = "number: recall, gain_at_least: 0"
    strict, lenient = _check(good, edited, promise), _check(good, edited, promise, different_truth="allow")

    assert (_verdicts(strict), _verdicts(lenient)) == (["undecided"], ["kept"])
    assert "different truth" in strict.outcomes[0].findings[0].reason


def test_rows_that_only_one_run_has_leave_the_truth_the_same(store: Store, good: ModelRun) -> None:
    more = _log(store, "more-rows", dict.fromkeys([*ROWS, "99"], (CAR_FOUND, BUS_FOUND)))
    result = _check(good, more, "number: recall, gain_at_least: 0")

    assert (result.gains.shared.same_snapshot, result.gains.same_truth) == (False, True)
    assert result.passed


def test_a_feature_that_the_candidate_no_longer_knows_does_not_pass_unseen(store: Store, good: ModelRun) -> None:
    with trainer.start_run("street", "cars-alone", features=["car"], store=store) as run:
        for key in ROWS:
            run.log_row(key, size=(99, 99), truth=[CAR], predictions=[CAR_FOUND])
    result = _check(
        good,
        run.result,
        "number: AP, feature: every, gain_at_least: -0.01",
        "count: newly_missed, feature: every, at_most: 0",
        "count: new_false_alarms, feature: every, at_most: 0",
    )

    assert _verdicts(result) == ["undecided", "undecided", "kept"]
    assert [finding.feature for finding in result.outcomes[1].findings if finding.reason] == ["bus"]


def test_a_promise_about_an_unknown_feature_is_an_error(good: ModelRun) -> None:
    with pytest.raises(trainer.NotFoundError, match=r"Line 1 .* 'cart'.* share: car, bus, tram"):
        _check(good, good, "count: newly_missed, feature: cart, at_most: 0")


@pytest.mark.parametrize(
    ("low", "high", "at_least", "at_most"),
    [
        (0.0, 0.1, Verdict.KEPT, Verdict.UNDECIDED),
        (-0.1, 0.0, Verdict.UNDECIDED, Verdict.KEPT),
        (0.1, 0.2, Verdict.KEPT, Verdict.BROKEN),
        (-0.2, -0.1, Verdict.BROKEN, Verdict.KEPT),
        (np.nan, np.nan, Verdict.UNDECIDED, Verdict.UNDECIDED),
    ],
)
def test_an_interval_keeps_a_bound_only_as_a_whole(
    low: float, high: float, at_least: Verdict, at_most: Verdict
) -> None:
    assert within(low, high, Bound(0.0, upper=False)) is at_least
    assert within(low, high, Bound(0.0, upper=True)) is at_most


def test_evidence_holds_rules_numbers_rows_objects_and_crops(two_runs, tmp_path: Path) -> None:
    rules = parse_rules(
        "{split: all, resamples: 100, promises: [{count: rows, at_least: 24}, {count: newly_missed, at_most: 0},"
        " {number: recall, gain_at_least: 0.9}, {count: new_false_alarms, at_most: 0}]}"
    )
    result = check_gate(two_runs.candidate, two_runs.baseline, rules)
    evidence = save_evidence(result, tmp_path / "evidence", most_crops=3)
    facts = json.loads((tmp_path / "evidence/gate.json").read_text())
    objects = _read_csv(tmp_path / "evidence/objects.csv")
    rows = _read_csv(tmp_path / "evidence/rows.csv")
    totals = result.ledger.total

    assert [entry["verdict"] for entry in facts["promises"]] == ["kept", "broken", "broken", "broken"]
    assert facts["baseline"]["snapshot"] == two_runs.candidate.snapshot.digest
    assert facts["baseline"]["manifest_sha256"] == two_runs.candidate.stored.manifest_sha256
    assert facts["sampling"]["seed"] == 0
    assert (tmp_path / "evidence/rules.yaml").read_text() == rules.text
    assert len(objects) == evidence.objects == totals["newly_missed"] + totals["new"] > 3
    assert {entry["promises"] for entry in objects} == {"2 3", "3 4"}
    assert len(rows) == evidence.rows == len({entry["key"] for entry in objects})
    assert sum(int(entry["objects"]) for entry in rows) == len(objects)
    assert [entry["crop"] != "" for entry in objects] == [True] * 3 + [False] * (len(objects) - 3)
    assert all((tmp_path / "evidence" / entry["crop"]).is_file() for entry in objects[:3])
    assert facts["crops"] == {"cut": 3, "without_picture": 0, "not_tried": len(objects) - 3, "problems": []}


def test_evidence_of_a_gate_that_passed_holds_no_objects(good: ModelRun, tmp_path: Path) -> None:
    evidence = save_evidence(_check(good, good, "number: mAP, gain_at_least: 0"), tmp_path / "evidence")

    assert (evidence.objects, evidence.rows, evidence.crops) == (0, 0, None)
    assert sorted(path.name for path in (tmp_path / "evidence").iterdir()) == [
        "gate.json",
        "objects.csv",
        "rows.csv",
        "rules.yaml",
    ]


def test_evidence_without_pictures_tells_why_there_are_no_crops(
    good: ModelRun, blind_to_cars: ModelRun, tmp_path: Path
) -> None:
    evidence = save_evidence(_check(good, blind_to_cars, "count: newly_missed, at_most: 0"), tmp_path / "evidence")
    facts = json.loads((tmp_path / "evidence/gate.json").read_text())

    assert evidence.objects == facts["crops"]["without_picture"] == 12
    assert "no picture" in facts["crops"]["problems"][0]
    assert not (tmp_path / "evidence/crops").exists()


def test_evidence_is_never_mixed_with_other_files(good: ModelRun, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("of last week")

    with pytest.raises(trainer.RecordError, match="not an empty folder"):
        save_evidence(_check(good, good, "count: rows, at_least: 1"), tmp_path)


def test_everything_reads_as_a_data_frame(good: ModelRun, blind_to_cars: ModelRun) -> None:
    result = _check(good, blind_to_cars, "number: AP, feature: every, gain_at_least: 0", "count: rows, at_least: 1")

    assert result.to_pandas()["verdict"].tolist() == ["broken", "kept", "kept"]
