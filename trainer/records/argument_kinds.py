"""Arguments of another kind than a function takes are refused in a sentence, before they fail deep inside it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from functools import cache, wraps
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from trainer.records.errors import RecordError

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")
_LONGEST = 60
_WIDER: dict[type, Any] = {int: Integral, float: Real, tuple: tuple | list}
_TREES = {Mapping: "dict", Collection: "list", Iterable: "list"}


def check_kinds(function: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """A public function that compares its arguments with its annotations before it does anything.

    Whole numbers pass as numbers, and what numpy calls numbers too; arrays, columns of a table and tuples pass as
    lists, lists as tuples, but a text is no list of its letters. Of dictionaries and lists the parts are compared as
    well, one of each class where the class is all that counts; what can be read only once is not read. What is
    annotated with anything else than classes, unions and collections of them passes.

    Raises:
        RecordError: From the function, where an argument is of another kind, with what it takes.

    Example:
        >>> @check_kinds
        ... def spell(word: str, *, times: int | None = None) -> str:
        ...     return word * (times or 1)
        >>> spell("ab", times=2)
        'abab'
        >>> spell("ab", times="2")
        Traceback (most recent call last):
        trainer.records.errors.RecordError: times of spell() is '2', a str; it takes int or None.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def checked(*given: _Given.args, **named: _Given.kwargs) -> _Made:
        kinds = _kinds_of(function)
        try:
            bound = signature.bind(*given, **named).arguments
        except TypeError:
            return function(*given, **named)  # Python says itself what is missing or too many
        for name, value in bound.items():
            if name in kinds and not _fits(value, kinds[name]):
                raise RecordError(
                    f"{name} of {function.__name__}() is {_said(value)}, {_with_article(type(value).__name__)}; "
                    f"it takes {_in_words(kinds[name])}."
                )
        return function(*given, **named)

    return checked


class _PublicNames(dict[str, object]):
    """The names that a module imports for type checkers alone, looked up among the public ones of `trainer`."""

    def __missing__(self, name: str) -> object:
        public = sys.modules["trainer"]
        if name in dir(public):
            return getattr(public, name)
        raise KeyError(name)


@cache
def _kinds_of(function: Callable[..., object]) -> dict[str, Any]:
    return get_type_hints(function, localns=_PublicNames())


def _fits(value: object, kind: Any) -> bool:
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is Callable:
        return callable(value)
    plain = kind if origin is None else origin
    if plain is Any or not isinstance(plain, type):
        return True
    return _is_one(value, plain) and (not parts or _parts_fit(value, parts))


def _is_one(value: object, kind: type) -> bool:
    if issubclass(kind, Iterable) and not issubclass(kind, str):
        if isinstance(value, str):
            return False
        if kind is Sequence and isinstance(value, Collection):  # arrays and columns of tables are no Sequence by name
            return not isinstance(value, Mapping | Set | bytes)
    if kind is bool:
        return type(value).__name__ in ("bool", "bool_")  # numpy's too, which it calls the one or the other
    return isinstance(value, _WIDER.get(kind, kind))


def _parts_fit(value: object, parts: tuple[Any, ...]) -> bool:
    if isinstance(value, Mapping) and len(parts) == 2:
        return _all_fit(value, parts[0]) and _all_fit(value.values(), parts[1])
    if isinstance(value, tuple | list) and len(parts) > 1 and Ellipsis not in parts:
        return len(value) == len(parts) and all(map(_fits, value, parts))
    return not isinstance(value, Collection) or _all_fit(value, parts[0])


def _all_fit(values: Collection[object], kind: Any) -> bool:
    if not _has_parts(kind):  # one of each class speaks for a million others
        values = {type(value): value for value in values}.values()
    return all(_fits(value, kind) for value in values)


def _has_parts(kind: Any) -> bool:
    inner = get_args(kind)
    return any(map(_has_parts, inner)) if get_origin(kind) in (Union, UnionType) else bool(inner)


def _said(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _with_article(name: str) -> str:
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _in_words(kind: Any) -> str:
    """A kind as people write it, without the names of modules.

    Example:
        >>> _in_words(str | Mapping[str, Iterable[int]] | None)
        'str, dict[str, list[int]] or None'
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        *most, last = (_in_words(part) for part in parts)
        return f"{', '.join(most)} or {last}"
    if origin is Callable:
        return "a function"
    if not isinstance(origin, type):
        return "None" if kind is NoneType else str(getattr(kind, "__name__", kind))
    name = next((plain for tree, plain in _TREES.items() if issubclass(origin, tree) and origin is not tuple), "tuple")
    return f"{name}[{', '.join('...' if part is Ellipsis else _in_words(part) for part in parts)}]"
