"""`modelruns compare` and `modelruns evaluate`: numbers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import Commands, add_command, add_json, add_thresholds
from trainer.commands.output import UNDEFINED, number, print_json, print_table

if TYPE_CHECKING:
    from trainer.comparison import Comparison, Gain, Pair

_COMPARE = """
modelruns compare digits/few-labels digits/more-labels
modelruns compare digits/few-labels digits/more-labels --split test --confidence 0.3 --json
"""
_EVALUATE = """
modelruns evaluate instances_val2017.json results.json
"""


def add_commands(commands: Commands) -> None:
    """Declare the commands."""
    compare = add_command(
        commands, "compare", _compare, help="show what a candidate gains over a baseline", example=_COMPARE
    )
    compare.add_argument("baseline", metavar="BASELINE", help="the run to beat")
    compare.add_argument("candidate", metavar="CANDIDATE", help="the run in question")
    compare.add_argument(
        "--split",
        choices=("training", "validation", "test", "unassigned", "all"),
        help="rows to measure on (default: validation, else test, else all)",
    )
    add_thresholds(compare)
    add_json(compare)
    evaluate = add_command(
        commands,
        "evaluate",
        _evaluate,
        help="measure a COCO results file against its truth, keeping nothing",
        example=_EVALUATE,
    )
    evaluate.add_argument("truth", metavar="TRUTH", type=Path, help="COCO instances file")
    evaluate.add_argument("predictions", metavar="PREDICTIONS", type=Path, help="COCO results file")
    add_thresholds(evaluate)
    add_json(evaluate)


def _compare(options: argparse.Namespace) -> int:
    from trainer.comparison import compare, pair_runs
    from trainer.evaluation import Thresholds
    from trainer.model_runs import open_run

    pair = pair_runs(open_run(options.baseline), open_run(options.candidate))
    thresholds = Thresholds(min_confidence=options.confidence, min_iou=options.iou)
    split = options.split or pair.default_split
    comparison = compare(pair, thresholds=thresholds, split=split)
    if options.json:
        print_json(_facts(pair, comparison, split))
    else:
        _print(pair, comparison, split)
    return 0


def _facts(pair: Pair, comparison: Comparison, split: str) -> dict[str, Any]:
    thresholds = comparison.candidate.thresholds
    return {
        "baseline": {"id": pair.baseline.id, "name": pair.baseline.name},
        "candidate": {"id": pair.candidate.id, "name": pair.candidate.name},
        "split": split,
        "rows": comparison.candidate.rows,
        "rows_left_out": dict(zip(("baseline", "candidate"), pair.left_out, strict=True)),
        "features_left_out": list(pair.left_out_features),
        "same_snapshot": pair.same_snapshot,
        "rule": comparison.candidate.coco.rule,
        "thresholds": {"min_confidence": thresholds.min_confidence, "min_iou": thresholds.min_iou},
        "headline": [_gain_facts(gain) for gain in comparison.headline()],
        "per_feature": [_gain_facts(gain) for gain in comparison.per_feature()],
    }


def _gain_facts(gain: Gain) -> dict[str, Any]:
    facts = {"name": gain.name, "baseline": gain.baseline, "candidate": gain.candidate, "gain": gain.gain}
    return facts if gain.support is None else {**facts, "truths": gain.support}


def _print(pair: Pair, comparison: Comparison, split: str) -> None:
    thresholds = comparison.candidate.thresholds
    print(
        f"baseline {pair.baseline.name}, candidate {pair.candidate.name}: {comparison.candidate.rows:,} rows ({split})"
    )
    print(
        f"rule {comparison.candidate.coco.rule}; "
        f"confidence >= {thresholds.min_confidence:g}, IoU >= {thresholds.min_iou:g}"
    )
    if any(pair.left_out):
        print(f"left out: {pair.left_out[0]:,} rows only in the baseline, {pair.left_out[1]:,} only in the candidate")
    if pair.left_out_features:
        print(f"left out: features that only one of the two knows: {', '.join(pair.left_out_features)}")
    if not pair.same_snapshot:
        print("the runs saw different snapshots: a gain may come from the data, not from the model")
    print()
    print_table(("", "baseline", "candidate", "gain"), [_line(gain) for gain in comparison.headline()])
    print()
    per_feature = comparison.per_feature()
    lines = [[*_line(gain), f"{gain.support:,}"] for gain in per_feature if gain.support]
    print_table(("feature", "baseline AP", "candidate AP", "gain", "truths"), lines)
    if len(lines) < len(per_feature):
        print(f"\n{len(per_feature) - len(lines):,} features without truth on these rows are not listed")


def _line(gain: Gain) -> list[str]:
    return [gain.name, number(gain.baseline), number(gain.candidate), number(gain.gain, signed=True)]


def _evaluate(options: argparse.Namespace) -> int:
    from trainer.evaluation import Evaluation, Thresholds, overlaps_of, summary_of
    from trainer.formats import coco
    from trainer.records.snapshot import Snapshot

    foreign = coco.read_truth(options.truth)
    snapshot = Snapshot(foreign.ontology, foreign.rows, foreign.truth)
    overlaps = overlaps_of(snapshot, coco.read_predictions(options.predictions, snapshot))
    thresholds = Thresholds(min_confidence=options.confidence, min_iou=options.iou)
    summary = summary_of(Evaluation(overlaps, snapshot.ontology.paths).at(thresholds), "all")
    if options.json:
        print_json(summary)
    else:
        print(f"rule {summary['rule']}; {summary['rows']:,} rows")
        print_table(("", "value"), [[name, _plain(value)] for name, value in summary["coco"].items()])
        print(f"\nat confidence >= {options.confidence:g}, IoU >= {options.iou:g}")
        print_table(("", "value"), [[name, _plain(value)] for name, value in summary["at_thresholds"].items()])
    return 0


def _plain(value: float | None) -> str:
    if value is None:
        return UNDEFINED
    return f"{value:,}" if isinstance(value, int) else number(value)
