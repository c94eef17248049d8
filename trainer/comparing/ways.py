"""The ways from the baseline on its own data to the candidate on its own, one thing after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from trainer.comparing.crossing import Ground
from trainer.comparing.data_changes import DataChanges


class Step(NamedTuple):
    """One thing changes where some others have changed already.

    Attributes:
        thing: What changes.
        before: The ground before it does.
        after: The ground after.
        weight: The share of all orders of its group in which it changes at that point.
    """

    thing: str
    before: Ground
    after: Ground
    weight: float


@dataclass(frozen=True, slots=True)
class Way:
    """One group of things that change, in any order.

    Attributes:
        things: Their names.
        ground: On which ground a run stands where some of them have changed.
    """

    things: tuple[str, ...]
    ground: Callable[[frozenset[str]], Ground]

    def steps(self) -> Iterator[Step]:
        """Every step of every order, with how many orders it is in: with these weights they are Shapley's values."""
        n = len(self.things)
        for thing in self.things:
            for done in self._sets(thing):
                weight = math.factorial(len(done)) * math.factorial(n - len(done) - 1) / math.factorial(n)
                yield Step(thing, self.ground(done), self.ground(done | {thing}), weight)

    def grounds(self) -> list[Ground]:
        """Every ground on the way, the one where fewest things have changed first."""
        return [self.ground(done) for done in self._sets()]

    def _sets(self, without: str | None = None) -> list[frozenset[str]]:
        others = [thing for thing in self.things if thing != without]
        return [frozenset(done) for size in range(len(others) + 1) for done in combinations(others, size)]


def find_ways(changes: DataChanges) -> tuple[Way, Way, Way]:
    """The three groups, with what did not change left out of each: what went, what differs on both, what came."""
    went = _only(rows=changes.rows[0], features=len(changes.features[0]))
    came = _only(rows=changes.rows[1], features=len(changes.features[1]))
    between = _only(model=1, truth=changes.edited_rows, split=sum(changes.split_moves))
    return (
        Way(went, lambda done: Ground(0, 0, 0, "rows" not in done, "features" not in done)),
        Way(between, lambda done: _between(done, between)),
        Way(came, lambda done: Ground(1, 1, 1, "rows" in done, "features" in done)),
    )


def shared_ground(run: int, side: int, between: Way) -> Ground:
    """One run on what both have, with one side's truth and split."""
    done = {"model"} if run else set()
    return between.ground(frozenset(done | ({"truth", "split"} if side else set())))


def _only(**counts: int) -> tuple[str, ...]:
    return tuple(name for name, count in counts.items() if count)


def _between(done: frozenset[str], changing: tuple[str, ...]) -> Ground:
    """A ground that both have; what is equal on both sides goes with the model, whose overlaps are there already."""
    run = int("model" in done)
    truth, split = (int(name in done) if name in changing else run for name in ("truth", "split"))
    return Ground(run, truth, split)
