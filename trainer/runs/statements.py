"""What a person or a model says about one row: a box, an outline, a mask, an answer or a span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Ring = Sequence[float]
"""x, y, x, y, ... in pixels, at least three points."""


class Box(NamedTuple):
    """A box on a picture: truth without a confidence, a prediction with one.

    Attributes:
        feature: Name (or path) of the feature.
        left: Left edge in pixels from the picture's left.
        top: Top edge in pixels from the picture's top.
        width: Width in pixels.
        height: Height in pixels.
        confidence: In [0, 1]; counts as 1 when left out.
    """

    feature: str
    left: float
    top: float
    width: float
    height: float
    confidence: float | None = None


class Outline(NamedTuple):
    """An object drawn as one or more rings.

    Attributes:
        feature: Name (or path) of the feature.
        polygons: Rings of x, y, x, y, ... in pixels; what they enclose belongs to the object.
        confidence: In [0, 1]; counts as 1 when left out.
    """

    feature: str
    polygons: Sequence[Ring]
    confidence: float | None = None


class Mask(NamedTuple):
    """Pixels of a picture: one object, or everything of a feature. Without any pixel it says that nothing is there.

    Attributes:
        feature: Name (or path) of the feature.
        pixels: bool[height, width] of the whole picture, or COCO's run lengths: a compressed string, or a mapping with
            ``size`` (height, width) and ``counts``.
        confidence: In [0, 1]; counts as 1 when left out.
    """

    feature: str
    pixels: np.ndarray | str | Mapping[str, Any]
    confidence: float | None = None


class Answer(NamedTuple):
    """An answer to a question about the row: the option that holds, or how probable each option is.

    Attributes:
        feature: Name (or path) of the question.
        option: Name of the option; left out where `scores` has all of them.
        confidence: In [0, 1]; counts as 1 when left out.
        scores: From the name of each option to its probability in [0, 1], for predictions.
    """

    feature: str
    option: str | None = None
    confidence: float | None = None
    scores: Mapping[str, float] | None = None


class Span(NamedTuple):
    """A part of the row's text.

    Attributes:
        feature: Name (or path) of the feature.
        start: Place of its first character, from 0.
        end: Place behind its last character.
        confidence: In [0, 1]; counts as 1 when left out.
    """

    feature: str
    start: int
    end: int
    confidence: float | None = None


Statement = Box | Outline | Mask | Answer | Span


def family_of(statement: Statement) -> str:
    """What a feature's statements have in common: a feature is a shape, a question or a span, never two of them."""
    return {Answer: "question", Span: "span"}.get(type(statement), "shape")


def asked_twice(statements: Iterable[Statement]) -> list[str]:
    """Names of the questions that have several answers among statements about one row."""
    names = [each.feature for each in statements if isinstance(each, Answer)]
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]
