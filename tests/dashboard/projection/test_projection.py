"""Embeddings laid out in a plane, and kept."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from dashboard.projection import Projection, keep_projection, project
from trainer.records.errors import ColumnError


def clusters(rows: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around three directions, as embeddings are, and the number of each row's direction."""
    rng = np.random.default_rng(seed)
    kind = np.arange(rows) % 3
    vectors = np.eye(16)[kind] + rng.normal(size=(rows, 16)) * 0.1
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16), kind


def test_pca_lies_along_the_greatest_variance():
    line = np.array([[0, 0, 0], [1, 0.1, 0], [2, 0, 0], [3, -0.1, 0]], np.float16)
    found = project(line)

    assert np.allclose(np.abs(np.diff(found.points[:, 0])), 1, atol=0.02)
    assert found.explained[0] > 0.99


def test_pca_repeats_exactly():
    vectors, _ = clusters(300)

    assert (project(vectors).points == project(vectors, seed=0).points).all()


def test_umap_keeps_clusters_apart_and_repeats_exactly():
    vectors, kind = clusters(60)
    found, again = project(vectors, method="umap", seed=7), project(vectors, method="umap", seed=7)
    centres = np.array([found.points[kind == k].mean(axis=0) for k in range(3)])
    nearest = np.linalg.norm(found.points[:, None] - centres, axis=2).argmin(axis=1)

    assert found.method == "umap"
    assert np.isnan(found.explained).all()
    assert (nearest == kind).all()
    assert (found.points == again.points).all()


@pytest.mark.parametrize("rows", [0, 1, 2, 4])
def test_too_few_rows_for_umap_are_laid_out_by_pca(rows: int):
    found = project(clusters(4)[0][:rows], method="umap")

    assert found.method == "pca"
    assert found.points.shape == (rows, 2)
    assert found.points.dtype == np.float32


@pytest.mark.parametrize("rows", [5, 14, 16])
def test_umap_manages_with_fewer_rows_than_it_asks_for_neighbours(rows: int):
    found = project(clusters(rows)[0], method="umap")

    assert found.method == "umap"
    assert np.isfinite(found.points).all()


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_rows_that_are_all_alike_coincide(method: str):
    found = project(np.ones((30, 8), np.float16), method=method)

    assert (found.points == found.points[0]).all()
    assert np.isnan(found.explained).all()


def test_one_dimension_is_laid_out_on_a_line():
    found = project(np.array([[0.0], [1.0], [3.0]]))

    assert (found.points[:, 1] == 0).all()
    assert found.explained == (1.0, 0.0)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros(4), "shape"),
        (np.zeros((4, 0)), "shape"),
        (np.zeros((4, 2), int), "int64"),
        (np.array([[0.0, 1], [np.inf, 0], [np.nan, 0]]), "2 of 3 embeddings are not finite; first: row 1"),
    ],
)
def test_what_is_no_table_of_vectors_is_refused(vectors: np.ndarray, message: str):
    with pytest.raises(ColumnError, match=message):
        project(vectors)


def test_an_unknown_method_is_refused():
    with pytest.raises(ColumnError, match="pca, umap"):
        project(np.zeros((3, 2)), method="tsne")


def equal(one: Projection, other: Projection) -> bool:
    return (one.points == other.points).all() and one.method == other.method and one.explained == other.explained


def refuse_to_load() -> np.ndarray:
    raise AssertionError("the vectors were read although the projection was kept")


def test_a_kept_projection_is_not_worked_out_again(tmp_path: Path):
    vectors, _ = clusters(20)
    first = keep_projection(lambda: vectors, key="a1", folder=tmp_path)

    assert equal(keep_projection(refuse_to_load, key="a1", folder=tmp_path), first)


def test_content_method_and_seed_are_kept_apart(tmp_path: Path):
    vectors, _ = clusters(20)
    for options in ({"key": "a"}, {"key": "b"}, {"key": "a", "seed": 1}):
        keep_projection(lambda: vectors, folder=tmp_path, **options)

    assert len(list(tmp_path.glob("*.npz"))) == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", b"text"])
def test_a_damaged_file_is_worked_out_anew(tmp_path: Path, damage: bytes):
    vectors, _ = clusters(20)
    first = keep_projection(lambda: vectors, key="a", folder=tmp_path)
    next(tmp_path.glob("*.npz")).write_bytes(damage)

    assert equal(keep_projection(lambda: vectors, key="a", folder=tmp_path), first)
    assert equal(keep_projection(refuse_to_load, key="a", folder=tmp_path), first)


def test_only_the_projections_used_last_are_kept(tmp_path: Path):
    for i in range(70):
        kept = tmp_path / f"old{i}.pca.0.1.npz"
        kept.touch()
        os.utime(kept, (i, i))
    keep_projection(lambda: clusters(5)[0], key="new", folder=tmp_path)
    names = {path.name for path in tmp_path.iterdir()}

    assert len(names) == 64
    assert "new.pca.0.1.npz" in names
    assert "old69.pca.0.1.npz" in names
    assert "old6.pca.0.1.npz" not in names


@pytest.mark.parametrize("key", ["", "../a", "a/b", "a.b", "x" * 129])
def test_a_key_that_could_leave_the_folder_is_refused(tmp_path: Path, key: str):
    with pytest.raises(ColumnError, match="kept under"):
        keep_projection(refuse_to_load, key=key, folder=tmp_path)
