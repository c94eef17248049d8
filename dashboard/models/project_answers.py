"""The run that a model makes of a project: how far it is, and where it leads when it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from dashboard import loading, model_loading
from dashboard.models import accepting, times
from dashboard.models.wording import plain
from dashboard.numbers import TITLES
from dashboard.project_run import ProjectRun
from dashboard.project_runs import board
from trainer.measures.number_names import word_of
from trainer.records.wording import count
from trainer.store import RunEntry

_EVERY: Final = "1s"
_MOST_NUMBERS: Final = 4


def show(model_id: str, open_comparison: Callable[[str, str], None]) -> None:
    """Draw what a model was asked last about a project, if it was.

    Args:
        model_id: The model.
        open_comparison: Leads to the comparison of two runs, given the ids of the baseline and the candidate.
    """
    held = board().run_of(model_id)
    if held is None:
        st.caption(
            "What the model says about every row is kept as a model run, to be compared, measured and accepted. It is "
            "no iteration of the model. It goes on when you leave this page, and ends with the dashboard."
        )
    elif held.is_running:
        st.fragment(_draw_waiting, run_every=_EVERY)(held)
    elif held.error:
        st.error(plain(held.error))
        _offer_forgetting(held, "It has made no run.")
    else:
        _draw_run(held, open_comparison)


def say_progress(held: ProjectRun) -> str:
    """What stands on the bar while a model looks."""
    stage, done, total = held.progress
    waited = times.say_seconds(held.seconds)
    return f"{stage.capitalize()} · {done:,} of {total:,} · {waited}" if total else f"Loading the model · {waited}"


def _draw_waiting(held: ProjectRun) -> None:
    if not held.is_running:
        model_loading.forget()
        loading.runs_of.clear()
        loading.experiments.clear()
        st.rerun()
    _, done, total = held.progress
    st.markdown(f"**{plain(_place(held))}**")
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.progress(min(1.0, done / max(1, total)), text=say_progress(held))
    if right.button("Stop", width="stretch", help="Its run is not kept."):
        board().clear(held.question.model)
        st.rerun()


def _draw_run(held: ProjectRun, open_comparison: Callable[[str, str], None]) -> None:
    facts = held.facts
    st.markdown(f"##### {plain(facts['name'])}")
    st.caption(plain(_say_facts(facts)))
    _draw_numbers(facts["headline"])
    runs = loading.runs_of(held.question.experiment)
    entry = next((run for run in runs if run.id == facts["run"]), None)
    if entry is None:
        st.write("The run was deleted since.")
        _offer_forgetting(held, "There is nothing to see of it.")
        return
    _offer_comparison(entry, [run for run in runs if run.id != entry.id], open_comparison)
    with st.container(horizontal=True):
        if st.button(
            "Accept predictions", icon=":material/task_alt:", help="Make what it found truth of a project.",
            key=f"accept_{entry.id}",
        ):  # fmt: skip
            accepting.ask(entry)
        _offer_forgetting(held, "The run stays, and is listed on the Runs page.")


def _say_facts(facts: dict[str, Any]) -> str:
    by = model_loading.run_name(facts["predicted_by"])
    rows, predictions = count(facts["rows"], "row"), count(facts["predictions"], "prediction")
    return f"Predicted by {by} · {rows} of {facts['data']} · {predictions}"


def _draw_numbers(headline: dict[str, float | None]) -> None:
    known = [(TITLES.get(word_of(name), name), value) for name, value in headline.items() if value is not None]
    if not known:
        st.caption("Without truth on these rows there is nothing to measure it by.")
        return
    with st.container(horizontal=True):
        for title, value in known[:_MOST_NUMBERS]:
            st.metric(title, f"{value:.3f}", border=True, width=140)


def _offer_comparison(entry: RunEntry, others: list[RunEntry], open_comparison: Callable[[str, str], None]) -> None:
    if not others:
        st.caption("Another run in this experiment makes a comparison.")
        return
    names = {run.id: run.name for run in others}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    baseline = left.selectbox("Compare against", list(names), key=f"against_{entry.id}", format_func=names.__getitem__)
    if right.button("Compare", type="primary", icon=":material/compare_arrows:", key=f"compare_{entry.id}"):
        open_comparison(baseline, entry.id)


def _offer_forgetting(held: ProjectRun, meaning: str) -> None:
    if st.button("Close", help=meaning, key="close_project_run"):
        board().clear(held.question.model)
        st.rerun()


def _place(held: ProjectRun) -> str:
    return f"{held.question.experiment}/{held.question.name}"
