"""The object ledger as a table: one line a truth and one a false alarm, with names instead of codes."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.placing import Placed
from trainer.records.annotations import Annotations
from trainer.records.rows import Rows

TRUTH: Final = "truth"
FALSE_ALARM: Final = "false alarm"
CHANGES: Final = tuple(change.name.lower() for change in metrics.Change)
"""Every change by its name, in the order of `metrics.Change`."""
TELLING: Final = ("newly_missed", "new", "newly_found", "fixed", "still_missed", "persistent", "kept")
"""Every change, those a reader asks for first first."""
DIFFERING: Final = TELLING[:4]
"""What the candidate broke and what it mended."""

SIDES: Final = ("baseline", "candidate")
_BOX: Final = ("left", "top", "width", "height")
_SIZES: Final = ("small", "medium", "large")
_SIZE_LIMITS: Final = (32.0**2, 96.0**2)
_PLACED: Final = ("worse", "alike", "better")


def _side_fields(side: str) -> list[pa.Field]:
    return [
        pa.field(f"{side}_confidence", pa.float64()),
        pa.field(f"{side}_iou", pa.float64()),
        pa.field(f"{side}_taken_for", pa.string()),
        *(pa.field(f"{side}_{name}", pa.float64()) for name in _BOX),
        pa.field(f"{side}_prediction", pa.int32()),
    ]


LEDGER_SCHEMA: Final = pa.schema(
    [
        pa.field("kind", pa.string()),
        pa.field("change", pa.string()),
        pa.field("key", pa.string()),
        pa.field("split", pa.string()),
        pa.field("feature", pa.string()),
        *(pa.field(name, pa.float64()) for name in _BOX),
        pa.field("area", pa.float64()),
        pa.field("size", pa.string()),
        pa.field("placed", pa.string()),
        *(field for side in SIDES for field in _side_fields(side)),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("truth", pa.int32()),
        pa.field("object", pa.string()),
        *(pa.field(f"{side}_run", pa.string()) for side in SIDES),
    ]
)
"""Columns of the table; see `trainer.ObjectLedger` for what each holds."""


class Named(NamedTuple):
    """What the numbers of a ledger stand for.

    Attributes:
        rows: The rows.
        features: Paths in code order.
        truth: The truths, with their positions in the candidate's own table.
        predictions: The same of the baseline's and the candidate's predictions.
        runs: Names of baseline and candidate.
        painted: Where the truths and predictions are areas, the masks of truth, baseline and candidate.
    """

    rows: Rows
    features: tuple[str, ...]
    truth: Placed
    predictions: tuple[Placed, Placed]
    runs: tuple[str, str]
    painted: tuple[Annotations, ...] = ()


def ledger_table(ledger: metrics.Ledger, named: Named) -> pa.Table:
    """Every line of a ledger with the columns of `LEDGER_SCHEMA`; nothing is NaN, what is undefined is null."""
    parts = [_truth_columns(ledger, named), _alarm_columns(ledger, named)]
    return pa.concat_tables([_as_table(columns, named) for columns in parts])


def _truth_columns(ledger: metrics.Ledger, named: Named) -> dict[str, pa.Array]:
    lines, truth = ledger.truths, named.truth.annotations
    placed = np.where(lines.change == metrics.Change.KEPT, ledger.placed() + 1, -1)
    columns = {
        "kind": _repeat(TRUTH, len(lines.row)),
        **_box_columns("", truth.box, lines.truth),
        **_size_columns(truth.area[lines.truth]),
        **_span_columns(truth.start[lines.truth], truth.end[lines.truth]),
        "placed": _names(placed, _PLACED),
        "truth": _numbers(named.truth.position[lines.truth]),
        "object": truth.table["object"].take(pa.array(lines.truth)).combine_chunks(),
    }
    for i, side in enumerate(SIDES):
        columns |= {
            f"{side}_iou": _defined(lines.iou[:, i]),
            f"{side}_taken_for": _names(lines.taken_for[:, i], named.features),
        }
    return {**columns, **_shared_columns(lines, named)}


def _alarm_columns(ledger: metrics.Ledger, named: Named) -> dict[str, pa.Array]:
    lines, n = ledger.alarms, len(ledger.alarms.row)
    # Where the candidate's is not there any more, the baseline's stands for it.
    place = np.where(lines.prediction[:, 1] >= 0, lines.prediction[:, 1], lines.prediction[:, 0])
    boxes, spans, area = np.zeros((n, 4)), np.zeros((n, 2), dtype=np.int32), np.zeros(n)
    for i, gone in enumerate((True, False)):
        here = (lines.prediction[:, 1] < 0) == gone
        seen = named.predictions[i].annotations
        boxes[here], area[here] = seen.box[place[here]], seen.area[place[here]]
        spans[here] = np.stack([seen.start, seen.end], axis=1)[place[here]]
    columns = {
        "kind": _repeat(FALSE_ALARM, n),
        **_box_columns("", boxes, np.arange(n)),
        **_size_columns(area),
        **_span_columns(spans[:, 0], spans[:, 1]),
        **{name: pa.nulls(n, LEDGER_SCHEMA.field(name).type) for name in ("placed", "truth", "object")},
    }
    meant = named.truth.annotations.feature
    for i, side in enumerate(SIDES):
        codes = np.full(n, -1)
        there = lines.taken_for[:, i] >= 0
        codes[there] = meant[lines.taken_for[there, i]]
        columns |= {f"{side}_iou": pa.nulls(n, pa.float64()), f"{side}_taken_for": _names(codes, named.features)}
    return {**columns, **_shared_columns(lines, named)}


def _shared_columns(lines: metrics.TruthLines | metrics.AlarmLines, named: Named) -> dict[str, pa.Array]:
    columns = {
        "change": _names(lines.change, CHANGES),
        "key": named.rows.table["key"].take(pa.array(lines.row)).combine_chunks(),
        "split": named.rows.table["split"].take(pa.array(lines.row)).combine_chunks().cast(pa.string()),
        "feature": _names(lines.feature, named.features),
    }
    for i, (side, placed) in enumerate(zip(SIDES, named.predictions, strict=True)):
        position = lines.prediction[:, i]
        columns |= {
            f"{side}_run": _repeat(named.runs[i], len(lines.row)),
            f"{side}_confidence": _defined(lines.confidence[:, i]),
            f"{side}_prediction": _numbers(np.append(placed.position, np.int32(-1))[position]),
            **_box_columns(f"{side}_", placed.annotations.box, position),
        }
    return columns


def _as_table(columns: dict[str, pa.Array], named: Named) -> pa.Table:
    return pa.Table.from_arrays([columns[name] for name in LEDGER_SCHEMA.names], schema=LEDGER_SCHEMA)


def _box_columns(prefix: str, boxes: np.ndarray, position: np.ndarray) -> dict[str, pa.Array]:
    return {f"{prefix}{name}": _masked(boxes[:, i], position) for i, name in enumerate(_BOX)}


def _size_columns(area: np.ndarray) -> dict[str, pa.Array]:
    sizes = np.where(np.isnan(area), -1, np.searchsorted(_SIZE_LIMITS, area))
    return {"area": _defined(area), "size": _names(sizes, _SIZES)}


def _span_columns(start: np.ndarray, end: np.ndarray) -> dict[str, pa.Array]:
    """Null for what is no span."""
    return {name: pa.array(values, pa.int32(), mask=values < 0) for name, values in (("start", start), ("end", end))}


def _masked(values: np.ndarray, position: np.ndarray) -> pa.Array:
    """The values at positions, null where the position is -1 or the value is undefined."""
    absent = position < 0
    if not len(values):
        return pa.nulls(len(position), pa.from_numpy_dtype(values.dtype))
    there = values[np.where(absent, 0, position)]
    return pa.array(there, mask=absent | np.isnan(there))


def _numbers(values: np.ndarray) -> pa.Array:
    """Null where the number is -1."""
    return pa.array(values, pa.int32(), mask=values < 0)


def _defined(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _names(codes: np.ndarray, names: tuple[str, ...]) -> pa.Array:
    """The name of each code, null where the code is -1."""
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names, pa.string())).cast(pa.string())


def _repeat(name: str, n: int) -> pa.Array:
    return _names(np.zeros(n, dtype=np.int32), (name,))
