"""Choosing what a model learns from: projects, and which of their features teach which of the model's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import model_loading
from dashboard.models import row_fields
from dashboard.models.tables import height_of
from dashboard.models.wording import plain
from trainer.micro_models.feature_mapping import kinds_that_fit, map_by_name
from trainer.micro_models.micro_model import MicroModel
from trainer.projects import DataVersion
from trainer.records.rows import Rows
from trainer.records.split import Split
from trainer.records.wording import count

_MOST_OPEN: Final = 10
_MOST_NAMED: Final = 5
_NEWEST: Final = ""
_HELD_OUT: Final = (Split.VALIDATION, Split.TEST)


@dataclass(frozen=True)
class Lesson:
    """What one project teaches.

    Attributes:
        project: Its name.
        number: Name of the data version; None for the one that is the newest when the training begins.
        version: That version.
        links: For each feature of the model the paths that teach it.
    """

    project: str
    number: str | None
    version: DataVersion
    links: Mapping[str, Sequence[str]]

    @property
    def reference(self) -> str:
        """As a training asks for it."""
        return self.project if self.number is None else f"{self.project}@{self.number}"


@dataclass(frozen=True)
class Teaching:
    """What a reader chose.

    Attributes:
        mapping: From project, or ``project@version``, to path of its ontology to the model features that its
            annotations teach.
        counts: For each feature of the model the annotations on training rows that teach it.
        training_rows: How many rows are trained on: those that are chosen, or all training rows of the projects.
        rows: Keys of the chosen rows, ``project/key`` where there are several projects; None for all training rows.
        unknown: Those of them that no project has.
        held_out: How many of them are validation or test rows.
    """

    mapping: Mapping[str, Mapping[str, Sequence[str]]]
    counts: Mapping[str, int]
    training_rows: int
    rows: tuple[str, ...] | None = None
    unknown: tuple[str, ...] = ()
    held_out: int = 0

    def problems(self, *, least: int) -> list[str]:
        """Why no training can begin, in sentences; empty where one can.

        Args:
            least: Fewest annotations of each feature.
        """
        if not self.mapping:
            return ["Choose a project to learn from."]
        if self.rows is not None and not self.rows:
            return ["Give the keys of the rows to train on, or take all training rows."]
        if self.unknown:
            return [self._say_unknown()]
        found = [] if self.training_rows else ["No chosen project has training rows. Split its rows first."]
        scarce = [f"{name} ({count:,})" for name, count in self.counts.items() if count < least]
        if self.training_rows and scarce:
            where = "training rows" if self.rows is None else "the chosen rows"
            found.append(f"Each feature needs {least:,} annotations on {where}; too few: {', '.join(scarce)}.")
        return found

    def _say_unknown(self) -> str:
        named = ", ".join(self.unknown[:_MOST_NAMED])
        rest = f" and {len(self.unknown) - _MOST_NAMED:,} more" if len(self.unknown) > _MOST_NAMED else ""
        called = " Of several projects a row is called project/key." if len(self.mapping) > 1 else ""
        return (
            f"{len(self.unknown):,} of {count(len(self.rows or ()), 'chosen row')} do not exist: {named}{rest}.{called}"
        )


def choose(model: MicroModel, *, key: str) -> Teaching:
    """Draw the fields and return what they hold."""
    projects = model_loading.projects()
    attached = [one.project for one in model_loading.attachments(model.id) if one.project in projects]
    chosen = st.multiselect(
        "Projects",
        projects,
        attached or _first_project(model, projects),
        key=f"{key}_projects",
        placeholder="Choose one or several",
        help="Rows of several projects are learned from together.",
        persist_state="session",
    )
    rows = row_fields.choose(key, several=len(chosen) > 1) if chosen else None
    lessons = [_choose_lesson(model, project, key=key) for project in chosen]
    return gather(model, lessons, rows)


def gather(model: MicroModel, lessons: Sequence[Lesson], rows: tuple[str, ...] | None) -> Teaching:
    """Put together what a reader chose, and count what teaches each feature.

    Args:
        model: The model that learns.
        lessons: Of each project.
        rows: Keys of the chosen rows; None for all training rows.
    """
    counts, taken, known, held_out = dict.fromkeys(model.design.features, 0), 0, set(), 0
    for lesson in lessons:
        own, prefix = lesson.version.snapshot.rows, f"{lesson.project}/" if len(lessons) > 1 else ""
        keys = None if rows is None else tuple(_keys_of(own, rows, prefix))
        annotated = model_loading.annotation_counts(lesson.project, model.design.task, lesson.number, keys=keys)
        for name, paths in lesson.links.items():
            counts[name] += sum(annotated[path] for path in paths)
        taken += own.split_sizes().get(Split.TRAINING, 0) if keys is None else len(keys)
        known |= {prefix + key for key in keys or ()}
        held_out += sum(str(own.splits[own.positions[key]]) in _HELD_OUT for key in keys or ())
    unknown = tuple(key for key in rows or () if key not in known)
    mapping = {lesson.reference: _turned_around(lesson.links) for lesson in lessons}
    return Teaching(mapping, counts, taken, rows, unknown, held_out)


def _keys_of(own: Rows, keys: Sequence[str], prefix: str) -> Iterator[str]:
    """Those of some keys that are rows of a project, as the project itself calls them."""
    for key in keys:
        if key.startswith(prefix) and key.removeprefix(prefix) in own.positions:
            yield key.removeprefix(prefix)


def draw_counts(teaching: Teaching, *, least: int) -> None:
    """Draw how many annotations teach each feature; those with too few are marked."""
    if not teaching.mapping or teaching.rows == ():
        return
    if teaching.rows:
        st.caption(_say_chosen(teaching))
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
                format="localized", help="That teach the feature, on the rows that are trained on."
            )
        },
    )


def _choose_lesson(model: MicroModel, project: str, *, key: str) -> Lesson:
    open_at_first = len(model.design.features) <= _MOST_OPEN
    with st.expander(plain(project), expanded=open_at_first):
        number = _choose_version(project, key=key)
        version = model_loading.version(project, number)
        st.caption(_say_rows(version))
        given = model_loading.links(model, project, number)
        return Lesson(project, number, version, _choose_links(model, version, given, key=key))


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


def _choose_links(
    model: MicroModel, version: DataVersion, given: Mapping[str, str], *, key: str
) -> dict[str, list[str]]:
    """For each feature of the model the paths that teach it; at first the one that is given."""
    ontology = version.snapshot.ontology
    links = {}
    for name in model.design.features:
        kinds = kinds_that_fit(model.design, name)
        fitting = [path for path, feature in ontology.walk() if feature.kind in kinds]
        left, right = st.columns([2, 3], vertical_alignment="center")
        left.markdown(plain(name))
        links[name] = right.multiselect(
            f"Features of {version.project} that teach {name}",
            fitting,
            [path for path in fitting if path == given.get(name)],
            key=f"{key}_{version.project}_{name}",
            placeholder="taught by nothing here" if fitting else "nothing here fits the task",
            label_visibility="collapsed",
            persist_state="session",
        )
    return links


def _first_project(model: MicroModel, projects: Sequence[str]) -> list[str]:
    """What the model learned from before, else the last changed project with all of its features; none without one."""
    before = model_loading.last_project(model.id)
    if before is not None:
        return [before]
    for project in projects[:_MOST_OPEN]:
        if len(map_by_name(model.design, model_loading.version(project).snapshot.ontology)) == len(
            model.design.features
        ):
            return [project]
    return []


def _say_chosen(teaching: Teaching) -> str:
    said = f"{count(teaching.training_rows, 'row')} chosen"
    if not teaching.held_out:
        return f"{said}."
    held_out = f"{teaching.held_out:,} of them {'is a' if teaching.held_out == 1 else 'are'} validation or test"
    return f"{said}. {held_out} {'row' if teaching.held_out == 1 else 'rows'}: not measured on after this training."


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
