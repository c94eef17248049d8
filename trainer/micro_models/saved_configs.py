"""Training settings that people name and use again."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trainer.learning.settings import TrainingSettings
from trainer.records import layout
from trainer.records.argument_kinds import check_kinds
from trainer.records.config import RunConfig
from trainer.records.errors import NameTakenError, NotFoundError
from trainer.store import RunEntry, RunKind, Store, open_store

SHELF = "saved-configs"
"""The MLflow experiment that holds them."""
_KEPT_OF_NAME = 150


@dataclass(frozen=True)
class SavedConfig:
    """A named config.

    Attributes:
        name: Unique in the store.
        config: The settings.
        created: When it was saved.
    """

    name: str
    config: RunConfig
    created: datetime


@check_kinds
def save_config(
    name: str, config: TrainingSettings | RunConfig, *, replace: bool = False, store: Store | None = None
) -> SavedConfig:
    """Keep settings under a name; saving equal ones again gives what there is.

    Args:
        name: Unique; 1 to 200 characters without ``"``, ``\\`` and ``/``.
        config: The settings.
        replace: Take the place of other settings of that name.
        store: Where configs are kept; see `open_store`.

    Raises:
        NameTakenError: If other settings have the name and `replace` is off; says what differs.
    """
    store = store or open_store()
    values = config.to_config() if isinstance(config, TrainingSettings) else config
    for there in _entries(store, name):
        held = _read(there, store)
        if held.config == values:
            return held
        if not replace:
            differing = held.config.difference(values).items()
            said = ", ".join(f"{key} {old} instead of {new}" for key, (old, new) in differing)
            raise NameTakenError(
                f"The config {name!r} exists with other settings: it has {said}. Choose another name, or "
                "replace it (replace=True; on the command line --replace)."
            )
        return _replace(there, values, store)
    return _write(name, values, store)


@check_kinds
def open_config(name: str, *, store: Store | None = None) -> RunConfig:
    """The settings of that name.

    Raises:
        NotFoundError: If there are none.
    """
    store = store or open_store()
    return _read(_find(name, store), store).config


@check_kinds
def list_configs(*, store: Store | None = None) -> list[SavedConfig]:
    """All saved configs by name."""
    store = store or open_store()
    return sorted((_read(entry, store) for entry in _entries(store)), key=lambda saved: saved.name)


@check_kinds
def delete_config(name: str, *, store: Store | None = None) -> None:
    """Forget the settings of that name; runs that were trained with them keep their own copy.

    Raises:
        NotFoundError: If there are none.
    """
    store = store or open_store()
    store.delete_for_ever([_find(name, store)])


def _replace(there: RunEntry, config: RunConfig, store: Store) -> SavedConfig:
    """Keep settings in the place of others, which go only when the new ones are there."""
    store.rename(there, f"{there.name[:_KEPT_OF_NAME]} (before {there.id[:8]})")
    try:
        saved = _write(there.name, config, store)
    except BaseException:
        store.rename(there, there.name)
        raise
    store.delete_for_ever([there])
    return saved


def _find(name: str, store: Store) -> RunEntry:
    found = _entries(store, name)
    if not found:
        names = ", ".join(repr(entry.name) for entry in _entries(store)) or "none yet"
        raise NotFoundError(f"There is no saved config {name!r}. There are: {names}.")
    return found[0]


def _entries(store: Store, name: str | None = None) -> list[RunEntry]:
    if name is not None and ('"' in name or "\\" in name):  # no config has such a name, nor can MLflow look for it
        return []
    try:
        return store.runs(SHELF, kind=RunKind.CONFIG, name=name, most=None)
    except NotFoundError:  # none was ever saved
        return []


def _read(entry: RunEntry, store: Store) -> SavedConfig:
    path = store.find(entry.id, kind=RunKind.CONFIG).path(layout.CONFIG)
    return SavedConfig(entry.name, RunConfig.from_yaml(path.read_text(encoding="utf-8")), entry.created)


def _write(name: str, config: RunConfig, store: Store) -> SavedConfig:
    writer = store.create_run(SHELF, name, kind=RunKind.CONFIG)
    with writer.ended_on_error(), tempfile.TemporaryDirectory(prefix="modelruns-") as scratch:
        writer.log_params({key: value for key, value in config.scalars().items() if value is not None})
        path = Path(scratch) / layout.CONFIG
        path.parent.mkdir()
        path.write_text(config.to_yaml(), encoding="utf-8")
        writer.add_file(path, layout.CONFIG)
        return SavedConfig(name, config, writer.seal().created)
