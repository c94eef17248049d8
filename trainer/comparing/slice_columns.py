"""Columns that slices of two runs are cut along: metadata, picture size, crowding, feature, object size, clusters."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

import metrics
from trainer.comparing.comparison import Pair
from trainer.comparing.ledger import ObjectLedger
from trainer.records.errors import NotFoundError
from trainer.records.rows import Rows

PICTURE_SIZE: Final = "picture size"
CROWDING: Final = "truths in row"
FEATURE: Final = "feature"
OBJECT_SIZE: Final = "object size"
EMBEDDINGS: Final = "embedding cluster"
OWN_COLUMNS: Final = (PICTURE_SIZE, CROWDING, FEATURE, OBJECT_SIZE, EMBEDDINGS)
"""Columns that need no metadata, by the names they are asked for."""
_METADATA: Final = "metadata "
_SIZES: Final = ("small", "medium", "large")
_FEW_NUMBERS: Final = 8
_MOST_CLUSTERS: Final = 8
_LARGE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Clustering:
    """How rows were put into clusters by what a run saw in them: k-means of scikit-learn.

    Attributes:
        embeddings: Name of the embeddings.
        run: Name of the run that has them.
        clusters: Number of clusters.
        seed: Where the random numbers start.
        rows: Number of rows that have a vector; the others are in no cluster.
        nearest: For each cluster the keys of the rows nearest to its middle, at most three.
    """

    embeddings: str
    run: str
    clusters: int
    seed: int
    rows: int
    nearest: tuple[tuple[str, ...], ...]

    @property
    def rule(self) -> str:
        """The settings in a line."""
        return (
            f"k-means of {self.rows:,} rows into {self.clusters} clusters by {self.embeddings!r} of {self.run}, "
            f"vectors of length 1, seed {self.seed}"
        )


class CutColumns(NamedTuple):
    """What slices are cut along.

    Attributes:
        columns: With codes for the rows of the candidate's snapshot, or for the lines of the ledger.
        unusable: Why metadata columns are not among them, by name.
        clustering: How rows were put into clusters; None where no run has embeddings, or none were asked for.
    """

    columns: tuple[metrics.SliceColumn, ...]
    unusable: dict[str, str]
    clustering: Clustering | None


def cut_columns(
    ledger: ObjectLedger,
    keep: np.ndarray,
    *,
    names: Sequence[str] | None = None,
    embeddings: str | None = None,
    clusters: int | None = None,
    min_rows: int = 30,
    seed: int = 0,
) -> CutColumns:
    """Columns to search slices along.

    Texts, flags and numbers of at most eight different values have a condition for each value; other numbers have one
    for each quarter of the rows, or third or half where quarters would have fewer than `min_rows`. Texts and whole
    numbers that differ on every row name it rather than tell something about it, so they are left out unless asked for.

    Args:
        ledger: The objects.
        keep: bool[rows of the candidate's snapshot] that count; ranges and clusters are of them alone.
        names: Metadata columns and `OWN_COLUMNS`; all when left out.
        embeddings: Name of the embeddings to cluster rows by; the first one when left out.
        clusters: Number of clusters; 8 when left out, fewer where they would have less than `min_rows` on average.
        min_rows: Rows that a slice is to have.
        seed: Where k-means starts.

    Raises:
        NotFoundError: If there is no such column, as texts have no picture size and rows with a class no object size,
            or no such embeddings.
    """
    rows = ledger.pair.candidate.snapshot.rows
    metadata = _metadata(rows, keep)
    own: dict[str, Callable[[], metrics.SliceColumn]] = {
        PICTURE_SIZE: lambda: _picture_sizes(rows, keep, min_rows),
        CROWDING: lambda: _crowding(ledger, keep, min_rows),
        FEATURE: lambda: metrics.by_value(
            FEATURE, ledger.ledger.column("feature"), names=ledger.features, about="objects"
        ),
        OBJECT_SIZE: lambda: metrics.by_value(OBJECT_SIZE, _object_sizes(ledger), names=_SIZES, about="objects"),
    }
    if not ledger.pair.subject.by_iou:
        del own[OBJECT_SIZE]
    if not rows.widths.any():
        del own[PICTURE_SIZE]
    known = (*metadata, *own, EMBEDDINGS)
    asked = list(dict.fromkeys(names or known))
    _refuse_unknown(asked, known)
    columns, unusable = [], {}
    for name in asked:
        if name in own:
            columns.append(own[name]())
        elif name in metadata:
            column = _metadata_column(name, metadata[name], (len(rows), min_rows), asked=names is not None)
            if isinstance(column, str):
                unusable[name] = column
            else:
                columns.append(column)
    found = None
    if EMBEDDINGS in asked:
        column_of = _clusters(
            ledger.pair, keep, embeddings, (clusters or min(max(ledger.rows // min_rows, 2), _MOST_CLUSTERS), seed)
        )
        if column_of is None and (names is not None or embeddings is not None):
            raise NotFoundError("Neither run has embeddings, so that there are no clusters of them to look at.")
        if column_of is not None:
            columns.append(column_of[0])
            found = column_of[1]
    return CutColumns(tuple(columns), unusable, found)


def _metadata(rows: Rows, keep: np.ndarray) -> dict[str, dict[int, Any]]:
    """The values of each metadata column by row, where rows that count have any; own names stay free."""
    found: dict[str, dict[int, Any]] = {}
    for row, text in enumerate(rows.table["metadata"].to_pylist()):
        if keep[row] and text != "{}":
            for name, value in json.loads(text).items():
                if value is not None:
                    found.setdefault(_METADATA + name if name in OWN_COLUMNS else name, {})[row] = value
    return dict(sorted(found.items()))


def _refuse_unknown(asked: Sequence[str], known: Sequence[str]) -> None:
    strange = [name for name in asked if name not in known]
    if strange:
        raise NotFoundError(f"There is no column {strange[0]!r} to cut along. There are: {', '.join(known)}.")


def _metadata_column(
    name: str, values: dict[int, Any], sizes: tuple[int, int], *, asked: bool
) -> metrics.SliceColumn | str:
    """The column, or why there is none; sizes are the number of rows, and of those that a slice is to have."""
    rows, min_rows = sizes
    nested = sum(isinstance(value, list | dict) for value in values.values())
    if nested:
        return f"holds lists or mappings on {nested:,} rows"
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values.values())
    different = len(set(values.values()))
    if different == len(values) > _FEW_NUMBERS and not asked and not any(isinstance(v, float) for v in values.values()):
        return "has another value on every row, as a name or number of the row would"
    if numeric and different > _FEW_NUMBERS:
        numbers = np.full(rows, np.nan)
        numbers[list(values)] = list(values.values())
        numbers[np.isinf(numbers)] = np.nan
        return _by_ranges(name, numbers, min_rows)
    texts = np.full(rows, "", dtype=object)
    texts[list(values)] = [f"{value:g}" if numeric else str(value) for value in values.values()]
    return metrics.by_value(name, texts)


def _by_ranges(name: str, numbers: np.ndarray, min_rows: int) -> metrics.SliceColumn:
    """Quarters, or thirds or halves where there are few rows."""
    known = int(np.count_nonzero(~np.isnan(numbers)))
    return metrics.by_quantiles(name, numbers, bins=min(max(known // min_rows, 2), 4))


def _picture_sizes(rows: Rows, keep: np.ndarray, min_rows: int) -> metrics.SliceColumn:
    sides = np.sqrt(rows.widths.astype(np.float64) * rows.heights)
    sides[~keep] = np.nan
    return _by_ranges(PICTURE_SIZE, sides.round(), min_rows)


def _crowding(ledger: ObjectLedger, keep: np.ndarray, min_rows: int) -> metrics.SliceColumn:
    counts = np.bincount(ledger.ledger.truths.row, minlength=len(keep)).astype(np.float64)
    counts[~keep] = np.nan
    return _by_ranges(CROWDING, counts, min_rows)


def _object_sizes(ledger: ObjectLedger) -> np.ndarray:
    sizes = ledger.table["size"].combine_chunks().dictionary_encode()
    codes = np.array([_SIZES.index(size) for size in sizes.dictionary.to_pylist()], dtype=np.int32)
    return codes[sizes.indices.to_numpy()] if len(sizes) else np.zeros(0, dtype=np.int32)


def _clusters(
    pair: Pair, keep: np.ndarray, name: str | None, settings: tuple[int, int]
) -> tuple[metrics.SliceColumn, Clustering] | None:
    """Clusters of rows by the candidate's embeddings, else by the baseline's."""
    there = [run for run in (pair.candidate, pair.baseline) if run.embedding_names]
    if name is not None and there:
        there = [run for run in there if name in run.embedding_names] or there[:1]
    if not there:
        return None
    run = there[0]
    name = name or run.embedding_names[0]
    vectors = np.asarray(run.embeddings(name))
    onto = pair.candidate_rows if run is pair.candidate else pair.baseline_rows
    measured = keep[pair.candidate_rows]
    rows, vectors = pair.candidate_rows[measured], vectors[onto[measured]].astype(np.float32)
    known = np.isfinite(vectors).all(axis=1)
    rows, vectors = rows[known], vectors[known]
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    n, seed = min(settings[0], len(np.unique(vectors, axis=0))), settings[1]
    if n < 2:
        return None
    codes, distances = _k_means(vectors, n, seed)
    column = np.full(len(keep), -1, dtype=np.int32)
    column[rows] = codes
    keys = pair.candidate.snapshot.rows.keys
    near = [np.flatnonzero(codes == code)[np.argsort(distances[codes == code], kind="stable")[:3]] for code in range(n)]
    nearest = tuple(tuple(keys[row] for row in rows[places]) for places in near)
    named = metrics.by_value(EMBEDDINGS, column, names=[str(code + 1) for code in range(n)])
    return named, Clustering(name, run.name, n, seed, len(rows), nearest)


def _k_means(vectors: np.ndarray, clusters: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """int32[rows] cluster, numbered by falling size; float[rows] distance to its middle."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    if len(vectors) > _LARGE:
        model = MiniBatchKMeans(clusters, random_state=seed, n_init=3, batch_size=4096)
    else:
        model = KMeans(clusters, random_state=seed, n_init=4)
    found = model.fit_predict(vectors)
    distances = np.linalg.norm(vectors - model.cluster_centers_[found], axis=1)
    order = np.argsort(-np.bincount(found, minlength=clusters), kind="stable")
    place = np.empty(clusters, dtype=np.int32)
    place[order] = np.arange(clusters)
    return place[found], distances
