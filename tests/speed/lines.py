"""One line of the table: what was measured, ours beside a peer's, and whether the bar is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["seconds", "bytes", "times", "score", "a second"]


@dataclass(frozen=True)
class Bar:
    """The most that ours may take, or the least that it must reach.

    Attributes:
        words: The bar as a reader would say it.
        limit: The same as a number, in the unit of the line.
        least: More is better: ours must reach the limit.
    """

    words: str
    limit: float
    least: bool = False


@dataclass(frozen=True)
class Line:
    """One thing that was measured.

    Attributes:
        what: What was done.
        ours: What it took here, the median of several runs.
        peer: Name of the program beside, empty where there is none.
        theirs: What it took there; NaN where there is none.
        bar: The most that ours may take; None where the line only informs.
        unit: Of both numbers.
    """

    what: str
    ours: float
    peer: str = ""
    theirs: float = float("nan")
    bar: Bar | None = None
    unit: Unit = "seconds"

    @property
    def held(self) -> bool | None:
        """Whether ours stays within the bar; None where there is no bar."""
        if self.bar is None:
            return None
        return self.ours >= self.bar.limit if self.bar.least else self.ours <= self.bar.limit

    def cells(self) -> list[str]:
        """What a table shows of it, in the order of `HEADS`."""
        beside = bool(self.peer)
        return [
            self.what,
            shown(self.ours, self.unit),
            f"{self.peer}: {shown(self.theirs, self.unit)}" if beside else "",
            f"{self.ours / self.theirs:.2g}" if beside and self.theirs else "",
            "" if self.bar is None else self.bar.words,
            {None: "", True: "held", False: "NOT HELD"}[self.held],
        ]


HEADS: Final = ("what", "ours", "beside", "ours / theirs", "bar", "")

Lines = Iterator[Line]


@dataclass(frozen=True)
class Options:
    """What the person who runs the benchmark chose.

    Attributes:
        with_pycocotools: Wait for pycocotools on the whole workload, not on a tenth of its rows.
        quick: Few rounds on a small workload, to see that everything runs; the numbers mean nothing.
    """

    with_pycocotools: bool = False
    quick: bool = False

    def rounds(self, times: int) -> int:
        """Number of rounds: `times`, or one where it should be quick."""
        return 1 if self.quick else times


@dataclass(frozen=True)
class Section:
    """Lines that belong together.

    Attributes:
        letter: By which `--only` names it.
        title: What they are about.
        about: What a reader must know to read them.
        lines: Measures them, one after the other.
    """

    letter: str
    title: str
    about: str
    lines: Callable[[Options], Lines]


def no_slower_than(peer: str, theirs: float) -> Bar:
    """Ours may take as long as the peer, and no longer."""
    return Bar(f"no slower than {peer}", theirs)


def at_most(limit: float, unit: Unit = "seconds") -> Bar:
    """Ours may take so much, whatever others take."""
    return Bar(f"at most {shown(limit, unit)}", limit)


def at_least(limit: float, unit: Unit = "score") -> Bar:
    """Ours must reach so much."""
    return Bar(f"at least {shown(limit, unit)}", limit, least=True)


def shown(value: float, unit: Unit = "seconds") -> str:
    """A number as a reader would write it: three digits and a unit."""
    if unit == "bytes":
        return f"{value / 1e6:,.0f} MB"
    if unit == "score":
        return f"{value:.3f}"
    if unit == "a second":
        return f"{value:.3g}/s"
    if unit == "times":
        return f"{value:.3g}×"
    if value >= 1:
        return f"{value:.3g} s" if value < 1000 else f"{value:,.0f} s"
    return f"{value * 1e3:.3g} ms"
