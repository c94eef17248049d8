"""On which rows two snapshots tell another truth, as far as it is measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from trainer.comparing.comparison import Pair
from trainer.comparing.placing import features_onto, place, rows_onto
from trainer.measures.masks import masks_of
from trainer.measures.pixels import label_maps
from trainer.records.annotations import Annotations
from trainer.records.measure import Measure
from trainer.records.rows import Rows


def edited_rows(pair: Pair) -> np.ndarray:
    """bool[n]: on which shared rows the truth of the shared features differs, in any order of the objects.

    What counts is what is measured: boxes, masks whether drawn as outlines or as run lengths, options, or spans. Of
    pixels it is what is painted in the end, so that there the order of masks that lie over each other counts.
    """
    edited = np.zeros(len(pair), dtype=bool)
    if pair.same_snapshot:
        return edited
    seen: dict[bytes, int] = {}
    before, after = (_truth_columns(pair, side, seen) for side in (0, 1))
    counts = [np.bincount(columns[0].astype(np.int64), minlength=len(pair)) for columns in (before, after)]
    edited |= counts[0] != counts[1]
    alike = [columns[:, ~edited[columns[0].astype(np.int64)]] for columns in (before, after)]
    differs = (alike[0] != alike[1]).any(axis=0)
    edited[alike[0][0, differs].astype(np.int64)] = True
    return edited


def _truth_columns(pair: Pair, side: int, seen: dict[bytes, int]) -> np.ndarray:
    """float64[columns, truths]: shared row and all that measuring reads, in an order that both sides share."""
    run, numbers = ((pair.baseline, pair.baseline_rows), (pair.candidate, pair.candidate_rows))[side]
    snapshot = run.snapshot
    onto = rows_onto(numbers, np.arange(len(pair)), rows=len(snapshot.rows))
    truth = place(snapshot.truth, rows=onto, features=features_onto(snapshot.ontology, pair.features)).annotations
    rows = snapshot.rows.take(numbers)
    if pair.subject.measure is Measure.PIXELS:
        maps = label_maps(truth, rows, nothing=len(pair.features))
        return np.vstack([np.arange(len(rows)), _numbered(maps, seen)]).astype(np.float64)
    flags = truth.crowd * 2 + truth.ignored
    columns = np.vstack([truth.row, truth.feature, flags, *_marks(truth, rows, pair.subject.measure, seen)])
    return np.asarray(columns[:, np.lexsort(columns[::-1])], dtype=np.float64)


def _marks(truth: Annotations, rows: Rows, measure: Measure, seen: dict[bytes, int]) -> Iterable[np.ndarray]:
    """What tells one truth from another of the same feature on the same row, as columns."""
    if measure is Measure.BOXES:
        return *truth.box.T, truth.area
    if measure is Measure.SPANS:
        return truth.start, truth.end
    if measure is Measure.CLASSES:
        return ()
    masks = masks_of(truth, rows)
    stretches = (masks.ones[first:behind] for first, behind in zip(masks.starts[:-1], masks.starts[1:], strict=True))
    return _numbered(stretches, seen), truth.area


def _numbered(arrays: Iterable[np.ndarray], seen: dict[bytes, int]) -> np.ndarray:
    """int64[arrays]: equal numbers for equal arrays, on both sides."""
    digests = (hashlib.sha256(each.tobytes()).digest() for each in arrays)
    return np.array([seen.setdefault(digest, len(seen)) for digest in digests], dtype=np.int64)
