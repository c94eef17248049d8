"""What iterations are called in a list to choose from: a browser tells the choice by its words alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from trainer.store import RunEntry

_ENDS = {"killed": "stopped"}


def names_of(entries: Iterable[RunEntry]) -> dict[str, str]:
    """The name of each run by its id, in order; those of equal names are told apart.

    A training that failed or was stopped gives its name back, and names are unique in their experiment alone.
    """
    listed = list(entries)
    said = {
        entry.id: entry.name if entry.is_sealed else f"{entry.name} ({_ENDS.get(entry.standing, entry.standing)})"
        for entry in listed
    }
    times = Counter(said.values())
    return {run_id: name if times[name] == 1 else f"{name} · {run_id[:8]}" for run_id, name in said.items()}
