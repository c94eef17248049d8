"""Run as `python tests/fuzz`."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[0:1] = [str(TESTS.parent), str(TESTS)]

from fuzz.command import main  # noqa: E402 - found only now

if __name__ == "__main__":
    sys.exit(main())
