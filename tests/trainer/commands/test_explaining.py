"""`modelruns explain`: what it prints and refuses."""

from __future__ import annotations

import json

import pytest

import trainer
from trainer.commands import main
from trainer.commands.explained_words import mix_up_words, words
from trainer.comparing.explained_cells import STATES, Cell

RUNS = ["digits/few-labels", "digits/more-labels"]


@pytest.fixture(autouse=True)
def in_its_store(two_runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(two_runs.store.location))


@pytest.fixture
def explanation(two_runs) -> trainer.Explanation:
    return trainer.explain_gain(trainer.pair_runs(two_runs.baseline, two_runs.candidate))


def test_the_gain_is_told_in_sentences(capsys: pytest.CaptureFixture[str], explanation: trainer.Explanation) -> None:
    assert main(["explain", *RUNS, "--per-feature", "--resamples", "0"]) == 0
    text = capsys.readouterr().out
    first = explanation.cells[0]

    assert f"gain {explanation.gain:+.4f}\n" in text
    assert f"{first.gain:+.4f}  {first.objects:,} {words(first)}  ({first.name})" in text
    assert "truths: what they were in the baseline" in text
    assert "most changes" in text
    most = explanation.mix_ups[0]
    assert f"{most.gain:+.4f}  {most.objects:,} {mix_up_words(most, explanation)}" in text
    assert "interval" not in text
    assert "there and back" not in text


def test_every_part_is_told_with_its_interval(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--split", "all", "--resamples", "300", "--seed", "4", "--level", "0.9", "--per-feature"]
    assert main(["explain", *RUNS, *options]) == 0
    text = capsys.readouterr().out
    assert main(["explain", *RUNS, *options, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    first, both = facts["cells"][0], facts["there_and_back"][0]

    assert "300 resamples of" in text
    assert "seed 4; the 90 % intervals of each list hold together" in text
    ends = f"{first['together_low']:+.4f} to {first['together_high']:+.4f}"
    assert f"{first['gain']:+.4f}  {ends}  {first['objects']:,} {first['words']}" in text
    assert (both["certain"] is not None) == (both["together_low"] > 0 or both["together_high"] < 0)
    assert "there and back, which two equal runs would do alike:" in text
    assert "90 % interval  certain" in text
    assert facts["sampling"]["resamples"] == 300
    assert facts["explained"]["low"] < facts["gain"] < facts["explained"]["high"]
    assert "certain" not in first


def test_as_json_the_parts_add_up(capsys: pytest.CaptureFixture[str], explanation: trainer.Explanation) -> None:
    assert main(["explain", *RUNS, "--json", "--confidence", "0.6"]) == 0
    facts = json.loads(capsys.readouterr().out)
    parts = [cell["gain"] for cell in facts["cells"]]

    assert sum(parts) + facts["remainder"] + facts["below_confidence"] == pytest.approx(facts["gain"], abs=1e-12)
    assert facts["explained"]["number"] == "AP"
    assert facts["explained"]["baseline"] == pytest.approx(explanation.baseline)
    assert facts["beyond_most_predictions"] == 0
    assert facts["candidate"]["name"] == "more-labels"
    assert set(facts["matrices"]) == set(STATES)
    assert "objects" not in facts


def test_objects_of_a_cell_are_listed(capsys: pytest.CaptureFixture[str], explanation: trainer.Explanation) -> None:
    n = len(explanation.objects("unseen:found"))
    assert n > 2
    assert main(["explain", *RUNS, "--cell", "unseen:found", "--show", "2"]) == 0
    assert f"{n - 2:,} more are not listed" in capsys.readouterr().out
    assert main(["explain", *RUNS, "--cell", "unseen:found", "--show", "2", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)

    assert facts["objects"] == explanation.objects("unseen:found").slice(0, 2).to_pylist()
    assert facts["objects_not_shown"] == n - 2


def test_a_cell_without_objects_is_said_to_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *RUNS, "--cell", "duplicate:both"]) == 0
    assert "no object went from duplicate to both" in capsys.readouterr().out


def test_a_wrong_cell_is_refused_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "no-such-run", "neither", "--cell", "lost"]) == 1
    error = capsys.readouterr().err

    assert error.startswith("modelruns: 'lost' is no cell.")
    assert error.count("\n") == 1


def test_features_without_a_cell_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *RUNS, "--feature", "3"]) == 1
    assert "name a cell with --cell" in capsys.readouterr().err


def test_a_run_against_itself_has_nothing_to_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", RUNS[0], RUNS[0]]) == 0
    assert "nothing: no object adds or takes away" in capsys.readouterr().out


@pytest.mark.parametrize("objects", [1, 2])
def test_every_cell_can_be_said(objects: int) -> None:
    said = {
        words(Cell(kind, before, after, objects, 0.0))
        for kind, states in STATES.items()
        for before in states
        for after in states
        if (before, after) != ("absent", "absent")
    }

    assert len(said) == 16 + 35
    assert all(("truths " in each or "alarms " in each) == (objects == 2) for each in said)


@pytest.mark.parametrize("thing", ["row", "span", "tick", "pixel"])
def test_no_cell_of_any_measure_speaks_of_what_is_not_there(thing: str) -> None:
    """Only average precision asks how sure a run is, and a pixel of nothing is no object that could be twice there."""
    states = {
        kind: ("absent", "background") if thing == "pixel" and kind != "truth" else STATES[kind] for kind in STATES
    }
    said = [
        words(Cell(kind, before, after, 2, 0.0), thing=thing)
        for kind, names in states.items()
        for before in names
        for after in names
        if (before, after) != ("absent", "absent")
    ]

    assert len(set(said)) == len(said)
    assert not any("confidence" in each or "  " in each or each.endswith(" ") for each in said)
