"""`modelruns disputed`: truths that runs contradict together."""

from __future__ import annotations

import argparse
import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import (
    Commands,
    add_command,
    add_json,
    add_measure,
    add_split,
    add_thresholds,
    share,
    thresholds_of,
    whole_number,
)
from trainer.commands.cropping import add_crops, crop_facts, print_crops
from trainer.commands.gain_tables import named
from trainer.commands.object_lines import found_by, place_columns, placed
from trainer.commands.output import interval, number, print_fitted, print_json
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    import metrics
    from trainer.comparing.crops import Crops
    from trainer.comparing.disputes import DisputedTruths

_DISPUTED = """
modelruns disputed cells/first cells/second
modelruns disputed cells/first cells/second cells/third --min-runs 2 --crops doubtful
modelruns disputed cells/first cells/second --min-doubt 0.8 --out disputed.csv
modelruns disputed digits/first digits/second --measure classes
modelruns disputed streets/first streets/second --measure pixels --crops doubtful
"""
_SAYS = {
    "other_feature": "taken for another feature",
    "no_truth": "seen where no truth is",
    "missed": "missed by the runs",
}


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    disputed = add_command(
        commands,
        "disputed",
        _disputed,
        help="list the truths that runs contradict together, candidates for label errors",
        example=_DISPUTED,
    )
    disputed.add_argument("runs", metavar="RUN", nargs="+", help="two runs or more; the truth is the last one's")
    add_split(disputed, help="rows to look at in the last run")
    disputed.add_argument(
        "--min-runs", type=whole_number, metavar="N", help="fewest runs that agree, from 2 (default: all of them)"
    )
    disputed.add_argument(
        "--min-doubt",
        type=share,
        default=0.5,
        metavar="D",
        help="smallest mean confidence against the truth (default 0.5)",
    )
    disputed.add_argument(
        "--show", type=whole_number, default=20, metavar="N", help="list at most N disputes (default 20)"
    )
    disputed.add_argument("--out", type=Path, metavar="FILE", help="write all of them as .csv or .parquet")
    add_crops(disputed, things="them")
    add_measure(disputed)
    add_thresholds(disputed)
    add_json(disputed)


def _disputed(options: argparse.Namespace) -> int:
    from trainer.comparing.disputing import disputed_truths
    from trainer.comparing.ledger_files import refuse_other_endings, save_table
    from trainer.comparing.sharing import shared_subject
    from trainer.runs.model_runs import open_run

    if options.out:
        refuse_other_endings(options.out)
    runs = [open_run(each) for each in options.runs]
    subject = shared_subject(runs, options.measure)
    with ProgressDisplay() as progress:
        disputed = disputed_truths(
            runs,
            min_runs=options.min_runs,
            min_doubt=options.min_doubt,
            thresholds=thresholds_of(options, subject, areas=True),
            split=options.split,
            measure=options.measure,
            report=when_long(progress.show),
        )
        gains = disputed.gains()
    crops = _cut(disputed, options) if options.crops else None
    if options.out:
        save_table(disputed.table, options.out)
    if options.json:
        print_json(_facts(disputed, gains, crops, options))
    else:
        _print(disputed, gains, crops, options)
    return 0


def _cut(disputed: DisputedTruths, options: argparse.Namespace) -> Crops:
    from trainer.comparing.dispute_crops import cut_disputes

    with ProgressDisplay() as progress:
        report = partial(when_long(progress.show), "crops")
        lines = disputed.table.slice(0, options.most_crops)
        return cut_disputes(disputed, lines, options.crops, report=report)


def _facts(
    disputed: DisputedTruths,
    gains: tuple[metrics.DisputedGain, ...],
    crops: Crops | None,
    options: argparse.Namespace,
) -> dict[str, Any]:
    from trainer.comparing.disputes import CANNOT_TELL

    shown = disputed.table.slice(0, options.show).to_pylist()
    facts = {
        **disputed.terms,
        "cannot_tell": CANNOT_TELL,
        "remarks": list(disputed.on.remarks),
        "counts": disputed.counts,
        "gains": {
            "baseline": disputed.on.names[0],
            "candidate": disputed.on.names[-1],
            "left_out": list(disputed.usual_kinds),
            "numbers": [
                {"number": gain.name, "with": _gain_facts(gain.with_disputes), "without": _gain_facts(gain.without)}
                for gain in gains
            ],
        },
        "disputes": shown,
        "disputes_not_shown": len(disputed) - len(shown),
    }
    if options.out:
        facts["out"] = str(options.out)
    if crops is not None:
        facts["crops"] = crop_facts(crops, of=len(disputed), folder=options.crops)
    return facts


def _gain_facts(gain: metrics.Gain) -> dict[str, Any]:
    names = ("baseline", "candidate", "gain", "low", "high", "level", "p_better", "lower_is_better", "rule")
    return {name: getattr(gain, name) for name in names}


def _print(
    disputed: DisputedTruths,
    gains: tuple[metrics.DisputedGain, ...],
    crops: Crops | None,
    options: argparse.Namespace,
) -> None:
    from trainer.comparing.disputes import CANNOT_TELL

    _print_terms(disputed, options)
    counts = [f"{n:,} {_SAYS[kind]}" for kind, n in disputed.counts.items()]
    print(f"\n{count(len(disputed), 'dispute')}: {', '.join(counts)}")
    _print_lines(disputed, options.show)
    _print_gains(disputed, gains)
    if options.out:
        print(f"\nwritten: {options.out}")
    if crops is not None:
        print_crops(crops, of=len(disputed), folder=options.crops, thing="dispute")
    print("\n" + textwrap.fill(CANNOT_TELL, 100))


def _print_terms(disputed: DisputedTruths, options: argparse.Namespace) -> None:
    on, terms = disputed.on, disputed.terms
    print(f"{', '.join(on.names)}: {count(on.rows, 'row')} ({on.split}) and the truth of {on.names[-1]}")
    print(
        f"{found_by(on.shared.subject, disputed.thresholds)}; at least {terms['min_runs']} of "
        f"{len(on.runs)} runs agree, doubt >= {options.min_doubt:g}"
    )
    for remark in on.remarks:
        print(remark)


def _print_lines(disputed: DisputedTruths, show: int) -> None:
    lines = disputed.table.slice(0, show).to_pylist()
    if lines:
        print()
        several = len(disputed.on.runs) > 2
        place = place_columns(disputed.on.shared.subject)
        headings = ["doubt", "truth", "seen as", "row", *([place] if place else []), *["runs"] * several]
        print_fitted(headings, [_line(entry, place)[: len(headings)] for entry in lines], spare=(place,))
    if len(disputed) > len(lines):
        print(f"\n{len(disputed) - len(lines):,} more are not listed (--show N)")


def _line(entry: dict[str, Any], place: str) -> list[str]:
    feature, seen_as = entry["feature"] or "nothing", entry["seen_as"] or "nothing"
    return [f"{entry['doubt']:.2f}", feature, seen_as, entry["key"], *placed(entry, place), str(entry["runs"])]


def _print_gains(disputed: DisputedTruths, gains: tuple[metrics.DisputedGain, ...]) -> None:
    print(f"\ngain of {disputed.on.names[-1]} over {disputed.on.names[0]}, with and without disputed truths")
    headings = ("", "gain with", f"{gains[0].without.level * 100:g} % interval", "gain without", "its interval")
    print_fitted(
        headings,
        [
            [
                named(gain.name, lower_is_better=gain.with_disputes.lower_is_better),
                *_certain(gain.with_disputes),
                *_certain(gain.without),
            ]
            for gain in gains
        ],
        spare=("its interval",),
    )
    left_out = "left out: what is " + " or ".join(_SAYS[kind] for kind in disputed.usual_kinds)
    kept = ", not what is missed" if "missed" in disputed.kinds else ""
    print(
        textwrap.fill(
            f"{left_out}{kept}. Runs look better without what they dispute themselves: what counts is whether the gain "
            "stays.",
            110,
        )
    )


def _certain(gain: metrics.Gain) -> list[str]:
    return [number(gain.gain, signed=True), interval(gain.low, gain.high)]
