"""The line above every view: which runs, which rows."""

from __future__ import annotations

import streamlit as st

from dashboard import loading
from dashboard.address import change_selection, current_selection, set_selection
from dashboard.selection import SPLITS, Selection
from trainer.records.errors import ModelrunsError
from trainer.store import RunEntry, RunKind

_CANDIDATE = "toolbar_candidate"
_BASELINE = "toolbar_baseline"
_EXPERIMENT = "toolbar_experiment"
_SPLIT = "toolbar_split"


def choose() -> Selection | None:
    """Draw the line and return a selection whose runs exist, or None when there are no two runs to compare."""
    all_experiments = [entry for entry in loading.experiments() if entry.runs]
    if not all_experiments:
        _say_how_to_begin()
        return None
    selection = current_selection()
    experiment = _experiment_of(selection) or all_experiments[0].name
    runs = loading.runs_of(experiment)
    selection = _with_runs(selection, runs)
    columns = st.columns([2, 3, 3, 2], vertical_alignment="bottom")
    names = [entry.name for entry in all_experiments]
    with columns[0]:
        st.session_state[_EXPERIMENT] = experiment
        st.selectbox("Experiment", names, key=_EXPERIMENT, on_change=_change_experiment)
    if not selection.baseline:
        st.info(f"Experiment {experiment} has one run. A second one makes a comparison.", icon=None)
        return None
    with columns[1]:
        _choose_run("Compare against (baseline)", _BASELINE, selection.baseline, runs)
    with columns[2]:
        _choose_run("Candidate", _CANDIDATE, selection.candidate, runs)
    with columns[3]:
        try:
            return _choose_split(selection)
        except ModelrunsError as error:
            reason = str(error)
    st.error(reason)
    return None


def _experiment_of(selection: Selection) -> str | None:
    """The experiment of the runs that the URL names; None when it names none that exists."""
    for run_id in (selection.candidate, selection.baseline):
        if run_id:
            try:
                opened = loading.run(run_id)
            except ModelrunsError as error:
                st.warning(f"{error} The newest runs are shown instead.")
            else:
                if opened.stored.kind is RunKind.MODEL_RUN:
                    return opened.stored.experiment
                st.warning(f"{run_id} is a data version, not a model run. The newest runs are shown instead.")
    return None


def _with_runs(selection: Selection, runs: list[RunEntry]) -> Selection:
    """Fill in what the URL leaves open: the newest run against the one before it."""
    known = [run.id for run in runs]
    candidate = selection.candidate if selection.candidate in known else known[0]
    others = [run_id for run_id in known if run_id != candidate]
    # A run may be compared with itself where a reader asks for it; only the default avoids it.
    baseline = selection.baseline if selection.baseline in known else next(iter(others), "")
    filled = selection.change(candidate=candidate, baseline=baseline)
    if selection.baseline not in ("", baseline) and candidate == selection.candidate:
        st.warning("The baseline of this address is no run of the candidate's experiment; another one is shown.")
    if selection.candidate not in ("", candidate):
        filled = filled.change(lasso="")  # a region drawn on another run's projection means nothing here
    if filled != selection:
        set_selection(filled)
    return filled


def _choose_run(label: str, key: str, chosen: str, runs: list[RunEntry]) -> None:
    names = {run.id: run.name for run in runs}
    st.session_state[key] = chosen
    st.selectbox(label, list(names), key=key, format_func=names.__getitem__, on_change=_change_runs)


def _choose_split(selection: Selection) -> Selection:
    pair = loading.pair(selection.baseline, selection.candidate)
    sizes = {split: int(pair.rows_of(split).sum()) for split in SPLITS}
    options = [split for split in SPLITS if sizes[split]]
    split = selection.split if selection.split in options else pair.default_split
    st.session_state[_SPLIT] = split
    st.selectbox(
        "Rows",
        options,
        key=_SPLIT,
        format_func=lambda name: f"{name} ({sizes[name]:,})",
        on_change=lambda: change_selection(split=st.session_state[_SPLIT]),
        help="Numbers on training rows flatter the model: it has seen them.",
    )
    return selection.change(split=split)


def _change_experiment() -> None:
    # How things are looked at stays; what was looked at is of the other experiment.
    same_look = current_selection().change(baseline="", candidate="", split="", lasso="", row="")
    set_selection(_with_runs(same_look, loading.runs_of(st.session_state[_EXPERIMENT])))


def _change_runs() -> None:
    # A lasso belongs to the candidate's projection and means nothing on another one.
    moved = st.session_state[_CANDIDATE] != current_selection().candidate
    change_selection(
        baseline=st.session_state[_BASELINE],
        candidate=st.session_state[_CANDIDATE],
        **({"lasso": ""} if moved else {}),
    )


def _say_how_to_begin() -> None:
    st.subheader("No model run yet")
    st.write("Every run that is trained or logged appears here. Three ways to make the first:")
    st.code(
        "modelruns demo                                          # two small detectors on handwritten digits\n"
        "modelruns log street --name first --truth instances.json --predictions results.json\n"
        "modelruns import cells path/to/cells --format voc && modelruns train cells --model a --experiment cells",
        language="bash",
    )
