"""Heads of micro-models: each makes its answer of feature maps, and knows what a wrong answer costs."""

from trainer.learning.torchvision_import import bring_in_torchvision

bring_in_torchvision()  # before any module here imports it
