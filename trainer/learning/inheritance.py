"""What a training takes over from the weights it starts from, as the two designs tell; without torch, to be quick."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.records.design import CLASSES, MASKS, OBJECTS, PAINTED, Design, Task
from trainer.records.errors import TrainingError

BODY, FUSION = "body", "fusion"
_CALLED = {
    BODY: "the body",
    FUSION: "the fused map",
    OBJECTS: "where objects are",
    MASKS: "their outlines",
    PAINTED: "what is painted",
    CLASSES: "the answers",
}


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What goes on from weights of one design in a network of another, and what begins anew.

    Attributes:
        parts: Parts of the network that go on: ``body``, ``fusion`` (the one map made of the body's), and heads.
        fresh_parts: Those that begin anew.
        features: Features whose outputs go on, in the new design's order.
        fresh_features: Those whose outputs begin anew.
    """

    parts: tuple[str, ...]
    fresh_parts: tuple[str, ...]
    features: tuple[str, ...]
    fresh_features: tuple[str, ...]

    def __str__(self) -> str:
        taken, fresh = _tell(self.parts, self.features), _tell(self.fresh_parts, self.fresh_features)
        return f"Taken over from the weights it started from: {taken}. Begun anew: {fresh or 'nothing'}."


def inherit(held: Design, wanted: Design) -> Inheritance:
    """What a network of one design takes over from weights of another.

    The body goes on always, and every head that both have; of its outputs those for features of the same name. Between
    a radio and a checklist the answers mean different things and begin anew.

    Args:
        held: The design of the weights.
        wanted: The design of the network that is to be trained.

    Raises:
        TrainingError: If the backbones differ, or the strides of two designs that look at places.

    Example:
        >>> print(inherit(Design(Task.DETECTION, ("car", "bus")), Design(Task.DETECTION, ("bus", "van"))))
        Taken over from the weights it started from: the body, the fused map, where objects are, the outputs for bus. \
Begun anew: the outputs for van.
    """
    _refuse_another_body(held, wanted)
    before, now = _parts(held), _parts(wanted)
    same_question = held.several == wanted.several
    parts = tuple(part for part in now if part in before and (part != CLASSES or same_question))
    said = {name for head in parts for name in features_of(held, head) if name in features_of(wanted, head)}
    return Inheritance(
        parts,
        tuple(part for part in now if part not in parts),
        tuple(name for name in wanted.features if name in said),
        tuple(name for name in wanted.features if name not in said),
    )


def features_of(design: Design, head: str) -> tuple[str, ...]:
    """The features that a head has an output for, in order; none for parts that say nothing of single features."""
    if head == CLASSES:
        return design.features
    return {OBJECTS: design.found_features, PAINTED: design.painted_features}.get(head, ())


def _parts(design: Design) -> tuple[str, ...]:
    return (BODY, *(() if design.task is Task.CLASSIFICATION else (FUSION,)), *design.task.heads)


def _refuse_another_body(held: Design, wanted: Design) -> None:
    places = Task.CLASSIFICATION not in (held.task, wanted.task)
    for name in ("backbone", *(("stride",) if places else ())):
        before, now = getattr(held, name), getattr(wanted, name)
        if before != now:
            raise TrainingError(
                f"The weights to start from have {name} {before}, this training wants {now}. Weights go on only in a "
                f"model of the same {name}: make one with {name} {before}, start from other weights, or from none."
            )


def _tell(parts: tuple[str, ...], features: tuple[str, ...]) -> str:
    outputs = [f"the outputs for {', '.join(features)}"] if features else []
    return ", ".join([*(_CALLED[part] for part in parts), *outputs])
