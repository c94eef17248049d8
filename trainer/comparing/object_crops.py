"""Cut-outs of the objects of a ledger, whatever they are: of pictures, painted areas, or texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from trainer import pictures
from trainer.comparing.crops import COLOURS, Crops, cut_each, cuts_of, outlines_of, said_by, title_of
from trainer.comparing.excerpts import Excerpt, Note, write_excerpts
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_table import FALSE_ALARM, SIDES
from trainer.comparing.painted_crops import paint_rows
from trainer.records.measure import Measure
from trainer.runs.model_runs import ModelRun


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
    painted = ledger.pair.subject.measure is Measure.PIXELS
    draw = paint_rows(ledger.named, tuple(keys)).outlines if painted else outlines_of
    return cut_each(cuts_of(lines, draw), rows, folder, report=report)


def _excerpt(ledger: ObjectLedger, entry: Mapping[str, Any]) -> Excerpt:
    place = None if entry["start"] is None else (entry["start"], entry["end"])
    notes = []
    if entry["kind"] != FALSE_ALARM:
        notes.append(Note(f"truth: {entry['feature']}", COLOURS["truth"], place))
    runs = zip(SIDES, (ledger.pair.baseline, ledger.pair.candidate), ledger.ledger.min_confidence, strict=True)
    notes += [_note(entry, side, run, least) for side, run, least in runs]
    return Excerpt(entry["key"], title_of(entry), notes)


def _note(entry: Mapping[str, Any], side: str, run: ModelRun, least: float) -> Note:
    """What a run says of a span; where it says nothing, what it sees there instead, such as one with another end."""
    said, number = said_by(entry, side), entry[f"{side}_prediction"]
    if number is None and entry["start"] is not None:
        number = _nearby(run, entry, least)
        if number is not None:
            seen = run.snapshot.ontology.paths[run.predictions.feature[number]]
            said = f"{seen} {run.predictions.confidence[number]:.2f}"
    words, place = f"{side} {entry[f'{side}_run']}: {said}", None
    if number is not None and entry["start"] is not None:
        place = int(run.predictions.start[number]), int(run.predictions.end[number])
        if place != (entry["start"], entry["end"]):
            text = run.snapshot.rows.texts[run.snapshot.rows.position(entry["key"])] or ""
            words += f", on “{text[slice(*place)]}”"
    return Note(words, COLOURS[side], place)


def _nearby(run: ModelRun, entry: Mapping[str, Any], least: float) -> int | None:
    """Number of the surest span of a run that overlaps that of a line; None where it has none."""
    found, row = run.predictions, run.snapshot.rows.position(entry["key"])
    begin, behind = np.searchsorted(found.row, [row, row + 1])
    here = np.arange(begin, behind)
    here = here[(found.start[here] < entry["end"]) & (found.end[here] > entry["start"])]
    here = here[found.confidence[here] >= least]
    return int(here[np.argmax(found.confidence[here])]) if len(here) else None
