"""Where a model run came from: its parent, its model, its data, the code and the packages that made it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trainer.store import StoredRun

MODEL_ID_TAG = "trainer.model_id"
"""On an iteration: the id of its model, which stays when the model is renamed."""
MODEL_TITLE_TAG = "trainer.model"
"""On an iteration: what its model was called when it was trained; for people only."""
PARENT_TAG = "trainer.parent"
ITERATION_TAG = "trainer.iteration"
DATA_TAG = "trainer.data"
REPRODUCES_TAG = "trainer.reproduces"
PREDICTED_BY_TAG = "trainer.predicted_by"
"""On a run that a model made without training: the id of the run whose weights predicted."""
PREDICTING_MODEL_TAG = "trainer.predicted_by_model"
"""On such a run: the id of the model. It is no iteration of the model."""
COMMIT_TAG = "mlflow.source.git.commit"  # MLflow's own pages show it
CHANGED_TAG = "trainer.code_changed"
_OLD_PARENT_TAG, _OLD_MODEL_TAG = "parent_run", "model"
_SECONDS_FOR_GIT = 10


@dataclass(frozen=True)
class Lineage:
    """Where a model run came from; None where that is not known.

    Attributes:
        parent: Id of the run whose weights it started from.
        model: Id of its micro-model; of one that only predicted, the model that did.
        title: What the model was called then.
        iteration: The how manieth training of the model it is, from 1.
        data: ``project@version`` it is about.
        data_id: Id of the run that holds that data version.
        commit: Hash of the code's git commit.
        code_changed: Whether tracked files differed from that commit.
        environment: Python, machine and packages, as ``name version``.
        reproduces: Id of the run that it repeats.
        predicted_by: Id of the run whose weights predicted, where nothing was trained.
    """

    parent: str | None
    model: str | None
    title: str | None
    iteration: int | None
    data: str | None
    data_id: str | None
    commit: str | None
    code_changed: bool | None
    environment: Mapping[str, str]
    reproduces: str | None
    predicted_by: str | None


def title_in(tags: Mapping[str, str]) -> str | None:
    """What the model of a run was called when the run was made; None where no model is known."""
    return tags.get(MODEL_TITLE_TAG, tags.get(_OLD_MODEL_TAG))


def lineage_of(stored: StoredRun) -> Lineage:
    """Where a sealed model run came from."""
    tags = stored.tags
    changed, iteration = tags.get(CHANGED_TAG), tags.get(ITERATION_TAG, "")
    from trainer.records import layout  # brings in pyarrow, which the names above do not need

    holder = stored.manifest.entry(layout.ROWS).held_by if stored.has(layout.ROWS) else None
    return Lineage(
        parent=tags.get(PARENT_TAG, tags.get(_OLD_PARENT_TAG)),
        model=tags.get(MODEL_ID_TAG, tags.get(PREDICTING_MODEL_TAG)),
        title=title_in(tags),
        iteration=int(iteration) if iteration.isdigit() else None,
        data=tags.get(DATA_TAG),
        data_id=holder,
        commit=tags.get(COMMIT_TAG),
        code_changed=None if changed is None else changed == "true",
        environment=_environment(stored),
        reproduces=tags.get(REPRODUCES_TAG),
        predicted_by=tags.get(PREDICTED_BY_TAG),
    )


def code_tags(folder: Path | None = None) -> dict[str, str]:
    """The tags that say which code runs: commit, and whether tracked files were changed since.

    Args:
        folder: In which git repository; the working directory when left out. Without git there are no tags.
    """
    commit = _ask_git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    changes = _ask_git(folder, "status", "--porcelain", "--untracked-files=no")
    return {COMMIT_TAG: commit} | ({} if changes is None else {CHANGED_TAG: "true" if changes else "false"})


def _ask_git(folder: Path | None, *words: str) -> str | None:
    try:
        told = subprocess.run(
            ["git", *words],  # noqa: S607 - whichever git the person uses
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS_FOR_GIT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip() if told.returncode == 0 else None


def _environment(stored: StoredRun) -> dict[str, str]:
    from trainer.records import layout

    if not stored.has(layout.ENVIRONMENT):
        return {}
    lines = stored.path(layout.ENVIRONMENT).read_text(encoding="utf-8").splitlines()
    parts = (line.partition(" ") for line in lines if line.strip())
    return {name: value for name, _, value in parts}
