"""What a job is to train: the arguments of `trainer.train` as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from trainer.learning.settings import TrainingSettings
from trainer.records.errors import JobError

FORMAT = 1


@dataclass(frozen=True)
class TrainingRequest:
    """A training that can be written down, and done later by another process.

    Attributes:
        project: Name of the project to train on.
        model: Name of the micro-model; its trainings are its iterations.
        experiment: The experiment to put the run into.
        settings: How to train.
        version: Data version of the project; the newest when the training begins, if left out.
        name: Name of the run; ``<model>-<iteration>`` if left out.
        start_from: A run whose weights to start from.

    Raises:
        JobError: If a text is missing, or is none.

    Example:
        >>> request = TrainingRequest("cells", model="finder", experiment="cells")
        >>> TrainingRequest.from_json(request.to_json()) == request
        True
    """

    project: str
    model: str = field(kw_only=True)
    experiment: str = field(kw_only=True)
    settings: TrainingSettings = field(default=TrainingSettings(), kw_only=True)
    version: str | None = field(default=None, kw_only=True)
    name: str | None = field(default=None, kw_only=True)
    start_from: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        needed, spare = ("project", "model", "experiment"), ("version", "name", "start_from")
        bad = [name for name in needed if not isinstance(getattr(self, name), str) or not getattr(self, name).strip()]
        bad += [name for name in spare if not isinstance(getattr(self, name), str | None)]
        if bad:
            values = ", ".join(f"{name} is {getattr(self, name)!r}" for name in bad)
            raise JobError(f"This cannot be trained: {values}. Names are texts that are not empty.")

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads: texts, numbers, lists and dictionaries."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainingRequest:
        """The request that was written down.

        Raises:
            JobError: If a value is missing, or there is one of which nothing is known.
            TrainingError: If a setting is out of its range.
        """
        unknown = sorted(values.keys() - {entry.name for entry in fields(cls)})
        settings = values.get("settings", {})
        unknown += sorted(settings.keys() - {entry.name for entry in fields(TrainingSettings)})
        if unknown:
            raise JobError(f"Nothing is known of {', '.join(unknown)}; the job was started by another version.")
        try:
            return cls(**{**values, "settings": TrainingSettings(**settings)})
        except TypeError as error:
            raise JobError(f"A request cannot be read: {error}.") from error
