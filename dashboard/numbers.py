"""What the numbers that stand for a run are called, and what they mean."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

TITLES: Final = MappingProxyType(
    {
        "mAP_50_95": "mAP",
        "AP_50": "AP50",
        "AP_75": "AP75",
        "precision": "Precision",
        "recall": "Recall",
        "F1": "F1",
        "accuracy": "Accuracy",
        "subset_accuracy": "Rows all right",
        "F1_macro": "Mean F1",
        "balanced_accuracy": "Mean recall",
        "log_loss": "Log loss",
        "ROC_AUC": "ROC area",
        "mIoU": "Mean IoU",
        "mDice": "Mean Dice",
        "pixel_accuracy": "Pixels right",
    }
)
LOWER_IS_BETTER: Final = ("log_loss",)
HELP: Final = MappingProxyType(
    {
        "mAP_50_95": "Mean average precision over IoU 0.50 to 0.95, COCO's rule. It does not depend on the sliders.",
        "AP_50": "Mean average precision at IoU 0.50, COCO's rule. It does not depend on the sliders.",
        "AP_75": "Mean average precision at IoU 0.75, COCO's rule. It does not depend on the sliders.",
        "precision": "Share of the predictions that found a truth, at the sliders' thresholds.",
        "recall": "Share of the truths that were found, at the sliders' thresholds.",
        "F1": "Harmonic mean of precision and recall, at the sliders' thresholds.",
        "accuracy": "Share of the rows whose most confident option is the true one.",
        "subset_accuracy": "Share of rows with every option rightly ticked or left, at the slider's confidence.",
        "F1_macro": "Mean of the F1 of all options or features.",
        "balanced_accuracy": "Mean of the recall of all options.",
        "log_loss": "Mean negative logarithm of the probability of the true option; lower is better.",
        "ROC_AUC": "Mean over options of the area under the ROC curve, each against the others.",
        "mIoU": "Mean over features of the pixels that are right, as a share of those in truth or prediction.",
        "mDice": "Mean over features of the F1 of pixels.",
        "pixel_accuracy": "Share of all pixels that were taken for what they are.",
    }
)
