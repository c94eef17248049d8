"""Cut-outs of disputed truths: PNG files, or a page of excerpts of texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from trainer import pictures
from trainer.comparing.crops import Crops, Cut, Draw, cut_each, file_words
from trainer.comparing.dispute_table import BOX, KINDS
from trainer.comparing.excerpts import Excerpt, Note, write_excerpts
from trainer.records.rows import Rows

# The truth as in crops of a ledger; runs in colours that can be told apart on dark paper, again from the start.
TRUTH: Final = "#3ddc5f"
_RUNS: Final = ("#c9d1d9", "#4d94ff", "#ffb454", "#ff7ad9", "#5ad1d1", "#b58cff")


def cut_disputes(
    lines: pa.Table,
    rows: Rows,
    folder: Path | str,
    *,
    surroundings: float = 0.5,
    draw: Draw | None = None,
    report: pictures.Report | None = None,
) -> Crops:
    """Cut disputed truths out of their pictures or texts, with the truth and what each run that agrees sees.

    A file is named after its place in the list, the kind, the feature and the row, such as
    ``0001-other_feature-RBC-image_07.png``. Pictures that are not there are passed over, as in `cut_crops`. Of classes,
    which have no place, the whole picture is shown. Of texts one page is written, as by `write_excerpts`.

    Args:
        lines: Lines of `DisputedTruths.table`.
        rows: The rows of the last run's snapshot.
        folder: Where to put the files; it is made.
        surroundings: How much to show around an object on each side, as a share of its longer side.
        draw: What to draw of each line instead of boxes, asked for when it is cut: `DisputedTruths.draw`, which shows
            painted areas with their rims.
        report: Told (done, total) after each picture.

    Raises:
        RecordError: If the folder holds PNG files, or such a page, already, which would mix with the new ones.
    """
    entries = lines.to_pylist()
    if entries and all(rows.texts[rows.position(entry["key"])] is not None for entry in entries):
        return write_excerpts([_excerpt(entry) for entry in entries], rows, folder)
    cuts = [_cut(number, entry, rows, draw) for number, entry in enumerate(entries, start=1)]
    return cut_each(cuts, rows, folder, surroundings=surroundings, report=report)


def _cut(number: int, entry: Mapping[str, Any], rows: Rows, draw: Draw | None) -> Cut:
    words = file_words(entry["feature"] or entry["seen_as"], Path(entry["key"]).stem)
    outlines = outlines_of(entry)
    if entry["left"] is None:
        row = rows.position(entry["key"])
        outlines[0] = replace(outlines[0], box=(0, 0, float(rows.widths[row]), float(rows.heights[row])))
    drawn = None if draw is None else partial(draw, entry)
    return Cut(entry["key"], f"{number:04}-{entry['kind']}-{words}.png", _title(entry), outlines, drawn)


def _excerpt(entry: Mapping[str, Any]) -> Excerpt:
    """Spans are the same or not, so that what runs see stands where the line says."""
    place = None if entry["start"] is None else (entry["start"], entry["end"])
    return Excerpt(entry["key"], _title(entry), [Note(each.words, each.colour, place) for each in outlines_of(entry)])


def _title(entry: Mapping[str, Any]) -> str:
    what = entry["feature"] or entry["seen_as"]
    asked = {
        KINDS[0]: f"{what}, or {entry['seen_as']}?",
        KINDS[1]: f"no truth, or {what}?",
        KINDS[2]: f"{what}, or nothing?",
    }
    return f"{asked[entry['kind']]} in {entry['key']}"


def outlines_of(entry: Mapping[str, Any]) -> list[pictures.Outline]:
    """What to draw of one line: the truth, then what each run says."""
    outlines = []
    if entry["feature"] is not None:
        size = "" if entry["left"] is None else f", {entry['width']:.0f} x {entry['height']:.0f} px"
        words = f"truth: {entry['feature']}{size}"
        outlines.append(pictures.Outline(words, TRUTH, _box(entry, "")))
    number = 1
    while f"run_{number}" in entry:
        words = f"{entry[f'run_{number}']}: {_said(entry, f'run_{number}')}"
        colour = _RUNS[(number - 1) % len(_RUNS)]
        outlines.append(pictures.Outline(words, colour, _box(entry, f"run_{number}_"), dashed=True))
        number += 1
    return outlines


def _said(entry: Mapping[str, Any], side: str) -> str:
    sure = entry[f"{side}_confidence"]
    if sure is None:
        return "does not agree"
    return f"misses it, {sure:.2f} sure" if entry["seen_as"] is None else f"{entry['seen_as']} {sure:.2f}"


def _box(entry: Mapping[str, Any], prefix: str) -> tuple[float, float, float, float] | None:
    left, top, width, height = (entry[prefix + name] for name in BOX)
    return None if left is None else (left, top, width, height)
