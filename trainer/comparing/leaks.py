"""Rows that were held out in one snapshot and trained on in another."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.records.rows import Rows
from trainer.records.split import Split

HELD_OUT = (Split.VALIDATION, Split.TEST)


@dataclass(frozen=True, slots=True)
class Leak:
    """One row that was held out and trained on.

    Attributes:
        key: Key of the row where it is held out.
        split: ``validation`` or ``test``.
        training_key: Key of the training row that is the same.
        by: What tells that they are the same: ``key``, or ``picture`` where the checksums of the files are equal.
    """

    key: str
    split: str
    training_key: str
    by: str


def find_leaks(held_out: Rows, training: Rows) -> tuple[Leak, ...]:
    """Validation and test rows of one snapshot that stand in training in another, or in the same one, in key order.

    Args:
        held_out: Rows whose validation and test parts are looked at.
        training: Rows whose training part is looked at.

    Example:
        >>> before = Rows.from_columns(keys=["a", "b"], widths=[9, 9], heights=[9, 9], splits=["training", "test"])
        >>> after = Rows.from_columns(keys=["a", "b"], widths=[9, 9], heights=[9, 9], splits=["test", "test"])
        >>> find_leaks(after, before)
        (Leak(key='a', split='test', training_key='a', by='key'),)
    """
    trained = training.in_split(Split.TRAINING)
    keys = {training.keys[row] for row in trained}
    checksums = _checksums(training)
    pictures = {checksums[row]: training.keys[row] for row in reversed(trained) if checksums[row]}
    leaks = []
    for row, (checksum, split) in enumerate(zip(_checksums(held_out), held_out.splits.tolist(), strict=True)):
        key = held_out.keys[row]
        if split not in HELD_OUT:
            continue
        if key in keys:
            leaks.append(Leak(key, split, key, "key"))
        elif checksum in pictures:
            leaks.append(Leak(key, split, pictures[checksum], "picture"))
    return tuple(leaks)


def _checksums(rows: Rows) -> list[str | None]:
    values: list[str | None] = rows.table["sha256"].to_pylist()
    return values
