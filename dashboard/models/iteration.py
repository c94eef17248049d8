"""One iteration: its predictions and weights to use, the rows it trained on, its raw files, and deleting it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import iteration_loading, live_loading, loading, model_loading
from dashboard.models import accepting, live_curves, noting, repeating, times
from dashboard.models.deleting import offer_deletion
from dashboard.models.naming import names_of
from dashboard.models.wording import plain
from trainer.micro_models.micro_model import MicroModel
from trainer.records.wording import count
from trainer.store import RunEntry

_CHOSEN: Final = "iteration"
_EVERY: Final = "2s"
_WHY_NO_WEIGHTS: Final = {
    "running": "It is being trained; weights come when it is finished.",
    "failed": "Its training failed, so it holds no weights.",
    "killed": "Its training was stopped, so it holds no weights.",
    "dead": "Its training ended without a word, so it holds no weights.",
}


def render(model: MicroModel, entries: Sequence[RunEntry], *, chosen: Sequence[int]) -> None:
    """Draw the choice of an iteration, and what there is of it.

    Args:
        model: The model.
        entries: Its iterations, oldest first.
        chosen: Numbers of the ticked ones in `entries`; the newest of them is shown at first.
    """
    st.markdown("##### One iteration")
    entry = _choose(entries, chosen)
    noting.draw(entry)
    if entry.is_sealed:
        _offer_weights(entry)
        _show_training(entry)
        repeating.draw(model, entry)
    else:
        st.write(_WHY_NO_WEIGHTS.get(entry.standing, _WHY_NO_WEIGHTS["failed"]))
        if entry.is_dead:
            st.caption(plain(f"It seems to be dead: {entry.explain_death()}"))
        _show_error(entry)
        _show_curves(model, entry)
    if entry.standing != "running":
        with st.expander("Delete this iteration for ever", key=f"deletion_{entry.id}"):  # closed for each one anew
            offer_deletion(model, entry, called="iteration")


def _choose(entries: Sequence[RunEntry], chosen: Sequence[int]) -> RunEntry:
    newest_first = list(entries)[::-1]
    wanted = (
        entries[chosen[-1]] if chosen else next((entry for entry in newest_first if entry.is_sealed), newest_first[0])
    )
    key = f"{_CHOSEN}_{wanted.id}"  # another tick, another choice
    names = names_of(entries)
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        picked = st.selectbox(
            "Iteration",
            [entry.id for entry in newest_first],
            newest_first.index(wanted),
            key=key,
            format_func=names.__getitem__,
            label_visibility="collapsed",
        )
    entry = next(entry for entry in entries if entry.id == picked)
    with right.container(horizontal=True):
        if entry.is_sealed and st.button(
            "Accept predictions", icon=":material/task_alt:", help="Make what it found truth of a project."
        ):
            accepting.ask(entry)
        if entry.is_sealed:
            noting.offer(entry)
            repeating.offer(entry)
        link = loading.mlflow_link(entry)
        if link:
            st.link_button("Raw files in MLflow", link, icon=":material/open_in_new:")
    return entry


def _offer_weights(entry: RunEntry) -> None:
    files = iteration_loading.weight_files(entry.id)
    if not files:
        st.write("It holds no weights.")
        return
    with st.container(horizontal=True):
        for file in files:
            st.download_button(
                f"{file.title} ({_size(file.bytes)})",
                lambda file=file: file.path.read_bytes(),  # type: ignore[misc]
                file_name=f"{entry.name}-{file.path.name}",
                mime=file.mime,
                help=file.meaning,
                icon=":material/download:",
                on_click="ignore",
                key=f"download_{entry.id}_{file.path.name}",
            )


def _show_training(entry: RunEntry) -> None:
    told = iteration_loading.story(entry.id)
    if told is None:
        return
    step = f", {count(told.batch, 'picture')} a step" if told.batch else ""
    threads = f" with {count(told.threads, 'thread')}" if told.threads else ""
    facts = [f"{count(told.epochs, 'epoch')}{step}", f"{times.say_seconds(told.seconds)} on {told.device}{threads}"]
    if told.best_epoch is not None:
        facts.append(f"best on validation rows after epoch {told.best_epoch:,}")
    st.caption(" · ".join(facts))
    for note in told.notes:
        st.info(plain(note))
    with st.expander(f"The {count(len(told.rows), 'row')} it trained on"):
        st.dataframe(pd.DataFrame({"Row": told.rows}), hide_index=True, width="stretch", height=280)


def _show_error(entry: RunEntry) -> None:
    error = entry.tags.get(model_loading.ERROR_TAG, "").strip()
    if error:
        st.error(plain(error.splitlines()[-1]))
        with st.expander("Where it failed"):
            st.code(error, language="python")


def _show_curves(model: MicroModel, entry: RunEntry) -> None:
    """What a training has logged that is not finished, which is all there is of it."""
    draw = st.fragment(_draw_curves, run_every=_EVERY if entry.standing == "running" else None)
    draw(model, entry)


def _draw_curves(model: MicroModel, entry: RunEntry) -> None:
    curves = live_loading.curves_of_run(entry)
    if len(curves.losses):
        live_curves.draw(curves, model.design.task, key=f"live_{entry.id}", goes_on=entry.standing == "running")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
