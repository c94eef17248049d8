"""`modelruns attribute`: what a gain is made of."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

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
from trainer.commands.gain_tables import WORTH_SAYING, named, print_remarks, say_resamples
from trainer.commands.output import (
    UNDEFINED,
    chance,
    interval,
    number,
    print_fitted,
    print_json,
    print_words,
    reference,
)
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.comparing.attribution import AttributedGain, Attribution

_ATTRIBUTE = """
modelruns attribute cells/first cells/third
modelruns attribute cells/first cells/third --number recall --clusters site
modelruns attribute weather/first weather/third --number "log loss"
modelruns attribute cells/first cells/third --split test --json
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    attribute = add_command(
        commands,
        "attribute",
        _attribute,
        help="tell how much of a gain is the model's and how much comes from other data",
        example=_ATTRIBUTE,
    )
    add_runs(attribute)
    add_split(attribute, help="rows to measure in both snapshots")
    attribute.add_argument(
        "--leaks", type=whole_number, default=5, metavar="N", help="list at most N leaked rows (default 5)"
    )
    attribute.add_argument(
        "--number",
        metavar="NAME",
        help="tell how certain the parts of this number are, such as recall (default: mAP, accuracy, mean IoU or F1); "
        "--json has all",
    )
    add_measure(attribute)
    add_thresholds(attribute)
    add_sampling(attribute)
    add_json(attribute)


def _attribute(options: argparse.Namespace) -> int:
    from trainer.comparing.attribution import attribute_gain
    from trainer.comparing.certainty import Sampling
    from trainer.comparing.comparison import pair_runs
    from trainer.runs.model_runs import open_run

    pair = pair_runs(open_run(options.baseline), open_run(options.candidate), measure=options.measure)
    with ProgressDisplay() as progress:
        attribution = attribute_gain(
            pair,
            thresholds=thresholds_of(options, pair.subject),
            split=options.split,
            sampling=Sampling(options.resamples, options.level, options.seed, options.clusters),
            report=when_long(progress.show),
        )
    main = attribution[options.number] if options.number else attribution.main
    if options.json:
        print_json(_attribution_facts(attribution))
    else:
        _print_attribution(attribution, main, options.leaks)
    return 0


def _attribution_facts(attribution: Attribution) -> dict[str, Any]:
    from metrics.gains import BOOTSTRAP_RULE
    from trainer.comparing.attribution import OWN_RULE

    pair, thresholds = attribution.pair, attribution.thresholds
    return {
        "baseline": {"id": pair.baseline.id, "name": pair.baseline.name, "split": attribution.splits[0]},
        "candidate": {"id": pair.candidate.id, "name": pair.candidate.name, "split": attribution.splits[1]},
        "measure": str(pair.subject),
        "same_snapshot": pair.same_snapshot,
        "thresholds": {"min_confidence": thresholds.min_confidence, "min_iou": thresholds.min_iou},
        "rule": attribution.rule,
        "own_rule": OWN_RULE,
        "changes": {name: _by_side(value) for name, value in asdict(attribution.changes).items()},
        "sampling": {**asdict(attribution.sampling), "units": attribution.units, "rule": BOOTSTRAP_RULE},
        "gains": [_gain_facts(attribution, gain) for gain in attribution.gains],
        "leaks": [
            {"held_out_in": held_out, "training_in": training, **asdict(leak)}
            for (held_out, training), leaks in attribution.leaks.items()
            for leak in leaks
        ],
    }


def _gain_facts(attribution: Attribution, gain: AttributedGain) -> dict[str, Any]:
    return {
        "number": gain.number,
        "lower_is_better": gain.lower_is_better,
        "baseline": gain.baseline,
        "candidate": gain.candidate,
        "gain": gain.gain,
        **gain.parts,
        "reason": gain.reason,
        "own": gain.own,
        "units": gain.units,
        "model_on": _by_side(gain.model_on),
        "model_without_leaks": gain.model_without_leaks,
        "certainty": {
            part: {
                "low": known.low,
                "high": known.high,
                "p_above_0": known.p_better,
                "p_value": known.p_value,
                "certain": attribution.certain(gain.number, part),
                "defined_resamples": known.resamples,
            }
            for part, known in gain.certainty.items()
        },
    }


def _by_side(value: Any) -> Any:
    return dict(zip(("baseline", "candidate"), value, strict=True)) if isinstance(value, tuple) else value


def _print_attribution(attribution: Attribution, main: AttributedGain, shown: int) -> None:
    from trainer.comparing.data_changes import PARTS
    from trainer.measures.measuring import words_of

    pair, splits = attribution.pair, attribution.splits
    names = [f"{reference(run)} ({split})" for run, split in zip((pair.baseline, pair.candidate), splits, strict=True)]
    print(f"baseline {names[0]}, candidate {names[1]}, each on its own data")
    measured = "" if pair.subject.has_objects else f"{pair.subject}; "
    print(f"{measured}{words_of(pair.subject, attribution.thresholds)}")
    print("the parts add up to the gain")
    print_remarks([(run, run.evaluation(pair.subject)) for run in (pair.baseline, pair.candidate)])
    print()
    headings = ("", "baseline", "candidate", "gain", *PARTS)
    lines = [
        [
            named(gain.number, lower_is_better=gain.lower_is_better),
            *(number(value) for value in (gain.baseline, gain.candidate)),
            number(gain.gain, signed=True),
            *(number(part, signed=True) if part else "0" for part in gain.parts.values()),
        ]
        for gain in attribution.gains
    ]
    nothing = [part for part in reversed(PARTS) if not any(gain.parts[part] for gain in attribution.gains)]
    print_fitted(headings, lines, spare=(*nothing, "baseline", "candidate"))
    reasons = dict.fromkeys(gain.reason for gain in attribution.gains if gain.reason)
    print("".join(f"\nundefined: {reason}" for reason in reasons))
    if reasons:
        print()
    _print_own(attribution)
    if main.certainty:
        _print_certainty(attribution, main)
    if pair.same_snapshot and splits[0] == splits[1]:
        print("the data is the same, so everything is the model's")
    else:
        _print_changes(attribution, main)
    _print_leaks(attribution, main, shown)


def _print_own(attribution: Attribution) -> None:
    """Say what the parts of numbers of one's own do not tell, where anything changed that they could."""
    own = [gain.number for gain in attribution.gains if gain.own]
    if own and (attribution.changes.edited_rows or any(attribution.changes.features)):
        print_words(
            f"{', '.join(own)}: the values of each row as they were logged, whatever truth and features are; what "
            "depends on these counts as the model's"
        )
        print()


def _print_certainty(attribution: Attribution, main: AttributedGain) -> None:
    """The gain in one number and its parts, each with its interval; those that rest on few rows without."""
    from trainer.comparing.certainty import least_units

    level = attribution.sampling.level
    least = least_units(level)
    lines, few = [], []
    for part, value in {"gain": main.gain, **main.parts}.items():
        units, known = main.units[part], main.certainty[part]
        told = [interval(known.low, known.high), chance(known.p_better)]
        if part != "gain" and not value:
            continue
        if units < least:
            few.append(part)
            told = [UNDEFINED, UNDEFINED]
        lines.append(
            [part, f"{units:,}", number(value, signed=True), *told, attribution.certain(main.number, part) or ""]
        )
    of = "rows" if attribution.sampling.clusters is None else "clusters"
    headings = (f"{main.number}: part", of, "", f"{100 * level:g} % interval", "P(above 0)", "certain")
    print_fitted(headings, lines, spare=("P(above 0)", of))
    resamples = say_resamples(attribution.sampling, attribution.units["gain"])
    print(f"\n{resamples} of both, drawn by key", end="")
    print(f"; {' and '.join(few)}: fewer than {least}, too few for an interval" if few else "")
    widened = max(known.widened for known in main.certainty.values())
    if widened > WORTH_SAYING:
        print(f"features on so few rows vary too little in resamples: intervals are up to {widened:.2f} times as wide")
    print()


def _print_changes(attribution: Attribution, main: AttributedGain) -> None:
    changes = attribution.changes
    moves = changes.split_moves
    either = changes.shared_rows + sum(moves)
    redrawn = f"; {changes.redrawn_rows:,} have another picture" if changes.redrawn_rows else ""
    went, came = (", ".join(paths) or "none" for paths in changes.features)
    differences = {
        "model": f"measured on {count(either, 'row')} that both have",
        "truth": f"edited on {changes.edited_rows:,} of them{redrawn}",
        "split": f"{moves[0]:,} of them only the baseline measures, {moves[1]:,} only the candidate",
        "rows": f"{count(changes.rows[0], 'measured row')} went, {changes.rows[1]:,} came",
        "features": f"went: {went}; came: {came}",
    }
    for part, words in differences.items():
        print(f"{part:<10}{words}")
    on = [number(value, signed=True) for value in main.model_on]
    print(f"\nthe model's gain in {main.number} is {on[0]} on the baseline's data and {on[1]} on the candidate's")


def _print_leaks(attribution: Attribution, main: AttributedGain, shown: int) -> None:
    for (held_out, training), leaks in attribution.leaks.items():
        if leaks:
            whose = "the same snapshot" if held_out == training else f"the {training}'s snapshot"
            rows = count(len(leaks), "validation and test row")
            print(f"\nleaked into training of {whose}: {rows} of the {held_out}")
            for leak in leaks[:shown]:
                other = "" if leak.by == "key" else f", the same picture as {leak.training_key}"
                print(f"  {leak.key} ({leak.split}{other})")
            if len(leaks) > shown:
                print(f"  {len(leaks) - shown:,} more are not listed (--leaks N)")
    if any(leaks for (held_out, _), leaks in attribution.leaks.items() if held_out == "candidate"):
        without = number(main.model_without_leaks, signed=True)
        print(f"\nwithout leaked rows the model's gain in {main.number} on the candidate's data is {without}")
