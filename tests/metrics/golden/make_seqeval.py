"""Writes seqeval.json: what seqeval says of generated tags and of real names, for parity without that program.

Run by hand where seqeval is installed (it is published as source alone); nothing of this repository is needed:
python tests/metrics/golden/make_seqeval.py ../shared/data/ner_open
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("seqeval.json")

ABOUT = [
    "What seqeval says of tags. Written by make_seqeval.py beside it, which also makes each scene anew from its seed,",
    "and tags in every scheme from the files of names. default is its usual reading, strict its mode of that name, and",
    "undefined is 0. each holds precision, recall, F1 and true spans of the features that occur, sorted; the averages",
    "hold precision, recall and F1. readings tell the spans of every text of some length, in the order of every_text,",
    "one sign a token: a feature's first letter starts a span, - goes on with it, and . is outside.",
]

LETTERS = {"IOB1": "BI", "IOB2": "BI", "IOE1": "IE", "IOE2": "IE", "IOBES": "BIES", "BILOU": "BILU"}
STRICT = ("IOB2", "IOE2", "IOBES", "BILOU")
READINGS = {"default": "BIES", "IOB2": "BI", "IOE2": "IE", "IOBES": "BIES", "BILOU": "BILU"}
SEEDS, LENGTHS = range(10), range(1, 5)
FEATURES = ("LOC", "PER")

_SPANS, _NONE = [["B-a", "I-a", "O", "B-b"]], [["O", "O", "O", "O"]]
CASES = {
    "a feature of the truth alone": (_SPANS, _NONE),
    "a feature of the predictions alone": (_NONE, _SPANS),
    "a feature of each side alone": (_SPANS, [["B-b", "I-b", "O", "O"]]),
}

CORPORA = {
    # file, what parts its columns, and the schemes to write, its own first
    "WNUT17": ("WNUT17/CONLL-format/data/test/emerging.test.annotated", "\t", ("IOB2", "IOBES")),
    "WNUT17-dev": ("WNUT17/CONLL-format/data/dev/emerging.dev.conll", "\t", ("IOB2", "IOBES")),
    "wikigold": ("wikigold/CONLL-format/data/wikigold.conll.txt", " ", tuple(LETTERS)),
    "BTC": ("BTC/CONLL-format/data/f.conll", "\t", ("IOB2", "IOBES")),
}
TEXTS = 700  # so many of each file

Tags = list[list[str]]
Found = list[tuple[int, str, int, int]]  # row, feature, start and end of each span


def _whole(chance: random.Random, below: int) -> int:
    return int(chance.random() * below)  # of all its methods, only random() is promised to stay


def make_scene(seed: int, scheme: str) -> tuple[Tags, Tags]:
    """True and predicted tags of short texts, whether or not they fit the scheme; a fifth of them is not copied.

    In two of three scenes what is not copied is outside, or of the first feature in the first two letters.
    """
    chance = random.Random(seed)
    tags = ["O", *(f"{letter}-{name}" for name in "abc" for letter in LETTERS[scheme])]
    others = tags[:3] if seed % 3 else tags
    truth = [[tags[_whole(chance, len(tags))] for _ in range(1 + _whole(chance, 8))] for _ in range(60)]
    return truth, [
        [tag if chance.random() < 0.8 else others[_whole(chance, len(others))] for tag in text] for text in truth
    ]


def every_text(letters: str, length: int) -> Tags:
    """All texts of that length: each token outside, or one of the letters with one of two features."""
    tags = ["O", *(f"{letter}-{feature}" for letter in letters for feature in FEATURES)]
    return [list(text) for text in itertools.product(tags, repeat=length)]


def read_names(folder: Path, corpus: str) -> tuple[Tags, Found, Found]:
    """The tags of a file's first texts, their spans as the CoNLL script reads them, and made up predictions."""
    path, separator, _ = CORPORA[corpus]
    blocks = itertools.groupby((folder / path).read_text(encoding="utf-8").splitlines(), lambda line: line.strip() > "")
    texts = [[line.rstrip().split(separator)[-1] for line in lines] for full, lines in blocks if full][:TEXTS]
    truth: Found = []
    for row, tags in enumerate(texts):
        for place, tag in enumerate(tags):
            before = tags[place - 1] if place else "O"
            if tag != "O" and (tag[0] == "B" or before[2:] != tag[2:]):
                goes_on = itertools.takewhile(("I" + tag[1:]).__eq__, tags[place + 1 :])
                truth.append((row, tag[2:], place, place + 1 + len(list(goes_on))))
    return texts, truth, _perturb(truth, [len(tags) for tags in texts])


def _perturb(spans: Found, lengths: list[int]) -> Found:
    """Some spans are left out, moved, made longer or renamed; where that makes them overlap, the earlier stays."""
    chance = random.Random(0)
    names = sorted({name for _, name, _, _ in spans})
    found: Found = []
    for row, name, start, end in spans:
        fate, other = chance.random(), names[_whole(chance, len(names))]
        moved, last = start + (fate > 0.9), min(end + (fate > 0.8), lengths[row])
        free = moved >= found[-1][3] if found and found[-1][0] == row else True
        if fate > 0.1 and moved < last and free:
            found.append((row, other if 0.6 < fate < 0.7 else name, moved, last))
    return found


def write_tags(spans: Found, lengths: list[int], scheme: str) -> Tags:
    """The tags of spans of rising places."""
    first, inside, last, single = {
        "IOB1": "IIII", "IOB2": "BIIB", "IOE1": "IIII", "IOE2": "IIEE", "IOBES": "BIES", "BILOU": "BILU"
    }[scheme]  # fmt: skip
    texts = [["O"] * length for length in lengths]
    for row, name, start, end in spans:
        letters = single if end - start == 1 else first + inside * (end - start - 2) + last
        texts[row][start:end] = [f"{letter}-{name}" for letter in letters]
    for (row, name, _, end), (next_row, next_name, start, _) in itertools.pairwise(spans):
        if (row, name, end) == (next_row, next_name, start):  # the only spans that IOB1 and IOE1 have to part
            if scheme == "IOB1":
                texts[row][start] = f"B-{name}"
            elif scheme == "IOE1":
                texts[row][end - 1] = f"E-{name}"
    return texts


def as_known(tags: Tags, scheme: str) -> Tags:
    """Tags that the default reading, which knows no L and U, can read."""
    letters = str.maketrans("LU", "ES") if scheme == "BILOU" else {}
    return [[tag[0].translate(letters) + tag[1:] for tag in text] for text in tags]


def ask_seqeval(truth: Tags, predicted: Tags, scheme: str) -> dict[str, Any]:
    """Its accuracy of tokens, and its numbers of the default reading and, for a scheme that has one, the strict."""
    from seqeval import metrics  # type: ignore[import-not-found]
    from seqeval import scheme as schemes
    from seqeval.metrics import sequence_labeling, v1  # type: ignore[import-not-found]

    usual = partial(
        sequence_labeling.precision_recall_fscore_support, as_known(truth, scheme), as_known(predicted, scheme)
    )
    answer = {"accuracy": float(metrics.accuracy_score(truth, predicted)), "default": _numbers(usual)}
    if scheme in STRICT:
        rules = getattr(schemes, scheme)
        strict = partial(v1.precision_recall_fscore_support, truth, predicted, scheme=rules)
        answer["strict"] = _numbers(strict)
    return answer


def _numbers(ask: Callable[..., Any]) -> dict[str, Any]:
    averages = {way: ask(average=way, zero_division=0)[:3] for way in ("micro", "macro", "weighted")}
    each = [column.tolist() for column in ask(average=None, zero_division=0)]
    return {"each": each} | {way: [float(number) for number in numbers] for way, numbers in averages.items()}


def ask_reading(reading: str, length: int) -> str:
    """The spans that it reads in every text of that length, drawn."""
    from seqeval import scheme as schemes
    from seqeval.metrics.sequence_labeling import get_entities  # type: ignore[import-not-found]

    texts = every_text(READINGS[reading], length)
    if reading == "default":
        spans = [[(name, first, last + 1) for name, first, last in get_entities(text)] for text in texts]
    else:
        read = schemes.Entities(texts, getattr(schemes, reading)).entities
        spans = [[(each.tag, each.start, each.end) for each in text] for text in read]
    return " ".join(_draw(found, length) for found in spans)


def _draw(spans: Iterable[tuple[str, int, int]], length: int) -> str:
    signs = ["."] * length
    for name, start, end in spans:
        assert set(signs[start:end]) == {"."}  # spans do not overlap
        signs[start:end] = [name[0], *"-" * (end - start - 1)]
    return "".join(signs)


def content(folder: Path) -> str:
    """The file as it should be, one scene a line."""
    head = json.dumps({"about": ABOUT, "seqeval": version("seqeval")}, indent=1).removesuffix("\n}")
    names = []
    for corpus, (_, _, schemes) in CORPORA.items():
        texts, truth, predicted = read_names(folder, corpus)
        lengths = [len(tags) for tags in texts]
        for scheme in schemes:
            sides = (write_tags(side, lengths, scheme) for side in (truth, predicted))
            names.append({"corpus": corpus, "scheme": scheme} | ask_seqeval(*sides, scheme))
    scenes = [
        {"seed": seed, "scheme": scheme} | ask_seqeval(*make_scene(seed, scheme), scheme)
        for scheme in LETTERS
        for seed in SEEDS
    ]
    cases = [{"case": case} | ask_seqeval(*sides, "IOB2") for case, sides in CASES.items()]
    readings = [
        {"reading": reading, "length": length, "spans": ask_reading(reading, length)}
        for reading in READINGS
        for length in LENGTHS
    ]
    parts = {"scenes": scenes, "cases": cases, "names": names, "readings": readings}
    lines = (f' "{name}": [\n' + ",\n".join(map(json.dumps, each)) + "\n ]" for name, each in parts.items())
    return head + ",\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(content(Path(sys.argv[1])), encoding="utf-8")
