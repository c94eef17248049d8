"""Projects: every edit a version, equal content the same version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

import trainer
from trainer import Store

COCO = {
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
