"""Folders of classes: the folder a picture lies in is its class."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from trainer.formats.classes import read_truth
from trainer.records.errors import ImportRefusedError, NotFoundError, RecordError


def _draw(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 3)).save(folder / name)


def test_each_folder_is_an_option_and_each_picture_answers_once(tmp_path: Path) -> None:
    _draw(tmp_path, "dog/b.png", "cat/a.png", "cat/c.jpg")
    (tmp_path / "cat" / "notes.txt").write_text("passed over")
    (tmp_path / "empty").mkdir()

    found = read_truth(tmp_path)

    assert found.ontology.paths == ("class", "class/cat", "class/dog")
    assert found.rows.keys == ("a.png", "b.png", "c.jpg")
    assert found.truth.feature.tolist() == [1, 2, 1]
    assert not found.truth.placed.any()
    assert found.stated_splits is None


def test_folders_state_the_split_and_keys_keep_them_where_names_repeat(tmp_path: Path) -> None:
    _draw(tmp_path, "train/cat/1.png", "val/cat/1.png", "test/dog/2.png")

    found = read_truth(tmp_path)

    assert found.rows.keys == ("test/dog/2.png", "train/cat/1.png", "val/cat/1.png")
    assert found.stated_splits == ("test", "training", "validation")
    assert found.truth.feature.tolist() == [2, 1, 1]


def test_every_picture_without_a_class_is_named(tmp_path: Path) -> None:
    _draw(tmp_path, "cat/1.png", "loose.png", "train/1.png", "a/b/1.png")
    (tmp_path / "cat" / "broken.png").write_bytes(b"no picture")

    with pytest.raises(ImportRefusedError) as refused:
        read_truth(tmp_path)

    assert len(refused.value.problems) == 4


def test_an_empty_folder_no_folder_and_pictures_elsewhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="holds no picture"):
        read_truth(tmp_path)
    with pytest.raises(NotFoundError):
        read_truth(tmp_path / "nowhere")
    with pytest.raises(RecordError, match="hold their pictures"):
        read_truth(tmp_path, images=tmp_path)
