"""Real observers, names, nuclei and masks as runs: compared through the command, with the numbers that are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import metrics
import trainer
from trainer import Answer, Mask, Span, Statement, Store
from trainer.commands import main
from trainer.formats import coco
from trainer.measures.pixels import label_maps


@pytest.fixture
def command(store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `modelruns` on the test's store and returns the JSON it prints."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))

    def run(*arguments: str) -> Any:
        assert main([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_observers_of_cue_conflicts_are_runs_of_classes(shared_data: Path, store: Store, command: Any) -> None:
    names = ("subject-01", "subject-02", "subject-03")
    said = {name: _observed(shared_data / "model_vs_human" / "raw-data" / "cue-conflict", name) for name in names}
    for name, rows in said.items():
        with trainer.start_run("cue-conflict", name, store=store) as run:
            for key, (truth, answer) in rows.items():
                heard = [Answer("object", answer)] if answer != "na" else []
                run.log_row(key, size=(224, 224), truth=[Answer("object", truth)], predictions=heard)
    told = command("compare", *(f"cue-conflict/{name}" for name in names), "--resamples", "200")

    assert told["measure"] == "classes:object"
    assert told["rows"] == 1280
    choices = [_choices(said[name]) for name in names]
    drawn = metrics.draw_rows(choices[0].keep, count=200, seed=0)
    first, *others = (metrics.measure_choices(each, drawn) for each in choices)
    for candidate, measured in zip(told["candidates"], others, strict=True):
        for mine, theirs in zip(candidate["gains"], metrics.gains_of(first, measured), strict=False):
            assert mine["number"] == theirs.name
            assert (mine["baseline"], mine["candidate"]) == (theirs.gain.baseline, theirs.gain.candidate)
            assert (mine["low"], mine["high"]) == (theirs.gain.low, theirs.gain.high)
    accuracy = told["candidates"][0]["gains"][0]
    assert (round(accuracy["baseline"], 3), round(accuracy["candidate"], 3)) == (0.693, 0.763)
    assert accuracy["certain"] == "better"
    total = metrics.keep_choice_ledger(choices[0], choices[1]).total
    assert told["candidates"][0]["objects"]["total"] == total


def _observed(folder: Path, name: str) -> dict[str, tuple[str, str]]:
    """What stood on each picture and what the observer said."""
    [file] = folder.glob(f"*{name}*.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        entries = csv.DictReader(lines)
        return {each["imagename"].split("_", 3)[-1]: (each["category"], each["object_response"]) for each in entries}


def _choices(rows: dict[str, tuple[str, str]]) -> metrics.Choices:
    codes = {name: code for code, name in enumerate(sorted({truth for truth, _ in rows.values()}))}
    pairs = [rows[key] for key in sorted(rows)]
    return metrics.Choices.from_codes(
        [codes[truth] for truth, _ in pairs], [codes.get(said, -1) for _, said in pairs], classes=len(codes)
    )


def test_names_of_wikigold_are_runs_of_spans(shared_data: Path, store: Store, command: Any) -> None:
    file = shared_data / "ner_open" / "wikigold" / "CONLL-format" / "data" / "wikigold.conll.txt"
    texts = [block.splitlines() for block in file.read_text(encoding="utf-8").strip().split("\n\n")][:200]
    tags = [[line.split()[-1] for line in text] for text in texts]
    features = metrics.tag_features(tags)
    truth = metrics.spans_from_tags(tags, features=features, scheme="IOB1", misfits="repair")
    kept = {name: np.random.default_rng(seed).random(len(truth)) < share for seed, (name, share) in enumerate(KEPT)}
    for name, seen in kept.items():
        with trainer.start_run("wikigold", name, store=store) as run:
            for row, text in enumerate(texts):
                words = [line.split()[0] for line in text]
                starts = np.cumsum([0, *(len(word) + 1 for word in words)])
                here = np.flatnonzero(truth.row == row)
                spans: list[Statement] = [
                    Span(features[truth.feature[i]], int(starts[truth.start[i]]), int(starts[truth.end[i]] - 1))
                    for i in here
                ]
                said = [span for span, i in zip(spans, here, strict=True) if seen[i]]
                run.log_row(f"{row:04}", text=" ".join(words), truth=spans, predictions=said)
    told = command("compare", "wikigold/few", "wikigold/many", "--resamples", "100")
    numbers = {gain["number"]: gain for gain in told["candidates"][0]["gains"] if gain["feature"] is None}

    assert told["measure"] == "spans"
    assert numbers["recall"]["baseline"] == kept["few"].mean()
    assert numbers["recall"]["candidate"] == kept["many"].mean()
    assert numbers["precision"]["gain"] == 0
    newly = int((kept["many"] & ~kept["few"]).sum())
    assert command("ledger", "wikigold/few", "wikigold/many")["total"]["newly_found"] == newly
    explained = command("explain", "wikigold/few", "wikigold/many")
    cells = {f"{cell['before']}:{cell['after']}": cell for cell in explained["cells"]}
    assert explained["gain"] == pytest.approx(numbers["F1"]["gain"])
    assert cells["unseen:found"]["objects"] == newly
    assert sum(cell["gain"] for cell in explained["cells"]) == pytest.approx(explained["gain"])
    sides = [
        metrics.match_spans(truth, truth.only(np.flatnonzero(seen)), rows=200, features=4) for seen in kept.values()
    ]
    assert told["candidates"][0]["objects"]["total"] == metrics.keep_span_ledger(*sides).total


KEPT = (("few", 0.6), ("many", 0.9))


def test_nuclei_drawn_one_by_one_are_the_pixels_painted_at_once(shared_data: Path, store: Store, command: Any) -> None:
    folder = shared_data / "dsb2018_dev"
    data = trainer.import_project(
        "nuclei", folder / "instances_coco_rle.json", format="coco", split="none", store=store
    ).version
    overlaps = []
    for name, shift in (("moved", 2), ("painted", 0)):
        with trainer.start_run("nuclei", name, project=data, measure="pixels", store=store) as run:
            for key in data.snapshot.rows.keys:
                painted = np.asarray(Image.open(folder / "semantic_masks" / Path(key).name)) > 0
                moved = np.roll(painted, shift, axis=1)
                overlaps.append((painted & moved).sum() / (painted | moved).sum())
                run.log_row(key, predictions=[Mask("nucleus", moved, 0.9)])
    told = command("compare", "nuclei/moved", "nuclei/painted", "--resamples", "100", "--iou", "0.7")
    numbers = {gain["number"]: gain for gain in told["candidates"][0]["gains"] if gain["feature"] is None}

    assert told["measure"] == "pixels"
    assert (numbers["mean IoU"]["candidate"], numbers["pixel accuracy"]["candidate"]) == (1, 1)
    assert 0.5 < numbers["mean IoU"]["baseline"] < 0.95
    assert numbers["mean IoU"]["certain"] == "better"
    explained = command("explain", "nuclei/moved", "nuclei/painted")
    assert explained["gain"] == pytest.approx(numbers["mean IoU"]["gain"])
    # Every picture was moved round in a circle: as many pixels were missed as were painted on nothing.
    truths, alarms = (np.array(explained["matrices"][kind]["objects"]) for kind in ("truth", "false alarm"))
    assert truths[2, 0] == alarms[1, 0] > 50_000
    assert sum(each["gain"] for each in explained["mix_ups"]) == pytest.approx(explained["gain"])
    close = int((np.array(overlaps[: len(data.snapshot.rows)]) >= 0.7).sum())
    total, rows = told["candidates"][0]["objects"]["total"], len(data.snapshot.rows)
    assert 0 < close < rows
    assert {name: n for name, n in total.items() if n} == {
        "kept": close,
        "newly_found": rows - close,
        "fixed": rows - close,
    }


def test_masks_of_val2014_are_a_run_that_scores_as_published(shared_data: Path, store: Store, command: Any) -> None:
    folder = shared_data / "coco_val2014_100"
    data = trainer.import_project(
        "val2014", folder / "instances_val2014_100.json", format="coco", split="none", store=store
    ).version
    found = coco.read_predictions(folder / "instances_val2014_fakesegm100_results.json", data.snapshot)
    for name, kept in (("some", np.arange(0, len(found), 2)), ("all", np.arange(len(found)))):
        with trainer.start_run("val2014", name, project=data, measure="masks", store=store) as run:
            run.log_predictions(found.take(kept))
    told = command("compare", "val2014/some", "val2014/all", "--resamples", "0")
    numbers = {gain["number"]: gain for gain in told["candidates"][0]["gains"] if gain["feature"] is None}

    assert round(run.result.summary["coco"]["ap"], 4) == 0.3195
    assert round(numbers["mAP"]["candidate"], 4) == 0.3195
    assert numbers["mAP"]["rule"] == "coco-2017 masks, 101-point"
    ledger = command("ledger", "val2014/some", "val2014/all", "--show", "0")
    assert ledger["measure"] == "masks"
    at = run.result.summary["at_thresholds"]
    assert ledger["total"]["kept"] + ledger["total"]["newly_found"] == at["tp"]
    assert ledger["total"]["persistent"] + ledger["total"]["new"] == at["fp"]
    areas = command("ledger", "val2014/some", "val2014/all", "--show", "0", "--measure", "pixels")
    painted, true, right = _areas_one_by_one(run.result)
    assert areas["total"]["kept"] + areas["total"]["newly_found"] == right
    assert areas["total"]["persistent"] + areas["total"]["new"] == painted - right
    assert sum(areas["total"][name] for name in ("kept", "newly_found", "newly_missed", "still_missed")) == true


def _areas_one_by_one(run: trainer.ModelRun) -> tuple[int, int, int]:
    """Painted areas, true ones, and those that were found at an IoU of 0.5; crowds, -1, are left out."""
    rows, nothing = run.snapshot.rows, len(run.snapshot.ontology.paths)
    painted = true = right = 0
    maps = (label_maps(each, rows, nothing=nothing) for each in (run.snapshot.truth, run.predictions))
    for known, said in zip(*maps, strict=True):
        for code in np.unique(np.concatenate([known, said])):
            if 0 <= code < nothing:
                real, found = known == code, (said == code) & (known >= 0)
                true, painted = true + bool(real.any()), painted + bool(found.any())
                right += bool(real.any()) and 2 * (real & found).sum() >= (real | found).sum()
    return painted, true, right
