"""The object ledger of two runs: every truth and false alarm once, with names, and as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import trainer
from metrics import Change
from trainer import Box, LedgerKeeper, ModelRun, Store, Thresholds, compare, object_ledger, pair_runs
from trainer.comparing.ledger_table import CHANGES, DIFFERING, LEDGER_SCHEMA, TELLING
from trainer.formats import coco

TRUTH = {"a": [Box("car", 0, 0, 10, 10), Box("bus", 40, 40, 40, 40)], "b": [Box("car", 20, 20, 10, 10)], "c": []}


def _log(
    store: Store,
    name: str,
    predictions: dict[str, Sequence[Box]],
    *,
    truth: dict[str, Sequence[Box]] = TRUTH,
    features: Sequence[str] = ("car", "bus"),
) -> ModelRun:
    with trainer.start_run("street", name, features=features, store=store) as run:
        for key, boxes in truth.items():
            run.log_row(key, size=(100, 100), truth=boxes, predictions=predictions.get(key, ()))
    return run.result


@pytest.fixture
def small(store: Store) -> trainer.Pair:
    """Two runs with one object of each change but `still_missed`, and a car that the candidate takes for a bus."""
    baseline = _log(
        store,
        "before",
        {
            "a": [Box("car", 0, 0, 10, 8, 0.9)],
            "b": [Box("car", 20, 20, 10, 10, 0.8), Box("bus", 70, 70, 20, 20, 0.7)],
            "c": [Box("car", 5, 5, 9, 9, 0.6)],
        },
    )
    candidate = _log(
        store,
        "after",
        {
            "a": [Box("car", 0, 0, 10, 10, 0.95), Box("bus", 40, 40, 40, 38, 0.75)],
            "b": [Box("bus", 20, 20, 10, 10, 0.85), Box("bus", 70, 70, 20, 20, 0.65)],
            "c": [Box("car", 60, 60, 9, 9, 0.55)],
        },
    )
    return pair_runs(baseline, candidate)


def _lines(ledger: trainer.ObjectLedger, change: str) -> list[dict]:
    return [line for line in ledger.table.to_pylist() if line["change"] == change]


def test_every_object_has_one_line_that_says_what_became_of_it(small: trainer.Pair) -> None:
    ledger = object_ledger(small)
    seen = [(line["key"], line["feature"], line["change"]) for line in ledger.table.to_pylist()]

    assert seen == [
        ("a", "car", "kept"),
        ("a", "bus", "newly_found"),
        ("b", "car", "newly_missed"),
        ("b", "bus", "new"),
        ("b", "bus", "persistent"),
        ("c", "car", "new"),
        ("c", "car", "fixed"),
    ]


def test_a_line_holds_boxes_sizes_and_what_each_run_said(small: trainer.Pair) -> None:
    (missed,) = _lines(object_ledger(small), "newly_missed")

    assert (missed["left"], missed["top"], missed["width"], missed["height"]) == (20, 20, 10, 10)
    assert (missed["area"], missed["size"], missed["kind"], missed["placed"]) == (100, "small", "truth", None)
    assert (missed["baseline_confidence"], missed["baseline_iou"], missed["baseline_taken_for"]) == (0.8, 1, "car")
    assert (missed["candidate_confidence"], missed["candidate_iou"], missed["candidate_taken_for"]) == (
        0.85,
        None,
        "bus",
    )
    assert (missed["baseline_run"], missed["candidate_run"]) == ("before", "after")


def test_a_kept_truth_says_whether_it_is_placed_better(small: trainer.Pair) -> None:
    (kept,) = _lines(object_ledger(small), "kept")

    assert (kept["baseline_iou"], kept["candidate_iou"], kept["placed"]) == (0.8, 1, "better")


def test_a_false_alarm_on_a_missed_truth_of_another_feature_names_it(small: trainer.Pair) -> None:
    on_car, alone = _lines(object_ledger(small), "new")

    assert (on_car["kind"], on_car["feature"], on_car["candidate_taken_for"]) == ("false alarm", "bus", "car")
    assert alone["candidate_taken_for"] is None


def test_a_fixed_false_alarm_stands_where_the_baseline_saw_it(small: trainer.Pair) -> None:
    (fixed,) = _lines(object_ledger(small), "fixed")

    assert (fixed["left"], fixed["baseline_left"], fixed["candidate_left"]) == (5, 5, None)
    assert (fixed["baseline_confidence"], fixed["candidate_confidence"]) == (0.6, None)


def test_numbers_of_predictions_and_truths_are_those_of_the_runs(two_runs) -> None:
    pair = pair_runs(two_runs.baseline, two_runs.candidate)
    lines = object_ledger(pair, split="all").frame
    for side, run in (("baseline", two_runs.baseline), ("candidate", two_runs.candidate)):
        there = lines[lines[f"{side}_prediction"].notna()]
        number = there[f"{side}_prediction"].astype(int).to_numpy()

        assert there[f"{side}_confidence"].to_numpy() == pytest.approx(run.predictions.confidence[number])
        assert there[f"{side}_left"].to_numpy() == pytest.approx(run.predictions.box[number, 0])
    truths = lines[lines["kind"] == "truth"]

    assert truths["area"].to_numpy() == pytest.approx(
        two_runs.candidate.snapshot.truth.area[truths["truth"].astype(int)]
    )


@pytest.mark.parametrize(
    ("confidence", "iou", "split"), list(product((0, 0.5, 0.9), (0.05, 0.5, 0.95), ("all", "test")))
)
def test_totals_reconcile_with_the_counts_of_both_runs(two_runs, confidence: float, iou: float, split: str) -> None:
    pair, thresholds = pair_runs(two_runs.baseline, two_runs.candidate), Thresholds(confidence, iou)
    ledger, comparison = (
        object_ledger(pair, thresholds=thresholds, split=split),
        compare(pair, thresholds=thresholds, split=split),
    )
    columns = {name: ledger.per_feature[name].to_numpy() for name in ("truths", *TELLING)}
    before, after = (scores.at_thresholds.per_feature for scores in (comparison.baseline, comparison.candidate))

    assert (columns["kept"] + columns["newly_found"]).tolist() == after.tp.tolist()
    assert (columns["kept"] + columns["newly_missed"]).tolist() == before.tp.tolist()
    assert (columns["newly_missed"] + columns["still_missed"]).tolist() == after.missed.tolist()
    assert (columns["newly_found"] + columns["still_missed"]).tolist() == before.missed.tolist()
    assert (columns["persistent"] + columns["new"]).tolist() == after.fp.tolist()
    assert (columns["persistent"] + columns["fixed"]).tolist() == before.fp.tolist()
    assert columns["truths"].tolist() == after.truths.tolist()
    assert Counter(ledger.table["change"].to_pylist()) == Counter({k: n for k, n in ledger.total.items() if n})


def test_better_places_and_mistaken_features_are_counted_per_feature(small: trainer.Pair) -> None:
    names = ("placed_better", "placed_worse", "newly_mistaken", "no_longer_mistaken")
    there, back = (object_ledger(pair).per_feature for pair in (small, pair_runs(small.candidate, small.baseline)))

    assert [there[name].to_pylist() for name in names] == [[1, 0], [0, 0], [1, 0], [0, 0]]
    assert [back[name].to_pylist() for name in names] == [[0, 0], [1, 0], [0, 0], [1, 0]]


def test_totals_reconcile_for_two_real_models_down_to_the_lowest_confidence(store: Store, shared_data: Path) -> None:
    folder = shared_data / "coco_val2017_yolact100"
    data = trainer.import_project("yolact", folder / "gt_boxes_100.json", format="coco", split="none", store=store)
    runs = []
    for name in ("resnet50", "base"):
        predictions = coco.read_predictions(folder / f"yolact_{name}_results.json", data.version.snapshot)
        with trainer.start_run("yolact", name, project=data.version, store=store) as run:
            run.log_predictions(predictions)
        runs.append(run.result)
    pair = pair_runs(*runs)
    keeper = LedgerKeeper(pair)
    for thresholds in (Thresholds(0.0, 0.05), Thresholds(0.05, 0.5), Thresholds(0.3, 0.75), Thresholds(1.0, 0.5)):
        total, comparison = keeper.at(thresholds).total, compare(pair, thresholds=thresholds)
        before, after = (scores.at_thresholds.total for scores in (comparison.baseline, comparison.candidate))

        assert (total["kept"] + total["newly_missed"], total["persistent"] + total["fixed"]) == (before.tp, before.fp)
        assert (total["kept"] + total["newly_found"], total["persistent"] + total["new"]) == (after.tp, after.fp)
        assert total["newly_missed"] + total["still_missed"] == after.missed


def test_a_pair_of_some_rows_only_keeps_to_them(two_runs) -> None:
    whole = pair_runs(two_runs.baseline, two_runs.candidate)
    some = trainer.Pair(whole.baseline, whole.candidate, whole.baseline_rows[3:9], whole.candidate_rows[3:9])
    lines, all_lines = object_ledger(some, split="all").table, object_ledger(whole, split="all").table
    keys = pa.array(two_runs.candidate.snapshot.rows.keys[3:9])

    assert lines.equals(all_lines.filter(pc.is_in(all_lines["key"], keys)))


def test_each_run_may_have_its_own_confidence_but_not_its_own_iou(two_runs) -> None:
    pair = pair_runs(two_runs.baseline, two_runs.candidate)
    ledger = object_ledger(pair, thresholds=(Thresholds(0.4), Thresholds(0.8)))
    low, high = (compare(pair, thresholds=Thresholds(c)) for c in (0.4, 0.8))

    assert ledger.total["kept"] + ledger.total["newly_missed"] == low.baseline.at_thresholds.total.tp
    assert ledger.total["kept"] + ledger.total["newly_found"] == high.candidate.at_thresholds.total.tp
    with pytest.raises(trainer.RecordError, match="one IoU for both runs"):
        object_ledger(pair, thresholds=(Thresholds(0.5, 0.5), Thresholds(0.5, 0.6)))


def test_a_run_against_itself_keeps_or_still_misses_everything(two_runs) -> None:
    ledger = object_ledger(pair_runs(two_runs.candidate, two_runs.candidate), split="all")

    assert {change for change, n in ledger.total.items() if n} <= {"kept", "still_missed", "persistent"}
    assert np.isnan(ledger.p_value)
    assert ledger.per_feature["p"].null_count == len(ledger.features)


def test_swapping_the_runs_swaps_the_changes(two_runs) -> None:
    there = object_ledger(pair_runs(two_runs.baseline, two_runs.candidate), split="all")
    back = object_ledger(pair_runs(two_runs.candidate, two_runs.baseline), split="all")
    swapped = {"newly_found": "newly_missed", "newly_missed": "newly_found", "new": "fixed", "fixed": "new"}

    assert {swapped.get(change, change): n for change, n in there.total.items()} == back.total
    assert there.p_value == back.p_value


def test_where_the_snapshots_differ_the_ledger_is_on_the_candidates_truth(store: Store) -> None:
    found = [Box("car", 0, 0, 10, 10, 0.9)]
    before = {"a": [Box("bus", 50, 50, 9, 9), Box("car", 0, 0, 10, 10)], "b": [Box("car", 0, 0, 10, 10)], "x": []}
    after = {"a": [Box("car", 0, 0, 10, 10)], "b": [Box("car", 60, 60, 10, 10)], "z": [Box("car", 0, 0, 10, 10)]}
    baseline = _log(
        store, "old", {"a": [Box("bus", 50, 50, 9, 9, 0.8), *found], "b": found}, truth=before, features=("bus", "car")
    )
    candidate = _log(store, "new", {"b": found, "z": found}, truth=after, features=("car", "van"))
    ledger = object_ledger(pair_runs(baseline, candidate))
    seen = [(line["key"], line["change"], line["baseline_prediction"]) for line in ledger.table.to_pylist()]

    assert seen == [("a", "newly_missed", 1), ("b", "still_missed", None), ("b", "persistent", 2)]
    assert (ledger.rows, ledger.features) == (2, ("car",))
    assert ledger.terms["rows_left_out"] == {"baseline": 1, "candidate": 1}
    assert ledger.terms["features_left_out"] == ["bus", "van"]


def test_lines_are_chosen_by_change_and_feature_and_the_surest_come_first(small: trainer.Pair) -> None:
    ledger = object_ledger(small)
    chosen = ledger.choose(changes=["new", "newly_missed"])

    assert chosen["change"].to_pylist() == ["new", "new", "newly_missed"]
    assert chosen["candidate_confidence"].to_pylist() == [0.85, 0.55, 0.85]
    assert ledger.choose(changes=["new"], features=["car"])["key"].to_pylist() == ["c"]
    assert len(ledger.choose()) == len(ledger.table)


def test_what_cannot_be_chosen_is_refused_with_what_can(small: trainer.Pair) -> None:
    ledger = object_ledger(small)

    with pytest.raises(trainer.RecordError, match="'lost' is no change; there are newly_missed, new"):
        ledger.choose(changes=["lost"])
    with pytest.raises(trainer.NotFoundError, match="share no feature 'van'"):
        ledger.choose(features=["van"])


def test_every_change_has_a_place_in_the_order_of_telling() -> None:
    assert sorted(TELLING) == sorted(CHANGES) == sorted(change.name.lower() for change in Change)
    assert set(DIFFERING) < set(TELLING)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".CSV"])
def test_what_is_written_is_read_back_equal(two_runs, tmp_path: Path, ending: str) -> None:
    table = object_ledger(pair_runs(two_runs.baseline, two_runs.candidate), split="all").table
    path = trainer.save_ledger(table, tmp_path / "made" / f"ledger{ending}")

    assert trainer.read_ledger(path).equals(table)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_awkward_words_survive_a_csv_file(small: trainer.Pair, tmp_path: Path) -> None:
    table = object_ledger(small).table
    awkward = ['a,b "c"\nd', "", "NA", "1e3", "=1+1", "日本", " x "]
    table = table.set_column(table.schema.get_field_index("key"), LEDGER_SCHEMA.field("key"), pa.array(awkward))

    assert trainer.read_ledger(trainer.save_ledger(table, tmp_path / "ledger.csv"))["key"].to_pylist() == awkward


def test_a_ledger_without_lines_is_written_and_read(small: trainer.Pair, tmp_path: Path) -> None:
    nothing = object_ledger(small).table.slice(0, 0)
    for name in ("ledger.csv", "ledger.parquet"):
        assert trainer.read_ledger(trainer.save_ledger(nothing, tmp_path / name)).equals(nothing)


def test_files_of_another_kind_are_refused(small: trainer.Pair, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("key,feature\na,car\n")

    with pytest.raises(trainer.RecordError, match=r"ends neither in \.csv nor in \.parquet"):
        trainer.save_ledger(object_ledger(small).table, tmp_path / "ledger.xlsx")
    with pytest.raises(trainer.RecordError, match="is no object ledger: its columns are key, feature"):
        trainer.read_ledger(tmp_path / "other.csv")


def test_one_keeper_answers_at_any_thresholds(two_runs) -> None:
    pair = pair_runs(two_runs.baseline, two_runs.candidate)
    keeper = LedgerKeeper(pair)
    for confidence in (0.2, 0.7):
        assert keeper.at(Thresholds(confidence)).table.equals(
            object_ledger(pair, thresholds=Thresholds(confidence)).table
        )
