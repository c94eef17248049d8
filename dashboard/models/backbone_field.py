"""Choosing the body of a new model."""

from __future__ import annotations

import streamlit as st

from trainer.learning.families import FAMILIES, ONLY_CLASSIFICATION, find_family, list_weights
from trainer.records.design import TINY_RESNET, Task

_WHY_TINY = "Learns most from few pictures, on a CPU too; larger ones need many pictures or pretrained weights."


def choose(task: Task) -> str:
    """Draw the field and return the backbone's name."""
    names = [
        name
        for family, members in FAMILIES.items()
        if task is Task.CLASSIFICATION or family not in ONLY_CLASSIFICATION
        for name in members
    ]
    backbone = st.selectbox(
        "Backbone",
        names,
        names.index(TINY_RESNET),
        key="new_model_backbone",
        format_func=lambda name: f"{find_family(name)} · {name}",
        help="The body that all heads of the network share. Type to search; the small members of a family come first.",
        persist_state="page",
    )
    st.caption(_WHY_TINY if backbone == TINY_RESNET else _say_weights(backbone))
    return backbone


def _say_weights(backbone: str) -> str:
    titles = {"imagenet": "ImageNet", "coco": "COCO"}
    weights = [titles[name] for name in list_weights(backbone) if name in titles]
    return f"Can start from {' or '.join(weights)} weights." if weights else "Starts from random weights only."
