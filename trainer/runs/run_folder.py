"""The files of a model run, for programs and for a person in the MLflow UI."""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

import metrics
from trainer.measures.evaluation import Thresholds, measured_split, rows_of_split
from trainer.measures.measuring import Scored, evaluate, words_of
from trainer.measures.number_names import by_keys
from trainer.projects import DataVersion
from trainer.records import layout
from trainer.records.annotations import Annotations
from trainer.records.config import RunConfig
from trainer.records.measure import Subject, usual_subject
from trainer.records.own_numbers import OwnNumber
from trainer.records.rows import Rows
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


def write_evaluation(
    folder: Path, run: str, data: DataVersion, predictions: Annotations, *, subject: Subject | None = None
) -> dict[str, float]:
    """Measure the run on its measured split, write what came out, and return the headline numbers.

    Args:
        folder: The run folder.
        run: Name of the run.
        data: The data version it is about.
        predictions: What it said.
        subject: What is measured; `usual_subject` of its ontology when left out.

    Returns:
        From the key of each number in MLflow to its value; undefined numbers are left out.
    """
    snapshot = data.snapshot
    split = measured_split(snapshot.rows)
    subject = subject or usual_subject(snapshot.ontology)
    scores = evaluate(snapshot, predictions, subject).on_rows(rows_of_split(snapshot.rows, split)).at(Thresholds())
    _write_text(folder / layout.EVALUATION, json.dumps(scores.summary(split), indent=2, ensure_ascii=False) + "\n")
    _write_per_feature(folder / layout.PER_FEATURE, scores)
    _write_text(folder / layout.README, _readme(run, data, split, scores))
    defined = {name: value for name, value in scores.headline().items() if np.isfinite(value)}
    return by_keys(defined, subject.measure)


def means_of(numbers: Sequence[OwnNumber], rows: Rows) -> dict[str, float]:
    """The means of numbers of one's own over the rows that stand for the run; those that are undefined are left out."""
    measured = rows_of_split(rows, measured_split(rows))
    means = {number.name: metrics.row_mean(number.name, number.values).on_rows(measured).value for number in numbers}
    return {name: mean for name, mean in means.items() if np.isfinite(mean)}


def _write_per_feature(path: Path, scores: Scored) -> None:
    columns = scores.per_feature()
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
        has_spans = bool((first.start >= 0).any())
        places = first.box if not has_spans else np.column_stack([first.start, first.end])
        names = ("left", "top", "width", "height") if not has_spans else ("start", "end")
        table.writerow(["key", "feature", "confidence", *names])
        for row, feature, confidence, place in zip(first.row, first.feature, first.confidence, places, strict=True):
            table.writerow([keys[row], paths[feature], _cell(confidence), *(_cell(length) for length in place)])


def _cell(value: float | np.generic) -> str:
    """A number for a table: empty where undefined."""
    if isinstance(value, np.integer):
        return str(value)
    return "" if np.isnan(value) else f"{value:.6g}"


def _readme(run: str, data: DataVersion, split: str, scores: Scored) -> str:
    headline = scores.headline().items()
    lines = "".join(f"| {name} | {value:.4f} |\n" for name, value in headline if np.isfinite(value))
    return (
        f"# Model run {run}\n\n"
        f"On version {data.name} of project {data.project} (digest `{data.snapshot.digest}`), "
        f"its {scores.subject} measured on {split if split != 'all' else 'all rows'}.\n\n"
        f"| number | value |\n|---|---|\n{lines}\n"
        f"{_how_measured(scores)}\n\n"
        "`preview/predictions.csv` shows the first predictions, `evaluation/` all numbers, `config/` how the run was "
        "made. `manifest.json` lists every file with its SHA-256: the run is sealed, do not edit it.\n"
    )


def _how_measured(scores: Scored) -> str:
    if scores.subject.has_objects:
        return "mAP, AP50 and AP75 are COCO's; the others are taken at confidence 0.5 and IoU 0.5."
    return f"The rule: {words_of(scores.subject, Thresholds())}."


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
