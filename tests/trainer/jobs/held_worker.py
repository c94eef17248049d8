"""A job's process whose real training waits in the third epoch of its first attempt until it is asked to stop."""

from __future__ import annotations

import os
import sys
import time

from trainer.jobs import worker
from trainer.jobs.looking import read_record
from trainer.learning.progress import Progress

_HELD_AT = 3


class HeldProgress(worker.ProgressFile):
    """Tells of the third epoch, and lets nobody go on from there who was not asked to stop."""

    def __call__(self, progress: Progress) -> None:
        held = progress.epoch == _HELD_AT and read_record(self._job).attempt == 1 and not self._stop.asked()
        if held:
            self._written = 0.0  # so that it is written now
        super().__call__(progress)
        while held and not self._stop.asked():
            time.sleep(0.02)


if __name__ == "__main__":
    worker.ProgressFile = HeldProgress  # type: ignore[misc]
    os._exit(worker.main(sys.argv[1:]))
