"""Painted areas that runs dispute, in the words of objects; and mistakes planted among real masks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

import trainer
from trainer import Box, Mask, ModelRun, Sampling, Store, Thresholds, cut_disputes, disputed_truths
from trainer.commands import main
from trainer.records.annotations import Annotations

TALL, WIDE = 12, 20
FEATURES = ("road", "car", "bus")
Painted = dict[str, list[Mask]]


def _area(left: int, top: int, width: int, height: int) -> np.ndarray:
    pixels = np.zeros((TALL, WIDE), dtype=bool)
    pixels[top : top + height, left : left + width] = True
    return pixels


LEFT, RIGHT = _area(0, 0, 10, 12), _area(10, 0, 10, 12)
TRUTH: Painted = {
    "a": [Mask("road", LEFT), Mask("car", RIGHT)],
    "b": [Mask("car", _area(0, 0, 4, 4)), Mask("car", _area(10, 0, 4, 4))],
    "c": [Mask("road", LEFT)],
    "d": [],
}
# Both take the car of a for a bus, miss the cars of b, and see a car in c; what they see in d is not the same.
ONE: Painted = {
    "a": [Mask("road", LEFT, 0.9), Mask("bus", RIGHT, 0.8)],
    "b": [],
    "c": [Mask("road", LEFT, 0.9), Mask("car", _area(12, 0, 6, 6), 0.9)],
    "d": [Mask("road", LEFT, 0.7)],
}
TWO: Painted = {
    "a": [Mask("road", LEFT, 0.9), Mask("bus", _area(10, 0, 10, 9), 0.6)],
    "b": [Mask("car", _area(0, 0, 4, 2), 0.5)],
    "c": [Mask("road", LEFT, 0.9), Mask("car", _area(12, 0, 6, 5), 0.7)],
    "d": [Mask("road", RIGHT, 0.7)],
}


def _log(
    store: Store,
    name: str,
    said: Painted,
    *,
    truth: Painted = TRUTH,
    features: Sequence[str] = FEATURES,
    pictures: Path | None = None,
) -> ModelRun:
    with trainer.start_run("streets", name, measure="pixels", features=list(features), store=store) as run:
        for key, painted in said.items():
            if pictures is None:
                run.log_row(key, size=(WIDE, TALL), truth=truth[key], predictions=painted)
                continue
            Image.new("RGB", (WIDE, TALL), "#804000").save(pictures / f"{key}.png")
            run.log_row(key, image=pictures / f"{key}.png", truth=truth[key], predictions=painted)
    return run.result


@pytest.fixture(scope="module")
def shared_store(make_store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("disputed_areas") / "mlruns")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def runs(shared_store: Store, tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelRun, ModelRun]:
    pictures = tmp_path_factory.mktemp("pictures")
    one, two = (_log(shared_store, name, said, pictures=pictures) for name, said in (("one", ONE), ("two", TWO)))
    return one, two


def test_each_dispute_is_a_line_with_the_area_and_what_the_runs_paint(runs: tuple[ModelRun, ModelRun]) -> None:
    mistaken, invented, missed = disputed_truths(runs).table.to_pylist()

    assert (mistaken["kind"], mistaken["key"], mistaken["feature"], mistaken["seen_as"]) == (
        "other_feature",
        "a",
        "car",
        "bus",
    )
    assert (mistaken["runs"], mistaken["doubt"], mistaken["run_1_confidence"]) == (2, pytest.approx(0.7), 0.8)
    assert [mistaken[name] for name in ("left", "top", "width", "height")] == [10, 0, 10, 12]
    assert (mistaken["run_2"], mistaken["run_2_left"], mistaken["run_2_height"]) == ("streets/two", 10, 9)
    assert (invented["kind"], invented["key"], invented["feature"], invented["seen_as"]) == (
        "no_truth",
        "c",
        None,
        "car",
    )
    assert (invented["doubt"], invented["truth"], invented["left"], invented["run_2_height"]) == (0.8, None, 12, 5)
    assert (missed["kind"], missed["key"], missed["feature"], missed["seen_as"]) == ("missed", "b", "car", None)
    # The second run paints 8 of the 32 pixels and is 0.5 sure of them.
    assert (missed["run_1_confidence"], missed["run_2_confidence"]) == (1, pytest.approx(1 - 0.5 / 4))


def test_an_area_of_one_mask_has_its_number_and_one_of_several_has_none(runs: tuple[ModelRun, ModelRun]) -> None:
    mistaken, invented, missed = disputed_truths(runs).table.to_pylist()

    assert (mistaken["truth"], mistaken["run_1_prediction"], mistaken["run_2_prediction"]) == (1, 1, 1)
    assert (invented["run_1_prediction"], invented["run_2_prediction"]) == (3, 4)
    assert (missed["truth"], missed["run_1_prediction"]) == (None, None)


def test_terms_tell_the_rule_and_the_one_threshold(runs: tuple[ModelRun, ModelRun]) -> None:
    disputed = disputed_truths(runs)

    assert (disputed.terms["measure"], disputed.terms["thresholds"]) == ("pixels", {"min_iou": 0.5})
    assert "all pixels of a class on a row" in disputed.terms["rule"]
    assert disputed.counts == {"other_feature": 1, "no_truth": 1, "missed": 1}


def test_the_truth_the_rows_and_the_features_are_the_last_runs(store: Store) -> None:
    other = {"0": ONE["d"], "a": ONE["a"]}
    first = _log(store, "other", other, truth={"0": [], "a": []}, features=("sky", "bus", "car", "road"))
    last = _log(store, "own", TWO)
    lines = disputed_truths([first, last]).table.to_pylist()

    assert [(line["key"], line["feature"], line["seen_as"]) for line in lines] == [("a", "car", "bus")]
    assert (lines[0]["run_1_confidence"], lines[0]["run_1_prediction"]) == (0.8, 2)


def test_a_higher_iou_leaves_more_to_dispute(store: Store) -> None:
    short = {"a": [Mask("road", _area(0, 0, 10, 8), 0.9)]}
    both = [_log(store, name, short, truth={"a": [Mask("road", LEFT)]}) for name in ("one", "two")]

    assert len(disputed_truths(both, min_doubt=0)) == 0
    [line] = disputed_truths(both, min_doubt=0, thresholds=Thresholds(min_iou=0.7)).table.to_pylist()
    assert (line["kind"], line["doubt"]) == ("missed", pytest.approx(1 - 0.9 * 2 / 3))


def test_enough_runs_are_enough_in_any_order(runs: tuple[ModelRun, ModelRun], shared_store: Store) -> None:
    right = _log(shared_store, "right", {key: [each._replace(confidence=0.9) for each in TRUTH[key]] for key in TRUTH})
    told = []
    for order in ([*runs, right], [right, *runs[::-1]]):
        assert len(disputed_truths(order, min_doubt=0)) == 0
        lines = disputed_truths(order, min_runs=2, min_doubt=0).table.to_pylist()
        told.append([(line["kind"], line["key"], line["runs"], round(line["doubt"], 9)) for line in lines])

    assert told[0] == told[1]
    assert {line[2] for line in told[0]} == {2}
    assert len(told[0]) == 3


def test_gains_are_told_with_and_without_the_pixels_of_disputed_areas(runs: tuple[ModelRun, ModelRun]) -> None:
    disputed = disputed_truths(runs)
    gains = {gain.name: gain for gain in disputed.gains(sampling=Sampling(resamples=20))}
    accuracy = gains["pixel accuracy"]

    assert list(gains) == ["pixel accuracy", "mean IoU", "mean Dice"]
    # Of 4 x 240 pixels both have 120 wrong in a, the car, and 120 in d. The first has 32 wrong in b and 36 in c, the
    # second 8 and 6 fewer.
    assert accuracy.with_disputes.baseline == (960 - 120 - 120 - 36 - 32) / 960
    assert accuracy.with_disputes.candidate == (960 - 120 - 120 - 30 - 24) / 960
    # Left out for both are the car of a, 120 pixels, and what either painted in c, 36.
    assert accuracy.without.baseline == (960 - 156 - 120 - 32) / (960 - 156)
    assert accuracy.without.candidate == (960 - 156 - 120 - 24) / (960 - 156)
    back = disputed.gains(pair=(1, 0), kinds=["missed"], sampling=Sampling(resamples=20))[0]
    # Left out is the car of b, 32 pixels.
    assert back.with_disputes.gain == pytest.approx(-accuracy.with_disputes.gain)
    assert back.without.baseline == (960 - 32 - 120 - 120 - 30) / (960 - 32)


def test_where_nothing_is_left_out_gains_are_the_same(runs: tuple[ModelRun, ModelRun]) -> None:
    sure = disputed_truths(runs, min_doubt=1)
    assert len(sure) == 0
    for gains in (sure.gains(), disputed_truths(runs).gains(kinds=[])):
        for gain in gains:
            assert gain.with_disputes == gain.without


def test_pixels_that_the_truth_leaves_out_stay_out(store: Store, tmp_path: Path) -> None:
    """The right half is a crowd of cars: what both paint there is neither right nor wrong, and disputes nothing."""
    columns = {"road": [0, 120, 120], "car": [120, 120]}  # pixels that are not of it, and are, column by column
    truth = {
        "images": [{"id": 1, "file_name": "a.png", "width": WIDE, "height": TALL}],
        "categories": [{"id": code, "name": name} for code, name in enumerate(FEATURES, start=1)],
        "annotations": [
            {
                "id": code,
                "image_id": 1,
                "category_id": code,
                "iscrowd": int(name == "car"),
                "bbox": [0 if name == "road" else 10, 0, 10, 12],
                "area": 120,
                "segmentation": {"counts": columns[name], "size": [TALL, WIDE]},
            }
            for code, name in enumerate(columns, start=1)
        ],
    }
    (tmp_path / "crowd.json").write_text(json.dumps(truth), encoding="utf-8")
    data = trainer.import_project("crowd", tmp_path / "crowd.json", format="coco", split="none", store=store).version
    both = []
    for name in ("one", "two"):
        with trainer.start_run("crowds", name, project=data, measure="pixels", store=store) as run:
            run.log_row("a.png", predictions=[Mask("bus", RIGHT), Mask("bus", _area(0, 0, 9, 12))])
        both.append(run.result)
    disputed = disputed_truths(both)
    [line] = disputed.table.to_pylist()

    assert (line["feature"], line["seen_as"], line["run_1_width"]) == ("road", "bus", 9)
    accuracy = disputed.gains(sampling=Sampling(resamples=5))[0]
    assert accuracy.with_disputes.candidate == 0
    assert np.isnan(accuracy.without.candidate)


def test_crops_show_the_rim_of_the_truth_and_what_each_run_painted(
    runs: tuple[ModelRun, ModelRun], tmp_path: Path
) -> None:
    disputed = disputed_truths(runs)
    draw = disputed.draw(disputed.table)
    crops = cut_disputes(disputed, disputed.table, tmp_path / "crops")
    mistaken, invented, missed = (draw(line) for line in disputed.table.to_pylist())

    assert [path.name for path in crops.files if path] == [
        "0001-other_feature-car-a.png",
        "0002-no_truth-car-c.png",
        "0003-missed-car-b.png",
    ]
    assert [each.words for each in mistaken] == [
        "truth: car, 10 x 12 px",
        "streets/one: bus 0.80",
        "streets/two: bus 0.60",
    ]
    for outline, area in zip(mistaken, (RIGHT, RIGHT, _area(10, 0, 10, 9)), strict=True):
        np.testing.assert_array_equal(outline.area, area)
    assert [each.words for each in invented] == ["streets/one: car 0.90", "streets/two: car 0.70"]
    np.testing.assert_array_equal(invented[1].area, _area(12, 0, 6, 5))
    assert [each.words for each in missed][1:] == [
        "streets/one: misses it, 1.00 sure",
        "streets/two: misses it, 0.88 sure, IoU 0.25 with the truth",
    ]
    assert missed[1].area is None
    with Image.open(tmp_path / "crops" / "0001-other_feature-car-a.png") as sheet:
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(100_000)}
    assert (61, 220, 95) in colours


def test_crops_say_what_a_run_that_does_not_agree_paints(runs: tuple[ModelRun, ModelRun], shared_store: Store) -> None:
    said = {"a": [Mask("car", _area(10, 0, 10, 9), 0.9)], "b": TWO["b"], "c": ONE["c"][:1], "d": ONE["d"]}
    disputed = disputed_truths([*runs, _log(shared_store, "third", said)], min_runs=2, min_doubt=0.4)
    draw = disputed.draw(disputed.table)
    mistaken, invented, _, _ = (draw(line) for line in disputed.table.to_pylist())

    assert mistaken[3].words == "streets/third: paints car, IoU 0.75 with the truth"
    assert (invented[2].words, invented[2].area) == ("streets/third: paints no car", None)


def test_boxes_are_drawn_as_boxes(store: Store) -> None:
    both = []
    for name in ("one", "two"):
        with trainer.start_run("pets", name, features=["cat", "dog"], store=store) as run:
            run.log_row("a", size=(WIDE, TALL), truth=[Box("cat", 0, 0, 5, 5)], predictions=[Box("dog", 0, 0, 5, 5)])
        both.append(run.result)
    disputed = disputed_truths(both)

    [line] = disputed.table.to_pylist()
    drawn = disputed.draw(disputed.table)(line)

    assert [each.box for each in drawn] == [(0, 0, 5, 5)] * 3
    assert [each.area for each in drawn] == [None] * 3


def test_the_command_lists_cuts_and_writes(
    runs: tuple[ModelRun, ModelRun], shared_store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--store", str(shared_store.location), "disputed", "streets/one", "streets/two"]
    out, crops = tmp_path / "disputed.parquet", tmp_path / "doubtful"

    assert main([*asked, "--iou", "0.6", "--out", str(out), "--crops", str(crops)]) == 0
    printed = capsys.readouterr().out
    assert "areas, all pixels of a feature on a row; IoU >= 0.6; at least 2 of 2 runs agree" in printed
    assert "3 disputes: 1 taken for another feature, 1 seen where no truth is, 1 missed by the runs" in printed
    assert "10 0 10 12" in printed
    assert f"cut out: 3 disputes in {crops}" in printed
    assert pyarrow.parquet.read_table(out).equals(disputed_truths(runs, thresholds=Thresholds(min_iou=0.6)).table)
    assert main([*asked, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [each["number"] for each in facts["gains"]["numbers"]] == ["pixel accuracy", "mean IoU", "mean Dice"]
    assert facts["gains"]["left_out"] == ["other_feature", "no_truth"]
    assert main([*asked, "--confidence", "0.5"]) == 1
    assert "each pixel has one feature at any confidence" in capsys.readouterr().err


def test_mistakes_planted_in_real_masks_stand_on_top(shared_data: Path, store: Store, tmp_path: Path) -> None:
    """On every fourth picture the feature of the largest object is another one in the truth; three runs see most."""
    source = shared_data / "coco_val2014_100" / "instances_val2014_100.json"
    planted = json.loads(source.read_text(encoding="utf-8"))
    names = {each["id"]: each["name"] for each in planted["categories"]}
    wrong = set()
    for image in planted["images"][::4]:
        here = [each for each in planted["annotations"] if each["image_id"] == image["id"] and not each["iscrowd"]]
        if here:
            true = max(here, key=lambda each: each["area"])["category_id"]
            other = next(code for code in names if code not in {each["category_id"] for each in here})
            for each in here:
                each["category_id"] = other if each["category_id"] == true else each["category_id"]
            wrong.add((image["file_name"], names[other], names[true]))
    (tmp_path / "planted.json").write_text(json.dumps(planted), encoding="utf-8")
    real, data = (
        trainer.import_project(name, path, format="coco", split="none", store=store).version
        for name, path in (("real", source), ("planted", tmp_path / "planted.json"))
    )
    both = []
    for seed in range(3):
        seen = np.random.default_rng(seed).random(len(real.snapshot.truth)) < 0.9
        with trainer.start_run("planted", f"{seed}", project=data, measure="pixels", store=store) as run:
            run.log_predictions(_only_shapes(real.snapshot.truth, seen))
        both.append(run.result)
    disputed = disputed_truths(both, min_runs=2)
    found = {
        (line["key"], line["feature"], line["seen_as"])
        for line in disputed.table.to_pylist()
        if line["kind"] == "other_feature"
    }

    assert len(wrong) >= 15
    assert len(wrong & found) >= 0.9 * len(wrong)
    assert len(found - wrong) <= 0.1 * len(wrong)
    iou = {gain.name: gain for gain in disputed.gains(sampling=Sampling(resamples=20))}["mean IoU"]
    assert iou.without.candidate > iou.with_disputes.candidate + 0.05


def _only_shapes(truth: Annotations, seen: np.ndarray) -> Annotations:
    return truth.take(np.flatnonzero(seen & ~truth.crowd & ~truth.ignored))
