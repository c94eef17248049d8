"""The table, for the terminal and as a page of the documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from .lines import HEADS, Line, Section
from .workload import Size

Table = Sequence[tuple[Section, Sequence[Line]]]


@dataclass(frozen=True)
class Circumstances:
    """What the numbers depend on, in words."""

    machine: str
    versions: str
    date: str
    load: str


def terminal_table(table: Table, *, width: int = 132) -> str:
    """Plain text; long descriptions go on in the next line."""
    narrow = [line.cells()[1:] for _, lines in table for line in lines]
    widths = [max(map(len, column)) for column in zip(HEADS[1:], *narrow, strict=True)]
    room = max(30, width - sum(widths) - 2 * len(widths))
    written = [_padded([HEADS[0], *HEADS[1:]], room, widths)]
    for section, lines in table:
        written += ["", f"{section.letter}. {section.title}"]
        for line in lines:
            what, *rest = line.cells()
            first, *more = textwrap.wrap(what.replace("`", ""), room)
            written += [_padded([first, *rest], room, widths), *more]
    return "\n".join(written) + "\n"


def _padded(cells: Sequence[str], room: int, widths: Sequence[int]) -> str:
    what, *rest = cells
    return "  ".join([what.ljust(room), *(cell.rjust(wide) for cell, wide in zip(rest, widths, strict=True))]).rstrip()


def markdown_page(table: Table, around: Circumstances) -> str:
    """metrics/SPEED.md."""
    parts = [_INTRODUCTION.format(size=Size(), **vars(around))]
    for section, lines in table:
        rows = [_markdown_row(HEADS), "|---|---:|---|---:|---|---|", *(_markdown_row(line.cells()) for line in lines)]
        parts.append(f"## {section.letter}. {section.title}\n\n{section.about}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("NOT HELD", "**not held**") for cell in cells) + " |"


_INTRODUCTION = """\
# How quick measuring is

Written by `make speed`; do not edit. Every line was measured in one run on the same arrays, ours and the other
program's in turn, and shows the median of several calls. `ours / theirs` below 1 means that ours takes less. A bar is
what we promise; lines without one only inform. Before the clocks start, the twelve numbers of all programs are compared
(they agree within 1e-9).

Unless a line says otherwise: {size},
generated from a fixed seed (`tests/speed/workload.py`).

- Date: {date}
- Machine: {machine}; load from other programs when it started: {load}
- Versions: {versions}
"""
