"""Declaring commands and the options that several share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.records.errors import RecordError
from trainer.records.split import Split

if TYPE_CHECKING:
    from trainer.measures.evaluation import Thresholds
    from trainer.records.measure import Subject

Commands = Any  # argparse keeps the type of its sub-parsers to itself


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of examples, and leaves room for long options."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32, width=100)


def add_command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int | None], *, help: str, example: str
) -> argparse.ArgumentParser:
    """Declare one command: what it does in a sentence, and an example that works."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog="example:\n" + "\n".join("  " + line for line in example.strip().splitlines()),
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_group(commands: Commands, name: str, *, help: str) -> Commands:
    """Declare a command of several commands, one of them ``list``, which is what is done where none is named.

    Returns what they are added to.
    """
    parser = commands.add_parser(
        name, help=help, description=help[0].upper() + help[1:] + ".", formatter_class=HelpFormatter
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND")

    def list_all(options: argparse.Namespace) -> int | None:
        listing = actions.choices["list"].parse_args([])
        code: int | None = listing.run(listing)
        return code

    parser.set_defaults(run=list_all)
    return actions


def add_runs(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Declare ``BASELINE`` and ``CANDIDATE``, or any number of candidates."""
    parser.add_argument("baseline", metavar="BASELINE", help="the run to beat")
    if several:
        parser.add_argument("candidates", metavar="CANDIDATE", nargs="+", help="the run in question, or several")
    else:
        parser.add_argument("candidate", metavar="CANDIDATE", help="the run in question")


def add_split(parser: argparse.ArgumentParser, *, help: str = "rows to measure on") -> None:
    """Declare ``--split``; `help` says what becomes of its rows."""
    parser.add_argument("--split", choices=[*Split, "all"], help=f"{help} (default: validation, else test, else all)")


def add_measure(parser: argparse.ArgumentParser) -> None:
    """Declare ``--measure``, what of the runs is measured."""
    parser.add_argument(
        "--measure",
        metavar="WHAT",
        help="boxes, masks, classes (of several questions classes:NAME), pixels or spans; boxes:A,B counts these "
        "features alone "
        "(default: what the runs were measured by)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``, for commands whose output a program would read."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def add_thresholds(parser: argparse.ArgumentParser) -> None:
    """Declare the thresholds at which precision, recall and F1 are taken; `thresholds_of` reads them."""
    parser.add_argument(
        "--confidence",
        type=share,
        metavar="C",
        help="predictions below it do not count (default 0.5); not for pixels or one choice among classes",
    )
    add_iou(parser)


def add_iou(parser: argparse.ArgumentParser) -> None:
    """Declare ``--iou`` alone."""
    parser.add_argument(
        "--iou",
        type=overlap,
        metavar="IOU",
        help="smallest overlap that finds a truth, from 0.05 to 1 (default 0.5); for boxes, masks and painted areas",
    )


def thresholds_of(options: argparse.Namespace, subject: Subject, *, areas: bool = False) -> Thresholds:
    """The thresholds that were asked for, 0.5 each where nothing was said.

    Args:
        options: What was given.
        subject: What is measured.
        areas: Painted areas are told one by one, too, which an IoU finds.

    Raises:
        RecordError: If one was given that means nothing for what is measured.
    """
    from trainer.measures.evaluation import Thresholds
    from trainer.measures.measuring import refuse_idle_thresholds

    given = {"confidence": getattr(options, "confidence", None), "iou": options.iou}
    refuse_idle_thresholds(subject, [name for name, value in given.items() if value is not None], areas=areas)
    confidence, iou = (0.5 if value is None else float(value) for value in given.values())
    return Thresholds(min_confidence=confidence, min_iou=iou)


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """Declare how certainty is found: resamples, level, seed and clusters."""
    parser.add_argument(
        "--resamples",
        type=whole_number,
        default=1000,
        metavar="N",
        help="how often rows are drawn again to see how certain a gain is (default 1000); 0 for the numbers alone",
    )
    parser.add_argument(
        "--level",
        type=level,
        default=0.95,
        metavar="P",
        help="share of intervals that are to hold the true gain (default 0.95)",
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, metavar="N", help="where the random numbers start (default 0)"
    )
    parser.add_argument(
        "--clusters",
        metavar="COLUMN",
        help="metadata column, such as video or patient, whose rows are drawn together because they are alike",
    )


def share(text: str) -> float:
    """A number in [0, 1]."""
    return _number_from(text, 0, 1)


def overlap(text: str) -> float:
    """A number in [0.05, 1]: smaller overlaps are not kept."""
    return _number_from(text, 0.05, 1)


def level(text: str) -> float:
    """A number between 0 and 1, neither of them."""
    value = _number_from(text, 0, 1)
    if value in (0.0, 1.0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def whole_number(text: str) -> int:
    """A whole number from 0."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def positive_number(text: str) -> int:
    """A whole number from 1."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def port_number(text: str) -> int:
    """A port from 1 to 65535."""
    return int(_number_from(text, 1, 65535))


def read_keys(file: Path | None) -> list[str] | None:
    """The keys of rows in a file, one a line; empty lines are passed over. None where no file is named.

    Raises:
        RecordError: If it holds none.
    """
    if file is None:
        return None
    keys = [line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if not keys:
        raise RecordError(f"{file} names no row; write the keys of rows, one a line.")
    return keys


def _number_from(text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g}")
    return value
