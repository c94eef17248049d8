"""The picture of a row as it is on disk, for looking at it at full size."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Final

from trainer import pictures

LONGEST_SIDE: Final = 3072  # pixels; more than a screen shows, and little enough to be sent and decoded at once
_QUALITY: Final = 90
_EFFORT: Final = 0  # of 0 to 6: a reader waits for it


def full_picture(uri: str | None, sha256: str | None) -> bytes | None:
    """A row's picture, upright, as WebP of at most `LONGEST_SIDE` pixels a side.

    Args:
        uri: Where the picture is; None where the row has none.
        sha256: What the row says of the file, as hex digits; None where it says nothing.

    Returns:
        None where there is no picture, it lies behind a URL, it cannot be read, or it is another one by now.
    """
    if uri is None or "://" in uri:
        return None
    try:
        if sha256 is not None and hashlib.sha256(Path(uri).read_bytes()).hexdigest() != sha256:
            return None
        image = pictures.open_picture(uri)
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        written = io.BytesIO()
        image.save(written, "WEBP", quality=_QUALITY, method=_EFFORT)
    except Exception:  # Pillow's decoders fail in many ways, and each leaves the small copy to look at
        return None
    return written.getvalue()
