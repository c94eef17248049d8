"""`modelruns jobs`: trainings that go on in processes of their own."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from trainer.commands.arguments import Commands, add_command, add_json, whole_number
from trainer.commands.following import follow, progress_note, wait_and_tell
from trainer.commands.output import UNDEFINED, cut, moment, print_json, print_table

if TYPE_CHECKING:
    from trainer.jobs import Job, JobState

_EXAMPLE = """
modelruns jobs
modelruns jobs follow 3f2a
modelruns jobs cancel 3f2a
modelruns jobs resume 3f2a
"""


def add_commands(commands: Commands) -> None:
    """Declare the command and what it can do with a job."""
    parser = add_command(
        commands, "jobs", _list, help="list trainings that go on by themselves, and act on one", example=_EXAMPLE
    )
    parser.add_argument("--active", action="store_true", help="only jobs that have not ended")
    add_json(parser)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    listing = add_command(actions, "list", _list, help="list jobs, the newest first", example="modelruns jobs list")
    listing.add_argument("--active", action="store_true", help="only jobs that have not ended")
    add_json(listing)
    _add(actions, "show", _show, "say all that is known of a job")
    _add(actions, "follow", _follow, "show a job's progress until it ends")
    wait = _add(actions, "wait", _wait, "wait until a job ends, and say nothing meanwhile")
    wait.add_argument("--timeout", type=whole_number, metavar="SECONDS", help="wait no longer (exit code 1)")
    log = _add(actions, "log", _log, "print the end of what a job's process wrote", json=False)
    log.add_argument("--bytes", type=whole_number, default=20_000, metavar="N", help="how much of it (default 20000)")
    cancel = _add(actions, "cancel", _cancel, "ask a job to stop; it can be resumed later")
    cancel.add_argument(
        "--grace", type=whole_number, default=30, metavar="SECONDS", help="then end it (default 30 seconds)"
    )
    resume = _add(actions, "resume", _resume, "go on with a failed or killed job from its last checkpoint")
    resume.add_argument("--follow", action="store_true", help="show its progress until it ends")
    _add(actions, "delete", _delete, "delete what is kept of a job that has ended; its run stays")


def _add(actions: Commands, name: str, run: object, help: str, *, json: bool = True) -> argparse.ArgumentParser:
    parser = add_command(actions, name, run, help=help, example=f"modelruns jobs {name} 3f2a")  # type: ignore[arg-type]
    parser.add_argument("id", metavar="JOB", help="its id, or the beginning of it")
    if json:
        add_json(parser)
    return parser


def facts(state: JobState) -> dict[str, object]:
    """A job as JSON."""
    return {
        "id": state.id,
        "status": str(state.status),
        "data": state.data,
        "model": state.model,
        "experiment": state.experiment,
        "name": state.name,
        "attempt": state.attempt,
        "cancelling": state.cancelling,
        "ahead": state.ahead,
        "created": _iso(state.created),
        "started": _iso(state.started),
        "ended": _iso(state.ended),
        "progress": state.progress.to_json() if state.progress else None,
        "run": state.run,
        "repeats": state.repeats,
        "error": state.error,
        "traceback": state.traceback,
    }


def _list(options: argparse.Namespace) -> int:
    from trainer.jobs import look_at_jobs

    states = look_at_jobs(active_only=options.active)
    if options.json:
        print_json([facts(state) for state in states])
    elif states:
        print_table(("job", "of", "status", "created", ""), [_line(state) for state in states])
    else:
        print("There is no such job." if options.active else "There is no job yet. Start one with: modelruns train")
    return 0


def _line(state: JobState) -> list[str]:
    return [state.id, cut(state.title), _status(state), moment(state.created), _note(state)]


def _status(state: JobState) -> str:
    return f"{state.status}, asked to stop" if state.cancelling else str(state.status)


def _note(state: JobState) -> str:
    if state.status == "scheduled":
        return f"{state.ahead or 0} before it"
    if state.status == "running":
        return f"{state.progress.stage}  {progress_note(state)}".strip() if state.progress else "starting"
    return state.run[:8] if state.run else cut((state.error or "").partition("\n")[0], most=60)


def _show(options: argparse.Namespace) -> int:
    job = _find(options)
    state = job.look()
    if options.json:
        print_json({**facts(state), "folder": str(job.folder.path), "request": job.request.to_json()})
        return 0
    times = {name: moment(when) for name in ("created", "started", "ended") if (when := getattr(state, name))}
    progress = f"{state.progress.stage}  {progress_note(state)}".strip() if state.progress else None
    lines = {**facts(state), **times, "status": _status(state), "progress": progress, "folder": str(job.folder.path)}
    for name, value in lines.items():
        if name not in ("cancelling", "traceback") and (name != "repeats" or value):
            print(f"{name:<11} {UNDEFINED if value in (None, '') else value}")
    if state.traceback:
        print(f"\n{state.traceback.rstrip()}")
    if state.status in ("failed", "killed") and "jobs resume" not in (state.error or ""):
        print(f"\nGo on with: modelruns jobs resume {job.id}")
    return 0


def _follow(options: argparse.Namespace) -> int:
    return follow(_find(options), as_json=options.json)


def _wait(options: argparse.Namespace) -> int:
    wait_and_tell(_find(options), seconds=options.timeout, as_json=options.json)
    return 0


def _log(options: argparse.Namespace) -> int:
    print(_find(options).log(most=options.bytes), end="")
    return 0


def _cancel(options: argparse.Namespace) -> int:
    job = _find(options)
    job.cancel(grace=options.grace)
    return _tell(job, options, f"Job {job.id} was asked to stop. Go on later with: modelruns jobs resume {job.id}")


def _resume(options: argparse.Namespace) -> int:
    job = _find(options)
    job.resume()
    if options.follow:
        return follow(job, as_json=options.json)
    return _tell(job, options, f"Job {job.id} goes on. Follow it with: modelruns jobs follow {job.id}")


def _delete(options: argparse.Namespace) -> int:
    job = _find(options)
    job.delete()
    if options.json:
        print_json({"deleted": job.id})
    else:
        print(f"Job {job.id} was deleted.")
    return 0


def _tell(job: Job, options: argparse.Namespace, sentence: str) -> int:
    if options.json:
        print_json(facts(job.look()))
    else:
        print(sentence)
    return 0


def _find(options: argparse.Namespace) -> Job:
    from trainer.jobs import get_job

    return get_job(options.id)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
