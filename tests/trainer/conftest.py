"""What tests of models share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trainer import MicroModel
from trainer.runs.lineage import ITERATION_TAG
from trainer.store import RunEntry, RunKind


@pytest.fixture
def iterate() -> Callable[..., RunEntry]:
    """Makes an iteration of a model as a training leaves it."""

    def leave(
        model: MicroModel, name: str, *, experiment: str = "cells", end: str = "seal", number: int | None = None
    ) -> RunEntry:
        """With weights that nothing can be learnt from."""
        tags = model.iteration_tags() | ({ITERATION_TAG: str(number)} if number else {})
        writer = model.store.create_run(experiment, name, kind=RunKind.MODEL_RUN, tags=tags)
        for file in ("model/weights.pt", "model/weights.safetensors", "model/card.json"):
            source = Path(model.store.location.folder).parent / Path(file).name
            source.write_text(f"{file} of {name}")
            writer.add_file(source, file)
        if end == "seal":
            writer.seal()
        elif end == "fail":
            writer.fail("Traceback\nValueError: no")
        return next(run for run in model.iterations() if run.name == name)

    return leave
