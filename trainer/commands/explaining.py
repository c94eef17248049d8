"""`modelruns explain`: where a gain comes from."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from trainer.commands.arguments import (
    Commands,
    add_command,
    add_json,
    add_measure,
    add_runs,
    add_split,
    add_thresholds,
    thresholds_of,
    whole_number,
)
from trainer.commands.explained_objects import print_objects
from trainer.commands.explained_words import mix_up_words, thing_of, words
from trainer.commands.gain_tables import both, print_left_out
from trainer.commands.output import UNDEFINED, number, print_fitted, print_json
from trainer.records.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trainer.comparing.explanation import Cell, Explanation, MixUp

Told = TypeVar("Told", "Cell", "MixUp")

_EXPLAIN = """
modelruns explain cells/first cells/second
modelruns explain cells/first cells/second --cell found:unseen
modelruns explain cells/first cells/second --confidence 0 --per-feature --json
modelruns explain weather/first weather/second --cell found:class
"""
_MOST_PARTS = 10
_MOST_NAMED = 5
_SHOWN = 0.00005  # smaller ones would be printed as 0.0000


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
    add_json(explain)


def _explain(options: argparse.Namespace) -> int:
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
    explanation = explain_gain(pair, thresholds=thresholds_of(options, pair.subject), split=options.split)
    listed = None
    if options.cell is not None:
        listed = explanation.objects(options.cell, features=options.feature or ()).to_pylist()
    if options.json:
        print_json(_facts(explanation, listed, options.show))
        return 0
    _print_terms(explanation)
    if listed is None:
        _print_parts(explanation)
        _print_matrices(explanation)
        if options.per_feature:
            _print_per_feature(explanation)
    else:
        print_objects(explanation, listed, cell=options.cell, show=options.show)
    return 0


def _facts(explanation: Explanation, listed: list[dict[str, Any]] | None, show: int) -> dict[str, Any]:
    thing, told = thing_of(explanation.pair.subject), explanation.number
    facts: dict[str, Any] = {
        **explanation.terms,
        "explained": {"number": told.name, "baseline": told.baseline, "candidate": told.candidate},
        "gain": explanation.gain,
        "cells": [
            {
                "kind": cell.kind,
                "before": cell.before,
                "after": cell.after,
                "objects": cell.objects,
                "gain": cell.gain,
                "words": words(cell, thing=thing),
            }
            for cell in explanation.cells
        ],
        "remainder": explanation.remainder,
        "below_confidence": explanation.below,
        "beyond_most_predictions": explanation.beyond,
        "mix_ups": [
            {
                "feature": each.feature,
                "before": each.before,
                "after": each.after,
                "said": {"baseline": each.said[0], "candidate": each.said[1]},
                "objects": each.objects,
                "gain": each.gain,
                "words": mix_up_words(each, explanation),
            }
            for each in explanation.mix_ups
        ],
        "matrices": {
            kind: {"states": list(states), "objects": explanation.matrix(kind).tolist()}
            for kind, states in explanation.states.items()
        },
        "number_of_feature": told.of_feature,
        "per_feature": explanation.per_feature(),
    }
    if listed is not None:
        facts |= {"objects": listed[:show], "objects_not_shown": max(len(listed) - show, 0)}
    return facts


def _print_terms(explanation: Explanation) -> None:
    print(f"{both(explanation.pair)}: {count(explanation.rows, 'row')} ({explanation.split})")
    print(
        f"{_title(explanation)}: {number(explanation.baseline)} -> {number(explanation.candidate)}, "
        f"gain {number(explanation.gain, signed=True)}"
    )
    print_left_out(explanation.pair, explanation.split)


def _title(explanation: Explanation) -> str:
    """The explained number and the threshold it is taken at, if there is one."""
    name, thresholds = explanation.number.name, explanation.thresholds
    if explanation.pair.subject.has_objects:
        return f"{name} at IoU {thresholds.min_iou:.2f}"
    return f"{name} at confidence >= {thresholds.min_confidence:g}" if name == "F1" else name


def _print_parts(explanation: Explanation) -> None:
    name, confidence = explanation.number.name, explanation.thresholds.min_confidence
    if math.isnan(explanation.gain):
        lacking = "no truth" if name in ("AP", "accuracy") else "neither truth nor prediction of one of the runs"
        print(f"\nthese rows hold {lacking}, so {name} is undefined and nothing explains it")
        return
    counting = ""
    if explanation.pair.subject.has_objects:
        counting = f", at confidence >= {confidence:g}" if confidence else ", over all confidences"
    print(f"\nwhere the gain comes from{counting}:")
    thing = thing_of(explanation.pair.subject)
    told = _say_most(explanation.cells, lambda cell: (words(cell, thing=thing), cell.name))
    others = _say_rest(explanation)
    if not told and not others:
        print("  nothing: no object adds or takes away as much as 0.0001")
    if abs(explanation.below) > max((abs(cell.gain) for cell in told), default=0.0):
        print(f"the largest part lies below confidence {confidence:g}: --confidence 0 tells it apart")
    if len(explanation.features) > 1:
        _print_mix_ups(explanation)


def _print_mix_ups(explanation: Explanation) -> None:
    """Tell what was taken for what: by what it adds, or where that is known of whole cells alone, by how often."""
    if any(abs(each.gain) >= _SHOWN for each in explanation.mix_ups):
        print("\nby feature:")
        _say_most(explanation.mix_ups, lambda each: (mix_up_words(each, explanation), ""))
    elif explanation.pair.subject.has_objects and explanation.mix_ups:
        print("\nby feature, the most objects first:")
        told, rest = explanation.mix_ups[:_MOST_NAMED], explanation.mix_ups[_MOST_NAMED:]
        for each in told:
            print(f"  {each.objects:,} {mix_up_words(each, explanation)}")
        if rest:
            print(f"  {sum(each.objects for each in rest):,} in {count(len(rest), 'smaller change')} (--json has all)")


def _say_most(parts: Sequence[Told], say: Callable[[Told], tuple[str, str]]) -> Sequence[Told]:
    """Tell the largest parts one by one and the others together; returns those that were told."""
    telling = [part for part in parts if abs(part.gain) >= _SHOWN]  # NaN is none
    most = len(telling) if len(telling) == _MOST_PARTS + 1 else _MOST_PARTS
    told, rest = telling[:most], telling[most:]
    for part in told:
        sentence, name = say(part)
        _say(part.gain, f"{part.objects:,} {sentence}", name)
    if rest:
        _say(sum(part.gain for part in rest), f"{len(rest)} smaller changes together (--json has all)")
    return told


def _say_rest(explanation: Explanation) -> bool:
    """Tell what no cell explains; returns whether there was anything."""
    rest = [
        (explanation.below, f"predictions below confidence {explanation.thresholds.min_confidence:g}"),
        (explanation.beyond, "looking at the 100 surest predictions of a feature on a row alone, as COCO does"),
        (explanation.remainder, "what only several of these do together"),
    ]
    telling = [(gain, sentence) for gain, sentence in rest if abs(gain) >= _SHOWN]
    for gain, sentence in telling:
        _say(gain, sentence)
    return bool(telling)


def _say(gain: float, sentence: str, cell: str = "") -> None:
    name = f"  ({cell})" if cell else ""
    print(f"  {gain:+.4f}  {sentence}{name}")


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
    things, name = f"{thing_of(explanation.pair.subject)}s", explanation.number.of_feature
    before, after = (f"{side} {name}" for side in ("baseline", "candidate"))
    lines = [
        [
            entry["feature"],
            f"{entry['objects']:,}",
            *(number(entry[side]) for side in ("baseline", "candidate")),
            *(number(entry[gain], signed=True) for gain in ("gain", "share")),
            _most({**entry["truths"], **entry["false_alarms"]}) or UNDEFINED,
        ]
        for entry in explanation.per_feature()
        if entry["objects"] or entry["false_alarms"]
    ]
    print()
    print_fitted(
        ("feature", things, before, after, "gain", "adds", "most changes"),
        lines,
        spare=("most changes", before, after, things),
    )


def _most(changes: Mapping[str, int]) -> str:
    first = sorted(changes.items(), key=lambda change: -change[1])[:3]
    return ", ".join(f"{n:,} {name}" for name, n in first)
