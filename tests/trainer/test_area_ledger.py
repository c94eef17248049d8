"""The ledger of painted pixels: all pixels of a feature on a row are one object, told and cut out like any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import metrics
import trainer
from trainer import Answer, LedgerKeeper, Mask, ModelRun, SliceSearch, Span, Store, Thresholds, object_ledger, pair_runs
from trainer.comparing.object_crops import cut_objects
from trainer.comparing.painted_crops import paint_rows
from trainer.measures.pixels import PixelEvaluation, label_maps
from trainer.records.errors import RecordError

TALL, WIDE = 12, 20
FEATURES = ("road", "car")
Painted = Sequence[Mask]


def _area(left: int, top: int, width: int, height: int) -> np.ndarray:
    pixels = np.zeros((TALL, WIDE), dtype=bool)
    pixels[top : top + height, left : left + width] = True
    return pixels


LEFT, RIGHT, ALL = _area(0, 0, 10, 12), _area(10, 0, 10, 12), _area(0, 0, 20, 12)
TRUTH: dict[str, Painted] = {
    "a": [Mask("road", LEFT), Mask("car", RIGHT)],
    "b": [Mask("car", _area(0, 0, 4, 4)), Mask("car", _area(10, 0, 4, 4))],
    "c": [],
}
BEFORE: dict[str, Painted] = {
    "a": [Mask("road", ALL, 0.9)],
    "b": [Mask("car", _area(0, 0, 4, 4), 0.8), Mask("car", _area(10, 0, 4, 2), 0.6)],
    "c": [Mask("road", LEFT, 0.7)],
}
AFTER: dict[str, Painted] = {
    "a": [Mask("road", LEFT, 0.9), Mask("car", _area(10, 0, 10, 9), 0.8)],
    "b": [Mask("road", _area(0, 0, 14, 4), 0.5)],
    "c": [Mask("road", _area(2, 0, 10, 12), 0.6)],
}


def _log(
    store: Store, name: str, said: dict[str, Painted], *, folder: Path | None = None, **options: object
) -> ModelRun:
    features: Sequence[str] = options.get("features", FEATURES)  # type: ignore[assignment]
    with trainer.start_run("streets", name, measure="pixels", features=list(features), store=store) as run:
        for key, painted in TRUTH.items():
            if key in said:
                picture = {"image": str(folder / f"{key}.png")} if folder else {"size": (WIDE, TALL)}
                run.log_row(key, truth=painted, predictions=said[key], **picture)  # type: ignore[arg-type]
    return run.result


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for key in TRUTH:
        Image.new("RGB", (WIDE, TALL), "#804000").save(folder / f"{key}.png")
    return folder


@pytest.fixture(scope="module")
def pair(make_store, tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> trainer.Pair:
    store = make_store(tmp_path_factory.mktemp("areas") / "mlruns")
    return pair_runs(_log(store, "before", BEFORE, folder=pictures), _log(store, "after", AFTER, folder=pictures))


def test_every_area_has_one_line_that_says_what_became_of_it(pair: trainer.Pair) -> None:
    lines = object_ledger(pair).table.to_pylist()

    assert [(line["key"], line["feature"], line["change"]) for line in lines] == [
        ("a", "road", "kept"),
        ("a", "car", "newly_found"),
        ("b", "car", "newly_missed"),
        ("b", "road", "new"),
        ("c", "road", "persistent"),
    ]
    road, car, lost, alarm, same = lines
    assert (road["baseline_iou"], road["candidate_iou"], road["placed"]) == (0.5, 1.0, "better")
    assert (car["baseline_taken_for"], car["baseline_confidence"], car["candidate_iou"]) == ("road", 0.9, 0.75)
    # Two masks are one area: 32 pixels in a box of 14 x 4, of which the baseline has 24.
    assert (lost["left"], lost["width"], lost["height"], lost["area"], lost["size"]) == (0, 14, 4, 32, "small")
    assert (lost["baseline_iou"], lost["baseline_confidence"]) == (0.75, pytest.approx((16 * 0.8 + 8 * 0.6) / 24))
    assert (lost["candidate_taken_for"], lost["candidate_confidence"]) == ("road", 0.5)
    assert (alarm["candidate_taken_for"], alarm["area"], alarm["kind"]) == ("car", 56, "false alarm")
    assert (same["baseline_left"], same["candidate_left"], same["left"]) == (0, 2, 2)


def test_an_area_of_one_mask_has_its_number_and_one_of_several_has_none(pair: trainer.Pair) -> None:
    lines = {(line["key"], line["feature"]): line for line in object_ledger(pair).table.to_pylist()}

    assert [lines[each]["truth"] for each in (("a", "road"), ("a", "car"), ("b", "car"))] == [0, 1, None]
    assert [lines["a", "car"][f"{side}_prediction"] for side in ("baseline", "candidate")] == [0, 1]
    assert lines["b", "car"]["baseline_prediction"] is None
    assert lines["b", "car"]["candidate_prediction"] == 2


def test_the_iou_decides_and_the_confidence_does_not(pair: trainer.Pair) -> None:
    keeper = LedgerKeeper(pair)
    strict = keeper.at(Thresholds(min_iou=0.8))

    assert strict.total["newly_found"] == 1  # the road, of which the baseline's has 0.5
    assert strict.total["still_missed"] == 2
    assert strict.ledger.min_iou == 0.8
    assert keeper.at(Thresholds(min_confidence=0.99)).total == keeper.at().total
    with pytest.raises(RecordError, match="one IoU for both runs"):
        keeper.at((Thresholds(min_iou=0.5), Thresholds(min_iou=0.6)))


def test_terms_name_the_rule(pair: trainer.Pair) -> None:
    terms = object_ledger(pair).terms

    assert "more than half of its pixels" in terms["rule"]
    assert (terms["measure"], terms["min_iou"], terms["same_iou"]) == ("pixels", 0.5, 0.5)


def test_a_ledger_of_areas_is_read_back_from_its_file(pair: trainer.Pair, tmp_path: Path) -> None:
    table = object_ledger(pair).table
    for name in ("ledger.csv", "ledger.parquet"):
        assert trainer.read_ledger(trainer.save_ledger(table, tmp_path / name)).equals(table)


def test_a_baseline_of_other_rows_and_features_is_told_on_the_candidates(store: Store) -> None:
    baseline = _log(store, "before", {key: BEFORE[key] for key in "ab"}, features=("sky", "car", "road"))
    candidate = _log(store, "after", AFTER)
    lines = object_ledger(pair_runs(baseline, candidate)).table.to_pylist()

    assert [(line["key"], line["feature"], line["change"]) for line in lines] == [
        ("a", "road", "kept"),
        ("a", "car", "newly_found"),
        ("b", "car", "newly_missed"),
        ("b", "road", "new"),
    ]
    assert lines[2]["baseline_confidence"] == pytest.approx((16 * 0.8 + 8 * 0.6) / 24)


@pytest.fixture(scope="module")
def random_pair(make_store, tmp_path_factory: pytest.TempPathFactory) -> trainer.Pair:
    """Two runs on 70 rows with up to three masks each; the second loses most cars at night."""
    store = make_store(tmp_path_factory.mktemp("areas") / "mlruns")
    runs = []
    for seed in (1, 2):
        rng, truths = np.random.default_rng(seed), np.random.default_rng(0)
        with trainer.start_run("random", f"{seed}", measure="pixels", features=list(FEATURES), store=store) as run:
            for row in range(70):
                night = bool(row % 2)
                truth, said = [], []
                for _ in range(3):
                    left, top = truths.integers(0, 12), truths.integers(0, 6)
                    feature = FEATURES[truths.integers(0, 2)]
                    truth.append(Mask(feature, _area(left, top, 8, 6)))
                    if feature == "car" and night and seed == 2 and rng.random() < 0.9:
                        continue
                    moved = _area(left + rng.integers(0, 3), top + rng.integers(0, 2), 8, 6)
                    said.append(Mask(feature if rng.random() < 0.9 else "road", moved, rng.random()))
                run.log_row(f"{row:02}", size=(WIDE, TALL), truth=truth, predictions=said, metadata={"night": night})
        runs.append(run.result)
    return pair_runs(*runs)


@pytest.mark.parametrize("min_iou", [0.05, 0.5, 0.7, 0.95])
def test_sums_reconcile_with_what_is_painted(random_pair: trainer.Pair, min_iou: float) -> None:
    ledger = object_ledger(random_pair, thresholds=Thresholds(min_iou=min_iou), split="all")
    for run, found, alarms in (
        (random_pair.baseline, ("kept", "newly_missed"), ("persistent", "fixed")),
        (random_pair.candidate, ("kept", "newly_found"), ("persistent", "new")),
    ):
        evaluation = run.evaluation()
        assert isinstance(evaluation, PixelEvaluation)
        own = metrics.match_areas(evaluation.counts, min_iou=min_iou, without=[evaluation.nothing]).per_feature
        hits, false = np.zeros(2, dtype=int), np.zeros(2, dtype=int)
        maps = [label_maps(each, run.snapshot.rows, nothing=2) for each in (run.snapshot.truth, run.predictions)]
        for true, said in zip(*maps, strict=True):
            for code in range(2):
                both, either = ((true == code) & (said == code)).sum(), ((true == code) | (said == code)).sum()
                hit = bool((true == code).any()) and both >= min_iou * either
                hits[code] += hit
                false[code] += bool((said == code).any()) and not hit
        for code, entry in enumerate(ledger.per_feature.to_pylist()):
            assert sum(entry[name] for name in found) == hits[code] == own.tp[code]
            assert sum(entry[name] for name in alarms) == false[code] == own.fp[code]
            assert entry["truths"] == own.truths[code]


def test_swapping_the_runs_swaps_what_was_gained_and_lost(random_pair: trainer.Pair) -> None:
    there = object_ledger(random_pair, split="all").total
    back = object_ledger(pair_runs(random_pair.candidate, random_pair.baseline), split="all").total
    swapped = {"newly_found": "newly_missed", "newly_missed": "newly_found", "new": "fixed", "fixed": "new"}

    assert back == {name: there[swapped.get(name, name)] for name in there}


def test_areas_are_cut_into_slices(random_pair: trainer.Pair) -> None:
    search = SliceSearch(min_rows=10, min_objects=10, swaps=200, number="recall")
    found = trainer.find_slices(random_pair, split="all", search=search)

    assert "object size" in [column.name for column in found.cut.columns]
    assert {"night = True", "feature = car"} == set(found.worse[0].found.conditions)
    lines = found.objects(found.worse[0]).to_pylist()
    assert {line["feature"] for line in lines} == {"car"}


def test_crops_show_the_truth_and_what_was_painted(pair: trainer.Pair, tmp_path: Path) -> None:
    ledger = object_ledger(pair)
    lines = ledger.choose(changes=["newly_missed", "newly_found", "persistent"])
    crops = cut_objects(ledger, lines, tmp_path / "crops")
    names = [file.name for file in crops.files if file is not None]

    assert names == ["1-newly_missed-0001-car-b.png", "3-newly_found-0001-car-a.png", "6-persistent-0001-road-c.png"]
    green, blue = (61, 220, 95), (77, 148, 255)
    for file, has_truth in zip(crops.files, (True, True, False), strict=True):
        assert file is not None
        with Image.open(file) as opened:
            sheet = opened.convert("RGB")
        words = 20 * (4 if has_truth else 3) + 8
        colours = {colour for _, colour in sheet.crop((0, 0, sheet.width, sheet.height - words)).getcolors(100_000)}
        assert (green in colours) == has_truth
        assert blue in colours


def test_what_is_drawn_is_all_of_the_feature_and_of_a_mistaken_area_its_mistaken_part(pair: trainer.Pair) -> None:
    ledger = object_ledger(pair, thresholds=Thresholds(min_iou=0.8))
    lines = {(line["key"], line["feature"], line["kind"]): line for line in ledger.table.to_pylist()}
    painted = paint_rows(ledger.named, ("a", "b"))
    truth, before, after = painted.outlines(lines["a", "car", "truth"])

    np.testing.assert_array_equal(truth.area, RIGHT)
    np.testing.assert_array_equal(before.area, RIGHT)  # the part of the car that is taken for road
    np.testing.assert_array_equal(after.area, _area(10, 0, 10, 9))
    assert before.words == "baseline before: road 0.90"
    assert after.words == "candidate after: paints car, IoU 0.75 with the truth"
    assert after.box == (10, 0, 10, 9)
    before, after = painted.outlines(lines["b", "road", "false alarm"])

    assert (before.area, before.box, before.words) == (None, None, "baseline before: nothing")
    np.testing.assert_array_equal(after.area, _area(0, 0, 14, 4))


def test_texts_are_cut_as_a_page_with_the_spans_marked(store: Store, tmp_path: Path) -> None:
    text = "Yesterday <Ada> met Oslo & left"
    for name, said in (("one", Span("person", 10, 15, 0.9)), ("two", Span("place", 11, 15, 0.8))):
        short = [Span("place", 0, 3, 0.7)] if name == "two" else []
        with trainer.start_run("names", name, store=store) as run:
            run.log_row("day", text=text, truth=[Span("person", 10, 15)], predictions=[said])
            run.log_row("night", text="Oslo", truth=[Span("place", 0, 4)], predictions=short)
    ledger = object_ledger(pair_runs(*(trainer.open_run(f"names/{name}", store=store) for name in ("one", "two"))))
    lines = ledger.choose(changes=["newly_missed", "still_missed"])
    crops = cut_objects(ledger, lines, tmp_path / "page")
    page = (tmp_path / "page" / "excerpts.html").read_text(encoding="utf-8")

    assert ledger.table["candidate_taken_for"].to_pylist()[:2] == ["place", None]
    assert crops.missing == 0
    assert "newly missed: person in day" in page
    assert 'Yesterday <mark style="border-color:#3ddc5f">&lt;</mark>' in page
    assert '<mark style="border-color:#3ddc5f">Ada&gt;</mark> met Oslo &amp; left' in page
    assert "candidate two: place 0.80, on “Ada&gt;”" in page
    # The candidate has the second one with another end.
    assert "still missed: place in night" in page
    assert "baseline one: nothing" in page
    assert "candidate two: place 0.70, on “Osl”" in page
    with pytest.raises(RecordError, match="another folder"):
        cut_objects(ledger, lines, tmp_path / "page")


def test_of_classes_the_whole_pictures_are_shown(store: Store, pictures: Path, tmp_path: Path) -> None:
    for name, said in (("one", "dry"), ("two", "wet")):
        with trainer.start_run("days", name, store=store) as run:
            for key, truth, answer in (("a", "dry", said), ("b", "wet", "wet")):
                said_of_it = [Answer("day", answer, 0.9)]
                run.log_row(key, image=pictures / f"{key}.png", truth=[Answer("day", truth)], predictions=said_of_it)
    ledger = object_ledger(pair_runs(*(trainer.open_run(f"days/{name}", store=store) for name in ("one", "two"))))
    crops = cut_objects(ledger, ledger.choose(changes=["newly_missed", "new"]), tmp_path / "days")

    assert [file.name for file in crops.files if file] == [
        "1-newly_missed-0001-day-dry-a.png",
        "2-new-0001-day-wet-a.png",
    ]
    assert crops.files[0] is not None
    # All of its 20 x 12 pixels, twelve times as large, above four lines of words.
    with Image.open(crops.files[0]) as sheet:
        assert sheet.height == 12 * 12 + 20 * 4 + 8
