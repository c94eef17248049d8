"""The URL carries everything the reader looks at, and nothing it says can break the page."""

import pytest

from dashboard.display import Display
from dashboard.selection import Selection, View


def test_a_selection_survives_the_url() -> None:
    display = Display(240, False, True, "outcome", ("a,b", "traffic light"))
    selection = Selection("a", "b", "test", 0.25, 0.75, View.PROJECTOR, "umap", "split", "xyz", "r 1.png", display)

    assert Selection.from_query(selection.to_query()) == selection


def test_defaults_leave_no_trace_in_the_url() -> None:
    assert Selection().to_query() == {}


@pytest.mark.parametrize("text", ["nan", "-3", "1e9", "x", "", "inf"])
def test_thresholds_from_a_hostile_url_stay_in_range(text: str) -> None:
    selection = Selection.from_query({"confidence": text, "iou": text})

    assert 0 <= selection.min_confidence <= 1
    assert 0.05 <= selection.min_iou <= 1


def test_unknown_names_in_the_url_become_defaults() -> None:
    assert Selection.from_query({"view": "x", "split": "../..", "projection": "tsne"}) == Selection()


def test_thresholds_are_whole_hundredths() -> None:
    assert Selection.from_query({"confidence": "0.123456"}).min_confidence == 0.12
