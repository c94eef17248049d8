"""What two runs made of the same rows or objects, side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metrics.columns import Flags, Numbers, as_codes, check_below, check_lengths
from metrics.comparison.ledger import Ledger
from metrics.comparison.ledger_lines import Change
from metrics.custom import RowRatio
from metrics.errors import ColumnError


@dataclass(frozen=True, eq=False)
class PairedOutcomes:
    """Outcomes of both runs on the same N objects. Made by `pair_ratios`, `pair_flags` or `pair_found`.

    An object may be anything that counts by itself: a truth, a row, or what a row holds of one feature.

    Attributes:
        name: What is measured.
        row: int32[N] row of each object.
        part: float64[N, 2] what it adds above the line, baseline and candidate.
        whole: float64[N, 2] what it adds below the line.
        keep: bool[rows of the tables]: the rows that count; all objects are on them.
        feature: int32[N], or None where objects are whole rows.
        lower_is_better: It is an error, a cost or a time.
    """

    name: str
    row: np.ndarray
    part: np.ndarray
    whole: np.ndarray
    keep: np.ndarray
    feature: np.ndarray | None = None
    lower_is_better: bool = False

    def __len__(self) -> int:
        return len(self.row)

    def on_rows(self, keep: np.ndarray) -> PairedOutcomes:
        """Only the objects on some rows: bool[rows]; rows left out earlier stay out. Objects are numbered anew."""
        kept = self.keep & keep
        return replace(self.only(kept[self.row]), keep=kept)

    def only(self, chosen: np.ndarray) -> PairedOutcomes:
        """Only some objects: bool[N], or their places in the order wanted."""
        feature = None if self.feature is None else self.feature[chosen]
        return replace(self, row=self.row[chosen], part=self.part[chosen], whole=self.whole[chosen], feature=feature)


def pair_ratios(baseline: RowRatio, candidate: RowRatio, *, per_feature: bool = False) -> PairedOutcomes:
    """Both runs' sums of each row side by side, for any number that is a ratio of sums.

    Rows that do not count or say nothing in either run (0 below both lines) are left out.

    Args:
        baseline: The number of the baseline.
        candidate: The same number of the candidate, on the same rows.
        per_feature: One object for each row and feature, where the number has them; otherwise one for each row.

    Raises:
        ColumnError: If the two are not the same number on the same rows.

    Example:
        >>> from metrics import ratio
        >>> truths = [[2, 0], [1, 1]]
        >>> before, after = ratio("found", [[2, 0], [0, 1]], truths), ratio("found", [[1, 0], [1, 1]], truths)
        >>> paired = pair_ratios(before, after, per_feature=True)
        >>> paired.row.tolist(), paired.feature.tolist(), paired.part.tolist()
        ([0, 1, 1], [0, 0, 1], [[2.0, 1.0], [0.0, 1.0], [1.0, 1.0]])
    """
    if (baseline.name, baseline.lower_is_better) != (candidate.name, candidate.lower_is_better):
        raise ColumnError(f"{baseline.name!r} and {candidate.name!r} are two numbers; a gain is of one.")
    if not np.array_equal(baseline.keep, candidate.keep) or baseline.part.shape != candidate.part.shape:
        raise ColumnError(
            f"{baseline.name!r} counts {np.count_nonzero(baseline.keep):,} rows in the baseline and "
            f"{np.count_nonzero(candidate.keep):,} in the candidate, or other features; measure both on the same ones."
        )
    sides = (baseline, candidate)
    part, whole = (np.stack([getattr(side, name) for side in sides], axis=-1) for name in ("part", "whole"))
    if part.ndim == 3 and not per_feature:
        part, whole = part.sum(axis=1), whole.sum(axis=1)
    counting = whole.any(axis=-1) & (baseline.keep if whole.ndim == 2 else baseline.keep[:, None])
    places = np.nonzero(counting)
    feature = places[1].astype(np.int32) if len(places) > 1 else None
    row = places[0].astype(np.int32)
    return PairedOutcomes(
        baseline.name, row, part[places], whole[places], baseline.keep, feature, baseline.lower_is_better
    )


def pair_flags(name: str, row: Numbers, baseline: Flags, candidate: Flags, *, rows: int) -> PairedOutcomes:
    """What each run got right, object by object.

    Args:
        name: What is measured, such as ``recall``.
        row: Row of each of N objects.
        baseline: Whether the baseline got each of them right.
        candidate: Whether the candidate did.
        rows: Number of rows of the tables.

    Raises:
        ColumnError: If the columns differ in length, or a row does not exist.

    Example:
        >>> pair_flags("recall", [0, 0, 2], [True, True, False], [True, False, True], rows=3).part.tolist()
        [[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    places = as_codes("row", row, things="objects")
    flags = [np.asarray(each, dtype=np.bool_) for each in (baseline, candidate)]
    check_lengths({"row": places, "baseline": flags[0], "candidate": flags[1]}, things="objects")
    check_below("row", places, rows, things="objects")
    part = np.stack(flags, axis=1).astype(np.float64)
    return PairedOutcomes(name, places, part, np.ones_like(part), np.ones(rows, dtype=bool))


def pair_found(ledger: Ledger, *, keep: np.ndarray) -> PairedOutcomes:
    """Which truths either run found, in the order of `ledger.truths`.

    Args:
        ledger: From `keep_ledger`.
        keep: bool[rows of the tables]: the rows that count, `Overlaps.keep`.

    Example:
        >>> from metrics import Boxes, find_overlaps, keep_ledger, match
        >>> truth = Boxes.from_sizes([0, 1], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> found = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]])
        >>> runs = [find_overlaps(truth, each, rows=2, features=1) for each in (found, truth)]
        >>> pair_found(keep_ledger(match(runs[0]), match(runs[1])), keep=runs[0].keep).part.tolist()
        [[1.0, 1.0], [0.0, 1.0]]
    """
    lines = ledger.truths
    before = np.isin(lines.change, [Change.KEPT, Change.NEWLY_MISSED])
    after = np.isin(lines.change, [Change.KEPT, Change.NEWLY_FOUND])
    return replace(
        pair_flags("recall", lines.row, before, after, rows=len(keep)),
        keep=keep,
        feature=lines.feature.astype(np.int32),
    )
