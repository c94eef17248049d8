"""Where a gain comes from, of classes, checklists, spans and pixels: the words of boxes, and parts that add up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import trainer
from trainer import Answer, Explanation, Mask, ModelRun, Span, Statement, Store
from trainer.commands import main
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH
from trainer.records.errors import NotFoundError, RecordError

Rows = dict[str, tuple[Sequence[Statement], Sequence[Statement]]]
"""What is true and what was said on each row."""


def _log(store: Store, name: str, rows: Rows, **options: object) -> ModelRun:
    place = options.pop("place", {"size": (4, 2)})
    world = options.pop("world", "world")
    with trainer.start_run(world, name, store=store, **options) as run:  # type: ignore[arg-type]
        for key, (truth, said) in rows.items():
            run.log_row(key, truth=truth, predictions=said, split="validation", **place)  # type: ignore[arg-type]
    return run.result


def _animals(store: Store, name: str, said: str) -> ModelRun:
    """Six pictures, c for cat and d for dog; a dot says nothing."""
    named = {"c": "cat", "d": "dog", "b": "bird"}
    rows: Rows = {
        f"{i}-{true}": ([Answer("animal", named[true])], [Answer("animal", named[each], 0.9)] if each != "." else [])
        for i, (true, each) in enumerate(zip("ccccdd", said, strict=True))
    }
    return _log(store, name, {**rows, "odd": ([Answer("animal", "bird")], [Answer("animal", "bird", 0.5)])})


@pytest.fixture
def animals(store: Store) -> Explanation:
    """Two of three mistaken cats are right now, of which one was not named at all; one dog is lost to a bird."""
    return trainer.explain_gain(trainer.pair_runs(_animals(store, "old", "cdd.dd"), _animals(store, "new", "ccdcdb")))


def _told(explanation: Explanation) -> dict[str, tuple[int, float]]:
    return {cell.name: (cell.objects, round(cell.gain, 6)) for cell in explanation.cells}


def test_every_row_of_a_radio_is_a_seventh_of_the_accuracy(animals: Explanation) -> None:
    seventh = round(1 / 7, 6)

    assert (animals.number.name, animals.gain) == ("accuracy", pytest.approx(1 / 7))
    assert _told(animals) == {
        "found:found": (3, 0.0),
        "class:found": (1, seventh),
        "unseen:found": (1, seventh),
        "found:class": (1, -seventh),
        "class:class": (1, 0.0),
    }
    assert animals.states == {TRUTH: ("found", "class", "unseen")}
    assert animals.matrix().tolist() == [[3, 1, 0], [1, 1, 0], [1, 0, 0]]
    assert (animals.remainder, animals.below, animals.beyond) == (0, 0, 0)


def test_mix_ups_of_a_radio_say_what_was_taken_for_what(animals: Explanation) -> None:
    cat, dog, bird = (f"animal/{name}" for name in ("cat", "dog", "bird"))

    assert {(each.feature, *each.said): each.objects for each in animals.mix_ups} == {
        (cat, dog, cat): 1,
        (cat, None, cat): 1,
        (dog, dog, bird): 1,
    }
    assert sum(each.gain for each in animals.mix_ups) == pytest.approx(animals.gain)


def test_rows_of_a_radio_are_listed_with_what_both_chose(animals: Explanation) -> None:
    [row] = animals.objects("found:class").to_pylist()

    assert (row["key"], row["feature"], row["candidate_taken_for"]) == ("5-d", "animal/dog", "animal/bird")
    assert len(animals.objects()) == sum(cell.objects for cell in animals.cells) == 7
    assert set(animals.objects()["kind"].to_pylist()) == {TRUTH}


def test_a_state_that_a_measure_does_not_have_is_refused(animals: Explanation) -> None:
    with pytest.raises(RecordError, match=r"'place:found' is no cell.*of a truth: found, class, unseen\.$"):
        animals.objects("place:found")
    with pytest.raises(NotFoundError, match="share no feature 'animal/horse'"):
        animals.objects(features=["animal/horse"])


def test_features_of_a_radio_tell_their_recall(animals: Explanation) -> None:
    entries = {entry["feature"]: entry for entry in animals.per_feature()}
    cat = entries["animal/cat"]

    assert (cat["objects"], cat["baseline"], cat["candidate"], cat["share"]) == (4, 0.25, 0.75, pytest.approx(2 / 7))
    assert cat["truths"] == {"class:found": 1, "unseen:found": 1}
    assert sum(entry["share"] for entry in entries.values()) == pytest.approx(animals.gain)


def _spans(store: Store, name: str, said: list[Span]) -> ModelRun:
    truth = [Span("person", 0, 3), Span("place", 8, 12), Span("place", 13, 18)]
    return _log(store, name, {"a": (truth, said)}, place={"text": "Ada met Oslo again"})


@pytest.fixture
def spans(store: Store) -> Explanation:
    """A boundary put right, a feature still wrong, one found as before; a false alarm has gone, another is not sure."""
    old = [Span("person", 0, 2, 0.9), Span("person", 8, 12, 0.9), Span("place", 13, 18, 0.9), Span("place", 4, 7, 0.6)]
    new = [Span("person", 0, 3, 0.9), Span("person", 8, 12, 0.8), Span("place", 13, 18, 0.9), Span("person", 4, 7, 0.2)]
    return trainer.explain_gain(trainer.pair_runs(_spans(store, "old", old), _spans(store, "new", new)))


def test_every_span_and_false_alarm_has_its_part_of_f1(spans: Explanation) -> None:
    """F1 from 2 / (3 + 4) to 4 / (3 + 3)."""
    assert (spans.number.name, spans.gain) == ("F1", pytest.approx(4 / 6 - 2 / 7))
    counts = {(cell.kind, cell.name): cell.objects for cell in spans.cells}
    assert counts == {
        (TRUTH, "place:found"): 1,
        (TRUTH, "class:class"): 1,
        (TRUTH, "found:found"): 1,
        (FALSE_ALARM, "place:absent"): 1,
        (FALSE_ALARM, "background:absent"): 1,
        (FALSE_ALARM, "class:class"): 1,
    }
    gains = {cell.name: cell.gain for cell in spans.cells if cell.gain}
    assert gains["place:absent"] == gains["background:absent"] > 0
    assert sum(gains.values()) == pytest.approx(spans.gain)


def test_spans_are_listed_with_where_each_run_put_them(spans: Explanation) -> None:
    [mended] = spans.objects("place:found").to_pylist()
    first, alarm = spans.objects("class:class").to_pylist()

    assert (mended["start"], mended["end"], mended["baseline_end"], mended["candidate_end"]) == (0, 3, 2, 3)
    assert (first["kind"], first["feature"], alarm["kind"], alarm["feature"]) == (TRUTH, "place", FALSE_ALARM, "person")


def _pixels(store: Store, name: str, said: str, *, truth: str = "aaab b..") -> ModelRun:
    """Two rows of four pixels; a and b are features, a dot is nothing."""

    def painted(letters: str) -> list[Mask]:
        grid = np.array(list(letters.replace(" ", "."))).reshape(2, 4)
        return [Mask(letter, grid == letter) for letter in "ab" if (grid == letter).any()]

    rows: Rows = {"one": (painted(truth), painted(said)), "two": (painted("bbbbbbbb"), painted("bbbbbbbb"))}
    return _log(store, name, rows, features=["a", "b"], measure="pixels")


def test_every_pixel_has_its_part_of_mean_iou(store: Store) -> None:
    """Of feature a IoU 1 / 4 becomes 2 / 3; of b it is 9 / 11, then 10 / 11."""
    old, new = (_pixels(store, name, said) for name, said in (("old", "a.bb a.."), ("new", "aabb b..")))
    explanation = trainer.explain_gain(trainer.pair_runs(old, new))
    gains = {(each.feature, *each.said): (each.objects, each.gain) for each in explanation.mix_ups}

    assert explanation.gain == pytest.approx(((2 / 3 - 1 / 4) + (10 / 11 - 9 / 11)) / 2)
    assert explanation.matrix().tolist() == [[10, 0, 0], [1, 1, 0], [1, 0, 0]]
    assert explanation.matrix(FALSE_ALARM).tolist() == [[0, 0], [0, 0]]
    assert {key: objects for key, (objects, _) in gains.items()} == {("a", None, "a"): 1, ("b", "a", "b"): 1}
    assert sum(gain for _, gain in gains.values()) == pytest.approx(explanation.gain)
    assert sum(cell.gain for cell in explanation.cells) == pytest.approx(explanation.gain)


def test_pixels_are_listed_by_row_and_what_they_were_taken_for(store: Store) -> None:
    old, new = (_pixels(store, name, said) for name, said in (("old", "aaab bb."), ("new", "bbab b.a")))
    explanation = trainer.explain_gain(trainer.pair_runs(old, new))
    [lost] = explanation.objects("found:class", features=["a"]).to_pylist()
    alarms = explanation.objects("absent:background").to_pylist()

    assert {name: lost[name] for name in ("key", "pixels", "baseline_said", "candidate_said")} == {
        "key": "one",
        "pixels": 2,
        "baseline_said": "a",
        "candidate_said": "b",
    }
    assert [(each["feature"], each["baseline_said"], each["pixels"]) for each in alarms] == [("a", None, 1)]
    assert explanation.objects()["pixels"].to_numpy().sum() == sum(cell.objects for cell in explanation.cells)


def test_the_baseline_is_painted_on_the_rows_and_truth_of_the_candidate(store: Store) -> None:
    old = _pixels(store, "old", "aaab b..", truth="aaaa a..")
    new = _pixels(store, "new", "aaab b..")
    explanation = trainer.explain_gain(trainer.pair_runs(old, new))

    assert (explanation.baseline, explanation.candidate) == (1, 1)
    assert {cell.name for cell in explanation.cells} == {"found:found"}


def _noisy(store: Store, what: str, seed: int) -> ModelRun:
    """Thirty rows of a kind on which a run errs here and there; the truth is the same for every seed."""
    rng, known = np.random.default_rng(seed), np.random.default_rng(99)
    rows: Rows = {}
    for row in range(30):
        true: list[Statement]
        said: list[Statement]
        if what == "classes":
            true, said = [Answer("animal", "cdb"[row % 3])], [Answer("animal", "cdb"[rng.integers(3)], rng.random())]
        elif what == "ticks":
            true = [Answer("has", name) for name in "abc" if known.random() < 0.5 or row < 2]
            said = [Answer("has", scores=dict(zip("abc", rng.random(3).tolist(), strict=True)))]
        elif what == "spans":
            true = [Span("ab"[known.integers(2)], start, start + 3) for start in (0, 5, 10)]
            starts = [max(int(s + rng.integers(-1, 2)), 0) for s in (0, 5, 10, 14)]
            said = [Span("ab"[rng.integers(2)], start, start + 3, 0.4 + 0.6 * rng.random()) for start in starts]
        else:
            grid, found = known.integers(0, 3, (2, 4)), rng.integers(0, 3, (2, 4))
            true, said = ([Mask(n, each == i) for i, n in ((1, "a"), (2, "b"))] for each in (grid, found))
        rows[f"{row:02}"] = (true, said)
    options = {"measure": "pixels", "features": ["a", "b"]} if what == "pixels" else {}
    place = {"text": "some twenty letters of it"} if what == "spans" else {"size": (4, 2)}
    return _log(store, f"seed-{seed}", rows, place=place, world=what, **options)


KINDS = ("classes", "ticks", "spans", "pixels")


@pytest.fixture(scope="module")
def noisy_store(make_store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("explained") / "mlruns")


@pytest.fixture(scope="module")
def noisy(noisy_store: Store) -> dict[str, tuple[ModelRun, ModelRun]]:
    return {what: (_noisy(noisy_store, what, 1), _noisy(noisy_store, what, 2)) for what in KINDS}


@pytest.fixture
def in_noisy_store(noisy: Noisy, noisy_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command finds the noisy runs."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(noisy_store.location))


Noisy = dict[str, tuple[ModelRun, ModelRun]]


@pytest.mark.parametrize("what", KINDS)
def test_parts_add_up_to_the_gain_that_compare_tells(noisy: Noisy, what: str) -> None:
    pair = trainer.pair_runs(*noisy[what])
    explanation, comparison = trainer.explain_gain(pair), trainer.compare(pair)
    name = explanation.number.name
    before, after = comparison.baseline.headline()[name], comparison.candidate.headline()[name]

    assert (explanation.baseline, explanation.candidate) == (pytest.approx(before), pytest.approx(after))
    assert sum(cell.gain for cell in explanation.cells) == pytest.approx(explanation.gain, abs=1e-12)
    assert sum(entry["share"] for entry in explanation.per_feature()) == pytest.approx(explanation.gain, abs=1e-12)
    if what in ("classes", "pixels"):
        assert sum(each.gain for each in explanation.mix_ups) == pytest.approx(explanation.gain, abs=1e-12)
    if what != "classes":
        values = {gain.name: (gain.baseline, gain.candidate) for gain in comparison.per_feature()}
        told = {entry["feature"]: (entry["baseline"], entry["candidate"]) for entry in explanation.per_feature()}
        assert told == values


@pytest.mark.parametrize("what", ["classes", "ticks", "spans"])
def test_counts_are_those_of_the_ledger(noisy: Noisy, what: str) -> None:
    pair = trainer.pair_runs(*noisy[what])
    explanation, total = trainer.explain_gain(pair), trainer.object_ledger(pair).total
    truths = explanation.matrix()
    kept, newly_missed, newly_found = truths[0, 0], truths[0, 1:].sum(), truths[1:, 0].sum()

    assert (kept, newly_missed, newly_found) == (total["kept"], total["newly_missed"], total["newly_found"])
    assert truths[1:, 1:].sum() == total["still_missed"]
    if what != "classes":
        alarms = explanation.matrix(FALSE_ALARM)
        assert (alarms[0].sum(), alarms[:, 0].sum()) == (total["new"], total["fixed"])
        assert alarms[1:, 1:].sum() == total["persistent"]


@pytest.mark.parametrize("what", KINDS)
def test_swapping_the_runs_turns_every_sign(noisy: Noisy, what: str) -> None:
    before, after = noisy[what]
    there, back = (trainer.explain_gain(trainer.pair_runs(*runs)) for runs in ((before, after), (after, before)))
    turned = {(cell.kind, cell.after, cell.before): (cell.objects, -cell.gain) for cell in back.cells}
    told = {(cell.kind, cell.before, cell.after): (cell.objects, cell.gain) for cell in there.cells}

    assert told.keys() == turned.keys()
    for key, (objects, gain) in told.items():
        assert (objects, gain) == (turned[key][0], pytest.approx(turned[key][1], abs=1e-12))


@pytest.mark.parametrize("what", KINDS)
def test_a_run_against_itself_gains_nothing_anywhere(noisy: Noisy, what: str) -> None:
    run = noisy[what][0]
    explanation = trainer.explain_gain(trainer.pair_runs(run, run))

    assert explanation.gain == 0
    assert explanation.mix_ups == ()
    assert all(cell.gain == 0 and cell.before == cell.after for cell in explanation.cells)


@pytest.mark.parametrize("what", KINDS)
def test_objects_of_every_cell_are_as_many_as_it_says(noisy: Noisy, what: str) -> None:
    explanation = trainer.explain_gain(trainer.pair_runs(*noisy[what]))
    for cell in explanation.cells:
        lines = [line for line in explanation.objects(cell.name).to_pylist() if line["kind"] == cell.kind]
        assert sum(line.get("pixels", 1) for line in lines) == cell.objects


SAYING = {
    "classes": ("accuracy: ", "rows of ", "rows: what they were in the baseline", "baseline recall"),
    "ticks": ("F1 at confidence >= 0.5: ", "ticks of ", "new false alarms", "baseline F1"),
    "spans": ("F1 at confidence >= 0.5: ", "spans of ", "false alarms badly placed", "baseline F1"),
    "pixels": ("mean IoU: ", "pixels of a that were taken for b are now found", "pixels of nothing: ", "baseline IoU"),
}


@pytest.mark.parametrize("what", KINDS)
@pytest.mark.usefixtures("in_noisy_store")
def test_the_command_says_it_in_words_and_as_json(noisy: Noisy, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [f"{what}/{run.name}" for run in noisy[what]]
    explanation = trainer.explain_gain(trainer.pair_runs(*noisy[what]))
    assert main(["explain", *runs, "--per-feature"]) == 0
    text = capsys.readouterr().out
    assert main(["explain", *runs, "--json", "--cell", "unseen:found" if what == "ticks" else "class:found"]) == 0
    facts = json.loads(capsys.readouterr().out)

    assert all(words in text for words in SAYING[what]), text
    assert f"gain {explanation.gain:+.4f}" in text
    assert "confidence" not in text or what in ("ticks", "spans")
    assert facts["explained"]["number"] == explanation.number.name
    assert sum(cell["gain"] for cell in facts["cells"]) == pytest.approx(facts["gain"], abs=1e-12)
    assert len(facts["mix_ups"]) == len(explanation.mix_ups)
    assert facts["objects"]


@pytest.mark.parametrize(("what", "listed"), [("spans", "start end"), ("pixels", "pixels"), ("classes", "feature")])
@pytest.mark.usefixtures("in_noisy_store")
def test_the_command_lists_the_objects_of_a_cell(what: str, listed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", f"{what}/seed-1", f"{what}/seed-2", "--cell", "class:found", "--show", "1"]) == 0
    text = capsys.readouterr().out

    assert "that were taken for another feature are now found" in text
    assert listed in text
    assert "more are not listed (--show N)" in text


def test_observers_of_cue_conflicts_differ_by_what_they_mix_up(shared_data: Path, store: Store) -> None:
    """Two people named 1,280 pictures; every picture is a part of 1 / 1,280, and the lines add up to the gain."""
    said = [_observed(shared_data / "model_vs_human" / "raw-data" / "cue-conflict", name) for name in OBSERVERS]
    runs = []
    for name, rows in zip(OBSERVERS, said, strict=True):
        logged: Rows = {
            key: ([Answer("object", truth)], [Answer("object", answer)] if answer != "na" else [])
            for key, (truth, answer) in rows.items()
        }
        runs.append(_log(store, name, logged))
    explanation = trainer.explain_gain(trainer.pair_runs(*runs))
    boats = sum(said[0][key] == ("knife", "boat") and said[1][key][1] == "knife" for key in said[0])
    knife = ("object/knife", ("object/boat", "object/knife"))
    [told] = [each for each in explanation.mix_ups if (each.feature, each.said) == knife]

    assert (round(explanation.baseline, 3), round(explanation.candidate, 3)) == (0.693, 0.763)
    assert (told.objects, told.gain) == (boats, pytest.approx(boats / 1280))
    assert sum(each.gain for each in explanation.mix_ups) == pytest.approx(explanation.gain)


OBSERVERS = ("subject-01", "subject-02")


def _observed(folder: Path, name: str) -> dict[str, tuple[str, str]]:
    """What stood on each picture and what the observer said."""
    [file] = folder.glob(f"*{name}*.csv")
    heading, *lines = (line.split(",") for line in file.read_text(encoding="utf-8").splitlines())
    at = [heading.index(column) for column in ("imagename", "category", "object_response")]
    return {line[at[0]].split("_", 3)[-1]: (line[at[1]], line[at[2]]) for line in lines}
