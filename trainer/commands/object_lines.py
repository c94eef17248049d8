"""Lines about single objects, told by the commands that list them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainer.commands.output import UNDEFINED


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
