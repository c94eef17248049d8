"""What differs between the data of two runs: rows, truth, features, splits, and rows that leaked into training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.comparing.comparison import Pair
from trainer.comparing.crossing import SIDES, Crossing
from trainer.comparing.leaks import Leak, find_leaks
from trainer.comparing.own_numbers import says_something
from trainer.runs.model_runs import ModelRun

PARTS = ("model", "truth", "split", "rows", "features")
"""What a gain is made of."""


@dataclass(frozen=True, slots=True)
class DataChanges:
    """What differs between the data of two runs, as far as it is measured.

    Attributes:
        shared_rows: Rows that both measure, each by its own split.
        edited_rows: Shared rows, measured by either, whose truth differs.
        redrawn_rows: Shared rows, measured by either, whose picture has another checksum.
        split_moves: Rows that both have and only the baseline measures, and those that only the candidate does.
        rows: Measured rows that only the baseline has, and those that only the candidate has.
        features: Paths of measured features that only the baseline has, and those that only the candidate has.
    """

    shared_rows: int
    edited_rows: int
    redrawn_rows: int
    split_moves: tuple[int, int]
    rows: tuple[int, int]
    features: tuple[tuple[str, ...], tuple[str, ...]]


def find_changes(crossing: Crossing) -> DataChanges:
    """What differs between the data of two runs, as far as it is measured."""
    pair, (before, after) = crossing.pair, crossing.measured
    either = before | after
    went, came = crossing.alone
    return DataChanges(
        shared_rows=int((before & after).sum()),
        edited_rows=int((crossing.edited & either).sum()),
        redrawn_rows=int((_redrawn(pair) & either).sum()),
        split_moves=(int((before & ~after).sum()), int((after & ~before).sum())),
        rows=(int(went.sum()), int(came.sum())),
        features=(_features_only_in(pair.baseline, pair), _features_only_in(pair.candidate, pair)),
    )


def count_units(crossing: Crossing, own: str | None = None) -> dict[str, int]:
    """How many rows, or clusters, the gain and each part rest on.

    Args:
        crossing: The runs.
        own: A number of one's own; only rows count of which it says something, in the run where they are fewer.
    """
    meant, unit = _meant(crossing), crossing.drawn.clusters
    saying = [np.ones(len(crossing.rows), dtype=bool)] if own is None else _saying(crossing, own)

    def count(flags: np.ndarray) -> int:
        return int(np.count_nonzero(flags)) if unit is None else len(np.unique(unit[flags]))

    units = {name: min(count(flags & each) for each in saying) for name, flags in meant.items()}
    # A row that only one of the two has is in that one's number alone.
    return units | {"rows": count(meant["rows"] & np.logical_or.reduce(saying))}


def _saying(crossing: Crossing, own: str) -> list[np.ndarray]:
    """bool[all rows] for either run: the rows of which its number says something."""
    found = []
    for side in (0, 1):
        number = crossing.own_numbers[side][own]
        says = np.zeros(len(number.keep), dtype=bool)
        says[says_something(number)] = True
        found.append(crossing.rows.flags(side, says))
    return found


def _meant(crossing: Crossing) -> dict[str, np.ndarray]:
    """bool[all rows] for the gain and each part: the rows that it rests on."""
    rows, (before, after), shared = crossing.rows, crossing.measured, len(crossing.pair)
    measured, both = crossing.drawable, np.arange(len(rows)) < shared
    meant = dict.fromkeys(("gain", *PARTS), measured)
    meant["model"] = measured & both
    meant["truth"], meant["split"] = np.zeros((2, len(rows)), dtype=bool)
    meant["truth"][:shared] = crossing.edited & (before | after)
    meant["split"][:shared] = before ^ after
    meant["rows"] = measured & ~both
    return meant


def _features_only_in(run: ModelRun, pair: Pair) -> tuple[str, ...]:
    return tuple(path for path in pair.subject.features_of(run.snapshot.ontology) if path not in pair.features)


def _redrawn(pair: Pair) -> np.ndarray:
    """bool[n]: which shared rows have a picture with another checksum, as far as both are known."""
    before, after = (
        np.asarray(run.snapshot.rows.table["sha256"].to_pylist(), dtype=object)[numbers]
        for run, numbers in ((pair.baseline, pair.baseline_rows), (pair.candidate, pair.candidate_rows))
    )
    known = np.array([one is not None and other is not None for one, other in zip(before, after, strict=True)])
    return np.asarray((before != after).astype(bool) & known)


def leaks_between(pair: Pair) -> dict[tuple[str, str], tuple[Leak, ...]]:
    """Leaked rows by the side that holds them out and the side that trains on them."""
    rows = {"baseline": pair.baseline.snapshot.rows, "candidate": pair.candidate.snapshot.rows}
    ways = [(held_out, trained) for held_out in reversed(SIDES) for trained in SIDES]
    if pair.same_snapshot:
        ways = [("candidate", "candidate")]
    return {way: find_leaks(rows[way[0]], rows[way[1]]) for way in ways}
