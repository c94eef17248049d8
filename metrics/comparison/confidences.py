"""Whether equal confidence means the same in two runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from metrics.columns import Flags, Numbers, as_codes, check_below, check_confidence, check_lengths
from metrics.comparison.flips import Cut, Support, check_level, draw_swaps, how_rare
from metrics.comparison.paired import PairedOutcomes
from metrics.errors import ColumnError
from metrics.objects.matching import Matches
from metrics.undefined import divide

CONFIDENCE_RULE: Final = "largest difference of any range of confidence with runs swapped row by row (max-T)"


class Judged(NamedTuple):
    """Predictions of one run and whether they came true. Made by `judge` or `judged_predictions`.

    Attributes:
        row: int32[P].
        confidence: float64[P].
        right: bool[P].
    """

    row: np.ndarray
    confidence: np.ndarray
    right: np.ndarray


@dataclass(frozen=True, eq=False)
class ConfidenceMeanings:
    """How often predictions of each range of confidence come true in two runs. Made by `compare_confidence`.

    Attributes:
        edges: float64[bins + 1], rising; a range holds its lower end, the last one its upper end as well.
        right: float64[bins, 2] share of right ones in baseline and candidate; NaN where there are none.
        support: int64[bins, 2] number of predictions.
        p_value: float64[bins]: how rarely chance alone would make any range differ as much; NaN where one of the runs
            has too few predictions to tell.
        level: Share of comparisons in which runs that mean the same are not said to differ.
        rule: Name of the rule.
    """

    edges: np.ndarray
    right: np.ndarray
    support: np.ndarray
    p_value: np.ndarray
    level: float
    rule: str = CONFIDENCE_RULE

    @property
    def differs(self) -> np.ndarray:
        """bool[bins]: ranges in which equal confidence means different things."""
        return np.nan_to_num(self.p_value, nan=1.0) <= 1 - self.level + 1e-12

    @property
    def warning(self) -> str | None:
        """What to tell a reader, from the range that differs most; None where nothing is to be told."""
        if not self.differs.any():
            return None
        apart = np.where(self.differs, np.abs(self.right[:, 1] - self.right[:, 0]), -1.0)
        most = int(apart.argmax())
        low, high = self.edges[most : most + 2]
        before, after = self.right[most]
        return (
            f"Equal confidence means different things: from {low:.2f} to {high:.2f}, {before:.0%} of the baseline's "
            f"predictions are right and {after:.0%} of the candidate's. Compare at equal precision, recall or false "
            "alarms per row."
        )


def judge(row: Numbers, confidence: Numbers, right: Flags, *, rows: int) -> Judged:
    """Predictions of any kind and whether they came true.

    Args:
        row: Row of each of P predictions.
        confidence: Of each, in [0, 1].
        right: Whether it came true.
        rows: Number of rows of the tables.

    Raises:
        ColumnError: If the columns differ in length, or hold values they may not hold.
    """
    places, sure = as_codes("row", row, things="predictions"), np.asarray(confidence, dtype=np.float64)
    true = np.asarray(right, dtype=np.bool_)
    check_lengths({"row": places, "confidence": sure, "right": true}, things="predictions")
    check_below("row", places, rows, things="predictions")
    check_confidence(sure, things="predictions")
    return Judged(places, sure, true)


def judged_predictions(matches: Matches) -> Judged:
    """Predicted objects that took part and were not absorbed, and whether they found a truth.

    Args:
        matches: From `match`, best without `min_confidence`.
    """
    predictions = matches.overlaps.tables.predictions
    counting = matches.tp | matches.fp
    sure = np.ones(len(predictions)) if predictions.confidence is None else predictions.confidence
    return Judged(predictions.row[counting], sure[counting], matches.tp[counting])


def compare_confidence(
    baseline: Judged,
    candidate: Judged,
    *,
    rows: int,
    bins: int = 10,
    min_support: int = 30,
    level: float = 0.95,
    swaps: int = 1000,
    seed: int = 0,
    clusters: np.ndarray | None = None,
) -> ConfidenceMeanings:
    """Tell whether predictions of equal confidence come true as often in both runs.

    The confidences of both are cut into ranges at their common quantiles. In each range the share of right ones of both
    runs is compared; they differ if they do so more than they do anywhere, in all but 1 - `level` of the cases in which
    runs are swapped on rows drawn by chance (as for `find_slices`). Then the same threshold is not the same question
    to both, and they are better compared at `operating_points`.

    Args:
        baseline: From `judge` or `judged_predictions`.
        candidate: The same of the candidate.
        rows: Number of rows of the tables.
        bins: Number of ranges, from 1; fewer come out where many confidences are equal.
        min_support: Fewest predictions of either run in a range, on as many rows, for it to be compared.
        level: Share of comparisons that are to find no difference where there is none, in (0, 1).
        swaps: How often runs are swapped.
        seed: Where the random numbers start.
        clusters: Whole numbers for the rows of the tables: rows of one video, site or patient are swapped together.

    Raises:
        ColumnError: If `bins` is below 1.
        ThresholdError: If `level` lies outside its range.

    Example:
        >>> number = np.arange(400)
        >>> before = judge(number, np.full(400, 0.8), number % 5 > 0, rows=400)
        >>> after = judge(number, np.full(400, 0.8), number % 2 > 0, rows=400)
        >>> meanings = compare_confidence(before, after, rows=400)
        >>> meanings.right.tolist(), meanings.differs.tolist()
        ([[0.8, 0.5]], [True])
        >>> meanings.warning.split(",")[0]
        'Equal confidence means different things: from 0.80 to 0.80'
    """
    if bins < 1:
        raise ColumnError(f"{bins} ranges of confidence were asked for; at least one is needed.")
    edges, number = _ranges(np.concatenate([baseline.confidence, candidate.confidence]), bins)
    outcomes = _side_by_side(baseline, candidate, rows)
    drawn = draw_swaps(outcomes, clusters=clusters, count=swaps, seed=seed)
    n = max(len(edges) - 1, 0)
    sums, _ = drawn.measure(number[drawn.order], n)
    family = drawn.family(Cut(number[drawn.order], np.arange(n)), Support(min_support, min_support))
    p_value = np.full(n, np.nan)
    p_value[family.number] = how_rare(family.strength, family.largest)
    right, support = sums.totals[:, :2], sums.totals[:, 2:]
    return ConfidenceMeanings(edges, divide(right, support), support.astype(np.int64), p_value, check_level(level))


def _ranges(confidence: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges at quantiles, and int32[N] the range of each confidence."""
    if not len(confidence):
        return np.zeros(0), np.zeros(0, dtype=np.int32)
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, bins + 1)))
    if len(edges) == 1:
        edges = np.repeat(edges, 2)
    return edges, np.searchsorted(edges[1:-1], confidence, side="right").astype(np.int32)


def _side_by_side(baseline: Judged, candidate: Judged, rows: int) -> PairedOutcomes:
    """Every prediction of either run, which adds nothing to the sums of the other."""
    n = len(baseline.row), len(candidate.row)
    whole = np.zeros((sum(n), 2))
    whole[: n[0], 0] = whole[n[0] :, 1] = 1
    right = np.concatenate([baseline.right, candidate.right])
    row = np.concatenate([baseline.row, candidate.row]).astype(np.int32)
    return PairedOutcomes("right", row, whole * right[:, None], whole, np.ones(rows, dtype=bool))
