"""Videos as frames: which there are, when each is shown, and the pictures of a range of them, exactly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.records.errors import RecordError

ENDINGS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm", ".wmv")

# By how much a file may state more than there is, without being damaged.
_FRAMES_TOO_MANY = 2
_SECONDS_TOO_MANY = 0.25


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One frame of a video.

    Attributes:
        number: Its position, counted from 0.
        seconds: When it is shown, from the beginning.
        picture: uint8[height, width, 3] red, green, blue.
    """

    number: int
    seconds: float
    picture: np.ndarray


@dataclass(frozen=True, slots=True)
class Video:
    """What a video says of itself.

    Attributes:
        path: The file.
        width, height: In pixels, upright.
        fps: Frames a second on average.
        stated_frames: Number of frames that the file states. Some containers are wrong by one or more; `count_frames`
            counts them. 0 where nothing is stated.
    """

    path: Path
    width: int
    height: int
    fps: float
    stated_frames: int

    def frames(self, *, first: int = 0, last: int | None = None, step: int = 1) -> Iterator[VideoFrame]:
        """The frames from `first` to `last`, both included, every `step`-th.

        Frames are counted while they are read from the beginning, not jumped to: a jump can miss by a few frames, and
        reading is several times faster than any model looks.

        Args:
            first: Number of the first frame, from 0.
            last: Number of the last frame; the video's own last when left out.
            step: Distance between the frames, from 1.

        Raises:
            RecordError: If the range is none, or lies outside the video; after the last frame that can be read, if the
                file states more: it is cut off, or damaged there.
        """
        _check_range(self, first, last, step)
        opened, number, shown = _open(self.path), -1, 0.0
        try:
            while (last is None or number < last) and opened.grab():
                number += 1
                shown = _seconds(opened, number, self.fps)
                if number >= first and (number - first) % step == 0:
                    yield VideoFrame(number, shown, _retrieve(opened, self.path, number))
        finally:
            opened.release()
        if last is None or number < last:
            _refuse_early_end(self, number, shown)
        if number < max(first, last or 0):
            raise RecordError(
                f"{self.path} has {number + 1:,} frames, 0 to {number:,}; asked for {_name(first, last)}."
            )

    def expected(self, *, first: int = 0, last: int | None = None, step: int = 1) -> int:
        """How many frames a range holds, as far as the stated number is right."""
        end = self.stated_frames if last is None else last + 1
        return max(0, -(-(end - first) // step))


def open_video(path: Path | str) -> Video:
    """Open a video file.

    Raises:
        RecordError: If it is not there, is no video, or no frame of it can be decoded.
    """
    import cv2

    path = Path(path)
    opened = _open(path)
    try:
        if not opened.grab():
            raise RecordError(f"No frame of {path} can be decoded: it is cut off, or its codec is not known here.")
        height, width = _retrieve(opened, path, 0).shape[:2]
        stated, fps = (opened.get(name) for name in (cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FPS))
    finally:
        opened.release()
    return Video(path, width, height, fps if fps > 0 else float("nan"), max(0, int(stated)))


def count_frames(path: Path | str) -> int:
    """The number of frames in a video, by reading all of them.

    Raises:
        RecordError: If it is not there or is no video.
    """
    opened, number = _open(Path(path)), 0
    try:
        while opened.grab():
            number += 1
    finally:
        opened.release()
    return number


def is_video(path: Path | str) -> bool:
    """Whether a file's name ends as those of videos do."""
    return Path(path).suffix.lower() in ENDINGS


def _open(path: Path) -> Any:
    import cv2

    if not path.is_file():
        raise RecordError(f"There is no video {path}.")
    _silence(cv2)
    opened = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not opened.isOpened():
        opened.release()
        raise RecordError(f"{path} is no video that can be read. Known endings are {', '.join(ENDINGS)}.")
    return opened


def _silence(cv2: Any) -> None:
    """What decoders say of damaged files goes past Python to standard error; what matters of it is told in words."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # read when the first file is opened
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)


def _retrieve(opened: Any, path: Path, number: int) -> np.ndarray:
    import cv2

    is_there, picture = opened.retrieve()
    if not is_there:
        raise RecordError(f"Frame {number:,} of {path} cannot be decoded.")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


def _seconds(opened: Any, number: int, fps: float) -> float:
    """The frame's own time stamp: where frames are missing, their number and the rate would be wrong."""
    import cv2

    stamp = opened.get(cv2.CAP_PROP_POS_MSEC) / 1000
    return stamp if stamp > 0 or number == 0 else number / fps


def _refuse_early_end(video: Video, number: int, shown: float) -> None:
    """Where the number of frames is derived from the length of the file, it is a little too high, and with a changing
    rate far from the truth; so what is missing has to be missing by number and by time."""
    missing = min(video.stated_frames - number, video.stated_frames - shown * video.fps) - 1
    if missing > max(_FRAMES_TOO_MANY, video.fps * _SECONDS_TOO_MANY):
        raise RecordError(
            f"{video.path} can be read up to frame {number:,} only, although it states {video.stated_frames:,} frames: "
            "it is cut off, or damaged there."
        )


def check_frames(first: int, last: int | None, step: int) -> None:
    """Check that this is a range of frames, of whatever video.

    Raises:
        RecordError: If not.
    """
    if step < 1 or first < 0 or (last is not None and last < first):
        raise RecordError(
            f"Frames {_name(first, last)} in steps of {step} are no range: the first is at least 0, the last not "
            "before it, the step at least 1."
        )


def _check_range(video: Video, first: int, last: int | None, step: int) -> None:
    check_frames(first, last, step)
    furthest = first if last is None else last
    if video.stated_frames and furthest >= video.stated_frames and furthest >= (there := count_frames(video.path)):
        raise RecordError(f"{video.path} has {there:,} frames, 0 to {there - 1:,}; asked for {_name(first, last)}.")


def _name(first: int, last: int | None) -> str:
    return f"{first:,} to {'the end' if last is None else format(last, ',')}"
