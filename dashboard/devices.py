"""Whether this machine can compute as a training is set to: asked of torch, in a process of its own, once."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import streamlit as st

from dashboard.child import environment

_SECONDS: Final = 60
_QUESTION: Final = """
import sys
from trainer.learning.devices import check_device
from trainer.records.errors import TrainingError
try:
    check_device(*sys.argv[1:])
except TrainingError as error:
    print(error)
"""


def device_problem(device: str, mixed_precision: str) -> str:
    """Why a training cannot compute so here, in a sentence; empty where it can, and where that is not known.

    Args:
        device: The setting of that name; only ``cuda`` has to be looked for.
        mixed_precision: The setting of that name; only ``bf16`` needs a device of its own.
    """
    if device != "cuda" and mixed_precision != "bf16":
        return ""
    return _ask_torch(device, mixed_precision)


@st.cache_data(show_spinner="Looking for a GPU ...")
def _ask_torch(device: str, mixed_precision: str) -> str:
    command = [sys.executable, "-P", "-c", _QUESTION, device, mixed_precision]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""  # the training itself checks it again
    return asked.stdout.strip()
