"""A store with models, and the Models page on it, without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from trainer import Store
from trainer.micro_models.micro_model import MicroModel
from trainer.projects import DataVersion
from trainer.store import RunEntry

SECONDS = 300


@dataclass(frozen=True)
class Workshop:
    """A store with a project and models.

    Attributes:
        store: The store.
        data: The project's version: `digits`, 24 scenes.
        finder: A model for detection with three finished iterations and one that failed.
        painter: A model that was never trained.
    """

    store: Store
    data: DataVersion
    finder: MicroModel
    painter: MicroModel

    @property
    def finished(self) -> list[RunEntry]:
        return [run for run in reversed(self.finder.iterations()) if run.is_sealed]


@pytest.fixture(scope="session")
def workshop(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Models whose trainings were drawn, not learned. For tests that only read."""
    import trainer
    from trainer.demo_scenes import make_digit_scenes
    from trainer.micro_models.models import create_model
    from trainer.records.design import Design, Task

    folder = tmp_path_factory.mktemp("workshop")
    shutil.copytree(empty_store, folder / "mlruns")
    store = trainer.open_store(folder / "mlruns")
    truth = make_digit_scenes(folder / "digits", scenes=24)
    data = trainer.import_project("digits", truth, format="coco", split="50/30/20", store=store).version
    features = data.snapshot.ontology.paths[:3]
    finder = create_model("finder", Design(Task.DETECTION, features), description="Finds *digits*.", store=store)
    painter = create_model("painter", Design(Task.SEMANTIC_SEGMENTATION, ("road", "sky")), store=store)
    for number in (1, 2, 3):
        draw_iteration(store, finder, data, number)
    fail_iteration(store, finder, data, 4)
    yield Workshop(store, data, finder, painter)
    store.close()


def draw_iteration(store: Store, model: MicroModel, data: DataVersion, number: int) -> str:
    """Seal a run as if it had been trained; returns its id."""
    import trainer
    from trainer.runs.lineage import ITERATION_TAG
    from trainer.runs.training_story import TrainingStory

    tags = {**model.iteration_tags(), ITERATION_TAG: str(number)}
    config = trainer.RunConfig({"epochs": 5, "batch": 4, "image_size": 64})
    name = f"{model.title}-{number}"
    with trainer.start_run("digits", name, project=data, store=store, config=config, tags=tags) as run:
        truth = data.snapshot.truth
        run.log_predictions(truth.from_columns(row=truth.row, feature=truth.feature, box=truth.box, confidence=None))
        losses = tuple(float(loss) for loss in np.linspace(3, 1 / number, 5))
        run.log_metric("training_rows", 12)
        run.log_metric("loss", losses[-1], step=5)
        TrainingStory(
            batch=4,
            epochs=5,
            seconds=80.0,
            device="cpu",
            threads=1,
            features=model.design.features,
            rows=tuple(data.snapshot.rows.keys[:12]),
            epoch_losses=losses,
            scores={2: 0.1, 4: 0.2 * number},
            best_epoch=4,
        ).write(run.folder)
        (run.folder / "model").mkdir()
        (run.folder / "model" / "weights.pt").write_bytes(b"weights")
    return run.result.id


def fail_iteration(store: Store, model: MicroModel, data: DataVersion, number: int) -> None:
    """Leave a run that failed as a training fails."""
    import trainer

    with (
        pytest.raises(ValueError, match="no number"),
        trainer.start_run("digits", f"{model.title}-{number}", project=data, store=store, tags=model.iteration_tags()),
    ):
        raise ValueError("the loss is no number")


def _draw_page() -> None:
    import streamlit as st

    from dashboard import models_page

    models_page.render(lambda baseline, candidate: st.session_state.update(compared=(baseline, candidate)))


@pytest.fixture
def press() -> Callable[[AppTest, str], AppTest]:
    """Presses the button that says so, and lets the page draw itself anew."""

    def press_it(page: AppTest, label: str) -> AppTest:
        return next(one for one in page.button if one.label == label).click().run()

    return press_it


@pytest.fixture
def said() -> Callable[[AppTest], str]:
    """Every text of a page, a line each."""

    def read(page: AppTest) -> str:
        kinds = (page.markdown, page.caption, page.info, page.warning, page.error, page.subheader, page.header)
        return "\n".join(str(one.value) for kind in kinds for one in kind)

    return read


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Opens the Models page, or a part of it, on a store and with an address; caches are emptied before and after."""

    def open_it(store: Store, part: Callable[[], None] = _draw_page, **address: str) -> AppTest:
        _clear()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
        page = AppTest.from_function(part, default_timeout=SECONDS)
        for name, value in address.items():
            page.query_params[name] = value
        return page.run()

    yield open_it
    _clear()


def _clear() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
