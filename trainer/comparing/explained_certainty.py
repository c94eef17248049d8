"""How certain the parts of a gain are: of cells, of both ways together, of features and of what was mixed up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

import metrics
from trainer.comparing.certainty import Sampling, least_units

Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PartCertainty:
    """How certain a part of a gain is.

    Attributes:
        low: Lower end of the interval of this part alone; NaN where too few rows tell, or no resample defines it.
        high: Upper end of it.
        together: Low and high that hold at once for all parts that are told beside it.
        p_value: How rarely chance alone would show so large a part anywhere among them.
        rows: On how many rows, or clusters, the runs differ in it.
        too_few: They are so few that nothing can be certain; see `least_units`.
    """

    low: float
    high: float
    together: tuple[float, float]
    p_value: float
    rows: int
    too_few: bool

    @property
    def certain(self) -> str | None:
        """``better`` or ``worse`` where `together` does not hold 0; None where it does, or too few rows tell.

        That means something where two equal runs would have 0: not of a single cell, since equal runs err on different
        objects, too.
        """
        low, high = self.together
        return "better" if low > 0 else "worse" if high < 0 else None

    def columns(self) -> dict[str, Any]:
        """As plain values; undefined ones are NaN."""
        return {
            "low": self.low,
            "high": self.high,
            "together_low": self.together[0],
            "together_high": self.together[1],
            "rows": self.rows,
            "too_few": self.too_few,
        }

    def judged(self) -> dict[str, Any]:
        """The same, where it means something that it is not 0."""
        return {**self.columns(), "together_p_value": self.p_value, "certain": self.certain}


class PartKinds(NamedTuple):
    """What the smallest parts of a gain are about, in codes; one entry a part.

    Attributes:
        alarm: bool[P]: false alarms, and truths otherwise.
        feature: int64[P]; -1 of what is of no feature.
        before: int64[P]: place of the baseline's state among those of its kind.
        after: int64[P]: the candidate's.
        old: int64[P]: the feature that the baseline took it for, or -1.
        new: int64[P]: the candidate's.
        named: bool[P]: it is one mix-up; of others several together are one part, as too few rows tell of each.
    """

    alarm: np.ndarray
    feature: np.ndarray
    before: np.ndarray
    after: np.ndarray
    old: np.ndarray
    new: np.ndarray
    named: np.ndarray

    def only(self, chosen: np.ndarray) -> PartKinds:
        """Some of them: bool[P], or their places."""
        return PartKinds(*(column[chosen] for column in self))

    def joined(self, other: PartKinds) -> PartKinds:
        """These, then others."""
        return PartKinds(*(np.concatenate(both) for both in zip(self, other, strict=True)))

    def cells(self) -> np.ndarray:
        """int64[P, 3]: the cell of each."""
        return np.stack([self.alarm, self.before, self.after], axis=1).astype(np.int64)

    def mix_ups(self) -> np.ndarray:
        """int64[P, 6]: kind and feature, and what each run made of it."""
        columns = [self.alarm, self.feature, self.before, self.old, self.after, self.new]
        return np.stack(columns, axis=1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class DrawnGain:
    """A gain and its smallest parts on every resample.

    Attributes:
        kinds: What the parts are about.
        gains: float64[P]: what each adds.
        parts: What they are on every resample.
        gain: The gain itself.
        shares: float64[features]: what each feature adds.
        rest: What no part explains, and what it is on every resample, by name.
    """

    kinds: PartKinds
    gains: np.ndarray
    parts: metrics.DrawnParts
    gain: float
    shares: np.ndarray
    rest: Mapping[str, tuple[float, np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Certainty:
    """How certain a gain is and everything that it is parted into. Made by `find_certainty`.

    Attributes:
        sampling: How it was found.
        units: How many rows, or clusters, were drawn.
        gain: Of the gain.
        cells: Of each cell, by kind (0 truth, 1 false alarm) and both states.
        balances: Of each cell together with the opposite one, by the cell that `one_way` names.
        shares: Of what each feature adds.
        mix_ups: Of what was taken for what, by kind, feature, and the state and feature of the baseline and the
            candidate.
        mix_up_balances: Of each together with the opposite one, and what both add, by the mix-up that `one_way` names.
        rest: Of what no cell explains, by name.
    """

    sampling: Sampling
    units: int
    gain: PartCertainty
    cells: Mapping[Key, PartCertainty]
    balances: Mapping[Key, PartCertainty]
    shares: tuple[PartCertainty, ...]
    mix_ups: Mapping[Key, PartCertainty]
    mix_up_balances: Mapping[Key, PartCertainty]
    rest: Mapping[str, PartCertainty]


def one_way(key: Key) -> Key:
    """Of a cell, or a mix-up, and the opposite one the one that stands for both.

    Example:
        >>> one_way((0, 3, 0)), one_way((0, 0, 3))
        ((0, 0, 3), (0, 0, 3))
    """
    half = (len(key) - 1) // 2
    before, after = key[-2 * half : -half], key[-half:]
    return (*key[: -2 * half], *min(before, after), *max(before, after))


def find_certainty(drawn: DrawnGain, sampling: Sampling) -> Certainty:
    """Find how certain everything is that a gain is parted into.

    Intervals of one list hold together: those of all cells, of all pairs of opposite cells, of all features, and of all
    mix-ups. The gain and what no cell explains have their own.

    Args:
        drawn: The gain on every resample.
        sampling: How rows were drawn.
    """
    finder = _Finder(drawn, sampling)
    cells, mix_ups = drawn.kinds.cells(), drawn.kinds.mix_ups()
    whole = drawn.parts.widened
    named, everything = drawn.kinds.named, np.ones(len(drawn.gains), dtype=bool)
    return Certainty(
        sampling,
        drawn.parts.units,
        finder.alone(drawn.gain, drawn.parts.gain, least=0 if drawn.parts.units >= finder.least else None),
        finder.family(cells, everything, widened=whole),
        finder.family(one_way_of_each(cells), everything, widened=whole),
        finder.features(),
        finder.family(mix_ups, named),
        finder.family(one_way_of_each(mix_ups), named),
        {name: finder.alone(value, resampled) for name, (value, resampled) in drawn.rest.items()},
    )


def one_way_of_each(keys: np.ndarray) -> np.ndarray:
    """int64[P, k]: `one_way` of each."""
    half = (keys.shape[1] - 1) // 2
    before, after = keys[:, -2 * half : -half], keys[:, -half:]
    differs = np.sign(before - after)
    first = differs[np.arange(len(keys)), np.argmax(differs != 0, axis=1)]
    turned = np.concatenate([keys[:, : -2 * half], after, before], axis=1)
    return np.where((first > 0)[:, None], turned, keys)


class _Finder:
    """Finds intervals of families of parts."""

    def __init__(self, drawn: DrawnGain, sampling: Sampling) -> None:
        self.drawn, self.sampling = drawn, sampling
        self.least = least_units(sampling.level)

    def family(self, keys: np.ndarray, among: np.ndarray, *, widened: float = 1.0) -> dict[Key, PartCertainty]:
        """Of parts that are added up by int64[P, k] keys, without those that bool[P] leaves out."""
        lines, place = np.unique(keys[among], axis=0, return_inverse=True)
        into = np.full(len(keys), -1)
        into[among] = place.reshape(-1)
        parts = self.drawn.parts.folded(into, groups=len(lines))
        values = np.bincount(place.reshape(-1), self.drawn.gains[among], minlength=len(lines))
        found = self._hold(values, parts.parts, parts.telling, widened=widened)
        return dict(zip(map(tuple, lines.tolist()), found, strict=True))

    def features(self) -> tuple[PartCertainty, ...]:
        parts = self.drawn.parts
        shares = parts.shares[:, : len(self.drawn.shares)]
        return tuple(self._hold(self.drawn.shares, shares, parts.telling_gain[: len(self.drawn.shares)]))

    def alone(self, value: float, resampled: np.ndarray, *, least: int | None = None) -> PartCertainty:
        """Of one number, whose interval is its own; so few rows have none."""
        parts, alone = self.drawn.parts, resampled[:, None]
        [found] = self._hold(np.array([value]), alone, parts.telling_gain[-1:], widened=parts.widened, least=least)
        low, high = max(found.low, -1.0), min(found.high, 1.0)  # neither run can score less than 0, or more than 1
        return PartCertainty(low, high, (low, high), math.nan, found.rows, found.too_few)

    def _hold(
        self,
        values: np.ndarray,
        resampled: np.ndarray,
        telling: np.ndarray,
        *,
        widened: float = 1.0,
        least: int | None = None,
    ) -> list[PartCertainty]:
        held = metrics.hold_parts(
            values,
            resampled,
            telling=telling,
            units=self.drawn.parts.units,
            level=self.sampling.level,
            least=self.least if least is None else least,
            widened=widened,
        )
        columns = (held.low, held.high, held.together_low, held.together_high, held.p_value, held.telling)
        return [
            PartCertainty(low, high, (together_low, together_high), p_value, rows, rows < self.least)
            for low, high, together_low, together_high, p_value, rows in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]
