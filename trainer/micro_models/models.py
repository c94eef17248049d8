"""The registry of micro-models: each has a title of its own, a design fixed for life, and its iterations."""

from __future__ import annotations

import difflib
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from trainer.learning.families import FAMILIES, ONLY_CLASSIFICATION, WITHOUT_FINEST, find_family, list_backbones
from trainer.micro_models.micro_model import (
    DESCRIPTION_TAG,
    DESIGN_FILE,
    DESIGN_PARAM,
    REGISTRY,
    MicroModel,
    read_model,
    registered_entries,
    require_confirmation,
    require_entry,
)
from trainer.records.argument_kinds import check_kinds
from trainer.records.design import FINEST_STRIDES, Design, Task
from trainer.records.errors import NameTakenError, NotFoundError, RecordError
from trainer.runs.lineage import MODEL_ID_TAG
from trainer.store import RunKind, Store, open_store
from trainer.store.experiments import check_name
from trainer.store.tags import LONGEST_PARAM, LONGEST_TAG

__all__ = [
    "MicroModel",
    "check_backbone",
    "check_words",
    "create_model",
    "delete_model",
    "get_model",
    "list_models",
    "update_model",
]

ORDERS = ("created", "title")

_SECONDS_TO_WAIT = 60.0  # for another process that is registering the same title
_SHORTEST_ID = 6
_TITLES_TOLD = 10


@check_kinds
def create_model(title: str, design: Design, *, description: str = "", store: Store | None = None) -> MicroModel:
    """Register a micro-model; asking again for the same title and design gives the one there is.

    Args:
        title: Unique; 1 to 200 characters without ``"``, ``\\`` and ``/``.
        design: Task, ordered features and backbone; it can never be changed.
        description: Any text up to 8,000 characters; of no effect where the model is there already.
        store: Where models are kept; see `open_store`.

    Raises:
        NameTakenError: If a model of another design has the title.
        RecordError: If the title or description cannot be kept, or there is no such backbone.
    """
    check_backbone(design)
    _check_title(title)
    store = store or open_store()
    given_up = time.monotonic() + _SECONDS_TO_WAIT
    while True:
        if (found := _titled(title, store)) is not None:
            _refuse_other_design(found, design)
            return found
        check_words(design)  # only now: one that an earlier version registered goes on
        try:
            return _register(title, design, description, store)
        except NameTakenError:  # another process is registering it, or just has
            if _titled(title, store) is None and time.monotonic() > given_up:
                raise
            time.sleep(0.05)


def check_backbone(design: Design) -> None:
    """Check that there is a backbone of that name, and that it serves the task.

    Raises:
        RecordError: If not.
    """
    family = find_family(design.backbone)
    if family is None:
        near = difflib.get_close_matches(design.backbone, list_backbones(), n=3, cutoff=0.5)
        said = ", ".join(near) or "one of each family: " + ", ".join(names[0] for names in FAMILIES.values())
        raise RecordError(f"There is no backbone {design.backbone!r}. There is {said}.")
    if family in ONLY_CLASSIFICATION and design.task is not Task.CLASSIFICATION:
        raise RecordError(f"{design.backbone} serves classification only; choose another backbone for {design.task}.")
    if family in WITHOUT_FINEST and design.task is not Task.CLASSIFICATION and design.stride == min(FINEST_STRIDES):
        raise RecordError(f"{design.backbone} cannot look at every {design.stride} pixels; choose stride 8.")


@check_kinds
def get_model(reference: str, *, store: Store | None = None) -> MicroModel:
    """The model of that title, id, or beginning of an id (six or more digits); tried in this order.

    Raises:
        NotFoundError: If there is none, or an id's beginning fits several.
    """
    store = store or open_store()
    found = _titled(reference, store) or _by_id(reference, store)
    if found is None:
        titles = [model.title for model in list_models(order="title", descending=False, store=store)]
        near = difflib.get_close_matches(reference, titles, n=3) or titles[:_TITLES_TOLD]
        others = f" and {len(titles) - len(near):,} more" if len(titles) > len(near) else ""
        raise NotFoundError(
            f"There is no model {reference!r}. There are: {', '.join(map(repr, near)) or 'none yet'}{others}."
        )
    return found


@check_kinds
def list_models(
    *, order: str = "created", descending: bool = True, search: str = "", store: Store | None = None
) -> list[MicroModel]:
    """All registered models.

    Args:
        order: ``created`` or ``title``; titles are ordered without regard to capitals.
        descending: The newest, or the last title, first.
        search: Only those with this text in the title, the description or a feature, without regard to capitals.
        store: Where models are kept; see `open_store`.

    Raises:
        RecordError: If there is no such order.
    """
    if order not in ORDERS:
        raise RecordError(f"Models are ordered by {' or '.join(ORDERS)}, not by {order!r}.")
    store = store or open_store()
    wanted = search.casefold()
    models = [
        model
        for model in (read_model(entry, store) for entry in registered_entries(store))
        if wanted in _searched_text(model)
    ]
    if order == "title":
        return sorted(models, key=lambda model: (model.title.casefold(), model.title), reverse=descending)
    return sorted(models, key=lambda model: model.created, reverse=descending)


@check_kinds
def update_model(model: MicroModel, *, title: str | None = None, description: str | None = None) -> MicroModel:
    """Change a model's title or description; its iterations and attachments stay with it.

    Returns:
        The model as it is now.

    Raises:
        NameTakenError: If another model has the title; then the description is not changed either.
        NotFoundError: If the model was deleted.
        RecordError: If a text cannot be kept.
    """
    entry = require_entry(model)
    if description is not None:
        _check_description(description)
    if title is not None:
        _check_title(title)
        if (other := _titled(title, model.store)) is not None and other.id != model.id:
            raise NameTakenError(f"There is a model {title!r} already ({other.id[:8]}). Choose another title.")
        model.store.rename(entry, title)
    if description is not None:
        model.store.set_tags(entry, {DESCRIPTION_TAG: description})
    return get_model(model.id, store=model.store)


@check_kinds
def delete_model(model: MicroModel, *, confirm: str) -> int:
    """Delete a model for ever, with its iterations, their weights, and its attachments.

    The model goes last: where it is interrupted, the model is still there and asking again deletes the rest.

    Args:
        model: The model.
        confirm: Its title, so that nothing is deleted by a slip.

    Returns:
        How many iterations were deleted, repetitions of them included.

    Raises:
        FrozenRunError: If an iteration is being trained, or another run refers to files of one; nothing is deleted.
        NotFoundError: If the model was deleted before.
        RecordError: If `confirm` is not its title; nothing is deleted.
    """
    entry = require_entry(model)
    require_confirmation(confirm, entry.name, f"model {entry.name!r}, its attachments and its iterations")
    return model.store.delete_for_ever([entry], tagged=(MODEL_ID_TAG, model.id)) - 1


def _register(title: str, design: Design, description: str, store: Store) -> MicroModel:
    _check_description(description)
    written = json.dumps(design.to_json(), ensure_ascii=False)
    writer = store.create_run(REGISTRY, title, kind=RunKind.MODEL, tags={DESCRIPTION_TAG: description})
    with writer.ended_on_error(), tempfile.TemporaryDirectory(prefix="modelruns-") as scratch:
        writer.log_params({"task": design.task.value, "backbone": design.backbone, "features": len(design.features)})
        if len(written) <= LONGEST_PARAM:  # a parameter can never change, and lists are quick with it
            writer.log_params({DESIGN_PARAM: written})
        folder = Path(scratch)
        (folder / DESIGN_FILE).parent.mkdir()
        (folder / DESIGN_FILE).write_text(json.dumps(design.to_json(), indent=2, ensure_ascii=False), encoding="utf-8")
        (folder / "README.md").write_text(_readme(title, design), encoding="utf-8")
        writer.add_folder(folder)
        sealed = writer.seal()
    return MicroModel(sealed.id, title, description, design, sealed.created, sealed.tags, store)


def _titled(title: str, store: Store) -> MicroModel | None:
    if '"' in title or "\\" in title:  # no model has such a title, and MLflow's search could not take it
        return None
    found = registered_entries(store, name=title)
    return read_model(found[0], store) if found else None


def _by_id(reference: str, store: Store) -> MicroModel | None:
    if len(reference) < _SHORTEST_ID or set(reference) - set("0123456789abcdef"):
        return None
    found = registered_entries(store, id_start=reference)
    if len(found) > 1:
        names = ", ".join(f"{entry.name} ({entry.id})" for entry in found[:5])
        raise NotFoundError(f"The ids of {len(found)} models begin with {reference!r}: {names}. Give more digits.")
    return read_model(found[0], store) if found else None


def _refuse_other_design(found: MicroModel, design: Design) -> None:
    if found.design == design:
        return
    there, here = asdict(found.design), asdict(design)
    said = "; ".join(
        f"{key} {_words(there[key])} instead of {_words(here[key])}" for key in here if there[key] != here[key]
    )
    raise NameTakenError(
        f"Model {found.title!r} exists with another design: it has {said}. A model's design is fixed for life; "
        f"choose another title."
    )


def _words(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)


def _check_title(title: str) -> None:
    if check_name(title, "a model") and "/" in title:
        raise RecordError(f"{title!r} cannot name a model: '/' stands between an experiment and a run.")


def check_words(design: Design) -> None:
    """Check what is not a matter of Design itself, so that models which earlier versions registered stay readable.

    Raises:
        RecordError: If a feature has no name, or the answers make no sense for the task.
    """
    if not all(name.strip() for name in design.features):
        raise RecordError("A feature has an empty name; name each by what it is, such as cell.")
    if design.several and design.task is not Task.CLASSIFICATION:
        raise RecordError(f"Several answers at once are a matter of {Task.CLASSIFICATION}, not of {design.task}.")
    if design.task is Task.CLASSIFICATION and not design.several and len(design.features) == 1:
        raise RecordError(
            f"A model that answers exactly one of its features has no choice with {design.features[0]!r} alone. Name "
            "what else the answer can be, such as its absence, or ask for several: each feature then holds or not."
        )


def _check_description(description: str) -> None:
    if len(description) > LONGEST_TAG:
        raise RecordError(
            f"The description has {len(description):,} characters; at most {LONGEST_TAG:,} are kept. Shorten it."
        )


def _searched_text(model: MicroModel) -> str:
    return "\n".join((model.title, model.description, *model.design.features)).casefold()


def _readme(title: str, design: Design) -> str:
    features = "\n".join(f"{number}. {name}" for number, name in enumerate(design.features, 1))
    return (
        f"# Micro-model {title}\n\n"
        f"- task: {design.task}\n- backbone: {design.backbone}\n- features, in the order of the network's outputs:\n\n"
        f"{features}\n\n"
        f"`{DESIGN_FILE}` holds the same for programs. It is fixed for the life of the model. The title is the one it "
        f"was registered under; the run's name is the present one. Its iterations are the runs with the tag "
        f"`{MODEL_ID_TAG}` of this run's id.\n"
    )
