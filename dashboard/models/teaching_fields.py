"""Choosing what a model learns from: projects, and which of their features teach which of the model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import model_loading
from dashboard.models.tables import height_of
from dashboard.models.wording import plain
from trainer.micro_models.feature_mapping import kinds_that_fit, map_by_name
from trainer.micro_models.micro_model import MicroModel
from trainer.projects import DataVersion
from trainer.records.split import Split

_MOST_OPEN: Final = 10
_NEWEST: Final = ""


@dataclass(frozen=True)
class Teaching:
    """What a reader chose.

    Attributes:
        mapping: From project, or ``project@version``, to path of its ontology to the model features that its
            annotations teach.
        counts: For each feature of the model the annotations on training rows that teach it.
        training_rows: Training rows of all chosen projects.
    """

    mapping: Mapping[str, Mapping[str, Sequence[str]]]
    counts: Mapping[str, int]
    training_rows: int

    def problems(self, *, least: int) -> list[str]:
        """Why no training can begin, in sentences; empty where one can.

        Args:
            least: Fewest annotations of each feature.
        """
        if not self.mapping:
            return ["Choose a project to learn from."]
        found = [] if self.training_rows else ["No chosen project has training rows. Split its rows first."]
        scarce = [f"{name} ({count:,})" for name, count in self.counts.items() if count < least]
        if self.training_rows and scarce:
            found.append(f"Each feature needs {least:,} annotations on training rows; too few: {', '.join(scarce)}.")
        return found


def choose(model: MicroModel, *, key: str) -> Teaching:
    """Draw the fields and return what they hold."""
    projects = model_loading.projects()
    attached = [one.project for one in model_loading.attachments(model.id) if one.project in projects]
    chosen = st.multiselect(
        "Projects",
        projects,
        attached or _first_fitting(model, projects),
        key=f"{key}_projects",
        placeholder="Choose one or several",
        help="Rows of several projects are learned from together.",
        persist_state="session",
    )
    mapping, counts, rows = {}, dict.fromkeys(model.design.features, 0), 0
    for project in chosen:
        version, number, links = _choose_lesson(model, project, key=key)
        known = model_loading.annotation_counts(project, model.design.task, number)
        for name, paths in links.items():
            counts[name] += sum(known[path] for path in paths)
        mapping[project if number is None else f"{project}@{number}"] = _turned_around(links)
        rows += version.snapshot.rows.split_sizes().get(Split.TRAINING, 0)
    return Teaching(mapping, counts, rows)


def draw_counts(teaching: Teaching, *, least: int) -> None:
    """Draw how many annotations teach each feature; those with too few are marked."""
    if not teaching.mapping:
        return
    columns: dict[str, Any] = {
        "Feature": list(teaching.counts),
        "Annotations": list(teaching.counts.values()),
    }
    if any(count < least for count in teaching.counts.values()):
        columns["Enough?"] = ["" if count >= least else f"needs {least:,}" for count in teaching.counts.values()]
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        width="stretch",
        height=height_of(len(teaching.counts), most=8),
        column_config={
            "Annotations": st.column_config.NumberColumn(
                format="localized", help="That teach the feature, on training rows of the chosen projects."
            )
        },
    )


def _choose_lesson(
    model: MicroModel, project: str, *, key: str
) -> tuple[DataVersion, str | None, dict[str, list[str]]]:
    """A project's version, its name where it is not to be the newest, and for each feature the paths that teach it."""
    open_at_first = len(model.design.features) <= _MOST_OPEN
    with st.expander(plain(project), expanded=open_at_first):
        number = _choose_version(project, key=key)
        version = model_loading.version(project, number)
        st.caption(_say_rows(version))
        return version, number, _choose_links(model, version, key=key)


def _choose_version(project: str, *, key: str) -> str | None:
    """The name of a version; None for the one that is the newest when the training begins."""
    names = model_loading.versions(project)
    left, right = st.columns([2, 3], vertical_alignment="center")
    left.markdown("Data version")
    chosen = right.selectbox(
        f"Data version of {project}",
        [_NEWEST, *names],
        key=f"{key}_{project}_version",
        format_func=lambda name: name or f"The newest ({names[0]})",
        label_visibility="collapsed",
        persist_state="session",
    )
    return chosen or None


def _choose_links(model: MicroModel, version: DataVersion, *, key: str) -> dict[str, list[str]]:
    """For each feature of the model the paths that teach it."""
    ontology = version.snapshot.ontology
    given = _links_at_first(model, version)
    links = {}
    for name in model.design.features:
        kinds = kinds_that_fit(model.design, name)
        fitting = [path for path, feature in ontology.walk() if feature.kind in kinds]
        left, right = st.columns([2, 3], vertical_alignment="center")
        left.markdown(plain(name))
        links[name] = right.multiselect(
            f"Features of {version.project} that teach {name}",
            fitting,
            [path for path in given[name] if path in fitting],
            key=f"{key}_{version.project}_{name}",
            placeholder="taught by nothing here" if fitting else "nothing here fits the task",
            label_visibility="collapsed",
            persist_state="session",
        )
    return links


def _links_at_first(model: MicroModel, version: DataVersion) -> dict[str, list[str]]:
    """As the model is attached to the project, else by equal names."""
    attached = {one.project: one.mapping for one in model_loading.attachments(model.id)}
    known = attached.get(version.project) or map_by_name(model.design, version.snapshot.ontology)
    return {name: [known[name]] if name in known else [] for name in model.design.features}


def _first_fitting(model: MicroModel, projects: Sequence[str]) -> list[str]:
    """The last changed project that has all of the model's features; none where no project has."""
    for project in projects[:_MOST_OPEN]:
        if len(map_by_name(model.design, model_loading.version(project).snapshot.ontology)) == len(
            model.design.features
        ):
            return [project]
    return []


def _turned_around(links: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    turned: dict[str, list[str]] = {}
    for name, paths in links.items():
        for path in paths:
            turned.setdefault(path, []).append(name)
    return turned


def _say_rows(version: DataVersion) -> str:
    sizes = {split: count for split, count in version.snapshot.rows.split_sizes().items() if count}
    said = ", ".join(f"{count:,} {split}" for split, count in sizes.items()) or "no"
    return f"{version.name}: {said} rows"
