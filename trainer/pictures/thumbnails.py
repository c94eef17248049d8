"""Small copies of the pictures, packed into one file: `<size>.bin` with a table of where each begins."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from trainer.pictures.measuring import unreadable
from trainer.pictures.opening import as_rgb, orientation_of, upright
from trainer.pictures.threads import Report, each
from trainer.records.errors import ImportRefusedError, NotFoundError, Problem
from trainer.records.layout import THUMBNAILS
from trainer.records.whole_files import whole_file

THUMBNAIL_SIZE = 320
_QUALITY = 80
_EFFORT = 2  # of 0 to 6: a third less time than Pillow's own choice of 4, and files 4 % larger


def pack_thumbnails(
    uris: Sequence[str | None], folder: Path, *, size: int = THUMBNAIL_SIZE, report: Report | None = None
) -> None:
    """Write small upright WebP copies of pictures below a run folder.

    ``thumbnails/<size>.bin`` holds them one after the other; ``thumbnails/<size>.offsets.npy`` is int64[n + 1], and
    copy i stands at offsets[i]:offsets[i + 1]. Rows without a picture, and those whose picture lies behind a URL,
    have an empty span. Pictures are never enlarged. Nothing is written when a picture cannot be read.

    Args:
        uris: Place of each row's picture in row order, None where there is none.
        folder: The run folder.
        size: Longest side in pixels.
        report: Told (done, total) after each row.

    Raises:
        ImportRefusedError: With every picture that cannot be read.
    """
    (folder / THUMBNAILS).mkdir(parents=True, exist_ok=True)
    pack, offsets = (folder / name for name in thumbnail_files(size))
    lengths, problems = [0], []
    with whole_file(pack) as unfinished, unfinished.open("wb") as file:
        for made in each(partial(_make, size=size), uris, report=report):
            if isinstance(made, Problem):
                problems.append(made)
            else:
                lengths.append(file.write(made))
        if problems:
            raise ImportRefusedError("pictures", problems)
    np.save(offsets, np.cumsum(lengths, dtype=np.int64), allow_pickle=False)


def thumbnail_files(size: int = THUMBNAIL_SIZE) -> tuple[str, str]:
    """Names, in a run, of the packed copies and of the table of where each begins."""
    return f"{THUMBNAILS}/{size}.bin", f"{THUMBNAILS}/{size}.offsets.npy"


def read_thumbnail(pack: Path, offsets: Path, row: int) -> bytes:
    """One row's small copy as WebP; empty where the row has no picture.

    Args:
        pack: The packed copies.
        offsets: The table of where each begins; it may lie in another folder, as in a cache of fetched files.
        row: Row number.

    Raises:
        NotFoundError: If the row does not exist.
    """
    begins = np.load(offsets, mmap_mode="r", allow_pickle=False)
    if not 0 <= row < len(begins) - 1:
        raise NotFoundError(f"There is no row {row} among the {len(begins) - 1:,} thumbnails of {pack}.")
    with pack.open("rb") as file:
        file.seek(int(begins[row]))
        return file.read(int(begins[row + 1] - begins[row]))


def _make(uri: str | None, *, size: int) -> bytes | Problem:
    from PIL import Image

    if uri is None or "://" in uri:
        return b""
    try:
        with Image.open(uri) as image:
            orientation = orientation_of(image)
            # Before shrinking only where it must be: Pillow decodes RGB and grey JPEGs at a fraction of their size.
            small = image if image.mode in ("RGB", "L") else as_rgb(image)
            small.thumbnail((size, size))
            written = io.BytesIO()
            upright(as_rgb(small), orientation).save(written, "WEBP", quality=_QUALITY, method=_EFFORT)
    except Exception as error:  # Pillow's decoders fail in many ways, and each means an unreadable picture
        return unreadable(uri, error)
    return written.getvalue()
