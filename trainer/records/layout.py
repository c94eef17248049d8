"""The written form of a run: which file stands where, and how tables are written.

`FORMAT` in `manifest` counts the incompatible changes; a reader refuses a number it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trainer.records import annotations as annotation_columns
from trainer.records import rows as row_columns
from trainer.records.annotations import ANNOTATIONS_SCHEMA, Annotations
from trainer.records.later_columns import with_missing, without_empty
from trainer.records.ontology import Ontology
from trainer.records.own_numbers import OwnNumber
from trainer.records.rows import ROWS_SCHEMA, Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split

README = "README.md"
PREVIEW = "preview"
CONFIG = "config/config.yaml"
ENVIRONMENT = "config/environment.txt"
ONTOLOGY = "data/ontology.json"
ROWS = "data/rows.parquet"
TRUTH = "data/truth.parquet"
SNAPSHOT_FILES = (ONTOLOGY, ROWS, TRUTH)
PREDICTIONS = "predictions/predictions.parquet"
OFFSETS = "predictions/offsets.npy"
EMBEDDINGS = "embeddings"
THUMBNAILS = "thumbnails"
OWN_NUMBERS = "numbers/rows.parquet"
EVALUATION = "evaluation/summary.json"
PER_FEATURE = "evaluation/per_feature.csv"
METRIC_LOG = "logs/metrics.parquet"
TRAINING_LOG = "logs/training.json"
WEIGHTS = "model/weights.safetensors"
TORCH_WEIGHTS = "model/weights.pt"
WEIGHTS_CARD = "model/card.json"

_ROW_GROUP = 131_072
_LOWER_IS_BETTER = "modelruns.lower_is_better"
_FLOATS = ("confidence", "left", "top", "width", "height", "area")


def write_snapshot(snapshot: Snapshot, folder: Path) -> None:
    """Write a snapshot's three files below a run folder."""
    (folder / ONTOLOGY).parent.mkdir(parents=True, exist_ok=True)
    (folder / ONTOLOGY).write_text(
        json.dumps(snapshot.ontology.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    pq.write_table(
        without_empty(snapshot.rows.table, row_columns.LATER_COLUMNS),
        folder / ROWS,
        compression="zstd",
        compression_level=3,
        row_group_size=_ROW_GROUP,
        use_dictionary=["split"],
    )
    _write_annotations(snapshot.truth, folder / TRUTH)


def read_snapshot(ontology: Path, rows: Path, truth: Path) -> Snapshot:
    """Read the three files that `write_snapshot` wrote."""
    return Snapshot(
        Ontology.from_json(json.loads(ontology.read_text(encoding="utf-8"))),
        Rows(with_missing(pq.read_table(rows), ROWS_SCHEMA)),
        read_annotations(truth),
    )


def read_split_sizes(rows: Path) -> dict[str, int]:
    """Number of rows in each part that has any, in the order of `Split`; nothing else of the rows is read."""
    column = pq.read_table(rows, columns=["split"])["split"].cast(pa.string())
    sizes = {each["values"]: each["counts"] for each in column.value_counts().to_pylist()}
    return {split.value: sizes[split] for split in Split if split in sizes}


def write_predictions(predictions: Annotations, folder: Path, *, rows: int) -> None:
    """Write predictions and where each row's begin, below a run folder."""
    (folder / PREDICTIONS).parent.mkdir(parents=True, exist_ok=True)
    _write_annotations(predictions, folder / PREDICTIONS)
    np.save(folder / OFFSETS, predictions.offsets(rows), allow_pickle=False)


def read_annotations(path: Path) -> Annotations:
    """Read annotations that this module wrote."""
    return Annotations(with_missing(pq.read_table(path), ANNOTATIONS_SCHEMA))


def write_embeddings(name: str, vectors: np.ndarray, folder: Path) -> None:
    """Write float16[n, d] embeddings of the rows below a run folder."""
    path = folder / embeddings_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.ascontiguousarray(vectors, dtype=np.float16), allow_pickle=False)


def read_embeddings(path: Path) -> np.ndarray:
    """Memory-mapped float16[n, d]."""
    vectors: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return vectors


def embeddings_path(name: str) -> str:
    """Where embeddings of that name stand in a run folder."""
    return f"{EMBEDDINGS}/{name}.npy"


def write_own_numbers(numbers: Sequence[OwnNumber], folder: Path) -> None:
    """Write a column for each number, null where a row has none, below a run folder; nothing where there is none."""
    if not numbers:
        return
    columns = {number.name: pa.array(number.values, mask=np.isnan(number.values)) for number in numbers}
    lower = json.dumps([number.name for number in numbers if number.lower_is_better])
    (folder / OWN_NUMBERS).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.table(columns).replace_schema_metadata({_LOWER_IS_BETTER: lower}),
        folder / OWN_NUMBERS,
        compression="zstd",
        column_encoding="BYTE_STREAM_SPLIT",
        use_dictionary=False,
    )


def read_own_numbers(path: Path) -> dict[str, OwnNumber]:
    """By name, in the order in which they were written."""
    table = pq.read_table(path)
    lower = json.loads((table.schema.metadata or {}).get(_LOWER_IS_BETTER.encode(), b"[]"))
    return {
        name: OwnNumber(name, table[name].to_numpy().astype(np.float64), lower_is_better=name in lower)
        for name in table.column_names
    }


def _write_annotations(annotations: Annotations, path: Path) -> None:
    pq.write_table(
        without_empty(annotations.table, annotation_columns.LATER_COLUMNS),
        path,
        compression="zstd",
        compression_level=3,
        row_group_size=_ROW_GROUP,
        use_dictionary=["feature"],
        column_encoding={"row": "DELTA_BINARY_PACKED", **dict.fromkeys(_FLOATS, "BYTE_STREAM_SPLIT")},
        write_page_index=True,
    )
