"""What was cut out of pictures, told by the commands that cut."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import whole_number
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.comparing.crops import Crops


def add_crops(parser: argparse.ArgumentParser, *, things: str = "the objects") -> None:
    """Declare ``--crops`` and ``--most-crops``."""
    parser.add_argument(
        "--crops", type=Path, metavar="DIR", help=f"cut {things} out of their pictures, as PNG, or texts, as a page"
    )
    parser.add_argument(
        "--most-crops", type=whole_number, default=500, metavar="N", help="cut at most the first N (default 500)"
    )


def crop_facts(crops: Crops, *, of: int, folder: Path) -> dict[str, Any]:
    """What was cut as plain values; `of` is how many there were to cut."""
    return {
        "folder": str(folder),
        "cut": len(crops.files) - crops.missing,
        "without_picture": crops.missing,
        "not_cut": of - len(crops.files),
        "problems": [{"key": problem.place, "reason": problem.reason} for problem in crops.problems],
    }


def print_crops(crops: Crops, *, of: int, folder: Path, thing: str = "object") -> None:
    """Say what was cut, and what could not be."""
    pages = {file for file in crops.files if file is not None and file.suffix == ".html"}
    print(f"\ncut out: {count(len(crops.files) - crops.missing, thing)} in {next(iter(pages), folder)}")
    if crops.missing:
        first = crops.problems[0]
        print(
            f"not cut: {crops.missing:,} on {count(len(crops.problems), 'row')}; first: {first.place}: {first.reason}"
        )
    if of > len(crops.files):
        print(f"not cut: {of - len(crops.files):,} beyond the first {len(crops.files):,} (--most-crops N)")
