"""YAML read with the line of every key, so that each mistake in a file can be named where it stands."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from trainer.records.errors import Problem, RecordError

Reader = Callable[[Any], Any]
"""Makes the meant value of one that stands in a file; raises ValueError that says what is allowed."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A place in a YAML file.

    Attributes:
        node: What PyYAML read there; None for an empty file.
        line: Its line, from 1.
    """

    node: yaml.Node | None
    line: int


class Problems:
    """What is wrong with a file, place by place.

    Attributes:
        name: What the file is called.
        found: The problems so far, in the order in which they were met.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[tuple[int, Problem]] = []

    def add(self, entry: Entry, reason: str) -> None:
        """Note one."""
        self.found.append((entry.line, Problem(f"line {entry.line}", reason + ".")))

    def keys(self, entry: Entry) -> list[str]:
        """The keys of a mapping, known or not; none where it is no mapping."""
        pairs = entry.node.value if isinstance(entry.node, yaml.MappingNode) else []
        return [str(key.value) for key, _ in pairs]

    def entries(self, entry: Entry | None, key: str, form: str) -> list[Entry]:
        """The entries of a list that may not be empty."""
        if entry is None:
            self.add(Entry(None, 1), f"there is no {key!r}: {form}")
            return []
        if not isinstance(entry.node, yaml.SequenceNode) or not entry.node.value:
            self.add(entry, f"{key!r} needs {form}")
            return []
        return [_entry(node) for node in entry.node.value]

    def one_of(self, read: Read, keys: Sequence[str]) -> str | None:
        """The one of some keys that is there; a problem where there is none, or more than one."""
        there = [key for key in keys if key in read.nodes]
        if len(there) != 1:
            said = f"has {' and '.join(map(repr, there))}" if there else "has no bound"
            self.add(read.entry, f"{read.what} {said}; it needs exactly one of {', '.join(keys)}")
            return None
        return there[0] if there[0] in read.values else None

    def raise_any(self) -> None:
        """Raise everything that was found, in the order of the file.

        Raises:
            RecordError: If there is anything.
        """
        if not self.found:
            return
        lines = [f"  {problem}" for _, problem in sorted(self.found, key=lambda each: each[0])]
        count = "1 problem" if len(lines) == 1 else f"{len(lines):,} problems"
        raise RecordError("\n".join([f"{self.name}: {count}; nothing was checked.", *lines]))


@dataclass(frozen=True, eq=False)
class Read:
    """What stands in one mapping.

    Attributes:
        entry: The mapping.
        what: What it is called.
        values: By key what was understood.
        nodes: By key where it stands, understood or not.
    """

    entry: Entry
    what: str
    values: dict[str, Any]
    nodes: dict[str, Entry]

    def get(self, key: str, otherwise: Any = None) -> Any:
        """The value of a key, or another one where it is not there."""
        return self.values.get(key, otherwise)

    def node(self, key: str) -> Entry | None:
        """Where a key's value stands; None where it is not there."""
        return self.nodes.get(key)


def read_yaml(source: str, *, name: str) -> Entry:
    """Read the outline of a file.

    Raises:
        RecordError: If it is no YAML.
    """
    try:
        node = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error)
        raise RecordError(f"{name}{place}: this is no YAML: {reason}. Nothing was checked.") from error
    return Entry(None, 1) if node is None else _entry(node)


def read_mapping(entry: Entry, readers: Mapping[str, Reader | None], problems: Problems, *, what: str) -> Read:
    """Read a mapping key by key; what is not understood becomes a problem.

    Args:
        entry: The mapping.
        readers: How to read each key that may be there; None for those the caller reads.
        problems: Where to note what is wrong.
        what: What the mapping is called.
    """
    read = Read(entry, what, {}, {})
    if not isinstance(entry.node, yaml.MappingNode):
        problems.add(entry, f"{what} needs keys and values, such as {next(iter(readers))}: ...")
        return read
    for key_node, value_node in entry.node.value:
        key, place = str(key_node.value), _entry(key_node)
        if key in read.nodes:
            problems.add(place, f"{what} has {key!r} twice")
        elif key not in readers:
            problems.add(place, f"{what} has {key!r}, which means nothing here{_nearest(key, readers)}")
        else:
            read.nodes[key] = _entry(value_node)
            reader = readers[key]
            if reader is not None:
                _read_value(read, key, value_node, reader, problems)
    return read


def _read_value(read: Read, key: str, node: yaml.Node, reader: Reader, problems: Problems) -> None:
    try:
        constructor = yaml.constructor.SafeConstructor()
        value = constructor.construct_object(node, deep=True)
        read.values[key] = reader(value)
    except (ValueError, yaml.YAMLError) as error:
        shown = node.value if isinstance(node, yaml.ScalarNode) else "a list or mapping"
        problems.add(_entry(node), f"{read.what}: {key!r} is {shown!r}; {error}")


def text(value: Any) -> str:
    """Any words; a number is taken as it is written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise ValueError("it needs to be a name")
    return str(value)


def names_from(names: Collection[str]) -> Reader:
    """One of some words; underscores and spaces are alike."""

    def read(value: Any) -> str:
        plain = {name.replace(" ", "_"): name for name in names}
        word = str(value).replace(" ", "_")
        if word not in plain:
            raise ValueError(f"allowed: {', '.join(names)}")
        return plain[word]

    return read


def number_between(least: float, most: float) -> Reader:
    """A number in an interval, its ends included."""

    def read(value: Any) -> float:
        inside = not isinstance(value, bool) and isinstance(value, int | float) and least <= value <= most
        if not inside or math.isinf(value):
            limits = f"from {least:g}" + ("" if math.isinf(most) else f" to {most:g}") if math.isfinite(least) else ""
            raise ValueError(f"it needs to be a number {limits}".rstrip())
        return float(value)

    return read


def whole_number(*, least: int) -> Reader:
    """A whole number that is not too small."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"it needs to be a whole number from {least:,}")
        return value

    return read


def fraction(value: Any) -> float:
    """A share between 0 and 1, neither of them; also as ``95 %``."""
    shared = _percent(value)
    number = value if shared is None else shared
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < 1:
        raise ValueError("it needs to be a share between 0 and 1, such as 0.95 or 95 %")
    return float(number)


def count_or_share(value: Any) -> tuple[float, bool]:
    """A whole number, or a share such as ``5 %``; and whether it is a share."""
    shared = _percent(value)
    if shared is not None and shared >= 0:
        return shared, True
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("it needs to be a whole number from 0, or a share such as 5 %")
    return float(value), False


def _percent(value: Any) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value.strip()) if isinstance(value, str) else None
    return float(found[1]) / 100 if found else None


def _entry(node: yaml.Node) -> Entry:
    return Entry(node, node.start_mark.line + 1)


def _nearest(key: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    allowed = ", ".join(known)
    return f"; {near[0]!r} is near" if near else f"; there are {allowed}"
