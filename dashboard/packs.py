"""What the browser reads about one model run: a single binary pack, the same bytes for the same run.

A pack is a bundle: a head of JSON, then typed arrays that JavaScript views without copying. Confidence and overlap
are kept as levels of 1/10,000, rounded down on the float64 values, so that "confidence >= t" has the same answer
in the browser and in Python for every t of at most four decimals. The two orders in which matching chooses are
settled here on the exact numbers and kept as the order of the arrays.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.pack_texts import span_arrays, text_arrays
from dashboard.questions import SHAPES_ALONE, Asked
from metrics.thresholds import ALMOST_ONE
from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError
from trainer.records.rows import Rows

PACK_FORMAT: Final = 3  # 2: masks come as rings; 3: answers, texts and their spans
LEVELS: Final = 10_000
CROWD: Final = 1
IGNORED: Final = 2

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]

_MAGIC: Final = b"MRPK"
_HEAD: Final = struct.Struct("<4sIII")  # magic, format, bytes of JSON, padding to 16
_ALIGNMENT: Final = 8
_FULL: Final = 65_535
_STEPS: Final = np.arange(LEVELS + 1) / LEVELS


def run_pack(
    rows: Rows,
    truth: Annotations,
    predictions: Annotations,
    pairs: Pairs,
    *,
    features: Sequence[str],
    asked: Asked = SHAPES_ALONE,
    thumbnails: np.ndarray | None = None,
) -> bytes:
    """Everything the gallery draws, says and counts for one run.

    Predictions of a row stand in order of falling confidence, equal ones in the order of the table: the order in
    which they choose. A prediction's pairs stand in the order in which it prefers them: truths that count before
    crowd and ignored ones, larger overlap first, of equal overlaps the later truth first. Pairs of different
    features never match and are left out. Corners are clipped to the picture and rounded to 1/65,535 of its sides.

    Args:
        rows: The run's rows.
        truth: Their true annotations.
        predictions: What the run predicted.
        pairs: Three arrays of one length: prediction index, truth index, IoU of each overlapping pair.
        features: Name of every feature code.
        asked: By which rule outcomes are told, and which features answer what.
        thumbnails: bool[rows], which rows have one; those with a picture when left out.

    Raises:
        ColumnError: If a pair names an annotation that does not exist or lies on another row.
    """
    is_answer = ~predictions.placed & (predictions.start < 0)  # of equal ones the first option is the choice
    order = np.lexsort((predictions.feature * is_answer, -predictions.confidence, predictions.row))
    ordered = predictions.take(order)
    has_picture = np.array([uri is not None for uri in rows.uris], dtype=bool)
    _refuse_false_pairs(pairs, truth, predictions)
    arrays = {
        "width": np.maximum(rows.widths, 1).astype(np.int32),  # a text has no size
        "height": np.maximum(rows.heights, 1).astype(np.int32),
        "thumbnail": (has_picture if thumbnails is None else thumbnails).astype(np.uint8),
        **_key_arrays(rows.keys),
        **_shape_arrays("truth", truth, rows),
        "truth_flags": (truth.crowd * CROWD + truth.ignored * IGNORED).astype(np.uint8),
        **_shape_arrays("prediction", ordered, rows),
        "prediction_confidence": _levels(ordered.confidence),
        **_pair_arrays(pairs, truth, predictions, order),
        **text_arrays(rows.texts),
        **span_arrays("truth", truth, rows.texts),
        **span_arrays("prediction", ordered, rows.texts),
    }
    head = {"kind": "run", "rows": len(rows), "features": list(features), **asked.to_head(features)}
    return bundle(head, arrays)


def bundle(head: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """One JSON head and named arrays as bytes that JavaScript reads without copying.

    Layout, little-endian: ``MRPK``, format, length of the JSON, zero (four bytes each), then the JSON with an
    ``arrays`` entry of name -> [type, first byte, length], then the arrays. Every part starts at a multiple of 8.

    Example:
        >>> head, arrays = read_bundle(bundle({"kind": "tiles"}, {"row": np.array([3, 1], np.int32)}))
        >>> head["kind"], arrays["row"].tolist()
        ('tiles', [3, 1])
    """
    places: dict[str, tuple[str, int, int]] = {}
    parts: list[bytes] = []
    start = 0
    for name, array in arrays.items():
        flat = np.ascontiguousarray(array).reshape(-1)
        content = flat.astype(flat.dtype.newbyteorder("<"), copy=False).tobytes()
        places[name] = (flat.dtype.name, start, len(flat))
        parts.append(_padded(content, b"\0"))
        start += len(parts[-1])
    text = json.dumps({**head, "arrays": places}, ensure_ascii=False, separators=(",", ":")).encode()
    text = _padded(text, b" ")
    return b"".join([_HEAD.pack(_MAGIC, PACK_FORMAT, len(text), 0), text, *parts])


def read_bundle(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The head and the arrays that `bundle` wrote."""
    _, _, length, _ = _HEAD.unpack_from(content)
    head = json.loads(content[_HEAD.size : _HEAD.size + length])
    first = _HEAD.size + length
    arrays = {
        name: np.frombuffer(content, dtype=np.dtype(kind).newbyteorder("<"), count=count, offset=first + start)
        for name, (kind, start, count) in head.pop("arrays").items()
    }
    return head, arrays


def _padded(content: bytes, filler: bytes) -> bytes:
    return content + filler * (-len(content) % _ALIGNMENT)


def _levels(values: np.ndarray) -> np.ndarray:
    return np.maximum(np.searchsorted(_STEPS, values, side="right") - 1, 0).astype(np.uint16)


def _key_arrays(keys: Sequence[str]) -> dict[str, np.ndarray]:
    encoded = [key.encode() for key in keys]
    offsets = np.concatenate([[0], np.cumsum([len(key) for key in encoded], dtype=np.int64)])
    return {"key_start": offsets.astype(np.uint32), "key_bytes": np.frombuffer(b"".join(encoded), dtype=np.uint8)}


def _shape_arrays(name: str, shapes: Annotations, rows: Rows) -> dict[str, np.ndarray]:
    sides = np.maximum(np.stack([rows.widths, rows.heights], axis=1), 1).astype(np.float64)[shapes.row]
    boxes = np.nan_to_num(shapes.box)  # answers and spans have no place
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    return {
        f"{name}_start": shapes.offsets(len(rows)).astype(np.uint32),
        f"{name}_feature": shapes.feature.astype(np.uint16),
        f"{name}_corners": _fractions(corners / np.tile(sides, 2)),
        **_ring_arrays(name, shapes, sides),
    }


def _ring_arrays(name: str, shapes: Annotations, sides: np.ndarray) -> dict[str, np.ndarray]:
    polygons = shapes.table["polygons"].combine_chunks()
    rings = pc.list_flatten(polygons)
    if not len(rings):
        return {}
    rings_each, numbers_each = _lengths(polygons), _lengths(rings)
    owner = np.repeat(np.arange(len(shapes)), rings_each)
    numbers = np.asarray(pc.list_flatten(rings), dtype=np.float64).reshape(-1, 2)
    return {
        f"{name}_ring_start": _starts(rings_each),
        f"{name}_point_start": _starts(numbers_each // 2),
        f"{name}_points": _fractions(numbers / sides[np.repeat(owner, numbers_each // 2)]),
    }


def _lengths(lists: pa.Array) -> np.ndarray:
    return np.asarray(pc.list_value_length(lists).fill_null(0), dtype=np.int64)


def _starts(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32)


def _fractions(values: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(values, 0.0, 1.0) * _FULL).astype(np.uint16)


def _pair_arrays(
    pairs: Pairs, truth: Annotations, predictions: Annotations, order: np.ndarray
) -> dict[str, np.ndarray]:
    prediction, target, iou = pairs
    same = predictions.feature[prediction] == truth.feature[target]
    prediction, target, iou = prediction[same], target[same], iou[same]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    absorbing = (truth.crowd | truth.ignored)[target]
    preference = np.lexsort((-target, -iou, absorbing, place[prediction]))
    counts = np.bincount(place[prediction], minlength=len(order))
    return {
        "pair_start": _starts(counts),
        "pair_truth": target[preference].astype(np.uint32),
        "pair_iou": _levels(np.where(iou >= ALMOST_ONE, 1.0, iou)[preference]),
    }


def _refuse_false_pairs(pairs: Pairs, truth: Annotations, predictions: Annotations) -> None:
    prediction, target, iou = pairs
    if not len(prediction) == len(target) == len(iou):
        raise ColumnError(
            f"Pairs have {len(prediction):,} predictions, {len(target):,} truths and {len(iou):,} overlaps; "
            "the three arrays must be equally long."
        )
    inside = (prediction >= 0) & (prediction < len(predictions)) & (target >= 0) & (target < len(truth))
    false = ~inside
    false[inside] = predictions.row[prediction[inside]] != truth.row[target[inside]]
    if false.any():
        first = int(np.flatnonzero(false)[0])
        raise ColumnError(
            f"{int(false.sum()):,} of {len(iou):,} pairs join annotations that do not stand on one row; first: pair "
            f"{first} with prediction {prediction[first]} of {len(predictions):,} and truth {target[first]} of "
            f"{len(truth):,}."
        )
