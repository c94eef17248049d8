"""What is drawn on cut-outs of disputed truths: the truth, and what each run says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trainer import pictures
from trainer.comparing.crops import COLOURS, box_of, outline_of_truth

# The first two as in crops of a ledger; more can be told apart from them on dark paper, again from the start.
_RUNS: Final = (COLOURS["baseline"], COLOURS["candidate"], "#ffb454", "#ff7ad9", "#5ad1d1", "#b58cff")


def outlines_of(entry: Mapping[str, Any]) -> list[pictures.Outline]:
    """What to draw of one line: the truth, then what each run says."""
    outlines = []
    if entry["feature"] is not None:
        outlines.append(outline_of_truth(entry))
    number = 1
    while f"run_{number}" in entry:
        words = f"{entry[f'run_{number}']}: {_said(entry, f'run_{number}')}"
        colour = _RUNS[(number - 1) % len(_RUNS)]
        outlines.append(pictures.Outline(words, colour, box_of(entry, f"run_{number}_"), dashed=True))
        number += 1
    return outlines


def _said(entry: Mapping[str, Any], side: str) -> str:
    sure = entry[f"{side}_confidence"]
    if sure is None:
        return "does not agree"
    return f"misses it, {sure:.2f} sure" if entry["seen_as"] is None else f"{entry['seen_as']} {sure:.2f}"
