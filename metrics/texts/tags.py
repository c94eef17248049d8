"""Tags of tokens, as in CoNLL's columns, to spans and back."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from metrics.custom import RowRatio, ratio
from metrics.errors import ColumnError
from metrics.texts.schemes import (
    LETTERS,
    OUT,
    Scheme,
    find_misfits,
    find_starts,
    letters_of,
    rule_of,
)
from metrics.texts.spans import Spans, check_sides

Misfits = Literal["error", "repair", "drop"]

NAMELESS: Final = "_"
"""The feature of tags without one, such as a mere B; as in seqeval."""


class _Tokens(NamedTuple):
    """Tags of all texts with one outside before each text and one at the end, so that places are lines of a file."""

    tags: list[str]
    code: np.ndarray
    gaps: np.ndarray

    def place(self, at: int) -> tuple[int, int]:
        """Text and token of a place."""
        row = int(np.searchsorted(self.gaps, at, side="right")) - 1
        return row, at - int(self.gaps[row]) - 1

    def tell(self, at: int) -> str:
        """A place in words."""
        row, token = self.place(at)
        return (
            f"{self.tags[self.code[at]]!r} at token {token} of text {row} (line {at} if an empty line ends each text)"
        )


def tag_features(*sides: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The features that tags name, sorted; to be given to `spans_from_tags` for both truth and predictions.

    Args:
        sides: Tags of the tokens of each text; of truth, of predictions, of several models.

    Example:
        >>> tag_features([["B-PER", "I-PER", "O"]], [["O", "B-LOC", "O"]])
        ('LOC', 'PER')
    """
    tags = {tag for side in sides for text in side for tag in text}
    return tuple(sorted({_feature_name(tag) for tag in tags if tag != "O"}))


def spans_from_tags(
    tags: Iterable[Sequence[str]],
    *,
    features: Sequence[str],
    scheme: Scheme = "IOB2",
    misfits: Misfits = "error",
) -> Spans:
    """Read the spans that tags of tokens tell.

    A tag is O, or a letter, a hyphen and a feature: B-PER. Read with "repair", any letter is taken and a span starts
    wherever the CoNLL script says so: at B and S, at another feature, and behind O, E and S; L is read as E, and U as
    S.

    Args:
        tags: For each text, the tag of each token.
        features: Names of features; a span's code is the place of its name here.
        scheme: How tags tell spans: IOB1 (CoNLL-2003's), IOB2 (also called BIO), IOE1, IOE2, IOBES (also called BIOES)
            or BILOU.
        misfits: What becomes of a tag that may not stand where it stands. It is an "error", right for truth; "repair"
            reads tags as the CoNLL script does, whatever the scheme, right for predictions; "drop" leaves out every
            span with such a tag, as seqeval's strict mode does.

    Returns:
        Spans by rising text and start, in offsets of tokens.

    Raises:
        ColumnError: If a tag cannot be read, names another feature, or may not stand where it stands.

    Example:
        >>> spans = spans_from_tags([["B-PER", "I-PER", "O"], ["B-LOC", "B-PER"]], features=["LOC", "PER"])
        >>> spans.row.tolist(), spans.feature.tolist(), spans.start.tolist(), spans.end.tolist()
        ([0, 1, 1], [1, 0, 1], [0, 0, 1], [2, 1, 2])

    Source:
        Schemes: Tjong Kim Sang and Veenstra 1999, arXiv:cs/9907006; Ratinov and Roth 2009. Repairing: conlleval, the
        script of the CoNLL-2000 shared task. Parity with seqeval in tests/metrics/test_tags.py.
    """
    tokens = _gather(tags)
    part, feature = _read(tokens, features, set(LETTERS) if misfits == "repair" else letters_of(scheme))
    starts = find_starts(part, feature)
    first = np.flatnonzero(starts)
    behind = np.flatnonzero((part[:-1] != OUT) & ((part[1:] == OUT) | starts[1:])) + 1
    if misfits != "repair":
        wrong = find_misfits(scheme, part, feature)
        if misfits == "error":
            _tell_misfits(scheme, tokens, np.flatnonzero(wrong))
        whole = np.add.reduceat(wrong, first) == 0 if len(first) else np.zeros(0, dtype=bool)
        first, behind = first[whole], behind[whole]
    row = np.searchsorted(tokens.gaps, first, side="right") - 1
    offset = tokens.gaps[row] + 1
    return Spans.from_offsets(row, feature[first], first - offset, behind - offset)


def tags_from_spans(
    spans: Spans, *, lengths: Sequence[int] | np.ndarray, features: Sequence[str], scheme: Scheme = "IOB2"
) -> list[list[str]]:
    """Write spans as tags of tokens.

    Args:
        spans: Spans in offsets of tokens, which do not overlap each other.
        lengths: Number of tokens of each text.
        features: Names of features, in the order of codes.
        scheme: How tags tell spans, as in `spans_from_tags`.

    Raises:
        ColumnError: If spans overlap, end behind their text, or name a text or feature that does not exist.

    Example:
        >>> spans = Spans.from_offsets(row=[0, 0], feature=[0, 0], start=[0, 2], end=[2, 3])
        >>> tags_from_spans(spans, lengths=[4], features=["PER"], scheme="IOBES")
        [['B-PER', 'E-PER', 'S-PER', 'O']]
    """
    rule, ends = rule_of(scheme), np.cumsum([0, *lengths])
    check_sides(spans, spans, rows=len(ends) - 1, features=len(features))
    owner = _owners(spans, ends)
    inside = owner >= 0
    before, behind = np.append(-1, owner)[:-1], np.append(owner, -1)[1:]
    before[ends[:-1][np.diff(ends) > 0]] = behind[ends[1:][np.diff(ends) > 0] - 1] = -1
    feature = np.where(inside, np.append(spans.feature, -1)[owner], -1)
    kind_before, kind_behind = (np.append(spans.feature, -1)[side] for side in (before, behind))
    first, last = inside & (owner != before), inside & (owner != behind)
    letter = np.full(len(owner), "I")
    letter[last], letter[first] = rule.last, rule.first
    letter[first & last] = rule.single
    if rule.after:
        letter[first & (kind_before == feature)] = rule.after
    if rule.before:
        letter[last & (kind_behind == feature)] = rule.before
    tags = [
        f"{letter[i]}-{features[code]}" if code >= 0 else "O" for i, code in enumerate(feature.tolist())
    ]  # fmt: skip
    return [tags[start:end] for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]


def token_accuracy(truth: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]) -> RowRatio:
    """The share of tokens that have the right tag, those outside of any span included.

    Args:
        truth: For each text, the true tag of each token.
        predicted: For each text, the predicted tag of each token.

    Returns:
        The number over all tokens, per row (NaN for a text without tokens) and on chosen rows.

    Raises:
        ColumnError: If the sides differ in texts, or in the tokens of a text.

    Example:
        >>> accuracy = token_accuracy([["B-PER", "O"], ["O", "O"]], [["B-PER", "O"], ["O", "B-LOC"]])
        >>> accuracy.value, accuracy.per_row.tolist()
        (0.75, [1.0, 0.5])

    Source:
        The accuracy that conlleval prints.
    """
    sides = list(truth), list(predicted)
    lengths = [[len(text) for text in side] for side in sides]
    if lengths[0] != lengths[1]:
        _tell_lengths(*lengths)
    right = [sum(map(str.__eq__, one, other)) for one, other in zip(*sides, strict=True)]
    return ratio("token accuracy", right, lengths[0])


def _gather(texts: Iterable[Sequence[str]]) -> _Tokens:
    known: dict[str, int] = {"O": 0}
    code, gaps = array("i"), array("q")
    for text in texts:
        gaps.append(len(code))
        code.append(0)
        code.extend([known.setdefault(tag, len(known)) for tag in text])
    code.append(0)
    return _Tokens(list(known), np.frombuffer(code, dtype=np.int32), np.frombuffer(gaps, dtype=np.int64))


def _read(tokens: _Tokens, features: Sequence[str], letters: set[str]) -> tuple[np.ndarray, np.ndarray]:
    """What each tag says, and its feature."""
    codes = {name: code for code, name in enumerate(features)}
    part, feature = np.full(len(tokens.tags), OUT, dtype=np.uint8), np.full(len(tokens.tags), -1, dtype=np.int32)
    for i, tag in enumerate(tokens.tags[1:], start=1):
        if tag[:1] not in letters or (len(tag) > 1 and tag[1] != "-"):
            _tell_unread(
                tokens, i, f"is no tag of this scheme: O, or one of {', '.join(sorted(letters))}, '-' and a feature"
            )
        if _feature_name(tag) not in codes:
            _tell_unread(
                tokens, i, f"names another feature than {', '.join(features)}. For all there are: tag_features(...)"
            )
        part[i], feature[i] = LETTERS[tag[0]], codes[_feature_name(tag)]
    return part[tokens.code], feature[tokens.code]


def _feature_name(tag: str) -> str:
    return tag[2:] or NAMELESS


def _owners(spans: Spans, ends: np.ndarray) -> np.ndarray:
    """int64[tokens]: the span of each token of all texts, -1 for none."""
    start, end = ends[spans.row] + spans.start, ends[spans.row] + spans.end
    beyond = np.flatnonzero(end > ends[spans.row + 1])
    if len(beyond):
        first = int(beyond[0])
        raise ColumnError(
            f"{len(beyond):,} of {len(spans):,} spans end behind their text; first: number {first} (row "
            f"{spans.row[first]}) with {spans.end[first]} of {np.diff(ends)[spans.row[first]]} tokens. Tags need "
            "offsets of tokens, not of characters.",
            bad=len(beyond),
            first=first,
        )
    order = np.argsort(start, kind="stable")
    overlapping = order[1:][start[order[1:]] < end[order[:-1]]]
    if len(overlapping):
        first = int(overlapping[0])
        raise ColumnError(
            f"{len(overlapping):,} of {len(spans):,} spans start within another; first: number {first} (row "
            f"{spans.row[first]}) at {spans.start[first]}. A token has one tag, so that spans must not overlap.",
            bad=len(overlapping),
            first=first,
        )
    owner = np.full(int(ends[-1]), -1, dtype=np.int64)
    length = end - start
    places = np.repeat(start - np.append(0, np.cumsum(length))[:-1], length) + np.arange(length.sum())
    owner[places] = np.repeat(np.arange(len(spans)), length)
    return owner


def _tell_unread(tokens: _Tokens, tag: int, what: str) -> None:
    at = np.flatnonzero(tokens.code == tag)
    raise ColumnError(f"{tokens.tell(int(at[0]))} {what}.", bad=len(at), first=tokens.place(int(at[0]))[0])


def _tell_misfits(scheme: str, tokens: _Tokens, wrong: np.ndarray) -> None:
    if not len(wrong):
        return
    at = int(wrong[0])
    around = f"between {tokens.tags[tokens.code[at - 1]]!r} and {tokens.tags[tokens.code[at + 1]]!r}"
    raise ColumnError(
        f"{len(wrong):,} of {len(tokens.code) - len(tokens.gaps) - 1:,} tags do not fit {scheme}; first: "
        f"{tokens.tell(at)}, {around}. In {scheme} {rule_of(scheme).words}. If these are predictions: "
        "misfits='repair' reads them as the CoNLL script does, misfits='drop' leaves such spans out.",
        bad=len(wrong),
        first=tokens.place(at)[0],
    )


def _tell_lengths(truth: list[int], predicted: list[int]) -> None:
    if len(truth) != len(predicted):
        raise ColumnError(f"There are {len(truth):,} texts with true tags and {len(predicted):,} with predicted ones.")
    bad = np.flatnonzero(np.array(truth) != np.array(predicted))
    first = int(bad[0])
    raise ColumnError(
        f"{len(bad):,} of {len(truth):,} texts differ in their number of tokens; first: text {first} with "
        f"{truth[first]} true and {predicted[first]} predicted tags.",
        bad=len(bad),
        first=first,
    )
