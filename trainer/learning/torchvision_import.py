"""Bringing torchvision in without torch's compiler, which takes longer to import than all else that predicting needs.

`torchvision.ops.roi_align` asks the compiler one question, and only where a GPU has to repeat its numbers. Meanwhile a
stand-in takes the question; when it is asked, the compiler answers.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_ASKED = "torch._dynamo.utils"
_QUESTION = "is_compile_supported"


class _StandIn(ModuleType):
    """Gives out the question unanswered; whoever wants anything else gets the real module's."""

    def __getattr__(self, name: str) -> Any:
        if name == _QUESTION:
            return _ask
        if name.startswith("__"):  # the import system asks for these
            raise AttributeError(name)
        _take_away()
        return getattr(importlib.import_module(_ASKED), name)


def bring_in_torchvision() -> None:
    """Import torchvision as quickly as it goes; to be called before any other import of it."""
    if "torchvision" in sys.modules or "torch._dynamo" in sys.modules:
        return
    import torch  # noqa: F401 - what torch itself imports gets no stand-in

    sys.modules.setdefault(_ASKED, _StandIn(_ASKED))
    try:
        import torchvision  # noqa: F401
    finally:
        _take_away()


def _take_away() -> None:
    if isinstance(sys.modules.get(_ASKED), _StandIn):
        del sys.modules[_ASKED]


def _ask(device_type: str) -> bool:
    return bool(importlib.import_module(_ASKED).is_compile_supported(device_type))
