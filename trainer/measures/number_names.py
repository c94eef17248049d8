"""The names of the numbers that `metrics` makes, over all features and of each: one word for each, wherever it is told.

MLflow keeps some of them under keys of their own, which are older than the words. What a person reads, tables, JSON and
Python alike, says the words; a key is understood wherever a number is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from trainer.records.errors import RecordError
from trainer.records.measure import Measure

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
KEYS: Final[Mapping[str, str]] = {
    "mAP_50_95": "mAP",
    "AP_50": "AP50",
    "AP_75": "AP75",
    "mean_IoU": "mean IoU",
    "mIoU": "mean IoU",
    "mDice": "mean Dice",
    "pixel_accuracy": "pixel accuracy",
    "subset_accuracy": "subset accuracy",
    "balanced_accuracy": "balanced accuracy",
    "F1_macro": "F1 macro",
    "log_loss": "log loss",
    "ROC_AUC": "ROC AUC",
    "mask_mAP_50_95": "mask mAP",
    "mean_of_mAP_50_95_and_mean_IoU": "mean of mAP and mean IoU",
}
"""From keys of MLflow, and names of validation scores in training logs, to the words; all others are their own word."""
_COLUMNS: Final = {
    "ap": "mAP",
    "ap50": "AP50",
    "ap75": "AP75",
    "ar1": "AR 1 a row",
    "ar10": "AR 10 a row",
    "ar100": "AR 100 a row",
    "tp": "found",
    "fp": "false alarms",
    "mcc": "MCC",
}
_WORDS: Final = {"f1": "F1", "iou": "IoU", "ap": "mAP", "ar": "AR", "roc": "ROC", "auc": "AUC"}
_WORDS_OF_NAMES: Final = {"dice": "Dice", "brier": "Brier", "hamming": "Hamming", "jaccard": "Jaccard"}
_AVERAGES: Final = ("macro", "weighted", "micro")
_MEASURED: Final = ("coco", "at_thresholds", "numbers")
_KEPT_BY_MLFLOW: Final = re.compile(r"[\w\-. :/]+", re.ASCII)


class Numbers(dict[str, float]):
    """Numbers by their words, which are also found by their keys.

    Example:
        >>> numbers = Numbers({"mAP": 0.25})
        >>> numbers["mAP"], numbers["mAP_50_95"], list(numbers)
        (0.25, 0.25, ['mAP'])
    """

    def __missing__(self, key: str) -> float:
        if key in KEYS and KEYS[key] in self:
            return self[KEYS[key]]
        raise KeyError(key)


def word_of(key: str) -> str:
    """The word for a number that is named by its key or its word.

    Example:
        >>> word_of("mIoU"), word_of("mean IoU"), word_of("seconds")
        ('mean IoU', 'mean IoU', 'seconds')
    """
    return KEYS.get(key, key)


def in_words(kept: Mapping[str, float]) -> Numbers:
    """Numbers that MLflow keeps, by their words."""
    return Numbers({word_of(key): value for key, value in kept.items()})


def by_keys(numbers: Mapping[str, float], measure: Measure) -> dict[str, float]:
    """Numbers by the keys under which MLflow keeps them; the mean IoU of pixels has another than that of objects.

    Example:
        >>> by_keys({"mean IoU": 0.5}, Measure.PIXELS), by_keys({"mean IoU": 0.5, "F1": 1.0}, Measure.BOXES)
        ({'mIoU': 0.5}, {'mean_IoU': 0.5, 'F1': 1.0})
    """
    other = "mean_IoU" if measure is Measure.PIXELS else "mIoU"
    keys = {word: key for key, word in KEYS.items() if key != other}
    return {keys.get(word, word): value for word, value in numbers.items()}


def word_of_column(column: str) -> str:
    """The word for a number by its name among the columns of `metrics`, as a run's evaluation file has it.

    Example:
        >>> [word_of_column(name) for name in ("ap", "ap_small", "fp", "f1", "macro_f1", "mean_iou", "truths")]
        ['mAP', 'mAP small', 'false alarms', 'F1', 'F1 macro', 'mean IoU', 'truths']
    """
    if column in _COLUMNS:
        return _COLUMNS[column]
    words = [(_WORDS | _WORDS_OF_NAMES).get(word, word) for word in column.split("_")]
    if words[0] in _AVERAGES:
        words = [*words[1:], words[0]]
    return " ".join(words)


def summary_in_words(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured of a run, as `Scored.summary` tells it, with the words for its numbers."""
    return {
        part: {word_of_column(name): value for name, value in told.items()} if part in _MEASURED else told
        for part, told in summary.items()
    }


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
    if name in (*OF_ALL, *OF_FEATURE, *KEYS, *KEYS.values()):
        raise RecordError(f"{name!r} is a number that modelruns makes. Call yours by another name.")
    if not _KEPT_BY_MLFLOW.fullmatch(name) or name != name.strip(" /.") or "//" in name:
        raise RecordError(
            f"{name!r} cannot be the name of a number: it needs letters from A to Z, digits, spaces and the signs "
            "_ - . : / alone, without a space, point or slash at an end."
        )
