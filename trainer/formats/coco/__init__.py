"""COCO in and out: truth with boxes, polygons and run-length masks, and result files."""

from trainer.formats.coco.results import read_predictions
from trainer.formats.coco.truth import read_truth
from trainer.formats.coco.writing import write_predictions, write_truth

__all__ = ["read_predictions", "read_truth", "write_predictions", "write_truth"]
