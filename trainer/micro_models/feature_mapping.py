"""Which features of a project's ontology can stand for the features of a micro-model."""

from __future__ import annotations

from collections.abc import Mapping

from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError, RecordError
from trainer.records.ontology import QUESTIONS, Kind, Ontology

_FOUND = (Kind.BOX, Kind.POLYGON, Kind.MASK)
_PAINTED = (Kind.POLYGON, Kind.MASK)
_TAUGHT_BY = {Kind.RADIO: "of exactly one answer, without --several", Kind.CHECKLIST: "of any answers, with --several"}


def kinds_that_fit(design: Design, feature: str) -> tuple[Kind, ...]:
    """Kinds of an ontology's features that can teach a model's feature, and take its predictions.

    Objects are found in boxes, polygons and masks, but outlined and painted only where there is an outline.

    Example:
        >>> [kind.value for kind in kinds_that_fit(Design(Task.SEMANTIC_SEGMENTATION, ("road",)), "road")]
        ['polygon', 'mask']
    """
    if design.task is Task.CLASSIFICATION:
        return (Kind.OPTION,)
    outlined = design.task is Task.INSTANCE_SEGMENTATION or feature in design.painted_features
    return _PAINTED if outlined else _FOUND


def check_mapping(
    design: Design, ontology: Ontology, mapping: Mapping[str, str], *, project: str = ""
) -> dict[str, str]:
    """Check that a mapping links features of a model to features of a project that fit.

    Args:
        design: The model's.
        ontology: The project's.
        mapping: From a model feature to the path of an ontology feature; features may be left out, not all.
        project: The project's name, for messages.

    Returns:
        The mapping in the order of the model's features.

    Raises:
        NotFoundError: If the model or the ontology has no such feature.
        RecordError: If nothing is mapped, or a kind does not fit.
    """
    unknown = [name for name in mapping if name not in design.features]
    if unknown:
        raise NotFoundError(f"The model has no feature {unknown[0]!r}. It has: {', '.join(design.features)}.")
    if not mapping:
        raise RecordError("The mapping is empty; link at least one feature of the model to one of the project.")
    features = ontology.by_path
    for name, path in mapping.items():
        if path not in features:
            raise NotFoundError(f"Project {project!r} has no feature {path!r}. It has: {', '.join(ontology.paths)}.")
        fit = kinds_that_fit(design, name)
        if features[path].kind not in fit:
            raise RecordError(
                f"Feature {name!r} of a model for {design.task} cannot be linked to {path!r} of project {project!r}, "
                f"which is of kind {features[path].kind}; what fits is {' or '.join(fit)}."
            )
    if design.task is Task.CLASSIFICATION:
        _check_questions(design, ontology, mapping)
    return {name: mapping[name] for name in design.features if name in mapping}


def map_by_name(design: Design, ontology: Ontology) -> dict[str, str]:
    """Link each feature of a model to the fitting ontology feature of its path, else of its last name.

    Features without such a counterpart, or with several, are left out.

    Example:
        >>> ontology = Ontology.flat({"car": "box", "road": "mask"})
        >>> map_by_name(Design(Task.DETECTION, ("road", "tree")), ontology)
        {'road': 'road'}
    """
    mapping = {}
    for name in design.features:
        fit = kinds_that_fit(design, name)
        paths = [path for path, feature in ontology.walk() if feature.kind in fit]
        found = [path for path in paths if path == name] or [path for path in paths if path.split("/")[-1] == name]
        if len(found) == 1:
            mapping[name] = found[0]
    return mapping


def features_for(task: Task, ontology: Ontology, *, several: bool = False) -> tuple[str, ...]:
    """Names for the features of a new model: all that an ontology has of kinds that fit, in its order.

    Args:
        task: What the model shall say.
        ontology: The project's.
        several: For classification: take a checklist's options, not a radio's.

    Raises:
        RecordError: If none fits, or a model for classification could answer several questions.
    """
    if task is Task.CLASSIFICATION:
        return _options(ontology, Kind.CHECKLIST if several else Kind.RADIO)
    kinds = _PAINTED if task in (Task.INSTANCE_SEGMENTATION, Task.SEMANTIC_SEGMENTATION) else _FOUND
    paths = tuple(path for path, feature in ontology.walk() if feature.kind in kinds)
    if not paths:
        held = ", ".join(dict.fromkeys(str(feature.kind) for _, feature in ontology.walk())) or "nothing"
        raise RecordError(f"The ontology has no feature for {task}: it takes {' or '.join(kinds)}, not {held}.")
    return paths


def _options(ontology: Ontology, kind: Kind) -> tuple[str, ...]:
    questions = {path: feature for path, feature in ontology.walk() if feature.kind is kind}
    if len(questions) != 1:
        if not questions:
            other = Kind.RADIO if kind is Kind.CHECKLIST else Kind.CHECKLIST
            hint = f" Its {other} teaches a model {_TAUGHT_BY[other]}." if _has(ontology, other) else ""
            raise RecordError(f"The ontology has no {kind} whose options a model could tell apart.{hint}")
        raise RecordError(
            f"The ontology has {len(questions)} questions of kind {kind}: {', '.join(questions)}. Name the options "
            "that the model shall tell apart, one by one."
        )
    (question,) = questions.values()
    return tuple(child.name for child in question.children if child.kind is Kind.OPTION)


def _has(ontology: Ontology, kind: Kind) -> bool:
    return any(feature.kind is kind for _, feature in ontology.walk())


def _check_questions(design: Design, ontology: Ontology, mapping: Mapping[str, str]) -> None:
    """A model that says exactly one thing answers exactly one question, in which exactly one option is chosen."""
    features = ontology.by_path
    questions = list(dict.fromkeys(path.rpartition("/")[0] for path in mapping.values()))
    strange = [path for path in questions if path not in features or features[path].kind not in QUESTIONS]
    if strange:
        raise RecordError(f"{strange[0]!r} is no radio or checklist, so its options answer no question.")
    if not design.several and (len(questions) > 1 or features[questions[0]].kind is Kind.CHECKLIST):
        raise RecordError(
            f"The model says exactly one of its features of a row, so that it answers one radio; these are options of "
            f"{', '.join(f'{path} ({features[path].kind})' for path in questions)}."
        )
