"""The region drawn around points: who is inside, fewer corners, and its text."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dashboard.projection import (
    PlotSquare,
    PolygonError,
    checked_polygon,
    decode_polygon,
    encode_polygon,
    inside,
    plot_square,
    simplify_polygon,
)

SQUARE = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], float)


def points(*places: tuple[float, float]) -> np.ndarray:
    return np.array(places, np.float32)


def test_a_point_in_the_middle_is_inside_and_one_beside_is_not():
    assert inside(points((2, 2), (5, 2), (2, -1)), SQUARE).tolist() == [True, False, False]


def test_left_and_lower_edges_belong_to_the_region_so_that_neighbours_share_no_point():
    edge = points((0, 2), (4, 2), (2, 0), (2, 4))
    neighbour = SQUARE + np.array([4, 0])

    assert inside(edge, SQUARE).tolist() == [True, False, True, False]
    assert (inside(edge, SQUARE) & inside(edge, neighbour)).sum() == 0


def test_a_lasso_that_crosses_itself_leaves_out_what_it_winds_round_twice():
    star = np.array([[math.cos(angle), math.sin(angle)] for angle in np.arange(5) * 4 * math.pi / 5])

    assert inside(points((0, 0), (0.8, 0.0)), star).tolist() == [False, True]


def test_the_notch_of_a_concave_region_is_outside():
    notched = np.array([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]], float)

    assert inside(points((2, 2), (2, 0.5)), notched).tolist() == [False, True]


def test_direction_and_first_corner_do_not_matter():
    places = np.random.default_rng(0).random((500, 2)).astype(np.float32) * 5
    notched = np.array([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]], float)
    expected = inside(places, notched)

    assert 0 < expected.sum() < 500
    assert (inside(places, notched[::-1]) == expected).all()
    assert (inside(places, np.roll(notched, 2, axis=0)) == expected).all()


def test_no_points_are_no_answer():
    assert inside(np.zeros((0, 2), np.float32), SQUARE).shape == (0,)


@pytest.mark.parametrize(
    "polygon",
    [[[0, 0], [1, 1]], [[0, 0]] * 65, [[0, 0], [1, 1], [2, math.nan]], [[0, 0, 0]] * 3, "text",
     [[0, 0], [1], [2, 2]], 7, None, [[0, 0], [1, 1], [2, {}]]],
)  # fmt: skip
def test_what_is_no_polygon_is_refused(polygon: object):
    with pytest.raises(PolygonError, match="polygon"):
        checked_polygon(polygon)


def test_simplifying_keeps_the_corners_that_hold_the_area():
    with_extras = np.array([[0, 0], [1, 0.01], [2, 0], [4, 0], [4, 4], [3.9, 4.01], [0, 4]])

    assert simplify_polygon(with_extras, most=4).tolist() == SQUARE.tolist()


def test_simplifying_leaves_a_short_outline_as_it_is():
    assert simplify_polygon(SQUARE, most=40).tolist() == SQUARE.tolist()


def test_the_square_covers_the_wider_range_and_is_centred_on_the_other():
    assert plot_square(points((0, 1), (4, 3))) == PlotSquare(0.0, 0.0, 4.0)


def test_no_points_and_one_place_have_a_square_of_side_one():
    assert plot_square(np.zeros((0, 2), np.float32)) == PlotSquare(-0.5, -0.5, 1.0)
    assert plot_square(points((3, 5), (3, 5))) == PlotSquare(2.5, 4.5, 1.0)


def test_a_polygon_read_back_chooses_the_same_points_as_the_one_it_was_put_on_the_grid_as():
    rng = np.random.default_rng(3)
    places = rng.normal(size=(5000, 2)).astype(np.float32)
    square = plot_square(places)
    once = decode_polygon(encode_polygon(rng.normal(size=(20, 2)), square), square)
    twice = decode_polygon(encode_polygon(once, square), square)

    assert (once == twice).all()
    assert (inside(places, once) == inside(places, twice)).all()


def test_the_text_is_six_characters_a_corner_and_fits_an_address_as_it_is():
    text = encode_polygon(np.random.default_rng(0).random((40, 2)), PlotSquare(0, 0, 1))

    assert len(text) == 240
    assert all(character.isalnum() or character in "-_" for character in text)


def test_a_corner_keeps_its_place_to_a_hundred_thousandth_of_the_side():
    square = PlotSquare(-3, 10, 7)
    polygon = np.random.default_rng(0).random((30, 2)) * 7 + [-3, 10]

    assert np.abs(decode_polygon(encode_polygon(polygon, square), square) - polygon).max() < 7e-5


def test_a_corner_far_outside_moves_to_the_border_of_what_the_text_can_say():
    square = PlotSquare(0, 0, 1)
    text = encode_polygon(np.array([[-99, -99], [99, -99], [0, 99]]), square)

    assert decode_polygon(text, square)[:2].tolist() == [[-1.0, -1.0], [2.0, -1.0]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "6 characters"), ("AAAAAA" * 2, "6 characters"), ("A" * 19, "6 characters"), ("A" * 6 * 65, "6 characters"),
     ("A" * 17 + "!", "'!'"), ("A" * 17 + "é", "'é'"), ("A" * 10_000_000, "6 characters")],
)  # fmt: skip
def test_a_text_that_no_polygon_has_is_refused_with_the_reason(text: str, reason: str):
    with pytest.raises(PolygonError, match=reason):
        decode_polygon(text, PlotSquare(0, 0, 1))
