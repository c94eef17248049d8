"""What the curves of trainings show, and what they say where there is nothing to show."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.theme import feature_colour
from dashboard.training_charts import TrainingCurve, draw_losses, draw_scores, last_epoch, log_ticks


def _curve(number: int, values: list[float], name: str | None = None) -> TrainingCurve:
    return TrainingCurve(name or f"run-{number}", number, np.arange(1.0, len(values) + 1), np.array(values))


def test_each_iteration_has_a_line_in_its_own_colour_and_marker() -> None:
    figure = draw_losses([_curve(1, [3, 2, 1]), _curve(2, [2, 1, 0.5])])

    assert [trace.name for trace in figure.data] == ["run-1", "run-2"]
    assert [trace.line.color for trace in figure.data] == [feature_colour(0), feature_colour(1)]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    assert figure.data[1].y.tolist() == [2, 1, 0.5]
    assert figure.data[1].x.tolist() == [1, 2, 3]


def test_an_iteration_looks_the_same_whatever_is_drawn_beside_it() -> None:
    alone = draw_losses([_curve(7, [3, 2])]).data[0]
    beside = draw_losses([_curve(2, [3, 2]), _curve(7, [3, 2])]).data[1]

    assert (alone.line.color, alone.marker.symbol) == (beside.line.color, beside.marker.symbol)


def test_a_hundred_iterations_are_told_apart_and_named_beside_the_chart() -> None:
    figure = draw_losses([_curve(number, [2, 1]) for number in range(1, 101)])

    assert len({(trace.line.color, trace.marker.symbol) for trace in figure.data}) == 100
    assert figure.layout.legend.orientation == "v"


def test_a_single_epoch_is_a_mark_that_can_be_seen() -> None:
    (trace,) = draw_losses([_curve(1, [3])]).data

    assert "markers" in trace.mode


def test_a_logarithmic_axis_leaves_out_what_has_no_place_on_it_and_says_so() -> None:
    figure = draw_losses([_curve(1, [2, 0, -1, 1])], logarithmic=True)

    assert figure.layout.yaxis.type == "log"
    assert figure.data[0].y.tolist() == [2, 1]
    assert "2 values of 0 or less left out" in [note.text for note in figure.layout.annotations]


def test_undefined_values_are_not_drawn() -> None:
    (trace,) = draw_scores([_curve(1, [float("nan"), 0.4])], score="mAP").data

    assert trace.x.tolist() == [2]


@pytest.mark.parametrize(
    ("figure", "reason"),
    [
        (draw_losses([]), "No iteration is chosen."),
        (draw_losses([_curve(1, [])]), "No loss was kept of these iterations."),
        (draw_scores([_curve(1, [float("nan")])], score="mAP"), "No iteration was scored on validation<br>rows"),
    ],
)
def test_nothing_to_draw_is_said(figure: object, reason: str) -> None:
    (said,) = figure.layout.annotations  # type: ignore[attr-defined]

    assert said.text.startswith(reason)


def test_names_are_text_not_markup() -> None:
    (trace,) = draw_losses([_curve(1, [1], name="<b>bold</b>")]).data

    assert "<b>" not in trace.name
    assert "<b>" not in trace.hovertemplate


def test_a_long_training_is_thinned_but_keeps_its_ends() -> None:
    (trace,) = draw_losses([_curve(1, list(range(1, 5001)))]).data

    assert len(trace.x) == 1000
    assert (trace.x[0], trace.x[-1]) == (1, 5000)


def test_equal_epochs_of_losses_and_scores_stand_below_each_other() -> None:
    losses = [_curve(1, [3, 2, 1, 1]), _curve(2, [2, 1])]
    above = draw_losses(losses)
    below = draw_scores([_curve(1, [0.1, 0.2])], score="mAP", epochs=last_epoch(losses))

    assert above.layout.xaxis.range == below.layout.xaxis.range
    assert above.layout.margin.l == below.layout.margin.l
    assert above.layout.xaxis.range[1] > 4


def test_numbers_of_a_logarithmic_axis_are_whole() -> None:
    figure = draw_losses([_curve(1, [5.5, 0.4])], logarithmic=True)

    assert list(figure.layout.yaxis.ticktext) == ["0.1", "0.2", "0.5", "1", "2", "5"]
    assert log_ticks(np.array([1e-4, 3e2])) == [1e-4, 1e-3, 0.01, 0.1, 1, 10, 100]
