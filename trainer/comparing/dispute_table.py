"""Disputed truths as a table: one line a dispute, with names instead of codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.one_truth import OneTruth
from trainer.comparing.placing import Placed
from trainer.records.annotations import Annotations

KINDS: Final = tuple(kind.name.lower() for kind in metrics.Dispute)
"""What runs say against a truth, in the order of `metrics.Dispute`: the strongest evidence first."""
BOX: Final = ("left", "top", "width", "height")


class Objects(NamedTuple):
    """What the positions in disputes stand for: annotations, or areas that are painted by them.

    Attributes:
        truth: The truths.
        predictions: Those of each run.
    """

    truth: Placed
    predictions: tuple[Placed, ...]


def dispute_table(disputes: metrics.Disputes, runs: OneTruth, objects: Objects) -> pa.Table:
    """Every line of some disputes; see `DisputedTruths.table` for the columns. What does not apply is null."""
    lines, truth, rows = disputes.lines, objects.truth, runs.last.snapshot.rows
    paths = pa.array(runs.shared.features, pa.string())
    columns = {
        "kind": _take(pa.array(KINDS, pa.string()), lines.kind),
        "key": _take(rows.table["key"], lines.row),
        "split": _take(rows.table["split"].cast(pa.string()), lines.row),
        "feature": _take(paths, lines.feature),
        "seen_as": _take(paths, lines.seen_as),
        "runs": pa.array(lines.runs, pa.int32()),
        "doubt": pa.array(lines.doubt, pa.float64()),
        **_boxes("", _shown(lines, objects, lambda annotations: annotations.box)),
        **_spans(_shown(lines, objects, lambda annotations: np.stack([annotations.start, annotations.end], axis=1))),
        "truth": _take(_numbers(truth.position), lines.truth),
        "object": _take(truth.annotations.table["object"], lines.truth),
    }
    for number, name in enumerate(runs.names):
        columns |= _columns_of_run(lines, objects.predictions[number], number, name)
    return pa.table(columns)


def _columns_of_run(lines: metrics.DisputeLines, placed: Placed, number: int, name: str) -> dict[str, pa.Array]:
    """What one run says of each line; null where it does not agree."""
    said, sure = lines.prediction[:, number], lines.confidence[:, number]
    side = f"run_{number + 1}"
    return {
        side: pa.array([name] * len(said), pa.string()),
        f"{side}_confidence": pa.array(sure, pa.float64(), mask=np.isnan(sure)),
        **_boxes(f"{side}_", _at(placed.annotations.box, said)),
        f"{side}_prediction": _take(_numbers(placed.position), said),
    }


def _shown(lines: metrics.DisputeLines, objects: Objects, where: Callable[[Annotations], np.ndarray]) -> np.ndarray:
    """float64[L, ...]: where the truth is; without a truth, where the first run that agrees sees something."""
    shown = _at(where(objects.truth.annotations), lines.truth)
    free = lines.truth < 0
    for number, placed in enumerate(objects.predictions):
        said = np.where(free, lines.prediction[:, number], -1)
        shown[said >= 0] = where(placed.annotations)[said[said >= 0]]
        free &= said < 0
    return shown


def _at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """float64[n, ...]: the values at places, NaN where the place is -1."""
    found = np.full((len(places), values.shape[1]), np.nan)
    found[places >= 0] = values[places[places >= 0]]
    return found


def _spans(values: np.ndarray) -> dict[str, pa.Array]:
    """Null for what is no span."""
    known = np.where(np.isnan(values), -1, values).astype(np.int32)
    return {name: pa.array(known[:, i], mask=known[:, i] < 0) for i, name in enumerate(("start", "end"))}


def _boxes(prefix: str, boxes: np.ndarray) -> dict[str, pa.Array]:
    return {prefix + name: pa.array(boxes[:, i], mask=np.isnan(boxes[:, i])) for i, name in enumerate(BOX)}


def _numbers(positions: np.ndarray) -> pa.Array:
    """Null for an area that is of several annotations."""
    return pa.array(positions, pa.int32(), mask=positions < 0)


def _take(values: pa.Array | pa.ChunkedArray, places: np.ndarray) -> pa.Array:
    """The values at places, null where the place is -1."""
    taken = values.take(pa.array(places.astype(np.int64), mask=places < 0))
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken
