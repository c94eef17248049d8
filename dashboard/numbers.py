"""What the numbers that stand for a run are called in headings, by the words of `modelruns compare`; what they mean."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from trainer.records.measure import Subject

TITLES: Final = MappingProxyType(
    {
        "mAP": "mAP",
        "AP50": "AP50",
        "AP75": "AP75",
        "precision": "Precision",
        "recall": "Recall",
        "F1": "F1",
        "accuracy": "Accuracy",
        "subset accuracy": "Subset accuracy",
        "F1 macro": "F1 macro",
        "balanced accuracy": "Balanced accuracy",
        "log loss": "Log loss",
        "ROC AUC": "ROC AUC",
        "mean IoU": "Mean IoU",
        "mean Dice": "Mean Dice",
        "pixel accuracy": "Pixel accuracy",
    }
)
LOWER_IS_BETTER: Final = ("log loss",)
HELP: Final = MappingProxyType(
    {
        "mAP": "Mean average precision over IoU 0.50 to 0.95, COCO's rule. It does not depend on the sliders.",
        "AP50": "Mean average precision at IoU 0.50, COCO's rule. It does not depend on the sliders.",
        "AP75": "Mean average precision at IoU 0.75, COCO's rule. It does not depend on the sliders.",
        "precision": "Share of the predictions that found a truth, at the sliders' thresholds.",
        "recall": "Share of the truths that were found, at the sliders' thresholds.",
        "F1": "Harmonic mean of precision and recall, at the sliders' thresholds.",
        "accuracy": "Share of the rows whose most confident option is the true one.",
        "subset accuracy": "Share of rows with every option rightly ticked or left, at the slider's confidence.",
        "F1 macro": "Mean of the F1 of all options or features.",
        "balanced accuracy": "Mean of the recall of all options.",
        "log loss": "Mean negative logarithm of the probability of the true option; lower is better.",
        "ROC AUC": "Mean over options of the area under the ROC curve, each against the others.",
        "mean IoU": "Mean over features of the pixels that are right, as a share of those in truth or prediction.",
        "mean Dice": "Mean over features of the F1 of pixels.",
        "pixel accuracy": "Share of all pixels that were taken for what they are.",
    }
)


def in_words(subject: Subject) -> str:
    """What is measured, as a sentence says it.

    Example:
        >>> from trainer.records.measure import Measure
        >>> in_words(Subject(Measure.CLASSES, "digit")), in_words(Subject(Measure.BOXES, only=("car", "van")))
        ('classes of digit', 'boxes of car and van')
    """
    named = [subject.question] if subject.question else list(subject.only)
    if not named:
        return subject.measure.value
    *others, last = named
    return (
        f"{subject.measure.value} of {', '.join(others)} and {last}" if others else f"{subject.measure.value} of {last}"
    )
