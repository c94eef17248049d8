"""Slices found by themselves in which the candidate is worse or better than the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.certainty import least_units
from trainer.comparing.comparison import Pair
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_keeping import object_ledger
from trainer.comparing.sharing import cluster_numbers
from trainer.comparing.slice_columns import CutColumns, cut_columns
from trainer.comparing.slice_search import WEIGHTS, Number, SliceSearch
from trainer.measures.evaluation import Thresholds
from trainer.projects import Report
from trainer.records.errors import RecordError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class FoundSlice:
    """Objects with something in common, and what both runs made of them.

    Attributes:
        found: The numbers: conditions in words, rows, both runs, interval and p-values. `found.mask` is bool[rows] of
            the candidate's snapshot.
        lines: int64[n]: the truths and false alarms in it, as places in the ledger's table.
        keys: Keys of its rows.
    """

    found: metrics.Slice
    lines: np.ndarray
    keys: tuple[str, ...]

    @property
    def objects(self) -> int:
        """How many objects count: truths for recall, predictions for precision, both together for F1.

        It is the smaller number of both runs.
        """
        return round(self.found.objects)

    def columns(self) -> dict[str, Any]:
        """Its numbers as plain values."""
        found = self.found
        return {
            "slice": found.words,
            "worse": found.worse,
            "rows": found.rows,
            "objects": self.objects,
            "baseline": found.baseline,
            "candidate": found.candidate,
            "gain": found.gain,
            "low": found.low,
            "high": found.high,
            "p": found.p_value,
            "adjusted_p": found.adjusted_p,
        }


@dataclass(frozen=True, eq=False)
class FoundSlices:
    """Slices in which two runs differ. Made by `find_slices`.

    Attributes:
        ledger: The objects that were cut.
        cut: What they were cut along.
        search: How slices were searched.
        result: As `metrics.find_slices` has it, redundant slices counted.
        lines: int64[N]: the objects, as places in the ledger's table.
    """

    ledger: ObjectLedger
    cut: CutColumns
    search: SliceSearch
    result: metrics.Slices
    lines: np.ndarray

    @cached_property
    def found(self) -> tuple[FoundSlice, ...]:
        """Slices in which the runs differ and that say something of their own, the surest first; not the whole."""
        return tuple(self._named(each) for each in self.result.found if each.conditions)

    @property
    def worse(self) -> tuple[FoundSlice, ...]:
        """Those in which the candidate is worse."""
        return tuple(each for each in self.found if each.found.worse)

    @property
    def better(self) -> tuple[FoundSlice, ...]:
        """Those in which the candidate is better."""
        return tuple(each for each in self.found if not each.found.worse)

    @cached_property
    def overall(self) -> FoundSlice:
        """All objects together."""
        return self._named(self.result.overall)

    @property
    def differs_overall(self) -> bool:
        """Whether the runs differ on all objects together."""
        return self.result.overall.adjusted_p <= self.search.rate

    @cached_property
    def units(self) -> int:
        """Number of rows, or clusters of rows, with an object; each was swapped by itself."""
        rows = np.flatnonzero(self.result.overall.mask)
        if self.search.clusters is None:
            return len(rows)
        return len(np.unique(cluster_numbers(self.ledger.pair.candidate.snapshot.rows, self.search.clusters)[rows]))

    @property
    def too_few(self) -> bool:
        """Whether there are too few of them to show anything at the rate, however much the runs differ."""
        return self.units < least_units(1 - self.search.rate)

    @cached_property
    def too_rare(self) -> tuple[str, ...]:
        """Columns that nothing was searched along, since too few rows share any of their values."""
        row = self.ledger.ledger.column("row")[self.lines]
        rare = []
        for column in self.cut.columns:
            codes = column.codes[row] if column.about == "rows" else column.codes[self.lines]
            held = np.unique(np.stack([codes, row])[:, codes >= 0], axis=1)[0]
            if np.bincount(held).max(initial=0) < self.search.min_rows:
                rare.append(column.name)
        return tuple(rare)

    @property
    def promise(self) -> str:
        """How false discoveries are held, in a sentence."""
        rate = 100 * self.search.rate
        return (
            f"{self.result.searched:,} slices looked at; were the runs equal, {100 - rate:g} % of such searches would "
            f"name none (max-T over all of them), so at most {rate:g} % of what is named is false on average"
        )

    def objects(self, found: FoundSlice) -> pa.Table:
        """The truths and false alarms of a slice, as the ledger's table has them."""
        return self.ledger.table.take(pa.array(found.lines))

    def to_pandas(self) -> pd.DataFrame:
        """One line a slice with the columns of `FoundSlice.columns`; that of all objects first, as ``all``."""
        import pandas as pd

        return pd.DataFrame([each.columns() for each in (self.overall, *self.found)])

    @property
    def terms(self) -> dict[str, Any]:
        """On what and how slices were searched, as plain values."""
        clustering = self.cut.clustering
        return {
            **self.ledger.terms,
            "search": {name: getattr(self.search, name) for name in SliceSearch.__slots__},
            "columns": [column.name for column in self.cut.columns],
            "columns_left_out": self.cut.unusable,
            "columns_too_rare": list(self.too_rare),
            "embedding_clusters": None
            if clustering is None
            else {"rule": clustering.rule, "nearest": {i + 1: keys for i, keys in enumerate(clustering.nearest)}},
            "units": self.units,
            "too_few_units": self.too_few,
            "searched": self.result.searched,
            "differing": self.result.differing,
            "slices_by": self.result.rule,
            "promise": self.promise,
        }

    def _named(self, found: metrics.Slice) -> FoundSlice:
        keys = self.ledger.pair.candidate.snapshot.rows.keys
        return FoundSlice(
            found,
            self.lines[found.chosen],
            tuple(keys[row] for row in np.flatnonzero(found.mask)),
        )


def find_slices(
    pair: Pair,
    *,
    columns: Sequence[str] | None = None,
    thresholds: Thresholds | None = None,
    split: str | None = None,
    search: SliceSearch | None = None,
    embeddings: str | None = None,
    embedding_clusters: int | None = None,
    report: Report | None = None,
) -> FoundSlices:
    """Search for slices in which the candidate is worse or better, by themselves, chance accounted for.

    Slices are cut along metadata of rows, picture size, number of truths in a row, feature, object size, and clusters
    of embeddings where a run has them, and along every two of these. See `metrics.find_slices` for what is promised.
    The truth is the candidate's, and so is the metadata. Objects are those of `object_ledger`: rows with a class,
    ticks, spans and painted areas among them.

    Args:
        pair: From `pair_runs`.
        columns: Names of metadata columns and of `trainer.comparing.slice_columns.OWN_COLUMNS`; all when left out.
        thresholds: Where predictions begin to count; 0.5 and 0.5 when left out.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``; `Pair.default_split` when left out.
        search: What is measured, support, rate of false discoveries and seed; see `SliceSearch`.
        embeddings: Name of the embeddings to cluster rows by; the candidate's first ones when left out, or the
            baseline's.
        embedding_clusters: Number of clusters of embeddings; 8 when left out, fewer where there are few rows.
        report: Told of the progress.

    Raises:
        RecordError: If no row or no object is left, or no row has the column of clusters.
        NotFoundError: If there is no such column, or no such embeddings.
    """
    search = search or SliceSearch()
    tell = report or (lambda stage, done, total: None)
    tell("matching objects", 0, 3)
    ledger = object_ledger(pair, thresholds=thresholds, split=split)
    rows = pair.candidate.snapshot.rows
    keep = pair.measured_in_candidate(ledger.split)
    outcomes, lines = _pair_objects(ledger, keep, search.number)
    if not len(lines):
        raise RecordError(
            f"The {ledger.rows:,} rows ({ledger.split}) hold nothing that counts for {search.number}; "
            "ask for another split, or lower the confidence."
        )
    tell("cutting slices", 1, 3)
    cut = cut_columns(
        ledger,
        keep,
        names=columns,
        embeddings=embeddings,
        clusters=embedding_clusters,
        min_rows=search.min_rows,
        seed=search.seed,
    )
    tell("swapping runs", 2, 3)
    result = metrics.find_slices(
        outcomes,
        [_of_lines(column, lines) for column in cut.columns],
        conditions=search.conditions,
        min_rows=search.min_rows,
        min_objects=search.min_objects,
        level=1 - search.rate,
        swaps=search.swaps,
        seed=search.seed,
        clusters=None if search.clusters is None else cluster_numbers(rows, search.clusters),
    )
    tell("swapping runs", 3, 3)
    return FoundSlices(ledger, cut, search, result, lines)


def _pair_objects(ledger: ObjectLedger, keep: np.ndarray, number: Number) -> tuple[metrics.PairedOutcomes, np.ndarray]:
    """What every truth and false alarm adds in either run, and where those that add something stand in the ledger."""
    truths, alarms = ledger.ledger.truths, ledger.ledger.alarms
    found = _found(truths)
    right, missed, wrong = WEIGHTS[number]
    there = alarms.prediction >= 0
    part = np.concatenate([found * right, np.zeros(there.shape)]).astype(np.float64)
    whole = np.concatenate([np.where(found, right, missed), there * wrong]).astype(np.float64)
    row, feature = ledger.ledger.column("row"), ledger.ledger.column("feature")
    lines = np.flatnonzero(whole.any(axis=1))
    outcomes = metrics.PairedOutcomes(
        number, row[lines].astype(np.int32), part[lines], whole[lines], keep, feature[lines].astype(np.int32)
    )
    return outcomes, lines


def _found(truths: metrics.TruthLines) -> np.ndarray:
    """bool[lines, 2]: whether baseline and candidate found each truth."""
    kept, gone, came = metrics.Change.KEPT, metrics.Change.NEWLY_MISSED, metrics.Change.NEWLY_FOUND
    return np.stack([np.isin(truths.change, [kept, gone]), np.isin(truths.change, [kept, came])], axis=1)


def _of_lines(column: metrics.SliceColumn, lines: np.ndarray) -> metrics.SliceColumn:
    if column.about == "rows":
        return column
    return metrics.SliceColumn(column.name, column.codes[lines], column.words, column.about)
