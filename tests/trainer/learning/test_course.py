"""When a training validates and stops, and that it can be taken up from disk."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, nan

import pytest

from trainer.learning.course import Course, is_hopeless, is_validated
from trainer.learning.settings import TrainingSettings
from trainer.records.errors import TrainingError


def _validated(settings: TrainingSettings) -> list[int]:
    return [epoch for epoch in range(1, settings.epochs + 1) if is_validated(epoch, settings)]


def test_a_long_training_is_validated_ten_times() -> None:
    assert _validated(TrainingSettings(epochs=50)) == [5, 10, 15, 20, 25, 30, 35, 40, 45, 50]


def test_the_last_epoch_is_always_validated() -> None:
    assert _validated(TrainingSettings(epochs=7, validate_every=3)) == [3, 6, 7]
    assert _validated(TrainingSettings(epochs=3, validate_every=500)) == [3]


def test_early_stopping_looks_after_every_epoch() -> None:
    assert _validated(TrainingSettings(epochs=4, early_stopping=2)) == [1, 2, 3, 4]


def test_a_training_is_hopeless_after_so_many_epochs_without_a_better_score() -> None:
    settings = TrainingSettings(epochs=10, early_stopping=2)
    course = Course()
    stops = []
    for epoch, score in enumerate([0.1, 0.3, 0.3, 0.2], start=1):
        course.add_score(epoch, score)
        course.epochs = epoch
        stops.append(is_hopeless(course, settings))

    assert course.best_epoch == 2
    assert stops == [False, False, False, True]
    assert not is_hopeless(course, replace(settings, early_stopping=None))


def test_epochs_that_nobody_looked_at_are_no_reason_to_stop() -> None:
    settings = TrainingSettings(epochs=20, early_stopping=3, validate_every=5)
    stops = []
    course = Course()
    for epoch in range(1, 11):
        if is_validated(epoch, settings):
            course.add_score(epoch, 0.5)
        course.epochs = epoch
        stops.append(is_hopeless(course, settings))

    assert stops == [False] * 9 + [True]


def test_an_undefined_score_is_never_the_best() -> None:
    course = Course()

    assert not course.add_score(1, nan)
    assert course.add_score(2, 0.0)
    assert course.best_epoch == 2
    assert isnan(course.scores[0][1])


def test_a_loss_that_is_no_number_is_refused_with_its_epoch_and_step() -> None:
    with pytest.raises(TrainingError, match=r"epoch 2 of 50, at step 3\. The learning rate 0\.002 is too large"):
        Course(losses=[1.0, 1.0]).add_losses([nan], TrainingSettings(), per_epoch=2)


def test_a_course_comes_back_from_plain_values() -> None:
    course = Course(losses=[2.0, 1.0], epochs=1, scores=[(1, 0.5)], best_epoch=1, pictures=8, learning_seconds=2.0)

    assert Course.from_state(course.state()) == course
    assert course.images_per_second == 4
