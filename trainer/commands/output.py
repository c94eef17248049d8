"""What commands print: tables and JSON on standard output, progress on standard error."""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from trainer.records.json_values import json_ready

if TYPE_CHECKING:
    from trainer.runs.model_runs import ModelRun

UNDEFINED = "–"


def print_json(value: Any) -> None:
    """Print a value as JSON; undefined numbers become null, since JSON has no NaN."""
    print(json.dumps(json_ready(value), indent=2, ensure_ascii=False))


def print_table(headings: Sequence[str], lines: Iterable[Sequence[str]], *, title: str | None = None) -> None:
    """Print a plain table; the first column is text, the others stand to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i == 0 else "right", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    print_drawn(table)


def print_drawn(table: Table) -> None:
    """Print a table that was put together, without the spaces that fill its last column."""
    # Without a terminal nothing is cut: a program or a file takes the whole line.
    console = Console(width=None if sys.stdout.isatty() else 240, highlight=False, markup=False)
    with console.capture() as drawn:
        console.print(table)
    for line in drawn.get().splitlines():
        print(line.rstrip())


def print_fitted(
    headings: Sequence[str], lines: Sequence[Sequence[str]], *, spare: Sequence[str], width: int | None = None
) -> None:
    """Print a plain table without the columns that a narrow terminal has no room for, and say which they are.

    Args:
        headings: One a column.
        lines: The cells.
        spare: Headings of the columns that can be done without, as far as there are such, the first to go first.
        width: Number of letters in a line; that of the terminal when left out, any number where there is none.
    """
    columns = {heading: [line[i] for line in lines] for i, heading in enumerate(headings)}
    widths = {heading: max(map(len, [heading, *cells])) for heading, cells in columns.items()}
    room = width or (Console().width if sys.stdout.isatty() else 240)
    gone: list[str] = []
    for heading in spare:
        if heading in columns and sum(widths[kept] + 2 for kept in columns if kept not in gone) - 2 > room:
            gone.append(heading)
    kept = [heading for heading in headings if heading not in gone]
    print_table(kept, zip(*(columns[heading] for heading in kept), strict=True))
    if gone:
        print(f"no room for: {', '.join(gone)} (a wider terminal, or --json)")


def print_words(text: str) -> None:
    """Print a sentence in lines of at most 100 letters; names, however long, are never broken."""
    print(textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False))


def cut(text: str, *, most: int = 48) -> str:
    """A title in a table, so short that the other columns keep their room.

    Example:
        >>> cut("a long title", most=7)
        'a long…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def moment(when: datetime) -> str:
    """A moment in a table: to the minute, in the time of this machine."""
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


def time_text(when: datetime) -> str:
    """A moment in the time of this machine, to the second, for JSON; tables take `moment`."""
    return when.astimezone().isoformat(sep=" ", timespec="seconds")


def reference(run: ModelRun) -> str:
    """How a person names the run."""
    return f"{run.stored.experiment}/{run.name}"


def number(value: float, *, signed: bool = False) -> str:
    """A score with four digits after the point; a dash where it is undefined."""
    if math.isnan(value):
        return UNDEFINED
    return f"{value:+.4f}" if signed else f"{value:.4f}"


def interval(low: float, high: float) -> str:
    """Both ends of an interval around a gain; a dash where it is undefined."""
    if math.isnan(low) or math.isnan(high):
        return UNDEFINED
    return f"{number(low, signed=True)} to {number(high, signed=True)}"


def chance(value: float) -> str:
    """How probable something is, which resamples never tell to the last: neither 0 nor 1.

    Example:
        >>> chance(0.97), chance(0.0), chance(1.0)
        ('0.970', '< 0.001', '> 0.999')
    """
    if math.isnan(value):
        return UNDEFINED
    return "< 0.001" if value < 0.001 else "> 0.999" if value > 0.999 else f"{value:.3f}"


def p_value(value: float | None) -> str:
    """A p-value, or a share of false discoveries; a dash where there is none.

    Example:
        >>> p_value(0.04), p_value(0.0), p_value(None)
        ('0.0400', '< 0.0001', '–')
    """
    if value is None or math.isnan(value):
        return UNDEFINED
    return f"{value:.4f}" if value >= 0.0001 else "< 0.0001"
