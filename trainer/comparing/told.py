"""Telling how far a measuring is: one run after the other, or by the draws it has taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Lock
from typing import TypeVar

import numpy as np

import metrics
from trainer.projects import Report

Thing = TypeVar("Thing")


def one_by_one(things: Sequence[Thing], stage: str, report: Report | None) -> Iterator[Thing]:
    """Things one after the other; how many of them are done is told before each and behind the last.

    Example:
        >>> list(one_by_one("ab", "reading", lambda *state: print(*state)))
        reading 0 2
        reading 1 2
        reading 2 2
        ['a', 'b']
    """
    for done, thing in enumerate(things):
        if report:
            report(stage, done, len(things))
        yield thing
    if report:
        report(stage, len(things), len(things))


def told_draws(drawn: metrics.Resamples, stage: str, report: Report | None) -> metrics.Resamples:
    """The same draws, which tell how many of them were taken; themselves where nobody is told."""
    return drawn if report is None else _ToldResamples.of(drawn, partial(report, stage))


@dataclass(frozen=True, eq=False)
class _ToldResamples(metrics.Resamples):
    """Draws that tell how many of them were asked for the first time round, in which nearly all of the time goes."""

    drawn: metrics.Resamples
    report: Callable[[int, int], None]
    taken: list[int]
    lock: Lock

    @classmethod
    def of(cls, drawn: metrics.Resamples, report: Callable[[int, int], None]) -> _ToldResamples:
        return cls(drawn.keep, drawn.count, drawn.seed, None, drawn, report, [0], Lock())

    @cached_property
    def units(self) -> int:
        return self.drawn.units

    @cached_property
    def unit_of(self) -> np.ndarray:
        return self.drawn.unit_of

    def weights(self, first: int, last: int) -> np.ndarray:
        with self.lock:
            if self.taken[0] < self.count:
                self.report(self.taken[0], self.count)
            self.taken[0] += last - first
            if self.taken[0] == self.count:
                self.report(self.count, self.count)
        return self.drawn.weights(first, last)
