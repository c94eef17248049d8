"""`modelruns predict` and `modelruns accept` on the command line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

import trainer
from trainer import Store
from trainer.commands import main
from trainer.projects import DataVersion
from trainer.records.annotations import Annotations

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools on numpy 2


@pytest.fixture(autouse=True)
def _told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find the store."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))


def test_a_file_that_cannot_be_read_is_left_out_and_named(
    folder: Path, run: trainer.ModelRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "below" / "cut.png").write_bytes((folder / "one.png").read_bytes()[:200])
    (folder / "cut.avi").write_bytes(b"RIFF")
    output, drawn = tmp_path / "found.ndjson", tmp_path / "drawn"
    options = ["--threads", "1", "--confidence", "0", "--step", "6", "--json"]

    code = main(["predict", "scenes/finder", str(folder), *options, "--output", str(output), "--draw", str(drawn)])
    printed = capsys.readouterr()
    told = json.loads(printed.out)

    assert code == 1
    assert told["pictures"] == 4
    assert [file["file"] for file in told["left_out"]] == ["cut.avi", "below/cut.png"]
    assert "2 files were not read, or not to the end" in printed.err
    assert "cut.png cannot be read as a picture" in printed.err
    said = {json.loads(line)["file"] for line in output.read_text().splitlines()}
    assert said == {"below/two.png", "one.png", "walk.avi"}
    assert len(list(drawn.iterdir())) == 4
    assert main(["predict", "scenes/finder", str(folder), str(tmp_path / "absent.png"), *options]) == 1
    assert "no file or folder" in capsys.readouterr().err


def test_the_command_writes_draws_and_says_which_run_answered(
    folder: Path, run: trainer.ModelRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, drawn = tmp_path / "found.csv", tmp_path / "found.avi"
    options = ["--confidence", "0", "--track", "--frames", "1-5", "--step", "2", "--threads", "1"]
    video = str(folder / "walk.avi")

    assert main(["predict", "scenes/finder", video, *options, "--output", str(output), "--draw", str(drawn)]) == 0
    text = capsys.readouterr().out
    assert "3 pictures looked at by run scenes/finder" in text
    assert "objects tracked:" in text
    assert {row["frame"] for row in csv.DictReader(output.read_text().splitlines())} == {"1", "3", "5"}
    assert trainer.predictions.videos.count_frames(drawn) == 3

    assert (
        main(["predict", "scenes/finder", "--project", "scenes", "--row", "first", "--confidence", "0", "--json"]) == 0
    )
    facts = json.loads(capsys.readouterr().out)
    assert facts["run"] == run.id
    assert {line["file"] for line in facts["found"]} == {"first"}
    assert sum(facts["annotations"].values()) == len(facts["found"])

    assert main(["predict", "scenes/finder"]) == 1
    assert "nothing to look at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["scenes/finder", "empty"], "holds no picture or video among its 1 file."),
        (["scenes/finder", "--project", "nowhere", "--run", "a/b"], "There is no project 'nowhere'"),
        (["nobody", "--project", "scenes", "--run", "a/b"], "There is no model 'nobody'"),
        (
            ["scenes/finder", "--project", "scenes", "--run", "scenes/finder"],
            "Experiment 'scenes' has a run 'finder' already",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_before_torch_is_loaded(
    run: trainer.ModelRun, tmp_path: Path, asked: list[str], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no picture")
    script = (
        "import sys; from trainer.commands import main; "
        "code = main(sys.argv[1:]); print('torch' in sys.modules); sys.exit(code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, "predict", *asked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "False\n")
    assert said in done.stderr


def test_the_command_refuses_what_it_cannot_write_before_a_model_is_loaded(
    folder: Path,
    run: trainer.ModelRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("trainer.predictions.predicting.make_predictor", None)

    for option, place in (("--output", "found.txt"), ("--draw", "found.gif")):
        assert main(["predict", "scenes/finder", str(folder), option, str(tmp_path / place)]) == 1
        assert place in capsys.readouterr().err


def test_the_command_accept_says_what_it_did(
    store: Store,
    data: DataVersion,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outlined = Annotations.from_columns(
        row=[0, 1],
        feature=[0, 0],
        box=[[1, 1, 5, 5]] * 2,
        polygons=[[[1, 1, 6, 1, 6, 6, 1, 6]]] * 2,
        confidence=[0.9, 0.6],
    )
    with trainer.start_run("scenes", "said", project=data, store=store) as recording:
        recording.log_predictions(outlined)
    (tmp_path / "keys.txt").write_text("second\n", encoding="utf-8")

    assert main(["accept", "scenes/said", "--confidence", "0.8"]) == 0
    text = capsys.readouterr().out
    assert "project scenes, version v2 (new)" in text
    assert "accepted   1 prediction\n" in text

    assert (
        main(["accept", "scenes/said", "--keys", str(tmp_path / "keys.txt"), "--feature", "disc=square", "--json"]) == 0
    )
    facts = json.loads(capsys.readouterr().out)
    assert (facts["version"], facts["accepted"], facts["features"]) == ("v3", 1, {"disc": "square"})


def test_paths_may_follow_options() -> None:
    from trainer.commands.entry import make_parser

    options = make_parser().parse_args(["predict", "finder", "--confidence", "0.2", "a.png", "b.png"])

    assert [path.name for path in options.paths] == ["a.png", "b.png"]
    assert make_parser().parse_args(["predict", "finder", "--project", "cells"]).paths == []


@pytest.mark.parametrize("option", [("--step", "0"), ("--threads", "0"), ("--frames", "9-3"), ("--frames", "\u00b2-5")])
def test_numbers_that_mean_nothing_are_wrong_use(option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["predict", "finder", "walk.avi", *option])

    assert ended.value.code == 2
    assert option[1] in capsys.readouterr().err
