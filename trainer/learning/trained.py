"""A trained model: a design, how it was trained, and the network."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trainer.learning.inheritance import features_of, inherit
from trainer.learning.learner import State
from trainer.learning.networks import MicroNetwork, make_network
from trainer.learning.settings import TrainingSettings
from trainer.records.design import CLASSES, OBJECTS, PAINTED, Design
from trainer.records.errors import TrainingError

# Under which names a network has its heads, and the layers of them that have an output for each feature.
_OWNERS = {OBJECTS: "centres", PAINTED: "painting", CLASSES: "classes"}
_OUTPUTS = ("centres.heat.1", "painting.paint.1", "classes.answer.1")


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained network. Output i of the network is the design's i-th feature, for life.

    Attributes:
        design: What it is: task, features, body.
        settings: How it was trained, with the device and the number of threads that were used.
        network: Its weights, on the CPU, ready to predict.
    """

    design: Design
    settings: TrainingSettings
    network: MicroNetwork

    @property
    def features(self) -> tuple[str, ...]:
        """Paths of its features, in order."""
        return self.design.features


def start_network(design: Design, settings: TrainingSettings, *, initial: TrainedModel | None) -> MicroNetwork:
    """A network to be trained: with the weights of `initial`, which keeps its own, else with fresh or pretrained ones.

    Where `initial` is of another design, what the two have in common goes on, and the rest begins anew with fresh
    weights; see `inherit`.

    Raises:
        TrainingError: If the body of `initial` is another one, or there are no such pretrained weights.
    """
    if initial is None:
        return make_network(design, image_size=settings.image_size, pretrained=settings.pretrained)
    inheritance = inherit(initial.design, design)
    network = make_network(design, image_size=settings.image_size)
    network.load_state_dict(_taken_over(initial, design, inheritance.parts, fresh=network.state_dict()))
    return network


def _taken_over(initial: TrainedModel, design: Design, parts: tuple[str, ...], *, fresh: State) -> State:
    """The weights of a new network, with those of `initial` in place of the fresh ones as far as they go on."""
    held = initial.network.state_dict()
    part_of = {_OWNERS.get(part, part): part for part in parts}
    state = dict(fresh)
    for name in fresh.keys() & held.keys():
        part = part_of.get(name.partition(".")[0])
        if part is not None and name.rpartition(".")[0] in _OUTPUTS:
            state[name] = _with_rows(fresh[name], held[name], _pair_rows(initial.design, design, part))
        elif part is not None:
            state[name] = held[name]
    return state


def _with_rows(fresh: Tensor, held: Tensor, pairs: list[tuple[int, int]]) -> Tensor:
    merged = fresh.clone()
    for new, old in pairs:
        merged[new] = held[old]
    return merged


def _pair_rows(before: Design, now: Design, head: str) -> list[tuple[int, int]]:
    """Which outputs of the new network go on from which of the old; a painting head's first output is nothing."""
    old, new = features_of(before, head), features_of(now, head)
    first = 1 if head == PAINTED else 0
    pairs = [(place + first, old.index(name) + first) for place, name in enumerate(new) if name in old]
    return [(0, 0), *pairs] if first else pairs


def refuse_other_features(held: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """Check that weights are used under the features they were trained on, in the same order.

    Raises:
        TrainingError: If they differ.
    """
    if held != wanted:
        raise TrainingError(
            f"These weights know the features {', '.join(held)}, in this order; asked for: {', '.join(wanted)}. "
            "Features and their order are fixed for a model's life; train a new model for others."
        )
