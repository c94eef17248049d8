"""How much wider an interval around a mean over features must be where some are so rare that resamples lose them."""

from __future__ import annotations

import math

import numpy as np

SINGLE = 1.5
"""Features that stand on fewer rows say nothing about how much they vary."""
MOST = 60


def widen_for_vanishing(over: np.ndarray) -> float:
    """How many times as wide as its resamples say an interval around a mean over features must be; from 1.

    A feature that one row holds is lost to 37 of 100 resamples, and has one and the same value in all others: what it
    would have been on another row is nowhere to be seen. One on two or three rows varies too little as well. What such
    features lack is known from how often they vanish, if their values vary by row as those of other rare features do.
    From four rows on nothing is lacking.

    In simulations with 70 features, many of them on one to four of 60 to 300 rows, 95 % intervals around the gain in
    mAP held the truth in 92.5 to 97 of 100 cases without this, and in 95.5 to 97.5 with it.

    Args:
        over: float64[resamples, features]: what the mean is over, such as the gain in AP of each feature; NaN where a
            resample does not define it.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> often = rng.normal(0, 1, (1000, 4))
        >>> rare = np.where(rng.random((1000, 4)) < 0.135, np.nan, often)
        >>> widen_for_vanishing(often), round(widen_for_vanishing(rare), 2)
        (1.0, 1.13)
    """
    over = over[:, ~np.isnan(over).all(axis=0)]
    absent = np.isnan(over).mean(axis=0)
    if len(over) < 2 or not absent.any():
        return 1.0
    # A feature on h rows is lost to exp(-h) of the resamples; one that is never lost stands on many.
    rows = np.maximum(-np.log(np.maximum(absent, 0.5 / len(over))), 1.0)
    with np.errstate(invalid="ignore"):
        variance = np.nan_to_num(_variances(over))
    shown, lacking = _shares(rows)
    lacking[absent == 0] = 0.0
    telling = (rows > SINGLE) & (absent > 0) if ((rows > SINGLE) & (absent > 0)).any() else rows > SINGLE
    mean = _means(over)
    whole = float(mean[~np.isnan(mean)].var(ddof=1))
    if not telling.any() or not whole > 0:
        return 1.0
    of_row = np.average((variance * rows / shown)[telling], weights=np.minimum(rows - 1, 5)[telling])
    missing = float((of_row / rows * lacking).sum() / (1 - absent).sum() ** 2)
    return math.sqrt(1 + missing / whole)


def _shares(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the variance of features on so many rows: what resamples that hold them show, and what a mean over all lacks.

    Of h rows a resample draws a Poisson number; given that it is not 0, the mean of what was drawn varies by the rows'
    own variance, which is (h - 1) / h of the true one, times the mean of one by their number. To the mean over features
    the feature coming and going adds its own distance from the mean.
    """
    k = np.arange(1, MOST)
    weights = np.exp(k * np.log(rows)[:, None] - rows[:, None] - np.array([math.lgamma(n + 1) for n in k]))
    there = 1 - np.exp(-rows)
    shown = (rows - 1) * (weights / k).sum(axis=1) / there
    return np.maximum(shown, 0.1), np.maximum(there**2 - there * shown - there * (1 - there), 0.0)


def _means(over: np.ndarray) -> np.ndarray:
    """float64[resamples]: mean over the features that each defines."""
    defined = ~np.isnan(over)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(defined, over, 0.0).sum(axis=1) / defined.sum(axis=1))


def _variances(over: np.ndarray) -> np.ndarray:
    """float64[features]: variance over the resamples that define each; NaN where fewer than two do."""
    defined = ~np.isnan(over)
    n = defined.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(defined, over, 0.0).sum(axis=0) / n
        return np.asarray(np.where(defined, (over - mean) ** 2, 0.0).sum(axis=0) / (n - 1))
