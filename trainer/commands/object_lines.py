"""Lines about single objects, told by the commands that list them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trainer.commands.output import UNDEFINED

if TYPE_CHECKING:
    from trainer.measures.evaluation import Thresholds
    from trainer.records.measure import Subject


def found_by(subject: Subject, thresholds: Thresholds) -> str:
    """What the objects of a ledger are and at which thresholds they are found, in words."""
    from trainer.measures.measuring import words_of
    from trainer.records.measure import Measure

    if subject.measure is Measure.PIXELS:
        return f"areas, all pixels of a feature on a row; IoU >= {thresholds.min_iou:g}"
    return words_of(subject, thresholds)


def place_columns(subject: Subject) -> str:
    """What tells where an object is, as the heading of a column; empty where that is its row alone."""
    from trainer.records.measure import Measure

    places = {Measure.CLASSES: "", Measure.SPANS: "start end"}
    return places.get(subject.measure, "left top width height")


def placed(entry: Mapping[str, Any], columns: str) -> list[str]:
    """The cell below that heading; none where it is empty."""
    return [" ".join(f"{entry[name]:.0f}" for name in columns.split())] if columns else []


def said(entry: Mapping[str, Any], side: str) -> str:
    """A run's confidence in an object, how well it placed it, and what it took it for.

    Args:
        entry: A line of an object ledger.
        side: ``baseline`` or ``candidate``.
    """
    confidence, iou, taken_for = (entry[f"{side}_{name}"] for name in ("confidence", "iou", "taken_for"))
    if confidence is None:
        return UNDEFINED
    place = "" if iou is None else f" IoU {iou:.2f}"
    other = f" {taken_for}" if taken_for not in (None, entry["feature"]) else ""
    return f"{confidence:.2f}{place}{other}"
