"""Projects: every edit a version, equal content the same version."""

from __future__ import annotations

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from PIL import Image

import trainer
from trainer import Snapshot, Store, StoreError
from trainer.formats.foreign import ForeignTruth
from trainer.project_edits import edit_project
from trainer.project_imports import READERS
from trainer.store import RunKind

COCO: dict[str, Any] = {
    "images": [{"id": i, "file_name": f"{i}.png", "width": 40, "height": 30} for i in range(1, 21)],
    "categories": [{"id": 1, "name": "car"}],
    "annotations": [{"id": 1, "image_id": 3, "category_id": 1, "bbox": [1, 2, 10, 10], "area": 100, "iscrowd": 0}],
}


def _write(folder: Path, **changes: object) -> Path:
    path = folder / "instances.json"
    path.write_text(json.dumps({**COCO, **changes}), encoding="utf-8")
    return path


def test_importing_equal_content_again_makes_no_new_version(store: Store, tmp_path: Path) -> None:
    first = trainer.import_project("street", _write(tmp_path), format="coco", store=store)
    second = trainer.import_project("street", _write(tmp_path), format="coco", store=store)

    assert (first.version.name, first.is_new) == ("v1", True)
    assert (second.version.name, second.is_new) == ("v1", False)


def test_an_edit_makes_a_new_version_and_keeps_the_old_one(store: Store, tmp_path: Path) -> None:
    old = trainer.import_project("street", _write(tmp_path), format="coco", store=store).version
    new = trainer.import_project("street", _write(tmp_path, annotations=[]), format="coco", store=store).version

    assert new.name == "v2"
    assert trainer.open_version("street", store=store).snapshot.digest == new.snapshot.digest
    assert trainer.open_version("street", version="v1", store=store).snapshot.digest == old.snapshot.digest
    assert trainer.open_version("street", version=old.snapshot.digest[:8], store=store).name == "v1"


def test_a_refused_import_changes_nothing(store: Store, tmp_path: Path) -> None:
    bad = [{"id": 1, "image_id": 99, "category_id": 1, "bbox": [1, 2, 10, 10]}]
    with pytest.raises(trainer.ImportRefusedError, match="99"):
        trainer.import_project("street", _write(tmp_path, annotations=bad), format="coco", store=store)

    with pytest.raises(trainer.NotFoundError, match="no project 'street'"):
        trainer.open_version("street", store=store)


def test_rows_are_split_by_share(store: Store, tmp_path: Path) -> None:
    whole = trainer.import_project("street", _write(tmp_path), format="coco", split="0/1/0", store=store).version

    assert whole.snapshot.rows.split_sizes() == {"validation": 20}


def test_an_unknown_version_names_those_there_are(store: Store, tmp_path: Path) -> None:
    trainer.import_project("street", _write(tmp_path), format="coco", store=store)

    with pytest.raises(trainer.NotFoundError, match="It has: v1"):
        trainer.open_version("street", version="v7", store=store)


def test_importing_earlier_content_again_makes_it_the_newest(store: Store, tmp_path: Path) -> None:
    first = trainer.import_project("street", _write(tmp_path), format="coco", store=store).version
    trainer.import_project("street", _write(tmp_path, annotations=[]), format="coco", store=store)
    again = trainer.import_project("street", _write(tmp_path), format="coco", store=store)

    assert (again.version.name, again.is_new) == ("v3", True)
    assert trainer.open_version("street", store=store).snapshot.digest == first.snapshot.digest


def test_moved_pictures_are_found_again_by_importing_them(store: Store, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "1.png")
    here = _write(tmp_path, images=COCO["images"][:1], annotations=[])
    old = trainer.import_project("street", here, format="coco", images=tmp_path, store=store).version
    (tmp_path / "moved").mkdir()
    (tmp_path / "1.png").rename(tmp_path / "moved" / "1.png")
    new = trainer.import_project("street", here, format="coco", images=tmp_path / "moved", store=store).version

    assert new.snapshot.digest == old.snapshot.digest
    assert new.snapshot.rows.uris == (str(tmp_path / "moved" / "1.png"),)


def test_rows_logged_with_a_run_leave_a_project_of_that_name_alone(store: Store, tmp_path: Path) -> None:
    data = trainer.import_project("street", _write(tmp_path), format="coco", store=store).version
    with trainer.start_run("street", "rows", store=store) as run:
        run.log_row("a", size=(10, 10), truth=[trainer.Box("car", 0, 0, 5, 5)])

    assert trainer.open_version("street", store=store).snapshot.digest == data.snapshot.digest


def test_an_import_never_replaces_what_came_while_it_was_read(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trainer.import_project("street", _write(tmp_path), format="coco", store=store).version
    read = READERS["coco"]

    def read_slowly(*paths: Path, **options: Any) -> ForeignTruth:
        edited = Snapshot(first.snapshot.ontology, first.snapshot.rows, first.snapshot.truth.take(np.arange(0)))
        edit_project("street", lambda _: edited, store=store)  # somebody else, meanwhile
        return read(*paths, **options)

    moved = [{**COCO["annotations"][0], "bbox": [2, 2, 10, 10]}]
    monkeypatch.setitem(READERS, "coco", read_slowly)
    with pytest.raises(trainer.NameTakenError, match=r"Nothing was imported.*'street' has v2 by now.*import again"):
        trainer.import_project("street", _write(tmp_path, annotations=moved), format="coco", store=store)
    monkeypatch.setitem(READERS, "coco", read)

    assert trainer.open_version("street", store=store).name == "v2"
    assert trainer.import_project("street", _write(tmp_path, annotations=moved), format="coco", store=store).is_new


def test_equal_imports_at_the_same_moment_make_one_version(store: Store, tmp_path: Path) -> None:
    path = _write(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(trainer.import_project, "street", path, format="coco", store=store) for _ in range(3)]
        versions = [one.result().version.name for one in asked]

    assert versions == ["v1"] * 3


def test_of_different_imports_at_the_same_moment_one_is_refused(store: Store, tmp_path: Path) -> None:
    paths = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        moved = [{**COCO["annotations"][0], "bbox": [number, 2, 10, 10]}]
        paths.append(_write(tmp_path / str(number), annotations=moved))
    both_have_read = Barrier(2)

    def take(path: Path) -> str:
        def wait(stage: str, done: int, total: int) -> None:
            if stage == "reading pictures" and done == total:
                both_have_read.wait(timeout=300)

        try:
            return trainer.import_project("street", path, format="coco", store=store, report=wait).version.name
        except trainer.NameTakenError as refused:
            return str(refused)[:20]

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(take, paths))

    assert outcomes == ["Nothing was imported", "v1"]


def test_a_version_that_cannot_be_written_gives_its_number_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("trainer.store.places.copy_hashed", _full_disk)
        with pytest.raises(StoreError, match="No space left on device"):
            trainer.import_project("street", _write(tmp_path), format="coco", store=store)

    assert [run.status for run in store.runs("street", kind=RunKind.DATA_VERSION, sealed_only=False)] == ["failed"]
    assert trainer.import_project("street", _write(tmp_path), format="coco", store=store).version.name == "v1"


def _full_disk(*_: object) -> tuple[int, str]:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
