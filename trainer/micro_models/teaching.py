"""The data that a micro-model is trained on: rows of one or several projects, in the model's own features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from trainer.comparing.leaks import find_leaks
from trainer.learning.selection import choose_training_rows, refuse_scarce
from trainer.micro_models.lessons import Lesson, TeachingMap, lessons_by_name, lessons_of
from trainer.micro_models.taught_ontology import kind_taught, taught_ontology, under_paths
from trainer.projects import DataVersion, Report, save_version
from trainer.records.annotations import ANNOTATIONS_SCHEMA, Annotations
from trainer.records.argument_kinds import check_kinds
from trainer.records.design import Design, Task
from trainer.records.errors import TrainingError
from trainer.records.ontology import Kind, Ontology
from trainer.records.rows import Rows
from trainer.records.snapshot import Snapshot
from trainer.records.split import Split
from trainer.store import Store, open_store

TAUGHT = "taught-"
"""Data made for a model is a version of a project of this prefix and the model's title."""
SOURCE = "taught_from"
"""In the metadata of a row made for a model: the project and version it came from."""


@dataclass(frozen=True)
class Taught:
    """What a model is trained on.

    Attributes:
        data: The data version.
        design: The model's, its features named by their paths in that version's ontology, in the model's order.
        rows: int[m] numbers of the rows to train on; None for all training rows.
        notes: What a person should know about it.
    """

    data: DataVersion
    design: Design
    rows: np.ndarray | None
    notes: tuple[str, ...] = ()


def teaching_version(
    design: Design,
    mapping: TeachingMap,
    *,
    title: str = "model",
    keys: Collection[str] | None = None,
    min_annotations: int = 5,
    store: Store | None = None,
) -> DataVersion:
    """The data version that a model learns from, made where there is none; see `teach`."""
    return teach(design, mapping, title=title, keys=keys, min_annotations=min_annotations, store=store).data


@check_kinds
def teach(
    design: Design,
    source: DataVersion | TeachingMap,
    *,
    title: str,
    keys: Collection[str] | None = None,
    training_rows: int | None = None,
    min_annotations: int = 5,
    store: Store | None = None,
    report: Report | None = None,
) -> Taught:
    """Put together what a model learns from; everything is checked before anything is kept.

    A version whose annotated features of fitting kinds are just the model's, one for one, is used as it is, so that
    its runs can be compared with all others on it. Otherwise rows and annotations become a version of a project
    ``taught-<title>``, whose ontology holds the model's features alone; one of equal content is reused. Rows keep
    their picture, checksum, split and metadata, where ``taught_from`` names the project and version they came from.
    Rows of several projects are called ``project/key``.

    Args:
        design: The model's.
        source: A data version, whose features teach those of their names; or from project (the newest version, or
            ``project@version``) to ontology path to the model features that its annotations teach. One path can teach
            several features, several paths one.
        title: The model's.
        keys: Rows to train on; all training rows when left out. Those that are not for training become it, in a
            version made for the model: what is trained on is never measured.
        training_rows: Take only so many training rows, by the hash of their key.
        min_annotations: Fewest annotations of each feature on the rows to train on.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress of making thumbnails.

    Raises:
        TrainingError: Listing all that is wrong with the mapping, the keys that are no rows, or all features with
            too few annotations.
    """
    store = store or open_store()
    gathered = gather(
        design, source, keys=keys, training_rows=training_rows, min_annotations=min_annotations, store=store
    )
    return keep_taught(gathered, title=title, store=store, report=report)


@dataclass(frozen=True)
class Gathered:
    """What a model would be trained on, checked, of which nothing is kept yet.

    Attributes:
        snapshot: Ontology, rows and truth.
        data: The version that holds it already, where one does.
        design: As in `Taught`.
        rows: As in `Taught`.
        notes: As in `Taught`.
    """

    snapshot: Snapshot
    data: DataVersion | None
    design: Design
    rows: np.ndarray | None
    notes: tuple[str, ...]


def gather(
    design: Design,
    source: DataVersion | TeachingMap,
    *,
    keys: Collection[str] | None = None,
    training_rows: int | None = None,
    min_annotations: int = 5,
    store: Store | None = None,
) -> Gathered:
    """The part of `teach` that checks, with the same arguments and errors; nothing is kept."""
    keys = None if keys is None else tuple(keys)  # an array is neither true nor false
    _refuse_no_keys(keys)
    store = store or open_store()
    by_name = isinstance(source, DataVersion)
    lessons = (
        lessons_by_name(design, source) if isinstance(source, DataVersion) else lessons_of(design, source, store=store)
    )
    as_it_is = _fits_as_it_is(design, lessons, keys)
    if as_it_is:
        snapshot, paths = lessons[0].data.snapshot, _paths(design, lessons[0])
    else:
        ontology, paths = taught_ontology(design)
        snapshot = _snapshot(lessons, design, ontology, paths, keys)
    named = under_paths(design, paths)
    rows = _chosen(snapshot.rows, keys)
    taught_on = choose_training_rows(snapshot.rows, most=training_rows) if rows is None else rows
    refuse_scarce(snapshot, taught_on, named, least=min_annotations)
    notes = (*(_left_out(lessons) if by_name else ()), *_leak_notes(snapshot.rows))
    return Gathered(snapshot, lessons[0].data if as_it_is else None, named, rows, notes)


def keep_taught(gathered: Gathered, *, title: str, store: Store, report: Report | None = None) -> Taught:
    """The part of `teach` that keeps what was gathered, unless a version holds it already."""
    data = gathered.data or save_version(TAUGHT + title, gathered.snapshot, store=store, report=report)
    return Taught(data, gathered.design, gathered.rows, gathered.notes)


def _fits_as_it_is(design: Design, lessons: Sequence[Lesson], keys: Collection[str] | None) -> bool:
    if len(lessons) != 1:
        return False
    (lesson,) = lessons
    snapshot = lesson.data.snapshot
    paths, names = zip(*lesson.pairs, strict=True)
    one_for_one = len(set(paths)) == len(paths) and sorted(names) == sorted(design.features)
    annotated = {snapshot.ontology.paths[code] for code in np.unique(snapshot.truth.feature)}
    if not one_for_one or (measured_with(design, snapshot.ontology) & annotated) - set(paths):
        return False
    if design.task is Task.CLASSIFICATION and not _answers_one_question(design, snapshot.ontology, paths):
        return False
    positions, splits = snapshot.rows.positions, snapshot.rows.splits
    return keys is None or all(key in positions and splits[positions[key]] == Split.TRAINING for key in keys)


def measured_with(design: Design, ontology: Ontology) -> set[str]:
    """Paths of all that a model's run on an ontology is measured on, whether the model knows it or not."""
    kinds = (Kind.OPTION,) if design.task is Task.CLASSIFICATION else (Kind.BOX, Kind.POLYGON, Kind.MASK)
    return {path for path, feature in ontology.walk() if feature.kind in kinds}


def _answers_one_question(design: Design, ontology: Ontology, paths: Sequence[str]) -> bool:
    questions = {path.rpartition("/")[0] for path in paths}
    wanted = Kind.CHECKLIST if design.several else Kind.RADIO
    return len(questions) == 1 and ontology.by_path[questions.pop()].kind is wanted


def _paths(design: Design, lesson: Lesson) -> tuple[str, ...]:
    found = {name: path for path, name in lesson.pairs}
    return tuple(found[name] for name in design.features)


def _chosen(rows: Rows, keys: Collection[str] | None) -> np.ndarray | None:
    return None if keys is None else np.array(sorted({rows.positions[key] for key in keys}), dtype=np.int64)


def _snapshot(
    lessons: Sequence[Lesson], design: Design, ontology: Ontology, paths: tuple[str, ...], keys: Collection[str] | None
) -> Snapshot:
    prefixed = len(lessons) > 1
    rows = _rows(lessons, prefixed=prefixed)
    _refuse_foreign_keys(rows, keys)
    if keys is not None:
        chosen = set(keys)
        splits = zip(rows.keys, rows.splits.tolist(), strict=True)
        rows = rows.with_splits([Split.TRAINING if key in chosen else split for key, split in splits])
    codes = {name: ontology.code(path) for name, path in zip(design.features, paths, strict=True)}
    tables = [_annotations(lesson, rows, codes, design, prefixed=prefixed) for lesson in lessons]
    table = pa.concat_tables(tables).combine_chunks()
    order = np.argsort(table["row"].to_numpy(), kind="stable")
    truth = Annotations(table.take(pa.array(order)))
    _refuse_two_answers(truth, rows, design)
    return Snapshot(ontology, rows, truth)


def _rows(lessons: Sequence[Lesson], *, prefixed: bool) -> Rows:
    columns: dict[str, list[Any]] = {name: [] for name in ("keys", "splits", "uris", "sha256s", "widths", "heights")}
    metadata: list[dict[str, Any]] = []
    for lesson in lessons:
        rows = lesson.data.snapshot.rows
        kept = [row for row, text in enumerate(rows.texts) if text is None]
        pictures = rows.take(np.array(kept, dtype=np.int64))
        columns["keys"] += [_key(lesson, key, prefixed=prefixed) for key in pictures.keys]
        columns["splits"] += pictures.splits.tolist()
        columns["uris"] += pictures.uris
        columns["sha256s"] += pictures.table["sha256"].to_pylist()
        columns["widths"] += pictures.widths.tolist()
        columns["heights"] += pictures.heights.tolist()
        metadata += [pictures.metadata(row) | {SOURCE: lesson.name} for row in range(len(pictures))]
    return Rows.from_columns(**columns, metadata=metadata)


def _key(lesson: Lesson, key: str, *, prefixed: bool) -> str:
    return f"{lesson.data.project}/{key}" if prefixed else key


def _annotations(lesson: Lesson, rows: Rows, codes: dict[str, int], design: Design, *, prefixed: bool) -> pa.Table:
    """Annotations of one project as those of the model's features, on rows of the whole; not sorted by row."""
    snapshot = lesson.data.snapshot
    truth = snapshot.truth
    places = np.array([rows.positions.get(_key(lesson, key, prefixed=prefixed), -1) for key in snapshot.rows.keys])
    fits = (truth.placed if design.task is not Task.CLASSIFICATION else ~truth.placed) & (places[truth.row] >= 0)
    parts = [
        (np.flatnonzero(fits & (truth.feature == snapshot.ontology.code(path))), codes[name])
        for path, name in lesson.pairs
    ]
    at = np.concatenate([found for found, _ in parts])
    code = np.concatenate([np.full(len(found), number, dtype=np.int16) for found, number in parts])
    order = np.lexsort((code, at))
    at, code = at[order], code[order]
    row = places[truth.row[at]].astype(np.int32)
    if design.task is Task.CLASSIFICATION:  # an answer that two options give is still one
        _, first = np.unique(np.stack([row, code.astype(np.int32)], axis=1), axis=0, return_index=True)
        at, code, row = at[np.sort(first)], code[np.sort(first)], row[np.sort(first)]
    boxes = [codes[name] for name in codes if kind_taught(design, name) is Kind.BOX]
    return _renumbered(truth.table.take(pa.array(at)), row, code, only_boxes=np.isin(code, boxes))


def _renumbered(table: pa.Table, row: np.ndarray, code: np.ndarray, *, only_boxes: np.ndarray) -> pa.Table:
    columns = {name: table[name].combine_chunks() for name in ANNOTATIONS_SCHEMA.names}
    columns |= {"row": pa.array(row), "feature": pa.array(code)}
    for name in ("polygons", "rle"):  # a model for boxes neither learns nor says them
        outlined = np.flatnonzero(~only_boxes)
        kept = np.where(only_boxes, -1, np.arange(len(row)))
        indices = pa.array(kept, mask=only_boxes) if len(outlined) else pa.nulls(len(row), pa.int64())
        columns[name] = columns[name].take(indices)
    return pa.Table.from_arrays([columns[field.name] for field in ANNOTATIONS_SCHEMA], schema=ANNOTATIONS_SCHEMA)


def _refuse_no_keys(keys: Collection[str] | None) -> None:
    if keys is not None and not keys:
        raise TrainingError("No row to train on is named; name some, or leave rows out to take all training rows.")


def _refuse_foreign_keys(rows: Rows, keys: Collection[str] | None) -> None:
    foreign = [key for key in keys or () if key not in rows.positions]
    if foreign:
        raise TrainingError(
            f"{len(foreign):,} of {len(keys or ()):,} rows to train on do not exist: {', '.join(foreign[:10])}. "
            f"There are {len(rows):,} rows, such as {', '.join(rows.keys[:3])}."
        )


def _refuse_two_answers(truth: Annotations, rows: Rows, design: Design) -> None:
    if design.task is not Task.CLASSIFICATION or design.several:
        return
    twice = [row for row, count in Counter(truth.row.tolist()).items() if count > 1]
    if twice:
        raise TrainingError(
            f"{len(twice):,} rows have two answers, and the model says exactly one; first: {rows.keys[twice[0]]!r}. "
            "Map only options that exclude each other, or make a model with several."
        )


def _left_out(lessons: Sequence[Lesson]) -> tuple[str, ...]:
    (lesson,) = lessons
    renamed = [f"{path} teaches {name}" for path, name in lesson.pairs if path != name]
    return (f"Features were matched by their last names: {', '.join(renamed)}.",) if renamed else ()


def _leak_notes(rows: Rows) -> tuple[str, ...]:
    leaks = find_leaks(rows, rows)
    if not leaks:
        return ()
    first = leaks[0]
    return (
        f"{len(leaks):,} rows that are held out show the picture of a training row; first: {first.key} "
        f"({first.split}) is {first.training_key}. What is measured on them is too good.",
    )
