"""What a training will do, decided and checked before any of it is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from trainer.learning.families import list_weights
from trainer.learning.inheritance import inherit
from trainer.learning.settings import TrainingSettings
from trainer.micro_models.designing import design_for
from trainer.micro_models.iterations import check_place, choose_parent
from trainer.micro_models.lessons import TeachingMap, open_named
from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.models import check_backbone, check_words, create_model, get_model
from trainer.micro_models.saved_configs import open_config
from trainer.micro_models.teaching import Gathered, Taught, gather, keep_taught
from trainer.projects import DataVersion
from trainer.records import layout
from trainer.records.config import RunConfig
from trainer.records.design import Design
from trainer.records.errors import NotFoundError, RecordError, TrainingError
from trainer.records.rows import Rows
from trainer.runs.model_runs import ModelRun
from trainer.store import Store

DESIGN_KEYS = ("task", "features", "several", "painted")
"""What the config of a run says of its model's design, beside the backbone and stride that settings once held."""


@dataclass(frozen=True)
class TrainingPlan:
    """A training that can begin.

    Attributes:
        model: Registered by now.
        taught: What it learns from.
        settings: How.
        parent: The run whose weights it starts from.
        experiment: Where the run goes.
    """

    model: MicroModel
    taught: Taught
    settings: TrainingSettings
    parent: ModelRun | None
    experiment: str


@dataclass(frozen=True)
class CheckedPlan:
    """A training that nothing speaks against that can be known without looking at a picture; nothing of it is kept yet.

    Attributes:
        known: The model, if it is registered.
        title: The model's.
        design: The model's.
        gathered: What it learns from.
        settings: How.
        parent: The run whose weights it starts from.
        experiment: Where the run goes.
    """

    known: MicroModel | None
    title: str
    design: Design
    gathered: Gathered
    settings: TrainingSettings
    parent: ModelRun | None
    experiment: str

    def keep(self, store: Store) -> TrainingPlan:
        """Keep the data, and register the model."""
        taught = keep_taught(self.gathered, title=self.title, store=store)
        model = self.known or create_model(self.title, self.design, store=store)
        return TrainingPlan(model, taught, self.settings, self.parent, self.experiment)


def check_plan(
    data: str | DataVersion | TeachingMap,
    *,
    model: str | MicroModel,
    settings: TrainingSettings,
    experiment: str | None = None,
    name: str | None = None,
    design: Design | None = None,
    start_from: str | int | ModelRun | None = None,
    rows: Collection[str] | None = None,
    store: Store,
) -> CheckedPlan:
    """Check all that can be checked without looking at a picture; nothing is registered or kept.

    The arguments are those of `trainer.micro_models.training.train`.

    Raises:
        NameTakenError: If the experiment has a run of that name, or the model another design.
        NotFoundError: If there is no such project, version, run or iteration.
        RecordError: If a name cannot be kept.
        StoreError: If the store may only be read.
        TrainingError: If the mapping is wrong, there is too little to learn from, or a row's picture is not there.
    """
    store.location.refuse_read_only()
    known = _known(model, design, store)
    title = known.title if known else str(model)
    check_place(experiment or title, name, store=store)
    source = open_named(data, store=store) if isinstance(data, str) else data
    planned = known.design if known else design or design_for(source, least=settings.min_annotations)
    if known is None:
        check_backbone(planned)
        check_words(planned)
    parent = choose_parent(start_from, known, store=store)
    notes = _check_start(parent, planned, settings)
    gathered = gather(
        planned,
        source,
        keys=rows,
        training_rows=settings.training_rows,
        min_annotations=settings.min_annotations,
        store=store,
    )
    _require_files(gathered.snapshot.rows)
    gathered = replace(gathered, notes=(*gathered.notes, *notes))
    return CheckedPlan(known, title, planned, gathered, settings, parent, experiment or title)


def _require_files(rows: Rows) -> None:
    """The trained model looks at every row: a file that is gone would end the training when all else is done."""
    gone = [row for row, uri in enumerate(rows.uris) if rows.texts[row] is None and not (uri and Path(uri).is_file())]
    if gone:
        first = gone[0]
        place = f"there is no file {rows.uris[first]}" if rows.uris[first] else "only its size is known"
        raise TrainingError(
            f"{len(gone):,} of {len(rows):,} rows have no picture; first: {rows.keys[first]!r}, {place}. Put the "
            "pictures back, or import the project again with the folder they are in."
        )


def _check_start(parent: ModelRun | None, design: Design, settings: TrainingSettings) -> tuple[str, ...]:
    """What the network shall start from exists and fits; what of it goes on, where that is not all of it."""
    if parent is None:
        if settings.pretrained not in list_weights(design.backbone):
            raise TrainingError(
                f"{design.backbone} has no pretrained weights {settings.pretrained!r}; it has: "
                f"{', '.join(list_weights(design.backbone))}."
            )
        return ()
    if not parent.stored.has(layout.WEIGHTS):
        raise NotFoundError(
            f"Run {parent.name!r} holds no weights to start from; only runs made by training have them."
        )
    known = design.to_json()
    held = Design.from_json(known | {name: value for name, value in parent.config.values.items() if name in known})
    inherited = inherit(held, design)
    return () if held == design else (f"{inherited} The weights are those of run {parent.name}.",)


def choose_settings(
    settings: TrainingSettings | None, config: str | RunConfig | None, *, store: Store
) -> TrainingSettings:
    """The settings that were given, else those of a config, else the defaults.

    Raises:
        NotFoundError: If there is no config of that name.
        RecordError: If both were given.
        TrainingError: If the config holds settings that no version knows, or that lie outside their ranges.
    """
    if config is None:
        return settings or TrainingSettings()
    if settings is not None:
        raise RecordError("Settings and a saved config were both given; take one of them.")
    return settings_from(config, store=store)


def settings_from(config: str | RunConfig, *, store: Store) -> TrainingSettings:
    """The settings of a saved config, by its name, or of a run's config.

    Raises:
        NotFoundError: If there is no config of that name.
        TrainingError: If it holds settings that no version knows.
    """
    values: Mapping[str, object] = (open_config(config, store=store) if isinstance(config, str) else config).values
    return TrainingSettings.from_values({name: value for name, value in values.items() if name not in DESIGN_KEYS})


def config_of(settings: TrainingSettings, design: Design) -> RunConfig:
    """The config that a run keeps: how it was trained, and the design that cannot change."""
    made_of = {
        name: value for name, value in design.to_json().items() if name not in {f.name for f in fields(settings)}
    }
    return RunConfig({**settings.to_config().values, **made_of})


def _known(model: str | MicroModel, design: Design | None, store: Store) -> MicroModel | None:
    if isinstance(model, str):
        try:
            model = get_model(model, store=store)
        except NotFoundError:
            return None
    if design is not None:
        create_model(model.title, design, store=store)  # another design is refused, with the difference
    return model
