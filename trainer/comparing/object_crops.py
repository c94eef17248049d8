"""Cut-outs of the objects of a ledger, whatever they are: of pictures, painted areas, or texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from trainer import pictures
from trainer.comparing.crops import COLOURS, Crops, cut_crops, said_by, title_of
from trainer.comparing.excerpts import Excerpt, Note, write_excerpts
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_table import FALSE_ALARM, SIDES
from trainer.comparing.painted_crops import paint_rows
from trainer.records.measure import Measure


def cut_objects(
    ledger: ObjectLedger, lines: pa.Table, folder: Path | str, *, report: pictures.Report | None = None
) -> Crops:
    """Cut objects of a ledger out of their pictures or texts.

    Of shapes, and of the whole pictures of classes, PNG files are made as by `cut_crops`. Of painted areas these show
    the rim of the feature's true area and, tinted, what each run painted of it; where a run takes a missed area for
    another feature, that part of it. Of texts one page is written, ``excerpts.html``, with what stands around each
    span and what truth and runs say of it.

    Args:
        ledger: The ledger.
        lines: Lines of its table, as from `ObjectLedger.choose`.
        folder: Where to put the files; it is made.
        report: Told (done, total) after each picture.

    Raises:
        RecordError: If the folder holds PNG files, or such a page, already, which would mix with the new ones.
    """
    rows = ledger.pair.candidate.snapshot.rows
    keys = dict.fromkeys(lines["key"].to_pylist())
    if keys and all(rows.texts[rows.position(key)] is not None for key in keys):
        return write_excerpts([_excerpt(ledger, entry) for entry in lines.to_pylist()], rows, folder)
    draw = paint_rows(ledger.named, tuple(keys)).outlines if ledger.pair.subject.measure is Measure.PIXELS else None
    return cut_crops(lines, rows, folder, draw=draw, report=report)


def _excerpt(ledger: ObjectLedger, entry: Mapping[str, Any]) -> Excerpt:
    place = None if entry["start"] is None else (entry["start"], entry["end"])
    notes = []
    if entry["kind"] != FALSE_ALARM:
        notes.append(Note(f"truth: {entry['feature']}", COLOURS["truth"], place))
    for side, run in zip(SIDES, (ledger.pair.baseline, ledger.pair.candidate), strict=True):
        number, there = entry[f"{side}_prediction"], None
        if number is not None and place is not None:
            there = int(run.predictions.start[number]), int(run.predictions.end[number])
        words = f"{side} {entry[f'{side}_run']}: {said_by(entry, side)}"
        if there not in (None, place):
            text = run.snapshot.rows.texts[run.snapshot.rows.position(entry["key"])] or ""
            words += f", on “{text[slice(*there)]}”"
        notes.append(Note(words, COLOURS[side], there))
    return Excerpt(entry["key"], title_of(entry), notes)
