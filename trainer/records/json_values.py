"""Values as JSON can hold them."""

from __future__ import annotations

import math
from typing import Any


def json_ready(value: Any) -> Any:
    """The value with null for every number that is not finite, since JSON has none of those, and lists for tuples.

    Example:
        >>> json_ready({"gain": float("nan"), "interval": (0.25, 0.5)})
        {'gain': None, 'interval': [0.25, 0.5]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: json_ready(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(inner) for inner in value]
    return value
