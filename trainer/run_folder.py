"""The files of a model run, for programs and for a person in the MLflow UI."""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import numpy as np

from trainer.evaluation import (
    Evaluation,
    Scores,
    Thresholds,
    headline_of,
    measured_split,
    overlaps_of,
    rows_of_split,
    summary_of,
)
from trainer.projects import DataVersion
from trainer.records import layout
from trainer.records.annotations import Annotations
from trainer.records.config import RunConfig
from trainer.records.snapshot import Snapshot

_PREVIEWED = 500
_PACKAGES = ("modelruns", "torch", "torchvision", "numpy", "scikit-learn", "mlflow", "pyarrow")


def write_run_folder(
    folder: Path,
    snapshot: Snapshot,
    predictions: Annotations,
    *,
    embeddings: Mapping[str, np.ndarray],
    config: RunConfig,
) -> None:
    """Write predictions, embeddings, config, environment and a readable preview below a run folder."""
    layout.write_predictions(predictions, folder, rows=len(snapshot.rows))
    for name, vectors in embeddings.items():
        layout.write_embeddings(name, vectors, folder)
    _write_text(folder / layout.CONFIG, config.to_yaml())
    _write_text(folder / layout.ENVIRONMENT, "\n".join(_environment()) + "\n")
    _write_preview(folder / layout.PREVIEW / "predictions.csv", snapshot, predictions)


def write_evaluation(folder: Path, run: str, data: DataVersion, predictions: Annotations) -> dict[str, float]:
    """Measure the run on its measured split, write what came out, and return the headline numbers.

    Returns:
        From metric name, as MLflow takes it, to value; undefined numbers are left out.
    """
    snapshot = data.snapshot
    split = measured_split(snapshot.rows)
    overlaps = overlaps_of(snapshot, predictions).on_rows(rows_of_split(snapshot.rows, split))
    scores = Evaluation(overlaps, snapshot.ontology.paths).at(Thresholds())
    _write_text(folder / layout.EVALUATION, json.dumps(summary_of(scores, split), indent=2) + "\n")
    _write_per_feature(folder / layout.PER_FEATURE, scores)
    headline = headline_of(scores)
    _write_text(folder / layout.README, _readme(run, data, split, headline))
    return {name: value for name, value in headline.items() if np.isfinite(value)}


def _write_per_feature(path: Path, scores: Scores) -> None:
    columns = scores.coco.per_feature.columns()
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["feature", *columns])
        for code, feature in enumerate(scores.features):
            table.writerow([feature, *(_cell(values[code]) for values in columns.values())])


def _write_preview(path: Path, snapshot: Snapshot, predictions: Annotations) -> None:
    """The first predictions as CSV, with names instead of codes: MLflow shows it, and it does not show Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = predictions.take(np.arange(min(len(predictions), _PREVIEWED)))
    keys, paths = snapshot.rows.keys, snapshot.ontology.paths
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["key", "feature", "confidence", "left", "top", "width", "height"])
        for row, feature, confidence, box in zip(first.row, first.feature, first.confidence, first.box, strict=True):
            table.writerow([keys[row], paths[feature], _cell(confidence), *(_cell(length) for length in box)])


def _cell(value: float | np.generic) -> str:
    """A number for a table: empty where undefined."""
    if isinstance(value, np.integer):
        return str(value)
    return "" if np.isnan(value) else f"{value:.6g}"


def _readme(run: str, data: DataVersion, split: str, headline: Mapping[str, float]) -> str:
    lines = "".join(f"| {name} | {value:.4f} |\n" for name, value in headline.items() if np.isfinite(value))
    return (
        f"# Model run {run}\n\n"
        f"On version {data.name} of project {data.project} (digest `{data.snapshot.digest}`), "
        f"measured on {split if split != 'all' else 'all rows'}.\n\n"
        f"| number | value |\n|---|---|\n{lines}\n"
        "mAP_50_95, AP_50 and AP_75 are COCO's; the others are taken at confidence 0.5 and IoU 0.5.\n\n"
        "`preview/predictions.csv` shows the first predictions, `evaluation/` all numbers, `config/` how the run was "
        "made. `manifest.json` lists every file with its SHA-256: the run is sealed, do not edit it.\n"
    )


def _environment() -> list[str]:
    """What the run was made with: Python, machine, and the packages that matter to its numbers."""
    lines = [f"python {platform.python_version()}", f"platform {platform.platform()}"]
    for package in _PACKAGES:
        try:
            lines.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return lines


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
