"""After a job died: the run it was writing is marked as failed. Run as ``python -m trainer.jobs.aftermath``."""

from __future__ import annotations

import sys
from pathlib import Path

from trainer.jobs.folder import JobFolder
from trainer.jobs.looking import read_record
from trainer.jobs.processes import owner_of
from trainer.store import fail_runs_of, open_store


def main(folder: str) -> None:
    """Mark the runs of a dead job."""
    job = JobFolder(Path(folder))
    record, paper = read_record(job), job.read(job.request)
    if record.owner is not None and paper is not None:
        fail_runs_of(open_store(paper["store"]), owner_of(record.owner), reason=record.error or "Its process died.")


if __name__ == "__main__":
    main(sys.argv[1])
