"""Texts that people wrote, shown as they are."""

from __future__ import annotations

from typing import Final

_SIGNS: Final = frozenset("\\`*_{}[]()#+-.!|~$<>:&")


def plain(text: str) -> str:
    r"""Text in which Markdown finds no sign of its own.

    Example:
        >>> print(plain("*cells*"))
        \*cells\*
    """
    return "".join(f"\\{letter}" if letter in _SIGNS else letter for letter in text)
