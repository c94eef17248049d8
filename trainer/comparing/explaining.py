"""Where a gain comes from: which objects changed, from which state to which."""

from __future__ import annotations

from dataclasses import asdict, replace

from metrics.comparison.corrections import MAX_T_RULE
from metrics.gains import BOOTSTRAP_RULE
from trainer.comparing.certainty import Sampling
from trainer.comparing.comparison import Pair
from trainer.comparing.explained_answers import explain_choices, explain_pixels
from trainer.comparing.explained_objects import explain_objects
from trainer.comparing.explained_question import Question
from trainer.comparing.explained_spans import explain_spans
from trainer.comparing.explanation import Explanation
from trainer.comparing.ledger_keeping import LedgerKeeper
from trainer.comparing.sharing import cluster_numbers
from trainer.comparing.told import told_draws
from trainer.measures.evaluation import Thresholds
from trainer.projects import Report
from trainer.records.errors import RecordError
from trainer.records.measure import Measure


def explain_gain(
    pair: Pair,
    *,
    thresholds: Thresholds | None = None,
    split: str | None = None,
    sampling: Sampling | None = None,
    report: Report | None = None,
) -> Explanation:
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

    How far chance reaches is told of every part by the paired bootstrap: rows are drawn as `measure_gains` draws them,
    and every part is worked out anew on each resample, on which they add up as well. Intervals of one list hold
    together: those of all cells, of all features, and of all mix-ups. What is called better or worse for certain is a
    cell, or a mix-up, together with the opposite one; see `Explanation.balances`.

    Args:
        pair: From `pair_runs`.
        thresholds: From which confidence on objects are told apart, and the IoU of the average precision; 0.5 and 0.5
            when left out.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``; `Pair.default_split` when left out.
        sampling: Resamples, level, seed and clusters; see `Sampling`.
        report: Told of the progress.

    Raises:
        RecordError: If there is no such split, or no row in it, the IoU of boxes or masks is below 0.1, or no row has
            the column to cluster by.
    """
    thresholds, split, sampling = thresholds or Thresholds(), split or pair.default_split, sampling or Sampling()
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
    clusters = None if sampling.clusters is None else cluster_numbers(pair.candidate.snapshot.rows, sampling.clusters)
    drawn = told_draws(sampling.draw(keep, clusters), "resampling", report if sampling.resamples else None)
    explained = explain(Question(LedgerKeeper(pair), thresholds, split, keep, sampling, drawn))
    rules = {"rule": BOOTSTRAP_RULE, "together": MAX_T_RULE}
    terms = {**explained.terms, "sampling": {**asdict(sampling), "units": drawn.units, **rules}}
    return replace(explained, terms=terms)
