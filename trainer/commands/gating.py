"""`modelruns gate`: whether a candidate keeps its promises."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from trainer.commands.arguments import Commands, add_command, add_json, add_measure, add_runs, whole_number
from trainer.commands.gain_tables import print_terms
from trainer.commands.object_lines import found_by
from trainer.commands.output import UNDEFINED, print_drawn, print_json, reference
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.gates.evidence import Evidence
    from trainer.gates.findings import Outcome
    from trainer.gates.gate import GateResult

_EXAMPLE = """
modelruns gate cells/released cells/candidate --rules promises.yaml
modelruns gate cells/released cells/candidate --rules promises.yaml --evidence gate-evidence
"""
_CODES = """
exit codes:
  0 every promise is kept, 1 a promise is broken or cannot be decided, 2 nothing was checked
"""
_SHOWN_FEATURES = 5


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    gate = add_command(
        commands, "gate", _gate, help="check whether a candidate keeps the promises in a file", example=_EXAMPLE
    )
    gate.epilog = (gate.epilog or "") + "\n" + _CODES
    add_runs(gate)
    gate.add_argument("--rules", required=True, metavar="FILE", type=Path, help="the promises, as YAML")
    gate.add_argument(
        "--evidence",
        metavar="FOLDER",
        type=Path,
        help="write what was measured, and the rows and objects that broke a promise, into this new or empty folder",
    )
    gate.add_argument(
        "--most-crops",
        metavar="N",
        type=whole_number,
        default=200,
        help="cut at most N objects out as evidence (default 200)",
    )
    add_measure(gate)
    add_json(gate)
    # Here 1 means that a promise was not kept, so that anything in the way of checking has to be another number.
    gate.set_defaults(code_of_error=2)


def _gate(options: argparse.Namespace) -> int:
    from trainer.gates.evidence import gate_facts, refuse_used_folder, save_evidence
    from trainer.gates.gate import check_gate
    from trainer.gates.rules import read_rules
    from trainer.runs.model_runs import open_run

    rules = read_rules(options.rules)
    if options.evidence:
        refuse_used_folder(options.evidence)
    evidence = None
    with ProgressDisplay() as progress:
        tell = when_long(progress.show)
        runs = open_run(options.baseline), open_run(options.candidate)
        result = check_gate(*runs, rules, measure=options.measure, report=tell)
        if options.evidence:
            evidence = save_evidence(
                result,
                options.evidence,
                most_crops=options.most_crops,
                report=lambda done, total: tell("crops", done, total),
            )
    try:
        if options.json:
            print_json({**gate_facts(result), "evidence": str(options.evidence) if evidence else None})
        else:
            _print(result, evidence)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the table has gone; the verdict stands all the same
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if result.passed else 1


def _print(result: GateResult, evidence: Evidence | None) -> None:
    from trainer.gates.promises import CountPromise
    from trainer.records.measure import Measure

    print_terms(result.gains)
    counts = any(isinstance(outcome.promise, CountPromise) for outcome in result.outcomes)
    if counts and result.gains.shared.subject.measure is Measure.PIXELS:
        print(f"counted are {found_by(result.gains.shared.subject, result.rules.thresholds)}")
    print(f"candidate {reference(result.gains.candidates[0])}\n")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading, last in (("promise", False), ("measured", False), ("bound", False), ("verdict", True)):
        table.add_column(heading, no_wrap=last, overflow="fold")
    for outcome in result.outcomes:
        table.add_row(outcome.promise.name, _measured(outcome), _bound(outcome), _verdict(outcome))
    print_drawn(table)
    for outcome in result.outcomes:
        _explain(outcome)
    if evidence is not None:
        _print_evidence(evidence)
    kept = sum(outcome.passes for outcome in result.outcomes)
    print(f"\ngate {'passed' if result.passed else 'not passed'}: {kept} of {len(result.outcomes)} promises hold")


def _measured(outcome: Outcome) -> str:
    from trainer.gates.promises import CountPromise

    finding = outcome.worst
    if finding is None:
        return UNDEFINED
    of_feature = f"{finding.feature}: " if finding.feature and finding.feature != outcome.promise.feature else ""
    if math.isnan(finding.measured):
        return of_feature + UNDEFINED
    if isinstance(outcome.promise, CountPromise):
        return f"{of_feature}{finding.measured:,.0f}"
    signed = "+" if outcome.promise.gain else ""
    value, low, high = (f"{each:{signed}.4f}" for each in (finding.measured, finding.low, finding.high))
    return f"{of_feature}{value}, interval {'unknown' if math.isnan(finding.low) else f'{low} to {high}'}"


def _bound(outcome: Outcome) -> str:
    """The bound; where it is a share, also what that is here."""
    finding, bound = outcome.worst, outcome.promise.bound
    return f"{bound}" + (f" = {finding.limit:g}" if bound.relative and finding is not None else "")


def _verdict(outcome: Outcome) -> str:
    allowed = " (allowed)" if outcome.passes and outcome.verdict != "kept" else ""
    return f"{outcome.verdict}{allowed}"


def _explain(outcome: Outcome) -> None:
    """Which features broke it or are undecided and why, and which were not judged."""
    every = outcome.promise.feature == "every"
    broken = [str(finding.feature) for finding in outcome.findings if finding.verdict == "broken"]
    lines = [f"  broken: {_listed(broken)}"] if broken and every else []
    reasons: dict[str, list[str]] = {}
    for finding in outcome.findings:
        if finding.verdict == "undecided":
            reasons.setdefault(finding.reason, []).append(str(finding.feature))
    for reason, features in reasons.items():
        lines.append(f"  undecided: {reason}" + (f": {_listed(features)}" if every else ""))
    if not outcome.findings:
        lines.append("  undecided: there is nothing to judge")
    if outcome.not_judged:
        lines.append(f"  not judged: {_listed(list(outcome.not_judged))}")
    if lines:
        print("\n".join(["", outcome.promise.name, *lines]))


def _listed(words: list[str]) -> str:
    shown = ", ".join(words[:_SHOWN_FEATURES])
    return shown + (f" and {len(words) - _SHOWN_FEATURES:,} more" if len(words) > _SHOWN_FEATURES else "")


def _print_evidence(evidence: Evidence) -> None:
    print(f"\nevidence in {evidence.folder}: {count(evidence.objects, 'object')} on {count(evidence.rows, 'row')}")
    if evidence.crops is not None:
        cut, missing = len(evidence.crops.files) - evidence.crops.missing, evidence.crops.missing
        print(f"cut out: {cut:,}" + (f"; no picture on this machine for {missing:,}" if missing else ""))
