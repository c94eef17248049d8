"""Packed masks are what pycocotools makes of the same pixels."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from trainer.learning.packed_masks import pack, read_runs, unpack


@pytest.mark.parametrize("seed", range(8))
def test_strings_of_pycocotools_are_read_and_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(1, 300, size=2))
    mask = rng.random((height, width)) < rng.choice([0, 0.001, 0.1, 0.5, 1])
    text = str(coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"], "ascii")

    assert read_runs(text).tolist() == pack(mask).tolist()
    assert (unpack(pack(mask), height, width) == mask).all()
