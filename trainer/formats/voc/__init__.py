"""Pascal VOC in: one XML file a picture, with boxes."""

from trainer.formats.voc.truth import read_truth

__all__ = ["read_truth"]
