"""Cut-outs of objects, those of a ledger above all, as PNG files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from trainer import pictures
from trainer.comparing.ledger_table import FALSE_ALARM, SIDES, TELLING
from trainer.records.errors import Problem, RecordError
from trainer.records.rows import Rows

Draw = Callable[[Mapping[str, Any]], Sequence[pictures.Outline]]
"""Makes what is drawn of one line of a ledger."""
# The truth as the gallery colours it by source; runs as the dashboard's charts do, lighter for the dark paper.
COLOURS: Final = {"truth": "#3ddc5f", "baseline": "#c9d1d9", "candidate": "#4d94ff"}
_LONGEST_NAME: Final = 60


class Cut(NamedTuple):
    """One object to cut out.

    Attributes:
        key: Its row.
        name: Of the file to make.
        title: The first line of words below.
        draw: Makes what is drawn when it is cut, since areas would take too much room all at once; where nothing of it
            has a box, the whole picture is shown.
    """

    key: str
    name: str
    title: str
    draw: Callable[[], Sequence[pictures.Outline]]


@dataclass(frozen=True)
class Crops:
    """What was cut.

    Attributes:
        files: The file of each line, in the order of the lines; None where there was no picture to cut from.
        problems: Each row whose picture was not there, once, with the reason.
    """

    files: tuple[Path | None, ...]
    problems: tuple[Problem, ...]

    @property
    def missing(self) -> int:
        """Number of lines without a file."""
        return self.files.count(None)


def cut_crops(
    lines: pa.Table,
    rows: Rows,
    folder: Path | str,
    *,
    surroundings: float = 0.5,
    report: pictures.Report | None = None,
) -> Crops:
    """Cut objects out of their pictures, each with truth (solid), both runs' predictions (dashed) and words below.

    A file is named after the change, the place among the lines of that change, the feature and the row, such as
    ``1-newly_missed-0001-RBC-image_07.png``, so that files sort as `ObjectLedger.choose` lists the lines. A picture
    that is only known by its URL, is not there any more, cannot be read or has another size than it had is passed over.
    Classes have no place, so that their whole pictures are shown. Painted areas, whose lines tell no more than a box,
    are drawn as areas by `cut_objects`.

    Args:
        lines: From `ObjectLedger.choose`, or lines of `ObjectLedger.table`.
        rows: The rows of the candidate's snapshot.
        folder: Where to put the files; it is made.
        surroundings: How much to show around an object on each side, as a share of its longer side.
        report: Told (done, total) after each picture.

    Raises:
        RecordError: If the folder holds PNG files already, which would mix with the new ones.
    """
    return cut_each(cuts_of(lines, outlines_of), rows, folder, surroundings=surroundings, report=report)


def cuts_of(lines: pa.Table, draw: Draw) -> list[Cut]:
    """What to cut out of lines of a ledger, each named as in `cut_crops`; `draw` is asked for each when it is cut."""
    entries = lines.to_pylist()
    return [
        Cut(entry["key"], name, title_of(entry), partial(draw, entry))
        for entry, name in zip(entries, _file_names(entries), strict=True)
    ]


def cut_each(
    cuts: Sequence[Cut],
    rows: Rows,
    folder: Path | str,
    *,
    surroundings: float = 0.5,
    report: pictures.Report | None = None,
) -> Crops:
    """Cut objects out of their pictures; arguments, and what is passed over, as in `cut_crops`.

    Raises:
        RecordError: If the folder holds PNG files already, which would mix with the new ones.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.glob("*.png")):
        raise RecordError(f"{folder} holds PNG files already; cut the crops into another folder.")
    of_row: dict[str, list[int]] = {}
    for number, cut in enumerate(cuts):
        of_row.setdefault(cut.key, []).append(number)
    files: list[Path | None] = [None] * len(cuts)
    problems = []
    work = partial(_cut_row, rows=rows, folder=folder, surroundings=surroundings)
    wanted = [[cuts[number] for number in numbers] for numbers in of_row.values()]
    for numbers, problem in zip(of_row.values(), pictures.each(work, wanted, report=report), strict=True):
        if problem is not None:
            problems.append(problem)
            continue
        for number in numbers:
            files[number] = folder / cuts[number].name
    return Crops(tuple(files), tuple(problems))


def _cut_row(cuts: Sequence[Cut], *, rows: Rows, folder: Path, surroundings: float) -> Problem | None:
    """Cut everything that is wanted of one picture; the problem where it cannot be used."""
    key = cuts[0].key
    row = rows.position(key)
    uri, size = rows.uris[row], (int(rows.widths[row]), int(rows.heights[row]))
    if uri is None or "://" in uri:
        return Problem(key, "its picture is not on this machine" if uri else "there is no picture of it")
    try:
        picture = pictures.open_picture(uri)
    except Exception as error:  # Pillow's decoders fail in many ways, and each means there is no picture to cut from
        return Problem(key, f"{uri} cannot be read ({error})")
    if picture.size != size:
        return Problem(key, f"{uri} is {picture.size[0]} x {picture.size[1]} now and was {size[0]} x {size[1]}")
    folder.mkdir(parents=True, exist_ok=True)  # only now: where no picture can be used there is no empty folder
    for cut in cuts:
        crop = pictures.cut_out(picture, _somewhere(cut.draw(), size), title=cut.title, surroundings=surroundings)
        crop.save(folder / cut.name)
    return None


def outlines_of(entry: Mapping[str, Any]) -> list[pictures.Outline]:
    """What to draw of one line of a ledger: the truth, then what each run said."""
    outlines = []
    if entry["kind"] != FALSE_ALARM:
        outlines.append(outline_of_truth(entry))
    for side in SIDES:
        words = f"{side} {entry[f'{side}_run']}: {said_by(entry, side)}"
        outlines.append(pictures.Outline(words, COLOURS[side], box_of(entry, f"{side}_"), dashed=True))
    return outlines


def outline_of_truth(entry: Mapping[str, Any]) -> pictures.Outline:
    """What to draw of the truth of one line of a ledger, or of a dispute."""
    size = "" if entry["left"] is None else f", {entry['width']:.0f} x {entry['height']:.0f} px"
    return pictures.Outline(f"truth: {entry['feature']}{size}", COLOURS["truth"], box_of(entry, ""))


def _somewhere(outlines: Sequence[pictures.Outline], size: tuple[int, int]) -> Sequence[pictures.Outline]:
    """The same; of what has no place the first stands around the whole picture, of that width and height."""
    if any(outline.box is not None for outline in outlines):
        return outlines
    return [replace(outlines[0], box=(0, 0, float(size[0]), float(size[1]))), *outlines[1:]]


def said_by(entry: Mapping[str, Any], side: str) -> str:
    """What a run says of one line of a ledger, in words."""
    confidence, iou, taken_for = (entry[f"{side}_{name}"] for name in ("confidence", "iou", "taken_for"))
    if confidence is None:
        return "nothing"
    if entry["kind"] == FALSE_ALARM:
        return f"{entry['feature']} {confidence:.2f}" + (f", on a missed {taken_for}" if taken_for else "")
    return f"{taken_for} {confidence:.2f}" + (f", IoU {iou:.2f}" if iou is not None else "")


def title_of(entry: Mapping[str, Any]) -> str:
    """What became of the object of one line of a ledger, in words."""
    what = " false alarm" if entry["kind"] == FALSE_ALARM else ""
    return f"{entry['change'].replace('_', ' ')}{what}: {entry['feature']} in {entry['key']}"


def box_of(entry: Mapping[str, Any], prefix: str) -> tuple[float, float, float, float] | None:
    """Left, top, width, height from the columns of one line that begin so; None for what has no place."""
    left, top, width, height = (entry[prefix + name] for name in ("left", "top", "width", "height"))
    return None if left is None else (left, top, width, height)


def _file_names(entries: list[dict[str, Any]]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for entry in entries:
        change = entry["change"]
        seen[change] = seen.get(change, 0) + 1
        words = file_words(entry["feature"], Path(entry["key"]).stem)
        names.append(f"{TELLING.index(change) + 1}-{change}-{seen[change]:04}-{words}.png")
    return names


def file_words(*texts: str) -> str:
    """Texts joined for the name of a file: only what every file system takes, and not too long.

    Example:
        >>> file_words("red car", "a/b")
        'red-car-a-b'
    """
    plain = (re.sub(r"[^\w.]+", "-", text, flags=re.ASCII).strip("-.") or "-" for text in texts)
    return "-".join(plain)[:_LONGEST_NAME]
