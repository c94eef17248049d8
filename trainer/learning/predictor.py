"""A trained model ready to look at pictures, one after the other or in batches."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from trainer.learning.canvas import CanvasFound
from trainer.learning.devices import count_threads, repeatable_numbers
from trainer.learning.embedding import embed
from trainer.learning.examples import stack_pictures
from trainer.learning.frames import Frame, fit_picture
from trainer.learning.networks import MicroNetwork, decode
from trainer.learning.picture_space import PictureFound, gather, to_picture
from trainer.learning.trained import TrainedModel
from trainer.records.annotations import Annotations
from trainer.records.errors import TrainingError

_NO_PICTURE = np.empty((0, 0, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Predictor:
    """A copy of a model's network on the device where it predicts, with the thresholds it predicts at.

    Every batch has the same number of canvases, the last one filled up: so that what is said about a picture does not
    depend on the pictures beside it.

    Attributes:
        model: What it is a copy of.
        network: Its weights on the device.
        min_confidence: Objects below it are not kept.
        nms_iou: Of two objects of one feature that overlap more than this, only the surer is kept.
        batch: Canvases a batch.
        device: ``cpu`` or ``cuda``.
        threads: CPU threads.
    """

    model: TrainedModel
    network: MicroNetwork
    min_confidence: float
    nms_iou: float
    batch: int
    device: str
    threads: int

    @property
    def channels(self) -> int:
        """Length of the vectors that `look` returns."""
        return self.network.body.maps[self.network.body.deepest].channels

    def look(self, pictures: Sequence[np.ndarray], frames: Sequence[Frame]) -> tuple[list[PictureFound], np.ndarray]:
        """What the model says about at most one batch of pictures whose canvases have one size.

        Args:
            pictures: uint8[inner height, inner width, 3] from `fit_picture`.
            frames: How each lies on its canvas.

        Returns:
            For each picture what was found, and float16[n, channels] vectors of length 1.
        """
        filled = [*pictures, *[_NO_PICTURE] * (self.batch - len(pictures))]
        found, vectors = self._run(stack_pictures(filled, frames[0].canvas))
        design = self.model.design
        said = [to_picture(one, frame, design) for one, frame in zip(found, frames, strict=False)]
        return said, vectors[: len(pictures)]

    def _run(self, pictures: Tensor) -> tuple[list[CanvasFound], np.ndarray]:
        with repeatable_numbers(device=self.device, threads=self.threads) as place, torch.inference_mode():
            outputs = self.network(pictures.to(place, memory_format=torch.channels_last))
            found = decode(self.network, outputs, min_confidence=self.min_confidence, nms_iou=self.nms_iou)
            return found, embed(outputs.deepest)


def make_predictor(
    model: TrainedModel,
    *,
    min_confidence: float = 0.3,
    nms_iou: float = 0.4,
    batch: int = 8,
    device: str = "auto",
    threads: int | None = None,
) -> Predictor:
    """Make a model ready to predict.

    Args:
        model: A trained model.
        min_confidence: Objects below it are not kept, in [0, 1]; answers are kept with any confidence, and so is what
            is painted.
        nms_iou: Of two objects of one feature that overlap more than this, only the surer is kept, in [0, 1].
        batch: Canvases a batch, at least 1.
        device: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        threads: CPU threads; one a core, at most 8, when left out.

    Raises:
        TrainingError: If a number lies outside its range, or there is no such device.
    """
    if not (0 <= min_confidence <= 1 and 0 <= nms_iou <= 1 and batch >= 1):
        raise TrainingError(
            f"Cannot predict with min_confidence {min_confidence}, nms_iou {nms_iou} and batch {batch}: "
            "the first two lie between 0 and 1, a batch holds at least one picture."
        )
    with repeatable_numbers(device=device, threads=threads) as place:
        # torchvision's graph modules forget in a copy that they were set to predict.
        network = copy.deepcopy(model.network).eval().to(place).to(memory_format=torch.channels_last)
    return Predictor(model, network, min_confidence, nms_iou, batch, place.type, count_threads(threads))


def predict_pictures(predictor: Predictor, pictures: Iterable[np.ndarray]) -> Iterator[Annotations]:
    """What a model says about pictures in memory, one after the other; pictures are taken only as they are needed.

    Args:
        predictor: From `make_predictor`.
        pictures: uint8[height, width, 3] red, green, blue; of any sizes.

    Yields:
        For each picture its annotations, all of row 0, with positions in the model's features as feature codes.

    Raises:
        TrainingError: If a picture has another form.
    """
    waiting = iter(pictures)
    codes = np.arange(len(predictor.model.design.features), dtype=np.int16)
    while taken := [_fit(picture, predictor) for picture in islice(waiting, predictor.batch)]:
        said: dict[int, PictureFound] = {}
        for canvas in dict.fromkeys(frame.canvas for frame, _ in taken):
            same = [i for i, (frame, _) in enumerate(taken) if frame.canvas == canvas]
            found, _ = predictor.look([taken[i][1] for i in same], [taken[i][0] for i in same])
            said |= dict(zip(same, found, strict=True))
        yield from (gather([said[i]], [0], codes) for i in range(len(taken)))


def _fit(picture: np.ndarray, predictor: Predictor) -> tuple[Frame, np.ndarray]:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise TrainingError(
            f"A picture is {picture.dtype}{list(picture.shape)}; it has to be uint8[height, width, 3], "
            "in red, green, blue."
        )
    return fit_picture(Image.fromarray(picture), image_size=predictor.model.settings.image_size)
