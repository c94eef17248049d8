"""What the commands print of runs that are no boxes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask

import trainer
from trainer import Answer, Mask, Span, Store
from trainer.commands import main

SQUARE = np.zeros((20, 30), dtype=bool)
SQUARE[4:12, 5:15] = True


@pytest.fixture
def runs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of days, names and cells; the second is right on 6 rows of 8, the first on 3."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    for name, right in (("first", 3), ("second", 6)):
        with trainer.start_run("days", name, store=store) as run:
            for row in range(8):
                said = [Answer("weather", "dry" if row < right else "wet", 0.9)]
                run.log_row(f"{row}", size=(30, 20), truth=[Answer("weather", "dry")], predictions=said)
        with trainer.start_run("names", name, store=store) as run:
            for row in range(8):
                said = [Span("person", 0, 3 if row < right else 2, 0.9)]
                run.log_row(f"{row}", text="Ada met Oslo", truth=[Span("person", 0, 3)], predictions=said)
        with trainer.start_run("cells", name, measure="pixels", store=store) as run:
            for row in range(8):
                said = [Mask("cell", SQUARE if row < right else SQUARE[::-1], 0.9)]
                run.log_row(f"{row}", size=(30, 20), truth=[Mask("cell", SQUARE)], predictions=said)


def _said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("runs")
def test_the_list_of_runs_has_each_ones_own_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert _said(capsys, "runs", "days").startswith("run accuracy F1 macro status")
    assert "0.7500" in _said(capsys, "runs", "days")
    assert _said(capsys, "runs", "names").startswith("run precision recall F1 status")
    assert _said(capsys, "runs", "cells").startswith("run mean IoU pixel accuracy status")


@pytest.mark.usefixtures("runs")
def test_compare_says_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    days = _said(capsys, "compare", "days/first", "days/second", "--resamples", "0")
    names = _said(capsys, "compare", "names/first", "names/second", "--resamples", "0")
    cells = _said(capsys, "compare", "cells/first", "cells/second", "--resamples", "0")

    assert "classes:weather; the most confident option is the choice" in days
    assert "accuracy 0.3750 0.7500 +0.3750" in days
    assert "weather/dry 8 0.5455 0.8571" in days
    assert "without truth on these rows, so not listed: 1 of 2" in days
    assert "spans; CoNLL: same text, feature, start and end; confidence >= 0.5" in names
    assert "person 8 0.3750 0.7500 +0.3750" in names
    assert "mean IoU" in cells
    assert "true pixels" in cells
    assert "cell 8 3 0 0.2500 0 3" in cells
    assert "objects are areas, all pixels of a feature on a row; IoU >= 0.5" in cells


@pytest.mark.usefixtures("runs")
def test_the_ledger_lists_rows_and_spans_without_boxes(capsys: pytest.CaptureFixture[str]) -> None:
    days = _said(capsys, "ledger", "days/first", "days/second")
    names = _said(capsys, "ledger", "names/first", "names/second")

    assert "newly found weather/dry 3 0.90 weather/wet 0.90" in days
    assert "left top width height" not in days
    assert "start end" in names
    assert "newly found person 3 0 3 – 0.90" in names
    assert "IoU" not in names
    assert "taken for another feature: 0 newly, 3 no longer" in days
    assert "taken for another feature: 0 newly, 0 no longer" in names  # only the ends are wrong


@pytest.mark.usefixtures("runs")
def test_the_ledger_of_pixels_lists_areas(capsys: pytest.CaptureFixture[str]) -> None:
    cells = _said(capsys, "ledger", "cells/first", "cells/second")
    all_there = _said(capsys, "ledger", "cells/first", "cells/second", "--iou", "0.05")

    assert "areas, all pixels of a feature on a row; IoU >= 0.5; pixels" in cells
    assert "newly found cell 3 5 4 10 8 – 0.90 IoU 1.00" in cells
    assert "fixed cell 3 5 8 10 8 0.90 –" in cells
    assert "3 placed better by 0.05 IoU or more, 0 worse" in all_there
    assert "newly found cell" not in all_there


@pytest.mark.usefixtures("runs")
def test_slices_are_cut_through_areas(capsys: pytest.CaptureFixture[str]) -> None:
    cells = _said(capsys, "slices", "cells/first", "cells/second", "--min-rows", "2", "--min-objects", "2")

    assert "F1 of pixels; areas, all pixels of a feature on a row; IoU >= 0.5" in cells
    assert "over all rows 0.3750 -> 0.7500, gain +0.3750" in cells


@pytest.mark.usefixtures("runs")
def test_crops_of_texts_are_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "crops" / "excerpts.html"

    assert f"cut out: 6 objects in {page}" in _said(
        capsys, "ledger", "names/first", "names/second", "--crops", str(page.parent)
    )
    assert page.read_text(encoding="utf-8").count("<article>") == 6


@pytest.mark.usefixtures("runs")
def test_a_gate_is_told_what_to_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("promises:\n  - {count: newly_missed, at_most: 0}\n")
    boxes = "gate", "cells/first", "cells/second", "--rules", str(rules), "--measure"

    assert "rule coco-2017 masks, 101-point" in _said(capsys, *boxes, "masks")
    assert "newly missed <= 0 0 <= 0 kept" in _said(capsys, *boxes, "pixels")


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["disputed", "cells/first", "cells/second", "--confidence", "0.3"], "each pixel has one feature"),
        (["fair", "days/first", "days/second"], "each row has one choice"),
        (["explain", "days/first", "days/second", "--confidence", "0.3"], "A least confidence means nothing"),
        (["explain", "days/first", "days/second", "--cell", "place:found"], "of a truth: found, class, unseen"),
        (["compare", "days/first", "days/second", "--measure", "masks"], "no feature with a shape"),
        (["compare", "days/first", "days/second", "--measure", "classes:mood"], "There are: weather"),
        (["compare", "days/first", "days/second", "--measure", "cubes"], "there are boxes, masks, classes, pixels"),
        (["compare", "days/first", "names/second"], "measured by different things"),
    ],
)
def test_what_means_nothing_is_refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) != 0
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


def test_files_of_masks_are_logged_by_masks_and_measured_by_pixels(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    rle = mask.encode(np.asfortranarray(SQUARE, dtype=np.uint8))
    segmentation = {"size": [20, 30], "counts": rle["counts"].decode()}
    image = {"id": 1, "file_name": "a.png", "width": 30, "height": 20}
    truth = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 80, "bbox": [5, 4, 10, 8]}
    categories = [{"id": 1, "name": "cell"}]
    files = tmp_path / "truth.json", tmp_path / "results.json"
    files[0].write_text(
        json.dumps(
            {"images": [image], "annotations": [truth | {"segmentation": segmentation}], "categories": categories}
        )
    )
    files[1].write_text(json.dumps([{"image_id": 1, "category_id": 1, "score": 0.9, "segmentation": segmentation}]))
    log = "log", "cells", "--name", "first", "--truth", str(files[0]), "--predictions", str(files[1])

    assert "masks mAP 1.0000" in _said(capsys, *log, "--measure", "masks")
    assert "mean IoU 1.0000" in _said(capsys, "evaluate", *map(str, files), "--measure", "pixels")
