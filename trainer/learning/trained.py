"""A trained model: a design, how it was trained, and the network."""

from __future__ import annotations

from dataclasses import dataclass, fields

from trainer.learning.networks import MicroNetwork, make_network
from trainer.learning.settings import TrainingSettings
from trainer.records.design import Design
from trainer.records.errors import TrainingError


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

    Raises:
        TrainingError: If `initial` is of another design, or there are no such pretrained weights.
    """
    if initial is None:
        return make_network(design, image_size=settings.image_size, pretrained=settings.pretrained)
    refuse_other_design(initial.design, design)
    network = make_network(design, image_size=settings.image_size)
    network.load_state_dict(initial.network.state_dict())
    return network


def refuse_other_design(held: Design, wanted: Design) -> None:
    """Check that weights go on being trained as what they are.

    Raises:
        TrainingError: If the designs differ; names the first difference.
    """
    refuse_other_features(held.features, wanted.features)
    for name in (entry.name for entry in fields(Design)):
        before, now = getattr(held, name), getattr(wanted, name)
        if before != now:
            raise TrainingError(
                f"The weights to start from have {name} {_said(before)}, this training wants {_said(now)}. "
                f"Train with {name} {_said(before)}, or without weights to start from."
            )


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


def _said(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
