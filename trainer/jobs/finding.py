"""The jobs of a store."""

from __future__ import annotations

from trainer.jobs.folder import JobFolder
from trainer.jobs.job import Job
from trainer.jobs.looking import look
from trainer.jobs.places import job_folders, jobs_folder
from trainer.jobs.state import JobState
from trainer.jobs.turns import all_lines
from trainer.records.argument_kinds import check_kinds
from trainer.records.errors import NotFoundError
from trainer.store import Store, open_store


@check_kinds
def look_at_jobs(*, store: Store | None = None, active_only: bool = False) -> tuple[JobState, ...]:
    """What is known of all jobs now, the newest first: all that a page shows, for the price of reading their folders.

    Args:
        store: Where runs are kept; see `open_store`.
        active_only: Only jobs that have not ended.
    """
    folders = job_folders(store or open_store())
    order = {job: ahead for line in all_lines() for job, ahead in line.order().items()} if folders else {}
    states = [look(folder, order=order) for folder in folders if folder.request.exists()]
    states = [state for state in states if not (active_only and state.status.is_final)]
    return tuple(sorted(states, key=lambda state: (state.created, state.id), reverse=True))


@check_kinds
def list_jobs(*, store: Store | None = None, active_only: bool = False) -> list[Job]:
    """The jobs of a store that were started on this machine, the newest first.

    Args:
        store: Where runs are kept; see `open_store`.
        active_only: Only jobs that have not ended.
    """
    store = store or open_store()
    folder = jobs_folder(store)  # not looked up one by one: another process may delete one meanwhile
    return [Job(JobFolder(folder / state.id), store) for state in look_at_jobs(store=store, active_only=active_only)]


@check_kinds
def get_job(id: str, *, store: Store | None = None) -> Job:
    """One job.

    Args:
        id: Its id, or a beginning of it that no other job has.
        store: Where runs are kept; see `open_store`.

    Raises:
        NotFoundError: If there is none, or several begin so.
    """
    store = store or open_store()
    found = [folder for folder in job_folders(store) if folder.id.startswith(id)] if id else []
    if len(found) != 1:
        several = f"{len(found)} jobs begin" if found else "No job begins"
        raise NotFoundError(
            f"{several} with {id!r} in {jobs_folder(store)}. Jobs are named by their id or its beginning: "
            f"modelruns jobs list."
        )
    return Job(found[0], store)
