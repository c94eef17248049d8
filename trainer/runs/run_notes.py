"""What people say of a run after it was sealed: its name, notes and free metadata. The run itself never changes."""

from __future__ import annotations

from collections.abc import Mapping

from trainer.records.argument_kinds import check_kinds
from trainer.records.errors import RecordError
from trainer.runs.model_runs import ModelRun, open_run
from trainer.store import RunEntry, Store, StoredRun, open_store

NOTE_TAG = "mlflow.note.content"  # MLflow's own pages show and edit it as the run's description
METADATA = "metadata."
"""Prefix of the tags that hold free metadata."""


@check_kinds
def edit_run(
    run: str | ModelRun,
    *,
    name: str | None = None,
    notes: str | None = None,
    metadata: Mapping[str, str | None] | None = None,
    store: Store | None = None,
) -> ModelRun:
    """Change what people say of a sealed run; what is left out stays.

    Args:
        run: The run, or its reference.
        name: Another name, unique in its experiment.
        notes: Any text up to 8,000 characters; empty takes it away.
        metadata: Free texts by name; None takes one away. Others stay.
        store: Where runs are kept; see `open_store`.

    Returns:
        The run as it is now.

    Raises:
        NameTakenError: If another run of the experiment has the name; then nothing is changed.
        NotFoundError: If there is no such run.
        RecordError: If a name or text cannot be kept.
    """
    store = store or open_store()
    opened = open_run(run, store=store) if isinstance(run, str) else run
    entry = _entry(opened.stored, store)
    given = metadata or {}
    texts = {METADATA + key: value for key, value in given.items() if value is not None}
    gone = [METADATA + key for key, value in given.items() if value is None]
    if notes:
        texts[NOTE_TAG] = notes
    elif notes is not None:
        gone.append(NOTE_TAG)
    if any(not key for key in given):
        raise RecordError("Metadata without a name cannot be found again; name it.")
    if name is not None:
        store.rename(entry, name)
    store.set_tags(entry, texts, without=gone)
    return open_run(opened.id, store=store)


def notes_of(stored: StoredRun) -> str:
    """The notes of a run; empty where there are none."""
    return stored.tags.get(NOTE_TAG, "")


def metadata_of(stored: StoredRun) -> dict[str, str]:
    """The free metadata of a run, by name."""
    return {tag.removeprefix(METADATA): text for tag, text in sorted(stored.tags.items()) if tag.startswith(METADATA)}


def _entry(stored: StoredRun, store: Store) -> RunEntry:
    (entry,) = store.runs(stored.experiment, id_start=stored.id)
    return entry
