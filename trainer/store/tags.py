"""What we write on MLflow's experiments and runs, and how much it can carry."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from trainer.records.errors import RecordError

KIND = "trainer.kind"
STATE = "trainer.state"
UID = "trainer.uid"
HOST = "trainer.host"
PID = "trainer.pid"
PROCESS = "trainer.process"
HEARTBEAT = "trainer.heartbeat"
MANIFEST_SHA256 = "trainer.manifest_sha256"
ERROR = "trainer.error"
DELETING = "trainer.deleting"
RUN_NAME = "mlflow.runName"  # setting it would rename the run, past the check that names are unique
OURS = frozenset({KIND, STATE, UID, HOST, PID, PROCESS, HEARTBEAT, MANIFEST_SHA256, ERROR, DELETING, RUN_NAME})
USER = "mlflow.user"

LONGEST_TAG = 8_000
LONGEST_PARAM = 6_000
_LONGEST_KEY = 250
_MOST_AT_ONCE = 100
_KEY = re.compile(r"[\w\-./: ]+")

T = TypeVar("T")

Scalar = str | int | float | bool | None


class RunKind(StrEnum):
    """What a stored run is: a model's outcome, a version of a project's data, a registered micro-model, or settings."""

    MODEL_RUN = "model_run"
    DATA_VERSION = "data_version"
    MODEL = "model"
    CONFIG = "config"


class RunState(StrEnum):
    """How far a run has come. Only sealed runs can be read."""

    WRITING = "writing"
    SEALED = "sealed"
    FAILED = "failed"
    KILLED = "killed"


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags that a caller may set, as MLflow will keep them.

    Raises:
        RecordError: If one is ours, badly named, or longer than 8,000 characters, which MLflow would cut silently.
    """
    taken = sorted(OURS & tags.keys())
    if taken:
        raise RecordError(f"The tag {taken[0]!r} is written by the store itself. Choose another name.")
    return {_check_key(key, "tag"): _check_length(key, value, LONGEST_TAG, "tag") for key, value in tags.items()}


def check_params(params: Mapping[str, Scalar]) -> dict[str, str]:
    """Parameters as MLflow will keep them.

    Raises:
        RecordError: If one is badly named, or longer than 6,000 characters, which MLflow would cut silently.
    """
    return {
        _check_key(key, "parameter"): _check_length(key, str(value), LONGEST_PARAM, "parameter")
        for key, value in params.items()
    }


def check_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics as MLflow will keep them; NaN means undefined.

    Raises:
        RecordError: If one is badly named or infinite, which MLflow would turn into a large number.
    """
    for key, value in metrics.items():
        if math.isinf(value):
            raise RecordError(f"Metric {key!r} is infinite. Metrics are numbers, or NaN where they are undefined.")
    return {_check_key(key, "metric"): float(value) for key, value in metrics.items()}


def in_parts(values: Mapping[str, T]) -> Iterator[dict[str, T]]:
    """MLflow takes at most a hundred at once."""
    pairs = list(values.items())
    for start in range(0, len(pairs), _MOST_AT_ONCE):
        yield dict(pairs[start : start + _MOST_AT_ONCE])


def _check_key(key: str, what: str) -> str:
    if not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY or any(part in ("", ".", "..") for part in key.split("/")):
        raise RecordError(
            f"The {what} name {key!r} cannot be kept. Names are letters, digits, '_', '-', '.', ':', single '/' "
            f"and space, at most {_LONGEST_KEY} characters; for example 'mAP_50_95'."
        )
    return key


def _check_length(key: str, value: str, most: int, what: str) -> str:
    if len(value) > most:
        raise RecordError(
            f"The {what} {key!r} has {len(value):,} characters; MLflow keeps at most {most:,}. "
            f"Put the whole text into a file of the run."
        )
    return value
