"""Numbers of one's own: a value a row, such as seconds or a score that another program gave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class OwnNumber:
    """One value for each row of a run, which stands for the run by its mean.

    Attributes:
        name: What it is called.
        values: float64[n] in row order; NaN where nothing is known of a row.
        lower_is_better: It is an error, a cost or a time.
    """

    name: str
    values: np.ndarray
    lower_is_better: bool = False
