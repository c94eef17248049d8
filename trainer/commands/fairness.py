"""`modelruns fair`: runs at confidences that are fair to all of them."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import (
    Commands,
    add_command,
    add_iou,
    add_json,
    add_measure,
    add_runs,
    add_split,
    share,
    thresholds_of,
)
from trainer.commands.output import UNDEFINED, number, print_fitted, print_json, print_words, reference
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.comparing.fairness import Condition, FairComparison

_FAIR = """
modelruns fair cells/first cells/second
modelruns fair cells/first cells/second cells/third --precision 0.9
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    fair = add_command(
        commands,
        "fair",
        _fair,
        help="compare runs at equal precision, recall or false alarms instead of equal confidence",
        example=_FAIR,
    )
    add_runs(fair, several=True)
    add_split(fair)
    add_iou(fair)
    conditions = fair.add_mutually_exclusive_group()
    conditions.add_argument("--precision", type=share, metavar="P", help="each run where it is at least so precise")
    conditions.add_argument("--recall", type=share, metavar="R", help="each run where it finds at least so much")
    conditions.add_argument(
        "--alarms", type=_amount, metavar="N", help="each run where it has at most N false alarms per row"
    )
    add_measure(fair)
    add_json(fair)


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value >= 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return value


def _fair(options: argparse.Namespace) -> int:
    from trainer.comparing.fairness import compare_fairly
    from trainer.comparing.sharing import shared_subject
    from trainer.runs.model_runs import open_run

    baseline, *candidates = (open_run(each) for each in (options.baseline, *options.candidates))
    subject = shared_subject([baseline, *candidates], options.measure)
    with ProgressDisplay() as progress:
        compared = compare_fairly(
            baseline,
            candidates,
            condition=_condition(options),
            min_iou=thresholds_of(options, subject).min_iou,
            split=options.split,
            measure=options.measure,
            report=when_long(progress.show),
        )
    if options.json:
        print_json(_facts(compared))
    else:
        _print(compared)
    return 0


def _condition(options: argparse.Namespace) -> tuple[Condition, float] | None:
    given: dict[Condition, float | None] = {
        "precision": options.precision,
        "recall": options.recall,
        "alarms": options.alarms,
    }
    return next(((name, value) for name, value in given.items() if value is not None), None)


def _facts(compared: FairComparison) -> dict[str, Any]:
    return {
        "measure": str(compared.shared.subject),
        "split": compared.split,
        "rows": compared.rows,
        "rows_left_out": list(compared.shared.left_out),
        "features_left_out": list(compared.shared.left_out_features),
        "min_iou": compared.min_iou,
        "rule": compared.points[0].rule,
        "points": compared.lines(),
        "warnings": list(compared.warnings),
    }


def _print(compared: FairComparison) -> None:
    subject = compared.shared.subject
    matched = f"IoU >= {compared.min_iou:g}" if subject.has_objects else str(subject)
    print(f"{count(compared.rows, 'row')} ({compared.split}), {matched}; {compared.points[0].rule}")
    headings = ("run", "confidence", "precision", "recall", "F1", "found", "false alarms", "missed")
    for point in compared.points:
        lines = [line for line in compared.lines() if line["equal"] == point.equal]
        print(f"\n{point.equal}")
        print_fitted(headings, [_line(line) for line in lines], spare=("missed", "found", "F1"))
        for line in lines:
            if math.isnan(line["confidence"]):
                print(f"{line['run']} {_reached(line['reachable'])}")
    for warning, run in zip(compared.warnings, compared.shared.runs[1:], strict=True):
        if warning:
            print()
            print_words(f"{reference(run)}: {warning}")


def _reached(reachable: float) -> str:
    if math.isnan(reachable):
        return "has nothing to measure there: no truth, or no prediction"
    return f"does not reach that; it comes to {reachable:.4g}"


def _line(line: dict[str, Any]) -> list[str]:
    ratios = [number(line[name]) for name in ("confidence", "precision", "recall", "f1")]
    counts = [UNDEFINED if math.isnan(line[name]) else f"{line[name]:,.0f}" for name in ("tp", "fp", "missed")]
    return [line["run"], *ratios, *counts]
