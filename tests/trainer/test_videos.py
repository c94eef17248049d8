"""Frames of a video are those that were asked for, and what is no video is said to be none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from trainer.predictions.videos import count_frames, is_video, open_video
from trainer.records.errors import RecordError

_FRAMES, _WIDTH, _HEIGHT = 25, 64, 48


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frame k is grey of level 10 * k, with a red left half, at 10 frames a second."""
    path = tmp_path_factory.mktemp("videos") / "levels.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (_WIDTH, _HEIGHT))
    for k in range(_FRAMES):
        frame = np.full((_HEIGHT, _WIDTH, 3), 10 * k, dtype=np.uint8)
        frame[:, : _WIDTH // 2] = (0, 0, 200)  # OpenCV's order is blue, green, red
        writer.write(frame)
    writer.release()
    return path


def _level(picture: np.ndarray) -> int:
    return round(float(picture[:, 40:].mean()) / 10)


def test_a_video_knows_its_size_rate_and_frames(video: Path) -> None:
    opened = open_video(video)

    assert (opened.width, opened.height, opened.fps, opened.stated_frames) == (_WIDTH, _HEIGHT, 10, _FRAMES)
    assert count_frames(video) == _FRAMES


@pytest.mark.parametrize(
    ("first", "last", "step", "numbers"),
    [
        (0, None, 1, list(range(25))),
        (7, 9, 1, [7, 8, 9]),
        (3, 12, 4, [3, 7, 11]),
        (24, 24, 1, [24]),
        (20, None, 3, [20, 23]),
    ],
)
def test_a_range_holds_its_first_and_last_frame(
    video: Path, first: int, last: int | None, step: int, numbers: list[int]
) -> None:
    opened = open_video(video)
    frames = list(opened.frames(first=first, last=last, step=step))

    assert [frame.number for frame in frames] == numbers
    assert [_level(frame.picture) for frame in frames] == numbers
    assert [frame.seconds for frame in frames] == pytest.approx([number / 10 for number in numbers])
    assert opened.expected(first=first, last=last, step=step) == len(numbers)


def test_pictures_are_red_green_blue(video: Path) -> None:
    red, green, blue = next(open_video(video).frames()).picture[24, 10].astype(int)

    assert red > 150
    assert max(green, blue) < 60


@pytest.mark.parametrize(("first", "last", "step"), [(-1, None, 1), (5, 4, 1), (0, None, 0)])
def test_what_is_no_range_is_refused(video: Path, first: int, last: int | None, step: int) -> None:
    with pytest.raises(RecordError, match="are no range"):
        next(open_video(video).frames(first=first, last=last, step=step))


@pytest.mark.parametrize(("first", "last"), [(25, None), (0, 25), (30, 40)])
def test_a_range_outside_the_video_is_refused_before_anything_is_read(
    video: Path, first: int, last: int | None
) -> None:
    with pytest.raises(RecordError, match="has 25 frames, 0 to 24; asked for"):
        next(open_video(video).frames(first=first, last=last))


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a video", encoding="utf-8")

    with pytest.raises(RecordError, match="is no video that can be read"):
        open_video(text)
    with pytest.raises(RecordError, match="There is no video"):
        open_video(tmp_path / "absent.mp4")


def test_decoders_are_silent_about_what_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(2000))
    code = "import sys; from trainer.predictions.videos import open_video; open_video(sys.argv[1])"
    command = [sys.executable, "-c", code, str(tmp_path / "cut.mp4")]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300).stderr

    assert "is no video that can be read" in said
    assert "moov" not in said
    assert "WARN" not in said


def test_endings_tell_videos_from_pictures() -> None:
    assert is_video("walk.MP4")
    assert not is_video("walk.png")


def test_a_container_that_states_a_frame_too_many_is_read_to_its_own_end(shared_data: Path) -> None:
    path = shared_data / "intel_sample_videos" / "asl_gestures" / "again.mkv"
    opened = open_video(path)
    last = opened.stated_frames - 1

    assert opened.stated_frames == count_frames(path) + 1
    assert sum(1 for _ in opened.frames(first=last - 5)) == 5
    with pytest.raises(RecordError, match="has 77 frames, 0 to 76; asked for 72 to 77"):
        list(opened.frames(first=last - 5, last=last))


@pytest.mark.parametrize("last", [None, 20])
def test_a_damaged_video_says_where_reading_ended_after_what_can_be_read(
    video: Path, tmp_path: Path, last: int | None
) -> None:
    whole = video.read_bytes()
    (tmp_path / "cut.avi").write_bytes(whole[: len(whole) * 3 // 4])
    seen: list[int] = []

    with pytest.raises(RecordError, match=r"cut\.avi can be read up to frame \d+ only, although it states 25 frames"):
        seen += (frame.number for frame in open_video(tmp_path / "cut.avi").frames(last=last))
    assert 1 < len(seen) < 20
    assert seen == list(range(len(seen)))
    assert [frame.number for frame in open_video(tmp_path / "cut.avi").frames(last=1)] == [0, 1]


def test_a_real_video_with_a_hole_says_where_reading_ended(shared_data: Path, tmp_path: Path) -> None:
    content = bytearray((shared_data / "intel_sample_videos" / "asl_gestures" / "learn.mkv").read_bytes())
    content[len(content) // 2 : len(content) * 6 // 10] = bytes(len(content) * 6 // 10 - len(content) // 2)
    (tmp_path / "hole.mkv").write_bytes(content)

    with pytest.raises(RecordError, match=r"can be read up to frame .* only, although it states 61 frames"):
        for _ in open_video(tmp_path / "hole.mkv").frames():
            pass


def test_whole_videos_are_read_without_complaint(shared_data: Path) -> None:
    clips = sorted((shared_data / "intel_sample_videos" / "asl_gestures").glob("*.mkv"))
    read = [sum(1 for _ in open_video(clip).frames(step=10)) for clip in clips]

    assert len(clips) == 20
    assert all(read)
