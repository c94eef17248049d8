"""The part of a project that a model is asked about: some rows, and the features that it knows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from trainer.comparing.placing import features_onto, place, rows_onto
from trainer.micro_models.teaching import measured_with
from trainer.projects import DataVersion, Report, save_version
from trainer.records.design import Design
from trainer.records.errors import RecordError
from trainer.records.ontology import Feature, Ontology
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split
from trainer.store import Store

PART = "part-of-"
"""What a model was asked about of a project is a version of a project of this prefix and the project's name."""


def part_of(
    data: DataVersion,
    design: Design,
    paths: dict[str, str],
    *,
    keys: Sequence[str] | None,
    split: str | None,
    store: Store,
    report: Report | None = None,
) -> DataVersion:
    """The version itself where all of it is asked about, else one that holds those rows and features alone.

    Args:
        data: A version of a project.
        design: The model's.
        paths: From features of the model to paths of the project.
        keys: Only these rows.
        split: Only rows of this part.
        store: Where the version is kept; one of equal content is reused.
        report: Told of the progress of making thumbnails.

    Raises:
        NotFoundError: If there is no such row.
        RecordError: If no row is left.
    """
    snapshot, known = data.snapshot, set(paths.values())
    chosen = _rows(data, keys, split)
    annotated = {snapshot.ontology.paths[code] for code in np.unique(snapshot.truth.feature)}
    if len(chosen) == len(snapshot.rows) and not (measured_with(design, snapshot.ontology) & annotated) - known:
        return data
    ontology = Ontology(_only(snapshot.ontology.features, known))
    codes = features_onto(snapshot.ontology, ontology.paths)
    codes[[path not in known for path in snapshot.ontology.paths]] = -1
    rows = rows_onto(chosen, np.arange(len(chosen)), rows=len(snapshot.rows))
    truth = place(snapshot.truth, rows=rows, features=codes).annotations
    part = Snapshot(ontology, snapshot.rows.take(chosen), truth)
    return save_version(PART + data.project, part, store=store, report=report)


def _rows(data: DataVersion, keys: Sequence[str] | None, split: str | None) -> np.ndarray:
    rows = data.snapshot.rows
    named = range(len(rows)) if keys is None else sorted({rows.position(key) for key in keys})
    chosen = [row for row in named if split is None or rows.splits[row] == Split(split)]
    if not chosen:
        sizes = ", ".join(f"{count:,} {part}" for part, count in rows.split_sizes().items())
        raise RecordError(f"No row was asked for; project {data.project!r} has {sizes} rows.")
    return np.array(chosen, dtype=np.int64)


def _only(features: Sequence[Feature], known: Collection[str], above: str = "") -> tuple[Feature, ...]:
    """Those of some paths, and what they stand below."""
    kept = []
    for feature in features:
        path = above + feature.name
        below = _only(feature.children, known, path + "/")
        if below or path in known:
            kept.append(replace(feature, children=below))
    return tuple(kept)
