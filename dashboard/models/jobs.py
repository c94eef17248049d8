"""Trainings that wait, run or have ended: how far they are, stopping them, going on with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from dashboard import clock, live_loading, model_loading
from dashboard.loading import store
from dashboard.models import live_curves, place, repeating, times
from dashboard.models.wording import plain
from trainer.jobs import JobProgress, JobState, JobStatus, get_job
from trainer.micro_models.micro_model import MicroModel
from trainer.records.errors import ModelrunsError

_EVERY: Final = "2s"
_WATCHED: Final = "watched_jobs"
_MOST_IN_STRIP: Final = 3
_MOST_ENDED: Final = 20
_COLOURS: Final = {
    JobStatus.SCHEDULED: "gray",
    JobStatus.RUNNING: "blue",
    JobStatus.FINISHED: "green",
    JobStatus.FAILED: "red",
    JobStatus.KILLED: "orange",
}


def render_strip(*, without: MicroModel | None = None) -> None:
    """Draw a line for each job that has not ended, and tell of those that ended since.

    Args:
        without: A model whose jobs are drawn elsewhere on the page.
    """
    for notice in model_loading.take_notices():
        st.toast(notice, duration="long")
    active = [job for job in model_loading.jobs() if not job.status.is_final]
    watch = st.fragment(_draw_strip, run_every=_EVERY if active else None)
    watch([] if without is None else [without.id, without.title])


def render(model: MicroModel) -> None:
    """Draw all jobs of a model, those that have not ended first."""
    own = model_loading.jobs_of(model)
    if not own:
        st.write("No training of this model was started on this machine. Start one on the **Train** tab.")
        return
    active = any(not job.status.is_final for job in own)
    st.fragment(_draw_all, run_every=_EVERY if active else None)(model)


def _draw_strip(hidden: Sequence[str]) -> None:
    jobs = model_loading.jobs()
    _notice_ends(jobs)
    active = [job for job in reversed(jobs) if not job.status.is_final and job.model not in hidden]
    if not active:
        return
    with st.container(border=True, gap="small"):
        for job in active[:_MOST_IN_STRIP]:
            left, middle, right = st.columns([3, 7, 1], vertical_alignment="center")
            left.markdown(f"**{plain(_title(job))}**")
            with middle:
                _draw_progress(job)
            with right.container(horizontal=True, horizontal_alignment="right"):
                _offer_stop(job, where="strip")
        if len(active) > _MOST_IN_STRIP:
            st.caption(f"{len(active) - _MOST_IN_STRIP:,} more trainings run or wait.")


def _draw_all(model: MicroModel) -> None:
    jobs = model_loading.jobs_of(model)
    for job in reversed([job for job in jobs if not job.status.is_final]):
        with st.container(border=True, gap="xsmall"):
            _draw_head(job, lambda job=job: _offer_stop(job, where="tab"))  # type: ignore[misc]
            _draw_progress(job)
            _draw_curves(job, model)
    ended = [job for job in jobs if job.status.is_final]
    for job in ended[:_MOST_ENDED]:
        with st.container(border=True, gap="xsmall"):
            _draw_head(job, lambda job=job: _offer_rest(job))  # type: ignore[misc]
            _draw_end(job)
            _offer_curves(job, model)
    if len(ended) > _MOST_ENDED:
        st.caption(f"The {_MOST_ENDED} newest of {len(ended):,} ended trainings.")


def _notice_ends(jobs: Sequence[JobState]) -> None:
    """Keep a word for each job that ended since the last look, and draw the whole page anew: it has a new iteration."""
    now = {job.id: job for job in jobs}
    watched: set[str] = st.session_state.setdefault(_WATCHED, set())
    ended = [now[job_id] for job_id in watched if job_id in now and now[job_id].status.is_final]
    st.session_state[_WATCHED] = {job.id for job in jobs if not job.status.is_final}
    if ended:
        for job in ended:
            model_loading.say_later(f"**{plain(_title(job))}**: {_say_end(job)}")
        model_loading.forget()
        st.rerun()


def _draw_head(job: JobState, offer: Callable[[], None]) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(_title(job))}**", width="content")
        st.badge(_status(job), color=_COLOURS[job.status])  # type: ignore[arg-type]
    with right.container(horizontal=True, horizontal_alignment="right"):
        offer()
    st.caption(_facts(job))


def _draw_progress(job: JobState) -> None:
    share = 0.0 if job.progress is None or not job.progress.steps else job.progress.step / job.progress.steps
    st.progress(min(max(share, 0.0), 1.0), text=say_progress(job))


def _draw_end(job: JobState) -> None:
    if job.run and job.repeats:
        st.markdown(f"{_name_of(job.repeats)} trained again: {repeating.say_outcome_of(job.run)}")
    if not job.error:
        return
    (st.error if job.status is JobStatus.FAILED else st.caption)(plain(job.error))
    if job.traceback:
        with st.expander("Where it failed"):
            st.code(job.traceback, language="python")


def _draw_curves(job: JobState, model: MicroModel) -> None:
    curves = live_loading.curves_of_job(job)
    if curves is not None and len(curves.losses):
        live_curves.draw(curves, model.design.task, key=f"live_{job.id}", goes_on=not job.status.is_final)


def _offer_curves(job: JobState, model: MicroModel) -> None:
    """Of a training that broke off; those of one that finished are among the iterations."""
    if job.status is JobStatus.FINISHED or job.progress is None or job.progress.run is None:
        return
    shown = st.expander("Curves until then", key=f"curves_{job.id}", on_change="rerun")
    if shown.open:
        with shown:
            _draw_curves(job, model)


def say_progress(job: JobState) -> str:
    """What stands on the bar of a job that has not ended."""
    if job.cancelling:
        return "Stopping at the end of this step"
    if job.status is JobStatus.SCHEDULED:
        return "Waiting for its turn" + (f": {job.ahead} before it" if job.ahead else "")
    return "Starting" if job.progress is None else " · ".join(_progress_parts(job.progress))


def _progress_parts(progress: JobProgress) -> list[str]:
    parts = [progress.stage.capitalize()]
    if progress.epoch is None:  # the last loss and score are still known while it predicts, where they say nothing
        parts += [f"{progress.step:,} of {progress.steps:,}"] if progress.steps else []
    else:
        parts.append(f"epoch {progress.epoch} of {progress.epochs}")
        parts += [] if progress.loss is None else [f"loss {progress.loss:.3f}"]
        parts += [] if progress.score is None else [f"validation score {progress.score:.3f}"]
    if progress.seconds_left is not None:
        parts.append(f"{times.say_seconds(progress.seconds_left)} left")
    return parts


def _offer_stop(job: JobState, *, where: str) -> None:
    with st.popover("Stop", disabled=job.cancelling, key=f"stop_{where}_{job.id}"):
        st.write(
            "Stop this training? It ends after the present step; its checkpoint is kept, so that it can go on later."
        )
        if st.button("Stop training", type="primary", key=f"stop_now_{where}_{job.id}"):
            _act(lambda: get_job(job.id, store=store()).cancel())


def _offer_rest(job: JobState) -> None:
    label = "What it repeats" if job.repeats else "Its iteration"
    if job.run and st.button(label, key=f"open_{job.id}", help="Curves, scores and weights."):
        place.go_to_tab(place.ITERATIONS)
        st.rerun()
    if job.status is not JobStatus.FINISHED and st.button(
        "Resume", key=f"resume_{job.id}", help="Go on from the last checkpoint, if there is one."
    ):
        _act(lambda: get_job(job.id, store=store()).resume())
    with st.popover("Delete record", key=f"delete_{job.id}"):
        kept = "The iteration it made stays." if job.run else "Its checkpoint goes with it: it cannot be resumed then."
        st.write(f"Delete the record of this training and its log? {kept}")
        if st.button(":red[Delete]", icon=":material/delete:", key=f"delete_now_{job.id}"):
            _act(lambda: get_job(job.id, store=store()).delete())


def _act(change: Callable[[], None]) -> None:
    try:
        change()
    except ModelrunsError as error:
        st.error(plain(str(error)))
        return
    model_loading.forget()
    st.rerun()


def _title(job: JobState) -> str:
    if job.run:
        return model_loading.run_name(job.run)
    return job.name or model_loading.titles().get(job.model, job.model)


def _name_of(run_id: str) -> str:
    return plain(model_loading.run_name(run_id))


def _status(job: JobState) -> str:
    return "stopping" if job.cancelling else "stopped" if job.status is JobStatus.KILLED else str(job.status)


def _facts(job: JobState) -> str:
    facts = [
        *([f"{model_loading.run_name(job.repeats)} again"] if job.repeats else []),
        f"on {job.data}",
        f"{'asked for' if job.started is None else 'started'} {clock.say_moment(job.started or job.created)}",
    ]
    if job.started:
        worked = times.say_seconds(((job.ended or datetime.now(UTC)) - job.started).total_seconds())
        facts.append(f"took {worked}" if job.ended else f"running for {worked}")
    if job.attempt > 1:
        facts.append(f"attempt {job.attempt}")
    return plain(" · ".join([*facts, f"job {job.id}"]))


def _say_end(job: JobState) -> str:
    if job.status is JobStatus.FINISHED:
        again = repeating.say_outcome_of(job.run) if job.run and job.repeats else ""
        return f"the training has finished; {again}" if again else "the training has finished."
    return "the training was stopped." if job.status is JobStatus.KILLED else "the training failed; see **Jobs**."
