"""Truths that runs dispute together, whatever is measured, and gains with and without them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pyarrow as pa

import metrics
from trainer.comparing.certainty import Sampling
from trainer.comparing.crops import Draw
from trainer.comparing.dispute_outlines import outlines_of
from trainer.comparing.dispute_table import KINDS, Objects, dispute_table
from trainer.comparing.disputed_areas import AreasOnOneTruth
from trainer.comparing.one_truth import OneTruth
from trainer.comparing.sharing import cluster_numbers
from trainer.comparing.told import told_draws
from trainer.measures.evaluation import Thresholds
from trainer.records.errors import RecordError

if TYPE_CHECKING:
    import pandas as pd

Found = TypeVar("Found")
CANNOT_TELL: Final = (
    "This is a list for a person to look through, not a correction. Runs that learned from the same truth, or are "
    "built alike, share their mistakes: what they say together may be wrong, and mistakes that were in the training "
    "truth too are repeated, not disputed. Most truths that all miss are right and hard to see."
)
"""What a list of disputed truths does not say."""
TERMS: Final = "modelruns.disputes"
"""Under this name the table's metadata tells, as JSON, what it was made of."""


@dataclass(frozen=True, eq=False)
class DisputedTruths:
    """Truths that several runs contradict in the same way. Made by `disputed_truths`.

    Of classes a truth is the true answer of a row, which the runs choose another one instead of; of checklists an
    option that holds on a row or not, of spans a span, of pixels an area: all pixels of one feature on one row.

    The table has a line for each dispute: by kind, then falling doubt, then the truth's number; of equally doubtful
    areas the largest first.

    - ``kind``: ``other_feature`` (the runs take the truth for the same other feature), ``no_truth`` (they see the same
      object where there is none) or ``missed``;
    - ``key``, ``split``, ``feature`` of the truth and what it was ``seen_as``;
    - ``runs``: how many agree; ``doubt`` in [0, 1]: mean over all runs of how sure they are of it, where those that do
      not agree count 0;
    - ``left``, ``top``, ``width``, ``height``: the truth's box, or without a truth that of the first run that agrees;
      ``start``, ``end`` of a span likewise, in characters; null for what has none;
    - ``truth`` (its number in the last run's snapshot) and ``object`` (its identity outside);
    - of each run, ``run_1`` and so on in the order given: its name, how sure it is against the truth
      (``run_1_confidence``), the box of its prediction (``run_1_left`` ...) and its number in the run
      (``run_1_prediction``); null where it does not agree.

    An area has the number, and the identity outside, of the one annotation that it is all of, and else none. How sure a
    run is of it is the mean over its pixels; of a miss, 1 less that of what it paints of the feature, times the share
    of the area that this covers.

    Attributes:
        on: The runs on the truth of the last of them.
        thresholds: Where predictions begin to count.
        found: What each run finds at them; of classes, what it chooses.
        disputes: The same lines as numbers.
        areas: Of pixels, what is painted.
    """

    on: OneTruth
    thresholds: Thresholds
    found: tuple[metrics.Matches, ...] | tuple[metrics.Choices, ...] | tuple[metrics.AreaMatches, ...]
    disputes: metrics.Disputes
    areas: AreasOnOneTruth | None = None

    def __len__(self) -> int:
        return len(self.disputes)

    @cached_property
    def table(self) -> pa.Table:
        """All lines; see the class for the columns."""
        objects = Objects(self.on.truth, self.on.predictions) if self.areas is None else self.areas.objects
        return dispute_table(self.disputes, self.on, objects).replace_schema_metadata({TERMS: json.dumps(self.terms)})

    @property
    def frame(self) -> pd.DataFrame:
        """All lines as a pandas frame."""
        return self.table.to_pandas()

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are of each kind in `kinds`."""
        return {name: len(self.disputes.of_kind(_kind(name)).kind) for name in self.kinds}

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is looked for: a choice is only ever another one, and an option of a checklist never taken for one."""
        subject = self.on.shared.subject
        if subject.one_choice:
            return KINDS[:1]
        return KINDS[1:] if subject.several else KINDS

    @property
    def usual_kinds(self) -> tuple[str, ...]:
        """What gains are told without unless something else is asked for: all but what the runs miss."""
        return tuple(kind for kind in self.kinds if kind != KINDS[-1])

    @property
    def terms(self) -> dict[str, Any]:
        """What the list was made of, as plain values."""
        shared = self.on.shared
        return {
            "runs": [
                {
                    "id": run.id,
                    "name": name,
                    "snapshot": run.snapshot.digest,
                    "rows_left_out": left_out,
                    "training_rows": trained_on,
                }
                for run, name, left_out, trained_on in zip(
                    self.on.runs, self.on.names, shared.left_out, self.on.trained_on, strict=True
                )
            ],
            "measure": str(shared.subject),
            "truth": self.on.names[-1],
            "same_snapshot": shared.same_snapshot,
            "split": self.on.split,
            "rows": self.on.rows,
            "rows_without_truth": self.on.without_truth,
            "features_left_out": list(shared.left_out_features),
            "thresholds": self._thresholds,
            "min_runs": self.disputes.min_runs,
            "min_doubt": self.disputes.min_doubt,
            "rule": self.disputes.rule,
        }

    @property
    def _thresholds(self) -> dict[str, float]:
        """Those that mean something for what is measured."""
        subject, values = self.on.shared.subject, asdict(self.thresholds)
        if subject.one_choice:
            return {}
        if self.areas is not None:
            return {"min_iou": values["min_iou"]}
        return values if subject.has_objects else {"min_confidence": values["min_confidence"]}

    def draw(self, lines: pa.Table) -> Draw:
        """What is drawn of some lines on cut-outs: of pixels their areas, else boxes."""
        if self.areas is None:
            return outlines_of
        return self.areas.painted(tuple(dict.fromkeys(lines["key"].to_pylist()))).outlines

    def gains(
        self,
        *,
        pair: tuple[int, int] = (0, -1),
        kinds: Sequence[str] | None = None,
        sampling: Sampling | None = None,
    ) -> tuple[metrics.DisputedGain, ...]:
        """Gains of one run over another with and without what is disputed.

        Told are precision, recall and F1; of classes accuracy, mean F1, and log loss and Brier score where both runs
        have probabilities; of pixels accuracy, mean IoU and mean Dice, without the pixels of disputed areas: those of
        the truth, or where there is none, all that any run that agrees painted.

        The runs chose themselves what is left out, so that both look better without it: what counts is whether the gain
        stays, not how large it becomes.

        Args:
            pair: Places of baseline and candidate among the runs: the first and the last when left out.
            kinds: Which disputes to leave out; `usual_kinds` when left out. Truths that all miss stay in unless asked
                for: most of them are right.
            sampling: Resamples (at least 1), level, seed and clusters; see `Sampling`.

        Raises:
            RecordError: If there is no such kind or no such run, both are the same, or no row has the column to cluster
                by.
        """
        sampling = sampling or Sampling()
        places = (pair[0] % len(self.found), pair[1] % len(self.found))
        kinds = self.usual_kinds if kinds is None else kinds
        _refuse_unknown(pair, places, kinds, runs=len(self.found))
        rows = self.on.last.snapshot.rows
        clusters = None if sampling.clusters is None else cluster_numbers(rows, sampling.clusters)
        drawn = told_draws(sampling.draw(self.on.keep, clusters), "resampling", self.on.report)
        chosen = [_kind(name) for name in kinds]
        if self.areas is not None:
            lines = self.disputes.lines.only(np.isin(self.disputes.lines.kind, chosen))
            return self.areas.gains(lines, drawn, pair=places, level=sampling.level)
        if self.on.shared.subject.one_choice:
            return metrics.choice_gains_without_disputes(
                _all_of(metrics.Choices, self.found),
                self.disputes,
                drawn,
                pair=places,
                kinds=chosen,
                level=sampling.level,
            )
        return metrics.gains_without_disputes(
            _all_of(metrics.Matches, self.found),
            self.disputes,
            drawn,
            pair=places,
            kinds=chosen,
            level=sampling.level,
        )


def _all_of(kind: type[Found], found: Sequence[object]) -> tuple[Found, ...]:
    """What was found, all of which is of one kind."""
    each = tuple(one for one in found if isinstance(one, kind))
    assert len(each) == len(found)
    return each


def _kind(name: str) -> metrics.Dispute:
    return metrics.Dispute(KINDS.index(name))


def _refuse_unknown(pair: tuple[int, int], places: tuple[int, int], kinds: Sequence[str], *, runs: int) -> None:
    if not all(-runs <= each < runs for each in pair) or places[0] == places[1]:
        raise RecordError(f"A gain is of two of the {runs} runs, not of numbers {pair[0]} and {pair[1]}.")
    strange = [kind for kind in kinds if kind not in KINDS]
    if strange:
        raise RecordError(f"{strange[0]!r} is no kind of dispute; there are {', '.join(KINDS)}.")
