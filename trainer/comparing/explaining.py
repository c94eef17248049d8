"""Where a gain comes from: which objects changed, from which state to which."""

from __future__ import annotations

from trainer.comparing.comparison import Pair
from trainer.comparing.explained_answers import explain_choices, explain_pixels
from trainer.comparing.explained_objects import explain_objects
from trainer.comparing.explained_spans import explain_spans
from trainer.comparing.explanation import Explanation
from trainer.comparing.ledger_keeping import LedgerKeeper
from trainer.measures.evaluation import Thresholds
from trainer.records.errors import RecordError
from trainer.records.measure import Measure


def explain_gain(pair: Pair, *, thresholds: Thresholds | None = None, split: str | None = None) -> Explanation:
    """Tell where a gain comes from, by what became of objects.

    Every truth was found in a run, or missed because it was taken for another feature (``class``), placed badly
    (``place``) or ``unseen``; every false alarm was ``absent``, or of a kind of `metrics.find_failures`. The truth is
    the candidate's. What is explained is:

    - of boxes and masks average precision at one IoU: what a cell of truths or false alarms adds is what their exchange
      between the runs does to it; see `metrics.explain_gain`;
    - of a radio accuracy: every row is one part of all rows; see `metrics.explain_accuracy`;
    - of pixels mean IoU; see `metrics.explain_mean_iou`;
    - of checklists and spans F1 over all features, from the confidence on; see `metrics.explain_f1`, and of what a
      missed span was taken for `metrics.find_span_failures`.

    Of the last three every single row, pixel and span has its part, and all parts add up to the gain.

    Args:
        pair: From `pair_runs`.
        thresholds: From which confidence on objects are told apart, and the IoU of the average precision; 0.5 and 0.5
            when left out.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``; `Pair.default_split` when left out.

    Raises:
        RecordError: If there is no such split, or no row in it, or the IoU of boxes or masks is below 0.1.
    """
    thresholds, split = thresholds or Thresholds(), split or pair.default_split
    keep = pair.measured_in_candidate(split)
    if not keep.any():
        raise RecordError(f"None of the {len(pair):,} shared rows is in the split {split!r}; ask for another one.")
    explain = explain_spans
    if pair.subject.measure is Measure.PIXELS:
        explain = explain_pixels
    elif pair.subject.has_objects:
        explain = explain_objects
    elif pair.subject.one_choice:
        explain = explain_choices
    return explain(LedgerKeeper(pair), thresholds, split=split, keep=keep)
