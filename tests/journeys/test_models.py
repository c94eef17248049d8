"""A person in a real browser makes a model, trains it on chosen rows, watches its curve, says something about it, tries
it, keeps what it says about a project as a run, accepts what it found and deletes it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from trainer import Store

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SIZE = 64
_EPOCHS = 150  # long enough to be watched, on a quick machine too
_MINUTE = 60_000  # ms: a process of its own imports all of torch first


@pytest.fixture
def dashboard(store: Store, serve, tmp_path: Path) -> Iterator[str]:
    """The address of a dashboard on a store with the project `dots`, and no model."""
    _import_dots(store, tmp_path)
    with serve(store) as address:
        yield address


def _import_dots(store: Store, folder: Path) -> None:
    """Sixteen small pictures, each with one dark square; twelve of them for training."""
    from trainer.projects import save_version
    from trainer.records.annotations import Annotations
    from trainer.records.ontology import Ontology
    from trainer.records.rows import Rows
    from trainer.records.snapshot import Snapshot

    boxes = [(4 + 2 * number, 40 - 2 * number, 20, 16) for number in range(16)]
    paths = [folder / f"{number:02d}.png" for number in range(16)]
    for path, (left, top, width, height) in zip(paths, boxes, strict=True):
        picture = np.full((_SIZE, _SIZE, 3), 220, np.uint8)
        picture[top : top + height, left : left + width] = 30
        Image.fromarray(picture).save(path)
    rows = Rows.from_columns(
        keys=[path.name for path in paths],
        splits=["training"] * 12 + ["validation"] * 4,
        uris=[str(path) for path in paths],
        sha256s=[None] * 16,
        widths=[_SIZE] * 16,
        heights=[_SIZE] * 16,
        metadata=[{}] * 16,
    )
    truth = Annotations.from_columns(row=range(16), feature=[0] * 16, box=np.array(boxes, dtype=float))
    save_version("dots", Snapshot(Ontology.flat({"dot": "box"}), rows, truth), store=store)


def test_a_model_is_made_trained_watched_taken_away_tried_accepted_and_deleted(
    page: Page, dashboard: str, tmp_path: Path
) -> None:
    page.goto(f"{dashboard}/models")
    page.get_by_text("No model yet").wait_for(timeout=_MINUTE)
    _make(page, "dot-finder")
    _train(page)
    _watch(page)
    weights = _take_weights(page, tmp_path)

    assert zipfile.is_zipfile(weights)  # the form in which torch.save writes a state dict

    _note(page)
    _try(page, tmp_path / "00.png")
    _ask_about_the_project(page)
    _accept(page)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.get_by_role("heading", name="dot-finder").wait_for()
    _delete(page, "dot-finder")


def _make(page: Page, title: str) -> None:
    page.get_by_role("button", name="New model").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill(title)
    dialog.get_by_role("button", name="Create model").click()
    page.get_by_role("heading", name=title).wait_for(timeout=_MINUTE)
    page.wait_for_url(re.compile(r"model=[0-9a-f]{32}"))


def _train(page: Page) -> None:
    page.get_by_role("tab", name="Train").click()
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    epochs.fill(str(_EPOCHS))
    epochs.press("Enter")
    page.get_by_role("combobox", name="Image size").fill(str(_SIZE))
    page.get_by_role("combobox", name="Image size").press("Enter")
    page.get_by_text("Chosen rows", exact=True).click()
    page.get_by_label("Keys of the rows").fill("\n".join(f"{number:02d}.png" for number in range(10)))
    page.get_by_label("Keys of the rows").blur()
    page.get_by_text("10 rows chosen").wait_for()
    page.get_by_role("button", name="Start training").click()


def _watch(page: Page) -> None:
    page.get_by_text(re.compile(rf"epoch \d+ of {_EPOCHS} · loss")).first.wait_for(timeout=3 * _MINUTE)
    page.locator(".js-plotly-plot").get_by_text("Loss", exact=True).filter(visible=True).first.wait_for()
    page.get_by_text("the training has finished").first.wait_for(timeout=3 * _MINUTE)
    page.get_by_text("dot-finder-1", exact=True).first.wait_for()


def _take_weights(page: Page, folder: Path) -> Path:
    page.get_by_role("tab", name="Iterations").click()
    page.locator(".js-plotly-plot").first.get_by_text("dot-finder-1").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Weights .pt").click()
    download.value.save_as(folder / "weights.pt")
    return folder / "weights.pt"


def _note(page: Page) -> None:
    page.get_by_role("button", name="Notes").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("the first of its kind")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_text("the first of its kind").first.wait_for(timeout=_MINUTE)


def _ask_about_the_project(page: Page) -> None:
    page.get_by_text("A project", exact=True).click()
    page.get_by_role("button", name="Predict and keep as a run").click()
    page.get_by_text("Predicted by dot-finder-1").wait_for(timeout=3 * _MINUTE)
    page.get_by_text("16 rows of dots@v1").wait_for()


def _try(page: Page, picture: Path) -> None:
    page.get_by_role("tab", name="Try").click()
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_role("button", name="Predict").click()
    page.get_by_text("dot-finder-1 on 1 picture").wait_for(timeout=_MINUTE)
    page.get_by_text(f"{picture.name}: ").wait_for()


def _accept(page: Page) -> None:
    page.get_by_role("tab", name="Iterations").click()
    page.get_by_role("button", name="Accept predictions").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Replace it").click()
    dialog.get_by_role("button", name="Accept predictions").click()
    dialog.get_by_text("has version v2 now").wait_for(timeout=_MINUTE)
    dialog.get_by_role("button", name="Close").click()


def _delete(page: Page, title: str) -> None:
    page.get_by_role("tab", name="Danger zone").click()
    field = page.get_by_label("To delete the model for ever")
    field.fill("something else")
    page.get_by_role("button", name="Delete model").click()
    page.get_by_text("Nothing was deleted").wait_for()
    field.fill(title)
    page.get_by_role("button", name="Delete model").click()
    page.get_by_text("No model yet").wait_for(timeout=_MINUTE)
