"""What a gain is made of where two runs saw different data: model, truth, rows, features and split."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from trainer.comparison import Pair
from trainer.crossing import NUMBERS, SIDES, Crossing, Ground
from trainer.evaluation import Thresholds, measured_split
from trainer.leaks import Leak, find_leaks
from trainer.measuring import refuse_other_measures
from trainer.records.errors import NotFoundError
from trainer.records.measure import Measure
from trainer.records.ontology import Ontology

PARTS: Final = ("model", "truth", "split", "rows", "features")
ATTRIBUTION_RULE: Final = (
    "rows and features that went, with the baseline; then model, truth and split on what both have; then rows and "
    "features that came, with the candidate; each group averaged over all orders (Shapley)"
)


@dataclass(frozen=True, slots=True)
class AttributedGain:
    """One headline number of two runs, and the parts of its gain, which add up to it.

    Attributes:
        number: Such as ``mAP`` or ``F1``.
        baseline: As the baseline scored on its own data; NaN where undefined.
        candidate: As the candidate scored on its own data; NaN where undefined.
        model: What the other model brings on the same rows, truth, features and split.
        truth: What edits of the truth bring, on the same rows.
        split: What rows bring that both have and only one measures.
        rows: What rows bring that only one of the two has.
        features: What features bring that only one of the two has.
        reason: Why a part is NaN; empty where none is.
        model_on: The model's gain on what both have, with the truth and split of the baseline, and of the candidate.
        model_without_leaks: The latter without leaked rows; equal to it where there are none.
    """

    number: str
    baseline: float
    candidate: float
    model: float
    truth: float
    split: float
    rows: float
    features: float
    reason: str
    model_on: tuple[float, float]
    model_without_leaks: float

    @property
    def gain(self) -> float:
        """Candidate minus baseline, each on its own data."""
        return self.candidate - self.baseline

    @property
    def parts(self) -> dict[str, float]:
        """The parts by name, in the order of `PARTS`."""
        return {name: getattr(self, name) for name in PARTS}


@dataclass(frozen=True, slots=True)
class DataChanges:
    """What differs between the data of two runs, as far as it is measured.

    Attributes:
        shared_rows: Rows that both measure, each by its own split.
        edited_rows: Shared rows, measured by either, whose truth differs.
        redrawn_rows: Shared rows, measured by either, whose picture has another checksum.
        split_moves: Rows that both have and only the baseline measures, and those that only the candidate does.
        rows: Measured rows that only the baseline has, and those that only the candidate has.
        features: Paths that only the baseline has, and those that only the candidate has.
    """

    shared_rows: int
    edited_rows: int
    redrawn_rows: int
    split_moves: tuple[int, int]
    rows: tuple[int, int]
    features: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Attribution:
    """What the gains of two runs are made of. Made by `attribute_gain`.

    Attributes:
        pair: The two runs.
        splits: The split that was measured in the baseline's and in the candidate's snapshot.
        thresholds: Where precision, recall, F1 and mean IoU were taken.
        gains: Every headline number with its parts.
        changes: What differs between the data.
        leaks: Rows that are held out in one snapshot (the first name) and stand in training in one (the second);
            of equal snapshots only one is looked at.
        rule: In which order the parts were told apart.
    """

    pair: Pair
    splits: tuple[str, str]
    thresholds: Thresholds
    gains: tuple[AttributedGain, ...]
    changes: DataChanges
    leaks: dict[tuple[str, str], tuple[Leak, ...]]
    rule: str = ATTRIBUTION_RULE

    def __getitem__(self, number: str) -> AttributedGain:
        """One number by its name.

        Raises:
            NotFoundError: If there is no such number.
        """
        for gain in self.gains:
            if gain.number == number:
                return gain
        raise NotFoundError(f"There is no number {number!r}; there are {', '.join(NUMBERS)}.")


def attribute_gain(pair: Pair, *, thresholds: Thresholds | None = None, split: str | None = None) -> Attribution:
    """Tell how much of a gain is the model's, and how much comes from truth, rows, features and split.

    A number goes from the baseline on its own data to the candidate on its own data in steps that change one thing
    each. First the rows and features go that only the baseline has; then model, truth and split change on what both
    have; at last the rows and features come that only the candidate has. No other way is possible, since nobody knows
    what a run would have said about rows it never saw. Within each of the three groups no order is better than another,
    so a part is the mean over all of them: it is then the same whichever is looked at first, and swapping the runs
    turns every part around. What did not change has the part 0, and the parts add up to the gain.

    A part is NaN, with the reason, where a number on the way is undefined, such as where no measured row is shared.

    Args:
        pair: From `pair_runs`.
        thresholds: Where precision, recall, F1 and mean IoU are taken; 0.5 and 0.5 when left out.
        split: The split to measure in both snapshots; when left out, the one that stands for each run: validation, else
            test, else all.

    Raises:
        RecordError: If there is no such split, or something else than boxes is measured.
    """
    refuse_other_measures(pair.subject, Measure.BOXES, asked="What other data add to a gain")
    splits = [split or measured_split(run.snapshot.rows) for run in (pair.baseline, pair.candidate)]
    crossing = Crossing(pair, (splits[0], splits[1]), thresholds or Thresholds())
    changes, leaks = _changes(crossing), _leaks(pair)
    ways = _ways(changes)
    leaked = frozenset(leak.key for (held_out, _), found in leaks.items() if held_out == SIDES[1] for leak in found)
    grounds = {(run, side): _shared_ground(run, side, ways[1]) for run in (0, 1) for side in (0, 1)}
    clean = [crossing.score_without(grounds[run, 1], leaked) for run in (0, 1)]
    gains = tuple(_attribute(crossing, number, ways, grounds, clean) for number in NUMBERS)
    return Attribution(pair, crossing.splits, crossing.thresholds, gains, changes, leaks)


@dataclass(frozen=True, slots=True)
class _Way:
    """One group of things that change, and the ground on which some of them have changed already."""

    things: tuple[str, ...]
    ground: Callable[[frozenset[str]], Ground]


def _ways(changes: DataChanges) -> tuple[_Way, ...]:
    """The three groups, with what did not change left out of each."""
    went = _only(rows=changes.rows[0], features=len(changes.features[0]))
    came = _only(rows=changes.rows[1], features=len(changes.features[1]))
    between = _only(model=1, truth=changes.edited_rows, split=sum(changes.split_moves))
    return (
        _Way(went, lambda done: Ground(0, 0, 0, "rows" not in done, "features" not in done)),
        _Way(between, lambda done: _between(done, between)),
        _Way(came, lambda done: Ground(1, 1, 1, "rows" in done, "features" in done)),
    )


def _only(**counts: int) -> tuple[str, ...]:
    return tuple(name for name, count in counts.items() if count)


def _between(done: frozenset[str], changing: tuple[str, ...]) -> Ground:
    """A ground that both have; what is equal on both sides goes with the model, whose overlaps are there already."""
    run = int("model" in done)
    truth, split = (int(name in done) if name in changing else run for name in ("truth", "split"))
    return Ground(run, truth, split)


def _shared_ground(run: int, side: int, between: _Way) -> Ground:
    """One run on what both have, with one side's truth and split."""
    done = {"model"} if run else set()
    return between.ground(frozenset(done | ({"truth", "split"} if side else set())))


def _attribute(
    crossing: Crossing,
    number: str,
    ways: tuple[_Way, ...],
    grounds: Mapping[tuple[int, int], Ground],
    clean: Sequence[Mapping[str, float]],
) -> AttributedGain:
    parts = dict.fromkeys(PARTS, 0.0)
    reason = ""
    for way in ways:
        for name, part in _shapley(way, lambda ground: crossing.score(ground)[number]).items():
            parts[name] += part
            reason = reason or (_reason(crossing, way, number) if math.isnan(part) else "")
    everything = frozenset(PARTS)
    ends = [way.ground(done) for way, done in ((ways[0], frozenset[str]()), (ways[2], everything))]
    before, after = (crossing.score(end)[number] for end in ends)
    on = {place: crossing.score(ground)[number] for place, ground in grounds.items()}
    return AttributedGain(
        number=number,
        baseline=before,
        candidate=after,
        **parts,
        reason=reason,
        model_on=(on[1, 0] - on[0, 0], on[1, 1] - on[0, 1]),
        model_without_leaks=clean[1][number] - clean[0][number],
    )


def _shapley(way: _Way, value: Callable[[Ground], float]) -> dict[str, float]:
    """What each thing brings, as the mean over all orders in which they could change one after the other."""
    n = len(way.things)
    parts = {}
    for thing in way.things:
        others = [other for other in way.things if other != thing]
        steps = [frozenset(done) for size in range(n) for done in combinations(others, size)]
        weights = [math.factorial(len(done)) * math.factorial(n - len(done) - 1) / math.factorial(n) for done in steps]
        gains = [value(way.ground(done | {thing})) - value(way.ground(done)) for done in steps]
        parts[thing] = math.fsum(weight * gain for weight, gain in zip(weights, gains, strict=True))
    return parts


def _reason(crossing: Crossing, way: _Way, number: str) -> str:
    """The first ground of a group on which a number is undefined, in words."""
    grounds = [way.ground(frozenset(done)) for size in range(4) for done in combinations(way.things, size)]
    ground = next(each for each in grounds if math.isnan(crossing.score(each)[number]))
    rows = int(np.count_nonzero(crossing.rows_of(ground)))
    which = "own" if ground.own_rows else "shared"
    truth = "" if ground.own_rows else f" against the {SIDES[ground.truth]}'s truth"
    split = crossing.splits[ground.split]
    return f"{number} of the {SIDES[ground.run]} is undefined on {rows:,} {which} rows ({split}){truth}"


def _changes(crossing: Crossing) -> DataChanges:
    pair, (before, after) = crossing.pair, crossing.measured
    either = before | after
    own = [int(crossing.rows_of(Ground(side, side, side, own_rows=True)).sum()) for side in (0, 1)]
    ontologies = [run.snapshot.ontology for run in (pair.baseline, pair.candidate)]
    return DataChanges(
        shared_rows=int((before & after).sum()),
        edited_rows=int((crossing.edited & either).sum()),
        redrawn_rows=int((_redrawn(pair) & either).sum()),
        split_moves=(int((before & ~after).sum()), int((after & ~before).sum())),
        rows=(own[0] - int(before.sum()), own[1] - int(after.sum())),
        features=(_features_only_in(ontologies[0], pair), _features_only_in(ontologies[1], pair)),
    )


def _features_only_in(ontology: Ontology, pair: Pair) -> tuple[str, ...]:
    return tuple(path for path in ontology.paths if path not in pair.features)


def _redrawn(pair: Pair) -> np.ndarray:
    """bool[n]: which shared rows have a picture with another checksum, as far as both are known."""
    before, after = (
        np.asarray(run.snapshot.rows.table["sha256"].to_pylist(), dtype=object)[numbers]
        for run, numbers in ((pair.baseline, pair.baseline_rows), (pair.candidate, pair.candidate_rows))
    )
    known = np.array([one is not None and other is not None for one, other in zip(before, after, strict=True)])
    return np.asarray((before != after).astype(bool) & known)


def _leaks(pair: Pair) -> dict[tuple[str, str], tuple[Leak, ...]]:
    rows = {"baseline": pair.baseline.snapshot.rows, "candidate": pair.candidate.snapshot.rows}
    ways = [(held_out, trained) for held_out in reversed(SIDES) for trained in SIDES]
    if pair.same_snapshot:
        ways = [("candidate", "candidate")]
    return {way: find_leaks(rows[way[0]], rows[way[1]]) for way in ways}
