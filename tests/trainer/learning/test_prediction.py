"""What is said about a row depends on that row alone, and is said in its own pixels and the snapshot's codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco_mask

from trainer.learning.networks import make_network
from trainer.learning.prediction import Detections, predict_rows
from trainer.learning.predictor import make_predictor, predict_pictures
from trainer.learning.progress import Progress
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError, TrainingError
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]


def _make(task: Task, *features: str, painted: tuple[str, ...] = ()) -> TrainedModel:
    """Weights by chance: what it says matters less than that it says it every time."""
    design = Design(task, features, painted=painted)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = make_network(design, image_size=96).eval()
    return TrainedModel(design, TrainingSettings(image_size=96), network)


@pytest.fixture
def model() -> TrainedModel:
    return _make(Task.DETECTION, "disc", "square")


def _said(detections: Detections, row: int) -> tuple[list[dict[str, object]], list[float]]:
    found = detections.predictions.on_rows(np.array([row]))
    return found.table.drop_columns(["row"]).to_pylist(), detections.embeddings[row].tolist()


@pytest.mark.parametrize("task", Task)
def test_neighbours_change_nothing(make_snapshot: MakeSnapshot, task: Task) -> None:
    both = task is Task.DETECTION_AND_SEGMENTATION
    model = _make(task, "disc", "square", painted=("square",) if both else ())
    snapshot = make_snapshot(5)
    together = predict_rows(model, snapshot, min_confidence=0, batch=4, threads=1, device="cpu")
    alone = predict_rows(model, snapshot.on_rows(np.array([2])), min_confidence=0, batch=4, threads=1, device="cpu")

    assert len(_said(together, 2)[0]) > 0
    assert _said(together, 2) == _said(alone, 0)


def test_pictures_in_memory_are_told_the_same_as_rows_in_any_mixture(
    make_snapshot: MakeSnapshot, model: TrainedModel
) -> None:
    flat, tall = make_snapshot(2), make_snapshot(1, size=(96, 128))
    uris = [str(uri) for uri in (flat.rows.uris[1], *tall.rows.uris, flat.rows.uris[1])]
    pictures = (np.asarray(Image.open(uri)) for uri in uris)
    rows = Rows.from_columns(keys=["a", "b", "c"], widths=[96] * 3, heights=[64, 128, 64], uris=uris)
    by_row = predict_rows(
        model, Snapshot(flat.ontology, rows, Annotations.empty()), min_confidence=0, batch=2, threads=1, nms_iou=0.4
    )
    told = list(predict_pictures(make_predictor(model, min_confidence=0, batch=2, threads=1), pictures))

    assert len(told) == 3
    for row, one in enumerate(told):
        assert one.table.drop_columns(["row"]).to_pylist() == _said(by_row, row)[0]


def test_pictures_are_taken_only_as_they_are_needed(model: TrainedModel) -> None:
    taken = []

    def give() -> object:
        for number in range(10):
            taken.append(number)
            yield np.zeros((32, 48, 3), dtype=np.uint8)

    told = predict_pictures(make_predictor(model, batch=2, threads=1), give())  # type: ignore[arg-type]
    next(told)

    assert taken == [0, 1]


def test_nothing_of_torch_stays_changed_between_two_pictures(model: TrainedModel) -> None:
    before = torch.are_deterministic_algorithms_enabled(), torch.is_inference_mode_enabled()
    told = predict_pictures(make_predictor(model, batch=1, threads=1), iter([np.zeros((32, 48, 3), np.uint8)] * 2))
    next(told)

    assert (torch.are_deterministic_algorithms_enabled(), torch.is_inference_mode_enabled()) == before


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 4), (0, 5, 3)])
def test_what_is_no_picture_is_refused(model: TrainedModel, shape: tuple[int, ...]) -> None:
    with pytest.raises(TrainingError, match=r"it has to be uint8\[height, width, 3\]"):
        next(predict_pictures(make_predictor(model, threads=1), [np.zeros(shape, dtype=np.uint8)]))


def test_rows_of_several_shapes_keep_their_places(make_snapshot: MakeSnapshot, model: TrainedModel) -> None:
    flat, tall = make_snapshot(3).on_rows(np.array([1])), make_snapshot(1, size=(96, 128))
    rows = Rows.from_columns(
        keys=["a", "b", "c"],
        widths=[96] * 3,
        heights=[64, 128, 64],
        uris=[flat.rows.uris[0], tall.rows.uris[0], flat.rows.uris[0]],
    )
    detections = predict_rows(model, Snapshot(flat.ontology, rows, Annotations.empty()), min_confidence=0, threads=1)

    assert _said(detections, 0) == _said(detections, 2)
    assert _said(detections, 0) != _said(detections, 1)


def test_boxes_lie_on_the_picture_and_confidences_fall(make_snapshot: MakeSnapshot, model: TrainedModel) -> None:
    found = predict_rows(model, make_snapshot(3), min_confidence=0, nms_iou=1, threads=1).predictions
    corners = np.concatenate([found.box[:, :2], found.box[:, :2] + found.box[:, 2:]], axis=1)

    assert (corners >= 0).all()
    assert (corners <= np.array([96, 64, 96, 64]) + 1e-9).all()
    assert (found.box[:, 2:] > 0).all()
    assert all((np.diff(found.confidence[found.row == row]) <= 0).all() for row in range(3))
    assert np.bincount(found.row).max() <= 100


def test_features_get_the_codes_of_the_snapshot_they_are_found_in(
    make_snapshot: MakeSnapshot, model: TrainedModel
) -> None:
    snapshot = make_snapshot(2)
    other = Ontology.flat({"square": "box", "line": "polyline", "disc": "mask"})
    plain = predict_rows(model, snapshot, min_confidence=0, threads=1).predictions
    moved = predict_rows(
        model, Snapshot(other, snapshot.rows, Annotations.empty()), min_confidence=0, threads=1
    ).predictions
    to_other = {snapshot.ontology.code("disc"): 2, snapshot.ontology.code("square"): 0}

    assert moved.feature.tolist() == [to_other[code] for code in plain.feature.tolist()]
    assert np.array_equal(moved.box, plain.box)


def test_a_classifier_gives_every_option_its_probability(make_snapshot: MakeSnapshot) -> None:
    options = tuple(Feature(name, Kind.OPTION) for name in ("day", "dusk", "night"))
    ontology = Ontology((Feature("car", Kind.BOX), Feature("time", Kind.RADIO, options)))
    model = _make(Task.CLASSIFICATION, "time/night", "time/day", "time/dusk")
    said = predict_rows(model, Snapshot(ontology, make_snapshot(2).rows, Annotations.empty()), threads=1).predictions

    assert said.row.tolist() == [0] * 3 + [1] * 3
    assert said.feature.tolist() == [4, 2, 3] * 2
    assert not said.placed.any()
    assert said.confidence.reshape(2, 3).sum(axis=1) == pytest.approx([1, 1])


def test_what_is_painted_is_one_mask_a_feature(make_snapshot: MakeSnapshot) -> None:
    snapshot = make_snapshot(3, size=(100, 70))
    said = predict_rows(_make(Task.SEMANTIC_SEGMENTATION, "disc", "square"), snapshot, threads=1).predictions
    masks = [{"size": [70, 100], "counts": runs} for runs in said.table["rle"].to_pylist()]

    assert len(said) > 0
    assert max(np.unique(np.stack([said.row, said.feature]), axis=1, return_counts=True)[1]) == 1
    assert np.array_equal(coco_mask.area(masks), said.area)
    assert np.array_equal(coco_mask.toBbox(masks), said.box)


def test_an_ontology_without_the_features_is_refused(make_snapshot: MakeSnapshot, model: TrainedModel) -> None:
    rows = make_snapshot(1).rows

    with pytest.raises(NotFoundError, match="no feature 'square'"):
        predict_rows(model, Snapshot(Ontology.flat({"disc": "box"}), rows, Annotations.empty()))


def test_embeddings_are_half_precision_vectors_of_length_one(make_snapshot: MakeSnapshot, model: TrainedModel) -> None:
    vectors = predict_rows(model, make_snapshot(3), threads=1).embeddings

    assert vectors.shape == (3, 96)
    assert vectors.dtype == np.float16
    np.testing.assert_allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=2e-3)


def test_a_row_of_text_gets_nothing(make_snapshot: MakeSnapshot, model: TrainedModel) -> None:
    snapshot = make_snapshot(1)
    rows = Rows.from_columns(
        keys=["a", "b"], widths=[0, 96], heights=[0, 64], uris=[None, snapshot.rows.uris[0]], texts=["hello", None]
    )
    detections = predict_rows(
        model, Snapshot(snapshot.ontology, rows, Annotations.empty()), min_confidence=0, threads=1
    )

    assert set(detections.predictions.row.tolist()) == {1}
    assert np.isnan(detections.embeddings[0]).all()
    assert not np.isnan(detections.embeddings[1]).any()


def test_a_snapshot_without_rows_gets_nothing(make_snapshot: MakeSnapshot, model: TrainedModel) -> None:
    detections = predict_rows(model, make_snapshot(1).on_rows(np.array([], dtype=np.int64)))

    assert len(detections.predictions) == 0
    assert detections.embeddings.shape == (0, 96)


def test_rows_predicted_are_told(make_snapshot: MakeSnapshot, model: TrainedModel) -> None:
    told: list[Progress] = []
    predict_rows(model, make_snapshot(5), batch=2, threads=1, report=told.append)

    assert [(one.stage, one.step, one.steps) for one in told] == [("predicting", done, 5) for done in (2, 4, 5)]


@pytest.mark.parametrize(("name", "value"), [("min_confidence", 1.5), ("nms_iou", -0.1), ("batch", 0)])
def test_settings_out_of_range_are_refused(
    name: str, value: float, make_snapshot: MakeSnapshot, model: TrainedModel
) -> None:
    with pytest.raises(TrainingError, match=f"{name} {value}"):
        predict_rows(model, make_snapshot(1), **{name: value})  # type: ignore[arg-type]


def test_a_picture_that_changed_its_size_is_refused(make_snapshot: MakeSnapshot, model: TrainedModel) -> None:
    snapshot = make_snapshot(1)
    make_snapshot(1, size=(128, 64))

    with pytest.raises(TrainingError, match=r"'scene-0\.png' has 128 x 64 pixels, but the row says 96 x 64"):
        predict_rows(model, snapshot)


def test_the_size_of_the_settings_is_the_size_looked_at(tmp_path: Path, model: TrainedModel) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    small = replace(model, settings=replace(model.settings, image_size=64))
    one, other = (
        next(predict_pictures(make_predictor(each, min_confidence=0, threads=1), [picture])) for each in (model, small)
    )

    assert len(one) > len(other)
