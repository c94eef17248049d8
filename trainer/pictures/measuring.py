"""What a picture file is: its upright size and the checksum of its bytes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.pictures.opening import is_quarter_turn, orientation_of
from trainer.pictures.threads import Report, each
from trainer.records.errors import ImportRefusedError, Problem


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of a picture without looking at its pixels.

    Attributes:
        width: In pixels, upright.
        height: In pixels, upright.
        sha256: Of the file's bytes, 64 hex digits.
        quarter_turn: Whether EXIF turns the stored pixels by 90 degrees, so that they are `height` wide.
    """

    width: int
    height: int
    sha256: str
    quarter_turn: bool = False


def measure(paths: Sequence[Path | str], *, report: Report | None = None) -> list[PictureFacts]:
    """Size and checksum of pictures, in the order given.

    Args:
        paths: Files of any format that Pillow reads.
        report: Told (done, total) after each picture.

    Raises:
        ImportRefusedError: With every picture that cannot be read.
    """
    measured = measure_each(paths, report=report)
    problems = [entry for entry in measured if isinstance(entry, Problem)]
    if problems:
        raise ImportRefusedError("pictures", problems)
    return [entry for entry in measured if isinstance(entry, PictureFacts)]


def measure_each(paths: Sequence[Path | str], *, report: Report | None = None) -> list[PictureFacts | Problem]:
    """Like `measure`, but with a problem in the place of each picture that cannot be read."""
    return list(each(_measure_one, paths, report=report))


def _measure_one(path: Path | str) -> PictureFacts | Problem:
    from PIL import Image

    try:
        content = Path(path).read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            turned = is_quarter_turn(orientation_of(image))
            width, height = reversed(image.size) if turned else image.size
    except Exception as error:  # Pillow's readers fail in many ways, and each means an unreadable picture
        return unreadable(path, error)
    return PictureFacts(width, height, hashlib.sha256(content).hexdigest(), turned)


def unreadable(path: Path | str, error: Exception) -> Problem:
    """The problem of a picture that cannot be read."""
    from PIL import UnidentifiedImageError

    if isinstance(error, FileNotFoundError):
        return Problem(str(path), "there is no such file")
    if isinstance(error, UnidentifiedImageError):
        return Problem(str(path), "is no picture of a known format")
    return Problem(str(path), f"cannot be read as a picture ({error})")
