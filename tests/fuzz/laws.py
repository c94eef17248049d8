"""What must hold on every scene; each check names what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

import metrics

from .arena import Arena
from .reference import Answer
from .scene import Scene

TOLERANCE: Final = 1e-12


def differences(arena: Arena, scene: Scene) -> list[str]:
    """Everything that is not as it must be, in words; empty where all is well."""
    try:
        overlaps = arena.overlaps(scene)
        found = [*_unlike_reference(arena, scene, overlaps), *_unlike_alone(arena, scene, overlaps)]
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError, metrics.MetricsError) as error:
        return [f"raised {type(error).__name__}: {error}"]
    return found


def _unlike_reference(arena: Arena, scene: Scene, overlaps: metrics.Overlaps) -> Iterator[str]:
    answer, summary = arena.ask(arena, scene), arena.summarize.call(scene, overlaps)
    yield from _unequal("reference", summary.numbers(), dict(zip(summary.numbers(), answer.numbers, strict=True)))
    columns = summary.per_feature.columns()
    yield from _unequal("reference, per feature", columns, expected_columns(arena, answer))
    if arena.layout.most is None:
        return
    yield from _unequal("support", columns, _support(scene, columns["truths"]))
    at_iou = answer.precision[:, :, :, 0, -1].mean(axis=1)
    for place, iou in enumerate(summary.settings.ious):
        if place % 4 == 0:  # the others only enter into means
            ours = metrics.average_precision(overlaps, min_iou=iou, max_detections=arena.layout.most)
            yield from _unequal(f"reference at IoU {iou:.2f}", {"ap": ours.per_feature}, {"ap": at_iou[place]})
        yield from _other_claims(scene, overlaps, answer, place, iou)


def expected_columns(arena: Arena, answer: Answer) -> dict[str, np.ndarray]:
    """The reference's numbers feature by feature, by the names that ours have."""
    layout, precision = arena.layout, answer.precision.mean(axis=1)
    by_area = {name: precision[:, :, area, -1].mean(axis=0) for name, area in layout.ap.items()}
    by_iou = {name: precision[iou, :, 0, -1] for name, iou in layout.ap_at.items()}
    return by_area | by_iou | {layout.recall: answer.recall[:, :, 0, -1].mean(axis=0)}


def _support(scene: Scene, truths: np.ndarray) -> dict[str, np.ndarray]:
    """How many predictions there are."""
    feature = np.asarray(scene.predictions["feature"], dtype=int)
    return {"predictions": np.bincount(feature, minlength=len(truths))}


def _other_claims(scene: Scene, overlaps: metrics.Overlaps, answer: Answer, place: int, iou: float) -> Iterator[str]:
    """Matching claims what the reference claims, where both look at all predictions and all truths."""
    claims = answer.claims[place]
    looks_at_all = len(claims) == len(scene.predictions["row"])
    if not looks_at_all or max(scene.truth["area"], default=0) > 1e10:
        return
    truth_of = metrics.match(overlaps, min_iou=iou).truth_of.tolist()
    other = [p for p, claimed in claims.items() if claimed != truth_of[p]]
    if other:
        p = other[0]
        yield f"match at IoU {iou:.2f}: prediction {p} claims {truth_of[p]}, in the reference {claims[p]}"


def _unlike_alone(arena: Arena, scene: Scene, overlaps: metrics.Overlaps) -> Iterator[str]:
    """Chosen rows are measured as if there were no others."""
    for odd in (False, True):
        keep = np.arange(scene.rows) % 2 == odd
        alone_scene = scene.on_rows(keep.tolist())
        part, alone = overlaps.on_rows(keep), arena.overlaps(alone_scene)
        ours, expected = arena.summarize.call(scene, part), arena.summarize.call(alone_scene, alone)
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
        mine, theirs = np.asarray(ours[name]), np.asarray(values)
        if mine.dtype.kind == theirs.dtype.kind == "U":
            equal = np.array_equal(mine, theirs)
        else:
            equal = np.allclose(mine, theirs, rtol=0, atol=0 if exact else TOLERANCE, equal_nan=True)
        if not equal:
            yield f"{law}: {name} is {mine.tolist()}, expected {theirs.tolist()}"
