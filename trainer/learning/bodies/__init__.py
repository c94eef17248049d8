"""Bodies of micro-models: pictures in, feature maps at strides up to 32 out; one mechanism for every family."""

from trainer.learning.torchvision_import import bring_in_torchvision

bring_in_torchvision()  # before any module here imports it
