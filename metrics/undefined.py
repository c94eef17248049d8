"""Arithmetic with numbers that may be undefined: NaN, never 0 or -1."""

from __future__ import annotations

import numpy as np


def divide(part: np.ndarray | float, whole: np.ndarray | float) -> np.ndarray:
    """float64: part / whole, element by element; NaN where the whole is 0.

    Example:
        >>> divide(np.array([1, 0]), np.array([4, 0])).tolist()
        [0.25, nan]
    """
    undefined = np.full(np.shape(whole), np.nan)
    return np.divide(part, whole, out=undefined, where=np.asarray(whole) > 0)[()]


def mean_of_defined(values: np.ndarray) -> float:
    """Mean of what is not NaN; NaN if there is nothing.

    Example:
        >>> mean_of_defined(np.array([1.0, np.nan, 2.0]))
        1.5
    """
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")


def means_of_defined(values: np.ndarray) -> np.ndarray:
    """float64: `mean_of_defined` along the last axis.

    Example:
        >>> means_of_defined(np.array([[1.0, np.nan, 2.0], [np.nan] * 3])).tolist()
        [1.5, nan]
    """
    defined = ~np.isnan(values)
    return divide(np.where(defined, values, 0.0).sum(axis=-1), defined.sum(axis=-1))
