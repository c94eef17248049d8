"""Compiling ahead of the first question."""

from __future__ import annotations

from metrics.objects.average_precision import average_precision
from metrics.objects.boxes import Boxes
from metrics.objects.coco import coco_summary
from metrics.objects.matching import match
from metrics.objects.outcomes import count_outcomes
from metrics.objects.overlap import find_overlaps


def warm_up() -> None:
    """Compile every loop, or load it from disk where an earlier process compiled it.

    Takes some ten seconds the first time on a machine, and later about two in each process, most of them numba's
    own start. Without it the first call of each function waits instead.
    """
    boxes = Boxes.from_sizes([0], [0], [[0, 0, 1, 1]])
    overlaps = find_overlaps(boxes, boxes, rows=1, features=1)
    count_outcomes(match(overlaps))
    average_precision(overlaps)
    coco_summary(overlaps)
