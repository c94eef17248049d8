"""Which run answers for a model, and which files it looks at: found, or refused, before anything heavy is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from trainer.micro_models.micro_model import MicroModel
from trainer.micro_models.models import get_model
from trainer.predictions.predicted import Source
from trainer.records.errors import NotFoundError
from trainer.records.wording import count
from trainer.runs.model_runs import ModelRun, open_run
from trainer.store import Store, open_store


def find_run(model: str | MicroModel | ModelRun, *, iteration: str | int = "", store: Store | None = None) -> ModelRun:
    """The run whose weights answer for a model.

    Args:
        model: A run; a registered model; or a title, an id, or a reference to a run. A model of that title comes first.
        iteration: Name, id or number of the model's iteration; the newest finished one when left out.
        store: Where runs are kept; see `open_store`.

    Raises:
        NotFoundError: If there is none.
    """
    if isinstance(model, ModelRun):
        return model
    if isinstance(model, MicroModel):
        return open_run(model.iteration(iteration).id, store=model.store)
    store = store or open_store()
    try:
        registered = get_model(model, store=store)
    except NotFoundError as no_model:
        try:
            return open_run(model, store=store)
        except NotFoundError as no_run:
            raise NotFoundError(f"{no_model} Nor is it a run: {no_run}") from no_run
    return open_run(registered.iteration(iteration).id, store=store)


def find_sources(paths: Iterable[str | Path | Source]) -> list[Source]:
    """The pictures and videos among files, and in folders with all that is below them, in the order of their names.

    A file is called by its name, one of a folder by its place below that. Where two would be called the same, each is
    called by its whole path. What is named twice is looked at once.

    Raises:
        NotFoundError: If there is no such file, or nothing in a folder.
    """
    listed = [source for path in paths for source in ([path] if isinstance(path, Source) else _files_of(Path(path)))]
    found = tuple(dict.fromkeys(listed))
    called = Counter(source.name for source in found)
    return [one if called[one.name] == 1 else replace(one, name=one.path.as_posix()) for one in found]


def _files_of(path: Path) -> list[Source]:
    if path.is_file():
        return [Source(path.name, path)]
    if not path.is_dir():
        raise NotFoundError(f"There is no file or folder {path}.")
    files = [Source(file.relative_to(path).as_posix(), file) for file in sorted(path.rglob("*")) if file.is_file()]
    usable = [source for source in files if source.is_video or source.is_picture]
    if not usable:
        raise NotFoundError(f"Folder {path} holds no picture or video among its {count(len(files), 'file')}.")
    return usable
