"""What the curves of a training show while it goes on."""

from __future__ import annotations

import numpy as np

from dashboard.live_charts import Logged, draw_live_loss, draw_live_scores, running_mean, steady


def _logged(*values: float) -> Logged:
    return Logged(np.arange(1, len(values) + 1), np.array(values, dtype=float))


def test_of_few_steps_the_loss_is_drawn_as_it_was_logged() -> None:
    figure = draw_live_loss(_logged(3, 2, 1))

    assert [trace.name for trace in figure.data] == ["logged"]
    assert figure.data[0].x.tolist() == [1, 2, 3]
    assert figure.data[0].y.tolist() == [3, 2, 1]


def test_of_many_steps_their_mean_tells_the_way_it_goes() -> None:
    figure = draw_live_loss(_logged(*range(100)))

    assert [trace.name for trace in figure.data] == ["logged", "mean of the last 5"]
    assert figure.data[1].y.tolist()[:3] == [0, 0.5, 1]
    assert figure.data[1].y[-1] == 97


def test_an_undefined_loss_is_left_out_and_takes_nothing_along() -> None:
    figure = draw_live_loss(_logged(3, np.nan, 1))

    assert figure.data[0].x.tolist() == [1, 3]
    assert np.isnan(running_mean(np.array([np.nan, np.nan]), over=2)).all()


def test_a_long_training_is_drawn_with_a_thousand_points() -> None:
    figure = draw_live_loss(_logged(*range(50_000)))

    assert {len(trace.x) for trace in figure.data} == {1000}
    assert figure.data[0].x[-1] == 50_000


def test_the_chart_of_a_long_training_changes_seldom() -> None:
    counts = {len(steady(_logged(*range(points)))) for points in range(1000, 1100)}

    assert len(counts) <= 6
    assert min(counts) >= 980


def test_without_numbers_the_charts_say_so() -> None:
    nothing = _logged()

    assert "No loss yet" in draw_live_loss(nothing).layout.annotations[0].text
    assert "No score" in draw_live_scores(nothing, score="mAP").layout.annotations[0].text


def test_scores_stand_at_their_epochs() -> None:
    figure = draw_live_scores(Logged(np.array([4, 8]), np.array([0.2, 0.5])), score="mAP")

    assert figure.data[0].x.tolist() == [4, 8]
    assert figure.layout.yaxis.title.text == "Validation mAP"
