"""Objects keep their identity from frame to frame: through crossings and gaps, always the same way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from trainer.predictions.tracking import Tracker
from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError

Boxes = list[tuple[int, tuple[float, float, float, float]]]
"""True identity and box of each object on a frame."""


def _found(boxes: Boxes, features: list[int] | None = None) -> Annotations:
    return Annotations.from_columns(
        row=[0] * len(boxes), feature=features or [0] * len(boxes), box=np.reshape([box for _, box in boxes], (-1, 4))
    )


def _follow(frames: dict[int, Boxes], tracker: Tracker | None = None) -> list[list[str]]:
    tracker = tracker or Tracker()
    return [
        tracker.follow(_found(boxes), frame=frame).table["object"].to_pylist()
        for frame, boxes in sorted(frames.items())
    ]


def _switches(frames: dict[int, Boxes], tracker: Tracker | None = None) -> tuple[int, int]:
    """How often an object gets another identity than before, and how often an identity another object."""
    of_truth: dict[int, str] = {}
    of_identity: dict[str, int] = {}
    switches = mergers = 0
    for (_, boxes), identities in zip(sorted(frames.items()), _follow(frames, tracker), strict=True):
        for (truth, _), identity in zip(boxes, identities, strict=True):
            switches += of_truth.get(truth, identity) != identity
            mergers += of_identity.get(identity, truth) != truth
            of_truth[truth], of_identity[identity] = identity, truth
    return switches, mergers


def test_an_object_that_moves_keeps_its_identity_and_a_new_one_gets_the_next() -> None:
    frames: dict[int, Boxes] = {k: [(1, (10.0 * k, 0, 40, 40))] for k in range(5)}
    frames[3].append((2, (300, 0, 40, 40)))

    assert _follow(frames) == [["1"], ["1"], ["1"], ["1", "2"], ["1"]]


def test_two_objects_that_cross_keep_their_identities() -> None:
    frames: dict[int, Boxes] = {
        k: [(1, (8.0 * k, 0, 40, 40)), (2, (320 - 8.0 * k, 4, 40, 40))] for k in range(41) if k != 20
    }
    frames[20] = [(1, (160, 0, 40, 40))]  # one hides the other

    assert _switches(frames) == (0, 0)


def test_many_objects_that_come_and_go_are_hardly_ever_taken_for_each_other() -> None:
    rng = np.random.default_rng(3)
    start, speed, size = rng.uniform(0, 1000, (20, 2)), rng.normal(0, 6, (20, 2)), rng.uniform(30, 80, (20, 2))
    frames: dict[int, Boxes] = {}
    for k in range(100):
        place = start + speed * k + rng.normal(0, 1, (20, 2))
        seen = [i for i in rng.permutation(20).tolist() if rng.random() < 0.9]
        frames[k] = [(i, (*place[i].tolist(), *size[i].tolist())) for i in seen]
    switches, mergers = _switches(frames)

    assert switches <= 2
    assert mergers == 0


@pytest.mark.parametrize(("missing", "identity"), [(5, "1"), (6, "2")])
def test_a_lost_object_is_found_again_up_to_the_greatest_age(missing: int, identity: str) -> None:
    frames: dict[int, Boxes] = {k: [(1, (6.0 * k, 0, 40, 40))] for k in range(4)}
    back = 4 + missing
    frames |= {k: [] for k in range(4, back)} | {back: [(1, (6.0 * back, 0, 40, 40))]}

    assert _follow(frames, Tracker(max_age=5))[-1] == [identity]


def test_frames_left_out_count_as_gaps() -> None:
    every: dict[int, Boxes] = {k: [(1, (3.0 * k, 0, 40, 40))] for k in range(30)}
    some = {k: boxes for k, boxes in every.items() if k % 5 == 0}

    assert _follow(some) == [["1"]] * 6


def test_a_small_object_may_jump_farther_than_its_size_but_not_to_another_place() -> None:
    near: dict[int, Boxes] = {0: [(1, (0, 0, 10, 10))], 1: [(1, (15, 0, 10, 10))]}
    far: dict[int, Boxes] = {0: [(1, (0, 0, 10, 10))], 1: [(1, (40, 0, 10, 10))]}

    assert _follow(near) == [["1"], ["1"]]
    assert _follow(near, Tracker(reach=0)) == [["1"], ["2"]]
    assert _follow(far) == [["1"], ["2"]]


def test_objects_of_another_feature_are_others() -> None:
    tracker, boxes = Tracker(), [(1, (0.0, 0.0, 40.0, 40.0))]
    first = tracker.follow(_found(boxes, [0]), frame=0).table["object"].to_pylist()
    second = tracker.follow(_found(boxes, [1]), frame=1).table["object"].to_pylist()

    assert (first, second) == (["1"], ["2"])


def test_answers_have_no_identity() -> None:
    answers = Annotations.from_columns(row=[0, 0], feature=[1, 2], confidence=[0.9, 0.1])

    assert Tracker().follow(answers, frame=0).table["object"].to_pylist() == [None, None]


def test_frames_come_in_order() -> None:
    tracker = Tracker()
    tracker.follow(Annotations.empty(), frame=7)

    with pytest.raises(RecordError, match="Frame 7 does not come after frame 7"):
        tracker.follow(Annotations.empty(), frame=7)


@pytest.mark.parametrize("settings", [{"min_iou": 0.0}, {"reach": -1.0}, {"max_age": -1}])
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(RecordError, match="Cannot track"):
        Tracker(**settings)  # type: ignore[arg-type]


def test_real_tracks_of_large_objects_are_kept(shared_data: Path) -> None:
    """Two thirds of these 14 objects move by a small part of their size; those keep one identity nearly throughout."""
    path = shared_data / "sav_masklets" / "example" / "sav_000001_auto.json"
    video = json.loads(path.read_text(encoding="utf-8"))
    steady = {1, 2, 4, 5}
    frames: dict[int, Boxes] = {}
    for number, masks in enumerate(video["masklet"]):
        boxes = zip(video["masklet_id"], coco_mask.toBbox(masks).tolist(), strict=True)
        frames[number] = [(i, tuple(box)) for i, box in boxes if i in steady and box[2] > 0]
    switches, mergers = _switches(frames)

    assert sum(map(len, frames.values())) == 4 * 121
    assert switches <= 4
    assert mergers <= 2
