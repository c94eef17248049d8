"""Everything the dashboard reads, and the only caches: what is sealed never changes, so it is kept by its id."""

from __future__ import annotations

import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

import metrics
from dashboard.packs import run_pack
from dashboard.projection import PolygonError, decode_polygon, inside, keep_projection, plot_square
from dashboard.selection import Selection
from trainer import pictures
from trainer.comparison import Comparison, Pair, pair_runs
from trainer.evaluation import Evaluation
from trainer.model_runs import ModelRun, open_run
from trainer.store import ExperimentEntry, RunEntry, Store, links, open_store

_SECONDS_UNTIL_NEW_RUNS_SHOW = 5
_MLFLOW_UI = "MODELRUNS_MLFLOW_UI"
_USUAL_MLFLOW_UI = "http://127.0.0.1:5000"


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store of this process."""
    return open_store()


@st.cache_data(ttl=_SECONDS_UNTIL_NEW_RUNS_SHOW, show_spinner=False)
def experiments() -> list[ExperimentEntry]:
    """All experiments, the one with the newest run first."""
    return store().experiments()


@st.cache_data(ttl=_SECONDS_UNTIL_NEW_RUNS_SHOW, max_entries=64, show_spinner=False)
def runs_of(experiment: str, *, sealed_only: bool = True) -> list[RunEntry]:
    """The runs of an experiment, newest first."""
    return store().runs(experiment, sealed_only=sealed_only)


@st.cache_resource(max_entries=32, show_spinner=False)
def run(run_id: str) -> ModelRun:
    """One sealed run."""
    return open_run(run_id, store=store())


@st.cache_resource(max_entries=32, show_spinner=False)
def pair(baseline: str, candidate: str) -> Pair:
    """Two runs joined on their shared rows."""
    return pair_runs(run(baseline), run(candidate))


@dataclass(frozen=True)
class Layout:
    """A run's embeddings laid out in a plane.

    Attributes:
        rows: int32[m]: the rows that have an embedding.
        points: float32[m, 2]: where each of them lies.
        explained: Share of the variance along each axis, for PCA; NaN for UMAP.
    """

    rows: np.ndarray
    points: np.ndarray
    explained: tuple[float, float]


@st.cache_resource(max_entries=16, show_spinner="Laying out the embeddings ...")
def layout(run_id: str, method: str) -> Layout | None:
    """Where a run's rows lie in the projector; None where it has no embeddings."""
    opened = run(run_id)
    if not opened.embedding_names:
        return None
    vectors = opened.embeddings(opened.embedding_names[0])
    rows = np.flatnonzero(np.isfinite(vectors).all(axis=1)).astype(np.int32)
    kept = keep_projection(
        lambda: vectors[rows], key=opened.stored.manifest_sha256, folder=_cache_folder(), method=method
    )
    return Layout(rows, kept.points, kept.explained)


def chosen_rows(selection: Selection) -> np.ndarray:
    """bool[n] over the shared rows: those of the split and, where a lasso is drawn, inside it."""
    joined = pair(selection.baseline, selection.candidate)
    chosen = joined.rows_of(selection.split or joined.default_split)
    lassoed = _lassoed_rows(selection)
    return chosen if lassoed is None else chosen & lassoed[joined.candidate_rows]


def _lassoed_rows(selection: Selection) -> np.ndarray | None:
    """bool[rows of the candidate]; None where no lasso is drawn, or the URL holds none that can be read."""
    laid_out = layout(selection.candidate, selection.method) if selection.lasso else None
    if laid_out is None:
        return None
    try:
        polygon = decode_polygon(selection.lasso, plot_square(laid_out.points))
    except PolygonError:
        return None
    flags = np.zeros(len(run(selection.candidate).snapshot.rows), dtype=bool)
    flags[laid_out.rows[inside(laid_out.points, polygon)]] = True
    return flags


def evaluations(selection: Selection) -> tuple[Evaluation, Evaluation]:
    """Baseline's and candidate's evaluation on the chosen rows, ready for any thresholds."""
    chosen = chosen_rows(selection)
    return _evaluations(selection.baseline, selection.candidate, np.packbits(chosen).tobytes(), chosen)


@st.cache_resource(max_entries=64, show_spinner="Measuring ...")
def _evaluations(baseline: str, candidate: str, rows: bytes, _chosen: np.ndarray) -> tuple[Evaluation, Evaluation]:
    before, after = pair(baseline, candidate).evaluations(_chosen)
    _ = before.coco, after.coco  # worked out once here: a moved slider does not change them
    return before, after


def comparison(selection: Selection) -> Comparison:
    """What both runs score on the chosen rows at the sliders' thresholds."""
    before, after = (evaluation.at(selection.thresholds) for evaluation in evaluations(selection))
    return Comparison(pair(selection.baseline, selection.candidate).features, before, after)


@st.cache_resource(max_entries=8, show_spinner=False)
def pack(run_id: str) -> bytes:
    """What the gallery draws and counts of one run."""
    opened = run(run_id)
    pairs = opened.overlaps.table_pairs()
    return run_pack(
        opened.snapshot.rows,
        opened.snapshot.truth,
        opened.predictions,
        (pairs.prediction, pairs.truth, pairs.iou),
        features=opened.snapshot.ontology.paths,
    )


def thumbnail(run_id: str, row: int) -> bytes | None:
    """A small picture of one row as WebP; None where it has none."""
    return pictures.read_thumbnail(run(run_id).stored.path, row)


def warm_up() -> None:
    """Do what the first reader would otherwise wait for: open the store and compile the kernels."""
    store()
    metrics.warm_up()


def _cache_folder() -> Path:
    own = store().root
    return (own or Path.home() / ".cache" / "modelruns") / "projections"


@st.cache_data(ttl=30, show_spinner=False)
def mlflow_address() -> str | None:
    """Where MLflow's own page answers, if it does."""
    address = os.environ.get(_MLFLOW_UI, _USUAL_MLFLOW_UI).rstrip("/")
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=0.3) as answer:  # noqa: S310 - set by whoever starts us
            return address if answer.status == 200 else None
    except OSError:
        return None


def mlflow_link(entry: RunEntry) -> str | None:
    """The page of a run in MLflow's own UI, if that is open."""
    address = mlflow_address()
    return links.run_link(address, entry.experiment_id, entry.id) if address else None
