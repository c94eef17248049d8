"""`make fuzz`: random scenes until the time is up; what differs is shrunk, kept and told."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from .arena import Arena
from .arenas import ARENAS
from .finds import FOLDER, Find, as_test, name_of
from .laws import differences
from .scene import Scene
from .shrink import shrink


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if anything was found."""
    chosen = _parser().parse_args(arguments)
    seed = chosen.seed if chosen.seed is not None else int(np.random.default_rng().integers(1_000_000))
    arenas = [ARENAS[name] for name in chosen.only or ARENAS]
    print(f"seed {seed}, {', '.join(arena.name for arena in arenas)}, {chosen.minutes:g} minutes", flush=True)
    finds: list[Find] = []
    for find in fuzz(arenas, seed, seconds=chosen.minutes * 60, most=chosen.most):
        finds.append(find)
        _tell(find, find.write(chosen.folder))
        if len(finds) == chosen.most:
            break
    print(f"{len(finds)} finds")
    return int(bool(finds))


def fuzz(
    arenas: Sequence[Arena], seed: int, *, seconds: float, scenes: int | None = None, most: int = 5
) -> Iterator[Find]:
    """Scenes of all arenas in turn, always the same for a seed.

    Args:
        arenas: Kinds of shapes.
        seed: Of the first scene.
        seconds: When to stop; shrinking comes on top.
        scenes: Stop after so many, whatever the time.
        most: Stop after so many finds.
    """
    start = last = time.monotonic()
    done, found, shrinking = 0, 0, 0.0
    while found < most and (scenes is None or done < scenes):
        now = time.monotonic()
        if now - start - shrinking >= seconds:
            break
        if now - last > 10:
            last = now
            print(f"  {done:,} scenes, {done / (now - start - shrinking):.0f} a second", file=sys.stderr, flush=True)
        arena = arenas[done % len(arenas)]
        find = look_at(arena, arena.make(np.random.default_rng([seed, done])), f"seed {seed}, scene {done}")
        done += 1
        if find is not None:
            found, shrinking = found + 1, shrinking + time.monotonic() - now
            yield find
    spent = max(time.monotonic() - start - shrinking, 1e-9)
    print(f"  {done:,} scenes in {spent:.0f} s, {done / spent:.0f} a second", file=sys.stderr, flush=True)


def look_at(arena: Arena, scene: Scene, origin: str) -> Find | None:
    """The smallest scene that still fails, if this one does."""
    if not differences(arena, scene):
        return None
    small = shrink(scene, lambda each: bool(differences(arena, each)), arena.simpler)
    return Find(name_of(arena, small), arena.name, small, differences(arena, small), origin)


def _tell(find: Find, file: Path) -> None:
    print(f"\nFOUND ({find.origin}), kept as {file}:")
    for each in find.differences:
        print(f"  {each}")
    print("\n" + as_test(ARENAS[find.arena], find), flush=True)


def _names(words: str) -> list[str]:
    names = words.split(",")
    if set(names) - set(ARENAS):
        raise argparse.ArgumentTypeError(f"name some of {', '.join(ARENAS)}, as in --only boxes,masks")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, help="repeats a run; another one each time when left out")
    parser.add_argument("--only", type=_names, help=f"some of {','.join(ARENAS)}")
    parser.add_argument("--most", type=int, default=5, help="stop after so many finds")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where finds are kept")
    return parser
