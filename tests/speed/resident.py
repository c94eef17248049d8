"""What one program needs at most, measured in the process that `sections.memory` starts for it."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import metrics

from .peers import Hotcoco
from .sections.coco_numbers import measure
from .sections.memory import load
from .workload import Size, Workload, as_boxes, make_workload, overlaps_of

STATUS = Path("/proc/self/status")


def grown_by(who: str, file: Path) -> int:
    """Bytes by which the peak grows over the state with the columns loaded.

    Args:
        who: "ours" or "hotcoco", with "-loaded" where what is made of the columns does not count.
        file: Columns, from `sections.memory.save`.
    """
    small = make_workload(Size(20, 4, 40, 200))
    _from_columns(who.removesuffix("-loaded"), small)()  # so that imports and compiled loops are there already
    work = load(file)
    task = _from_loaded(who.removesuffix("-loaded"), work) if who.endswith("-loaded") else _from_columns(who, work)
    gc.collect()
    before = _start_peak()
    result = task()
    grown = _peak() - before
    del result
    return grown


def _from_columns(who: str, work: Workload) -> Callable[[], object]:
    if who == "ours":
        return lambda: measure(work)
    return lambda: Hotcoco(work).evaluate()


def _from_loaded(who: str, work: Workload) -> Callable[[], object]:
    if who == "ours":
        truth, found = as_boxes(work.truth), as_boxes(work.runs[0])
        return lambda: metrics.coco_summary(overlaps_of(work, truth, found))
    return Hotcoco(work).evaluate


def _start_peak() -> int:
    """Bytes in use, from which the peak counts from now on where the system lets us say so."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        return _of_status("VmRSS")
    except OSError:
        return _peak()


def _peak() -> int:
    if STATUS.exists():
        return _of_status("VmHWM")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _of_status(name: str) -> int:
    entries = dict(line.split(":", 1) for line in STATUS.read_text(encoding="ascii").splitlines())
    return int(entries[name].split()[0]) * 1024
