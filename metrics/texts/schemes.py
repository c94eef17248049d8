"""The schemes by which tags of tokens tell spans, and which tags fit them."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

import numpy as np

from metrics.errors import ColumnError

Scheme = Literal["IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BIOES", "BILOU"]

OUT, BEGIN, INSIDE, END, SINGLE = range(5)

LETTERS: Final = {"B": BEGIN, "I": INSIDE, "E": END, "S": SINGLE, "L": END, "U": SINGLE}
"""What the first letter of a tag says, in any scheme."""


class SchemeRule(NamedTuple):
    """How a scheme writes spans.

    Attributes:
        first: Letter of the first of several tokens.
        last: Letter of the last of several tokens.
        single: Letter of a token that is a span.
        after: Letter of the first token right after a span of the same feature; elsewhere it is I. Empty if `first`
            is always written.
        before: Letter of the last token right before a span of the same feature; elsewhere it is I. Empty likewise.
        words: The rule in words.
    """

    first: str
    last: str
    single: str
    after: str
    before: str
    words: str


RULES: Final[dict[str, SchemeRule]] = {
    "IOB1": SchemeRule("I", "I", "I", "B", "", "B stands only where a span follows another of the same feature"),
    "IOB2": SchemeRule("B", "I", "B", "", "", "every span starts with B, and I goes on with one of the same feature"),
    "IOE1": SchemeRule("I", "I", "I", "", "E", "E stands only where another span of the same feature follows"),
    "IOE2": SchemeRule("I", "E", "E", "", "", "every span ends with E, and I is followed by the same feature"),
    "IOBES": SchemeRule("B", "E", "S", "", "", "a span is B, any number of I and E, or S alone"),
    "BILOU": SchemeRule("B", "L", "U", "", "", "a span is B, any number of I and L, or U alone"),
}
RULES["BIOES"] = RULES["IOBES"]


def rule_of(scheme: str) -> SchemeRule:
    """The rule of a scheme.

    Raises:
        ColumnError: If there is no such scheme.
    """
    if scheme not in RULES:
        raise ColumnError(f"There is no scheme {scheme!r}; there are {', '.join(get_args(Scheme))}.")
    return RULES[scheme]


def letters_of(scheme: str) -> set[str]:
    """Letters that a scheme writes."""
    rule = rule_of(scheme)
    return {"I", rule.first, rule.last, rule.single, rule.after, rule.before} - {""}


def find_starts(part: np.ndarray, feature: np.ndarray) -> np.ndarray:
    """bool[N]: tokens that start a span, as the CoNLL script tells it.

    Args:
        part: uint8[N], what each tag says; texts are separated by `OUT`.
        feature: int32[N], the feature of each tag; -1 outside.
    """
    before, feature_before = _shifted(part, 1), _shifted(feature, 1)
    opening = (part == BEGIN) | (part == SINGLE)
    behind_end = (before == OUT) | (before == END) | (before == SINGLE)
    return (part != OUT) & (opening | behind_end | (feature != feature_before))


def find_misfits(scheme: str, part: np.ndarray, feature: np.ndarray) -> np.ndarray:
    """bool[N]: tags that may not stand where they stand; arguments as in `find_starts`."""
    inside = part != OUT
    goes_on = inside[:-1] & inside[1:] & (feature[:-1] == feature[1:])
    same_before, same_behind = np.append(False, goes_on), np.append(goes_on, False)
    if scheme == "IOB1":
        return (part == BEGIN) & ~same_before
    if scheme == "IOB2":
        return (part == INSIDE) & ~same_before
    if scheme == "IOE1":
        return (part == END) & ~same_behind
    if scheme == "IOE2":
        return (part == INSIDE) & ~same_behind
    open_behind, open_before = (part == BEGIN) | (part == INSIDE), (part == INSIDE) | (part == END)
    joined = goes_on & open_behind[:-1] & open_before[1:]
    return (open_behind & ~np.append(joined, False)) | (open_before & ~np.append(False, joined))


def _shifted(values: np.ndarray, by: int) -> np.ndarray:
    """The value of the token before; nothing comes before the first, which is outside."""
    return np.concatenate([values[:by], values[:-by]])
