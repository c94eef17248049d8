"""Places in an order, equal numbers sharing theirs, and what correlates."""

from __future__ import annotations

import math

import numpy as np


def shared_ranks(values: np.ndarray) -> np.ndarray:
    """float64[N]: place of each number in rising order, from 1; equal numbers share the mean of their places."""
    if len(values) == 0:
        return np.zeros(0)
    order = np.argsort(values)
    rising = values[order]
    first = np.append(np.flatnonzero(np.diff(rising, prepend=np.nan) != 0), len(rising))  # of each run of equals
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((first[:-1] + first[1:] + 1) / 2, np.diff(first))
    return ranks


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's correlation, in [-1, 1]; NaN for fewer than two numbers, or where one side is constant."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return math.nan
    first, second = one - one.mean(), other - other.mean()
    # Each side is brought into [-1, 1] before they meet, so that no square overflows or vanishes.
    first, second = first / np.abs(first).max(), second / np.abs(second).max()
    value = np.dot(first, second) / math.sqrt(np.dot(first, first) * np.dot(second, second))
    return max(-1.0, min(1.0, float(value)))


def correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """float64[R]: Pearson's correlation of each line of two tables [R, n]; NaN where one side is constant."""
    first, second = one - one.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)
    both = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    constant = (np.ptp(one, axis=1) == 0) | (np.ptp(other, axis=1) == 0)
    values = np.divide((first * second).sum(axis=1), both, out=np.full(len(one), np.nan), where=~constant)
    return np.clip(values, -1, 1)
