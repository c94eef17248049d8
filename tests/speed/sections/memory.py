"""How much memory COCO's twelve numbers need, each program in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from ..lines import Bar, Line, Lines, Options
from ..workload import Columns, Size, Workload, make_workload

SHARE = 1.25

ABOUT = """\
Each program in a process of its own that has read the same columns and has run once on a tiny example: how far the peak
of its resident memory then rises above that state. "From bare columns" holds everything that a program makes of the
columns; "from checked boxes" begins where these are checked and hotcoco's `COCO` objects made."""


def lines(options: Options) -> Lines:
    """Growth over the state with the columns loaded, from columns and from what the program makes of them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "columns.npz"
        save(make_workload(Size().times(0.02) if options.quick else Size()), file)
        ours, theirs = (_grown(who, file) for who in ("ours", "hotcoco"))
        yield Line(
            "from bare columns",
            ours, "hotcoco", theirs, Bar(f"at most hotcoco's and {SHARE - 1:.0%}", SHARE * theirs), "bytes",
        )  # fmt: skip
        ours, theirs = (_grown(f"{who}-loaded", file) for who in ("ours", "hotcoco"))
        yield Line("from checked boxes", ours, "hotcoco", theirs, unit="bytes")


def save(work: Workload, file: Path) -> None:
    """Write truth and the first run as columns."""
    sides = {"truth": work.truth, "run": work.runs[0]}
    columns = {f"{side}_{name}": column for side, each in sides.items() for name, column in vars(each).items()}
    np.savez(file, rows=work.size.rows, features=work.size.features, **columns)


def load(file: Path) -> Workload:
    """Read what `save` wrote."""
    with np.load(file) as read:
        truth, run = (
            Columns(**{name: read[f"{side}_{name}"] for name in Columns.__dataclass_fields__})
            for side in ("truth", "run")
        )
        size = Size(int(read["rows"]), int(read["features"]), len(truth), len(run))
    return Workload(size, truth, (run,))


def _grown(who: str, file: Path) -> float:
    """Bytes, the median of three processes."""
    command = [sys.executable, str(Path(__file__).parent.parent), "--memory-of", who, str(file)]
    grown = [float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(3)]
    return float(np.median(grown))
