"""`modelruns dashboard` and `modelruns demo`: the browser."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

from trainer.commands.arguments import Commands, add_command, port_number
from trainer.commands.progress import ProgressDisplay
from trainer.commands.training import training_report

_ADDRESS = "http://127.0.0.1"
_DASHBOARD = """
modelruns dashboard
modelruns dashboard --port 8600
"""
_DEMO = """
modelruns demo
modelruns demo --no-dashboard
"""


def add_commands(commands: Commands) -> None:
    """Declare the commands."""
    dashboard = add_command(
        commands, "dashboard", _dashboard, help="open the dashboard in the browser", example=_DASHBOARD
    )
    _add_port(dashboard)
    demo = add_command(
        commands,
        "demo",
        _demo,
        help="train two small digit detectors and open the dashboard comparing them",
        example=_DEMO,
    )
    _add_port(demo)
    demo.add_argument("--no-dashboard", action="store_true", help="stop when the runs are made")


def _add_port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=port_number, default=8501, metavar="N", help="port on this machine (default 8501)"
    )


def _dashboard(options: argparse.Namespace) -> int:
    return _serve(options.port)


def _demo(options: argparse.Namespace) -> int:
    from trainer.store import open_store

    store = open_store()
    store.location.refuse_read_only()  # before torch comes in
    from trainer.demo import make_demo

    embedded = store.location.folder if store.location.database else None
    folder = (embedded or Path("mlruns").resolve()) / "demo" / "digits"
    with ProgressDisplay() as progress:
        demo = make_demo(
            folder,
            store=store,
            report=progress.show,
            training_report=lambda name: training_report(progress, name),
        )
    for run in (demo.baseline, demo.candidate):
        coco = run.summary["coco"]
        print(f"{run.stored.experiment}/{run.name}: mAP {coco['ap']:.3f}, AP50 {coco['ap50']:.3f}")
    if embedded:
        mlflow = Path(sys.executable).with_name("mlflow")
        print(f"raw artefacts: {mlflow} server --workers 1 --backend-store-uri {store.location.uri}")
    query = urlencode({"baseline": demo.baseline.id, "candidate": demo.candidate.id})
    print(f"dashboard:     {_ADDRESS}:{options.port}/?{query}", flush=True)
    return 0 if options.no_dashboard else _serve(options.port)


def _serve(port: int) -> int:
    # Its own process: the trainer may not import the dashboard, and Streamlit wants the main thread for itself.
    command = [sys.executable, "-m", "dashboard", "--port", str(port)]
    process = subprocess.Popen(command)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()  # Ctrl-C has reached it too; a signal sent to this process alone has not
        process.wait()
        return 0
