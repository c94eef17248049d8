"""Embeddings as points of a plane: PCA, or UMAP for neighbourhoods; kept on disk once worked out."""

from __future__ import annotations

import os
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from dashboard.lasso import (
    PlotSquare,
    PolygonError,
    checked_polygon,
    decode_polygon,
    encode_polygon,
    inside,
    plot_square,
    simplify_polygon,
)
from trainer.records.errors import ColumnError

__all__ = [
    "METHODS",
    "Method",
    "PlotSquare",
    "PolygonError",
    "Projection",
    "checked_polygon",
    "decode_polygon",
    "encode_polygon",
    "inside",
    "keep_projection",
    "plot_square",
    "project",
    "simplify_polygon",
]

Method = Literal["pca", "umap"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)

_FEWEST_FOR_UMAP: Final = 5
_NEIGHBOURS: Final = 15
_INNER_DIMENSIONS: Final = 50
# Exact neighbours cost the square of the rows, the approximate search a minute of compilation: 100,000 rows is
# where the two meet.
_MOST_FOR_EXACT_NEIGHBOURS: Final = 100_000
_MOST_KEPT: Final = 64
_COLUMNS_AT_ONCE: Final = 8192
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_WRITTEN_FORM: Final = 1


@dataclass(frozen=True)
class Projection:
    """One point a row, and how it came about.

    Attributes:
        points: float32[n,2], finite; the rows in the order of the vectors.
        method: What was done: "pca" even where UMAP was asked for, if the rows were too few or all alike.
        explained: Share of the vectors' variance along the first and the second axis, each in [0, 1], for PCA; NaN
            where there is no variance, and for UMAP, whose axes mean nothing.
    """

    points: np.ndarray
    method: Method
    explained: tuple[float, float]


def project(vectors: np.ndarray, *, method: Method = "pca", seed: int = 0) -> Projection:
    """Lay vectors out in a plane so that similar ones lie close.

    PCA keeps the two directions of greatest variance. UMAP keeps neighbourhoods: it starts from the first 50 principal
    components, takes each row's 15 nearest (fewer where there are fewer rows), and repeats exactly for one seed.
    Fewer than 5 rows, and rows that are all alike, are laid out by PCA whatever was asked for.

    Args:
        vectors: float[n,d], one a row, d >= 1.
        method: "pca" or "umap".
        seed: Where chance starts.

    Raises:
        ColumnError: If the vectors are no table of finite numbers, or the method is unknown.

    Example:
        >>> project(np.array([[0, 0, 0], [2, 0, 0], [7, 0, 0]], np.float16)).points[:, 0].round(3).tolist()
        [-3.0, -1.0, 4.0]
    """
    if method not in METHODS:
        raise ColumnError(f"There is no projection {method!r}; there are {', '.join(METHODS)}.")
    table = _checked(vectors)
    if method == "pca" or len(table) < _FEWEST_FOR_UMAP or not np.ptp(table, axis=0).any():
        scores, explained = _principal_components(table, 2)
        return Projection(scores, "pca", (float(explained[0]), float(explained[1])))
    components, _ = _principal_components(table, _INNER_DIMENSIONS)
    return Projection(_umap(components, seed=seed), "umap", (float("nan"), float("nan")))


def keep_projection(
    load: Callable[[], np.ndarray], *, key: str, folder: Path, method: Method = "pca", seed: int = 0
) -> Projection:
    """A projection from a folder of kept ones, worked out and kept first if it is not there.

    The 64 used last are kept. A file that cannot be read is worked out anew; several processes may share the folder.

    Args:
        load: Gives the vectors; called only where they are needed.
        key: Names the vectors' content, such as their checksum: up to 128 letters, digits, ``-`` and ``_``.
        folder: Where projections are kept; made if absent.
        method: "pca" or "umap".
        seed: Where chance starts.

    Raises:
        ColumnError: If the key has other characters, or `project` refuses the vectors.
    """
    if not _KEY.fullmatch(key):
        raise ColumnError(f"A projection is kept under letters, digits, '-' and '_', at most 128 of them, not {key!r}.")
    path = folder / f"{key}.{method}.{seed}.{_WRITTEN_FORM}.npz"
    kept = _read(path)
    if kept is None:
        kept = project(load(), method=method, seed=seed)
        _write(path, kept)
        _drop_oldest(folder)
    return kept


def _checked(vectors: np.ndarray) -> np.ndarray:
    table = np.asarray(vectors)
    if table.ndim != 2 or not table.shape[1] or not np.issubdtype(table.dtype, np.floating):
        raise ColumnError(f"Embeddings are one vector of numbers a row; got {table.dtype} of shape {table.shape}.")
    table = table.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        raise ColumnError(f"{bad.size:,} of {len(table):,} embeddings are not finite; first: row {bad[0]}.")
    return table


def _principal_components(table: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores float32[n,k] of k = min(most, n, d) components, but never fewer than 2 columns, and variance shares."""
    if len(table) < 2 or not np.ptp(table, axis=0).any():
        return np.zeros((len(table), 2), np.float32), np.full(2, np.nan)
    centred = table - table.mean(axis=0, dtype=np.float64).astype(np.float32)
    count = min(most, *table.shape)
    is_tall = len(table) > table.shape[1]
    # Where there are fewer rows than dimensions, the rows' products hold the same components in a smaller table.
    products = _products(centred.T if is_tall else centred)
    variances, axes = _strongest(products, count)
    scores = centred @ axes.astype(np.float32) if is_tall else (axes * np.sqrt(variances)).astype(np.float32)
    # A component and its opposite are equally right; the farthest score is made positive, so that plots never flip.
    scores *= np.sign(scores[np.abs(scores).argmax(axis=0), np.arange(count)])
    missing = max(2 - count, 0)  # one dimension is laid out on a line
    return np.pad(scores, ((0, 0), (0, missing))), np.pad(variances / np.trace(products), (0, missing))


def _products(lines: np.ndarray) -> np.ndarray:
    """float64[m,m] scalar products of m lines, summed up in parts so that wide tables fit into memory."""
    parts = (lines[:, start : start + _COLUMNS_AT_ONCE] for start in range(0, lines.shape[1], _COLUMNS_AT_ONCE))
    total = np.zeros((len(lines), len(lines)))
    for part in parts:
        wide = part.astype(np.float64)
        total += wide @ wide.T
    return total


def _strongest(products: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import eigh

    values, vectors = eigh(products, subset_by_index=[len(products) - count, len(products) - 1])
    return values[::-1].clip(0), vectors[:, ::-1]


def _umap(components: np.ndarray, *, seed: int) -> np.ndarray:
    neighbours = min(_NEIGHBOURS, len(components) - 1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Tensorflow not installed", category=ImportWarning)
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]", category=UserWarning)
        import umap

        layout = umap.UMAP(
            n_neighbors=neighbours,
            init="pca",
            random_state=seed,
            n_jobs=1,
            precomputed_knn=_exact_neighbours(components, neighbours),
        ).fit_transform(components)
    return np.asarray(layout, dtype=np.float32)


def _exact_neighbours(components: np.ndarray, count: int) -> tuple[np.ndarray | None, np.ndarray | None, None]:
    if len(components) > _MOST_FOR_EXACT_NEIGHBOURS:
        return None, None, None
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(components)
    distances, rows = search.kneighbors(components)
    return rows, distances.astype(np.float32), None


def _read(path: Path) -> Projection | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            points, method, explained = kept["points"], str(kept["method"]), kept["explained"]
        path.touch()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if points.ndim != 2 or points.shape[1] != 2 or method not in METHODS:
        return None
    return Projection(points.astype(np.float32), method, (float(explained[0]), float(explained[1])))


def _write(path: Path, projection: Projection) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        np.savez(file, points=projection.points, method=projection.method, explained=np.array(projection.explained))
    Path(name).replace(path)


def _drop_oldest(folder: Path) -> None:
    def last_use(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    for path in sorted(folder.glob("*.npz"), key=last_use, reverse=True)[_MOST_KEPT:]:
        path.unlink(missing_ok=True)
