"""The object ledger of two model runs: every truth and false alarm, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.comparison import Pair
from trainer.comparing.ledger_table import CHANGES, SIDES, TELLING, Named, ledger_table
from trainer.records.errors import NotFoundError, RecordError
from trainer.records.json_values import json_ready

if TYPE_CHECKING:
    import pandas as pd

_GONE = ("newly_missed", "fixed")
TERMS = "modelruns.ledger"
"""Under this name the table's metadata tells, as JSON, what it was made of."""


@dataclass(frozen=True, eq=False)
class ObjectLedger:
    """Every truth and false alarm of two runs at the same IoU. Made by `object_ledger`.

    Of classes the object is the row: its truth is found where it was chosen, and any other choice is a false alarm of
    what was chosen. Of checklists it is an option that holds on a row, of spans a span. Of pixels it is an area: all
    pixels of one feature on one row, found where its IoU with all that is painted of the feature there is high enough.

    The table has a line for each truth that counts, then one for each false alarm of either run:

    - ``kind`` (``truth`` or ``false alarm``) and ``change`` (a truth is ``kept``, ``newly_found``, ``newly_missed`` or
      ``still_missed``; a false alarm ``persistent``, ``fixed`` or ``new``);
    - ``key``, ``split`` and ``feature``; the box (``left``, ``top``, ``width``, ``height``), its ``area`` and ``size``
      (``small`` up to 32 x 32, ``medium`` up to 96 x 96, ``large``): the truth's, or the false alarm's in the
      candidate, in the baseline where it was fixed;
    - ``placed``: whether the candidate places a kept truth ``better`` or ``worse`` by at least 0.05 IoU, or ``alike``;
    - of each run, ``baseline_...`` and ``candidate_...``: ``confidence``, ``iou`` and box of its prediction, the
      prediction's number in the run (``prediction``), and ``taken_for``. A truth is taken for its own feature where it
      was found, for another where a prediction of that one lies on it. A false alarm is taken for the feature of the
      missed truth it lies on. A missed span is taken for what overlaps it, a missed area for what covers more than half
      of it. Of an area the confidence is the mean over its pixels, and the number that of the annotation it is all of;
    - ``start`` and ``end`` of a span, in characters;
    - ``truth`` (its number in the candidate's snapshot) and ``object`` (its identity outside); ``baseline_run`` and
      ``candidate_run``.

    What does not apply is null.

    Attributes:
        pair: The two runs.
        ledger: The same as numbers, and totals and p-values on it.
        features: Paths of the features, in code order.
        split: The rows that were looked at: a split, or ``all``.
        rows: How many they are, without rows whose true class is not known.
        named: What the numbers of `ledger` stand for.
    """

    pair: Pair
    ledger: metrics.Ledger
    features: tuple[str, ...]
    split: str
    rows: int
    named: Named

    @cached_property
    def table(self) -> pa.Table:
        """All lines; see the class for the columns."""
        return ledger_table(self.ledger, self.named).replace_schema_metadata(
            {TERMS: json.dumps(json_ready(self.terms))}
        )

    @property
    def frame(self) -> pd.DataFrame:
        """All lines as a pandas frame."""
        return self.table.to_pandas()

    @property
    def total(self) -> dict[str, int]:
        """How many objects went through each change."""
        return self.ledger.total

    @property
    def p_value(self) -> float:
        """McNemar's exact p that found and missed changed sides so unevenly by chance; NaN where nothing changed."""
        return self.ledger.p_value

    @cached_property
    def per_feature(self) -> pa.Table:
        """One line a feature: its truths, how many objects went through each change, and whether chance would do so.

        Of the kept truths ``placed_better`` and ``placed_worse`` are so by at least 0.05 IoU; ``newly_mistaken`` and
        ``no_longer_mistaken`` are truths that only the candidate, or only the baseline, takes for another feature.
        ``p`` is McNemar's exact p-value of newly found against newly missed, null where neither occurs; ``q`` is the
        share of false discoveries among all features with a ``p`` that small (Benjamini and Hochberg).
        """
        counts, p = self.ledger.counts, self.ledger.p_values
        columns = {
            "feature": pa.array(self.features, pa.string()),
            "truths": pa.array(counts[:, : metrics.Change.STILL_MISSED + 1].sum(axis=1)),
            **{change: pa.array(counts[:, CHANGES.index(change)]) for change in TELLING},
            **{nuance: pa.array(numbers) for nuance, numbers in self._nuances.items()},
            "p": pa.array(p, mask=np.isnan(p)),
            "q": pa.array(metrics.false_discoveries(p), mask=np.isnan(p)),
        }
        return pa.table(columns)

    @cached_property
    def _nuances(self) -> dict[str, np.ndarray]:
        """int64[features]: how many truths changed without being found or missed, or while they were."""
        lines, placed = self.ledger.truths, self.ledger.placed()
        mistaken = (lines.taken_for >= 0) & (lines.taken_for != lines.feature[:, None])
        flags = {
            "placed_better": placed > 0,
            "placed_worse": placed < 0,
            "newly_mistaken": mistaken[:, 1] & ~mistaken[:, 0],
            "no_longer_mistaken": mistaken[:, 0] & ~mistaken[:, 1],
        }
        return {name: np.bincount(lines.feature[flag], minlength=len(self.features)) for name, flag in flags.items()}

    @property
    def terms(self) -> dict[str, Any]:
        """What the ledger was made of, as plain values: runs, digests, rows, thresholds and rules."""
        runs = (self.pair.baseline, self.pair.candidate)
        return {
            **{
                side: {"id": run.id, "name": run.name, "snapshot": run.snapshot.digest, "min_confidence": confidence}
                for side, run, confidence in zip(SIDES, runs, self.ledger.min_confidence, strict=True)
            },
            "measure": str(self.pair.subject),
            "truth": "candidate",
            "split": self.split,
            "rows": self.rows,
            "rows_without_truth": self.pair.without_truth(self.split),
            "rows_left_out": dict(zip(SIDES, self.pair.left_out, strict=True)),
            "features_left_out": list(self.pair.left_out_features),
            "min_iou": self.ledger.min_iou,
            "same_iou": self.ledger.same_iou,
            "rule": self.ledger.rule,
        }

    def choose(self, *, changes: Sequence[str] = (), features: Sequence[str] = ()) -> pa.Table:
        """Some lines of the table in the order of `lines`; arguments as there."""
        return self.table.take(pa.array(self.lines(changes=changes, features=features)))

    def lines(self, *, changes: Sequence[str] = (), features: Sequence[str] = ()) -> np.ndarray:
        """Which lines of the table hold some changes of some features, the surest first.

        Changes come in the order of `TELLING`, or as asked for; then by falling confidence of the run that saw the
        object: the baseline for what is newly missed or fixed, else the candidate. Equal confidences, and truths that
        neither run saw, come with the largest first.

        Args:
            changes: Names of changes; all when left out.
            features: Paths; all when left out.

        Returns:
            int64[n] places in `table`.

        Raises:
            RecordError: If there is no such change.
            NotFoundError: If the runs share no such feature.
        """
        _refuse_unknown(changes, features, known=self.features)
        order = tuple(changes) or TELLING
        place_of = np.array([order.index(name) if name in order else -1 for name in CHANGES])
        place = place_of[self.ledger.column("change")]
        wanted = place >= 0
        if features:
            codes = [self.features.index(path) for path in features]
            wanted &= np.isin(self.ledger.column("feature"), codes)
        gone = np.isin(place, [order.index(name) for name in _GONE if name in order])
        confidence = self.ledger.column("confidence")
        sure = np.nan_to_num(np.where(gone, confidence[:, 0], confidence[:, 1]), nan=-1.0)
        lines = np.lexsort([-self.table["area"].to_numpy(), -sure, place])
        return lines[wanted[lines]]


def _refuse_unknown(changes: Sequence[str], features: Sequence[str], *, known: Sequence[str]) -> None:
    strange = [change for change in changes if change not in TELLING]
    if strange:
        raise RecordError(f"{strange[0]!r} is no change; there are {', '.join(TELLING)}.")
    missing = [path for path in features if path not in known]
    if missing:
        raise NotFoundError(f"The runs share no feature {missing[0]!r}. They share: {', '.join(known)}.")
