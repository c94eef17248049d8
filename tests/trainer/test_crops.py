"""Objects cut out of their pictures: what is drawn, how files are named, and pictures that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import trainer
from trainer import Box, Store, cut_crops, object_ledger, pair_runs
from trainer.comparing.crops import outlines_of
from trainer.pictures import Outline, cut_out

GREEN, BLUE = "#00ff00", "#0000ff"
GREY = (128, 128, 128)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a", "b", "c d"):
        Image.new("RGB", (400, 300), GREY).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def pair(store: Store, pictures: Path) -> trainer.Pair:
    """The candidate loses a car on each of the three pictures and invents one on the first."""
    runs = []
    for name in ("before", "after"):
        with trainer.start_run("street", name, features=["red car"], store=store) as run:
            for i, path in enumerate(sorted(pictures.iterdir())):
                car = Box("red car", 100, 100, 80, 50)
                said = [car._replace(confidence=0.9 - i / 10)] if name == "before" else []
                if (name, i) == ("after", 0):
                    said = [Box("red car", 300, 200, 90, 90, 0.7)]
                run.log_row(path.name, image=path, truth=[car], predictions=said)
        runs.append(run.result)
    return pair_runs(*runs)


def _cut(pair: trainer.Pair, folder: Path) -> trainer.Crops:
    lines = object_ledger(pair).choose(changes=["newly_missed", "new"])
    return cut_crops(lines, pair.candidate.snapshot.rows, folder)


def test_files_are_named_so_that_they_sort_as_listed(pair: trainer.Pair, tmp_path: Path) -> None:
    crops = _cut(pair, tmp_path / "crops")
    names = [path.name for path in crops.files if path]

    assert names == sorted(names) == sorted(path.name for path in (tmp_path / "crops").iterdir())
    assert names == [
        "1-newly_missed-0001-red-car-a.png",
        "1-newly_missed-0002-red-car-b.png",
        "1-newly_missed-0003-red-car-c-d.png",
        "2-new-0001-red-car-a.png",
    ]


def test_a_crop_is_a_picture_with_words_below(pair: trainer.Pair, tmp_path: Path) -> None:
    first = _cut(pair, tmp_path / "crops").files[0]
    assert first is not None
    with Image.open(first) as crop:
        assert crop.mode == "RGB"
        assert crop.width >= 320
        assert crop.getpixel((crop.width // 2, 4)) == GREY


def test_pictures_that_are_not_there_are_counted_and_the_rest_is_cut(
    pair: trainer.Pair, pictures: Path, tmp_path: Path
) -> None:
    (pictures / "a.png").unlink()
    Image.new("RGB", (10, 10)).save(pictures / "b.png")
    crops = _cut(pair, tmp_path / "crops")

    assert [path is not None for path in crops.files] == [False, False, True, False]
    assert crops.missing == 3
    assert [problem.place for problem in crops.problems] == ["a.png", "b.png"]
    assert "is 10 x 10 now and was 400 x 300" in crops.problems[1].reason


def test_rows_without_pictures_are_no_failure(two_runs, tmp_path: Path) -> None:
    pair = pair_runs(two_runs.baseline, two_runs.candidate)
    lines = object_ledger(pair).choose(changes=["newly_found"]).slice(0, 2)
    rows = pair.candidate.snapshot.rows
    known = rows.table.set_column(2, rows.table.schema.field("uri"), [["http://pictures/x.png"] * len(rows)])
    crops = cut_crops(lines, trainer.Rows(known), tmp_path / "crops")

    assert crops.missing == len(lines) == 2
    assert crops.problems[0].reason == "its picture is not on this machine"
    assert not (tmp_path / "crops").exists()


def test_crops_do_not_mix_with_older_ones(pair: trainer.Pair, tmp_path: Path) -> None:
    _cut(pair, tmp_path / "crops")

    with pytest.raises(trainer.RecordError, match="holds PNG files already"):
        _cut(pair, tmp_path / "crops")


def test_progress_is_told_picture_by_picture(pair: trainer.Pair, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    lines = object_ledger(pair).choose()
    cut_crops(lines, pair.candidate.snapshot.rows, tmp_path / "c", report=lambda *state: told.append(state))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_truth_is_solid_and_predictions_are_dashed(pair: trainer.Pair) -> None:
    lost, *_, invented = object_ledger(pair).choose(changes=["newly_missed", "new"]).to_pylist()
    truth, before, after = outlines_of(lost)

    assert (truth.dashed, truth.box) == (False, (100, 100, 80, 50))
    assert (before.dashed, before.words) == (True, "baseline before: red car 0.90, IoU 1.00")
    assert (after.box, after.words) == (None, "candidate after: nothing")
    assert [outline.words for outline in outlines_of(invented)] == [
        "baseline before: nothing",
        "candidate after: red car 0.70",
    ]


def _share_of(crop: Image.Image, colour: tuple[int, int, int], row: int) -> float:
    line = [crop.getpixel((x, row)) for x in range(crop.width)]
    return line.count(colour) / crop.width


def test_lines_run_along_the_edges_solid_or_in_dashes() -> None:
    picture = Image.new("RGB", (400, 400), GREY)
    boxes = [Outline("one", GREEN, (100, 100, 200, 200)), Outline("two", BLUE, (120, 140, 160, 100), dashed=True)]
    crop = cut_out(picture, boxes, title="both", surroundings=0.5)

    assert crop.getpixel((200, 100)) == (0, 255, 0)  # the window is the whole picture, so pixels stay where they were
    assert _share_of(crop, (0, 255, 0), 100) == pytest.approx(202 / 400)
    assert 0.15 < _share_of(crop, (0, 0, 255), 140) < 0.3


@pytest.mark.parametrize(
    "box",
    [(0, 0, 0, 0), (399, 299, 1, 1), (-50, -50, 20, 20), (500, 500, 10, 10), (0, 0, 400, 300), (0, 150, 4000, 1)],
)
def test_boxes_of_any_size_and_place_can_be_cut(box: tuple[float, float, float, float]) -> None:
    crop = cut_out(Image.new("RGB", (400, 300)), [Outline("it", GREEN, box)], title="odd")

    assert 320 <= crop.width <= 640
    assert crop.height <= 700


def test_a_small_object_is_enlarged_and_a_large_one_shrunk() -> None:
    small = cut_out(Image.new("RGB", (4000, 4000)), [Outline("it", GREEN, (50, 50, 8, 8))], title="small")
    large = cut_out(Image.new("RGB", (4000, 4000)), [Outline("it", GREEN, (50, 50, 3000, 300))], title="large")

    assert small.width == 320
    assert large.width == 640
