"""Watching a job from a terminal: its progress while it runs, a notice when it ends."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from trainer.commands.looking import describe
from trainer.commands.output import print_json, reference
from trainer.commands.progress import ProgressDisplay, note_of

if TYPE_CHECKING:
    from trainer.jobs import Job, JobState
    from trainer.micro_models.repetitions import Reproduction
    from trainer.runs.model_runs import ModelRun

_PAUSE = 0.3
_INTERRUPTED = 130


def follow(job: Job, *, as_json: bool = False) -> int:
    """Show a job's progress until it ends, then its outcome; an interrupt ends only the showing.

    Args:
        job: The job.
        as_json: Print the outcome as JSON.

    Returns:
        The exit code: 0 if the job finished, 130 after an interrupt.

    Raises:
        JobFailedError: If it failed or was killed.
    """
    try:
        with ProgressDisplay() as display:
            shown = None
            while not (state := job.look()).status.is_final:
                if (now := (state.status, state.ahead, state.progress)) != shown:
                    show(display, state)
                    shown = now
                time.sleep(_PAUSE)
    except KeyboardInterrupt:
        print(
            f"Stopped following; the training goes on as job {job.id}.\n"
            f"  follow it again  modelruns jobs follow {job.id}\n"
            f"  stop it          modelruns jobs cancel {job.id}",
            file=sys.stderr,
        )
        return _INTERRUPTED
    wait_and_tell(job, as_json=as_json)
    return 0


def wait_and_tell(job: Job, *, seconds: float | None = None, as_json: bool = False) -> None:
    """Wait for a job, then its outcome; where it did not finish, what can be done is a note of the error.

    Args:
        job: The job.
        seconds: Wait no longer; without end when left out.
        as_json: Print the outcome as JSON.

    Raises:
        JobFailedError: If it failed or was killed.
        JobTimeoutError: If it has not ended by then.
    """
    from trainer.records.errors import JobFailedError

    try:
        tell_outcome(job.wait(seconds), as_json=as_json)
    except JobFailedError as error:
        if "jobs resume" not in str(error):  # a process that died without a word is told with both
            error.add_note(
                f"  what it wrote  modelruns jobs log {job.id}\n  go on          modelruns jobs resume {job.id}"
            )
        raise


def show(display: ProgressDisplay, state: JobState) -> None:
    """One look at a job, as a bar or a line."""
    if state.status == "scheduled":
        place = f"{state.ahead} before it" if state.ahead else "starting"
        display.show(f"{state.title}: waiting for its turn", 0, 1, place)
    elif state.progress is not None:
        now = state.progress
        display.show(f"{state.title}: {now.stage}", now.step, now.steps, progress_note(state))


def progress_note(state: JobState) -> str:
    """What a job tells beside its bar; empty before it tells anything."""
    now = state.progress
    return "" if now is None else note_of(now, pace=now.images_per_second)


def tell_outcome(run: ModelRun, *, as_json: bool) -> None:
    """What a person or a program wants to know of the run that was just sealed."""
    if run.lineage.reproduces is not None:
        from trainer.micro_models.repetitions import reproduction_of

        tell_reproduction(reproduction_of(run), as_json=as_json)
    elif as_json:
        from trainer.measures.number_names import summary_in_words

        experiment = run.stored.experiment
        print_json({"run": run.id, "name": run.name, "experiment": experiment, **summary_in_words(run.summary)})
    else:
        print(describe(run))


def tell_reproduction(again: Reproduction, *, as_json: bool) -> None:
    """Whether a run that was trained again came out the same, and what was different."""
    if as_json:
        print_json(
            {
                "run": again.run.id,
                "name": again.run.name,
                "same_weights": again.same_weights,
                "same_predictions": again.same_predictions,
                "differences": {name: list(pair) for name, pair in again.differences.items()},
            }
        )
        return
    print(f"run {reference(again.run)} sealed (id {again.run.id})")
    for what, same in (("weights", again.same_weights), ("predictions", again.same_predictions)):
        print(f"  {what:12} {'equal to the last bit' if same else 'differ'}")
    for name, (then, now) in again.differences.items():
        print(f"  {name:12} {then} then, {now} now")
