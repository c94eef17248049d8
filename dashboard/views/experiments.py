"""An experiment's runs: headline scores, status, and the two to compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import clock, loading
from dashboard.model_loading import ERROR_TAG
from dashboard.numbers import TITLES
from trainer.measures.measuring import listed_numbers
from trainer.measures.number_names import in_words
from trainer.runs.lineage import title_in
from trainer.store import RunEntry

_EXPERIMENT = "runs_experiment"
_MOST_FAILED = 3
_ONLY_WHERE_KNOWN = ("Model", "MLflow")


def render(open_comparison: Callable[[str, str], None]) -> None:
    """Draw the page.

    Args:
        open_comparison: Leads to the comparison of two runs, given the ids of the baseline and the candidate.
    """
    experiments = [entry for entry in loading.experiments() if entry.runs]
    if not experiments:
        st.subheader("No model run yet")
        st.write(
            "Make one with `modelruns demo`, `modelruns train` or `modelruns log`; it appears here when it is sealed."
        )
        return
    experiment = st.selectbox("Experiment", [entry.name for entry in experiments], key=_EXPERIMENT, width=360)
    runs = loading.runs_of(experiment, sealed_only=False)
    shown = {name: TITLES[name] for name in listed_numbers(runs)}
    table = pd.DataFrame([_line(run, shown) for run in runs])
    table = table.drop(columns=[name for name in _ONLY_WHERE_KNOWN if table[name].isna().all()])
    event = st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        placeholder="",
        on_select="rerun",
        selection_mode="multi-row",
        column_config=_columns(shown),
        key=f"runs_table_{hash(tuple(run.id for run in runs))}",  # ticks are positions: another list, another table
    )
    _offer_comparison([runs[i] for i in event.selection.rows], open_comparison)
    _tell_dead([run for run in runs if run.is_dead])
    _tell_failed([run for run in runs if run.status == "failed"])


def _line(run: RunEntry, shown: Mapping[str, str]) -> dict[str, Any]:
    known = in_words(run.metrics)
    scores = {title: known.get(name) for name, title in shown.items()}
    return {
        "Run": run.name,
        **scores,
        "Model": title_in(run.tags),
        "Status": run.standing,
        "Created": clock.local(run.created),
        "MLflow": loading.mlflow_link(run),
    }


def _columns(shown: Mapping[str, str]) -> dict[str, Any]:
    score = {
        title: st.column_config.ProgressColumn(title, min_value=0, max_value=1, format="%.3f", width="small")
        for title in shown.values()
    }
    return {
        "Run": st.column_config.TextColumn("Run", width="medium"),
        **score,
        "Created": st.column_config.DatetimeColumn("Created", format="D MMM YYYY, HH:mm"),
        "MLflow": st.column_config.LinkColumn("Raw artefacts", display_text="MLflow"),
    }


def _tell_dead(runs: Sequence[RunEntry]) -> None:
    for run in runs:
        with st.container(border=True, gap="xsmall"):
            _head(run, color="orange")
            st.text(f"It seems to be dead: {run.explain_death()}")  # which may hold signs of Markdown
            st.caption("`modelruns doctor --repair` ends it, and its name becomes free.")


def _tell_failed(runs: Sequence[RunEntry]) -> None:
    for run in runs[:_MOST_FAILED]:
        told = run.tags.get(ERROR_TAG, "").strip()
        with st.container(border=True, gap="xsmall"):
            _head(run, color="red")
            st.text(told.splitlines()[-1].strip() if told else "It does not say why.")
            if told:
                with st.expander("Where it failed", key=f"failure_{run.id}"):
                    st.code(told, language="python")


def _head(run: RunEntry, *, color: Literal["orange", "red"]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(run.name, width="content")
        st.badge(run.standing, color=color)


def _offer_comparison(chosen: list[RunEntry], open_comparison: Callable[[str, str], None]) -> None:
    sealed = [run for run in chosen if run.is_sealed]
    if len(sealed) != 2:
        st.caption("Tick two sealed runs to compare them: the older one becomes the baseline.")
        return
    baseline, candidate = sorted(sealed, key=lambda run: run.created)
    if st.button(f"Compare {candidate.name} against {baseline.name}", type="primary"):
        open_comparison(baseline.id, candidate.id)
