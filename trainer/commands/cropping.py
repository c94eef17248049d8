"""What was cut out of pictures, told by the commands that cut."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.crops import Crops


def crop_facts(crops: Crops, *, of: int, folder: Path) -> dict[str, Any]:
    """What was cut as plain values; `of` is how many there were to cut."""
    return {
        "folder": str(folder),
        "cut": len(crops.files) - crops.missing,
        "without_picture": crops.missing,
        "not_cut": of - len(crops.files),
        "problems": [{"key": problem.place, "reason": problem.reason} for problem in crops.problems],
    }


def print_crops(crops: Crops, *, of: int, folder: Path, things: str = "objects") -> None:
    """Say what was cut, and what could not be."""
    print(f"\ncut out: {len(crops.files) - crops.missing:,} {things} in {folder}")
    if crops.missing:
        first = crops.problems[0]
        print(f"not cut: {crops.missing:,} on {len(crops.problems):,} rows; first: {first.place}: {first.reason}")
    if of > len(crops.files):
        print(f"not cut: {of - len(crops.files):,} beyond the first {len(crops.files):,} (--most-crops N)")
