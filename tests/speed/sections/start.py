"""What the first call costs in a new process."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from ..lines import Line, Lines, Options

ABOUT = "In a new process."

CLOCKED = "import time; start = time.perf_counter(); {work}; print(time.perf_counter() - start)"


def lines(options: Options) -> Lines:
    """Importing, and warming up with nothing and with everything on disk."""
    imports = [_seconds("import metrics") for _ in range(options.rounds(5))]
    yield Line("`import metrics`, numpy included", statistics.median(imports))
    with tempfile.TemporaryDirectory() as cache:
        first = _seconds("import metrics; metrics.warm_up()", cache=cache)
        yield Line("`import metrics` and `warm_up()`, nothing compiled yet, one run", first)
        later = [_seconds("import metrics; metrics.warm_up()", cache=cache) for _ in range(options.rounds(3))]
        yield Line("the same in every later process, compiled loops on disk", statistics.median(later))


def _seconds(work: str, *, cache: str | None = None) -> float:
    environment = os.environ | ({} if cache is None else {"NUMBA_CACHE_DIR": cache})
    command = [sys.executable, "-c", CLOCKED.format(work=work)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
