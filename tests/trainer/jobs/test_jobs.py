"""Jobs from their start to their end: what is seen of them, and what stops them. Their training is a stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import trainer
from trainer.jobs import JobStatus, get_job, list_jobs, look_at_jobs, start_training
from trainer.jobs.looking import look, read_record
from trainer.jobs.processes import clean_up_after
from trainer.jobs.request import TrainingRequest
from trainer.jobs.starting import start_job
from trainer.records.errors import JobError, JobFailedError, JobTimeoutError, NotFoundError, StoreError
from trainer.store import RunState, Store

if TYPE_CHECKING:
    from tests.trainer.jobs.conftest import Workplace

_SECONDS = 120  # at most: the machine may be busy with something else


def test_a_finished_job_gives_its_run(workplace: Workplace) -> None:
    job = workplace.start("quick")
    run = job.wait(_SECONDS)

    assert run.id == job.run == workplace.run
    assert (job.status, job.error, job.model, job.title) == ("finished", None, "quick", "digits/quick")
    assert job.progress is not None
    assert (job.progress.stage, job.progress.step, job.progress.steps) == ("training", 3, 3)


def test_waiting_ends_with_the_time_and_the_job_goes_on(workplace: Workplace) -> None:
    job = workplace.start("slow")
    begun = time.monotonic()
    with pytest.raises(JobTimeoutError, match="goes on") as caught:
        job.wait(0.3)

    assert time.monotonic() - begun >= 0.3
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.status in ("scheduled", "running")
    assert not job.status.is_final
    with pytest.raises(JobTimeoutError):
        job.wait(0)


def test_a_failed_job_tells_why_and_where(workplace: Workplace) -> None:
    job = workplace.start("bad")
    with pytest.raises(JobFailedError, match="this cannot be learned") as caught:
        job.wait(_SECONDS)

    assert caught.value.status == job.status == "failed"
    assert "stand_in_worker.py" in (caught.value.traceback or "")
    assert "Traceback" in job.log()
    assert job.error == f"{job.look().error}\n{job.look().traceback}"


def test_jobs_run_one_after_another_in_the_order_they_were_started(workplace: Workplace) -> None:
    jobs = [workplace.start(f"quick-{number}") for number in range(3)]
    for job in jobs:
        job.wait(_SECONDS)

    ends = [f"quick-{number} {what}" for number in range(3) for what in ("begins", "ends after step 0")]
    assert workplace.noted() == ends


def test_a_job_in_line_knows_its_place(workplace: Workplace) -> None:
    first, second, third = (workplace.start(f"slow-{number}") for number in range(3))
    workplace.wait_until(lambda: first.status is JobStatus.RUNNING)

    assert [job.look().ahead for job in (first, second, third)] == [None, 1, 2]
    assert [state.ahead for state in look_at_jobs(store=workplace.store)] == [2, 1, None]


def test_more_may_run_at_once(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELRUNS_JOBS_AT_ONCE", "2")
    jobs = [workplace.start(f"slow-{number}") for number in range(3)]
    workplace.wait_until(lambda: [job.status for job in jobs] == ["running", "running", "scheduled"])
    jobs[0].cancel()

    workplace.wait_until(lambda: jobs[2].status is JobStatus.RUNNING)


@pytest.mark.parametrize("wrong", ["0", "two", "-1"])
def test_a_wrong_number_at_once_is_refused_before_a_job_is_made(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("MODELRUNS_JOBS_AT_ONCE", wrong)
    with pytest.raises(JobError, match="whole number from 1"):
        workplace.start("quick")

    assert list_jobs(store=workplace.store) == []


def test_a_job_is_cancelled_while_it_waits_in_line(workplace: Workplace) -> None:
    _, second = workplace.start("slow"), workplace.start("quick")
    workplace.wait_until(workplace.noted)
    second.cancel()
    with pytest.raises(JobFailedError) as caught:
        second.wait(_SECONDS)

    assert caught.value.status == "killed"
    assert workplace.noted() == ["slow begins"]


def test_a_cancelled_training_stops_between_two_steps_and_goes_on_there(workplace: Workplace) -> None:
    job = workplace.start("slow")
    workplace.wait_until(job.folder.checkpoint.exists)
    job.cancel()
    with pytest.raises(JobFailedError, match="was killed"):
        job.wait(_SECONDS)
    reached = int(job.folder.checkpoint.read_text())
    job.resume()
    workplace.wait_until(lambda: (job.progress.step if job.progress else 0) > reached)

    assert job.look().attempt == 2
    assert not job.look().cancelling


def test_a_training_that_does_not_answer_is_ended(workplace: Workplace) -> None:
    job = workplace.start("deaf")
    workplace.wait_until(workplace.noted)
    job.cancel(grace=0.3)
    with pytest.raises(JobFailedError, match="did not answer") as caught:
        job.wait(_SECONDS)
    assert caught.value.status == "killed"


def test_a_job_that_was_asked_to_stop_and_has_not_says_so(workplace: Workplace) -> None:
    job = workplace.start("deaf")
    workplace.wait_until(workplace.noted)
    job.cancel(grace=3600)

    assert job.look().cancelling


def test_a_killed_process_is_noticed_and_its_job_goes_on_from_the_checkpoint(workplace: Workplace) -> None:
    job = workplace.start("slow")
    workplace.wait_until(job.folder.checkpoint.exists)
    workplace.kill(job)
    workplace.wait_until(lambda: job.status is JobStatus.FAILED)

    assert "ended without a word" in (job.error or "")
    assert read_record(job.folder).status is JobStatus.FAILED  # whoever looks writes it down


def test_a_job_that_died_in_the_middle_is_resumed_and_finishes(workplace: Workplace) -> None:
    job = workplace.start("brief")
    with pytest.raises(JobFailedError, match="ended without a word"):
        job.wait(_SECONDS)
    job.resume()

    assert job.wait(_SECONDS).id == workplace.run
    assert workplace.noted() == ["brief begins", "brief begins", "brief ends after step 2"]


def test_many_who_look_at_once_see_the_same_death(workplace: Workplace) -> None:
    job = workplace.start("slow")
    workplace.wait_until(job.folder.checkpoint.exists)
    workplace.kill(job)
    workplace.wait_until(lambda: job.status is JobStatus.FAILED)
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: look(job.folder), range(40)))

    assert {(state.status, state.error, state.ended) for state in states} == {
        (JobStatus.FAILED, states[0].error, states[0].ended)
    }


def test_the_place_in_line_of_a_dead_job_is_free(workplace: Workplace) -> None:
    first, second = workplace.start("slow"), workplace.start("quick")
    workplace.kill(first)

    assert second.wait(_SECONDS).id == workplace.run


def test_a_process_of_the_same_number_is_not_taken_for_the_jobs(workplace: Workplace) -> None:
    job = workplace.start("slow")
    workplace.kill(job)
    workplace.wait_until(lambda: job.status is JobStatus.FAILED)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    try:
        record = read_record(job.folder)
        values = record.to_json() | {"status": "running", "owner": {**(record.owner or {}), "pid": str(stranger.pid)}}
        job.folder.write(job.folder.status, values)
        job.folder.write(job.folder.cancel, {"asked": 0, "grace": 0})

        assert job.status is JobStatus.KILLED
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_restarted_machine_is_named_as_the_reason(workplace: Workplace) -> None:
    job = workplace.start("slow")
    workplace.kill(job)
    workplace.wait_until(lambda: job.status is JobStatus.FAILED)
    record = read_record(job.folder)
    owner = {**(record.owner or {}), "boot": "another"}
    job.folder.write(job.folder.status, record.to_json() | {"status": "running", "owner": owner})

    assert "machine was restarted" in (job.error or "")


@pytest.mark.parametrize("damaged", [b"", b"{", b"[1]", b'{"status": "odd"}', b"\xff\xfe"])
def test_a_damaged_status_file_hides_no_death(workplace: Workplace, damaged: bytes) -> None:
    job = workplace.start("bad")
    with pytest.raises(JobFailedError):
        job.wait(_SECONDS)
    job.folder.status.write_bytes(damaged)

    workplace.wait_until(lambda: job.status is JobStatus.FAILED)  # at first its process may still be leaving


def test_a_job_outlives_the_program_that_started_it(workplace: Workplace) -> None:
    code = (
        "import trainer.jobs, trainer.jobs.processes as processes, trainer.jobs.places as places, trainer\n"
        "processes.WORKER = 'stand_in_worker'\n"
        f"places.JOBS = {__import__('trainer.jobs.places').jobs.places.JOBS!r}\n"
        f"store = trainer.open_store({str(workplace.store.location)!r})\n"
        "from trainer.jobs.request import TrainingRequest\n"
        "from trainer.jobs.starting import start_job\n"
        "print(start_job(TrainingRequest('digits', model='slow', experiment='e'), store=store).id)"
    )
    root = str(__import__("pathlib").Path(__file__).parents[3])
    path = os.pathsep.join([root, os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    job = get_job(done.stdout.strip(), store=workplace.store)

    workplace.wait_until(lambda: job.progress is not None)
    assert job.status is JobStatus.RUNNING


def test_a_job_is_found_by_the_beginning_of_its_id(workplace: Workplace) -> None:
    job = workplace.start("quick")
    job.wait(_SECONDS)

    assert get_job(job.id[:5], store=workplace.store).id == job.id
    with pytest.raises(NotFoundError, match="modelruns jobs list"):
        get_job("zzz", store=workplace.store)
    with pytest.raises(NotFoundError):
        get_job("", store=workplace.store)


def test_jobs_are_listed_though_one_is_deleted_meanwhile(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, deleted = workplace.start("bad-1"), workplace.start("bad-2")
    for job in (kept, deleted):
        with pytest.raises(JobFailedError):
            job.wait(_SECONDS)

    def look_and_delete(**options: object) -> tuple[trainer.JobState, ...]:
        states = look_at_jobs(**options)  # type: ignore[arg-type]
        deleted.delete()
        return states

    with monkeypatch.context() as patch:
        patch.setattr("trainer.jobs.finding.look_at_jobs", look_and_delete)
        listed = list_jobs(store=workplace.store)

    assert [job.id for job in listed] == [deleted.id, kept.id]


def test_only_jobs_that_have_not_ended_are_active(workplace: Workplace) -> None:
    ended, active = workplace.start("quick"), workplace.start("slow")
    ended.wait(_SECONDS)

    assert [job.id for job in list_jobs(store=workplace.store)] == [active.id, ended.id]
    assert [job.id for job in list_jobs(store=workplace.store, active_only=True)] == [active.id]


def test_a_job_of_a_store_that_may_only_be_read_is_left_alone(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = workplace.start("quick")
    ended.wait(_SECONDS)
    monkeypatch.setattr(type(workplace.store.location), "is_read_only", True)

    with pytest.raises(StoreError, match="may only be read"):
        ended.delete()

    assert ended.look().status is JobStatus.FINISHED


def test_what_a_job_cannot_do_any_more_is_refused(workplace: Workplace) -> None:
    ended, active = workplace.start("quick"), workplace.start("slow")
    ended.wait(_SECONDS)
    with pytest.raises(JobError, match="nothing to cancel"):
        ended.cancel()
    with pytest.raises(JobError, match="only jobs that failed or were killed"):
        ended.resume()
    with pytest.raises(JobError, match="Cancel it first"):
        active.delete()
    ended.delete()
    for ask in (ended.look, ended.wait, ended.cancel, ended.resume):
        with pytest.raises(JobError, match="was deleted"):
            ask()

    assert [job.id for job in list_jobs(store=workplace.store)] == [active.id]


def test_the_run_that_a_killed_process_was_writing_is_marked_as_failed(
    workplace: Workplace, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.jobs.looking.clean_up_after", clean_up_after)
    job = start_job(TrainingRequest("digits", model="recorder"), store=store)
    workplace.wait_until(lambda: "recording" in workplace.noted())
    workplace.kill(job)
    workplace.wait_until(lambda: job.status is JobStatus.FAILED)
    workplace.wait_until(lambda: store.runs("recorded", sealed_only=False)[0].state is RunState.FAILED)

    assert "ended without a word" in store.runs("recorded", sealed_only=False)[0].tags["trainer.error"]


def test_a_model_that_is_deleted_while_its_job_waits_is_not_made_anew(workplace: Workplace) -> None:
    from trainer.jobs.doing import train_as_asked

    model = trainer.create_model(
        "slow finder", trainer.Design(trainer.Task.DETECTION, ("cell",)), store=workplace.store
    )
    job = workplace.start("slow finder")
    trainer.delete_model(model, confirm="slow finder")
    request = TrainingRequest.from_json((job.folder.read(job.folder.request) or {})["request"])

    assert request.model_id == model.id
    with pytest.raises(trainer.NotFoundError, match="was deleted after this job was asked for"):
        train_as_asked(job.folder, request, report=lambda progress: None, should_stop=lambda: False)
    assert trainer.list_models(store=workplace.store) == []


def test_names_that_do_not_exist_are_refused_before_there_is_a_job(workplace: Workplace) -> None:
    with pytest.raises(NotFoundError, match="no project 'nowhere'"):
        start_training("nowhere", model="finder", store=workplace.store)

    assert list_jobs(store=workplace.store) == []
