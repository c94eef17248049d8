"""Runs that earlier releases wrote open for ever, with the same content.

`format-1` is the folder of one model run as release 0.1.0 sealed it: two rows without pictures, three predictions and
truths, one embedding. Do not write it anew: a later format gets a folder of its own beside it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from trainer.measures.evaluation import Evaluation, Thresholds, overlaps_of
from trainer.records import layout
from trainer.records.config import RunConfig
from trainer.records.manifest import MANIFEST, Manifest
from trainer.records.snapshot import Snapshot

FORMAT_1 = Path(__file__).parent / "format-1"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return layout.read_snapshot(*(FORMAT_1 / name for name in layout.SNAPSHOT_FILES))


def test_every_file_is_what_its_manifest_says() -> None:
    manifest = Manifest.from_bytes((FORMAT_1 / MANIFEST).read_bytes())
    digests = {entry.name: hashlib.sha256((FORMAT_1 / entry.name).read_bytes()).hexdigest() for entry in manifest.files}

    assert digests == {entry.name: entry.sha256 for entry in manifest.files}


def test_its_snapshot_has_the_digest_it_was_sealed_with(snapshot: Snapshot) -> None:
    assert snapshot.digest == "809bc97182961ca7c1b8cbc1a46e8f28"


def test_its_rows_and_truth_read_as_they_were_logged(snapshot: Snapshot) -> None:
    assert snapshot.ontology.paths == ("car", "person")
    assert snapshot.rows.keys == ("a", "b")
    assert snapshot.rows.splits.tolist() == ["validation", "training"]
    assert snapshot.rows.metadata(0) == {"camera": "north"}
    assert snapshot.truth.box.tolist() == [[0, 0, 10, 10], [30, 10, 8, 20]]


def test_its_predictions_and_embeddings_read_as_they_were_logged() -> None:
    predictions = layout.read_annotations(FORMAT_1 / layout.PREDICTIONS)
    vectors = layout.read_embeddings(FORMAT_1 / layout.embeddings_path("rows"))

    assert predictions.confidence.tolist() == [0.9, 0.25]
    assert np.load(FORMAT_1 / layout.OFFSETS).tolist() == predictions.offsets(2).tolist() == [0, 1, 2]
    assert vectors[0].tolist() == [1.0, 0.0]
    assert np.isnan(vectors[1]).all()


def test_its_settings_read_as_they_were_logged() -> None:
    config = RunConfig.from_yaml((FORMAT_1 / layout.CONFIG).read_text(encoding="utf-8"))

    assert config == RunConfig({"epochs": 3, "classes": ["car", "person"]})


def test_it_measures_the_same(snapshot: Snapshot) -> None:
    predictions = layout.read_annotations(FORMAT_1 / layout.PREDICTIONS)
    scores = Evaluation(overlaps_of(snapshot, predictions), snapshot.ontology.paths).at(Thresholds())

    assert (scores.at_thresholds.total.tp, scores.at_thresholds.total.missed) == (1, 1)
