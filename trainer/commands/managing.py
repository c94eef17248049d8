"""`modelruns export` and `modelruns doctor`."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.commands.arguments import Commands, add_command, add_json
from trainer.commands.output import print_json
from trainer.records.wording import count

_EXPORT = """
modelruns export digits/more-labels exported --format coco
"""
_DOCTOR = """
modelruns doctor
modelruns doctor --repair
"""

_EXPORTED = ("instances.json", "predictions.json")


def add_commands(commands: Commands) -> None:
    """Declare the commands."""
    export = add_command(
        commands, "export", _export, help="write a run's truth and predictions as files", example=_EXPORT
    )
    export.add_argument("run_reference", metavar="RUN", help="the run to export")
    export.add_argument("path", metavar="PATH", type=Path, help="folder to write to; it is made")
    export.add_argument("--format", required=True, choices=("coco",), help="how to write it")
    add_json(export)
    doctor = add_command(
        commands, "doctor", _doctor, help="find runs left half made, damaged files and moved folders", example=_DOCTOR
    )
    doctor.add_argument("--repair", action="store_true", help="mend what was found")
    add_json(doctor)


def _export(options: argparse.Namespace) -> int:
    from trainer.formats import coco
    from trainer.records.errors import RecordError
    from trainer.runs.model_runs import open_run

    run = open_run(options.run_reference)
    taken = [name for name in _EXPORTED if (options.path / name).exists()]
    if taken:
        raise RecordError(f"{options.path} holds {' and '.join(taken)} already; export to another folder.")
    truth, predictions = (options.path / name for name in _EXPORTED)
    options.path.mkdir(parents=True, exist_ok=True)
    coco.write_truth(run.snapshot, truth)
    coco.write_predictions(run.snapshot, run.predictions, predictions)
    rows, annotations, said = len(run.snapshot.rows), len(run.snapshot.truth), len(run.predictions)
    if options.json:
        counts = {"rows": rows, "annotations": annotations, "predictions": said}
        print_json({"run": run.id, "files": [str(truth), str(predictions)], **counts})
    else:
        print(f"{truth}: {count(rows, 'row')}, {count(annotations, 'annotation')}")
        print(f"{predictions}: {count(said, 'prediction')}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from trainer.store import diagnose, open_store, repair

    store = open_store()
    findings = diagnose(store)
    done = repair(store, findings) if options.repair else []
    left = diagnose(store) if options.repair else findings
    if options.json:
        print_json({"repaired": done, "left": [str(finding) for finding in left]})
    else:
        for action in done:
            print(f"repaired: {action}")
        for finding in left:
            print(finding)
        if not left:
            print("Nothing is wrong." if not done else "Nothing else is wrong.")
        elif not options.repair and not store.location.is_read_only and any(finding.repairable for finding in left):
            print("Mend what can be mended with: modelruns doctor --repair")
    return 1 if left else 0
