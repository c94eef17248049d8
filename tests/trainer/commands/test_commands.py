"""The command line: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.commands import main
from trainer.commands.entry import make_parser
from trainer.store import Store

COMMANDS = (
    "import",
    "train",
    "log",
    "evaluate",
    "runs",
    "compare",
    "gate",
    "export",
    "dashboard",
    "demo",
    "doctor",
)


@pytest.fixture(autouse=True)
def in_its_store(two_runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(two_runs.store.location))


def _json(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out)


def test_experiments_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert "digits" in capsys.readouterr().out


@pytest.mark.parametrize("group", ["attachments", "configs", "jobs", "models", "projects"])
def test_a_command_of_several_commands_lists_where_none_is_named(
    group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for command in ([group], [group, "list"]):
        assert main(command) == 0
        told.append(capsys.readouterr().out)

    assert told[0] == told[1] != ""


def test_runs_are_listed_with_their_scores(capsys: pytest.CaptureFixture[str], two_runs) -> None:
    assert main(["runs", "digits", "--json"]) == 0
    runs = {run["name"]: run for run in _json(capsys)}

    assert set(runs) >= {"few-labels", "more-labels"}
    assert runs["more-labels"]["metrics"]["AP50"] == pytest.approx(two_runs.candidate.summary["coco"]["ap50"])


def test_an_exported_run_measures_the_same(capsys: pytest.CaptureFixture[str], two_runs, tmp_path: Path) -> None:
    assert main(["export", "digits/more-labels", str(tmp_path / "out"), "--format", "coco"]) == 0
    capsys.readouterr()
    assert (
        main(["evaluate", str(tmp_path / "out/instances.json"), str(tmp_path / "out/predictions.json"), "--json"]) == 0
    )
    exported = _json(capsys)
    main(["compare", "more-labels", "more-labels", "--split", "all", "--resamples", "0", "--json"])
    stored = {entry["number"]: entry["candidate"] for entry in _json(capsys)["candidates"][0]["gains"]}

    assert exported["coco"]["mAP"] == pytest.approx(stored["mAP"], abs=1e-12)


def test_any_models_results_become_a_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: Store, tmp_path: Path
) -> None:
    assert main(["export", "digits/more-labels", str(tmp_path), "--format", "coco", "--json"]) == 0
    exported = _json(capsys)
    assert exported["files"] == [str(tmp_path / "instances.json"), str(tmp_path / "predictions.json")]
    assert exported["predictions"] == len(json.loads((tmp_path / "predictions.json").read_text(encoding="utf-8")))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(store.location))
    files = ["--truth", str(tmp_path / "instances.json"), "--predictions", str(tmp_path / "predictions.json")]
    code = main(["log", "other", "--name", "first", *files, "--json"])

    assert code == 0
    assert _json(capsys)["split"] == "all"


def test_a_refused_results_file_leaves_no_run_behind(
    capsys: pytest.CaptureFixture[str], two_runs, tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_text('[{"image_id": 99999, "category_id": 1, "bbox": [0, 0, 5, 5], "score": 0.5}]')
    code = main(
        ["log", "refused", "--name", "first", "--project", "digits", "--predictions", str(tmp_path / "bad.json")]
    )

    assert code == 1
    assert "99999" in capsys.readouterr().err
    assert all(experiment.name != "refused" for experiment in two_runs.store.experiments())


def test_an_error_is_one_line_and_a_traceback_only_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "digits/few-labels", "digits/none"]) == 1
    plain = capsys.readouterr().err
    assert main(["--debug", "compare", "digits/few-labels", "digits/none"]) == 1
    debugged = capsys.readouterr().err

    assert plain.startswith("modelruns: ")
    assert "Traceback" not in plain
    assert "Traceback" in debugged


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "no-such-truth.json", "no-such-results.json"]) == 1
    assert "no-such-truth.json" in capsys.readouterr().err


def test_a_sound_store_has_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "Nothing is wrong" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        make_parser().parse_args([command, "--help"])
    text = capsys.readouterr().out

    assert ended.value.code == 0
    assert f"modelruns {command}" in text.split("example:")[1]


def test_a_wrong_threshold_is_refused_by_the_parser(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["compare", "a", "b", "--iou", "1.5"])

    assert ended.value.code == 2
    assert "from 0.05 to 1" in capsys.readouterr().err


def test_help_needs_neither_torch_nor_mlflow() -> None:
    code = "import sys, trainer.commands.entry as e; e.make_parser(); print(*({'torch', 'mlflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_a_logged_run_has_cocos_published_numbers(
    capsys: pytest.CaptureFixture[str], shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "mlruns"))
    folder = shared_data / "coco_val2014_100"
    files = [folder / "instances_val2014_100.json", folder / "instances_val2014_fakebbox100_results.json"]
    code = main(["log", "coco", "--name", "fake", "--truth", str(files[0]), "--predictions", str(files[1]), "--json"])

    assert code == 0
    assert _json(capsys)["coco"]["mAP"] == pytest.approx(0.5046, abs=5e-5)
