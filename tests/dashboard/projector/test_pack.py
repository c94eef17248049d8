"""The points' bytes: what stands where, and what is refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from dashboard.components.projector import points_pack
from trainer.records.errors import ColumnError

POINTS = np.array([[1, 2], [3, 4], [5, 6]], float)


def test_every_column_stands_where_the_format_says():
    pack = points_pack(POINTS, np.array([2, 0, 255]), ["a", "zwölf", ""])
    magic, count, key_bytes, reserved = struct.unpack("<4sIII", pack[:16])

    assert (magic, count, key_bytes, reserved) == (b"MRP1", 3, 7, 0)
    assert np.frombuffer(pack, "<f4", 6, 16).tolist() == [1, 2, 3, 4, 5, 6]
    assert np.frombuffer(pack, "<u4", 4, 40).tolist() == [0, 1, 7, 7]
    assert list(pack[56:59]) == [2, 0, 255]
    assert pack[59:].decode() == "azwölf"


def test_no_points_are_a_pack_too():
    assert len(points_pack(np.zeros((0, 2)), np.zeros(0, int), [])) == 20


@pytest.mark.parametrize(
    ("points", "classes", "keys", "message"),
    [
        (POINTS, [0, 0, 0], ["a", "b"], "2 keys need as many points"),
        (POINTS, [0, 0], ["a", "b", "c"], "3 keys need as many points"),
        (POINTS, [0, 256, -1], ["a", "b", "c"], "2 of 3 classes are not in 0 to 255; first: row 'b'"),
        ([[0, 0], [0, np.nan], [0, 0]], [0, 0, 0], ["a", "b", "c"], "1 of 3 points are not finite; first: row 'b'"),
    ],
)
def test_columns_that_do_not_fit_are_refused_with_the_first_place(
    points: object, classes: object, keys: list[str], message: str
):
    with pytest.raises(ColumnError, match=message):
        points_pack(np.array(points), np.array(classes), keys)
