"""What is drawn on cut-outs of painted areas: the truth of a feature, and what both runs painted of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trainer import pictures
from trainer.comparing.crops import COLOURS, outlines_of
from trainer.comparing.ledger_table import FALSE_ALARM, SIDES, Named
from trainer.measures.painted import PaintedMasks, lay_masks


@dataclass(frozen=True, eq=False)
class PaintedRows:
    """What truth and both runs painted on some rows. Made by `paint_rows`.

    Attributes:
        named: What the ledger's numbers stand for.
        layers: Masks of truth, baseline and candidate, those of the rows that are wanted.
    """

    named: Named
    layers: tuple[PaintedMasks, ...]

    def outlines(self, entry: Mapping[str, Any]) -> list[pictures.Outline]:
        """What to draw of one line of a ledger: all pixels of its feature on the row, in the truth and as painted.

        Where a run takes a missed area for another feature, that part of the area is drawn for the run.
        """
        row, nothing = self.named.rows.position(entry["key"]), len(self.named.features)
        truth, *painted = (layer.map_of(row, nothing=nothing) for layer in self.layers)
        code, words = self.named.features.index(entry["feature"]), outlines_of(entry)
        if entry["kind"] == FALSE_ALARM and (truth == code).any():
            words = [pictures.Outline(f"truth: {entry['feature']}", COLOURS["truth"]), *words]
        drawn = [around(words[0], truth == code)] if len(words) > len(SIDES) else []
        for side, said, outline in zip(SIDES, painted, words[-len(SIDES) :], strict=True):
            other, area = entry[f"{side}_taken_for"], said == code
            if entry["kind"] != FALSE_ALARM and other not in (None, entry["feature"]):
                area = (truth == code) & (said == self.named.features.index(other))
            drawn.append(around(_telling(outline, entry, side, overlap=overlap_of(truth == code, area)), area))
        return drawn


def paint_rows(named: Named, keys: Sequence[str]) -> PaintedRows:
    """Make ready what truth and both runs painted on some rows.

    Args:
        named: Of a ledger of pixels.
        keys: Of the rows that are wanted.
    """
    wanted = np.array([named.rows.position(key) for key in keys], dtype=np.int64)
    return PaintedRows(named, tuple(lay_masks(each, named.rows, only=wanted) for each in named.painted))


def _telling(outline: pictures.Outline, entry: Mapping[str, Any], side: str, *, overlap: float) -> pictures.Outline:
    """With words for what is painted but is not the object of the line, and for how far off a false alarm is."""
    off = f", IoU {overlap:.2f} with the truth" if overlap > 0 else ""
    if entry[f"{side}_confidence"] is not None:
        return replace(outline, words=outline.words + off) if entry["kind"] == FALSE_ALARM else outline
    if np.isnan(overlap):
        return outline
    return replace(outline, words=f"{side} {entry[f'{side}_run']}: paints {entry['feature']}{off or ' elsewhere'}")


def overlap_of(truth: np.ndarray, area: np.ndarray) -> float:
    """IoU of what is painted with the truth; NaN where nothing is painted.

    Args:
        truth: bool[height, width].
        area: bool[height, width], what a run paints.
    """
    return float((truth & area).sum() / (truth | area).sum()) if area.any() else float("nan")


def around(outline: pictures.Outline, area: np.ndarray) -> pictures.Outline:
    """The outline of an area with the box around it; only words where it is empty.

    Args:
        outline: Its words and colour.
        area: bool[height, width] of the whole picture.
    """
    ys, xs = np.flatnonzero(area.any(axis=1)), np.flatnonzero(area.any(axis=0))
    if not len(ys):
        return replace(outline, box=None, area=None)
    box = (float(xs[0]), float(ys[0]), float(xs[-1] + 1 - xs[0]), float(ys[-1] + 1 - ys[0]))
    return replace(outline, box=box, area=area)
