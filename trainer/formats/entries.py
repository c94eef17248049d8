"""The entries of one list in a foreign file, and what is wrong with each of them."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, SupportsIndex

from trainer.records.errors import ImportRefusedError, Problem


@dataclass
class Entries:
    """Entries of one list; checks add their reasons here, so that all of them come back together.

    Attributes:
        name: What the list is called in the file.
        items: One mapping an entry; empty for an entry that is none.
        identity: The field by which a person finds an entry again.
    """

    name: str
    items: list[dict[str, Any]]
    identity: str = "id"
    _reasons: dict[int, list[str]] = field(default_factory=dict)
    _unreadable: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, name: str, values: list[Any], *, identity: str = "id") -> Entries:
        """Entries of a parsed JSON list; those that are no objects are refused."""
        entries = cls(name, values, identity)
        if set(map(type, values)) <= {dict}:
            return entries
        entries.items = [value if isinstance(value, dict) else {} for value in values]
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                entries.refuse(index, f"is {shown(value)}, not an object with named fields")
                entries._unreadable.add(index)
        return entries

    def __len__(self) -> int:
        return len(self.items)

    def column(self, name: str) -> list[Any]:
        """The values of one field, None where an entry lacks it."""
        return [item.get(name) for item in self.items]

    def place(self, index: int) -> str:
        """Where an entry stands, in words."""
        identity = self.items[index].get(self.identity)
        named = "" if identity is None else f" ({self.identity} {shown(identity)})"
        return f"{self.name}[{index}]{named}"

    def refuse(self, index: SupportsIndex, reason: str) -> None:
        """Say what is wrong with an entry; of one that is no object, nothing more is said."""
        position = operator.index(index)
        if position not in self._unreadable:
            self._reasons.setdefault(position, []).append(reason)

    def problems(self) -> list[Problem]:
        """One problem for each refused entry, in the order of the list."""
        return [Problem(self.place(i), "; ".join(reasons)) for i, reasons in sorted(self._reasons.items())]


def refuse_all(source: object, sections: Iterable[Entries]) -> None:
    """Refuse a file if any of its entries was refused.

    Raises:
        ImportRefusedError: With the problems of all sections, in their order.
    """
    problems = [problem for entries in sections for problem in entries.problems()]
    if problems:
        raise ImportRefusedError(str(source), problems)


def shown(value: object) -> str:
    """A value as an error shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
