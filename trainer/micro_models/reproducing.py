"""Training again what was trained before, to see whether the same comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from trainer.learning.progress import Report
from trainer.micro_models.repeating_plan import plan_repetition
from trainer.micro_models.repetitions import Reproduction, compare_reproduction
from trainer.micro_models.training import train
from trainer.records.argument_kinds import check_kinds
from trainer.runs.lineage import REPRODUCES_TAG
from trainer.runs.model_runs import ModelRun
from trainer.store import Store, open_store


@check_kinds
def reproduce(
    run: str | ModelRun,
    *,
    tags: Mapping[str, str] | None = None,
    store: Store | None = None,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
    checkpoint: Path | None = None,
) -> Reproduction:
    """Train again from a run's snapshot with its settings, seed, device, threads and the weights it started from.

    The new run is called ``<name>-again``. It is kept with the model, but is no iteration of it: it takes no number,
    and what asks for the newest iteration passes it over. On a CPU, with the same packages and threads, weights and
    predictions are equal to the last bit.

    Args:
        run: A run made by training, or its reference.
        tags: Free text to find the new run by.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress.
        should_stop: Asked between steps; when it says yes, the new run ends as killed.
        checkpoint: Where the training is kept while it goes on; it goes on from there if the file is there.

    Raises:
        NotFoundError: If the run, its model or the run it started from are gone.
        RecordError: If it was not trained here.
        TrainingError: If it cannot be trained, such as on a GPU where there is none.
        TrainingStoppedError: If it was asked to stop.
    """
    store = store or open_store()
    plan = plan_repetition(run, store=store)
    new = train(
        plan.data,
        model=plan.model,
        experiment=plan.experiment,
        settings=plan.settings,
        name=plan.free_name(store),
        start_from=plan.parent,
        rows=plan.rows,
        tags={**(tags or {}), REPRODUCES_TAG: plan.run.id},
        store=store,
        report=report,
        should_stop=should_stop,
        checkpoint=checkpoint,
    )
    return compare_reproduction(plan.run, new)
