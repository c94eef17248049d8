"""Runs with masks are measured by their masks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask

import metrics
from trainer.commands import main
from trainer.formats import coco
from trainer.measures.evaluation import overlaps_of
from trainer.measures.masks import masks_of
from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot


def _rows() -> Rows:
    return Rows.from_columns(keys=["a", "b"], widths=[4, 6], heights=[4, 5])


def test_outlines_and_run_lengths_are_masks_of_their_picture() -> None:
    bitmap = np.zeros((5, 6), dtype=np.uint8, order="F")
    bitmap[1:4, 2:4] = 1
    annotations = Annotations.from_columns(
        row=[0, 1],
        feature=[0, 0],
        box=[[1, 1, 2, 2], [2, 1, 2, 3]],
        polygons=[[[1.0, 1.0, 3.0, 1.0, 3.0, 3.0, 1.0, 3.0]], None],
        rle=[None, mask.encode(bitmap)["counts"].decode()],
    )
    masks = masks_of(annotations, _rows())

    assert masks.size.tolist() == [[4, 4], [5, 6]]
    assert masks.pixels.tolist() == [4, 6]


def test_a_box_alone_is_no_mask() -> None:
    annotations = Annotations.from_columns(row=[0, 1], feature=[0, 0], box=[[1, 1, 2, 2]] * 2)

    with pytest.raises(ColumnError, match="2 of 2 annotations are boxes without a mask or outline; first: on row 'a'"):
        masks_of(annotations, _rows())


def test_masks_of_val2014_score_as_published(shared_data: Path) -> None:
    folder = shared_data / "coco_val2014_100"
    foreign = coco.read_truth(folder / "instances_val2014_100.json")
    snapshot = Snapshot(foreign.ontology, foreign.rows, foreign.truth)
    found = coco.read_predictions(folder / "instances_val2014_fakesegm100_results.json", snapshot)
    summary = metrics.coco_summary(overlaps_of(snapshot, found, shape="masks"))

    assert (round(summary.ap, 4), round(summary.ap50, 3), round(summary.ap75, 3)) == (0.3195, 0.562, 0.299)
    assert summary.rule == "coco-2017 masks, 101-point"


def test_the_command_measures_by_masks(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared_data / "coco_val2014_100"
    files = [str(folder / "instances_val2014_100.json"), str(folder / "instances_val2014_fakesegm100_results.json")]

    assert main(["evaluate", *files, "--measure", "masks", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["rule"], round(facts["coco"]["mAP"], 4)) == ("coco-2017 masks, 101-point", 0.3195)
