"""What was found: kept as a case that is replayed for ever, and told as a test that can be named and read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .arena import Arena
from .scene import SIDES, Scene

FOLDER: Final = Path(__file__).parent.parent / "metrics" / "golden" / "fuzz"


@dataclass(frozen=True)
class Find:
    """A scene on which something was not as it must be.

    Attributes:
        name: What it is called; the file's name.
        arena: Which kind of shape.
        scene: The scene, shrunk.
        differences: What was wrong when it was found.
        origin: How to find it again, in words.
    """

    name: str
    arena: str
    scene: Scene
    differences: Sequence[str]
    origin: str

    def write(self, folder: Path = FOLDER) -> Path:
        """As a file, one column a line."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        head = {"arena": self.arena, "origin": self.origin, "differences": list(self.differences)}
        file.write_text(_readable(head | {"scene": vars(self.scene)}) + "\n", encoding="utf-8")
        return file

    @classmethod
    def read(cls, file: Path) -> Find:
        """What `write` wrote."""
        content = json.loads(file.read_text(encoding="utf-8"))
        scene = Scene(**content["scene"])
        return cls(file.stem, content["arena"], scene, content["differences"], content["origin"])


def name_of(arena: Arena, scene: Scene) -> str:
    """A name that says the kind and is the same for the same scene."""
    return f"{arena.name}_{hashlib.sha256(scene.to_json().encode()).hexdigest()[:8]}"


def read_finds(folder: Path = FOLDER) -> list[Find]:
    """All that were ever found, by name."""
    return [Find.read(file) for file in sorted(folder.glob("*.json"))]


def as_test(arena: Arena, find: Find) -> str:
    """A test of pytest that fails as long as the numbers differ; give it the name of what is wrong."""
    numbers = arena.ask(arena, find.scene).numbers.tolist()
    table, maker = _MAKERS[arena.name]
    sides = "\n".join(f"    {side} = metrics.{table}.{maker(find.scene, side)}" for side in SIDES)
    expected = "[" + ", ".join("NAN" if number != number else repr(number) for number in numbers) + "]"  # noqa: PLR0124
    return f'''\
NAN = float("nan")


def test_{find.name}() -> None:
    """{find.differences[0][:100] if find.differences else "As in pycocotools."}"""
{sides}
    overlaps = metrics.find_overlaps(truth, predictions, rows={find.scene.rows}, features={find.scene.features})
    numbers = [*{arena.summarize.code(find.scene)}.numbers().values()]

    np.testing.assert_allclose(numbers, {expected}, rtol=0, atol=1e-12)
'''


def _arguments(scene: Scene, side: str, given: Mapping[str, Any]) -> str:
    table = getattr(scene, side)
    names = ("area", "crowd", "ignored") if side == "truth" else ("confidence",)
    parts = [repr(table["row"]), repr(table["feature"]), *(str(value) for value in given.values())]
    return ", ".join([*parts, *(f"{name}={table[name]!r}" for name in names)])


def _boxes(scene: Scene, side: str) -> str:
    return f"from_sizes({_arguments(scene, side, {'box': getattr(scene, side)['box']})})"


def _masks(scene: Scene, side: str) -> str:
    masks, size = getattr(scene, side)["mask"], scene.setting["size"]
    if scene.setting["outlines"]:
        return f"from_polygons({_arguments(scene, side, {'polygons': masks, 'size': [size] * len(masks)})})"
    return f"from_rle({_arguments(scene, side, {'rle': [{'size': size, 'counts': each} for each in masks]})})"


def _keypoints(scene: Scene, side: str) -> str:
    given = {"points": getattr(scene, side)["points"], "sigmas": f"sigmas={scene.setting['sigmas']!r}"}
    if side == "truth":
        given["box"] = f"box={scene.truth['box']!r}"
    return f"from_points({_arguments(scene, side, given)})"


_MAKERS: Final = {
    "boxes": ("Boxes", _boxes),
    "keypoints": ("Keypoints", _keypoints),
    "lvis": ("Boxes", _boxes),
    "masks": ("Masks", _masks),
}


def _readable(content: Mapping[str, Any], indent: str = " ") -> str:
    """JSON with one column a line."""
    parts = []
    for name, value in content.items():
        written = _readable(value, indent + " ") if isinstance(value, Mapping) else json.dumps(value)
        parts.append(f"{indent}{json.dumps(name)}: {written}")
    return "{\n" + ",\n".join(parts) + f"\n{indent[1:]}}}"
