"""What a micro-model is, before anything is learned: its task, its body and its ordered features."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from trainer.records.errors import RecordError

TINY_RESNET = "tiny_resnet"
FINEST_STRIDES = (4, 8)


class Task(StrEnum):
    """What a micro-model says about a picture."""

    CLASSIFICATION = "classification"
    DETECTION = "detection"
    INSTANCE_SEGMENTATION = "instance_segmentation"
    SEMANTIC_SEGMENTATION = "semantic_segmentation"
    DETECTION_AND_SEGMENTATION = "detection_and_segmentation"

    @property
    def heads(self) -> tuple[str, ...]:
        """The ends of the network that the task needs: what is asked, found, outlined or painted."""
        return _HEADS[self]


CLASSES, OBJECTS, MASKS, PAINTED = "classes", "objects", "masks", "painted"
_HEADS = {
    Task.CLASSIFICATION: (CLASSES,),
    Task.DETECTION: (OBJECTS,),
    Task.INSTANCE_SEGMENTATION: (OBJECTS, MASKS),
    Task.SEMANTIC_SEGMENTATION: (PAINTED,),
    Task.DETECTION_AND_SEGMENTATION: (OBJECTS, PAINTED),
}


@dataclass(frozen=True, slots=True)
class Design:
    """The fixed part of a model: the same for all of its iterations, for life.

    Attributes:
        task: What it says about a picture.
        features: Names of its features, in order; output i of the network is the i-th.
        backbone: ``tiny_resnet``, or the name of a torchvision classifier.
        stride: Pixels between the places where the network looks for objects and paints, 4 or 8.
        several: For classification: any number of features can hold at once (a checklist), not exactly one (a radio).
        painted: For detection and segmentation together: those of the features that are painted; the others are
            found as boxes. Without meaning for the other tasks.

    Raises:
        RecordError: If there is no feature, one is named twice, or a value is not one of those above.

    Example:
        >>> Design(Task.DETECTION, ("cell",)).task.heads
        ('objects',)
    """

    task: Task
    features: tuple[str, ...]
    backbone: str = TINY_RESNET
    stride: int = 8
    several: bool = False
    painted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.task not in tuple(Task):
            raise RecordError(f"There is no task {str(self.task)!r}; there are {', '.join(Task)}.")
        for name in ("features", "painted"):
            if isinstance(value := getattr(self, name), str):  # a text would be taken apart into its letters
                raise RecordError(f"{name} is the text {value!r}; it has to be several names, such as ({value!r},).")
            if not isinstance(value, Collection) or not all(isinstance(one, str) for one in value):
                raise RecordError(f"{name} is {value!r}; it has to be names, such as ('cell', 'platelet').")
        object.__setattr__(self, "task", Task(self.task))
        object.__setattr__(self, "features", tuple(self.features))
        object.__setattr__(self, "painted", tuple(self.painted))
        twice = [name for name in self.features if self.features.count(name) > 1]
        if not self.features or twice:
            raise RecordError(
                f"Feature {twice[0]!r} is named twice; a model knows each once."
                if twice
                else "A model needs at least one feature; their order is fixed for its life."
            )
        if self.stride not in FINEST_STRIDES:
            raise RecordError(f"stride is {self.stride!r}; it is one of {', '.join(map(str, FINEST_STRIDES))}.")
        if not self.backbone:
            raise RecordError("A model needs a backbone; tiny_resnet learns most from few pictures on a CPU.")
        self._check_painted()

    def _check_painted(self) -> None:
        both = self.task is Task.DETECTION_AND_SEGMENTATION
        strange = [name for name in self.painted if name not in self.features]
        if strange or (self.painted and not both):
            raise RecordError(
                f"Only features of a model for {Task.DETECTION_AND_SEGMENTATION} are named as painted; "
                f"got {', '.join(self.painted)} for {self.task} of {', '.join(self.features)}."
            )
        if both and not 0 < len(self.painted) < len(self.features):
            raise RecordError(
                f"A model for {self.task} needs features to find and features to paint; name those to paint "
                "(painted; on the command line --paint)."
            )

    @property
    def found_features(self) -> tuple[str, ...]:
        """The features that are found as objects, in order; none where the task has no such head."""
        if OBJECTS not in self.task.heads:
            return ()
        return tuple(name for name in self.features if name not in self.painted)

    @property
    def painted_features(self) -> tuple[str, ...]:
        """The features that are painted, in order; none where the task has no such head."""
        if PAINTED not in self.task.heads:
            return ()
        return self.painted or self.features

    def to_json(self) -> dict[str, Any]:
        """The design as plain values."""
        return {**asdict(self), "task": self.task.value, "features": list(self.features), "painted": list(self.painted)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Design:
        """The design that `to_json` wrote."""
        return cls(**{**value, "features": tuple(value["features"]), "painted": tuple(value["painted"])})
