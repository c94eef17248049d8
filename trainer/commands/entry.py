"""Reading the command line, and turning errors into one line and an exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata
from types import FrameType

from trainer.commands import (
    accepting,
    attaching,
    attributing,
    changes,
    comparing,
    configuring,
    disputing,
    explaining,
    fairness,
    gating,
    importing,
    jobs,
    looking,
    managing,
    modelling,
    predicting,
    projects,
    recording,
    reproducing,
    showing,
    slicing,
    telling,
    training,
    varying,
)
from trainer.commands.arguments import HelpFormatter
from trainer.records.errors import ModelrunsError

_DESCRIPTION = "Keeps what each model run saw and said, and shows how two runs differ."
_EPILOG = """\
a first session:
  modelruns import cells path/to/cells --format voc
  modelruns train cells --model cell-detector --experiment cells
  modelruns train cells --model cell-detector --experiment cells --epochs 40
  modelruns compare cells/cell-detector-1 cells/cell-detector-2
  modelruns dashboard

runs are named by experiment/name, by a name only one run has, or by (the beginning of) their id.
exit codes: 0 done, 1 refused or failed, 2 wrong use, 130 interrupted.
"""
_GROUPS = (
    importing,
    projects,
    modelling,
    attaching,
    training,
    reproducing,
    configuring,
    jobs,
    predicting,
    accepting,
    recording,
    looking,
    telling,
    comparing,
    explaining,
    slicing,
    fairness,
    changes,
    attributing,
    disputing,
    varying,
    gating,
    showing,
    managing,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.store:
        os.environ["MLFLOW_TRACKING_URI"] = options.store
    # Idle threads that spin between two steps of a training take the cores from whatever else runs here.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    signal.signal(signal.SIGTERM, _stop)
    try:
        return int(options.run(options) or 0)
    except ModelrunsError as error:
        return _report(error, options)
    except KeyboardInterrupt:
        print("modelruns: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`modelruns runs | head`); Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ValueError) as error:
        return _report(error, options)


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="modelruns", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=HelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"modelruns {metadata.version('modelruns')}")
    parser.add_argument(
        "--store", metavar="URI", help="where runs are kept: a folder, or the address of an MLflow server"
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in _GROUPS:
        group.add_commands(commands)
    return parser


def _report(error: Exception, options: argparse.Namespace) -> int:
    if options.debug:
        traceback.print_exception(error)
    else:
        print(f"modelruns: {_in_words(error)}", file=sys.stderr)
    code: int = getattr(options, "code_of_error", 1)
    return code


def _in_words(error: Exception) -> str:
    """What an error says, its notes below; of a file that the system refuses, its name and why."""
    if not isinstance(error, OSError) or error.filename is None or error.strerror is None:
        return "\n".join([str(error), *getattr(error, "__notes__", ())])
    if isinstance(error, FileNotFoundError):
        return f"There is no file or folder {error.filename}."
    return f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}."


def _stop(number: int, frame: FrameType | None) -> None:
    # An exception unwinds the with blocks, so that a run being recorded ends as killed.
    raise KeyboardInterrupt
