"""`modelruns ledger`: which objects changed."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from trainer.commands.cropping import add_crops, crop_facts, print_crops
from trainer.commands.gain_tables import both, print_left_out, print_not_listed
from trainer.commands.object_lines import found_by, place_columns, placed, said
from trainer.commands.output import p_value, print_fitted, print_json
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    import pyarrow as pa

    from trainer.comparing.crops import Crops
    from trainer.comparing.ledger import ObjectLedger

_LEDGER = """
modelruns ledger cells/first cells/second
modelruns ledger cells/first cells/second --change newly_missed --feature RBC --crops lost
modelruns ledger cells/first cells/second --out ledger.parquet
"""
CHANGES = ("newly_missed", "new", "newly_found", "fixed", "still_missed", "persistent", "kept")
DIFFERING = CHANGES[:4]
_NUANCES = ("placed_better", "placed_worse", "newly_mistaken", "no_longer_mistaken")


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    ledger = add_command(
        commands,
        "ledger",
        _ledger,
        help="list every object that a candidate found, lost or no longer invents",
        example=_LEDGER,
    )
    add_runs(ledger)
    add_split(ledger, help="rows to look at")
    ledger.add_argument(
        "--change",
        action="append",
        choices=CHANGES,
        metavar="CHANGE",
        help="only these, may be repeated: " + ", ".join(CHANGES) + " (default: the first four)",
    )
    ledger.add_argument("--feature", action="append", metavar="PATH", help="only this feature, may be repeated")
    ledger.add_argument(
        "--show", type=whole_number, default=20, metavar="N", help="list at most N objects (default 20)"
    )
    ledger.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write the objects as .csv or .parquet: all of them, or those of --change and --feature",
    )
    add_crops(ledger)
    add_measure(ledger)
    add_thresholds(ledger)
    add_json(ledger)


def _ledger(options: argparse.Namespace) -> int:
    from trainer.comparing.comparison import pair_runs
    from trainer.comparing.ledger_files import refuse_other_endings, save_ledger
    from trainer.comparing.ledger_keeping import object_ledger
    from trainer.runs.model_runs import open_run

    if options.out:
        refuse_other_endings(options.out)
    pair = pair_runs(open_run(options.baseline), open_run(options.candidate), measure=options.measure)
    thresholds = thresholds_of(options, pair.subject, areas=True)
    ledger = object_ledger(pair, thresholds=thresholds, split=options.split)
    features = options.feature or ()
    lines = ledger.choose(changes=options.change or DIFFERING, features=features)
    crops = _cut(ledger, lines, options) if options.crops else None
    if options.out:
        chosen = ledger.choose(changes=options.change or (), features=features)
        save_ledger(chosen if options.change or features else ledger.table, options.out)
    if options.json:
        print_json(_ledger_facts(ledger, lines, crops, options))
    else:
        _print_ledger(ledger, lines, crops, options)
    return 0


def _cut(ledger: ObjectLedger, lines: pa.Table, options: argparse.Namespace) -> Crops:
    from trainer.comparing.object_crops import cut_objects

    with ProgressDisplay() as progress:
        report = partial(when_long(progress.show), "crops")
        return cut_objects(ledger, lines.slice(0, options.most_crops), options.crops, report=report)


def _ledger_facts(
    ledger: ObjectLedger, lines: pa.Table, crops: Crops | None, options: argparse.Namespace
) -> dict[str, Any]:
    shown = lines.slice(0, options.show).to_pylist()
    facts = {
        **ledger.terms,
        "same_snapshot": ledger.pair.same_snapshot,
        "total": ledger.total,
        "p": ledger.p_value,
        "per_feature": ledger.per_feature.to_pylist(),
        "objects": shown,
        "objects_not_shown": len(lines) - len(shown),
    }
    if options.out:
        facts["out"] = str(options.out)
    if crops is not None:
        facts["crops"] = crop_facts(crops, of=len(lines), folder=options.crops)
    return facts


def _print_ledger(ledger: ObjectLedger, lines: pa.Table, crops: Crops | None, options: argparse.Namespace) -> None:
    pair, thresholds = ledger.pair, thresholds_of(options, ledger.pair.subject, areas=True)
    print(f"{both(pair)}: {count(ledger.rows, 'row')} ({ledger.split})")
    rule = ledger.ledger.rule if pair.subject.has_objects else str(pair.subject)
    print(f"{found_by(pair.subject, thresholds)}; {rule}")
    print_left_out(pair, ledger.split)
    print()
    _print_counts(ledger)
    if len(lines) and options.show:
        print()
        place = place_columns(pair.subject)
        headings = ("change", "feature", "row", *([place] if place else []), "baseline", "candidate")
        listed = [_line(entry, place) for entry in lines.slice(0, options.show).to_pylist()]
        print_fitted(headings, listed, spare=(place,))
    if len(lines) > options.show:
        print(f"\n{len(lines) - options.show:,} more are not listed (--show N)")
    if options.out:
        print(f"\nwritten: {options.out}")
    if crops is not None:
        print_crops(crops, of=len(lines), folder=options.crops)


def _print_counts(ledger: ObjectLedger) -> None:
    per_feature = ledger.per_feature.to_pylist()
    listed = [entry for entry in per_feature if any(entry[change] for change in CHANGES)]
    total = {"feature": "all", "truths": sum(entry["truths"] for entry in per_feature), "q": None}
    entries = [{**total, **ledger.total, "p": ledger.p_value}, *listed]
    headings = ("feature", "truths", *(change.replace("_", " ") for change in CHANGES), "p", "q")
    cells = [
        [
            entry["feature"],
            f"{entry['truths']:,}",
            *(f"{entry[change]:,}" for change in CHANGES),
            *(p_value(entry[name]) for name in ("p", "q")),
        ]
        for entry in entries
    ]
    print_fitted(headings, cells, spare=("persistent", "still missed", "truths", "q", "kept"))
    sums = {name: sum(entry[name] for entry in per_feature) for name in _NUANCES}
    subject = ledger.pair.subject
    placed = ""
    if subject.by_iou:
        better, worse = sums["placed_better"], sums["placed_worse"]
        placed = f"kept truths: {better:,} placed better by 0.05 IoU or more, {worse:,} worse; "
    # An option of a checklist is never taken for another one, so that no 0 is told of it.
    if not subject.several:
        print(
            f"\n{placed}"
            f"taken for another feature: {sums['newly_mistaken']:,} newly, {sums['no_longer_mistaken']:,} no longer"
        )
    print_not_listed(len(per_feature) - len(listed), of=len(per_feature), lacking="truth and false alarm")


def _line(entry: dict[str, Any], place: str) -> list[str]:
    runs = [said(entry, side) for side in ("baseline", "candidate")]
    return [entry["change"].replace("_", " "), entry["feature"], entry["key"], *placed(entry, place), *runs]
