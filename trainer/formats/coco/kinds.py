"""Which of COCO's files a parsed JSON value is; the wrong one is refused by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.formats.entries import shown
from trainer.records.errors import ImportRefusedError, Problem

_TRUTH = "COCO truth is an object with the lists images, annotations and categories"
_RESULTS = "COCO results are a list of entries with image_id, category_id, score, and bbox or segmentation"
_SECTIONS = ("images", "annotations", "categories")


def as_truth(value: Any, path: Path) -> dict[str, list[Any]]:
    """The sections of COCO truth, in the order of the file.

    Raises:
        ImportRefusedError: If the value is something else.
    """
    reason = _why_no_truth(value)
    if reason:
        raise ImportRefusedError(str(path), [Problem("the file", f"{reason}. {_TRUTH}.")])
    return {name: section for name, section in value.items() if name in _SECTIONS}


def as_results(value: Any, path: Path) -> list[Any]:
    """The entries of a COCO result file.

    Raises:
        ImportRefusedError: If the value is something else.
    """
    reason = _why_no_results(value)
    if reason:
        raise ImportRefusedError(str(path), [Problem("the file", f"{reason}. {_RESULTS}.")])
    return list(value)


def _why_no_truth(value: Any) -> str | None:
    if isinstance(value, list):
        return f"holds a list, as {_named(value)} does, where truth is expected"
    if not isinstance(value, dict):
        return f"holds {shown(value)} alone"
    if "annotations" in value and "categories" not in value and _has(value["annotations"], "caption"):
        return "holds captions, not objects in pictures"
    if _has(value.get("annotations"), "segments_info"):
        return "holds panoptic segments, whose masks lie in PNG files that this format does not read"
    missing = [name for name in _SECTIONS if not isinstance(value.get(name), list)]
    if missing:
        return (
            f"has no list {' and no list '.join(missing)}; it has {', '.join(map(repr, list(value)[:8])) or 'nothing'}"
        )
    return None


def _why_no_results(value: Any) -> str | None:
    if isinstance(value, dict):
        if all(isinstance(value.get(name), list) for name in ("images", "annotations")):
            return "holds truth (images and annotations) where results are expected"
        return f"holds an object with {', '.join(map(repr, list(value)[:8])) or 'nothing'}, not a list"
    if not isinstance(value, list):
        return f"holds {shown(value)} alone"
    if _has(value, "caption"):
        return "holds captions, not objects in pictures"
    if _has(value, "keypoints") and not _has(value, "bbox") and not _has(value, "segmentation"):
        return "holds keypoints alone"
    return None


def _named(value: list[Any]) -> str:
    return "a result file" if _has(value, "score") else "no file of truth"


def _has(entries: Any, name: str) -> bool:
    return isinstance(entries, list) and bool(entries) and isinstance(entries[0], dict) and name in entries[0]
