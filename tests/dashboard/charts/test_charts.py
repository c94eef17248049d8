"""Figures of a comparison, from columns that can be checked by eye."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard import chart_frame, charts
from dashboard.charts import F1Curve, PrecisionRecall

NOTHING = np.array([])


def pr(name: str = "run", *, support: int = 4) -> PrecisionRecall:
    return PrecisionRecall(
        name, np.array([0.9, 0.6, 0.3]), np.array([1.0, 0.5, 0.66]), np.array([0.25, 0.25, 0.5]), support
    )


def lines(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.mode == "lines"]


def marks(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.mode == "markers"]


def words(figure: go.Figure) -> str:
    return " ".join(annotation.text.replace("<br>", " ") for annotation in figure.layout.annotations)


def test_the_baseline_is_dashed_and_a_diamond_and_the_candidate_solid_and_a_disc():
    figure = charts.draw_precision_recall(pr("old"), pr("new"), min_confidence=0.5)

    assert [line.line.dash for line in lines(figure)] == ["dash", "solid"]
    assert [mark.marker.symbol for mark in marks(figure)] == ["diamond-open", "circle"]
    assert [line.name for line in lines(figure)] == ["old (baseline)", "new (candidate)"]


def test_the_mark_stands_at_the_last_point_that_the_slider_lets_through():
    figure = charts.draw_precision_recall(pr(), pr(), min_confidence=0.6)

    assert [(mark.x[0], mark.y[0]) for mark in marks(figure)] == [(0.25, 0.5)] * 2
    assert "confidence 0.60" in words(figure)


def test_above_every_confidence_there_is_no_mark():
    assert not marks(charts.draw_precision_recall(pr(), pr(), min_confidence=0.95))


def test_hovering_says_confidence_and_support():
    line = lines(charts.draw_precision_recall(pr(support=1234), pr(), min_confidence=0.5))[0]

    assert "1,234 truths" in line.hovertemplate
    assert line.customdata[:, 0].tolist() == [0.9, 0.6, 0.3]


def test_points_without_a_value_are_left_out_of_the_line():
    curve = PrecisionRecall("a", np.array([0.9, 0.5]), np.array([np.nan, 1.0]), np.array([0.0, 0.5]), 2)

    assert lines(charts.draw_precision_recall(curve, pr(), min_confidence=0.9))[0].x.tolist() == [0.5]


def test_two_empty_runs_get_a_sentence_in_place_of_curves():
    empty = PrecisionRecall("a", NOTHING, NOTHING, NOTHING, 0)
    figure = charts.draw_precision_recall(empty, empty, min_confidence=0.5)

    assert not figure.data
    assert "neither run has both truth and predictions" in words(figure)


def test_a_long_curve_is_thinned_but_keeps_its_ends_and_its_mark():
    m = 100_000
    recall = np.arange(m) / m
    curve = PrecisionRecall("a", 1 - recall, 1 - recall / 2, recall, m)
    line = lines(charts.draw_precision_recall(curve, curve, min_confidence=0.123456))[0]

    assert len(line.x) <= 1501
    assert (line.x[0], line.x[-1]) == (recall[0], recall[-1])
    assert marks(charts.draw_precision_recall(curve, curve, min_confidence=0.123456))[0].x[0] in line.x


def test_f1_marks_the_best_of_each_run_and_the_slider():
    curve = F1Curve("a", np.array([0.2, 0.5, 0.8]), np.array([0.4, 0.7, np.nan]), 9)
    figure = charts.draw_f1(curve, curve, min_confidence=0.33)

    assert [(mark.x[0], mark.y[0]) for mark in marks(figure)] == [(0.5, 0.7)] * 2
    assert figure.layout.shapes[0].x0 == 0.33
    assert "slider 0.33" in words(figure)


def test_f1_of_nothing_says_so():
    empty = F1Curve("a", NOTHING, NOTHING, 0)

    assert "No F1" in words(charts.draw_f1(empty, empty, min_confidence=0.5))


def gains(baseline: list[float], candidate: list[float], *, most: int = 40) -> go.Figure:
    features = [f"f{i}" for i in range(len(baseline))]
    support = np.arange(len(baseline))
    values = {"baseline": np.array(baseline, float), "candidate": np.array(candidate, float)}
    return charts.draw_gains(features, **values, support=support, names=("old", "new"), most=most)


def test_features_stand_by_falling_gain_and_those_without_one_last():
    figure = gains([0.5, 0.2, np.nan, 0.4], [0.4, 0.6, 0.3, 0.4])

    assert list(figure.layout.yaxis.ticktext) == ["f1", "f3", "f0", "f2"]
    assert [note.text for note in figure.layout.annotations] == ["▲ +0.400", "= 0.000", "▼ −0.100", "undefined"]


def test_of_many_features_the_greatest_changes_are_shown_and_the_rest_counted():
    figure = gains([0.5, 0.5, 0.5], [0.51, 0.9, 0.1], most=2)

    assert list(figure.layout.yaxis.ticktext) == ["f1", "f2"]
    assert "1 features that changed less" in figure.layout.xaxis.title.text


def test_no_feature_is_said():
    assert "no feature" in words(gains([], []))


def test_confidences_are_counted_in_twentieths():
    found, false = np.array([0.0, 0.04, 0.5, 1.0]), np.array([0.51])
    figure = charts.draw_confidences("a", found=found, false_alarms=false, min_confidence=0.5)
    first, second = figure.data

    assert (first.y[0], first.y[10], first.y[19], first.y.sum()) == (2, 1, 1, 4)
    assert second.y[10] == 1
    assert (first.marker.pattern.shape, second.marker.pattern.shape) == ("", "/")


def test_a_run_that_predicts_nothing_is_named():
    figure = charts.draw_confidences("quiet", found=NOTHING, false_alarms=NOTHING, min_confidence=0.5)

    assert words(figure) == "quiet predicts nothing here."


@pytest.mark.parametrize("name", ["<b>bold</b>", "a & b", "x" * 200])
def test_names_are_shown_as_they_are_or_shortened_but_never_taken_for_markup(name: str):
    shown = lines(charts.draw_precision_recall(pr(name), pr(), min_confidence=0.5))[0].name

    assert "<" not in shown
    assert len(shown) < 80


def test_figures_leave_the_background_to_the_page():
    figure = charts.draw_precision_recall(pr(), pr(), min_confidence=0.5)

    assert {figure.layout.paper_bgcolor, figure.layout.plot_bgcolor} == {"rgba(0,0,0,0)"}


def test_the_text_colour_is_still_the_one_that_streamlit_replaces_by_the_themes():
    from streamlit.elements.lib import streamlit_plotly_theme

    assert chart_frame.INK == streamlit_plotly_theme.GRAY_90
