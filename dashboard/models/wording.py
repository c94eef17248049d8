"""Texts that people wrote, shown as they are, and numbers of things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SIGNS: Final = frozenset("\\`*_{}[]()#+-.!|~$<>:&")


def plain(text: str) -> str:
    r"""Text in which Markdown finds no sign of its own.

    Example:
        >>> print(plain("*cells*"))
        \*cells\*
    """
    return "".join(f"\\{letter}" if letter in _SIGNS else letter for letter in text)


def count(number: int, what: str) -> str:
    """A number of things.

    Example:
        >>> count(1, "epoch"), count(1200, "row")
        ('1 epoch', '1,200 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def say_links(links: Mapping[str, str]) -> str:
    """Features of a model, each with the path of the project that it is linked to where that is called otherwise.

    Example:
        >>> say_links({"cell": "cell", "nucleus": "cell/nucleus"})
        'cell, nucleus as cell/nucleus'
    """
    return ", ".join(name if name == path else f"{name} as {path}" for name, path in links.items())
