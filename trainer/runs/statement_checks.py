"""What cannot be right about a statement, found where it is logged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from trainer.formats import run_lengths
from trainer.records.annotations import Annotations
from trainer.records.errors import ColumnError, NotFoundError, RecordError
from trainer.records.ontology import QUESTIONS, SHAPES, Kind, Ontology
from trainer.records.rows import Rows
from trainer.runs.statements import Answer, Box, Mask, Outline, Span, Statement, asked_twice

_KINDS: Final[Mapping[type, tuple[Kind, ...]]] = {
    Box: SHAPES,
    Outline: SHAPES,
    Mask: SHAPES,
    Answer: QUESTIONS,
    Span: (Kind.SPAN,),
}
_Said = TypeVar("_Said")


class RowFacts(NamedTuple):
    """What is known of a row before its picture is opened.

    Attributes:
        key: Its key.
        size: Width and height in pixels; None where they are not known yet.
        text: What it says; None for a picture.
    """

    key: str
    size: tuple[int, int] | None
    text: str | None


def checked(statement: Statement, row: RowFacts, known: Ontology | Sequence[str] | None, *, true: bool) -> Statement:
    """The statement as it is kept; what cannot be right is refused.

    Args:
        statement: What is said.
        row: Of which row.
        known: The features there are: an ontology, or names alone; None when whatever occurs is one.
        true: It is said to be true, not predicted.

    Raises:
        NotFoundError: If there is no such feature or option.
        ColumnError: If a confidence, a place or a mask cannot be right.
        RecordError: If it is no statement, or not one for such a feature.
    """
    if type(statement) not in _KINDS:
        raise RecordError(
            f"Row {row.key!r}: {statement!r:.80} says nothing about a row; log Box, Outline, Mask, Answer or Span."
        )
    _check_feature(statement, row, known)
    _check_confidence(statement, row)
    if isinstance(statement, Answer):
        _check_answer(statement, row, known, true=true)
        return statement
    if isinstance(statement, Span):
        _check_span(statement, row)
        return statement
    _check_picture(statement, row)
    if isinstance(statement, Outline):
        _check_outline(statement, row)
    elif isinstance(statement, Mask):
        return statement._replace(pixels=_as_run_lengths(statement, row))
    return statement


def refuse_two_answers(statements: Sequence[Statement], row: RowFacts, ontology: Ontology) -> None:
    """Check that no radio has two true answers on a row.

    Raises:
        RecordError: If one has.
    """
    twice = [name for name in asked_twice(statements) if ontology.by_path[name].kind is Kind.RADIO]
    if twice:
        raise RecordError(f"Row {row.key!r} has several true answers to {twice[0]!r}, which is a radio: one is true.")


def refuse_repeated(statements: Sequence[Statement], row: RowFacts) -> None:
    """Check that no option or span is said twice of a row: it would count twice, and neither confidence is the one.

    Raises:
        RecordError: If one is.
    """
    answers = [
        (each.feature, option) for each in statements if isinstance(each, Answer) for option in _options_of(each)
    ]
    for question, option in _repeated(answers):
        raise RecordError(f"Row {row.key!r}: {option!r} answers {question!r} twice; log each option once a row.")
    for feature, start, end in _repeated([each[:3] for each in statements if isinstance(each, Span)]):
        raise RecordError(
            f"Row {row.key!r}: the span of {feature!r} from {start} to {end} is said twice; log each span once a row."
        )


def refuse_misplaced(annotations: Annotations, rows: Rows) -> None:
    """Check predictions given as columns for what is refused of statements: places that rows cannot have.

    Raises:
        RecordError: If a shape is on a text, a span not inside its text, or an option or span is said twice of a row.
    """
    length = np.array([-1 if text is None else len(text) for text in rows.texts], dtype=np.int64)[annotations.row]
    placed, span = annotations.placed, annotations.start >= 0
    loose = np.flatnonzero(~placed)  # boxes may lie over each other, and there are many of them
    said = np.stack([annotations.row, annotations.feature, annotations.start, annotations.end], axis=1)[loose]
    _, first, times = np.unique(said, axis=0, return_index=True, return_counts=True)
    twice = np.zeros(len(annotations), dtype=bool)
    twice[loose[first[times > 1]]] = True
    for wrong, words in (
        (placed & (length >= 0), "are shapes on rows that are texts, where nothing has a place"),
        (span & (annotations.end > length), "are spans that reach beyond the text of their row"),
        (twice, "are options or spans that are said twice of a row; log each once"),
    ):
        if wrong.any():
            key = rows.keys[annotations.row[np.flatnonzero(wrong)[0]]]
            raise RecordError(f"{wrong.sum():,} of {len(annotations):,} predictions {words}; first: on row {key!r}.")


def _repeated(said: Sequence[_Said]) -> list[_Said]:
    return [each for each, times in Counter(said).items() if times > 1]


def _options_of(answer: Answer) -> list[str | None]:
    return [*answer.scores] if answer.scores else [answer.option]


def text_of(mask: Mask, key: str, size: tuple[int, int]) -> str:
    """The compressed run lengths of a mask that was checked, which must fill the row's picture."""
    pixels = mask.pixels
    if isinstance(pixels, Mapping):
        _check_size(key, mask.feature, (int(pixels["size"][1]), int(pixels["size"][0])), size)
        return str(pixels["counts"])
    text = str(pixels)
    if run_lengths.pixels([text])[0] != size[0] * size[1]:
        raise ColumnError(
            f"Row {key!r}: the run lengths of a mask of {mask.feature!r} do not fill its picture of {size[0]} x "
            f"{size[1]} pixels. A mask is of the whole picture."
        )
    return text


def _as_run_lengths(mask: Mask, row: RowFacts) -> str | Mapping[str, Any]:
    """Run lengths instead of pixels, which take more room; with their size where it is told."""
    pixels = mask.pixels
    if isinstance(pixels, str):
        if row.size is not None:
            text_of(mask, row.key, row.size)
        return pixels
    if isinstance(pixels, Mapping):
        told = _read_mapping(pixels, mask, row.key)
    else:
        array = np.asarray(pixels)
        if array.ndim != 2 or not (array.dtype == np.bool_ or np.isin(array, (0, 1)).all()):
            raise ColumnError(
                f"Row {row.key!r}: a mask of {mask.feature!r} is {array.dtype}{list(array.shape)}; it is true and "
                "false for each pixel, [height, width], or COCO's run lengths."
            )
        told = {"size": list(array.shape), "counts": run_lengths.encode(array)}
    if row.size is not None:
        _check_size(row.key, mask.feature, (told["size"][1], told["size"][0]), row.size)
    return told


def _read_mapping(given: Mapping[str, Any], mask: Mask, key: str) -> dict[str, Any]:
    try:
        height, width = (int(side) for side in given["size"])
        counts = given["counts"]
        text = counts.decode("ascii") if isinstance(counts, bytes) else counts
        if not isinstance(text, str):
            text = run_lengths.compress([int(count) for count in counts], height=height, width=width)
    except (KeyError, TypeError, ValueError) as error:
        raise ColumnError(
            f"Row {key!r}: a mask of {mask.feature!r} has no run lengths that can be read ({error!r:.100}). They are a "
            "mapping with size (height, width) and counts."
        ) from error
    if run_lengths.pixels([text])[0] != height * width:
        raise ColumnError(f"Row {key!r}: the run lengths of a mask of {mask.feature!r} do not fill {width} x {height}.")
    return {"size": [height, width], "counts": text}


def _check_size(key: str, feature: str, found: tuple[int, int], size: tuple[int, int]) -> None:
    if found != tuple(size):
        raise ColumnError(
            f"Row {key!r}: a mask of {feature!r} is {found[0]} x {found[1]} pixels, its picture {size[0]} x {size[1]}. "
            "A mask is of the whole picture."
        )


def _check_feature(statement: Statement, row: RowFacts, known: Ontology | Sequence[str] | None) -> None:
    paths = known.by_path if isinstance(known, Ontology) else known
    if paths is not None and statement.feature not in paths:
        raise NotFoundError(
            f"Row {row.key!r}: there is no feature {statement.feature!r}. There are: {', '.join(paths)}."
        )
    if isinstance(known, Ontology):
        kind = known.by_path[statement.feature].kind
        if kind not in _KINDS[type(statement)]:
            fitting = next((each for each, kinds in _KINDS.items() if kind in kinds), None)
            hint = f"log {_with_article(fitting)}" if fitting else "nothing of it can be logged"
            if kind is Kind.OPTION:
                hint = "an option is logged as Answer(question, option)"
            said = _with_article(type(statement))
            raise RecordError(
                f"Row {row.key!r}: {statement.feature!r} is of kind {kind}, so that {said} does not fit; {hint}."
            )


def _with_article(kind: type) -> str:
    return f"an {kind.__name__}" if kind.__name__[0] in "AO" else f"a {kind.__name__}"


def _check_confidence(statement: Statement, row: RowFacts) -> None:
    scores = statement.scores or {} if isinstance(statement, Answer) else {}
    for confidence in (statement.confidence, *scores.values()):
        if confidence is not None and not _is_share(confidence):
            raise ColumnError(f"Row {row.key!r}: confidence {confidence} of {statement.feature!r} is not from 0 to 1.")


def _is_share(confidence: float) -> bool:
    try:
        return bool(0 <= confidence <= 1)
    except TypeError:  # words, which are no number at all
        return False


def _check_answer(answer: Answer, row: RowFacts, known: Ontology | Sequence[str] | None, *, true: bool) -> None:
    if (answer.option is None) == (not answer.scores) or (true and answer.scores):
        what = "A true answer names its option" if true else "An answer has either an option or scores"
        raise RecordError(f"Row {row.key!r}: {what}; got {answer}.")
    if not isinstance(known, Ontology):
        return
    names = known.options[answer.feature]
    for option in answer.scores or [answer.option]:
        if not isinstance(option, str) or option not in names:
            options = ", ".join(child.name for child in known.by_path[answer.feature].children)
            raise NotFoundError(
                f"Row {row.key!r}: question {answer.feature!r} has no option {option!r}. It has: {options}."
            )


def _check_picture(shape: Box | Outline | Mask, row: RowFacts) -> None:
    if row.text is not None:
        raise RecordError(
            f"Row {row.key!r} is a text, so that {_with_article(type(shape))} of {shape.feature!r} has no place on it. "
            "Log a Span of it, or the row with image=... or size=..."
        )


def _check_span(span: Span, row: RowFacts) -> None:
    if row.text is None:
        raise RecordError(f"Row {row.key!r} has no text, so that there is no span in it. Log the row with text=...")
    if not (_is_whole(span.start) and _is_whole(span.end)) or not 0 <= span.start < span.end <= len(row.text):
        raise ColumnError(
            f"Row {row.key!r}: a span of {span.feature!r} goes from {span.start} to {span.end} in a text of "
            f"{len(row.text)} characters. The end is the place behind the last character."
        )


def _is_whole(place: object) -> bool:
    return isinstance(place, Integral)


def _check_outline(outline: Outline, row: RowFacts) -> None:
    for ring in outline.polygons or [()]:
        if len(ring) < 6 or len(ring) % 2 or not np.isfinite(np.asarray(ring, dtype=np.float64)).all():
            raise ColumnError(
                f"Row {row.key!r}: an outline of {outline.feature!r} has a ring of {len(ring)} numbers. A ring is x, "
                "y, x, y, ... of at least three points."
            )
