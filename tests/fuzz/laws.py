"""What must hold on every scene; each check names what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

import metrics

from .arena import Arena
from .reference import Answer, ask_pycocotools
from .scene import Scene

TOLERANCE: Final = 1e-12


def differences(arena: Arena, scene: Scene) -> list[str]:
    """Everything that is not as it must be, in words; empty where all is well."""
    try:
        overlaps = arena.overlaps(scene)
        found = [*_unlike_pycocotools(arena, scene, overlaps), *_unlike_alone(arena, scene, overlaps)]
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError, metrics.MetricsError) as error:
        return [f"raised {type(error).__name__}: {error}"]
    return found


def _unlike_pycocotools(arena: Arena, scene: Scene, overlaps: metrics.Overlaps) -> Iterator[str]:
    answer, summary = ask_pycocotools(arena, scene), arena.summarize(overlaps)
    yield from _unequal("pycocotools", summary.numbers(), dict(zip(summary.numbers(), answer.numbers, strict=True)))
    columns = summary.per_feature.columns()
    expected = expected_columns(arena, answer) | _support(scene, columns["truths"])
    yield from _unequal("pycocotools, per feature", columns, expected)
    at_iou = answer.precision[:, :, :, 0, -1].mean(axis=1)
    for place, iou in enumerate(summary.settings.ious):
        if place % 4 == 0:  # the others only enter into means
            ours = metrics.average_precision(overlaps, min_iou=iou, max_detections=arena.layout.most)
            yield from _unequal(f"pycocotools at IoU {iou:.2f}", {"ap": ours.per_feature}, {"ap": at_iou[place]})
        yield from _other_claims(scene, overlaps, answer, place, iou)


def expected_columns(arena: Arena, answer: Answer) -> dict[str, np.ndarray]:
    """pycocotools' numbers feature by feature, by the names that ours have."""
    layout, precision = arena.layout, answer.precision.mean(axis=1)
    by_area = {name: precision[:, :, area, -1].mean(axis=0) for name, area in layout.ap.items()}
    by_iou = {name: precision[iou, :, 0, -1] for name, iou in layout.ap_at.items()}
    return by_area | by_iou | {layout.recall: answer.recall[:, :, 0, -1].mean(axis=0)}


def _support(scene: Scene, truths: np.ndarray) -> dict[str, np.ndarray]:
    """How many predictions there are, and truths where each says itself whether it counts."""
    feature = np.asarray(scene.predictions["feature"], dtype=int)
    return {"predictions": np.bincount(feature, minlength=len(truths))}


def _other_claims(scene: Scene, overlaps: metrics.Overlaps, answer: Answer, place: int, iou: float) -> Iterator[str]:
    """Matching claims what pycocotools claims, where both look at all predictions and all truths."""
    claims = answer.claims[place]
    looks_at_all = len(claims) == len(scene.predictions["row"])
    if not looks_at_all or max(scene.truth["area"], default=0) > 1e10:
        return
    truth_of = metrics.match(overlaps, min_iou=iou).truth_of.tolist()
    other = [p for p, claimed in claims.items() if claimed != truth_of[p]]
    if other:
        p = other[0]
        yield f"match at IoU {iou:.2f}: prediction {p} claims {truth_of[p]}, in pycocotools {claims[p]}"


def _unlike_alone(arena: Arena, scene: Scene, overlaps: metrics.Overlaps) -> Iterator[str]:
    """Chosen rows are measured as if there were no others."""
    for odd in (False, True):
        keep = np.arange(scene.rows) % 2 == odd
        part, alone = overlaps.on_rows(keep), arena.overlaps(scene.on_rows(keep.tolist()))
        ours, expected = arena.summarize(part), arena.summarize(alone)
        which = f"on_rows ({'odd' if odd else 'even'}) beside these rows alone"
        yield from _unequal(which, ours.numbers(), expected.numbers(), exact=True)
        yield from _unequal(which, ours.per_feature.columns(), expected.per_feature.columns(), exact=True)
        yield from _unequal(which, _counts(part, keep), _counts(alone), exact=True)


def _counts(overlaps: metrics.Overlaps, keep: np.ndarray | None = None) -> dict[str, np.ndarray]:
    matches = metrics.match(overlaps, min_iou=0.5, min_confidence=0.3)
    outcomes = metrics.count_outcomes(matches)
    kept = slice(None) if keep is None else keep
    tables = {"total": outcomes.total, "per feature": outcomes.per_feature}
    counts = {
        f"{name} {count}": np.asarray(getattr(table, count))
        for name, table in tables.items()
        for count in ("tp", "fp", "missed")
    }
    counts |= {f"per row {each}": getattr(outcomes.per_row, each)[kept] for each in ("tp", "fp", "missed")}
    return counts | {"confusion": metrics.confuse(matches).matrix}


def _unequal(law: str, ours: Mapping[str, Any], expected: Mapping[str, Any], *, exact: bool = False) -> Iterator[str]:
    for name, values in expected.items():
        mine, theirs = np.asarray(ours[name], dtype=float), np.asarray(values, dtype=float)
        if not np.allclose(mine, theirs, rtol=0, atol=0 if exact else TOLERANCE, equal_nan=True):
            yield f"{law}: {name} is {mine.tolist()}, expected {theirs.tolist()}"
