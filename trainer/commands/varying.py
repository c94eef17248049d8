"""`modelruns variance`: whether a gain is the model's or the seeds'."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import (
    Commands,
    add_command,
    add_json,
    add_measure,
    add_split,
    add_thresholds,
    level,
    thresholds_of,
    whole_number,
)
from trainer.commands.gain_tables import named, print_held_together, print_not_listed
from trainer.commands.output import UNDEFINED, interval, number, p_value, print_fitted, print_json
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.comparing.variance import SeedGains

_VARIANCE = """
modelruns variance --baseline cells/a-1 cells/a-2 cells/a-3 --candidate cells/b-1 cells/b-2 cells/b-3
modelruns variance --baseline cells/a-1 cells/a-2 --candidate cells/b-1 cells/b-2 --gain 0.01 --power 0.9
modelruns variance --baseline cells/a-1 cells/a-2 --candidate cells/b-1 cells/b-2 --features
modelruns variance --baseline sky/a-1 sky/a-2 --candidate sky/b-1 sky/b-2 --measure classes
"""
_FEW_DECIDE = 4.0  # below so many degrees of freedom Student's interval is at least 1.4 times as wide as the normal one


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    variance = add_command(
        commands,
        "variance",
        _variance,
        help="tell whether a gain outlasts other seeds and other rows, and what would settle it",
        example=_VARIANCE,
    )
    for side, what in (("baseline", "the model to beat"), ("candidate", "the model in question")):
        variance.add_argument(
            f"--{side}", nargs="+", required=True, metavar="RUN", help=f"two runs or more of {what}, by seed"
        )
    add_split(variance, help="rows to measure on in the last run")
    variance.add_argument("--clusters", metavar="COLUMN", help="metadata column of rows that belong together")
    variance.add_argument(
        "--level", type=level, default=0.95, metavar="L", help="share of intervals that hold the gain (default 0.95)"
    )
    variance.add_argument(
        "--power", type=level, default=0.8, metavar="P", help="chance with which a gain is to be shown (default 0.8)"
    )
    variance.add_argument("--gain", type=_gain, metavar="G", help="the gain to be shown (default: the one observed)")
    variance.add_argument("--features", action="store_true", help="the AP, F1 or IoU of each feature, too")
    variance.add_argument(
        "--resamples",
        type=whole_number,
        default=1000,
        metavar="N",
        help="how often rows are drawn again for what is no sum over rows, such as AP (default 1000); 0 leaves it out",
    )
    add_measure(variance)
    add_thresholds(variance)
    add_json(variance)


def _gain(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < abs(value) <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a gain between 0 and 1, such as 0.01")
    return abs(value)


def _variance(options: argparse.Namespace) -> int:
    from trainer.comparing.certainty import Sampling
    from trainer.comparing.sharing import shared_subject
    from trainer.comparing.variance import gain_over_seeds
    from trainer.runs.model_runs import open_run

    baseline, candidate = ([open_run(each) for each in side] for side in (options.baseline, options.candidate))
    thresholds = thresholds_of(options, shared_subject([*baseline, *candidate], options.measure))
    with ProgressDisplay() as progress:
        gains = gain_over_seeds(
            baseline,
            candidate,
            measure=options.measure,
            thresholds=thresholds,
            split=options.split,
            sampling=Sampling(options.resamples, options.level, clusters=options.clusters),
            features=options.features,
            report=when_long(progress.show),
        )
    if options.json:
        print_json(_facts(gains, options))
    else:
        _print(gains, options)
    return 0


def _facts(gains: SeedGains, options: argparse.Namespace) -> dict[str, Any]:
    from metrics.comparison.variance import VARIANCE_RULE

    lines = gains.lines(power=options.power, gain=options.gain)
    return {
        **gains.terms,
        "rule": VARIANCE_RULE,
        "level": options.level,
        "power": options.power,
        "gain_to_show": options.gain,
        "remarks": list(gains.remarks),
        # JSON has no infinity: null where no number of rows or seeds will do.
        "gains": [
            {name: None if value in (math.inf, -math.inf) else value for name, value in line.items()} for line in lines
        ],
    }


def _print(gains: SeedGains, options: argparse.Namespace) -> None:
    from trainer.measures.measuring import words_of

    on, (before, after) = gains.on, gains.seeds
    print(f"baseline {', '.join(on.names[:before])}; candidate {', '.join(on.names[before:])}")
    print(f"{count(on.rows, 'row')} ({on.split}) and the truth of {on.names[-1]}; {before} and {after} runs")
    print(words_of(on.shared.subject, gains.thresholds))
    for remark in gains.remarks:
        print(remark)
    print()
    lines = gains.lines(power=options.power, gain=options.gain)
    overall = [line for line in lines if line["feature"] is None]
    features = [line for line in lines if line["feature"] is not None]
    _print_gains("", [[_named(line["number"]), *_cells(line)] for line in overall], options.level)
    print(
        "\nbaseline and candidate are means over runs; the sd is that of the gain, by training anew and by other rows"
    )
    if features:
        _print_features(features, gains, options.level)
    _print_needed(overall, gains, options)
    if any(line["freedom"] < _FEW_DECIDE for line in lines):
        print("\nSo few runs tell little of what training anew changes, so intervals are wide and needs are rough.")


def _named(number: str) -> str:
    from trainer.measures.number_names import LOSSES

    return named(number, lower_is_better=number in LOSSES)


def _print_gains(first: str, lines: list[list[str]], level: float) -> None:
    headings = (
        first,
        "baseline",
        "candidate",
        "gain",
        f"{level * 100:g} % interval",
        "p",
        "sd by seeds",
        "sd by rows",
        "settled",
    )
    print_fitted(headings, lines, spare=("p", "baseline", "candidate"))


def _print_features(lines: list[dict[str, Any]], gains: SeedGains, level: float) -> None:
    """The AP, F1 or IoU of each feature that has truths; those that too few rows hold without certainty."""
    from trainer.comparing.certainty import least_units

    listed = [line for line in lines if line["units"]]
    few = [line["feature"] for line in listed if gains.too_few(line["feature"])]
    print()
    _print_gains(
        f"{gains.on.shared.subject.main_number} of",
        [[line["feature"], *_cells(line, few=line["feature"] in few)] for line in listed],
        level,
    )
    least, remark = least_units(level), "p is that of each alone"
    print_held_together(len(listed) - len(few), few=len(few), least=least, remark=remark)
    print_not_listed(len(lines) - len(listed), of=len(lines))


def _cells(line: dict[str, Any], *, few: bool = False) -> list[str]:
    """What stands behind the name of a number; where `few` rows hold it, nothing about certainty."""
    if math.isnan(line["gain"]):
        return [*[UNDEFINED] * 7, ""]
    values = [*(number(line[name]) for name in ("baseline", "candidate")), number(line["gain"], signed=True)]
    if few:
        return [*values, *[UNDEFINED] * 4, ""]
    return [
        *values,
        interval(line["low"], line["high"]),
        p_value(line["p_value"]),
        *(number(line[name]) for name in ("sd_seeds", "sd_rows")),
        line["settled"] or "",
    ]


def _print_needed(lines: list[dict[str, Any]], gains: SeedGains, options: argparse.Namespace) -> None:
    """What would show a gain, where it is not settled or a gain was named."""
    from trainer.comparing.variance import PLANNED

    undefined = [line["number"] for line in lines if math.isnan(line["gain"])]
    if undefined:
        print(f"\nundefined, as a run leaves it so: {', '.join(undefined)}")
    open_ones = [line for line in lines if line["number"] not in undefined and (options.gain or not line["settled"])]
    if not open_ones:
        return
    more = [seeds for seeds in PLANNED if seeds > min(gains.seeds)]
    columns = {
        "rows, these runs": "rows_needed",
        **{f"rows, {seeds} runs": f"rows_needed_with_{seeds}_runs" for seeds in more},
        f"runs, {gains.on.rows:,} rows": "seeds_needed",
    }
    print(f"\nwhat would show such a gain with a chance of {options.power * 100:g} % (runs: of each model)")
    cells = [
        [line["number"], number(options.gain or abs(line["gain"])), *(_amount(line[each]) for each in columns.values())]
        for line in open_ones
    ]
    print_fitted(("", "gain", *columns), cells, spare=tuple(f"rows, {seeds} runs" for seeds in more))


def _amount(needed: float) -> str:
    return f"{needed:,.0f}" if math.isfinite(needed) else "none will do"
