"""`make speed`: measures, prints the table and writes metrics/SPEED.md."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from .lines import Line, Options, Section
from .machine import describe_load, describe_machine, describe_versions
from .page import Circumstances, markdown_page, terminal_table
from .sections import SECTIONS

PAGE = Path(__file__).parent.parent.parent / "metrics" / "SPEED.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a bar is not held."""
    chosen = _parser().parse_args(arguments)
    if chosen.memory_of:
        from .resident import grown_by

        print(grown_by(chosen.memory_of[0], Path(chosen.memory_of[1])))
        return 0
    sections = [section for section in SECTIONS if not chosen.only or section.letter in chosen.only]
    around = _circumstances()
    table = _measure(sections, Options(with_pycocotools=chosen.with_pycocotools, quick=chosen.quick))
    print(terminal_table(table))
    if not (chosen.only or chosen.quick or chosen.no_page):
        PAGE.write_text(markdown_page(table, around), encoding="utf-8")
        print(f"Written to {PAGE}")
    return int(not chosen.quick and any(line.held is False for _, lines in table for line in lines))


def _measure(sections: Sequence[Section], options: Options) -> list[tuple[Section, list[Line]]]:
    import metrics

    start = time.perf_counter()
    _say("warming up")
    metrics.warm_up()
    table = []
    for section in sections:
        _say(f"{section.letter}. {section.title}")
        lines = []
        for line in section.lines(options):
            lines.append(line)
            _say("   " + "  ".join(cell for cell in line.cells()[1:] if cell))
        table.append((section, lines))
    _say(f"measured in {time.perf_counter() - start:.0f} s")
    return table


def _circumstances() -> Circumstances:
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Circumstances(describe_machine(), describe_versions(), date, describe_load())


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _letters(words: str) -> frozenset[str]:
    known = {section.letter for section in SECTIONS}
    letters = frozenset(words.replace(",", " ").split())
    if not letters or letters - known:
        raise argparse.ArgumentTypeError(f"name some of {', '.join(sorted(known))}, as in --only a,b")
    return letters


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/speed", description=__doc__)
    parser.add_argument("--only", type=_letters, default=frozenset(), metavar="A,B", help="these parts; SPEED.md stays")
    parser.add_argument("--with-pycocotools", action="store_true", help="on all rows (minutes), not on a tenth")
    parser.add_argument("--no-page", action="store_true", help="leave metrics/SPEED.md as it is")
    parser.add_argument("--quick", action="store_true", help="a small workload, once; only to see that all runs")
    parser.add_argument("--memory-of", nargs=2, help=argparse.SUPPRESS)
    return parser
