"""The names of the numbers that `metrics` makes, over all features and of each."""

from __future__ import annotations

import re
from typing import Final

from trainer.records.errors import RecordError

OVERALL: Final = ("mAP", "AP50", "AP75", "precision", "recall", "F1", "mean IoU")
"""Numbers over all features, by the names of `metrics.measure_objects`."""
PER_FEATURE: Final = ("AP", "precision", "recall", "F1", "mean IoU")
"""Numbers of each feature."""
OVERALL_OF_OTHERS: Final = (
    "accuracy",
    "subset accuracy",
    "F1 macro",
    "log loss",
    "Brier",
    "pixel accuracy",
    "mean Dice",
)
"""Further numbers over all features where classes or pixels are measured."""
PER_FEATURE_OF_OTHERS: Final = ("IoU", "Dice")
"""Further numbers of each feature there."""
LOSSES: Final = ("log loss", "Brier")
"""Those of them that are better the lower they are, and may be higher than 1."""
SIZES: Final = ("small", "medium", "large")
"""COCO's sizes: ``mAP small`` and so on, and ``AP small`` of each feature."""
OF_ALL: Final = (*OVERALL, *(f"mAP {size}" for size in SIZES), *OVERALL_OF_OTHERS)
"""Everything that is measured over all features."""
OF_FEATURE: Final = (*PER_FEATURE, *(f"AP {size}" for size in SIZES), *PER_FEATURE_OF_OTHERS)
"""Everything that is measured of each feature."""
_KEPT_BY_MLFLOW: Final = re.compile(r"[\w\-. :/]+", re.ASCII)


def refuse_taken(name: str) -> None:
    """Check that a number of one's own can be called so.

    Raises:
        RecordError: If another number has the name, or MLflow does not take it.

    Example:
        >>> refuse_taken("seconds per picture")
        >>> refuse_taken("mAP")
        Traceback (most recent call last):
        trainer.records.errors.RecordError: 'mAP' is a number that modelruns makes. Call yours by another name.
    """
    if name in (*OF_ALL, *OF_FEATURE):
        raise RecordError(f"{name!r} is a number that modelruns makes. Call yours by another name.")
    if not _KEPT_BY_MLFLOW.fullmatch(name) or name != name.strip(" /.") or "//" in name:
        raise RecordError(
            f"{name!r} cannot be the name of a number: it needs letters from A to Z, digits, spaces and the signs "
            "_ - . : / alone, without a space, point or slash at an end."
        )
