"""How certain parts of a gain are, of classes, checklists, spans and pixels."""

from __future__ import annotations

import json

import numpy as np
import pytest

import trainer
from trainer import Answer, Explanation, Mask, ModelRun, Sampling, Span, Statement, Store
from trainer.commands import main
from trainer.comparing.explained_certainty import PartCertainty, one_way, one_way_of_each

KINDS = ("classes", "ticks", "spans", "pixels")
MAIN = {"classes": "accuracy", "ticks": "F1", "spans": "F1", "pixels": "mean IoU"}
ROWS = 60


def _said(what: str, rng: np.random.Generator, errors: float) -> list[list[Statement]]:
    """What is true of each row where there are no errors; a video of three rows each."""
    rows: list[list[Statement]] = []
    for row in range(ROWS):
        right = rng.random(4) >= errors
        if what == "classes":
            rare = row < 4  # of a fourth kind, too few for any interval
            name = "ec"[int(not right[0])] if rare else "cdb"[(row + (not right[0])) % 3]
            rows.append([Answer("animal", name)])
        elif what == "ticks":
            rows.append([Answer("has", name) for i, name in enumerate("abc") if ((row >> i) % 2 == 1) == right[i]])
        elif what == "spans":
            rows.append([Span("ab"[(row + i) % 2], 5 * i, 5 * i + 3 + (not right[i])) for i in range(3)])
        else:
            grid = (np.arange(8).reshape(2, 4) + row) % 3
            grid = np.where(np.repeat(right, 2).reshape(2, 4), grid, (grid + 1) % 3)
            rows.append([Mask(name, grid == code) for code, name in ((1, "a"), (2, "b"))])
    return rows


def _log(store: Store, what: str, name: str, errors: float) -> ModelRun:
    options = {"measure": "pixels", "features": ["a", "b"]} if what == "pixels" else {}
    place = {"text": "some twenty letters of it"} if what == "spans" else {"size": (4, 2)}
    truth = _said(what, np.random.default_rng(0), 0.0)
    said = _said(what, np.random.default_rng([ord(letter) for letter in name]), errors)
    with trainer.start_run(what, name, store=store, **options) as run:  # type: ignore[arg-type]
        for row in range(ROWS):
            video = {"video": f"v{row // 3}"}
            run.log_row(
                f"{row:02}", truth=truth[row], predictions=said[row], split="validation", metadata=video, **place
            )  # type: ignore[arg-type]
    return run.result


@pytest.fixture(scope="module")
def certain_store(make_store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("certain") / "mlruns")


@pytest.fixture(scope="module")
def pairs(certain_store: Store) -> dict[str, trainer.Pair]:
    """The candidate errs a third as often as the baseline."""
    runs = {what: [_log(certain_store, what, name, e) for name, e in (("old", 0.6), ("new", 0.2))] for what in KINDS}
    return {what: trainer.pair_runs(*both) for what, both in runs.items()}


def _explained(pair: trainer.Pair, **options: object) -> Explanation:
    return trainer.explain_gain(pair, sampling=Sampling(resamples=200, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("clusters", [None, "video"])
@pytest.mark.parametrize("what", KINDS)
def test_the_interval_of_the_gain_is_the_one_that_compare_tells(
    pairs: dict[str, trainer.Pair], what: str, clusters: str | None
) -> None:
    pair, explanation = pairs[what], _explained(pairs[what], clusters=clusters)
    gains = trainer.measure_gains(pair.baseline, pair.candidate, sampling=Sampling(200, clusters=clusters))
    [told] = [gain for gain in gains.of() if gain.number == MAIN[what] and gain.feature is None]

    assert explanation.certainty is not None
    assert explanation.certainty.units == gains.units == (ROWS if clusters is None else ROWS // 3)
    assert explanation.certainty.gain.together == pytest.approx(told.interval, abs=1e-12)
    assert explanation.certainty.gain.certain == told.certain == "better"


def test_it_is_the_same_where_rows_with_large_areas_decide(certain_store: Store) -> None:
    """Two of forty rows hold most of the pixels: what looks certain by the others is not."""
    runs = []
    for name, lost in (("heavy-old", 0.5), ("heavy-new", 0.2)):
        rng = np.random.default_rng(len(name) + ord(name[-1]))
        with trainer.start_run("heavy", name, store=certain_store, measure="pixels", features=["x", "y"]) as run:
            for row in range(40):
                side = 64 if row < 2 else 6
                sides = [np.zeros((64, 64), dtype=bool) for _ in range(4)]
                for place, mask in enumerate(sides):
                    height = side - int(side * rng.random() * lost) * (place >= 2)
                    mask[:height, : side // 2] = place % 2 == 0
                    mask[:height, side // 2 : side] = place % 2 == 1
                masks = [Mask(feature, mask) for feature, mask in zip("xyxy", sides, strict=True)]
                run.log_row(f"{row:02}", size=(64, 64), truth=masks[:2], predictions=masks[2:], split="validation")
        runs.append(run.result)
    explanation = _explained(trainer.pair_runs(*runs))
    gains = {(gain.number, gain.feature): gain for gain in trainer.measure_gains(*runs, sampling=Sampling(200)).of()}

    assert explanation.certainty is not None
    assert explanation.certainty.gain.together == pytest.approx(gains["mean IoU", None].interval, abs=1e-12)
    assert explanation.certainty.gain.certain is gains["mean IoU", None].certain is None
    assert explanation.certainty.gain.rows < 20
    assert all(each.certainty is not None and each.certainty.certain is None for each in explanation.balances)
    assert all(
        each.certain is gains["IoU", name].certain is None
        for each, name in zip(explanation.certainty.shares, explanation.features, strict=True)
    )


def test_of_few_rows_the_gain_has_the_interval_that_compare_tells(certain_store: Store) -> None:
    """Though its parts have none."""
    runs = []
    for name, wrong in (("few-old", 4), ("few-new", 0)):
        with trainer.start_run("few", name, store=certain_store) as run:
            for row in range(ROWS):
                said = Answer("animal", "dc"[row < wrong])
                run.log_row(f"{row:02}", size=(4, 2), truth=[Answer("animal", "d")], predictions=[said])
        runs.append(run.result)
    explanation = _explained(trainer.pair_runs(*runs))
    told = trainer.measure_gains(*runs, sampling=Sampling(200)).of()[0]

    assert explanation.certainty is not None
    assert explanation.certainty.gain.together == pytest.approx(told.interval, abs=1e-12)
    assert explanation.certainty.gain.certain is told.certain is None
    assert all(each.certainty is not None and each.certainty.too_few for each in explanation.cells)


@pytest.mark.parametrize("what", KINDS)
def test_objects_that_were_found_and_lost_are_weighed_against_each_other(
    pairs: dict[str, trainer.Pair], what: str
) -> None:
    explanation = _explained(pairs[what])
    first = explanation.balances[0]
    there, back = first.cells

    assert (there.before, there.after) == (back.after, back.before)
    assert first.gain == pytest.approx(there.gain + back.gain)
    assert there.gain > 0 > back.gain
    assert first.certainty is not None
    assert first.certainty.certain == "better"
    assert first.certainty.together[0] <= first.gain <= first.certainty.together[1]


@pytest.mark.parametrize("what", KINDS)
def test_every_interval_holds_its_part_and_stands_on_rows(pairs: dict[str, trainer.Pair], what: str) -> None:
    explanation = _explained(pairs[what])
    told: list[tuple[float, PartCertainty | None]] = [(each.gain, each.certainty) for each in explanation.cells]
    told += [(each.gain, each.certainty) for each in explanation.mix_ups]
    told += [(each.both, each.both_certainty) for each in explanation.mix_ups]
    known = [(gain, each) for gain, each in told if each is not None and not each.too_few]

    assert len(known) > 4
    for gain, each in known:
        assert each.low <= gain <= each.high
        assert each.together[0] <= gain <= each.together[1]
        assert 6 <= each.rows <= ROWS
    for entry in explanation.per_feature():
        held = entry["together_low"] <= entry["share"] <= entry["together_high"]
        assert held != entry["too_few"]


def test_mix_ups_of_few_rows_have_no_interval_of_their_own(pairs: dict[str, trainer.Pair]) -> None:
    explanation = _explained(pairs["classes"])
    rare = [each for each in explanation.mix_ups if each.objects + each.back < 6]
    often = [each for each in explanation.mix_ups if each.objects >= 6]

    assert rare
    assert often
    assert all(each.certainty is None for each in rare)
    assert all(each.certainty is not None and not each.certainty.too_few for each in often)


def test_a_run_against_itself_is_nowhere_better_or_worse(pairs: dict[str, trainer.Pair]) -> None:
    for what in KINDS:
        run = pairs[what].baseline
        explanation = _explained(trainer.pair_runs(run, run))

        assert explanation.certainty is not None
        assert explanation.certainty.gain.certain is None
        assert all(each.certainty is not None and each.certainty.certain is None for each in explanation.balances)


def test_equal_seeds_tell_equal_intervals(pairs: dict[str, trainer.Pair]) -> None:
    told = [_explained(pairs["spans"], seed=seed).cells[0].certainty for seed in (1, 1, 2)]

    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize("what", KINDS)
def test_the_command_tells_intervals(
    pairs: dict[str, trainer.Pair],
    what: str,
    certain_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(certain_store.location))
    options = ["--resamples", "200", "--clusters", "video"]
    assert main(["explain", f"{what}/old", f"{what}/new", *options]) == 0
    text = capsys.readouterr().out
    assert main(["explain", f"{what}/old", f"{what}/new", *options, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    cell, balance = facts["cells"][0], facts["there_and_back"][0]

    assert "200 resamples of 20 clusters by 'video', seed 0; the 95 % intervals of each list hold together" in text
    assert f"{cell['gain']:+.4f}  {cell['together_low']:+.4f} to {cell['together_high']:+.4f}" in text
    assert " the other way: better for certain" in text
    assert not [line for line in text.splitlines() if line.startswith("  -") and "better for certain" in line]
    assert (balance["certain"], balance["too_few"]) == ("better", False)
    assert facts["sampling"]["units"] == 20
    assert {"together_low", "together_high", "there_and_back"} <= facts["mix_ups"][0].keys()


def test_of_both_directions_one_stands_for_both() -> None:
    keys = np.array([[0, 3, 1, 4, 0, 3], [0, 3, 0, 3, 1, 4], [0, 2, 0, 5, 0, 1], [1, -1, 0, -1, 0, -1]])

    assert [tuple(key) for key in one_way_of_each(keys).tolist()] == [one_way(tuple(key)) for key in keys.tolist()]
    assert one_way((0, 3, 1, 4, 0, 3)) == one_way((0, 3, 0, 3, 1, 4)) == (0, 3, 0, 3, 1, 4)
