"""Which rows and features a training learns from, and whether they are enough."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from trainer.records.errors import TrainingError
from trainer.records.ontology import Kind
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split

SHAPES_WITH_A_BOX = (Kind.BOX, Kind.POLYGON, Kind.MASK)


def choose_training_rows(rows: Rows, *, most: int | None = None) -> np.ndarray:
    """Numbers of the training rows, rising.

    Args:
        rows: All rows.
        most: Take only the first so many by the hash of their key: a larger number only ever adds rows.

    Raises:
        TrainingError: If there is no training row.
    """
    training = rows.in_split(Split.TRAINING)
    if not len(training):
        sizes = ", ".join(f"{count:,} {split}" for split, count in rows.split_sizes().items()) or "no rows at all"
        raise TrainingError(
            f"No row is for training; there are: {sizes}. Import the project with a split, such as --split 80/10/10."
        )
    by_hash = sorted(training.tolist(), key=lambda row: hashlib.sha256(rows.keys[row].encode()).digest())
    return np.sort(np.asarray(by_hash[:most], dtype=np.int64))


def choose_features(
    snapshot: Snapshot, rows: np.ndarray, *, wanted: Sequence[str] | None, least: int
) -> tuple[str, ...]:
    """The model's features, in order.

    Args:
        snapshot: Where ontology and truth are.
        rows: int[m] numbers of the training rows.
        wanted: Paths of the features; when left out, every box, polygon or mask that is annotated on those rows.
        least: Fewest annotations a feature may have there.

    Raises:
        TrainingError: If a feature has too few annotations, or there is none. Lists every such feature.
    """
    counts = count_annotations(snapshot, rows)
    shapes = [path for path, feature in snapshot.ontology.walk() if feature.kind in SHAPES_WITH_A_BOX]
    features = tuple(wanted) if wanted is not None else tuple(path for path in shapes if counts[path])
    _refuse_unlearnable(features, shapes)
    scarce = {path: counts[path] for path in features if counts[path] < least}
    if not features or scarce:
        listed = ", ".join(f"{path} ({count})" for path, count in scarce.items()) or "no box, polygon or mask at all"
        raise TrainingError(
            f"The {len(rows):,} training rows hold too few annotations to learn from: {listed}. "
            f"Each feature needs {least} there. Annotate more, train on more rows, name only some features, "
            "or set min_annotations lower."
        )
    return features


def count_annotations(snapshot: Snapshot, rows: np.ndarray) -> dict[str, int]:
    """How often each feature of the ontology is annotated on some rows; crowds and ignored ones do not count."""
    truth = snapshot.truth
    taken = np.isin(truth.row, rows) & ~truth.crowd & ~truth.ignored & (truth.box[:, 2:] > 0).all(axis=1)
    counts = np.bincount(truth.feature[taken], minlength=len(snapshot.ontology.paths))
    return dict(zip(snapshot.ontology.paths, counts.tolist(), strict=True))


def _refuse_unlearnable(features: Sequence[str], shapes: Sequence[str]) -> None:
    foreign = [path for path in features if path not in shapes]
    if foreign or len(set(features)) < len(features):
        raise TrainingError(
            f"A detector cannot learn the features {', '.join(map(repr, foreign)) or 'given twice'}. "
            f"Name each once; the ontology's boxes, polygons and masks are: {', '.join(shapes) or 'none'}."
        )
