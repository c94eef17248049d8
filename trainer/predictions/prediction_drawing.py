"""Predictions drawn on their pictures, so that a person can look at them; as pictures or as a video."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from trainer.predictions.outlines import simplify_masks
from trainer.predictions.predicted import PICTURE_ENDINGS, PredictedPicture
from trainer.predictions.videos import is_video
from trainer.records.errors import RecordError
from trainer.records.whole_files import whole_file

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

CODECS: Final = {".avi": "MJPG", ".mp4": "mp4v", ".webm": "VP80"}
_COLOURS: Final = (
    "#e6194b",
    "#3cb44b",
    "#ffe119",
    "#4363d8",
    "#f58231",
    "#42d4f4",
    "#f032e6",
    "#bfef45",
    "#fabed4",
    "#dcbeff",
)
_SHADE: Final = "#000000"
_LETTERS_SHARE: Final = 1 / 40  # height of the letters as a share of the picture's
_FILLED: Final = 0.35


def draw(predicted: PredictedPicture) -> np.ndarray:
    """The picture with boxes, outlines and answers drawn on it, coloured by feature, or by object where it is tracked.

    Returns:
        uint8[height, width, 3] red, green, blue.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(predicted.picture)
    sizes = np.tile(predicted.picture.shape[:2], (len(predicted.annotations), 1))
    outlined = simplify_masks(predicted.annotations, sizes, simplify=1.0).table["polygons"].to_pylist()
    letters = max(10, round(image.height * _LETTERS_SHARE))
    font = ImageFont.load_default(size=letters)
    canvas, answers = ImageDraw.Draw(image, "RGBA"), 0
    for line, rings in zip(predicted.lines(), outlined, strict=True):
        colour = _colour_of(line, predicted.features)
        name = line["feature"] + (f" #{line['object']}" if line["object"] else "") + f" ({line['confidence']:.2f})"
        if line["box"] is None:
            _write(canvas, (4, 4 + answers * (letters + 4)), name, colour, font)
            answers += 1
            continue
        left, top, width, height = line["box"]
        for ring in rings or ():
            canvas.polygon(list(zip(ring[::2], ring[1::2], strict=True)), fill=colour + f"{round(255 * _FILLED):02x}")
        thick = max(1, letters // 8)
        canvas.rectangle((left, top, left + width, top + height), outline=colour, width=thick)
        _write(canvas, (left, max(0, top - letters - 3)), name, colour, font)
    return np.asarray(image)


class Drawing:
    """Drawn pictures in a folder, or frames in a video file; use it in a ``with`` block.

    A video, and each picture, appears under its name when it is whole.

    Args:
        path: A video (``.mp4``, ``.avi``, ``.webm``) or a folder, which is made.
        fps: Frames a second of a video.

    Raises:
        RecordError: If the path is called like another kind of file, or is one.
    """

    def __init__(self, path: Path, *, fps: float = 25.0) -> None:
        self._path, self._fps = path, fps
        self._codec = CODECS.get(path.suffix.lower())
        self._unfinished = path.with_name(f"{path.stem}.unfinished{path.suffix}")
        self._writer: Any = None
        self._size: tuple[int, int] | None = None
        is_named_as_file = is_video(path) or path.suffix.lower() in PICTURE_ENDINGS
        if not self._codec and (path.is_file() or (is_named_as_file and not path.is_dir())):
            raise RecordError(f"{path} is neither a folder nor a {', '.join(CODECS)} video; draw into one of these.")

    def add(self, predicted: PredictedPicture) -> None:
        """Draw one more picture.

        Raises:
            RecordError: If a video's frames have several sizes, or cannot be written.
        """
        if self._codec:
            self._add_frame(draw(predicted))
        else:
            self._save(predicted)

    def _save(self, predicted: PredictedPicture) -> None:
        from PIL import Image

        name = predicted.source.name.replace("/", "-").replace("\\", "-")
        number = "" if predicted.frame is None else f"-{predicted.frame:06d}"
        self._path.mkdir(parents=True, exist_ok=True)
        with whole_file(self._path / f"{name}{number}.jpg") as unfinished:
            Image.fromarray(draw(predicted)).save(unfinished, "JPEG", quality=90)

    def _add_frame(self, picture: np.ndarray) -> None:
        import cv2

        size = (picture.shape[1], picture.shape[0])
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            codec = cv2.VideoWriter.fourcc(*str(self._codec))
            self._writer, self._size = cv2.VideoWriter(str(self._unfinished), codec, self._fps, size), size
            if not self._writer.isOpened():
                raise RecordError(f"{self._path} cannot be written as a video.")
        if size != self._size:
            raise RecordError(
                f"A picture has {size[0]} x {size[1]} pixels, the video {self._path} {self._size}; "
                "draw pictures of several sizes into a folder."
            )
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is None:
            return
        self._writer.release()
        if kind is None:
            self._unfinished.replace(self._path)
        else:
            self._unfinished.unlink(missing_ok=True)


def _colour_of(line: dict[str, Any], features: tuple[str, ...]) -> str:
    number = int(line["object"]) if line["object"] else features.index(line["feature"])
    return _COLOURS[number % len(_COLOURS)]


def _write(canvas: ImageDraw, place: tuple[float, float], words: str, colour: str, font: Any) -> None:
    canvas.text(place, words, fill=colour, font=font, stroke_width=2, stroke_fill=_SHADE)
