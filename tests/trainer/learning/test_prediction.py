"""What is said about a row depends on that row alone, and is said in its own pixels and the snapshot's codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from trainer.learning.fitting import fit
from trainer.learning.prediction import Detections, detect
from trainer.learning.progress import Progress
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError, TrainingError
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]


@pytest.fixture
def detector(make_snapshot: MakeSnapshot, quick: TrainingSettings) -> TrainedModel:
    """Trained a little; what it says matters less than that it says it every time."""
    design = Design(Task.DETECTION, ("disc", "square"))
    return fit(make_snapshot(4), design, replace(quick, epochs=2))[0]


def _said(detections: Detections, row: int) -> tuple[list[int], list[list[float]], list[float], list[float]]:
    found = detections.predictions.on_rows(np.array([row]))
    return found.feature.tolist(), found.box.tolist(), found.confidence.tolist(), detections.embeddings[row].tolist()


def test_neighbours_change_nothing(make_snapshot: MakeSnapshot, detector: TrainedModel) -> None:
    snapshot = make_snapshot(5)
    together = detect(detector, snapshot, min_confidence=0, batch=4, threads=1, device="cpu")
    alone = detect(detector, snapshot.on_rows(np.array([2])), min_confidence=0, batch=4, threads=1, device="cpu")

    assert len(_said(together, 2)[0]) > 0
    assert _said(together, 2) == _said(alone, 0)


def test_rows_of_several_shapes_keep_their_places(make_snapshot: MakeSnapshot, detector: TrainedModel) -> None:
    flat, tall = make_snapshot(3).on_rows(np.array([1])), make_snapshot(1, size=(96, 128))
    rows = Rows.from_columns(
        keys=["a", "b", "c"],
        widths=[96] * 3,
        heights=[64, 128, 64],
        uris=[flat.rows.uris[0], tall.rows.uris[0], flat.rows.uris[0]],
    )
    detections = detect(detector, Snapshot(flat.ontology, rows, Annotations.empty()), min_confidence=0, threads=1)

    assert _said(detections, 0) == _said(detections, 2)
    assert _said(detections, 0) != _said(detections, 1)


def test_boxes_lie_on_the_picture_and_confidences_fall(make_snapshot: MakeSnapshot, detector: TrainedModel) -> None:
    found = detect(detector, make_snapshot(3), min_confidence=0, nms_iou=1, threads=1).predictions
    corners = np.concatenate([found.box[:, :2], found.box[:, :2] + found.box[:, 2:]], axis=1)

    assert (corners >= 0).all()
    assert (corners <= np.array([96, 64, 96, 64]) + 1e-9).all()
    assert (found.box[:, 2:] > 0).all()
    assert all((np.diff(found.confidence[found.row == row]) <= 0).all() for row in range(3))
    assert np.bincount(found.row).max() <= 100


def test_features_get_the_codes_of_the_snapshot_they_are_found_in(
    make_snapshot: MakeSnapshot, detector: TrainedModel
) -> None:
    snapshot = make_snapshot(2)
    other = Ontology.flat({"square": "box", "line": "polyline", "disc": "mask"})
    plain = detect(detector, snapshot, min_confidence=0, threads=1).predictions
    moved = detect(
        detector, Snapshot(other, snapshot.rows, Annotations.empty()), min_confidence=0, threads=1
    ).predictions

    assert moved.feature.tolist() == [{0: 2, 1: 0}[code] for code in plain.feature.tolist()]
    assert np.array_equal(moved.box, plain.box)


def test_an_ontology_without_the_features_is_refused(make_snapshot: MakeSnapshot, detector: TrainedModel) -> None:
    rows = make_snapshot(1).rows

    with pytest.raises(NotFoundError, match="no feature 'square'"):
        detect(detector, Snapshot(Ontology.flat({"disc": "box"}), rows, Annotations.empty()))


def test_embeddings_are_half_precision_vectors_of_length_one(
    make_snapshot: MakeSnapshot, detector: TrainedModel
) -> None:
    vectors = detect(detector, make_snapshot(3), threads=1).embeddings

    assert vectors.shape == (3, 96)
    assert vectors.dtype == np.float16
    np.testing.assert_allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=2e-3)


def test_a_snapshot_without_rows_gets_nothing(make_snapshot: MakeSnapshot, detector: TrainedModel) -> None:
    detections = detect(detector, make_snapshot(1).on_rows(np.array([], dtype=np.int64)))

    assert len(detections.predictions) == 0
    assert detections.embeddings.shape == (0, 96)


def test_rows_predicted_are_told(make_snapshot: MakeSnapshot, detector: TrainedModel) -> None:
    told: list[Progress] = []
    detect(detector, make_snapshot(5), batch=2, threads=1, report=told.append)

    assert [(one.stage, one.step, one.steps) for one in told] == [("predicting", done, 5) for done in (2, 4, 5)]


@pytest.mark.parametrize(("name", "value"), [("min_confidence", 1.5), ("nms_iou", -0.1), ("batch", 0)])
def test_settings_out_of_range_are_refused(
    name: str, value: float, make_snapshot: MakeSnapshot, detector: TrainedModel
) -> None:
    with pytest.raises(TrainingError, match=f"{name} {value}"):
        detect(detector, make_snapshot(1), **{name: value})  # type: ignore[arg-type]


def test_a_picture_that_changed_its_size_is_refused(make_snapshot: MakeSnapshot, detector: TrainedModel) -> None:
    snapshot = make_snapshot(1)
    make_snapshot(1, size=(128, 64))

    with pytest.raises(TrainingError, match=r"'scene-0\.png' has 128 x 64 pixels, but the row says 96 x 64"):
        detect(detector, snapshot)
