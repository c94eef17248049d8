"""What a job is to train: the arguments of `trainer.train` as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from trainer.learning.settings import TrainingSettings
from trainer.records.design import Design
from trainer.records.errors import JobError

FORMAT = 1

Data = str | Mapping[str, Mapping[str, str | Sequence[str]]]
"""A project, or ``project@version``; or for several of them which of their features teach which of the model's."""


@dataclass(frozen=True)
class TrainingRequest:
    """A training that can be written down, and done later by another process.

    Attributes:
        data: What to train on; see `Data`. Without a version the newest is taken when the training begins.
        model: Title of the micro-model; its trainings are its iterations.
        experiment: The experiment to put the run into; the one of the model's title if left out.
        settings: How to train.
        design: What the model is, if it is not registered yet.
        name: Name of the run; ``<model>-<iteration>`` if left out.
        start_from: A run whose weights to start from: its reference, its number, or ``latest``.
        rows: Keys of the rows to train on; the training rows if left out.
        model_id: Id of the model, where it was registered when the job was asked for: whatever it is called later, and
            not another one that takes its title.
        repeats: Id of a run that is trained again, where that is all that is asked: it says itself how.

    Raises:
        JobError: If a text is missing, or is none.

    Example:
        >>> request = TrainingRequest("cells@v2", model="finder", experiment="cells")
        >>> TrainingRequest.from_json(request.to_json()) == request
        True
    """

    data: Data
    model: str = field(kw_only=True)
    experiment: str | None = field(default=None, kw_only=True)
    settings: TrainingSettings = field(default=TrainingSettings(), kw_only=True)
    design: Design | None = field(default=None, kw_only=True)
    name: str | None = field(default=None, kw_only=True)
    start_from: str | None = field(default=None, kw_only=True)
    rows: tuple[str, ...] | None = field(default=None, kw_only=True)
    model_id: str | None = field(default=None, kw_only=True)
    repeats: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        bad = [
            name
            for name in ("experiment", "name", "start_from", "model_id", "repeats")
            if not _is_text_or_none(getattr(self, name))
        ]
        if not _is_text(self.model):
            bad.append("model")
        if not (_is_text(self.data) or _is_mapping(self.data)):
            bad.append("data")
        if self.rows is not None and not all(isinstance(key, str) for key in self.rows):
            bad.append("rows")
        if bad:
            values = ", ".join(f"{name} is {getattr(self, name)!r}" for name in bad)
            raise JobError(
                f"This cannot be trained: {values}. Names are texts that are not empty; data is a project's name, or "
                "says for each project which of its features teach which of the model's."
            )

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads: texts, numbers, lists and dictionaries."""
        written = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return written | {
            "data": self.data if isinstance(self.data, str) else _copy(self.data),
            "settings": asdict(self.settings),
            "design": self.design.to_json() if self.design else None,
            "rows": None if self.rows is None else list(self.rows),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainingRequest:
        """The request that was written down.

        Raises:
            JobError: If a value is missing, or there is one of which nothing is known.
            RecordError: If the design is none.
            TrainingError: If a setting is out of its range.
        """
        unknown = sorted(values.keys() - {entry.name for entry in fields(cls)})
        if unknown:
            raise JobError(f"Nothing is known of {', '.join(unknown)}; the job was started by another version.")
        read = dict(values)
        try:
            read["settings"] = TrainingSettings.from_values(read.get("settings") or {})
            read["design"] = Design.from_json(read["design"]) if read.get("design") else None
            read["rows"] = None if read.get("rows") is None else tuple(read["rows"])
            return cls(**read)
        except (TypeError, KeyError, AttributeError) as error:
            raise JobError(f"A request cannot be read: {error}.") from error


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_text_or_none(value: object) -> bool:
    return value is None or _is_text(value)


def _is_mapping(value: object) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    names = [
        name for links in value.values() if isinstance(links, Mapping) for taught in links.values() for name in taught
    ]
    texts = all(_is_text(name) for name in (*value, *names))
    return texts and all(isinstance(links, Mapping) for links in value.values())


def _copy(data: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, dict[str, list[str]]]:
    """A feature that teaches a single one may be given as a text."""
    return {
        project: {path: [names] if isinstance(names, str) else list(names) for path, names in links.items()}
        for project, links in data.items()
    }
