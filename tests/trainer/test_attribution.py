"""What a gain is made of: model, truth, split, rows and features; and rows that leaked into training."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import trainer
from trainer import ModelRun, Sampling, Store, Thresholds, attribute_gain, compare, find_leaks, pair_runs
from trainer.comparing.attribution import PARTS
from trainer.projects import save_version
from trainer.records.annotations import Annotations
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

SEEN = ("mAP", "AP50", "AP75", "precision", "recall", "F1", "mean IoU")
HEADLINE = ("mAP", "AP50", "AP75", "precision", "recall", "F1", "mean IoU")


def _snapshot(*, edits: int = 0, rows: slice = slice(None), moved: int = 0, features: str = "abc") -> Snapshot:
    """40 rows of 12 objects each, half of them measured; with edited truth, without rows, in other parts, or of other
    features, of which there are ``abcd`` in all."""
    chance = np.random.default_rng(1)
    row, kind = np.repeat(np.arange(40), 12), chance.integers(0, 4, 480)
    box = np.column_stack([chance.integers(0, 300, (480, 2)), chance.integers(10, 120, (480, 2))]).astype(float)
    box[np.random.default_rng(2).permutation(480)[:edits]] += 9
    here = np.isin(kind, ["abcd".index(name) for name in features])
    codes = np.array([features.find(name) for name in "abcd"])[kind]
    splits = ["training" if (i + (moved if i % 5 == 0 else 0)) % 2 else "validation" for i in range(40)]
    table = Rows.from_columns(
        keys=[f"{i:02}" for i in range(40)],
        widths=[640] * 40,
        heights=[480] * 40,
        splits=splits,
        sha256s=[f"{i:064}" for i in range(40)],
    )
    ontology = Ontology.flat(dict.fromkeys(features, "box"))
    whole = Snapshot(ontology, table, Annotations.from_columns(row=row[here], feature=codes[here], box=box[here]))
    return whole.on_rows(np.arange(40)[rows])


def _log(store: Store, name: str, snapshot: Snapshot, *, skill: float) -> ModelRun:
    """A run that depends on the row's key and the skill alone, whatever the snapshot."""
    row, feature, box, confidence = [], [], [], []
    for number, key in enumerate(snapshot.rows.keys):
        chance = np.random.default_rng([int(key), int(skill * 100)])
        kind = np.random.default_rng(1).integers(0, 4, 480).reshape(40, 12)[int(key)]
        truth = _snapshot(features="abcd").truth.on_rows(np.array([int(key)])).box
        drawn = truth + chance.normal(0, 8 * (1 - skill), (12, 4)).clip(-9, 9)
        sure, seen = chance.random(12).round(2), chance.random(12) < skill
        for code, place, confident in zip(kind[seen], drawn[seen], sure[seen], strict=True):
            if "abcd"[code] in snapshot.ontology.paths:
                row.append(number)
                feature.append(snapshot.ontology.code("abcd"[code]))
                box.append(place)
                confidence.append(confident)
    data = save_version("squares", snapshot, store=store)
    with trainer.start_run("squares", name, project=data, store=store) as run:
        run.log_predictions(Annotations.from_columns(row=row, feature=feature, box=box, confidence=confidence))
    return run.result


QUICK = Sampling(resamples=0)
CASES = {
    "model": ({}, {}),
    "truth": ({}, {"edits": 80}),
    "split": ({}, {"moved": 1}),
    "rows": ({"rows": slice(0, 34)}, {"rows": slice(4, 40)}),
    "features": ({"features": "abc"}, {"features": "bcd"}),
    "all": ({"rows": slice(0, 34)}, {"edits": 80, "moved": 1, "features": "bcd", "rows": slice(4, 40)}),
}


@pytest.fixture(scope="module")
def runs(make_store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ModelRun, ModelRun, ModelRun]]:
    """Of each case: a run on the first snapshot, the same model on the second, and a better one on the second."""
    store = make_store(tmp_path_factory.mktemp("attribution") / "mlruns")
    made = {}
    for case, (before, after) in CASES.items():
        one, other = _snapshot(**before), _snapshot(**after)
        baseline = _log(store, f"{case}-0", one, skill=0.6)
        same = baseline if case == "model" else _log(store, f"{case}-1", other, skill=0.6)
        made[case] = (baseline, same, _log(store, f"{case}-2", other, skill=0.9))
    yield made
    store.close()


def _parts(baseline: ModelRun, candidate: ModelRun) -> dict[str, dict[str, float]]:
    return {gain.number: gain.parts for gain in attribute_gain(pair_runs(baseline, candidate), sampling=QUICK).gains}


@pytest.mark.parametrize("case", CASES)
def test_the_parts_add_up_to_the_gain(runs, case: str) -> None:
    baseline, same, better = runs[case]
    for candidate in (same, better):
        attribution = attribute_gain(pair_runs(baseline, candidate), thresholds=Thresholds(0.3, 0.6), sampling=QUICK)
        for gain in attribution.gains:
            assert not math.isnan(gain.gain)
            assert sum(gain.parts.values()) == pytest.approx(gain.gain, abs=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_both_ends_are_the_headline_numbers_of_the_runs(runs, case: str) -> None:
    baseline, _, better = runs[case]
    attribution = attribute_gain(pair_runs(baseline, better), sampling=QUICK)
    for run, side in ((baseline, "baseline"), (better, "candidate")):
        own = compare(pair_runs(run, run)).headline()

        assert [gain.name for gain in own] == list(HEADLINE)
        assert [getattr(attribution[number], side) for number in SEEN] == pytest.approx(
            [gain.candidate for gain in own], abs=1e-12
        )


@pytest.mark.parametrize("case", ["truth", "split", "rows", "features"])
def test_where_one_thing_changed_it_has_the_whole_gain(runs, case: str) -> None:
    baseline, same, _ = runs[case]
    for gain in attribute_gain(pair_runs(baseline, same), sampling=QUICK).gains:
        others = [part for name, part in gain.parts.items() if name != case]

        assert gain.parts[case] == pytest.approx(gain.gain, abs=1e-12)
        assert others == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert abs(attribute_gain(pair_runs(baseline, same), sampling=QUICK)["mAP"].parts[case]) > 1e-3


def test_where_nothing_but_the_model_changed_everything_is_the_models(runs) -> None:
    baseline, _, better = runs["model"]
    attribution = attribute_gain(pair_runs(baseline, better), sampling=QUICK)
    for gain in attribution.gains:
        assert gain.model == gain.gain > 0
        assert [gain.parts[name] for name in PARTS[1:]] == [0, 0, 0, 0]
        assert gain.model_on == (gain.model, gain.model)


def test_what_did_not_change_has_no_part(runs) -> None:
    for case, name in itertools.product(CASES, PARTS[1:]):
        if case not in (name, "all"):
            assert all(parts[name] == 0 for parts in _parts(runs[case][0], runs[case][2]).values())


@pytest.mark.parametrize("case", CASES)
def test_swapping_the_runs_turns_every_part_around(runs, case: str) -> None:
    baseline, _, better = runs[case]
    there, back = _parts(baseline, better), _parts(better, baseline)
    for number in SEEN:
        assert [back[number][name] for name in PARTS] == pytest.approx(
            [-there[number][name] for name in PARTS], abs=1e-12
        )


def test_the_models_gain_on_the_candidates_data_is_what_the_ledger_counts(runs) -> None:
    pair = pair_runs(runs["all"][0], runs["all"][2])
    total = trainer.object_ledger(pair).total
    truths = sum(total[change] for change in ("kept", "newly_found", "newly_missed", "still_missed"))

    assert attribute_gain(pair, sampling=QUICK)["recall"].model_on[1] == pytest.approx(
        (total["newly_found"] - total["newly_missed"]) / truths, abs=1e-12
    )


def test_what_differs_is_counted(runs) -> None:
    changes = attribute_gain(pair_runs(runs["all"][0], runs["all"][2]), sampling=QUICK).changes
    truth = attribute_gain(pair_runs(runs["truth"][0], runs["truth"][1]), sampling=QUICK).changes

    assert changes.features == (("a",), ("d",))
    assert changes.rows == (2, 4)  # 0 and 2 went, 34, 35, 36 and 38 came
    assert changes.split_moves == (3, 3)  # 10, 20, 30 left the measured ones, 5, 15, 25 joined them
    assert 0 < truth.edited_rows <= 20
    assert truth.split_moves == truth.rows == (0, 0)


def test_objects_in_another_order_are_no_edit(store: Store) -> None:
    snapshot = _snapshot()
    turned = Annotations.from_columns(
        **{name: getattr(snapshot.truth, name)[::-1] for name in ("row", "feature", "box")}
    )
    runs = [
        _log(store, name, data, skill=0.6)
        for name, data in (("in-order", snapshot), ("turned", Snapshot(snapshot.ontology, snapshot.rows, turned)))
    ]
    pair = pair_runs(*runs)

    assert not pair.same_snapshot
    assert attribute_gain(pair, sampling=QUICK).changes.edited_rows == 0


def test_each_run_is_measured_on_the_split_that_stands_for_it(runs, store: Store) -> None:
    snapshot = _snapshot()
    unassigned = Snapshot(snapshot.ontology, snapshot.rows.with_splits(["unassigned"] * 40), snapshot.truth)
    candidate = _log(store, "unassigned", unassigned, skill=0.6)
    attribution = attribute_gain(pair_runs(runs["model"][0], candidate), sampling=QUICK)

    assert attribution.splits == ("validation", "all")
    assert attribution.changes.split_moves == (0, 20)
    assert attribution["mAP"].split == pytest.approx(attribution["mAP"].gain, abs=1e-12)


def test_an_undefined_part_is_nan_and_says_why(store: Store) -> None:
    before, after = _snapshot(rows=slice(0, 10)), _snapshot(rows=slice(9, 20))
    baseline, candidate = (_log(store, name, data, skill=0.6) for name, data in (("x", before), ("y", after)))
    # They share row 9, which is a training row.
    gain = attribute_gain(pair_runs(baseline, candidate), sampling=QUICK)["AP50"]

    assert math.isnan(gain.rows)
    assert math.isnan(gain.model)
    assert (gain.truth, gain.split, gain.features) == (0, 0, 0)
    assert not math.isnan(gain.gain)
    assert gain.reason == "AP50 of the baseline is undefined on 0 shared rows (validation) against the baseline's truth"


def test_an_unknown_number_is_refused_with_those_there_are(runs) -> None:
    told = attribute_gain(pair_runs(*runs["model"][:2]), sampling=QUICK)
    with pytest.raises(trainer.NotFoundError, match="no number 'accuracy' of boxes; there are mAP, AP50"):
        told["accuracy"]
    assert told["mAP_50_95"] is told["mAP"]  # by its key in MLflow


def test_leaked_rows_are_named_and_left_out_on_request(runs) -> None:
    baseline, _, better = runs["split"]
    attribution = attribute_gain(pair_runs(baseline, better), sampling=QUICK)
    leaked = attribution.leaks["candidate", "baseline"]
    measured = np.isin(baseline.snapshot.rows.keys, [leak.key for leak in leaked], invert=True)
    clean = _without(better, baseline, measured)

    assert [(leak.key, leak.split, leak.by) for leak in leaked] == [
        (key, "validation", "key") for key in ("05", "15", "25", "35")
    ]
    assert attribution.leaks["candidate", "candidate"] == ()
    assert attribution["recall"].model_without_leaks == pytest.approx(clean, abs=1e-12)
    assert attribution["recall"].model_without_leaks != attribution["recall"].model_on[1]


def _without(better: ModelRun, baseline: ModelRun, kept: np.ndarray) -> float:
    """The gain in recall on the kept rows of the candidate's validation split."""
    pair = pair_runs(baseline, better)
    before, after = (
        each.at(Thresholds()).at_thresholds.total.recall for each in pair.evaluations(kept & pair.rows_of("validation"))
    )
    return float(after - before)


def _rows(splits: list[str], *, keys: str = "abc", checksums: str = "123") -> Rows:
    return Rows.from_columns(
        keys=list(keys),
        widths=[9] * 3,
        heights=[9] * 3,
        splits=splits,
        sha256s=[None if mark == "-" else mark * 64 for mark in checksums],
    )


def test_a_leak_is_found_by_key_and_by_picture() -> None:
    training = _rows(["training", "training", "test"], keys="axy", checksums="178")
    held_out = _rows(["test", "validation", "training"], keys="abc", checksums="178")
    leaks = find_leaks(held_out, training)

    assert [(leak.key, leak.split, leak.training_key, leak.by) for leak in leaks] == [
        ("a", "test", "a", "key"),
        ("b", "validation", "x", "picture"),
    ]


def test_pictures_without_checksum_are_not_taken_for_the_same() -> None:
    training = _rows(["training"] * 3, keys="xyz", checksums="---")

    assert find_leaks(_rows(["test"] * 3, checksums="---"), training) == ()


def test_a_snapshot_can_leak_into_itself() -> None:
    rows = _rows(["training", "test", "unassigned"], checksums="111")

    assert [(leak.key, leak.training_key) for leak in find_leaks(rows, rows)] == [("b", "a")]


@pytest.mark.parametrize("edits", [0, 20])
def test_progress_is_told_up_to_its_end(store: Store, edits: int) -> None:
    """Also of equal data, where little needs measuring."""
    runs = [_log(store, name, _snapshot(edits=n), skill=0.5) for name, n in (("before", 0), ("after", edits))]
    told: list[tuple[int, int]] = []
    attribute_gain(pair_runs(*runs), sampling=Sampling(0), report=lambda _, done, total: told.append((done, total)))

    assert told == sorted(told)
    assert told[-1] == (14, 14)
