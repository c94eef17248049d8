"""Predicting never brings torch's compiler in, and whoever wants it later gets the real one."""

from __future__ import annotations

import subprocess
import sys

_PREDICT = """
import sys
import numpy as np
from trainer.learning.networks import make_network
from trainer.learning.predictor import make_predictor, predict_pictures
from trainer.learning.settings import TrainingSettings
from trainer.learning.trained import TrainedModel
from trainer.records.design import Design

import torch

torch.manual_seed(0)
design = Design("instance_segmentation", ("cell",))
model = TrainedModel(design, TrainingSettings(image_size=64), make_network(design, image_size=64).eval())
predictor = make_predictor(model, min_confidence=0, device="cpu", threads=1)
(said,) = predict_pictures(predictor, [np.zeros((64, 64, 3), np.uint8)])
assert len(said), "nothing was outlined, so roi_align was not used"
assert not {"torch._dynamo", "torch._dynamo.utils", "torch._inductor", "mlflow", "numba"} & set(sys.modules)

asked = sys.modules["torchvision.ops.roi_align"].is_compile_supported("cpu")
import torch._dynamo.utils as real
assert real.__file__ and sys.modules["torch._dynamo.utils"] is real
assert asked == real.is_compile_supported("cpu")
"""


def test_predicting_needs_no_compiler_and_what_is_asked_of_it_is_answered() -> None:
    done = subprocess.run([sys.executable, "-c", _PREDICT], capture_output=True, text=True, check=False, timeout=600)

    assert done.returncode == 0, done.stderr
