"""What a trained model says about the rows of a snapshot."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from trainer.learning.examples import read_pictures
from trainer.learning.frames import Frame
from trainer.learning.picture_space import PictureFound, gather
from trainer.learning.predictor import Predictor, make_predictor
from trainer.learning.progress import Progress, Report, ignore_progress
from trainer.learning.trained import TrainedModel
from trainer.records.annotations import Annotations
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot


@dataclass(frozen=True)
class Detections:
    """What a model said about a snapshot's rows.

    Attributes:
        predictions: Objects, painted regions and answers with confidence, in the pictures' own pixels, with feature
            codes of the snapshot's ontology.
        embeddings: float16[rows, channels] vectors of length 1, in row order; NaN for rows that are texts.
    """

    predictions: Annotations
    embeddings: np.ndarray


def predict_rows(
    model: TrainedModel,
    snapshot: Snapshot,
    *,
    features: Mapping[str, str] | None = None,
    min_confidence: float = 0.05,
    nms_iou: float = 0.5,
    batch: int = 8,
    device: str = "auto",
    threads: int | None = None,
    report: Report | None = None,
) -> Detections:
    """Let a model look at every picture of a snapshot.

    Every batch has the same number of canvases, the last one filled up, and a canvas depends on its row's size alone:
    so what is said about a row does not depend on the other rows.

    Args:
        model: What `fit` or `load_model` returned.
        snapshot: Rows with pictures; its truth is not looked at, and rows that are texts are passed over.
        features: From a feature of the model to its path in the snapshot's ontology; what is said of those left out is
            not kept. When left out, all of them, under their own names.
        min_confidence: Objects below it are not kept, in [0, 1].
        nms_iou: Of two objects of one feature that overlap more than this, only the surer is kept.
        batch: Canvases a batch, at least 1.
        device: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        threads: CPU threads; one a core, at most 8, when left out.
        report: Told of every batch.

    Returns:
        On each row at most 100 objects, cut at the picture's border, with run lengths where the model outlines; at
        most one mask of each painted feature; and the probability of each answer. And one embedding a row.

    Raises:
        TrainingError: If rows have no picture.
        NotFoundError: If the snapshot's ontology lacks a feature.
    """
    predictor = make_predictor(
        model, min_confidence=min_confidence, nms_iou=nms_iou, batch=batch, device=device, threads=threads
    )
    codes = _codes(model.design.features, features, snapshot.ontology)
    chosen = np.flatnonzero([text is None for text in snapshot.rows.texts])
    vectors = np.full((len(snapshot.rows), predictor.channels), np.nan, dtype=np.float16)
    said: dict[int, PictureFound] = {}
    tell, began = report or ignore_progress, time.monotonic()
    for rows, frames, pictures in _batches(snapshot.rows, chosen, predictor):
        found, vectors[rows] = predictor.look(pictures, frames)
        said |= dict(zip(rows, found, strict=True))
        left = (time.monotonic() - began) / len(said) * (len(chosen) - len(said))
        tell(Progress("predicting", len(said), len(chosen), seconds_left=left))
    told = gather(list(said.values()), list(said), np.arange(len(codes), dtype=np.int16))
    return Detections(told.take(np.flatnonzero(codes[told.feature] >= 0)).with_features(codes), vectors)


def _codes(names: Sequence[str], paths: Mapping[str, str] | None, ontology: Ontology) -> np.ndarray:
    """int16[features of the model]: the code of each in an ontology, -1 for those left out."""
    if paths is None:
        return np.array([ontology.code(name) for name in names], dtype=np.int16)
    return np.array([ontology.code(paths[name]) if name in paths else -1 for name in names], dtype=np.int16)


def _batches(
    rows: Rows, chosen: np.ndarray, predictor: Predictor
) -> Iterator[tuple[list[int], list[Frame], list[np.ndarray]]]:
    """Row numbers, frames and resized pictures whose canvases have one size, at most a batch at a time."""
    image_size = predictor.model.settings.image_size
    sizes = {row: (int(rows.widths[row]), int(rows.heights[row])) for row in chosen.tolist()}
    canvases = {row: Frame.fit(*size, image_size=image_size).canvas for row, size in sizes.items()}
    order = sorted(canvases, key=canvases.__getitem__)
    pictures = read_pictures(rows, np.array(order, dtype=np.int64), image_size=image_size, threads=predictor.threads)
    for _, same in groupby(order, key=canvases.__getitem__):
        while taken := list(islice(same, predictor.batch)):
            frames, read = zip(*islice(pictures, len(taken)), strict=True)
            yield taken, list(frames), list(read)
