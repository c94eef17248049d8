"""Pictures that a model looks at: where they come from, and what it said about them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trainer.predictions.videos import is_video
from trainer.projects import DataVersion
from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError
from trainer.records.split import Split

PICTURE_ENDINGS = (".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Source:
    """A picture or a video.

    Attributes:
        name: What it is called in results: a file's name, or a row's key.
        path: The file.
    """

    name: str
    path: Path

    @property
    def is_video(self) -> bool:
        """Whether the file's name ends as those of videos do."""
        return is_video(self.path)

    @property
    def is_picture(self) -> bool:
        """Whether the file's name ends as those of pictures do."""
        return self.path.suffix.lower() in PICTURE_ENDINGS


@dataclass(frozen=True)
class PredictedPicture:
    """What a model said about one picture.

    Attributes:
        source: Where it comes from.
        picture: uint8[height, width, 3] red, green, blue.
        features: The model's features, in order.
        annotations: What was said, all on row 0, with positions in `features` as feature codes.
        frame: Number of the frame, from 0; None for a picture.
        seconds: When it is shown in its video; None for a picture.
    """

    source: Source
    picture: np.ndarray = field(repr=False)
    features: tuple[str, ...]
    annotations: Annotations = field(default_factory=Annotations.empty)
    frame: int | None = None
    seconds: float | None = None

    def lines(self) -> Iterator[dict[str, Any]]:
        """The annotations as plain values, one mapping each.

        With ``file``, ``frame``, ``time`` in seconds, ``feature``, ``confidence``, ``box`` (left, top, width, height
        in pixels), ``polygons``, ``rle`` (as in COCO: ``size``, which is height and width, and ``counts``) and
        ``object``; None where there is no such thing.
        """
        size = list(self.picture.shape[:2])
        seconds = None if self.seconds is None or math.isnan(self.seconds) else self.seconds  # JSON has no NaN
        table = self.annotations.table
        columns = [table[name].to_pylist() for name in ("polygons", "rle", "object")]
        said = zip(
            self.annotations.feature.tolist(),
            self.annotations.confidence.tolist(),
            self.annotations.box.tolist(),
            self.annotations.placed.tolist(),
            *columns,
            strict=True,
        )
        for feature, confidence, box, placed, polygons, rle, identity in said:
            yield {
                "file": self.source.name,
                "frame": self.frame,
                "time": seconds,
                "feature": self.features[feature],
                "confidence": confidence,
                "box": box if placed else None,
                "polygons": polygons,
                "rle": rle and {"size": size, "counts": rle},
                "object": identity,
            }


def row_sources(data: DataVersion, *, keys: Sequence[str] | None = None, split: str | None = None) -> list[Source]:
    """The pictures of rows, called by their keys.

    Args:
        data: A version of a project.
        keys: Only these rows, in this order.
        split: Only rows of this part.

    Raises:
        NotFoundError: If there is no such row.
        RecordError: If a row has no picture.
    """
    rows = data.snapshot.rows
    chosen = [rows.position(key) for key in keys] if keys is not None else range(len(rows))
    chosen = [row for row in chosen if split is None or rows.splits[row] == Split(split)]
    bare = [row for row in chosen if not rows.uris[row]]
    if bare:
        raise RecordError(
            f"{len(bare):,} of {len(chosen):,} rows have no picture to look at; first: {rows.keys[bare[0]]!r}."
        )
    return [Source(rows.keys[row], Path(str(rows.uris[row]))) for row in chosen]
