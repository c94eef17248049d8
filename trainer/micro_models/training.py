"""Training a micro-model on rows of projects, logged as a model run: the model's next iteration."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trainer.learning.devices import check_device, choose_device
from trainer.learning.distributed import from_first, is_distributed, is_first, join, told_of_the_others
from trainer.learning.fitting import TrainedModel, TrainingLog, fit
from trainer.learning.prediction import predict_rows
from trainer.learning.progress import Report
from trainer.learning.settings import TrainingSettings
from trainer.learning.weights import load_model, save_model
from trainer.learning.whole_pictures import require_whole_pictures
from trainer.micro_models.iterations import begin_next
from trainer.micro_models.lessons import TeachingMap
from trainer.micro_models.micro_model import MicroModel, require_entry
from trainer.micro_models.models import get_model
from trainer.micro_models.teaching import Taught
from trainer.micro_models.telling import Telling
from trainer.micro_models.training_plan import TrainingPlan, check_plan, choose_settings, config_of
from trainer.projects import DataVersion, open_version
from trainer.records import layout
from trainer.records.argument_kinds import check_kinds
from trainer.records.config import RunConfig
from trainer.records.design import Design, Task
from trainer.records.errors import NotFoundError
from trainer.records.measure import Measure, Subject
from trainer.runs.lineage import DATA_TAG, ITERATION_TAG, PARENT_TAG, REPRODUCES_TAG, code_tags
from trainer.runs.model_runs import ModelRun, open_run
from trainer.runs.recording import Recording, start_run
from trainer.runs.training_story import TrainingStory
from trainer.store import Store, open_store

LEAST_CONFIDENCE = 0.05
"""Everything surer is kept; thresholds filter when it is looked at."""
NMS_IOU = 0.5
_WEIGHTS = (layout.WEIGHTS, layout.WEIGHTS_CARD)


@check_kinds
def train(
    data: str | DataVersion | TeachingMap,
    *,
    model: str | MicroModel,
    experiment: str | None = None,
    settings: TrainingSettings | None = None,
    design: Design | None = None,
    name: str | None = None,
    start_from: str | int | ModelRun | None = None,
    config: str | RunConfig | None = None,
    rows: Collection[str] | None = None,
    tags: Mapping[str, str] | None = None,
    store: Store | None = None,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
    checkpoint: Path | None = None,
) -> ModelRun:
    """Train a micro-model, let it predict every row, and seal the outcome as its next iteration, a model run.

    Names, features, kinds, numbers of annotations and the pictures are checked before anything is made. Under
    `torchrun` all processes train together, the first one records, and all of them return the run.

    Args:
        data: What to learn from: a project (its newest version, or ``project@version``) or data version, whose features
            teach those of their names; or a mapping from projects to ontology paths to the model features that they
            teach, see `teach`.
        model: A model, its title or its id. A new title registers a model of that design.
        experiment: The experiment to put the run into, a new name makes a new one; the model's title when left out.
        settings: How to train; see `TrainingSettings`.
        design: What a new model is; when left out, it finds boxes of all that it is taught. Of a model that exists it
            has to be the same.
        name: Name of the run; ``<title>-<iteration>`` when left out.
        start_from: Whose weights to start from: a run, its name or id, the number of one of the model's iterations, or
            ``latest``. Of a model of other features the body goes on, and the outputs for features of the same name.
        config: Instead of settings, the name of a saved config, or the config of a run.
        rows: Keys of the rows to train on; all training rows when left out.
        tags: Free text to find the run by.
        store: Where runs are kept; see `open_store`.
        report: Told of the progress: stage, epoch, step, loss, score, seconds left.
        should_stop: Asked between steps; when it says yes, the run ends as killed.
        checkpoint: Where the training is kept while it goes on; it goes on from there if the file is there.

    Raises:
        NameTakenError: If the experiment has a run of that name, or the model another design.
        NotFoundError: If there is no such project, version, run, iteration or saved config.
        TrainingError: If the mapping is wrong, there is too little to learn from, a picture cannot be read, or the loss
            stops being a number.
        TrainingStoppedError: If it was asked to stop.
    """
    store = store or open_store()
    chosen = choose_settings(settings, config, store=store)

    def plan() -> TrainingPlan:
        check_device(chosen.device, chosen.mixed_precision)
        checked = check_plan(
            data,
            model=model,
            experiment=experiment,
            name=name,
            settings=chosen,
            design=design,
            start_from=start_from,
            rows=rows,
            store=store,
        )
        if checkpoint is None or not checkpoint.exists():  # else the attempt that wrote it has looked at them
            require_whole_pictures(checked.gathered.snapshot.rows, report=report)  # it predicts all of them at its end
        return checked.keep(store)

    if is_distributed():
        join(choose_device(chosen.device))
    agreed = _agree(plan, store)
    work = _Work(agreed, report, should_stop, checkpoint)
    if not is_first():
        with told_of_the_others():
            work.fit(None)
            return open_run(from_first(str), store=store)
    run = _record(work, name=name, tags=tags or {}, store=store)
    from_first(lambda: run.id)
    return run


def model_of(run: ModelRun) -> TrainedModel:
    """The trained model whose weights a run holds.

    Raises:
        NotFoundError: If the run has no weights.
    """
    if not all(run.stored.has(name) for name in _WEIGHTS):
        raise NotFoundError(f"Run {run.name!r} holds no weights; only runs made by training have them.")
    with tempfile.TemporaryDirectory(prefix="modelruns-") as scratch:
        for name in _WEIGHTS:
            target = Path(scratch) / name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(run.stored.path(name), target)
        return load_model(Path(scratch))


def _agree(plan: Callable[[], TrainingPlan], store: Store) -> TrainingPlan:
    """The plan of the first process in all of them; open connections cannot travel, names can."""
    if not is_distributed():
        return plan()
    mine: list[TrainingPlan] = []

    def told() -> tuple[Any, ...]:
        mine.append(plan())
        taught = mine[0].taught
        return (
            (taught.data.project, taught.data.name, taught.design, taught.rows, taught.notes),
            mine[0].model.id,
            mine[0].settings,
            mine[0].parent and mine[0].parent.id,
            mine[0].experiment,
        )

    (project, version, *rest), model, settings, parent, experiment = from_first(told)
    if mine:
        return mine[0]
    taught = Taught(open_version(project, version=version, store=store), *rest)
    start = open_run(parent, store=store) if parent else None
    return TrainingPlan(get_model(model, store=store), taught, settings, start, experiment)


@dataclass(frozen=True)
class _Work:
    """The part of a training that every process takes part in."""

    plan: TrainingPlan
    report: Report | None
    should_stop: Callable[[], bool] | None
    checkpoint: Path | None

    def fit(self, report: Report | None) -> tuple[TrainedModel, TrainingLog]:
        taught, parent = self.plan.taught, self.plan.parent
        return fit(
            taught.data.snapshot,
            taught.design,
            self.plan.settings,
            rows=taught.rows,
            initial=self._named(model_of(parent), taught.design) if parent else None,
            checkpoint=self.checkpoint,
            report=report,
            should_stop=self.should_stop,
        )

    def _named(self, initial: TrainedModel, design: Design) -> TrainedModel:
        """The parent with the features that this model has too under their paths in this data.

        Its other features get names that are no paths, so that they are not taken for features of this data.
        """
        paths = dict(zip(self.plan.model.design.features, design.features, strict=True))

        def name(features: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(paths.get(feature, f"/{feature}") for feature in features)

        held = initial.design
        return replace(initial, design=replace(held, features=name(held.features), painted=name(held.painted)))


def _record(work: _Work, *, name: str | None, tags: Mapping[str, str], store: Store) -> ModelRun:
    plan = work.plan
    data, design = plan.taught.data, plan.model.design

    def begin(run_name: str, number: int) -> Recording:
        return start_run(
            plan.experiment,
            run_name,
            project=data,
            config=config_of(plan.settings, design),
            tags={**tags, **_lineage_tags(plan, None if REPRODUCES_TAG in tags else number)},
            measure=measure_of(plan.taught.design, {path: path for path in plan.taught.design.features}),
            store=store,
        )

    with begin_next(plan.model, begin, name=name) as recording, told_of_the_others():
        require_entry(plan.model)  # whoever deleted it meanwhile could not see this run; it would be without a model
        telling = Telling(recording, work.report)
        trained, log = work.fit(telling)
        recording.log_metric("training_rows", len(log.keys))
        found = predict_rows(
            trained,
            data.snapshot,
            min_confidence=LEAST_CONFIDENCE,
            nms_iou=NMS_IOU,
            device=plan.settings.device,
            threads=plan.settings.threads,
            report=telling,
        )
        require_entry(plan.model)
        recording.log_predictions(found.predictions)
        recording.log_embeddings(found.embeddings)
        save_model(replace(trained, design=design), recording.folder)
        story = _story(log, plan)
        story.write(recording.folder)
        recording.tell_progress(f"{story.epochs} epochs in {story.seconds:.0f} s")
    return recording.result


def measure_of(design: Design, paths: Mapping[str, str]) -> str:
    """What a run of a model is measured by.

    Of a model with both heads only what it finds are objects; what it paints is asked for with ``pixels:NAME``.

    Args:
        design: The model's.
        paths: Where each of its features, or some of them, stand in the run's ontology.
    """
    if design.task is Task.CLASSIFICATION:
        return f"{Measure.CLASSES}:{next(iter(paths.values())).rpartition('/')[0]}"
    measures = {Task.INSTANCE_SEGMENTATION: Measure.MASKS, Task.SEMANTIC_SEGMENTATION: Measure.PIXELS}
    only = [paths[name] for name in design.found_features if name in paths] if design.painted else []
    return str(Subject(measures.get(design.task, Measure.BOXES), only=tuple(only)))


def _lineage_tags(plan: TrainingPlan, number: int | None) -> dict[str, str]:
    data = plan.taught.data
    return {
        **plan.model.iteration_tags(),
        **code_tags(),
        **({PARENT_TAG: plan.parent.id} if plan.parent else {}),
        **({ITERATION_TAG: str(number)} if number is not None else {}),
        DATA_TAG: f"{data.project}@{data.name}",
    }


def _story(log: TrainingLog, plan: TrainingPlan) -> TrainingStory:
    return TrainingStory(
        batch=log.batch,
        epochs=log.epochs,
        seconds=round(log.seconds, 1),
        device=log.settings.device,
        threads=log.settings.threads,
        features=plan.model.design.features,
        rows=tuple(log.keys),
        epoch_losses=tuple(log.epoch_losses),
        scores=dict(log.scores),
        score_name=log.score_name,
        best_epoch=log.best_epoch or None,
        stopped_early=log.stopped_early,
        images_per_second=log.images_per_second,
        processes=log.world_size,
        step_losses=log.step_losses,
        notes=plan.taught.notes,
        paths=plan.taught.design.features,
    )
