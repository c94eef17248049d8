"""Numbers of things, and links between features, as people read them."""

from __future__ import annotations

from collections.abc import Mapping


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
