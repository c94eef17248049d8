"""The ontology of data made for one micro-model: its features and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from trainer.records.design import Design, Task
from trainer.records.ontology import Feature, Kind, Ontology

ANSWER = "answer"
"""The question of a classifier whose features name none, or several."""


def taught_ontology(design: Design) -> tuple[Ontology, tuple[str, ...]]:
    """An ontology of a model's features, each of the kind that its task learns from.

    Paths are the model's own names wherever an ontology can have them. Options need a question: it is the part before
    the last ``/`` that all of them share, else ``answer``. A part before ``/`` that is no feature itself has no place.

    Returns:
        The ontology, and the path of each of the model's features in it, in the model's order.

    Example:
        >>> taught_ontology(Design(Task.CLASSIFICATION, ("weather/sunny", "weather/rainy")))[0].paths
        ('weather', 'weather/sunny', 'weather/rainy')
        >>> taught_ontology(Design(Task.CLASSIFICATION, ("cat", "dog")))[1]
        ('answer/cat', 'answer/dog')
        >>> taught_ontology(Design(Task.DETECTION, ("car", "car/wheel", "street/lamp")))[1]
        ('car', 'car/wheel', 'street lamp')
    """
    if design.task is Task.CLASSIFICATION:
        return _question(design)
    parents = {name: name.rpartition("/")[0] for name in design.features}
    parts = {name: name.rpartition("/")[2] if parent in parents else _flat(name) for name, parent in parents.items()}
    roots = [name for name, parent in parents.items() if parent not in parents]
    paths = {name: _path(name, parents, parts) for name in design.features}
    features = tuple(_with_children(name, design, parents, parts) for name in roots)
    return Ontology(features), tuple(paths[name] for name in design.features)


def under_paths(design: Design, paths: Sequence[str]) -> Design:
    """The same design with its features named by their paths in an ontology, in the model's order."""
    names: Mapping[str, str] = dict(zip(design.features, paths, strict=True))
    return replace(design, features=tuple(paths), painted=tuple(names[name] for name in design.painted))


def _question(design: Design) -> tuple[Ontology, tuple[str, ...]]:
    asked = {name.rpartition("/")[0] for name in design.features}
    shared = next(iter(asked)) if len(asked) == 1 else ""
    question = _flat(shared) or ANSWER
    options = [name.rpartition("/")[2] if shared else _flat(name) for name in design.features]
    kind = Kind.CHECKLIST if design.several else Kind.RADIO
    feature = Feature(question, kind, tuple(Feature(option, Kind.OPTION) for option in options))
    return Ontology((feature,)), tuple(f"{question}/{option}" for option in options)


def _flat(name: str) -> str:
    return name.replace("/", " ")


def _path(name: str, parents: Mapping[str, str], parts: Mapping[str, str]) -> str:
    above = parents[name]
    return f"{_path(above, parents, parts)}/{parts[name]}" if above in parents else parts[name]


def _with_children(name: str, design: Design, parents: Mapping[str, str], parts: Mapping[str, str]) -> Feature:
    below = (other for other, parent in parents.items() if parent == name)
    return Feature(
        parts[name],
        kind_taught(design, name),
        tuple(_with_children(child, design, parents, parts) for child in below),
    )


def kind_taught(design: Design, feature: str) -> Kind:
    """The kind of annotation that a model's feature learns from."""
    if design.task is Task.CLASSIFICATION:
        return Kind.OPTION
    outlined = design.task is Task.INSTANCE_SEGMENTATION or feature in design.painted_features
    return Kind.MASK if outlined else Kind.BOX
