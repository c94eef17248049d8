"""Images of COCO truth, once checked, as rows."""

from __future__ import annotations

import math
import re
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from trainer.formats.coco.identities import IMAGE_ID, KEY, SHA256, SPLIT
from trainer.formats.coco.images import Images
from trainer.formats.foreign import Note, split_named
from trainer.pictures import PictureFacts
from trainer.records.rows import Rows
from trainer.records.split import Split

OWN_FIELDS = {"id", "file_name", "width", "height", KEY, SPLIT, SHA256, IMAGE_ID}
"""Fields of an image that are no metadata."""


def make_rows(images: Images, *, keep_ids: bool) -> Rows:
    """The rows of images of which nothing was refused.

    Args:
        images: From `read_images`.
        keep_ids: Whether the ids come from outside and are to be kept in the metadata.
    """
    facts = [entry if isinstance(entry, PictureFacts) else None for entry in images.pictures.facts]
    sizes = np.where(images.turned()[:, None], images.sizes[:, ::-1], images.sizes)
    return Rows.from_columns(
        keys=images.keys,
        widths=sizes[:, 1].tolist(),
        heights=sizes[:, 0].tolist(),
        uris=[None if path is None else str(path) for path in images.pictures.paths],
        sha256s=[
            fact.sha256 if fact else _stated_sha256(item)
            for fact, item in zip(facts, images.entries.items, strict=True)
        ],
        metadata=[
            _metadata(item, {IMAGE_ID: image_id} if keep_ids else {})
            for item, image_id in zip(images.entries.items, images.ids.tolist(), strict=True)
        ],
    )


def stated_splits(images: Images) -> list[Split] | None:
    """The split of each image by its field `split`, else by a folder of its path; None if no image states one."""
    stated = [_stated_split(item, name) for item, name in zip(images.entries.items, images.names, strict=True)]
    return [split or Split.UNASSIGNED for split in stated] if any(stated) else None


def notes_on_images(images: Images) -> list[Note]:
    """What happened to the images: pictures not found, pictures turned, fields not kept."""
    notes = []
    absent = [i for i, path in enumerate(images.pictures.paths) if path is None]
    if absent:
        notes.append(
            Note(
                images.entries.place(absent[0]),
                f"{len(absent):,} of {len(images.ids):,} pictures were not found beside the file, this one first; "
                "their rows have a size and no picture",
            )
        )
    turned = np.flatnonzero(images.turned())
    if len(turned):
        notes.append(
            Note(
                images.entries.place(turned[0]),
                f"{len(turned):,} pictures are turned by EXIF and the file states their size before the turn, this "
                "one first; annotations are taken as drawn on the upright picture",
            )
        )
    dropped = sorted({name for item in images.entries.items for name, value in item.items() if not _is_scalar(value)})
    if dropped:
        notes.append(Note(images.entries.name, f"fields that hold no single value are not kept: {', '.join(dropped)}"))
    return notes


def _metadata(item: dict[str, Any], identity: dict[str, int]) -> dict[str, Any]:
    kept = {name: value for name, value in item.items() if name not in OWN_FIELDS and _is_scalar(value)}
    return {**{name: value for name, value in kept.items() if value is not None}, **identity}


def _is_scalar(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int)


def _stated_sha256(item: dict[str, Any]) -> str | None:
    value = item.get(SHA256)
    return value if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) else None


def _stated_split(item: dict[str, Any], name: str | None) -> Split | None:
    folders = PurePosixPath(name).parent.parts if name else ()
    candidates = [str(item.get(SPLIT)), str(item.get("split")), *reversed(folders)]
    return next((split for split in map(split_named, candidates) if split), None)
