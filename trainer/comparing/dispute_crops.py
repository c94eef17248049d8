"""Cut-outs of disputed truths: PNG files, or a page of excerpts of texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from trainer import pictures
from trainer.comparing.crops import Crops, Cut, Draw, cut_each, file_words
from trainer.comparing.dispute_outlines import outlines_of
from trainer.comparing.dispute_table import KINDS
from trainer.comparing.disputes import DisputedTruths
from trainer.comparing.excerpts import Excerpt, Note, write_excerpts


def cut_disputes(
    disputed: DisputedTruths,
    lines: pa.Table,
    folder: Path | str,
    *,
    surroundings: float = 0.5,
    report: pictures.Report | None = None,
) -> Crops:
    """Cut disputed truths out of their pictures or texts, with the truth and what each run that agrees sees.

    A file is named after its place in the list, the kind, the feature and the row, such as
    ``0001-other_feature-RBC-image_07.png``. Pictures that are not there are passed over, as in `cut_crops`. Painted
    areas are shown with their rims; of classes, which have no place, the whole picture is shown. Of texts one page is
    written, as by `write_excerpts`.

    Args:
        disputed: What runs dispute.
        lines: Lines of its table.
        folder: Where to put the files; it is made.
        surroundings: How much to show around an object on each side, as a share of its longer side.
        report: Told (done, total) after each picture.

    Raises:
        RecordError: If the folder holds PNG files, or such a page, already, which would mix with the new ones.
    """
    entries, rows = lines.to_pylist(), disputed.on.last.snapshot.rows
    if entries and all(rows.texts[rows.position(entry["key"])] is not None for entry in entries):
        return write_excerpts([_excerpt(entry) for entry in entries], rows, folder)
    draw = disputed.draw(lines)
    cuts = [_cut(number, entry, draw) for number, entry in enumerate(entries, start=1)]
    return cut_each(cuts, rows, folder, surroundings=surroundings, report=report)


def _cut(number: int, entry: Mapping[str, Any], draw: Draw) -> Cut:
    words = file_words(entry["feature"] or entry["seen_as"], Path(entry["key"]).stem)
    return Cut(entry["key"], f"{number:04}-{entry['kind']}-{words}.png", _title(entry), partial(draw, entry))


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
