"""Spans are counted as seqeval and the CoNLL script count them, on generated tags and on real names."""

from __future__ import annotations

import json
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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

FOLDER = Path(__file__).parent / "golden"
MAKER = runpy.run_path(str(FOLDER / "make_seqeval.py"))
GOLDEN = json.loads((FOLDER / "seqeval.json").read_text(encoding="utf-8"))
SEEDS = range(10)
AS_ZERO = "scikit-learn, undefined as 0"

Tags = list[list[str]]


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


def _assert_as_seqeval(outcomes: SpanOutcomes, golden: dict[str, Any]) -> None:
    each = outcomes.per_feature
    occurring = (each.truths > 0) | (each.predictions > 0)
    precision, recall, f1, support = golden["each"]
    _close(np.nan_to_num(each.precision)[occurring], precision)
    _close(np.nan_to_num(each.recall)[occurring], recall)
    _close(np.nan_to_num(each.f1)[occurring], f1)
    np.testing.assert_array_equal(each.truths[occurring], support)
    for way in ("micro", "macro", "weighted"):
        _close(getattr(outcomes.averages, way)[:3], golden[way])


def _count(truth: Tags, predicted: Tags, features: tuple[str, ...], **reading: Any) -> SpanOutcomes:
    sides = (spans_from_tags(side, features=features, **reading) for side in (truth, predicted))
    return count_spans(match_spans(*sides, rows=len(truth), features=len(features)), rule=AS_ZERO)


def _assert_counted_as_others_do(truth: Tags, predicted: Tags, scheme: str, golden: dict[str, Any]) -> None:
    features = tag_features(truth, predicted)
    outcomes = _count(truth, predicted, features, scheme=scheme, misfits="repair")
    known = [MAKER["as_known"](side, scheme) for side in (truth, predicted)]
    right, true, found, right_tokens, tokens = _conlleval(*known)

    assert (outcomes.total.tp, outcomes.total.truths, outcomes.total.predictions) == (right, true, found)
    _close(token_accuracy(truth, predicted).value, right_tokens / tokens)
    _close(token_accuracy(truth, predicted).value, golden["accuracy"])
    _assert_as_seqeval(outcomes, golden["default"])
    assert ("strict" in golden) == (scheme in MAKER["STRICT"])
    if "strict" in golden:
        _assert_as_seqeval(_count(truth, predicted, features, scheme=scheme, misfits="drop"), golden["strict"])


@pytest.mark.parametrize("golden", GOLDEN["scenes"], ids=lambda golden: f"{golden['scheme']}-{golden['seed']}")
def test_any_tags_are_counted_as_others_do(golden: dict[str, Any]) -> None:
    scheme = golden["scheme"]

    _assert_counted_as_others_do(*MAKER["make_scene"](golden["seed"], scheme), scheme, golden)


@pytest.mark.parametrize("golden", GOLDEN["cases"], ids=lambda golden: golden["case"])
def test_features_of_one_side_only_and_no_spans_at_all_are_counted_as_others_do(golden: dict[str, Any]) -> None:
    _assert_counted_as_others_do(*MAKER["CASES"][golden["case"]], "IOB2", golden)


def test_no_scene_is_left_out() -> None:
    scenes = [(golden["scheme"], golden["seed"]) for golden in GOLDEN["scenes"]]
    names = [(golden["corpus"], golden["scheme"]) for golden in GOLDEN["names"]]
    readings = [(golden["reading"], golden["length"]) for golden in GOLDEN["readings"]]

    assert scenes == [(scheme, seed) for scheme in MAKER["LETTERS"] for seed in MAKER["SEEDS"]]
    assert names == [(corpus, scheme) for corpus, (*_, schemes) in MAKER["CORPORA"].items() for scheme in schemes]
    assert [golden["case"] for golden in GOLDEN["cases"]] == list(MAKER["CASES"])
    assert readings == [(reading, length) for reading in MAKER["READINGS"] for length in MAKER["LENGTHS"]]


@dataclass(frozen=True)
class _Names:
    """Real names and predictions of them, as spans."""

    truth: Spans
    predictions: Spans
    texts: Tags  # as the file writes the truth
    features: list[str]

    @property
    def sizes(self) -> dict[str, int]:
        return {"rows": len(self.texts), "features": len(self.features)}


def _read_names(shared_data: Path, corpus: str) -> _Names:
    texts, truth, predictions = MAKER["read_names"](shared_data / "ner_open", corpus)
    features = sorted({name for _, name, _, _ in truth})

    def spans(found: list[tuple[int, str, int, int]], **columns: Any) -> Spans:
        row, name, start, end = zip(*found, strict=True)
        return Spans.from_offsets(row, [features.index(each) for each in name], start, end, **columns)

    confidence = np.random.default_rng(0).random(len(predictions))
    return _Names(spans(truth), spans(predictions, confidence=confidence), texts, features)


@pytest.mark.parametrize("corpus", MAKER["CORPORA"])
def test_real_names_are_read_as_the_conll_script(shared_data: Path, corpus: str) -> None:
    names = _read_names(shared_data, corpus)
    *_, (scheme, *_) = MAKER["CORPORA"][corpus]
    read = spans_from_tags(names.texts, features=names.features, scheme=scheme, misfits="repair")

    for column in ("row", "feature", "start", "end"):
        np.testing.assert_array_equal(getattr(read, column), getattr(names.truth, column))


@pytest.mark.parametrize("corpus", MAKER["CORPORA"])
def test_real_names_are_counted_as_others_do_in_every_scheme(shared_data: Path, corpus: str) -> None:
    names = _read_names(shared_data, corpus)

    assert 0.5 < count_spans(match_spans(names.truth, names.predictions, **names.sizes)).total.f1 < 0.9
    lengths = [len(text) for text in names.texts]
    for golden in GOLDEN["names"]:
        if golden["corpus"] == corpus:
            writing = {"lengths": lengths, "features": names.features, "scheme": golden["scheme"]}
            sides = [tags_from_spans(side, **writing) for side in (names.truth, names.predictions)]
            _assert_counted_as_others_do(*sides, golden["scheme"], golden)


def test_real_names_by_overlap_lie_between_exact_and_any_overlap(shared_data: Path) -> None:
    names = _read_names(shared_data, "wikigold")
    spans, predictions, sizes = names.truth, names.predictions, names.sizes
    exact = count_spans(match_spans(spans, predictions, **sizes)).total
    ways = semeval_scores(pair_spans(spans, predictions, rows=sizes["rows"])).total
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
