"""Spans are counted as seqeval and the CoNLL script count them, on generated tags and on real names."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seqeval import scheme as seqeval_schemes
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as seqeval_default
from seqeval.metrics.v1 import precision_recall_fscore_support as seqeval_strict

from metrics import (
    SpanOutcomes,
    Spans,
    count_spans,
    match_spans,
    overlap_f1,
    pair_spans,
    semeval_scores,
    spans_from_tags,
    tag_features,
    tags_from_spans,
    token_accuracy,
)

SEEDS = range(10)
SCHEMES = ["IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU"]
LETTERS = dict(zip(SCHEMES, ["BI", "BI", "IE", "IE", "BIES", "BILU"], strict=True))
AS_ZERO = "scikit-learn, undefined as 0"

Tags = list[list[str]]


@pytest.fixture(autouse=True)
def _undefined_is_no_news() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _close(ours: object, theirs: object) -> None:
    np.testing.assert_allclose(np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=0, atol=1e-12)


def _conlleval(truth: Tags, predicted: Tags) -> tuple[int, int, int, int, int]:
    """The counting of the CoNLL script, token by token: right, true and found spans, right tokens, tokens."""

    def starts(before: str, tag: str) -> bool:
        return tag != "O" and (tag[0] in "BS" or before == "O" or before[0] in "ES" or before[2:] != tag[2:])

    def ends(tag: str, behind: str) -> bool:
        return tag != "O" and (behind == "O" or starts(tag, behind))

    right = true = found = tokens = right_tokens = 0
    for one, other in zip(truth, predicted, strict=True):
        tokens += len(one)
        right_tokens += sum(a == b for a, b in zip(one, other, strict=True))
        open_pair = False
        sides = ["O", *one, "O"], ["O", *other, "O"]
        for i in range(1, len(one) + 1):
            begun = [starts(side[i - 1], side[i]) for side in sides]
            true, found = true + begun[0], found + begun[1]
            if any(begun):
                open_pair = all(begun) and sides[0][i][2:] == sides[1][i][2:]
            ended = [ends(side[i], side[i + 1]) for side in sides]
            if any(ended):
                right += open_pair and all(ended)
                open_pair = open_pair and not any(ended)
    return right, true, found, right_tokens, tokens


def _assert_as_seqeval(
    outcomes: SpanOutcomes, features: tuple[str, ...], ask: Callable[..., Any], truth: Tags, predicted: Tags
) -> None:
    occurring = (outcomes.per_feature.truths > 0) | (outcomes.per_feature.predictions > 0)
    precision, recall, f1, support = ask(truth, predicted, average=None, zero_division=0)
    each = outcomes.per_feature
    _close(np.nan_to_num(each.precision)[occurring], precision)
    _close(np.nan_to_num(each.recall)[occurring], recall)
    _close(np.nan_to_num(each.f1)[occurring], f1)
    np.testing.assert_array_equal(each.truths[occurring], support)
    for way in ("micro", "macro", "weighted"):
        ours = getattr(outcomes.averages, way)
        _close(ours[:3], ask(truth, predicted, average=way, zero_division=0)[:3])


def _as_known_letters(tags: Tags, scheme: str) -> Tags:
    """seqeval's default reading knows no L and U."""
    letters = str.maketrans("LU", "ES") if scheme == "BILOU" else {}
    return [[tag[0].translate(letters) + tag[1:] for tag in text] for text in tags]


def _count(truth: Tags, predicted: Tags, features: tuple[str, ...], **reading: Any) -> SpanOutcomes:
    sides = (spans_from_tags(side, features=features, **reading) for side in (truth, predicted))
    return count_spans(match_spans(*sides, rows=len(truth), features=len(features)), rule=AS_ZERO)


def _assert_counted_as_others_do(truth: Tags, predicted: Tags, scheme: str) -> None:
    features = tag_features(truth, predicted)
    outcomes = _count(truth, predicted, features, scheme=scheme, misfits="repair")
    known = [_as_known_letters(side, scheme) for side in (truth, predicted)]
    right, true, found, right_tokens, tokens = _conlleval(*known)

    assert (outcomes.total.tp, outcomes.total.truths, outcomes.total.predictions) == (right, true, found)
    _close(token_accuracy(truth, predicted).value, right_tokens / tokens)
    _assert_as_seqeval(outcomes, features, seqeval_default, *known)
    if scheme in ("IOB2", "IOE2", "IOBES", "BILOU"):
        rules = getattr(seqeval_schemes, scheme)
        strict = _count(truth, predicted, features, scheme=scheme, misfits="drop")

        def ask(*sides: Tags, **options: Any) -> Any:
            return seqeval_strict(*sides, scheme=rules, **options)

        _assert_as_seqeval(strict, features, ask, truth, predicted)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_tags_are_counted_as_others_do(scheme: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tags = ["O", *(f"{letter}-{name}" for letter in LETTERS[scheme] for name in ("a", "b", "c"))]
    truth = [rng.choice(tags, rng.integers(1, 9)).tolist() for _ in range(60)]
    predicted = [
        [tag if rng.random() < 0.8 else str(rng.choice(tags[:3] if seed % 3 else tags)) for tag in text]
        for text in truth
    ]  # fmt: skip

    _assert_counted_as_others_do(truth, predicted, scheme)


@pytest.mark.parametrize("one_sided", ["truth", "predicted"])
def test_features_of_one_side_only_and_no_spans_at_all_are_counted_as_others_do(one_sided: str) -> None:
    spans, none = [["B-a", "I-a", "O", "B-b"]], [["O", "O", "O", "O"]]
    _assert_counted_as_others_do(*((spans, none) if one_sided == "truth" else (none, spans)), "IOB2")
    _assert_counted_as_others_do(spans, [["B-b", "I-b", "O", "O"]], "IOB2")


def _read_columns(path: Path, separator: str) -> Tags:
    """The last column of a file in CoNLL's format."""
    texts: Tags = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            texts[-1].append(line.rstrip().split(separator)[-1])
        elif texts[-1]:
            texts.append([])
    return [text for text in texts if text]


def _perturb(spans: Spans, lengths: np.ndarray, features: int) -> Spans:
    """Some spans are dropped, moved or renamed; where that makes them overlap, the earlier stays."""
    rng = np.random.default_rng(0)
    fate = rng.random(len(spans))
    start = spans.start + np.where(fate > 0.9, 1, 0)
    end = np.minimum(spans.end + np.where(fate > 0.8, 1, 0), lengths[spans.row])
    feature = np.where((fate > 0.6) & (fate < 0.7), rng.integers(0, features, len(spans)), spans.feature)
    kept = (fate > 0.1) & (start < end)
    free = np.ones(len(spans), dtype=bool)
    free[1:] = (spans.row[1:] != spans.row[:-1]) | (start[1:] >= end[:-1])
    kept &= free
    return Spans.from_offsets(spans.row[kept], feature[kept], start[kept], end[kept], confidence=fate[kept])


CORPORA = {
    "WNUT17": ("WNUT17/CONLL-format/data/test/emerging.test.annotated", "\t", "IOB2"),
    "WNUT17-dev": ("WNUT17/CONLL-format/data/dev/emerging.dev.conll", "\t", "IOB2"),
    "wikigold": ("wikigold/CONLL-format/data/wikigold.conll.txt", " ", "IOB1"),
    "BTC": ("BTC/CONLL-format/data/f.conll", "\t", "IOB2"),
}


@pytest.mark.parametrize("corpus", CORPORA)
def test_real_names_are_counted_as_others_do_in_every_scheme(shared_data: Path, corpus: str) -> None:
    path, separator, scheme = CORPORA[corpus]
    truth = _read_columns(shared_data / "ner_open" / path, separator)[:700]
    features = tag_features(truth)
    spans = spans_from_tags(truth, features=features, scheme=scheme, misfits="repair")
    lengths = np.array([len(text) for text in truth])
    predictions = _perturb(spans, lengths, len(features))

    assert 0.5 < count_spans(match_spans(spans, predictions, rows=len(truth), features=len(features))).total.f1 < 0.9
    for written in SCHEMES if corpus == "wikigold" else (scheme, "IOBES"):
        sides = [
            tags_from_spans(side, lengths=lengths, features=features, scheme=written) for side in (spans, predictions)
        ]
        _assert_counted_as_others_do(*sides, written)


def test_real_names_by_overlap_lie_between_exact_and_any_overlap(shared_data: Path) -> None:
    path, separator, scheme = CORPORA["wikigold"]
    truth = _read_columns(shared_data / "ner_open" / path, separator)
    features = tag_features(truth)
    spans = spans_from_tags(truth, features=features, scheme=scheme)
    predictions = _perturb(spans, np.array([len(text) for text in truth]), len(features))
    sizes = {"rows": len(truth), "features": len(features)}
    exact = count_spans(match_spans(spans, predictions, **sizes)).total
    ways = semeval_scores(pair_spans(spans, predictions, rows=len(truth))).total
    by_overlap = [overlap_f1(spans, predictions, **sizes, min_iou=least).total for least in (1, 0.5, 0.01)]

    assert by_overlap[0].tp == exact.tp == ways.strict.correct
    assert by_overlap[0].tp < by_overlap[1].tp < by_overlap[2].tp
    assert by_overlap[2].tp == ways.type.correct


def _slow_pairs(truth: Spans, predictions: Spans) -> list[tuple[int, int]]:
    """Again and again the best pair that is left."""

    def worth(t: int, p: int) -> tuple[int, ...]:
        bounds = truth.start[t] == predictions.start[p] and truth.end[t] == predictions.end[p]
        feature = truth.feature[t] == predictions.feature[p]
        kind = 3 if bounds and feature else 2 if bounds else 1 if feature else 0
        shared = min(truth.end[t], predictions.end[p]) - max(truth.start[t], predictions.start[p])
        places = truth.start[t], predictions.start[p], truth.end[t], predictions.end[p], t, p
        return kind, shared, *(-place for place in places)

    def meet(t: int, p: int) -> bool:
        together = truth.start[t] < predictions.end[p] and predictions.start[p] < truth.end[t]
        return bool(truth.row[t] == predictions.row[p] and together)

    left = [(t, p) for t in range(len(truth)) for p in range(len(predictions)) if meet(t, p)]
    pairs = []
    while left:
        best = max(left, key=lambda pair: worth(*pair))
        pairs.append(best)
        left = [(t, p) for t, p in left if t != best[0] and p != best[1]]
    return pairs


@pytest.mark.parametrize("seed", SEEDS)
def test_the_four_ways_count_the_pairs_of_the_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def spans() -> Spans:
        start = rng.integers(0, 9, 20)
        return Spans.from_offsets(
            rng.integers(0, 3, 20), rng.integers(0, 2, 20), start, start + rng.integers(1, 5, 20)
        )  # fmt: skip

    truth, predictions = spans(), spans()
    pairs = _slow_pairs(truth, predictions)
    bounds = [truth.start[t] == predictions.start[p] and truth.end[t] == predictions.end[p] for t, p in pairs]
    feature = [truth.feature[t] == predictions.feature[p] for t, p in pairs]
    ways = semeval_scores(pair_spans(truth, predictions, rows=3)).total

    assert ways.exact.correct == ways.partial.correct == sum(bounds)
    assert ways.type.correct == sum(feature)
    assert ways.strict.correct == sum(a and b for a, b in zip(bounds, feature, strict=True))
    assert ways.partial.partial == len(pairs) - sum(bounds)
    assert (ways.strict.missed, ways.strict.spurious) == (20 - len(pairs), 20 - len(pairs))
