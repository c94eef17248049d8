"""`modelruns explain`: where a gain in average precision comes from."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import (
    Commands,
    add_command,
    add_json,
    add_measure,
    add_runs,
    add_split,
    add_thresholds,
    whole_number,
)
from trainer.commands.object_lines import said
from trainer.commands.output import UNDEFINED, number, print_fitted, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainer.comparing.explaining import Cell, Explanation

_EXPLAIN = """
modelruns explain cells/first cells/second
modelruns explain cells/first cells/second --cell found:unseen
modelruns explain cells/first cells/second --confidence 0 --per-feature --json
"""
_MOST_PARTS = 10
_SHOWN = 0.00005  # smaller ones would be printed as 0.0000
_TRUTHS = {"class": "taken for another feature", "place": "badly placed", "unseen": "unseen", "found": "found"}
_ALARMS = {
    "class": "of the wrong feature",
    "place": "badly placed",
    "both": "of the wrong feature and badly placed",
    "duplicate": "found twice",
    "background": "on nothing",
}


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    explain = add_command(
        commands,
        "explain",
        _explain,
        help="tell which objects a gain in average precision comes from",
        example=_EXPLAIN,
    )
    add_runs(explain)
    add_split(explain, help="rows to look at")
    explain.add_argument("--per-feature", action="store_true", help="tell what each feature adds, too")
    explain.add_argument(
        "--cell",
        metavar="FROM:TO",
        help="list the objects of a cell, such as unseen:found (truths: found, class, place, unseen; "
        "false alarms: absent, class, place, both, duplicate, background)",
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
    from trainer.comparing.explaining import explain_gain, split_cell
    from trainer.measures.evaluation import Thresholds
    from trainer.records.errors import RecordError
    from trainer.runs.model_runs import open_run

    if options.cell is not None:
        split_cell(options.cell)
    elif options.feature:
        raise RecordError("--feature says of which features objects are listed; name a cell with --cell, too.")
    pair = pair_runs(open_run(options.baseline), open_run(options.candidate), measure=options.measure)
    thresholds = Thresholds(min_confidence=options.confidence, min_iou=options.iou)
    explanation = explain_gain(pair, thresholds=thresholds, split=options.split)
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
        _print_objects(explanation, listed, options)
    return 0


def _facts(explanation: Explanation, listed: list[dict[str, Any]] | None, show: int) -> dict[str, Any]:
    from trainer.comparing.explaining import STATES

    facts: dict[str, Any] = {
        **explanation.terms,
        "ap": {"baseline": explanation.baseline.mean, "candidate": explanation.candidate.mean},
        "gain": explanation.gain,
        "cells": [
            {
                "kind": cell.kind,
                "before": cell.before,
                "after": cell.after,
                "objects": cell.objects,
                "gain": cell.gain,
                "words": words(cell),
            }
            for cell in explanation.cells
        ],
        "remainder": explanation.remainder,
        "below_confidence": explanation.below,
        "matrices": {
            kind: {"states": list(states), "objects": explanation.matrix(kind).tolist()}
            for kind, states in STATES.items()
        },
        "per_feature": explanation.per_feature(),
    }
    if listed is not None:
        facts |= {"objects": listed[:show], "objects_not_shown": max(len(listed) - show, 0)}
    return facts


def words(cell: Cell) -> str:
    """What became of the objects of a cell, in words that follow their number."""
    many = cell.objects != 1
    were, are, have, thing = ("were", "are", "have", "s") if many else ("was", "is", "has", "")
    if cell.kind == "truth":
        one, other = _TRUTHS[cell.before], _TRUTHS[cell.after]
        if cell.before != cell.after:
            return f"truth{thing} that {were} {one} {are} now {other}"
        return f"truth{thing} still {one}" + (", at new confidences" if cell.before == "found" else "")
    if cell.before == "absent":
        return f"new false alarm{thing} {_ALARMS[cell.after]}"
    if cell.after == "absent":
        return f"false alarm{thing} {_ALARMS[cell.before]} {have} gone"
    if cell.before == cell.after:
        return f"false alarm{thing} still {_ALARMS[cell.before]}, at new confidences"
    return f"false alarm{thing} {_ALARMS[cell.before]} {are} now {_ALARMS[cell.after]}"


def _print_terms(explanation: Explanation) -> None:
    ledger, thresholds, pair = explanation.ledger, explanation.thresholds, explanation.ledger.pair
    print(f"baseline {pair.baseline.name}, candidate {pair.candidate.name}: {ledger.rows:,} rows ({ledger.split})")
    print(
        f"AP at IoU {thresholds.min_iou:.2f}: {number(explanation.baseline.mean)} -> "
        f"{number(explanation.candidate.mean)}, gain {number(explanation.gain, signed=True)}"
    )
    if not pair.same_snapshot:
        print("the runs saw different snapshots: both are measured against the candidate's truth")
    if any(pair.left_out):
        print(f"left out: {pair.left_out[0]:,} rows only in the baseline, {pair.left_out[1]:,} only in the candidate")
    if pair.left_out_features:
        print(f"left out: features that only one of the two knows: {', '.join(pair.left_out_features)}")


def _print_parts(explanation: Explanation) -> None:
    confidence = explanation.thresholds.min_confidence
    if math.isnan(explanation.gain):
        print("\nthese rows hold no truth, so average precision is undefined and nothing explains it")
        return
    counting = f"at confidence >= {confidence:g}" if confidence else "over all confidences"
    print(f"\nwhere the gain comes from, {counting}:")
    telling = [cell for cell in explanation.cells if abs(cell.gain) >= _SHOWN]
    most = len(telling) if len(telling) == _MOST_PARTS + 1 else _MOST_PARTS
    told, rest = telling[:most], telling[most:]
    for cell in told:
        _say(cell.gain, f"{cell.objects:,} {words(cell)}", cell.name)
    if rest:
        _say(sum(cell.gain for cell in rest), f"{len(rest)} smaller changes together (--json has all)")
    if abs(explanation.below) >= _SHOWN:
        _say(explanation.below, f"predictions below confidence {confidence:g}")
    if abs(explanation.remainder) >= _SHOWN:
        _say(explanation.remainder, "what only several of these do together")
    if not told and abs(explanation.below) < _SHOWN:
        print("  nothing: no object adds or takes away as much as 0.0001")
    if abs(explanation.below) > max((abs(cell.gain) for cell in told), default=0.0):
        print(f"the largest part lies below confidence {confidence:g}: --confidence 0 tells it apart")


def _say(gain: float, sentence: str, cell: str = "") -> None:
    name = f"  ({cell})" if cell else ""
    print(f"  {gain:+.4f}  {sentence}{name}")


def _print_matrices(explanation: Explanation) -> None:
    from trainer.comparing.explaining import STATES

    for kind, states in STATES.items():
        counts = explanation.matrix(kind)
        print()
        lines = [
            [before, *(f"{n:,}" if n else "." for n in line.tolist()), f"{line.sum():,}"]
            for before, line in zip(states, counts, strict=True)
            if line.any()
        ]
        if not lines:
            print(f"no {kind} in either run")
            continue
        print(f"{kind}s: what they were in the baseline, to the right what they are in the candidate")
        print_fitted(("from \\ to", *states, "all"), lines, spare=("all",))
    print("\nobjects of a cell: --cell FROM:TO, such as --cell found:unseen")


def _print_per_feature(explanation: Explanation) -> None:
    entries = [entry for entry in explanation.per_feature() if entry["objects"] or entry["false_alarms"]]
    headings = ("feature", "truths", "baseline AP", "candidate AP", "gain", "adds", "most changes")
    lines = [
        [
            entry["feature"],
            f"{entry['objects']:,}",
            *(number(entry[name]) for name in ("baseline", "candidate")),
            *(number(entry[name], signed=True) for name in ("gain", "share")),
            _most({**entry["truths"], **entry["false_alarms"]}) or UNDEFINED,
        ]
        for entry in entries
    ]
    print()
    print_fitted(headings, lines, spare=("most changes", "baseline AP", "candidate AP", "truths"))


def _most(changes: Mapping[str, int]) -> str:
    first = sorted(changes.items(), key=lambda change: -change[1])[:3]
    return ", ".join(f"{n:,} {name}" for name, n in first)


def _print_objects(explanation: Explanation, listed: list[dict[str, Any]], options: argparse.Namespace) -> None:
    confidence = explanation.thresholds.min_confidence
    for cell in explanation.cells:
        if cell.name == options.cell:
            print(f"{cell.gain:+.4f} from {cell.objects:,} {words(cell)} (confidence >= {confidence:g})")
    print()
    if not listed:
        print(f"no object went from {options.cell.replace(':', ' to ')}")
        return
    headings = ("object", "feature", "row", "left top width height", "baseline", "candidate")
    lines = [
        [
            entry["kind"],
            entry["feature"],
            entry["key"],
            " ".join(f"{entry[name]:.0f}" for name in ("left", "top", "width", "height")),
            said(entry, "baseline"),
            said(entry, "candidate"),
        ]
        for entry in listed[: options.show]
    ]
    if lines:
        print_fitted(headings, lines, spare=("object", "left top width height"))
    if len(listed) > options.show:
        print(f"\n{len(listed) - options.show:,} more are not listed (--show N)")
