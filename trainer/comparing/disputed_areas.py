"""Painted areas of several runs on one truth: found, counted without what is disputed, and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

import metrics
from trainer import pictures
from trainer.comparing.crops import COLOURS
from trainer.comparing.dispute_outlines import outlines_of
from trainer.comparing.dispute_table import Objects
from trainer.comparing.one_truth import OneTruth
from trainer.comparing.painted_crops import around, overlap_of
from trainer.comparing.placing import place_areas
from trainer.measures.areas import PaintedAreas, painted_areas
from trainer.measures.painted import PaintedMasks, lay_masks
from trainer.measures.pixels import PixelEvaluation
from trainer.measures.undisputed import count_undisputed


@dataclass(frozen=True, eq=False)
class AreasOnOneTruth:
    """What several runs painted, as areas: all pixels of one feature on one row.

    Attributes:
        on: The runs on the truth of the last of them.
    """

    on: OneTruth

    @property
    def objects(self) -> Objects:
        """The areas as annotations; those that are of several have no number."""
        return Objects(
            place_areas(self.areas.truth, self.on.truth),
            tuple(place_areas(seen, of) for seen, of in zip(self.areas.predictions, self.on.predictions, strict=True)),
        )

    def gains(
        self, lines: metrics.DisputeLines, drawn: metrics.Resamples, *, pair: tuple[int, int], level: float
    ) -> tuple[metrics.DisputedGain, ...]:
        """Gains with and without the pixels of disputed areas; see `count_undisputed`.

        Args:
            lines: What is left out.
            drawn: Rows drawn again.
            pair: Places of baseline and candidate among the runs.
            level: Share of intervals that are to hold the true gain, in (0, 1).
        """
        before, after = (self.sides[each] for each in pair)
        undisputed = count_undisputed(
            pair,
            self.sides,
            lines,
            truth=self.on.truth.annotations,
            predictions=[each.annotations for each in self.on.predictions],
            rows=self.on.last.snapshot.rows,
        )
        whole = before.counts, after.counts
        return metrics.pixel_gains_without_disputes(whole, undisputed, drawn, without=[after.nothing], level=level)

    def painted(self, keys: Sequence[str]) -> PaintedDisputes:
        """Make ready what truth and runs painted on some rows, to draw it."""
        rows = self.on.last.snapshot.rows
        wanted = np.array([rows.position(key) for key in keys], dtype=np.int64)
        each = (self.on.truth, *self.on.predictions)
        return PaintedDisputes(self.on, tuple(lay_masks(side.annotations, rows, only=wanted) for side in each))

    @cached_property
    def sides(self) -> tuple[PixelEvaluation, ...]:
        """What the pixels of each run were taken for, on the measured rows."""
        return tuple(each for each in self.on.evaluations if isinstance(each, PixelEvaluation))

    @cached_property
    def areas(self) -> PaintedAreas:
        """The areas of the truth and of each run, and what each two runs painted alike."""
        said = [each.annotations for each in self.on.predictions]
        return painted_areas(self.sides, self.on.truth.annotations, said, rows=self.on.last.snapshot.rows)


@dataclass(frozen=True, eq=False)
class PaintedDisputes:
    """What truth and runs painted on some rows. Made by `AreasOnOneTruth.painted`.

    Attributes:
        on: The runs on the truth of the last of them.
        layers: Masks of the truth and of each run, those of the rows that are wanted.
    """

    on: OneTruth
    layers: tuple[PaintedMasks, ...]

    def outlines(self, entry: Mapping[str, Any]) -> list[pictures.Outline]:
        """What to draw of one line: all pixels of its feature on the row, in the truth and as each run painted them.

        Of a run that takes the area for another feature, the part of the area that it does so with.
        """
        row, nothing = self.on.last.snapshot.rows.position(entry["key"]), len(self.on.shared.features)
        truth, *painted = (layer.map_of(row, nothing=nothing) for layer in self.layers)
        feature, seen_as = entry["feature"], entry["seen_as"]
        what = feature or seen_as
        words, area = outlines_of(entry), truth == self._code(what)
        if feature is None and area.any():
            words = [pictures.Outline(f"truth: {what}", COLOURS["truth"]), *words]
        drawn = [around(words[0], area)] if len(words) > len(painted) else []
        for number, (said, outline) in enumerate(zip(painted, words[-len(painted) :], strict=True), start=1):
            of, agrees = said == self._code(what), entry[f"run_{number}_confidence"] is not None
            if agrees and feature is not None and seen_as is not None:
                drawn.append(around(outline, area & (said == self._code(seen_as))))
            else:
                told = outline if agrees else replace(outline, words=f"{entry[f'run_{number}']}: {_paints(of, what)}")
                drawn.append(around(replace(told, words=told.words + _off(area, of)), of))
        return drawn

    def _code(self, feature: str) -> int:
        return self.on.shared.features.index(feature)


def _paints(area: np.ndarray, feature: str) -> str:
    return f"paints {feature}" if area.any() else f"paints no {feature}"


def _off(truth: np.ndarray, area: np.ndarray) -> str:
    """How well what is painted lies on the truth, in words; nothing where either is empty."""
    overlap = overlap_of(truth, area)
    return f", IoU {overlap:.2f} with the truth" if overlap > 0 else ""
