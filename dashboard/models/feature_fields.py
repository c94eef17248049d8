"""Choosing a new model's features, in their order: from the ontology of a project, or typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard import model_loading
from dashboard.models.wording import plain
from trainer.micro_models.feature_mapping import kinds_that_fit
from trainer.records.design import Design, Task
from trainer.records.ontology import Feature, Kind, Ontology

_FROM_PROJECT, _TYPED = "From a project", "Typed"
_ORDER_HELP: Final = "In the order in which you choose them; output 1 of the network is the first. It never changes."


@dataclass(frozen=True, slots=True)
class ChosenFeatures:
    """What a reader chose.

    Attributes:
        names: In order.
        several: For classification: whether several can hold at once.
        painted: For detection and segmentation together: those that are painted.
    """

    names: tuple[str, ...]
    several: bool = False
    painted: tuple[str, ...] = ()


def choose(task: Task) -> ChosenFeatures:
    """Draw the fields and return what they hold; nothing is checked, so that a reader can go step by step."""
    projects = model_loading.projects()
    source = _TYPED
    if projects:
        source = st.segmented_control(
            "Take features", [_FROM_PROJECT, _TYPED], default=_FROM_PROJECT, required=True, key="new_model_source",
            persist_state="page",
        )  # fmt: skip
    if source == _TYPED:
        return _with_painted(task, _typed(task))
    project = st.selectbox("Project", projects, key="new_model_project", persist_state="page")
    ontology = model_loading.version(project).snapshot.ontology
    if task is Task.CLASSIFICATION:
        return _from_question(project, ontology)
    return _with_painted(task, _from_shapes(task, project, ontology))


def _typed(task: Task) -> ChosenFeatures:
    text = st.text_area(
        "Features, in order",
        key="new_model_typed",
        height=100,
        placeholder="One a line",
        help=_ORDER_HELP,
        persist_state="page",
    )
    names = tuple(line.strip() for line in text.splitlines() if line.strip())
    several = task is Task.CLASSIFICATION and st.toggle(
        "Several can hold at once",
        key="new_model_several",
        help="On: any number of features can hold for a picture. Off: exactly one does.",
        persist_state="page",
    )
    return ChosenFeatures(names, several)


def _from_question(project: str, ontology: Ontology) -> ChosenFeatures:
    questions = {path: feature for path, feature in ontology.walk() if feature.kind in (Kind.RADIO, Kind.CHECKLIST)}
    if not questions:
        st.warning(
            f"Project {plain(project)} asks no question about whole pictures (a radio or a checklist). "
            "Type the features."
        )
        return ChosenFeatures(())
    question = st.selectbox("Question", list(questions), key=f"new_model_question_{project}", persist_state="page")
    asked = questions[question]
    options = [child.name for child in asked.children if child.kind is Kind.OPTION]
    names = _choose_in_order(
        options, f"new_model_options_{project}_{question}", default=options, label="Answers, in order"
    )
    several = asked.kind is Kind.CHECKLIST
    st.caption("A checklist: any number of answers can hold." if several else "A radio: exactly one answer holds.")
    return ChosenFeatures(names, several)


def _from_shapes(task: Task, project: str, ontology: Ontology) -> ChosenFeatures:
    fitting, others = _split_by_fit(task, ontology)
    if not fitting:
        st.warning(f"Project {plain(project)} has no feature for this task; it has {plain(_listed(others))}.")
        return ChosenFeatures(())
    names = _choose_in_order(
        fitting, f"new_model_features_{project}_{task}", default=fitting, label="Features, in order"
    )
    if others:
        st.caption(f"Not for this task: {plain(_listed(others))}.")
    return ChosenFeatures(names)


def _split_by_fit(task: Task, ontology: Ontology) -> tuple[list[str], list[Feature]]:
    # Of a model that finds and paints, what is painted is chosen later: at first all that can be found fits.
    kinds = kinds_that_fit(Design(Task.DETECTION if task is Task.DETECTION_AND_SEGMENTATION else task, ("any",)), "any")
    walked = [(path, feature) for path, feature in ontology.walk() if feature.kind is not Kind.OPTION]
    return [path for path, feature in walked if feature.kind in kinds], [
        feature for _, feature in walked if feature.kind not in kinds
    ]


def _with_painted(task: Task, chosen: ChosenFeatures) -> ChosenFeatures:
    if task is not Task.DETECTION_AND_SEGMENTATION:
        return chosen
    painted = st.multiselect(
        "Painted features",
        chosen.names,
        key="new_model_painted",
        placeholder="Those of the features that are painted; the others are found as boxes",
        help="At least one feature is painted and at least one is found. Painting is learned from polygons and masks.",
        persist_state="page",
    )
    return ChosenFeatures(chosen.names, chosen.several, tuple(name for name in chosen.names if name in painted))


def _choose_in_order(options: list[str], key: str, *, default: list[str], label: str) -> tuple[str, ...]:
    chosen = st.multiselect(
        label, options, default, key=key, help=_ORDER_HELP, placeholder="Choose in order", persist_state="page"
    )
    return tuple(chosen)


def _listed(features: list[Feature]) -> str:
    return ", ".join(f"{feature.name} ({feature.kind})" for feature in features) or "no features at all"
