"""The fuzzer finds what is wrong, makes it small, keeps it, and finds nothing where all is well."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from . import laws
from .arena import Arena
from .arenas import ARENAS
from .command import fuzz, main
from .finds import Find, as_test, read_finds
from .laws import differences
from .scene import Scene
from .shrink import shrink

SCENES = 30


@pytest.mark.parametrize("name", ARENAS)
def test_nothing_is_found_in_some_seconds(name: str) -> None:
    found = list(fuzz([ARENAS[name]], seed=7, seconds=600, scenes=SCENES))

    assert [(find.origin, find.differences) for find in found] == []


@pytest.mark.parametrize("find", read_finds(), ids=lambda find: find.name)
def test_what_was_found_once_stays_mended(find: Find) -> None:
    assert differences(ARENAS[find.arena], find.scene) == []


@pytest.mark.parametrize("name", ARENAS)
def test_a_seed_makes_the_same_scenes_and_files_keep_them_to_the_last_bit(name: str) -> None:
    scenes = [ARENAS[name].make(np.random.default_rng([3, i])) for i in range(20)]
    again = [ARENAS[name].make(np.random.default_rng([3, i])) for i in range(20)]

    assert scenes == again
    assert [Scene.from_json(scene.to_json()) for scene in scenes] == scenes


@pytest.mark.parametrize("name", ARENAS)
def test_scenes_hold_what_is_rare_elsewhere(name: str) -> None:
    scenes = [ARENAS[name].make(np.random.default_rng([3, i])) for i in range(200)]
    confidences = [scene.predictions["confidence"] for scene in scenes]

    assert any(scene.truth["row"] and not scene.predictions["row"] for scene in scenes)
    assert any(scene.predictions["row"] and not scene.truth["row"] for scene in scenes)
    assert any(len(each) > 100 for each in confidences)
    assert sum(len(set(each)) < len(each) / 2 for each in confidences) > 20
    assert name == "lvis" or any(scene.truth["crowd"] and all(scene.truth["crowd"]) for scene in scenes)
    assert any(set(range(scene.rows)) - {*scene.truth["row"], *scene.predictions["row"]} for scene in scenes)


def _backwards(scene: Scene, side: str) -> Scene:
    table = {name: list(column)[::-1] for name, column in getattr(scene, side).items()}
    return replace(scene, **{side: table})


MISTAKES: dict[str, Callable[[Scene], Scene]] = {
    "equal overlaps go to the earlier truth": lambda scene: _backwards(scene, "truth"),
    "equal confidences choose backwards": lambda scene: _backwards(scene, "predictions"),
    "crowds count": lambda scene: scene.with_column("truth", "crowd", [False] * len(scene.truth["row"])),
    "ignored truths count": lambda scene: scene.with_column("truth", "ignored", [False] * len(scene.truth["row"])),
    "areas on a limit are beyond it": lambda scene: scene.with_column(
        "truth", "area", [float(np.nextafter(area, np.inf)) for area in scene.truth["area"]]
    ),
}


EVERYWHERE = "equal confidences choose backwards"


def _mistaken(arena: Arena, mistake: Callable[[Scene], Scene]) -> Arena:
    """The arena measured with a mistake."""
    return replace(arena, shapes=lambda scene: arena.shapes(mistake(scene)))


@pytest.mark.parametrize(
    ("name", "mistake"),
    [*(("boxes", mistake) for mistake in MISTAKES), *((name, EVERYWHERE) for name in ARENAS if name != "boxes")],
)
def test_mistakes_are_found_and_made_small(name: str, mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "_other_claims", lambda *_: iter(()))  # tells positions, which two of them turn round
    arena = _mistaken(ARENAS[name], MISTAKES[mistake])
    [find] = fuzz([arena], seed=0, seconds=600, most=1)

    assert find.scene.objects <= 4
    assert find.scene.rows == find.scene.features == 1
    assert differences(arena, find.scene) == list(find.differences) != []
    assert differences(ARENAS[name], find.scene) == []


def test_an_exception_is_a_find_too() -> None:
    def fail(_: Scene) -> tuple[object, object]:
        raise ValueError("no good")

    [find] = fuzz([replace(ARENAS["boxes"], shapes=fail)], seed=0, seconds=600, most=1)

    assert find.differences == ["raised ValueError: no good"]
    assert find.scene.objects == 0


def test_shrinking_keeps_only_what_the_failure_needs() -> None:
    scene = ARENAS["boxes"].make(np.random.default_rng([0, 3]))
    small = shrink(scene, lambda each: 0.2 in each.predictions["confidence"], ARENAS["boxes"].simpler)

    assert small.predictions["confidence"] == [0.2]
    assert small.truth["row"] == []
    assert small.predictions["box"] == [[0.0, 0.0, 0.0, 0.0]]


@pytest.mark.parametrize("name", ARENAS)
def test_a_find_is_kept_in_a_file_and_told_as_a_test_that_runs(name: str, tmp_path: Path) -> None:
    scenes = (ARENAS[name].make(np.random.default_rng([5, i])) for i in range(100))
    scene = next(each for each in scenes if each.truth["row"] and each.predictions["row"])
    find = Find(f"{name}_kept", name, scene, ["ap is 0, expected 1"], "seed 5")
    find.write(tmp_path)
    [read] = read_finds(tmp_path)
    told = as_test(ARENAS[name], find)
    names: dict[str, object] = {}
    exec("import numpy as np, metrics\n" + told, names)
    names[f"test_{name}_kept"]()  # type: ignore[operator]

    assert read == find
    assert json.loads((tmp_path / f"{name}_kept.json").read_text())["scene"]["rows"] == scene.rows


def test_the_command_says_how_much_it_looked_at(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--minutes", "0.01", "--seed", "3", "--only", "boxes", "--folder", str(tmp_path)]) == 0
    said = capsys.readouterr()

    assert "seed 3, boxes" in said.out
    assert "0 finds" in said.out
    assert "a second" in said.err
