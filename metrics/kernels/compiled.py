"""How every loop is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable[..., object])


def compiled(loop: Loop) -> Loop:
    """The loop as machine code, made on its first call and kept on disk where that can be written to."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return cast(Loop, numba.njit(cache=True, **options)(loop))
    except RuntimeError:  # neither this folder nor the user's cache folder can be written to
        return cast(Loop, numba.njit(**options)(loop))
