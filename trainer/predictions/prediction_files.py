"""Predictions as files: JSON, one JSON value a line, or CSV; written while they are made."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from trainer.predictions.predicted import PredictedPicture
from trainer.records.errors import RecordError

ENDINGS = (".csv", ".json", ".ndjson")
_LENGTHS = ("left", "top", "width", "height")
_COLUMNS = ("file", "frame", "time", "feature", "confidence", *_LENGTHS, "polygons", "rle", "object")


class PredictionFile:
    """A file that takes predictions picture by picture; use it in a ``with`` block.

    One entry an annotation, as `PredictedPicture.lines` tells it: an array for ``.json``, a line for ``.ndjson``; in
    ``.csv`` the box has four columns, and polygons and run lengths are JSON. The file appears under its name
    when it is whole.

    Args:
        path: Where to write; its ending says how.

    Raises:
        RecordError: If the ending is none of these.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in ENDINGS:
            raise RecordError(f"{path} is no {', '.join(ENDINGS)} file; predictions are written as one of these.")
        self._path, self._kind = path, path.suffix.lower()
        self._unfinished = path.with_name(path.name + ".unfinished")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._unfinished.open("w", newline="", encoding="utf-8")
        self._table = csv.writer(self._file, lineterminator="\n")
        self._written = 0
        if self._kind == ".csv":
            self._table.writerow(_COLUMNS)

    def add(self, picture: PredictedPicture) -> None:
        """Write what was said about a picture."""
        for line in picture.lines():
            if self._kind == ".csv":
                self._table.writerow(_cells(line))
            else:
                between = "" if self._kind == ".ndjson" else ",\n" if self._written else "[\n"
                end = "\n" if self._kind == ".ndjson" else ""
                self._file.write(between + json.dumps(line, ensure_ascii=False) + end)
            self._written += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._kind == ".json":
            self._file.write("\n]\n" if self._written else "[]\n")
        self._file.close()
        if kind is None:
            self._unfinished.replace(self._path)
        else:
            self._unfinished.unlink()


def _cells(line: dict[str, Any]) -> list[Any]:
    box = line["box"] or [None] * 4
    outlines = {name: None if line[name] is None else json.dumps(line[name]) for name in ("polygons", "rle")}
    values = line | dict(zip(_LENGTHS, box, strict=True)) | outlines
    return ["" if values[name] is None else values[name] for name in _COLUMNS]
