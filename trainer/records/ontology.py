"""What may be annotated: features of a kind, nested without limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from trainer.records.errors import NotFoundError, OntologyError


class Kind(StrEnum):
    """What shape or answer a feature's annotations take."""

    BOX = "box"
    POLYGON = "polygon"
    POLYLINE = "polyline"
    POINTS = "points"
    MASK = "mask"
    SPAN = "span"
    RADIO = "radio"
    CHECKLIST = "checklist"
    TEXT = "text"
    RELATION = "relation"
    RANKING = "ranking"
    OPTION = "option"


SHAPES: Final = (Kind.BOX, Kind.POLYGON, Kind.POLYLINE, Kind.POINTS, Kind.MASK)
QUESTIONS: Final = (Kind.RADIO, Kind.CHECKLIST)


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that can be annotated.

    Attributes:
        name: Unique among its siblings; not empty and without ``/``.
        kind: Shape or answer of its annotations.
        children: Options of a radio or checklist, or sub-features of anything else.
        outside_id: Number by which files outside name it, such as a COCO category id; None where they count 1, 2, 3
            in the order of the ontology.
    """

    name: str
    kind: Kind
    children: tuple[Feature, ...] = ()
    outside_id: int | None = None

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise OntologyError(
                f"Feature name {self.name!r} is empty or contains '/', which separates the parts of a path."
            )
        object.__setattr__(self, "kind", Kind(self.kind))
        object.__setattr__(self, "children", tuple(self.children))
        _refuse_repeated_names(self.children, inside=f"feature {self.name!r}")


@dataclass(frozen=True)
class Ontology:
    """An ordered set of features; a feature's code is its position in `paths`.

    Example:
        >>> ontology = Ontology.flat({"car": "box", "road": "mask"})
        >>> ontology.paths
        ('car', 'road')
        >>> ontology.code("road")
        1
    """

    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", tuple(self.features))
        _refuse_repeated_names(self.features, inside="the ontology")

    @classmethod
    def flat(cls, kinds: Mapping[str, str | Kind]) -> Ontology:
        """An ontology without nesting, from name to kind, in the order given."""
        return cls(tuple(Feature(name, Kind(kind)) for name, kind in kinds.items()))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every feature's path such as ``car/colour/red``, parents before children."""
        return tuple(self.by_path)

    def walk(self) -> Iterator[tuple[str, Feature]]:
        """Every path with its feature, depth first, in order."""
        yield from _walk(self.features, prefix="")

    @cached_property
    def by_path(self) -> Mapping[str, Feature]:
        """Every feature by its path, in the order of `paths`; walked once, however often it is asked.

        Example:
            >>> Ontology.flat({"car": "box"}).by_path["car"].kind
            <Kind.BOX: 'box'>
        """
        return dict(self.walk())

    @cached_property
    def options(self) -> Mapping[str, frozenset[str]]:
        """The names of the options of each question, by its path."""
        asked = {path: each for path, each in self.by_path.items() if each.kind in QUESTIONS}
        return {path: frozenset(child.name for child in each.children) for path, each in asked.items()}

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {path: code for code, path in enumerate(self.paths)}

    def code(self, path: str) -> int:
        """Position of a path in `paths`.

        Raises:
            NotFoundError: If the ontology has no such path.
        """
        try:
            return self._codes[path]
        except KeyError:
            raise NotFoundError(f"The ontology has no feature {path!r}. It has: {', '.join(self.paths)}.") from None

    def to_json(self) -> dict[str, Any]:
        """The ontology as plain JSON values."""
        return {"features": [_feature_to_json(feature) for feature in self.features]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Ontology:
        """The ontology that `to_json` wrote."""
        return cls(tuple(_feature_from_json(entry) for entry in value["features"]))


def _walk(features: Iterable[Feature], prefix: str) -> Iterator[tuple[str, Feature]]:
    for feature in features:
        path = prefix + feature.name
        yield path, feature
        yield from _walk(feature.children, prefix=path + "/")


def _refuse_repeated_names(features: Iterable[Feature], *, inside: str) -> None:
    seen: set[str] = set()
    for feature in features:
        if feature.name in seen:
            raise OntologyError(f"Two features of {inside} are called {feature.name!r}; sibling names are unique.")
        seen.add(feature.name)


def _feature_to_json(feature: Feature) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": feature.name, "kind": feature.kind.value}
    if feature.children:
        entry["children"] = [_feature_to_json(child) for child in feature.children]
    if feature.outside_id is not None:
        entry["outside_id"] = feature.outside_id
    return entry


def _feature_from_json(entry: Mapping[str, Any]) -> Feature:
    children = tuple(_feature_from_json(child) for child in entry.get("children", ()))
    return Feature(entry["name"], Kind(entry["kind"]), children, entry.get("outside_id"))
