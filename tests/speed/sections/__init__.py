"""What is measured, one module for each part of the table. A new part is a module with `ABOUT` and `lines`,
and a place here."""

from __future__ import annotations

from typing import Final

from ..lines import Section
from . import cells, coco_numbers, filters, growth, learning, ledger, masks, memory, resampling, slices, sliders, start

SECTIONS: Final = (
    Section("a", "COCO's twelve numbers", coco_numbers.ABOUT, coco_numbers.lines),
    Section("b", "New thresholds, two runs", sliders.ABOUT, sliders.lines),
    Section("c", "New thresholds on half of the rows, two runs", filters.ABOUT, filters.lines),
    Section("d", "How certain a gain is", resampling.ABOUT, resampling.lines),
    Section("e", "COCO's twelve numbers for masks", masks.ABOUT, masks.lines),
    Section("f", "Peak memory of COCO's twelve numbers", memory.ABOUT, memory.lines),
    Section("g", "Growth", growth.ABOUT, growth.lines),
    Section("h", "First call", start.ABOUT, start.lines),
    Section("i", "What became of every object, two runs", ledger.ABOUT, ledger.lines),
    Section("j", "Slices in which two runs differ", slices.ABOUT, slices.lines),
    Section("k", "Learning, beside a bare loop", learning.ABOUT, learning.lines),
    Section("l", "Blood cells from scratch", cells.ABOUT, cells.lines),
)
