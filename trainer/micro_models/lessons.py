"""Which annotations of which projects teach which features of a micro-model, checked before any work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trainer.learning.selection import has_outline
from trainer.micro_models.feature_mapping import kinds_that_fit, map_by_name
from trainer.projects import DataVersion, open_version
from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError, TrainingError
from trainer.records.ontology import Kind
from trainer.store import Store

TeachingMap = Mapping[str, Mapping[str, str | Sequence[str]]]
"""From project, or ``project@version``, to ontology path to the model feature, or features, that it teaches."""


@dataclass(frozen=True)
class Lesson:
    """What one project teaches.

    Attributes:
        data: The version of it.
        pairs: Path of an ontology's feature and the model's feature that it teaches, in the order they were given.
    """

    data: DataVersion
    pairs: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """``project@version``."""
        return f"{self.data.project}@{self.data.name}"


def lessons_by_name(design: Design, data: DataVersion) -> list[Lesson]:
    """A project teaches each feature of a model by its feature of the same path, else of the same last name.

    Raises:
        TrainingError: If no feature of the model is found there.
    """
    ontology = data.snapshot.ontology
    found = map_by_name(design, ontology)
    if not found:
        raise TrainingError(
            f"No feature of the model ({', '.join(design.features)}) has the name of a fitting one of project "
            f"{data.project!r} ({', '.join(ontology.paths)}). Say which teaches which with a mapping."
        )
    lesson = Lesson(data, tuple((path, name) for name, path in found.items()))
    _refuse(list(_without_outline(design, lesson)))
    return [lesson]


def lessons_of(design: Design, mapping: TeachingMap, *, store: Store) -> list[Lesson]:
    """The lessons of a mapping, all of it checked.

    Raises:
        TrainingError: Listing every project, feature and kind that is wrong.
    """
    lessons, problems = [], []
    for place, links in mapping.items():
        try:
            data = open_named(place, store=store)
        except NotFoundError as error:
            problems.append(str(error))
            continue
        pairs = tuple((path, name) for path, names in links.items() for name in dict.fromkeys(_listed(names)))
        lesson = Lesson(data, pairs)
        problems += _problems(design, lesson)
        lessons.append(lesson)
    projects = [lesson.data.project for lesson in lessons]
    problems += [f"Project {name!r} is named twice." for name in dict.fromkeys(projects) if projects.count(name) > 1]
    if not problems and not any(lesson.pairs for lesson in lessons):
        problems.append("It is empty; let at least one feature of a project teach one of the model.")
    _refuse(problems)
    return lessons


def open_named(place: str, *, store: Store) -> DataVersion:
    """A data version named ``project`` (the newest one) or ``project@version``.

    Raises:
        NotFoundError: If there is none.
    """
    try:
        return open_version(place, store=store)
    except NotFoundError:
        project, _, version = place.rpartition("@")
        if not project:
            raise
        return open_version(project, version=version, store=store)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise TrainingError("The model cannot be taught this. " + "\n  ".join(problems))


def _listed(names: Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def _problems(design: Design, lesson: Lesson) -> Iterator[str]:
    features = lesson.data.snapshot.ontology.by_path
    for path, name in lesson.pairs:
        if path not in features:
            yield f"Project {lesson.name} has no feature {path!r}; it has: {', '.join(features)}."
        if name not in design.features:
            yield f"The model has no feature {name!r}; it has: {', '.join(design.features)}."
        elif path in features and features[path].kind not in (fit := kinds_that_fit(design, name)):
            yield (
                f"Feature {path!r} of project {lesson.name} is of kind {features[path].kind}, which cannot teach "
                f"{name!r} of a model for {_words(design.task)}; what fits is {' or '.join(fit)}."
            )
    if design.task is Task.CLASSIFICATION and not design.several:
        yield from _torn_options(lesson)
    yield from _without_outline(design, lesson)


def _torn_options(lesson: Lesson) -> Iterator[str]:
    for path in dict.fromkeys(path for path, _ in lesson.pairs):
        taught = [name for other, name in lesson.pairs if other == path]
        if len(taught) > 1:
            yield (
                f"Option {path!r} of project {lesson.name} teaches {' and '.join(map(repr, taught))}, but the model "
                "says exactly one of its features of a row."
            )


def _without_outline(design: Design, lesson: Lesson) -> Iterator[str]:
    snapshot = lesson.data.snapshot
    wanted = [
        path
        for path, name in lesson.pairs
        if path in snapshot.ontology.paths and name in design.features and Kind.BOX not in kinds_that_fit(design, name)
    ]
    if design.task is Task.CLASSIFICATION or not wanted:
        return
    bare = snapshot.truth.placed & ~has_outline(snapshot.truth)
    counts = np.bincount(snapshot.truth.feature[bare], minlength=len(snapshot.ontology.paths))
    for path in dict.fromkeys(wanted):
        if count := counts[snapshot.ontology.code(path)]:
            yield (
                f"{count:,} annotations of {path!r} in project {lesson.name} are boxes without an outline, from which "
                f"a model for {_words(design.task)} cannot learn. Outline them, or train a model for detection."
            )


def _words(task: Task) -> str:
    return task.value.replace("_", " ")
