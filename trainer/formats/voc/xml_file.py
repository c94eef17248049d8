"""One Pascal VOC XML file: a picture and the boxes on it."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from trainer.formats.columns import why_no_box
from trainer.formats.entries import shown
from trainer.formats.picture_files import plain_path
from trainer.records.errors import Problem

_OBJECT_FIELDS = {"name", "pose", "truncated", "difficult", "occluded", "bndbox"}
_TOO_LONG = 2**31
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class VocObject:
    """One object: its class, its box as left, top, width, height, whether it is marked difficult."""

    name: str
    box: tuple[float, float, float, float]
    difficult: bool


@dataclass(frozen=True, slots=True)
class VocFile:
    """What one XML file says.

    Attributes:
        path: The file.
        name: The picture's path with ``/`` between its parts, as stated; None where it is not.
        size: Width and height in pixels as stated; None where there are none or they are 0.
        objects: In the order of the file.
        object_numbers: Which `<object>` of the file each is, from 0.
        left_out: Numbers of the objects that have no area.
        dropped: Names of the fields of objects that are not kept.
        problems: What is wrong with the file.
    """

    path: Path
    name: str | None = None
    size: tuple[int, int] | None = None
    objects: tuple[VocObject, ...] = ()
    object_numbers: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    dropped: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


def read_xml(path: Path, place: str) -> VocFile:
    """Read one file; what is wrong with it comes back in its `problems`.

    Args:
        path: The file.
        place: What to call it in a problem.
    """
    root = _parse(path, place)
    if isinstance(root, Problem):
        return VocFile(path, problems=(root,))
    size, problems = _read_size(root, place)
    objects: dict[int, VocObject] = {}
    elements = root.findall("object")
    for number, element in enumerate(elements):
        read = _read_object(element)
        if isinstance(read, str):
            problems.append(Problem(f"{place} object[{number}]", read))
        else:
            objects[number] = read
    flat = tuple(number for number, entry in objects.items() if 0 in entry.box[2:])
    kept = tuple(number for number in objects if number not in flat)
    name = plain_path((root.findtext("filename") or "").strip()) or None
    dropped = frozenset(child.tag for element in elements for child in element) - _OBJECT_FIELDS
    return VocFile(path, name, size, tuple(objects[i] for i in kept), kept, flat, dropped, tuple(problems))


def _parse(path: Path, place: str) -> ET.Element | Problem:
    content = path.read_bytes()
    if b"<!DOCTYPE" in content:
        # Entities that a document declares for itself can blow up a parser, and no annotation needs them.
        return Problem(place, "declares a document type, which no VOC file has")
    try:
        root = ET.fromstring(content)  # noqa: S314 - without a document type there is nothing to expand
    except ET.ParseError as error:
        line, column = error.position
        return Problem(f"{place} line {line}, column {column + 1}", f"is not XML: {error.msg.split(':')[0]}")
    except (ValueError, LookupError) as error:
        return Problem(place, f"is not XML: {error}")
    if root.tag != "annotation":
        return Problem(place, f"is a <{root.tag}>, not the <annotation> of a VOC file")
    return root


def _read_size(root: ET.Element, place: str) -> tuple[tuple[int, int] | None, list[Problem]]:
    stated = [(root.findtext(f"size/{name}") or "").strip() for name in ("width", "height")]
    lengths = [_number(text) for text in stated]
    if all(text in ("", "0") for text in stated):
        return None, []
    if not all(length is not None and 1 <= length < _TOO_LONG and length.is_integer() for length in lengths):
        return None, [Problem(place, f"has the size {' x '.join(map(repr, stated))}, not whole numbers of pixels")]
    width, height = (int(length or 0) for length in lengths)
    return (width, height), []


def _read_object(element: ET.Element) -> VocObject | str:
    """An object, or the reason why it is none."""
    name = (element.findtext("name") or "").strip()
    if not name:
        return "has no name"
    corners = element.find("bndbox")
    if corners is None:
        return f"({name}) has no bndbox"
    texts = [(corners.findtext(side) or "").strip() for side in _CORNERS]
    numbers = [_number(text) for text in texts]
    for side, text, number in zip(_CORNERS, texts, numbers, strict=True):
        if number is None:
            return f"({name}) has no {side}" if not text else f"({name}) {side} is {shown(text)}, not a number"
    left, top, right, bottom = (number or 0.0 for number in numbers)
    box = (left, top, right - left, bottom - top)
    if why_no_box(list(box)):
        fault = "ends before it starts" if right < left or bottom < top else "reaches beyond any picture"
        return f"({name}) {fault}: xmin {left:g}, ymin {top:g}, xmax {right:g}, ymax {bottom:g}"
    return VocObject(name, box, (element.findtext("difficult") or "").strip() in ("1", "true", "True"))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
