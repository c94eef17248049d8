"""Compiling ahead of the first question."""

from __future__ import annotations

import numpy as np

from metrics.classes.choices import Choices
from metrics.comparison.choices import measure_choices
from metrics.comparison.ledger import keep_ledger
from metrics.comparison.spans import keep_span_ledger
from metrics.objects.average_precision import average_precision
from metrics.objects.boxes import Boxes
from metrics.objects.coco import coco_summary
from metrics.objects.failures import find_failures
from metrics.objects.masks import Masks
from metrics.objects.matching import match
from metrics.objects.outcomes import count_outcomes
from metrics.objects.overlap import find_overlaps
from metrics.objects.resampled import resampled_precision
from metrics.pixels.painting import AreaMeasurer, Painting
from metrics.pixels.table import count_pixels
from metrics.resamples import draw_rows
from metrics.texts.exact import match_spans
from metrics.texts.spans import Spans


def warm_up() -> None:
    """Compile every loop that a slider or a comparison needs, or load it from disk where it was compiled before.

    Takes half a minute the first time on a machine, and later about two seconds in each process, most of them numba's
    own start. Without it the first call of each function waits instead.
    """
    boxes = Boxes.from_sizes([0], [0], [[0, 0, 1, 1]])
    overlaps = find_overlaps(boxes, boxes, rows=1, features=1)
    matches = match(overlaps)
    count_outcomes(matches)
    average_precision(overlaps)
    coco_summary(overlaps)
    find_failures(overlaps)
    keep_ledger(matches, matches)
    resampled_precision(overlaps, draw_rows(overlaps.keep, count=1))
    choices = Choices.from_codes([0], [0], classes=1)
    measure_choices(choices, draw_rows(choices.keep, count=1))
    masks = Masks.from_bitmaps([0], [0], [np.ones((1, 1))])
    find_overlaps(masks, masks, rows=1, features=1)
    on_top = Painting.of(masks, rows=1).paint(0, masks.feature, pixels=1, nothing=-1)
    AreaMeasurer(masks, masks.feature, classes=1).add(0, on_top, np.zeros(1, dtype=bool), tall=1)
    count_pixels([(on_top, on_top)], classes=1)
    spans = match_spans(*(Spans.from_offsets([0], [code], [0], [1]) for code in (0, 1)), rows=1, features=2)
    keep_span_ledger(spans, spans)
