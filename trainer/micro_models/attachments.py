"""Attachments: a micro-model linked to a project: what its features are called there, and which iterations count."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from trainer.micro_models.feature_mapping import check_mapping, map_by_name
from trainer.micro_models.micro_model import MicroModel, require_entry
from trainer.micro_models.models import get_model, list_models
from trainer.projects import read_ontology
from trainer.records.argument_kinds import check_kinds
from trainer.records.errors import NameTakenError, NotFoundError, RecordError
from trainer.store import RunEntry, Store, open_store
from trainer.store.tags import LONGEST_TAG

LATEST, ALL = "latest", "all"
_TAG = "trainer.attachment."

Policy = str | Sequence[str]


@dataclass(frozen=True)
class Attachment:
    """A model linked to a project.

    Attributes:
        model: The model.
        project: Name of the project.
        mapping: From a feature of the model to the path of a feature of the project's ontology, in the model's order.
        policy: ``latest``, ``all``, or the ids of the chosen iterations.
        changed: When it was made or last changed.
    """

    model: MicroModel
    project: str
    mapping: Mapping[str, str]
    policy: str | tuple[str, ...]
    changed: datetime

    def __str__(self) -> str:
        return f"{self.model.title} on {self.project}"


@check_kinds
def attach(
    model: MicroModel, project: str, mapping: Mapping[str, str] | None = None, *, policy: Policy = LATEST
) -> Attachment:
    """Link a model to a project; asking again for the same gives the link there is.

    Args:
        model: The model.
        project: Name of the project.
        mapping: From a feature of the model to the path of one of the project's ontology; those left out take no part.
            Left out as a whole, each feature is linked to the one of its name.
        policy: Which iterations to use: ``latest``, ``all``, or a list of names or ids of finished iterations.

    Raises:
        NameTakenError: If the model is linked to the project otherwise; `update_attachment` changes that.
        NotFoundError: If there is no such project, feature or iteration, or the model was deleted.
        RecordError: If a feature's kind does not fit the model's task, or there is no such policy.
    """
    ontology = read_ontology(project, store=model.store)
    if mapping is None:
        mapping = map_by_name(model.design, ontology)
        if not mapping:
            raise RecordError(
                f"No feature of model {model.title!r} ({', '.join(model.design.features)}) has the name of a fitting "
                f"one of project {project!r} ({', '.join(ontology.paths)}). Say which is which with a mapping."
            )
    checked = check_mapping(model.design, ontology, mapping, project=project)
    chosen = _checked_policy(model, policy)
    for there in list_attachments(model=model, project=project):
        _refuse_other(there, checked, chosen)
        return there
    return _write(model, project, checked, chosen)


@check_kinds
def list_attachments(
    *, model: MicroModel | str | None = None, project: str | None = None, store: Store | None = None
) -> list[Attachment]:
    """Links of models to projects, the last changed first.

    Args:
        model: Only of this model, or the one of this title or id.
        project: Only to this project.
        store: Where models are kept; that of `model` when that is one. See `open_store`.

    Raises:
        NotFoundError: If there is no such model, or it was deleted.
    """
    if isinstance(model, MicroModel):
        require_entry(model)
        store = model.store
    store = store or open_store()
    reference = model.id if isinstance(model, MicroModel) else model
    models = list_models(store=store) if reference is None else [get_model(reference, store=store)]
    found = [_read(one, text) for one in models for tag, text in one.tags.items() if tag.startswith(_TAG)]
    wanted = [attachment for attachment in found if project in (None, attachment.project)]
    return sorted(wanted, key=lambda attachment: attachment.changed, reverse=True)


@check_kinds
def update_attachment(
    model: MicroModel, project: str, *, mapping: Mapping[str, str] | None = None, policy: Policy | None = None
) -> Attachment:
    """Change what a model's features are called in a project, or which iterations count; what is left out stays.

    Raises:
        NotFoundError: If the model is not linked to the project, or there is no such feature or iteration.
        RecordError: If a feature's kind does not fit the model's task, or there is no such policy.
    """
    there = get_attachment(model, project)
    if mapping is not None:
        mapping = check_mapping(model.design, read_ontology(project, store=model.store), mapping, project=project)
    chosen = there.policy if policy is None else _checked_policy(model, policy)
    return _write(model, project, there.mapping if mapping is None else mapping, chosen)


@check_kinds
def get_attachment(model: MicroModel, project: str) -> Attachment:
    """The link of a model to a project.

    Raises:
        NotFoundError: If there is none.
    """
    links = list_attachments(model=model)
    for attachment in links:
        if attachment.project == project:
            return attachment
    projects = ", ".join(repr(attachment.project) for attachment in links)
    raise NotFoundError(
        f"Model {model.title!r} is not attached to project {project!r}; it is attached to {projects or 'none'}."
    )


def attached_features(model_id: str | None, project: str, *, store: Store) -> Mapping[str, str]:
    """From a model's features to a project's paths, as it is attached; empty where it is not, or is no model."""
    if model_id is None:
        return {}
    try:
        return get_attachment(get_model(model_id, store=store), project).mapping
    except NotFoundError:
        return {}


@check_kinds
def detach(model: MicroModel, project: str) -> None:
    """Take a model off a project; the model, its iterations and the project stay as they are.

    Raises:
        NotFoundError: If it is not linked to the project.
    """
    get_attachment(model, project)
    model.store.set_tags(require_entry(model), {}, without=[_tag_of(project)])


@check_kinds
def iterations_of(attachment: Attachment) -> list[RunEntry]:
    """The finished iterations that an attachment means.

    Returns:
        The newest; all, newest first; or the chosen ones, as chosen. Empty where the model has no finished iteration.

    Raises:
        NotFoundError: If a chosen one was deleted.
    """
    finished = [run for run in attachment.model.iterations() if run.is_sealed]
    if attachment.policy == LATEST:
        return finished[:1]
    if attachment.policy == ALL:
        return finished
    by_id = {run.id: run for run in attachment.model.trainings() if run.is_sealed}
    gone = [run_id for run_id in attachment.policy if run_id not in by_id]
    if gone:
        raise NotFoundError(
            f"{len(gone)} of {len(attachment.policy)} iterations chosen for {attachment} were deleted; first: "
            f"{gone[0]}. Choose again with update_attachment, or modelruns attachments update."
        )
    return [by_id[run_id] for run_id in attachment.policy]


def _checked_policy(model: MicroModel, policy: Policy) -> str | tuple[str, ...]:
    if policy in (LATEST, ALL):
        return str(policy)
    if isinstance(policy, str):
        raise RecordError(f"There is no policy {policy!r}; there are {LATEST!r}, {ALL!r}, and a list of iterations.")
    if not policy:
        raise RecordError(f"No iteration was chosen; name at least one, or use {LATEST!r} or {ALL!r}.")
    return tuple(dict.fromkeys(model.iteration(reference).id for reference in policy))


def _refuse_other(there: Attachment, mapping: Mapping[str, str], policy: str | tuple[str, ...]) -> None:
    changed = [name for name in there.model.design.features if there.mapping.get(name) != mapping.get(name)]
    said = [
        f"{name!r} is linked to {_or_nothing(there.mapping, name)}, not {_or_nothing(mapping, name)}"
        for name in changed
    ]
    if there.policy != policy:
        said.append(f"it uses {_policy_words(there.policy)}, not {_policy_words(policy)}")
    if said:
        raise NameTakenError(
            f"Model {there.model.title!r} is attached to project {there.project!r} otherwise: {'; '.join(said[:3])}. "
            "Change that with update_attachment, or modelruns attachments update."
        )


def _or_nothing(mapping: Mapping[str, str], name: str) -> str:
    return repr(mapping[name]) if name in mapping else "nothing"


def _policy_words(policy: str | tuple[str, ...]) -> str:
    return policy if isinstance(policy, str) else ", ".join(run_id[:8] for run_id in policy)


def _tag_of(project: str) -> str:
    """A name that MLflow takes for a tag; project names may hold characters that it does not."""
    return _TAG + hashlib.sha256(project.encode()).hexdigest()[:16]


def _write(model: MicroModel, project: str, mapping: Mapping[str, str], policy: str | tuple[str, ...]) -> Attachment:
    changed = datetime.now(UTC)
    value = {"project": project, "mapping": dict(mapping), "policy": policy, "changed": changed.isoformat()}
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > LONGEST_TAG:
        raise RecordError(
            f"Linking {len(mapping):,} features of model {model.title!r} takes {len(text):,} characters; at most "
            f"{LONGEST_TAG:,} are kept. Link fewer of them, or choose fewer iterations."
        )
    model.store.set_tags(require_entry(model), {_tag_of(project): text})
    return Attachment(get_model(model.id, store=model.store), project, dict(mapping), policy, changed)


def _read(model: MicroModel, text: str) -> Attachment:
    value = json.loads(text)
    policy = value["policy"]
    changed = datetime.fromisoformat(value["changed"])
    policy = policy if isinstance(policy, str) else tuple(policy)
    return Attachment(model, value["project"], value["mapping"], policy, changed)
