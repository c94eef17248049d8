"""What is written into a run's folder reads back as it was."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trainer.records import layout
from trainer.records.annotations import Annotations
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot


def read_back(folder) -> Snapshot:
    return layout.read_snapshot(*(folder / name for name in layout.SNAPSHOT_FILES))


def test_a_snapshot_reads_back_with_an_equal_digest_and_its_places(snapshot, tmp_path):
    layout.write_snapshot(snapshot, tmp_path)

    again = read_back(tmp_path)

    assert again.digest == snapshot.digest
    assert again.rows.table.equals(snapshot.rows.table)
    assert again.truth.table.equals(snapshot.truth.table)
    assert again.ontology == snapshot.ontology


def test_an_empty_snapshot_reads_back(tmp_path):
    empty = Snapshot(Ontology(()), Rows.from_columns(keys=[], widths=[], heights=[]), Annotations.empty())
    layout.write_snapshot(empty, tmp_path)

    assert read_back(tmp_path).digest == empty.digest


@pytest.mark.parametrize("lines", [1, 131_072, 131_073])
def test_predictions_read_back_whatever_the_number_of_row_groups(tmp_path, lines):
    random = np.random.default_rng(0)
    predictions = Annotations.from_columns(
        row=random.integers(0, 5000, lines),
        feature=random.integers(0, 80, lines),
        box=random.random((lines, 4)) * 400,
        confidence=random.random(lines),
    )
    layout.write_predictions(predictions, tmp_path, rows=5000)

    again = layout.read_annotations(tmp_path / layout.PREDICTIONS)
    offsets = np.load(tmp_path / layout.OFFSETS, allow_pickle=False)

    assert again.table.equals(predictions.table)
    assert offsets.dtype == np.int64
    assert np.array_equal(np.diff(offsets), np.bincount(predictions.row, minlength=5000))


def test_no_predictions_read_back(tmp_path):
    layout.write_predictions(Annotations.empty(), tmp_path, rows=3)

    assert len(layout.read_annotations(tmp_path / layout.PREDICTIONS)) == 0
    assert np.load(tmp_path / layout.OFFSETS, allow_pickle=False).tolist() == [0, 0, 0, 0]


def test_embeddings_are_mapped_not_loaded(tmp_path):
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::-1]
    layout.write_embeddings("rows", vectors, tmp_path)

    again = layout.read_embeddings(tmp_path / layout.embeddings_path("rows"))

    assert isinstance(again, np.memmap)
    assert again.dtype == np.float16
    assert np.array_equal(again, vectors)


def test_tables_have_exactly_the_columns_of_their_schema(snapshot, tmp_path):
    layout.write_snapshot(snapshot, tmp_path)
    table = pq.read_table(tmp_path / layout.TRUTH)
    pq.write_table(table.append_column("more", pa.array([1] * len(table))), tmp_path / layout.TRUTH)

    with pytest.raises(ValueError, match="names"):
        layout.read_annotations(tmp_path / layout.TRUTH)


def test_the_names_of_the_files_stay(snapshot, tmp_path):
    layout.write_snapshot(snapshot, tmp_path)
    layout.write_predictions(snapshot.truth, tmp_path, rows=3)

    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        "data/ontology.json",
        "data/rows.parquet",
        "data/truth.parquet",
        "predictions/offsets.npy",
        "predictions/predictions.parquet",
    ]
