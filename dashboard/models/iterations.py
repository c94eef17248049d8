"""A model's trainings: what each was made with and is worth, and their curves laid over each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import clock, iteration_loading, model_loading, training_charts
from dashboard.models import iteration, noting, times
from dashboard.models.tables import height_of
from dashboard.models.tasks import SCORED_BY
from trainer.micro_models.iterations import number_of
from trainer.micro_models.micro_model import MicroModel
from trainer.store import RunEntry

_MOST_DRAWN: Final = 10
_LOGARITHMIC: Final = "logarithmic"


def render(model: MicroModel, open_comparison: Callable[[str, str], None]) -> None:
    """Draw the table, the curves, and what there is to do with one or two of the iterations."""
    entries = model_loading.iterations(model.id)
    if not entries:
        st.write(
            "This model was not trained yet. Start a training on the **Train** tab; each is kept here, with its curve, "
            "its scores and its weights."
        )
        return
    ticked = _draw_table(entries)
    offer_comparison([entries[i] for i in ticked], open_comparison)
    _draw_curves(model, entries, ticked)
    iteration.render(model, entries, chosen=ticked)


def _draw_table(entries: Sequence[RunEntry]) -> list[int]:
    """Draw the newest on top, and return the numbers of the ticked ones in `entries`, rising."""
    newest_first = list(range(len(entries)))[::-1]
    table = pd.DataFrame([_line(entries, i) for i in newest_first])
    event = st.dataframe(
        table.dropna(axis="columns", how="all"),
        hide_index=True,
        width="stretch",
        height=height_of(len(entries)),
        on_select="rerun",
        selection_mode="multi-row",
        column_config=_columns(),
        placeholder="",
        key=f"iterations_{hash(tuple(entry.id for entry in entries))}",
    )
    return sorted(newest_first[line] for line in event.selection.rows)


def _line(entries: Sequence[RunEntry], i: int) -> dict[str, Any]:
    entry = entries[i]
    facts = model_loading.facts(entry)
    return {
        "No.": _number(entries, i),
        "Name": entry.name,
        "Status": "stopped" if entry.status == "killed" else entry.standing,
        "Started": clock.local(entry.created),
        "Duration": times.say_seconds((entry.finished - entry.created).total_seconds()) if entry.finished else None,
        **facts,
        "Notes": noting.notes_of(entry) or None,
    }


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "No.": number(width=50),
        "Started": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        "Rows": number(format="localized", help="How many rows it trained on."),
        "Last loss": number(format="%.4f", help="Of the last step."),
        "Validation": number(format="%.3f", help="The last score on validation rows while it trained."),
        **{title: number(format="%.3f") for title in model_loading.MEASURED.values()},
    }


def offer_comparison(chosen: Sequence[RunEntry], open_comparison: Callable[[str, str], None]) -> None:
    """Draw the button that compares two finished iterations, oldest first; what to tick, where it is not two."""
    sealed = [entry for entry in chosen if entry.is_sealed]
    if len(sealed) == 2:
        baseline, candidate = sealed
        if st.button(
            f"Compare {candidate.name} against {baseline.name}", type="primary", icon=":material/compare_arrows:"
        ):
            open_comparison(baseline.id, candidate.id)
        return
    st.caption(
        "Tick iterations to draw only their curves; tick two finished ones to compare them, the older as the baseline."
    )


def _draw_curves(model: MicroModel, entries: Sequence[RunEntry], ticked: Sequence[int]) -> None:
    trained = [i for i, entry in enumerate(entries) if entry.is_sealed]
    chosen = [i for i in ticked if entries[i].is_sealed]
    shown = chosen or trained[-_MOST_DRAWN:]
    told = [(i, story) for i in shown if (story := iteration_loading.story(entries[i].id))]
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown("##### Loss" + _say_which(len(shown), ticked=bool(chosen), trained=len(trained)))
    with right.container(horizontal=True, horizontal_alignment="right"):
        logarithmic = st.toggle("Logarithmic", key=_LOGARITHMIC, bind="query-params")
    losses = [
        iteration_loading.loss_curve(story, name=entries[i].name, number=_number(entries, i)) for i, story in told
    ]
    figure = training_charts.draw_losses(losses, logarithmic=logarithmic)
    st.plotly_chart(figure, width="stretch", key="losses", config=training_charts.PLOTLY_CONFIG)
    st.markdown("##### Score on validation rows while it trained")
    scores = [
        iteration_loading.score_curve(story, name=entries[i].name, number=_number(entries, i)) for i, story in told
    ]
    epochs = training_charts.last_epoch(losses)
    figure = training_charts.draw_scores(scores, score=SCORED_BY[model.design.task], epochs=epochs)
    st.plotly_chart(figure, width="stretch", key="scores", config=training_charts.PLOTLY_CONFIG)


def _number(entries: Sequence[RunEntry], i: int) -> int:
    """The how manieth iteration it is; its place in the list where the run does not say so."""
    return number_of(entries[i]) or i + 1


def _say_which(drawn: int, *, ticked: bool, trained: int) -> str:
    if ticked:
        return f" of the {drawn:,} ticked" if drawn > 1 else " of the ticked iteration"
    return f" of the newest {drawn:,} of {trained:,} finished iterations" if drawn < trained else ""
