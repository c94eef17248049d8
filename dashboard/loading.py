"""Everything the dashboard reads, and the only caches: what is sealed never changes, so it is kept by its id."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

import metrics
from dashboard import theme
from dashboard.components.projector import points_pack
from dashboard.display import Display
from dashboard.full_pictures import full_picture
from dashboard.mask_rings import with_rings
from dashboard.packs import Pairs, run_pack
from dashboard.projection import PolygonError, decode_polygon, inside, keep_projection, plot_square
from dashboard.questions import asked_of
from dashboard.selection import Method, Selection
from trainer.comparing.comparison import Comparison, Pair, pair_runs
from trainer.measures.evaluation import Evaluation, overlaps_of
from trainer.measures.measuring import Measurable
from trainer.measures.spans import SAME, SpanEvaluation
from trainer.records.errors import ModelrunsError, NotFoundError
from trainer.records.measure import Measure
from trainer.records.split import Split
from trainer.runs.model_runs import ModelRun, open_run
from trainer.store import ExperimentEntry, RunEntry, Store, links, open_store

_SECONDS_UNTIL_NEW_RUNS_SHOW = 5
_MLFLOW_UI = "MODELRUNS_MLFLOW_UI"
_USUAL_MLFLOW_UI = "http://127.0.0.1:5000"


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store of this process."""
    return open_store()


@st.cache_data(ttl=_SECONDS_UNTIL_NEW_RUNS_SHOW, show_spinner="Opening the runs ...")
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
    """Two runs joined on their shared rows; what the candidate is measured by is what both are."""
    return pair_runs(run(baseline), run(candidate), measure=str(run(candidate).subject))


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
def layout(run_id: str, method: Method) -> Layout | None:
    """Where a run's rows lie in the projector; None where it has no embeddings."""
    opened = run(run_id)
    if not opened.embedding_names:
        return None
    vectors = opened.embeddings(opened.embedding_names[0])
    if not vectors.size:
        return None
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


def chosen_keys(selection: Selection) -> list[str]:
    """The keys of the chosen rows, in the order of the pair; none where the selection's runs are gone."""
    try:
        joined, chosen = pair(selection.baseline, selection.candidate), chosen_rows(selection)
    except ModelrunsError:
        return []
    keys = joined.candidate.snapshot.rows.keys
    return [keys[row] for row in joined.candidate_rows[chosen].tolist()]


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


def evaluations(selection: Selection) -> tuple[Measurable, Measurable]:
    """Baseline's and candidate's evaluation on the chosen rows, ready for any thresholds."""
    chosen = chosen_rows(selection)
    return _evaluations(selection.baseline, selection.candidate, np.packbits(chosen).tobytes(), chosen)


@st.cache_resource(max_entries=64, show_spinner="Measuring ...")
def _evaluations(baseline: str, candidate: str, rows: bytes, _chosen: np.ndarray) -> tuple[Measurable, Measurable]:
    before, after = pair(baseline, candidate).evaluations(_chosen)
    for each in (before, after):
        if isinstance(each, Evaluation):
            _ = each.coco  # worked out once here: a moved slider does not change it
    return before, after


def comparison(selection: Selection) -> Comparison:
    """What both runs score on the chosen rows at the sliders' thresholds."""
    before, after = (evaluation.at(selection.thresholds) for evaluation in evaluations(selection))
    return Comparison(pair(selection.baseline, selection.candidate), chosen_rows(selection), before, after)


def curves(selection: Selection) -> tuple[metrics.Curves, ...]:
    """Baseline's and candidate's precision and recall on the chosen rows, at the slider's IoU; of objects alone."""
    both = [each for each in evaluations(selection) if isinstance(each, Evaluation)]
    return tuple(each.curves(min_iou=selection.min_iou) for each in both)


def points_parameters(selection: Selection) -> dict[str, str]:
    """What the address of the projector's points says: everything the points and their classes depend on."""
    manifests = "".join(run(run_id).stored.manifest_sha256[:12] for run_id in (selection.baseline, selection.candidate))
    shown = selection.change(lasso="", row="", display=Display())
    return {**shown.to_query(), "manifests": manifests}


def points(parameters: Mapping[str, str]) -> bytes:
    """The projector's points: the candidate's chosen rows that have an embedding, with their class."""
    selection = Selection.from_query(parameters)
    laid_out = layout(selection.candidate, selection.method)
    if laid_out is None:
        raise NotFoundError(f"Run {selection.candidate} has no embeddings.")
    joined = pair(selection.baseline, selection.candidate)
    place = np.full(len(run(selection.candidate).snapshot.rows), -1)
    place[laid_out.rows] = np.arange(len(laid_out.rows))
    shown = np.flatnonzero(chosen_rows(selection) & (place[joined.candidate_rows] >= 0))
    rows = joined.candidate_rows[shown]
    keys = run(selection.candidate).snapshot.rows.keys
    return points_pack(laid_out.points[place[rows]], _classes(selection)[shown], [keys[row] for row in rows])


def point_classes(selection: Selection) -> list[tuple[str, str]]:
    """Name and colour of the classes that `points` numbers."""
    if selection.colour == "change":
        return [("Fewer errors", theme.FOUND), ("As many", theme.BASELINE), ("More errors", theme.FALSE_ALARM)]
    return [(split.value.capitalize(), theme.feature_colour(code)) for code, split in enumerate(Split)]


def _classes(selection: Selection) -> np.ndarray:
    """int[n] over the shared rows: the number of each row's class."""
    if selection.colour == "change":
        return 1 - comparison(selection).row_changes()
    joined = pair(selection.baseline, selection.candidate)
    names = [split.value for split in Split]
    splits = run(selection.candidate).snapshot.rows.splits[joined.candidate_rows]
    return np.array([names.index(name) for name in splits])


@st.cache_resource(max_entries=8, show_spinner=False)
def pack(run_id: str) -> bytes:
    """What the gallery draws and counts of one run."""
    opened = run(run_id)
    rows, ontology = opened.snapshot.rows, opened.snapshot.ontology
    return run_pack(
        rows,
        with_rings(opened.snapshot.truth, rows),
        with_rings(opened.predictions, rows),
        _pairs(opened),
        features=ontology.paths,
        asked=asked_of(ontology, opened.subject),
    )


def _pairs(opened: ModelRun) -> Pairs:
    """Which predictions can claim which truths, by their places among all of the run; none of choices and pixels."""
    sides = (opened.predictions, opened.snapshot.truth)
    if opened.subject.has_objects:
        masks = opened.subject.measure is Measure.MASKS
        overlaps = overlaps_of(opened.snapshot, opened.predictions, shape="masks") if masks else opened.overlaps
        places = [np.flatnonzero(each.placed) for each in sides]
    else:
        evaluation = opened.evaluation()
        if not isinstance(evaluation, SpanEvaluation):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        overlaps = evaluation.overlaps()  # those of spans that are not the same are no claims at any IoU
        codes = [opened.snapshot.ontology.code(path) for path in evaluation.features]
        places = [np.flatnonzero(np.isin(each.feature, codes)) for each in sides]
    pairs = overlaps.table_pairs()
    kept = slice(None) if opened.subject.has_objects else pairs.iou >= SAME
    return places[0][pairs.prediction[kept]], places[1][pairs.truth[kept]], pairs.iou[kept]


def thumbnail(run_id: str, row: int) -> bytes | None:
    """A small picture of one row as WebP; None where it has none."""
    return run(run_id).thumbnail(row)


def picture(run_id: str, row: int) -> bytes | None:
    """The picture of one row at full size as WebP; None where it is not to be had."""
    rows = run(run_id).snapshot.rows
    if row >= len(rows):
        raise NotFoundError(f"Run {run_id} has no row {row}.")
    return full_picture(rows.uris[row], rows.table["sha256"][row].as_py())


def warm_up() -> None:
    """Do what the first reader would otherwise wait for: import MLflow, open the database, load the kernels."""
    open_store().experiments()
    metrics.warm_up()


def _cache_folder() -> Path:
    location = store().location
    beside_runs = location.database is not None and not location.is_read_only
    own = location.folder if beside_runs else Path.home() / ".cache" / "modelruns"
    return own / "projections"


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
    return links.link_to_run(address, entry.experiment_id, entry.id) if address else None
