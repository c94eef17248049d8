"""The threshold sliders act while they move and tell Python when they rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.dashboard.gallery.conftest import Stage

Eventually = Callable[[Callable[[], object]], None]
_STORE = 'globalThis[Symbol.for("modelruns.thresholds")]'


def _told(stage: Stage) -> list[Any]:
    return [value for name, _, value in stage.sent() if name == "thresholds"]


def _store(stage: Stage) -> list[float]:
    return stage.page.evaluate(f"[{_STORE}.confidence, {_STORE}.iou]")


def test_the_sliders_stand_where_python_says(stage: Stage) -> None:
    stage.sliders(confidence=0.25, iou=0.75)

    expect(stage.page.get_by_role("slider", name="Confidence")).to_have_value("0.25")
    expect(stage.page.get_by_role("spinbutton", name="IoU value")).to_have_value("0.75")
    assert _store(stage) == [0.25, 0.75]
    assert stage.sent() == []


def test_a_key_moves_by_a_hundredth_and_python_hears_of_it(stage: Stage, eventually: Eventually) -> None:
    stage.sliders()
    slider = stage.page.get_by_role("slider", name="Confidence")
    slider.press("ArrowRight")
    slider.press("ArrowRight")

    assert _store(stage) == [0.52, 0.5]
    eventually(lambda: _told(stage)[-1:] == [{"confidence": 0.52, "iou": 0.5}])


def test_of_moves_that_follow_each_other_python_hears_once(stage: Stage, eventually: Eventually) -> None:
    stage.sliders()
    stage.page.get_by_role("slider", name="Confidence").evaluate(
        "slider => [0.6, 0.7].forEach((value) => { slider.value = value; slider.dispatchEvent(new Event('input')); })"
    )
    eventually(lambda: _told(stage))
    stage.page.wait_for_timeout(200)

    assert _told(stage) == [{"confidence": 0.7, "iou": 0.5}]


def test_while_the_mouse_drags_the_page_follows_and_letting_go_tells_python(
    stage: Stage, eventually: Eventually
) -> None:
    stage.sliders()
    box = stage.page.get_by_role("slider", name="IoU").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    stage.page.mouse.move(box["x"] + box["width"] / 2, middle)
    stage.page.mouse.down()
    stage.page.mouse.move(box["x"] + box["width"] * 0.75, middle, steps=5)
    _, dragged = _store(stage)

    assert 0.7 < dragged < 0.8
    stage.page.mouse.up()
    eventually(lambda: _told(stage)[-1:] == [{"confidence": 0.5, "iou": dragged}])


def test_a_number_can_be_typed_and_is_kept_between_0_and_1(stage: Stage, eventually: Eventually) -> None:
    stage.sliders()
    number = stage.page.get_by_role("spinbutton", name="Confidence value")
    number.fill("0.333")
    number.press("Enter")
    number.blur()

    expect(number).to_have_value("0.33")
    number.fill("7")
    number.blur()
    expect(number).to_have_value("1.00")
    eventually(lambda: _told(stage)[-1:] == [{"confidence": 1, "iou": 0.5}])


def test_a_rerun_with_older_values_does_not_take_the_slider_back(stage: Stage, eventually: Eventually) -> None:
    stage.sliders()
    slider = stage.page.get_by_role("slider", name="Confidence")
    slider.press("ArrowRight")
    eventually(lambda: _told(stage))
    slider.press("ArrowRight")
    stage.sliders(confidence=0.5)
    stage.sliders(confidence=0.51)

    expect(slider).to_have_value("0.52")


def test_a_value_of_pythons_own_moves_the_slider(stage: Stage) -> None:
    stage.sliders()
    stage.page.get_by_role("slider", name="Confidence").press("ArrowRight")
    stage.sliders(confidence=0.9)

    expect(stage.page.get_by_role("slider", name="Confidence")).to_have_value("0.9")
    assert _store(stage) == [0.9, 0.5]
