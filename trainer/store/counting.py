"""How many rows a file holds, read from its first or last bytes."""

from __future__ import annotations

from pathlib import Path


def count_rows(path: Path) -> int | None:
    """Rows of a Parquet table or a ``.npy`` array; None for files without rows, or which cannot be read."""
    match path.suffix:
        case ".parquet":
            return _count_parquet(path)
        case ".npy":
            return _count_array(path)
    return None


def _count_parquet(path: Path) -> int | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None


def _count_array(path: Path) -> int | None:
    import numpy as np

    try:
        return len(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, TypeError, OSError):
        return None
