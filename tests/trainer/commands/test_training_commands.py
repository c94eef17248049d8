"""`modelruns train`, `configs`, `note` and `reproduce` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import trainer
from trainer import Annotations, Ontology, Rows, Snapshot, Store
from trainer.commands.arguments import read_keys
from trainer.commands.entry import main, make_parser
from trainer.commands.training_options import read_data, read_mapping, read_settings
from trainer.projects import save_version
from trainer.records.errors import RecordError
from trainer.records.split import Split

QUICK = ["--image-size", "64", "--epochs", "1", "--threads", "1", "--device", "cpu", "--min-annotations", "1"]


@pytest.fixture
def told(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that commands use, with a project of squares in two colours."""
    keys = [f"{number}.png" for number in range(6)]
    for number, key in enumerate(keys):
        picture = np.full((64, 64, 3), 230, np.uint8)
        picture[16:40, 8:32, number % 2] = 30
        Image.fromarray(picture).save(tmp_path / key)
    rows = Rows.from_columns(
        keys=keys,
        widths=[64] * 6,
        heights=[64] * 6,
        splits=[Split.TRAINING] * 4 + [Split.VALIDATION] * 2,
        uris=[str(tmp_path / key) for key in keys],
    )
    truth = Annotations.from_columns(row=range(6), feature=[0, 1] * 3, box=[[8, 16, 24, 24]] * 6)
    save_version("squares", Snapshot(Ontology.flat({"red": "box", "green": "box"}), rows, truth), store=store)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.location.uri)
    return store


def _parse(*words: str) -> object:
    return make_parser().parse_args(["train", "--model", "finder", *words])


def test_links_are_read_from_the_line_and_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "links.yaml").write_text("street@v2:\n  car: [vehicle, moving]\n  bus: vehicle\n")

    mapping = read_mapping(tmp_path / "links.yaml", ["street@v2:bus=moving", "sea:ship/boat=vehicle"])

    assert mapping == {
        "street@v2": {"car": ["vehicle", "moving"], "bus": ["vehicle", "moving"]},
        "sea": {"ship/boat": ["vehicle"]},
    }
    with pytest.raises(RecordError, match="PROJECT:PATH=FEATURE"):
        read_mapping(None, ["street:car"])


def test_a_project_or_links_have_to_be_named() -> None:
    assert read_data(_parse("cells", "--version", "v2")) == "cells@v2"  # type: ignore[arg-type]
    for words in ((), ("cells", "--map", "a:b=c")):
        with pytest.raises(RecordError, match="either a project"):
            read_data(_parse(*words))  # type: ignore[arg-type]
    with pytest.raises(RecordError, match="write PROJECT@VERSION"):
        read_data(_parse("--map", "a:b=c", "--version", "v2"))  # type: ignore[arg-type]


def test_options_override_a_saved_config(told: Store) -> None:
    assert main(["configs", "save", "short", "--epochs", "3", "--seed", "7"]) == 0

    settings = read_settings(_parse("squares", "--config", "short", "--seed", "8", "--threads", "none"))  # type: ignore[arg-type]

    assert (settings.epochs, settings.seed, settings.threads) == (3, 8, None)


def test_configs_are_saved_and_forgotten_in_json_too(told: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configs", "save", "short", "--epochs", "3", "--json"]) == 0
    saved = json.loads(capsys.readouterr().out)
    assert (saved["name"], saved["epochs"]) == ("short", 3)

    assert main(["configs", "delete", "short", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": {"config": "short"}}
    assert main(["configs", "show", "short"]) == 1


def test_keys_are_read_one_a_line_and_none_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_bytes(b"\xef\xbb\xbfa.png\r\n\r\nb c.png\r\n")  # as editors on Windows write it

    assert read_keys(path) == ["a.png", "b c.png"]
    assert read_keys(None) is None
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(RecordError, match="names no row"):
        read_keys(path)


def test_a_model_of_mapped_features_is_trained_told_about_and_trained_again(
    told: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.txt").write_text("0.png\n1.png\n\n2.png\n")
    links = ["--map", "squares:red=square", "--map", "squares:green=square"]
    train = ["train", *links, "--model", "any square", "--here", "--json", "--rows", str(tmp_path / "rows.txt")]
    assert main([*train, *QUICK, "--stride", "4"]) == 0
    sealed = json.loads(capsys.readouterr().out)
    assert main(["reproduce", "any square-1", "--here", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert main(["note", "any square-1", "good light", "--set", "site=Basel", "--json"]) == 0
    noted = json.loads(capsys.readouterr().out)
    assert main(["configs", "diff", "any square-1", "any square-1-again"]) == 0
    differing = capsys.readouterr().out

    assert trainer.get_model("any square", store=told).design.stride == 4
    assert (sealed["name"], sealed["measure"]) == ("any square-1", "boxes")
    assert again["same_weights"]
    assert again["same_predictions"]
    assert (noted["notes"], noted["metadata"]) == ("good light", {"site": "Basel"})
    assert "device" not in differing


def test_what_cannot_be_taught_starts_no_job(told: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--map", "squares:blue=square", "--model", "finder", *QUICK]) == 1

    assert "has no feature 'blue'" in capsys.readouterr().err
    assert trainer.list_models(store=told) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--name", "a/b"], "cannot name a run"),
        (["--mixed-precision", "bf16"], "bf16 needs a GPU"),
        (["--rows", "EMPTY"], "names no row"),
        (["--rows", "no-such-file"], "modelruns: There is no file or folder no-such-file."),
        (["--rows", "/"], "modelruns: /: is a directory."),
        (["--task", "classification", "--feature", "red"], "has no choice with 'red' alone"),
    ],
)
def test_what_cannot_be_done_starts_no_job(
    told: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    words = [str(tmp_path / "empty.txt") if word == "EMPTY" else word for word in words]

    assert main(["train", "squares", "--model", "finder", *QUICK, *words]) == 1
    assert said in capsys.readouterr().err
    assert trainer.list_jobs(store=told) == []


def test_a_picture_that_is_gone_is_told_before_anything_is_trained(
    told: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "5.png").unlink()  # a validation row: training would be over when it was missed

    for place in ([], ["--here"]):
        assert main(["train", "squares", "--model", "finder", *QUICK, *place]) == 1
        assert "1 of 6 rows have no picture; first: '5.png', there is no file" in capsys.readouterr().err
    assert trainer.list_jobs(store=told) == []
    assert trainer.list_models(store=told) == []


def test_names_that_yaml_reads_as_numbers_are_told(tmp_path: Path) -> None:
    for text in ("street: {car: 5}", "street: {car: [vehicle, 5]}", "street: {car: {a: b}}"):
        (tmp_path / "links.yaml").write_text(text)
        with pytest.raises(RecordError, match="no name of a feature"):
            read_mapping(tmp_path / "links.yaml", [])


def test_weights_that_do_not_fit_are_refused_before_a_job_is_made(
    told: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "squares", "--model", "finder", "--here", *QUICK]) == 0
    capsys.readouterr()

    another = ["--feature", "red", "--stride", "4", "--from", "finder/finder-1"]
    assert main(["train", "squares", "--model", "other", *another, *QUICK]) == 1
    assert "have stride 8, this training wants 4" in capsys.readouterr().err
    assert main(["train", "squares", "--model", "other", "--pretrained", "coco", *QUICK]) == 1
    assert "tiny_resnet has no pretrained weights 'coco'" in capsys.readouterr().err
    assert trainer.list_jobs(store=told) == []
    assert [model.title for model in trainer.list_models(store=told)] == ["finder"]


def test_what_goes_on_from_a_model_of_other_features_is_told(told: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "squares", "--model", "finder", "--here", *QUICK]) == 0
    capsys.readouterr()

    other = ["--model", "other", "--feature", "red", "--from", "finder/finder-1", "--here"]
    assert main(["train", "squares", *other, *QUICK]) == 0
    assert "note         Taken over from the weights it started from: the body," in capsys.readouterr().out


def test_a_note_may_follow_options(told: Store) -> None:
    options = make_parser().parse_args(["note", "finder/finder-1", "--set", "site=Basel", "a new microscope"])

    assert (options.reference, options.text) == ("finder/finder-1", ["a new microscope"])
