"""Folders of classes in: one folder a class, its pictures in it."""

from trainer.formats.classes.truth import QUESTION, read_truth

__all__ = ["QUESTION", "read_truth"]
