"""Checks of embeddings as they are logged: what cannot be kept is refused at the caller's line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.records.errors import ColumnError

LARGEST = float(np.finfo(np.float16).max)
"""Embeddings are kept as float16."""


def check_vectors(vectors: np.ndarray, name: str, *, rows: int) -> None:
    """Check that there is one vector for each row; NaN stands for none.

    Raises:
        ColumnError: If there is not, or a number is too large.
    """
    if vectors.ndim != 2 or len(vectors) != rows:
        raise ColumnError(
            f"Embeddings {name!r} have shape {vectors.shape}; one vector for each of {rows:,} rows is needed."
        )
    if np.nanmax(np.abs(vectors), initial=0) > LARGEST:
        raise ColumnError(f"Embeddings {name!r} hold numbers beyond {LARGEST:,.0f}, which are not kept. Scale them.")


def check_vector(vector: Sequence[float], key: str, *, length: int) -> None:
    """Check that the vector of one row is as long as those of the others, and all of it can be kept.

    Raises:
        ColumnError: If it is not.
    """
    if not len(vector) or len(vector) != length:
        raise ColumnError(
            f"Row {key!r}: its embedding has {len(vector):,} numbers, others have {length:,}. "
            "All embeddings of a run have one length, at least 1."
        )
    if not np.isfinite(vector).all() or np.abs(vector).max() > LARGEST:
        raise ColumnError(
            f"Row {key!r}: its embedding holds numbers beyond {LARGEST:,.0f}, which are not kept. Scale it."
        )
