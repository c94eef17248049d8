"""A training learns, repeats itself, can be stopped, and tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.learning import fitting
from trainer.learning.fitting import Progress, fit
from trainer.learning.networks import MicroNetwork
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.learning.validation import name_of_score
from trainer.records.annotations import Annotations
from trainer.records.design import Design, Task
from trainer.records.errors import TrainingError, TrainingStoppedError
from trainer.records.snapshot import Snapshot

MakeSnapshot = Callable[..., Snapshot]
MakeLesson = Callable[..., tuple[Snapshot, Design]]


def _weights(model: TrainedModel) -> dict[str, torch.Tensor]:
    return model.network.state_dict()


def _are_equal(first: TrainedModel, second: TrainedModel) -> bool:
    return all(torch.equal(value, _weights(second)[name]) for name, value in _weights(first).items())


@pytest.mark.parametrize("task", Task)
def test_every_task_is_trained_and_scored(task: Task, make_lesson: MakeLesson, quick: TrainingSettings) -> None:
    snapshot, design = make_lesson(task)
    model, log = fit(snapshot, design, quick)
    ((epoch, score),) = log.scores

    assert (model.design, log.features) == (design, design.features)
    assert np.isfinite(log.step_losses).all()
    assert log.keys == ("scene-0.png", "scene-1.png")
    assert (epoch, log.score_name) == (1, name_of_score(task))
    assert 0 <= score <= 1


@pytest.mark.parametrize("task", [Task.CLASSIFICATION, Task.INSTANCE_SEGMENTATION, Task.SEMANTIC_SEGMENTATION])
def test_two_scenes_are_learned_by_heart(task: Task, make_lesson: MakeLesson, quick: TrainingSettings) -> None:
    snapshot, design = make_lesson(task)
    settings = replace(quick, epochs=60, learning_rate=0.005, augmentation="none", flips="none", validate_every=500)
    rows = np.array([0, 1])
    seen = Snapshot(snapshot.ontology, snapshot.rows.with_splits(["training"] * 2 + ["test"] * 2), snapshot.truth)
    _, log = fit(seen, design, settings, rows=rows)

    assert log.epoch_losses[-1] < 0.3 * log.epoch_losses[0]


def test_objects_are_found_where_they_are(make_lesson: MakeLesson, quick: TrainingSettings) -> None:
    snapshot, design = make_lesson(Task.DETECTION, pictures=8)
    settings = replace(quick, epochs=60, learning_rate=0.005, flips="none", validate_every=500)
    _, log = fit(snapshot, design, settings)

    assert log.scores[0][1] > 0.3


def test_the_same_seed_gives_the_same_weights(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    snapshot = make_snapshot(4)
    first, second, other = (fit(snapshot, detector, replace(quick, epochs=2, seed=seed))[0] for seed in (3, 3, 4))

    assert _are_equal(first, second)
    assert not _are_equal(first, other)


def test_torch_and_numpy_are_left_as_they_were(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state())
    drawn = np.random.get_state()[1].tolist()  # noqa: NPY002
    fit(make_snapshot(2), detector, replace(quick, threads=2))
    after = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state())

    assert before[:2] == after[:2]
    assert torch.equal(before[2], after[2])
    assert drawn == np.random.get_state()[1].tolist()  # noqa: NPY002


def test_a_training_from_weights_starts_there_and_leaves_them(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    snapshot = make_snapshot(4)
    learned, first = fit(snapshot, detector, replace(quick, epochs=15))
    before = {name: value.clone() for name, value in _weights(learned).items()}
    _, further = fit(snapshot, detector, replace(quick, image_size=128), initial=learned)

    assert further.epoch_losses[0] < 0.7 * first.epoch_losses[0]
    assert all(torch.equal(value, before[name]) for name, value in _weights(learned).items())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stride": 4}, "have stride 8, this training wants 4"),
        ({"backbone": "resnet18"}, "have backbone tiny_resnet, this training wants resnet18"),
    ],
)
def test_weights_of_another_body_are_refused(
    change: dict[str, object], words: str, make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    snapshot = make_snapshot(2)
    learned, _ = fit(snapshot, detector, quick)

    with pytest.raises(TrainingError, match=words):
        fit(snapshot, replace(detector, **change), quick, initial=learned)  # type: ignore[arg-type]


def test_a_training_for_features_in_another_order_starts_where_the_weights_are(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    snapshot = make_snapshot(4)
    learned, first = fit(snapshot, detector, replace(quick, epochs=15))
    _, same = fit(snapshot, detector, quick, initial=learned)
    _, turned = fit(snapshot, replace(detector, features=("square", "disc")), quick, initial=learned)

    assert turned.step_losses[0] == pytest.approx(same.step_losses[0], rel=1e-5)
    assert turned.step_losses[0] < 0.7 * first.step_losses[0]


def test_only_training_rows_are_learned_from_unless_others_are_named(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    snapshot = make_snapshot(4, splits=["validation", "training", "test", "training"])

    assert fit(snapshot, detector, quick)[1].keys == ("scene-1.png", "scene-3.png")
    assert fit(snapshot, detector, quick, rows=np.array([2, 0]))[1].keys == ("scene-0.png", "scene-2.png")


def test_every_picture_step_and_validation_is_told(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    told: list[Progress] = []
    snapshot = make_snapshot(4, splits=["training"] * 3 + ["validation"])
    _, log = fit(snapshot, detector, replace(quick, epochs=2), report=told.append)
    steps = [one for one in told if one.stage == "training"]

    assert [one.step for one in told if one.stage == "reading pictures"] == [1, 2, 3]
    assert [(one.step, one.steps, one.epoch, one.epochs) for one in steps] == [
        (1, 4, 1, 2),
        (2, 4, 1, 2),
        (3, 4, 2, 2),
        (4, 4, 2, 2),
    ]
    assert tuple(one.loss for one in steps) == log.step_losses
    assert steps[-1].seconds_left == 0
    assert [(one.epoch, one.score) for one in told if one.stage == "validating"] == list(log.scores)


def test_the_log_says_how_it_was_done(make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings) -> None:
    _, log = fit(make_snapshot(3), detector, replace(quick, epochs=2, device="auto", threads=None))

    assert log.settings.device in ("cpu", "cuda")
    assert log.settings.threads == 1
    assert (log.batch, log.epochs, log.world_size, log.stopped_early) == (2, 2, 1, False)
    assert (len(log.step_losses), len(log.epoch_losses)) == (4, 2)
    assert log.images_per_second > 0
    assert log.to_json()["versions"]["torch"] == torch.__version__.partition("+")[0]


def test_early_stopping_keeps_the_best_weights(
    make_lesson: MakeLesson, quick: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, design = make_lesson(Task.DETECTION)
    scores = iter([0.1, 0.4, 0.3, 0.2])
    kept: list[dict[str, torch.Tensor]] = []

    def score(network: MicroNetwork, *_: object, **__: object) -> float:
        kept.append({name: value.clone() for name, value in network.state_dict().items()})
        return next(scores)

    monkeypatch.setattr(fitting, "validate", score)
    model, log = fit(snapshot, design, replace(quick, epochs=9, early_stopping=2))

    assert (log.stopped_early, log.best_epoch, log.epochs) == (True, 2, 4)
    assert all(torch.equal(value, kept[1][name]) for name, value in _weights(model).items())
    assert not all(torch.equal(value, kept[3][name]) for name, value in _weights(model).items())


def test_early_stopping_without_validation_rows_is_refused(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    with pytest.raises(TrainingError, match="Early stopping needs validation rows"):
        fit(make_snapshot(2), detector, replace(quick, early_stopping=2))


def test_early_stopping_by_an_undefined_score_is_refused(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    snapshot = make_snapshot(4, splits=["training"] * 3 + ["validation"])
    bare = Snapshot(snapshot.ontology, snapshot.rows, snapshot.truth.take(np.arange(6)))

    with pytest.raises(TrainingError, match="validation score, and it is undefined"):
        fit(bare, detector, replace(quick, epochs=9, early_stopping=2))


def test_rows_that_all_answer_twice_are_refused(make_lesson: MakeLesson, quick: TrainingSettings) -> None:
    snapshot, design = make_lesson(Task.CLASSIFICATION)
    both = Annotations.from_columns(row=np.repeat(np.arange(4), 2), feature=[1, 2] * 4)

    with pytest.raises(TrainingError, match="None of the 2 training rows answers the question with exactly one"):
        fit(Snapshot(snapshot.ontology, snapshot.rows, both), design, quick)


def test_the_running_mean_of_the_weights_is_what_is_kept(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    snapshot = make_snapshot(4)
    plain, mean = (fit(snapshot, detector, replace(quick, epochs=2, ema=ema))[0] for ema in (0.0, 0.9))

    assert not _are_equal(plain, mean)
    assert all(torch.isfinite(value).all() for value in _weights(mean).values())


def test_a_training_stops_when_it_is_asked_to(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings
) -> None:
    asked = iter([False, False, True])

    with pytest.raises(TrainingStoppedError, match=r"stopped in epoch 2 of 5, after step 3\."):
        fit(make_snapshot(4), detector, replace(quick, epochs=5), should_stop=lambda: next(asked))


def test_a_loss_that_is_no_number_stops_the_training_with_help(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = MicroNetwork.forward
    monkeypatch.setattr(
        MicroNetwork, "forward", lambda *given: {name: loss * float("nan") for name, loss in right(*given).items()}
    )

    with pytest.raises(TrainingError, match=r"epoch 1 of 1, at step 1\. The learning rate 0\.002 is too large"):
        fit(make_snapshot(2), detector, quick)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_too_little_memory_is_told_with_what_helps(
    error: Exception,
    make_snapshot: MakeSnapshot,
    detector: Design,
    quick: TrainingSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(MicroNetwork, "forward", fail)

    with pytest.raises(TrainingError, match=r"batches of 4 pictures of 320 pixels\. Try batch 2, or image_size 224"):
        fit(make_snapshot(2), detector, replace(quick, batch=4, image_size=320))


def test_other_errors_are_left_as_they_are(
    make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(MicroNetwork, "forward", fail)

    with pytest.raises(RuntimeError, match="a bug"):
        fit(make_snapshot(2), detector, quick)


def test_a_missing_picture_is_named(make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(3)
    bare = snapshot.rows.table.set_column(2, "uri", [[snapshot.rows.uris[0], None, None]])
    rows = type(snapshot.rows)(bare.cast(snapshot.rows.table.schema))

    with pytest.raises(TrainingError, match=r"2 of 3 rows have no picture, only a size; first: 'scene-1\.png'"):
        fit(Snapshot(snapshot.ontology, rows, snapshot.truth), detector, quick)


def test_a_moved_picture_is_named(make_snapshot: MakeSnapshot, detector: Design, quick: TrainingSettings) -> None:
    snapshot = make_snapshot(3)
    Path(str(snapshot.rows.uris[1])).unlink()

    with pytest.raises(TrainingError, match=r"picture of row 'scene-1\.png' cannot be read"):
        fit(snapshot, detector, quick)
