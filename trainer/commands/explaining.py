"""`modelruns explain`: where a gain comes from."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from trainer.commands.arguments import (
    Commands,
    add_command,
    add_json,
    add_measure,
    add_runs,
    add_sampling,
    add_split,
    add_thresholds,
    thresholds_of,
    whole_number,
)
from trainer.commands.explained_facts import explained_facts
from trainer.commands.explained_objects import print_objects
from trainer.commands.explained_parts import print_parts
from trainer.commands.explained_words import thing_of
from trainer.commands.gain_tables import both, print_left_out, say_resamples
from trainer.commands.output import UNDEFINED, interval, number, print_fitted, print_json
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainer.comparing.explanation import Explanation

_EXPLAIN = """
modelruns explain cells/first cells/second
modelruns explain cells/first cells/second --cell found:unseen
modelruns explain cells/first cells/second --confidence 0 --per-feature --json
modelruns explain cells/first cells/second --clusters patient --resamples 2000
modelruns explain weather/first weather/second --cell found:class
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    explain = add_command(
        commands,
        "explain",
        _explain,
        help="tell which objects, rows, spans or pixels a gain comes from",
        example=_EXPLAIN,
    )
    add_runs(explain)
    add_split(explain, help="rows to look at")
    explain.add_argument("--per-feature", action="store_true", help="tell what each feature adds, too")
    explain.add_argument(
        "--cell",
        metavar="FROM:TO",
        help="list the objects of a cell, such as unseen:found (truths: found, class, place, unseen; "
        "false alarms: absent, class, place, both, duplicate, background); of pixels the rows that have most of them",
    )
    explain.add_argument("--feature", action="append", metavar="PATH", help="of these features only, with --cell")
    explain.add_argument(
        "--show", type=whole_number, default=20, metavar="N", help="list at most N objects (default 20)"
    )
    add_measure(explain)
    add_thresholds(explain)
    add_sampling(explain)
    add_json(explain)


def _explain(options: argparse.Namespace) -> int:
    from trainer.comparing.certainty import Sampling
    from trainer.comparing.comparison import pair_runs
    from trainer.comparing.explaining import explain_gain
    from trainer.comparing.explanation import split_cell
    from trainer.records.errors import RecordError
    from trainer.runs.model_runs import open_run

    if options.cell is not None:
        split_cell(options.cell)
    elif options.feature:
        raise RecordError("--feature says of which features objects are listed; name a cell with --cell, too.")
    pair = pair_runs(open_run(options.baseline), open_run(options.candidate), measure=options.measure)
    with ProgressDisplay() as progress:
        explanation = explain_gain(
            pair,
            thresholds=thresholds_of(options, pair.subject),
            split=options.split,
            sampling=Sampling(options.resamples, options.level, options.seed, options.clusters),
            report=when_long(progress.show),
        )
    listed = None
    if options.cell is not None:
        listed = explanation.objects(options.cell, features=options.feature or ()).to_pylist()
    if options.json:
        print_json(explained_facts(explanation, listed, options.show))
        return 0
    _print_terms(explanation)
    if listed is None:
        print_parts(explanation)
        _print_matrices(explanation)
        if options.per_feature:
            _print_per_feature(explanation)
    else:
        print_objects(explanation, listed, cell=options.cell, show=options.show)
    return 0


def _print_terms(explanation: Explanation) -> None:
    print(f"{both(explanation.pair)}: {count(explanation.rows, 'row')} ({explanation.split})")
    print(
        f"{_title(explanation)}: {number(explanation.baseline)} -> {number(explanation.candidate)}, "
        f"gain {number(explanation.gain, signed=True)}{_beside(explanation)}"
    )
    if explanation.certainty is not None:
        sampling = explanation.certainty.sampling
        together = f"the {100 * sampling.level:g} % intervals of each list hold together"
        print(f"{say_resamples(sampling, explanation.certainty.units)}, seed {sampling.seed}; {together}")
    print_left_out(explanation.pair, explanation.split)


def _beside(explanation: Explanation) -> str:
    """The interval of the gain, in brackets."""
    certainty = explanation.certainty
    return "" if certainty is None or math.isnan(certainty.gain.low) else f" ({interval(*certainty.gain.together)})"


def _title(explanation: Explanation) -> str:
    """The explained number and the threshold it is taken at, if there is one."""
    name, thresholds = explanation.number.name, explanation.thresholds
    if explanation.pair.subject.has_objects:
        return f"{name} at IoU {thresholds.min_iou:.2f}"
    return f"{name} at confidence >= {thresholds.min_confidence:g}" if name == "F1" else name


def _print_matrices(explanation: Explanation) -> None:
    thing = thing_of(explanation.pair.subject)
    for kind, states in explanation.states.items():
        counts = explanation.matrix(kind)
        print()
        lines = [
            [before, *(f"{n:,}" if n else "." for n in line.tolist()), f"{line.sum():,}"]
            for before, line in zip(states, counts, strict=True)
            if line.any()
        ]
        things = f"{thing}s" if kind == "truth" else "pixels of nothing" if thing == "pixel" else f"{kind}s"
        if not lines:
            print(f"no {things} in either run")
            continue
        print(f"{things}: what they were in the baseline, to the right what they are in the candidate")
        print_fitted(("from \\ to", *states, "all"), lines, spare=("all",))
    print("\nobjects of a cell: --cell FROM:TO, such as --cell found:unseen")


def _print_per_feature(explanation: Explanation) -> None:
    entries = [entry for entry in explanation.per_feature() if entry["objects"] or entry["false_alarms"]]
    certain = any(not math.isnan(entry.get("together_low", math.nan)) for entry in entries)
    things, name = f"{thing_of(explanation.pair.subject)}s", explanation.number.of_feature
    before, after = (f"{side} {name}" for side in ("baseline", "candidate"))
    lines = [
        [
            entry["feature"],
            f"{entry['objects']:,}",
            *(number(entry[side]) for side in ("baseline", "candidate")),
            *(number(entry[gain], signed=True) for gain in ("gain", "share")),
            *([interval(entry["together_low"], entry["together_high"]), entry["certain"] or ""] if certain else []),
            _most({**entry["truths"], **entry["false_alarms"]}) or UNDEFINED,
        ]
        for entry in entries
    ]
    told = (f"{100 * explanation.certainty.sampling.level:g} % interval", "certain") if explanation.certainty else ()
    print()
    print_fitted(
        ("feature", things, before, after, "gain", "adds", *(told if certain else ()), "most changes"),
        lines,
        spare=("most changes", before, after, things),
    )


def _most(changes: Mapping[str, int]) -> str:
    first = sorted(changes.items(), key=lambda change: -change[1])[:3]
    return ", ".join(f"{n:,} {name}" for name, n in first)
