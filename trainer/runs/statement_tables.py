"""Statements about rows as an ontology and as annotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from trainer.formats import run_lengths
from trainer.records.annotations import Annotations
from trainer.records.ontology import Feature, Kind, Ontology
from trainer.records.rows import Rows
from trainer.runs.statement_checks import text_of
from trainer.runs.statements import Answer, Box, Mask, Outline, Span, Statement, asked_twice

_SHAPE_KINDS: Final = {Box: Kind.BOX, Outline: Kind.POLYGON, Mask: Kind.MASK}


def make_ontology(
    names: Sequence[str], said: Mapping[str, Sequence[Statement]], *, true: Iterable[Sequence[Statement]]
) -> Ontology:
    """An ontology of what was said.

    A feature is of the kind of its statements, of shapes the one that tells most; a feature that nobody speaks of is a
    box. A question is a checklist where a row has several true answers, else a radio; its options are sorted.

    Args:
        names: Names of the features, in order.
        said: All statements about each.
        true: The true statements of each row.
    """
    several = {name for row in true for name in asked_twice(row)}
    return Ontology(tuple(_feature(name, said.get(name, ()), several=name in several) for name in names))


def annotations_of(said: Sequence[tuple[int, Statement]], rows: Rows, ontology: Ontology, *, true: bool) -> Annotations:
    """Statements about rows as annotations.

    Args:
        said: Row number and statement each.
        rows: The rows.
        ontology: What may be said.
        true: They are truths, which have no confidence.

    Raises:
        ColumnError: If a mask is not of its row's size.
    """
    lines = [line for row, statement in said for line in _lines(row, statement, rows, ontology)]
    boxes = [line.box or (0.0, 0.0, 0.0, 0.0) for line in lines]
    return Annotations.from_columns(
        row=[line.row for line in lines],
        feature=[line.feature for line in lines],
        box=boxes,
        placed=[line.box is not None for line in lines],
        confidence=None if true else [1.0 if line.confidence is None else line.confidence for line in lines],
        area=[line.area for line in lines],
        polygons=[line.polygons for line in lines],
        rle=[line.rle for line in lines],
        start=[line.start for line in lines],
        end=[line.end for line in lines],
    )


class _Line(NamedTuple):
    row: int
    feature: int
    confidence: float | None
    box: tuple[float, float, float, float] | None = None
    area: float | None = None
    polygons: list[list[float]] | None = None
    rle: str | None = None
    start: int | None = None
    end: int | None = None


def _lines(row: int, statement: Statement, rows: Rows, ontology: Ontology) -> list[_Line]:
    if isinstance(statement, Answer):
        scores: dict[str, float | None] = {**(statement.scores or {})} or {str(statement.option): statement.confidence}
        return [
            _Line(row, ontology.code(f"{statement.feature}/{option}"), confidence)
            for option, confidence in scores.items()
        ]
    line = _Line(row, ontology.code(statement.feature), statement.confidence)
    if isinstance(statement, Span):
        return [line._replace(start=statement.start, end=statement.end)]
    if isinstance(statement, Box):
        return [line._replace(box=(statement.left, statement.top, statement.width, statement.height))]
    height, width = int(rows.heights[row]), int(rows.widths[row])
    if isinstance(statement, Outline):
        return [_outlined(line, statement, height, width)]
    text = text_of(statement, rows.keys[row], (width, height))
    boxes, area = run_lengths.measure([text], np.array([[height, width]]))
    if not area[0]:
        return []  # it says that nothing of the feature is there, as label maps taken apart by feature do
    left, top, wide, high = boxes[0].tolist()
    return [line._replace(box=(left, top, wide, high), area=float(area[0]), rle=text)]


def _outlined(line: _Line, outline: Outline, height: int, width: int) -> _Line:
    """With the box around its corners, and the area of the pixels inside."""
    rings = [[float(number) for number in ring] for ring in outline.polygons]
    text = run_lengths.rasterise(rings, height=height, width=width)
    _, area = run_lengths.measure([text], np.array([[height, width]]))
    corners = np.concatenate([np.reshape(ring, (-1, 2)) for ring in rings])
    left, top = corners.min(axis=0).tolist()
    wide, high = np.ptp(corners, axis=0).tolist()
    return line._replace(box=(left, top, wide, high), area=float(area[0]), polygons=rings)


def _feature(name: str, said: Sequence[Statement], *, several: bool) -> Feature:
    if any(isinstance(each, Answer) for each in said):
        options = {str(option) for each in said if isinstance(each, Answer) for option in each.scores or [each.option]}
        children = tuple(Feature(option, Kind.OPTION) for option in sorted(options))
        return Feature(name, Kind.CHECKLIST if several else Kind.RADIO, children)
    if any(isinstance(each, Span) for each in said):
        return Feature(name, Kind.SPAN)
    order = list(_SHAPE_KINDS)
    most = max((order.index(type(each)) for each in said), default=0)
    return Feature(name, _SHAPE_KINDS[order[most]])
