"""Class names from outside as names of features."""

from __future__ import annotations

from collections.abc import Sequence

from trainer.formats.foreign import Note


def feature_name(name: str) -> str:
    """A class name as a feature may be called: ``/``, which separates the parts of a path, becomes ``-``.

    Example:
        >>> feature_name("Cabinet/shelf")
        'Cabinet-shelf'
    """
    return name.replace("/", "-")


def notes_on_names(place: str, names: Sequence[str]) -> list[Note]:
    """One note a class name that a feature may not have.

    Args:
        place: Where the names stand.
        names: As stated outside.
    """
    return [
        Note(place, f"{name!r} is called {feature_name(name)!r} here, since '/' separates the parts of a path")
        for name in names
        if feature_name(name) != name
    ]
