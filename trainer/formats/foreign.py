"""What a foreign file turned out to hold."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.records.annotations import Annotations
from trainer.records.errors import RecordError
from trainer.records.ontology import Ontology
from trainer.records.rows import Rows
from trainer.records.split import Split


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a foreign file that was taken in another way than written, or left out by a documented rule.

    Attributes:
        place: Where it stands, e.g. ``annotations[17] (id 4021)``.
        text: What was done, and why.
    """

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True)
class ForeignTruth:
    """Rows, ontology and truth of a foreign file or folder, all of it.

    Attributes:
        ontology: What is annotated.
        rows: The rows in key order, their split unassigned.
        truth: Annotations of the rows.
        notes: What a person should know, in the order of the source.
        source: The file or folder that was read.
        stated_splits: The split of each row by the source's own lists or folders, in row order; None where it has
            none.
    """

    ontology: Ontology
    rows: Rows
    truth: Annotations
    notes: tuple[Note, ...] = ()
    source: str = ""
    stated_splits: tuple[Split, ...] | None = None

    def stated_splits_or_raise(self) -> tuple[Split, ...]:
        """The source's own split, one part a row.

        Raises:
            RecordError: If the source states none.
        """
        if self.stated_splits is None:
            raise RecordError(
                f"{self.source} states no split: no row of it is in a list or folder named train, val or test. "
                "Draw one by shares instead, such as 80/10/10."
            )
        return self.stated_splits


def split_named(name: str) -> Split | None:
    """The split that a list's or folder's name states, such as ``train2017`` or ``val``; None for another name.

    Example:
        >>> split_named("val2017")
        <Split.VALIDATION: 'validation'>
        >>> split_named("trainval") is None
        True
    """
    return _SPLIT_NAMES.get(name.lower().rstrip("0123456789").rstrip("-_"))


_SPLIT_NAMES = {
    "train": Split.TRAINING,
    "training": Split.TRAINING,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
    "unassigned": Split.UNASSIGNED,
}
