"""Tags of tokens: read to spans as CoNLL and seqeval do, and written back."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrics import ColumnError, Spans, spans_from_tags, tag_features, tags_from_spans, token_accuracy

SCHEMES = ["IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BIOES", "BILOU"]
FOLDER = Path(__file__).parent / "golden"
MAKER = runpy.run_path(str(FOLDER / "make_seqeval.py"))
READINGS = json.loads((FOLDER / "seqeval.json").read_text(encoding="utf-8"))["readings"]
FEATURES = list(MAKER["FEATURES"])

Listed = list[tuple[int, str, int, int]]


def _listed(spans: Spans, features: list[str] | tuple[str, ...] = tuple(FEATURES)) -> Listed:
    columns = spans.row.tolist(), spans.feature.tolist(), spans.start.tolist(), spans.end.tolist()
    return [(row, features[code], start, end) for row, code, start, end in zip(*columns, strict=True)]


def _drawn_spans(drawings: str) -> Listed:
    """The spans of texts, each drawn with one sign a token: a feature's first letter, - within its span, . outside."""
    names = {name[0]: name for name in FEATURES}
    return [
        (row, names[sign], start, start + len(text[start + 1 :]) - len(text[start + 1 :].lstrip("-")) + 1)
        for row, text in enumerate(drawings.split())
        for start, sign in enumerate(text)
        if sign in names
    ]


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("IOB1", "I-PER I-PER B-PER I-PER O I-LOC"),
        ("IOB2", "B-PER I-PER B-PER I-PER O B-LOC"),
        ("IOE1", "I-PER E-PER I-PER I-PER O I-LOC"),
        ("IOE2", "I-PER E-PER I-PER E-PER O E-LOC"),
        ("IOBES", "B-PER E-PER B-PER E-PER O S-LOC"),
        ("BIOES", "B-PER E-PER B-PER E-PER O S-LOC"),
        ("BILOU", "B-PER L-PER B-PER L-PER O U-LOC"),
    ],
)
def test_every_scheme_tells_the_same_spans_in_its_own_tags(scheme: str, text: str) -> None:
    spans = spans_from_tags([text.split()], features=FEATURES, scheme=scheme)

    assert _listed(spans) == [(0, "PER", 0, 2), (0, "PER", 2, 4), (0, "LOC", 5, 6)]
    assert tags_from_spans(spans, lengths=[6], features=FEATURES, scheme=scheme) == [text.split()]


def _every_division(length: int, start: int = 0) -> list[Listed]:
    """All ways in which the tokens from one on can be outside or in spans of two features."""
    if start == length:
        return [[]]
    divisions = _every_division(length, start + 1)
    for end in range(start + 1, length + 1):
        spans = [(0, feature, start, end) for feature in FEATURES]
        divisions = divisions + [[span, *rest] for span in spans for rest in _every_division(length, end)]
    return divisions


@pytest.mark.parametrize("scheme", SCHEMES)
def test_whatever_is_written_is_read_again_and_no_other_tags_fit(scheme: str) -> None:
    written = set()
    for found in _every_division(4):
        row, name, start, end = np.array(found, dtype=object).reshape(-1, 4).T
        spans = Spans.from_offsets(row.astype(int), name == "PER", start.astype(int), end.astype(int))
        [tags] = tags_from_spans(spans, lengths=[4], features=FEATURES, scheme=scheme)
        written.add(tuple(tags))

        for misfits in ("error", "repair", "drop"):
            assert _listed(spans_from_tags([tags], features=FEATURES, scheme=scheme, misfits=misfits)) == found

    letters = "".join(sorted({tag[0] for tags in written for tag in tags} - {"O"}))
    refused = [text for text in MAKER["every_text"](letters, 4) if tuple(text) not in written]
    for text in refused[:: 1 + len(refused) // 300]:
        with pytest.raises(ColumnError, match=f"do not fit {scheme}"):
            spans_from_tags([text], features=FEATURES, scheme=scheme)


def _told(*, strict: bool) -> list[Any]:
    chosen = [each for each in READINGS if (each["reading"] != "default") == strict]
    return [pytest.param(each, id=f"{each['reading']}-{each['length']}") for each in chosen]


@pytest.mark.parametrize("told", _told(strict=False))
def test_repairing_reads_any_tags_as_the_conll_script(told: dict[str, Any]) -> None:
    texts, theirs = MAKER["every_text"]("BIES", told["length"]), _drawn_spans(told["spans"])

    assert _listed(spans_from_tags(texts, features=FEATURES, misfits="repair")) == theirs
    renamed = [[tag.replace("E-", "L-").replace("S-", "U-") for tag in text] for text in texts]
    assert _listed(spans_from_tags(renamed, features=FEATURES, scheme="BILOU", misfits="repair")) == theirs


@pytest.mark.parametrize("told", _told(strict=True))
def test_dropping_leaves_the_spans_of_seqevals_strict_mode(told: dict[str, Any]) -> None:
    texts = MAKER["every_text"](MAKER["READINGS"][told["reading"]], told["length"])
    spans = spans_from_tags(texts, features=FEATURES, scheme=told["reading"], misfits="drop")

    assert _listed(spans) == _drawn_spans(told["spans"])


def test_texts_do_not_run_into_each_other_and_may_be_empty() -> None:
    spans = spans_from_tags([["B-PER"], [], ["I-PER", "O"], []], features=FEATURES, misfits="repair")

    assert _listed(spans) == [(0, "PER", 0, 1), (2, "PER", 0, 1)]
    assert tags_from_spans(spans, lengths=[1, 0, 2, 0], features=FEATURES) == [["B-PER"], [], ["B-PER", "O"], []]
    assert len(spans_from_tags([], features=[])) == 0
    assert tags_from_spans(Spans.from_offsets([], [], [], []), lengths=[], features=[]) == []


def test_a_feature_may_hold_hyphens_or_be_without_a_name() -> None:
    texts = [["B-creative-work", "I-creative-work"], ["B", "I"]]
    features = tag_features(texts)

    assert features == ("_", "creative-work")
    assert _listed(spans_from_tags(texts, features=features), features) == [(0, "creative-work", 0, 2), (1, "_", 0, 2)]


def test_a_tag_that_does_not_fit_is_named_with_its_line_and_the_way_out() -> None:
    texts = [["B-PER", "O"], ["O", "I-PER", "I-PER"], ["I-LOC"]]
    with pytest.raises(ColumnError) as caught:
        spans_from_tags(texts, features=FEATURES)

    assert str(caught.value) == (
        "2 of 6 tags do not fit IOB2; first: 'I-PER' at token 1 of text 1 (line 5 if an empty line ends each text), "
        "between 'O' and 'I-PER'. In IOB2 every span starts with B, and I goes on with one of the same feature. If "
        "these are predictions: misfits='repair' reads them as the CoNLL script does, misfits='drop' leaves such "
        "spans out."
    )
    assert (caught.value.bad, caught.value.first) == (2, 1)


def test_tags_that_cannot_be_read_are_named() -> None:
    with pytest.raises(ColumnError, match=r"'E-PER' at token 0 of text 0 .* no tag of this scheme: O, or one of B, I"):
        spans_from_tags([["E-PER"]], features=FEATURES)
    with pytest.raises(ColumnError, match="'PER' at token 1 of text 0"):
        spans_from_tags([["O", "PER"]], features=FEATURES, misfits="repair")
    with pytest.raises(ColumnError, match=r"'BPER' at .* is no tag"):
        spans_from_tags([["BPER"]], features=FEATURES)
    with pytest.raises(ColumnError, match="'' at token 0 of text 0"):
        spans_from_tags([[""]], features=FEATURES)
    with pytest.raises(ColumnError, match="names another feature than LOC, PER"):
        spans_from_tags([["B-ORG"]], features=FEATURES)
    with pytest.raises(ColumnError, match="no scheme 'BIO'; there are IOB1, IOB2"):
        spans_from_tags([["B-ORG"]], features=FEATURES, scheme="BIO")


def test_spans_that_tags_cannot_tell_are_refused() -> None:
    with pytest.raises(ColumnError, match="1 of 2 spans start within another; first: number 1"):
        tags_from_spans(Spans.from_offsets([0, 0], [0, 0], [0, 1], [2, 3]), lengths=[5], features=FEATURES)
    with pytest.raises(ColumnError, match=r"1 of 1 spans end behind their text; .* with 6 of 5 tokens"):
        tags_from_spans(Spans.from_offsets([0], [0], [3], [6]), lengths=[5, 9], features=FEATURES)
    with pytest.raises(ColumnError, match="name a row that does not exist"):
        tags_from_spans(Spans.from_offsets([1], [0], [3], [6]), lengths=[5], features=FEATURES)


def test_token_accuracy_is_over_all_tokens_and_on_chosen_rows() -> None:
    truth, predicted = [["O", "O", "B-PER"], [], ["B-LOC"]], [["O", "B-PER", "B-PER"], [], ["I-LOC"]]
    accuracy = token_accuracy(truth, predicted)

    assert accuracy.value == 0.5
    np.testing.assert_array_equal(accuracy.per_row, [2 / 3, np.nan, 0])
    assert accuracy.on_rows(np.array([True, True, False])).value == 2 / 3
    assert accuracy.support == 4


def test_token_accuracy_needs_the_same_tokens() -> None:
    with pytest.raises(ColumnError, match=r"1 of 2 texts differ .* text 1 with 1 true and 2 predicted"):
        token_accuracy([["O"], ["O"]], [["O"], ["O", "O"]])
    with pytest.raises(ColumnError, match="1 texts with true tags and 0"):
        token_accuracy([["O"]], [])


def test_real_names_are_written_in_every_scheme_and_read_again(shared_data: Path) -> None:
    path = shared_data / "ner_open" / "wikigold" / "CONLL-format" / "data" / "wikigold.conll.txt"
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    texts = [[line.split(" ")[-1] for line in block.splitlines()] for block in blocks if block.strip()]
    features = tag_features(texts)
    spans = spans_from_tags(texts, features=features, scheme="IOB1")

    assert features == ("LOC", "MISC", "ORG", "PER")
    for scheme in SCHEMES:
        tags = tags_from_spans(spans, lengths=[len(text) for text in texts], features=features, scheme=scheme)
        assert _listed(spans_from_tags(tags, features=features, scheme=scheme), features) == _listed(spans, features)
        assert scheme != "IOB1" or tags == texts
