"""The words by which a reader chooses a task."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from trainer.records.design import Task

TITLES: Final = MappingProxyType(
    {
        Task.CLASSIFICATION: "Classification",
        Task.DETECTION: "Detection",
        Task.INSTANCE_SEGMENTATION: "Instance segmentation",
        Task.SEMANTIC_SEGMENTATION: "Semantic segmentation",
        Task.DETECTION_AND_SEGMENTATION: "Detection and segmentation",
    }
)

SCORED_BY: Final = MappingProxyType(
    {
        Task.CLASSIFICATION: "accuracy",
        Task.DETECTION: "mAP",
        Task.INSTANCE_SEGMENTATION: "mAP of masks",
        Task.SEMANTIC_SEGMENTATION: "mean IoU",
        Task.DETECTION_AND_SEGMENTATION: "mean of mAP and mean IoU",
    }
)
"""What a training of the task is scored by on its validation rows."""

MEANINGS: Final = MappingProxyType(
    {
        Task.CLASSIFICATION: "Answers one question about the whole picture: each feature is a possible answer.",
        Task.DETECTION: "Finds every object and draws a box around it.",
        Task.INSTANCE_SEGMENTATION: "Finds every object, draws a box around it and outlines it to the pixel.",
        Task.SEMANTIC_SEGMENTATION: "Paints each pixel with one feature or none; objects are not told apart.",
        Task.DETECTION_AND_SEGMENTATION: "Finds some features as boxes and paints others, with one body for both.",
    }
)
