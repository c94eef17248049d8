"""What is asked where a gain is to be explained."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import metrics
from trainer.comparing.certainty import Sampling
from trainer.comparing.ledger import ObjectLedger
from trainer.comparing.ledger_keeping import LedgerKeeper
from trainer.measures.evaluation import Thresholds


class Question(NamedTuple):
    """The gain that is to be explained, and how certainly.

    Attributes:
        keeper: The two runs.
        thresholds: Where predictions begin to count, and the IoU.
        split: The rows to look at.
        keep: bool[rows of the candidate]: the same rows.
        sampling: How certainty is found.
        drawn: Draws of these rows.
    """

    keeper: LedgerKeeper
    thresholds: Thresholds
    split: str
    keep: np.ndarray
    sampling: Sampling
    drawn: metrics.Resamples

    def ledger(self) -> ObjectLedger:
        """Every truth and false alarm of those rows, at those thresholds."""
        return self.keeper.at(self.thresholds, split=self.split)
