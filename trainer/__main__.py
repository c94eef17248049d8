"""``python -m trainer``: the `modelruns` command, for `torchrun` and for interpreters without it on their path."""

from __future__ import annotations

import sys

from trainer.commands import main

if __name__ == "__main__":
    sys.exit(main())
