"""What was taken for what by two runs, by feature, and what that adds to a gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trainer.comparing.explained_cells import MixUp, sorted_mix_ups
from trainer.comparing.explained_certainty import Certainty, Key, PartKinds, one_way, one_way_of_each
from trainer.comparing.ledger_table import FALSE_ALARM, TRUTH


def mix_ups_of(
    kinds: PartKinds,
    objects: np.ndarray,
    gains: np.ndarray,
    *,
    features: Sequence[str],
    states: Mapping[str, Sequence[str]],
    certainty: Certainty | None,
) -> tuple[MixUp, ...]:
    """Things that both runs took for different ones, by feature.

    Args:
        kinds: What each of N things, or parts of the gain, is about.
        objects: int64[N]: how many objects it is.
        gains: float64[N]: what it adds to the gain.
        features: Paths, in code order.
        states: What may be said of each kind of object.
        certainty: From `find_certainty`; None without resamples.
    """
    keys = kinds.mix_ups()
    moved = np.flatnonzero((keys[:, 2] != keys[:, 4]) | (keys[:, 3] != keys[:, 5]))
    lines, place = np.unique(keys[moved], axis=0, return_inverse=True)
    counts, sums = (np.bincount(place.reshape(-1), each[moved], minlength=len(lines)) for each in (objects, gains))
    told = dict(zip(_keys(lines), zip(counts.astype(int).tolist(), sums.tolist(), strict=True), strict=True))
    alone = {} if certainty is None else certainty.mix_ups
    both = {} if certainty is None else certainty.mix_up_balances
    made = []
    for key, (n, gain) in told.items():
        alarm, feature, before, old, after, new = key
        back, returned = told.get((alarm, feature, after, new, before, old), (0, 0.0))
        names = states[FALSE_ALARM if alarm else TRUTH]
        said = tuple(None if code < 0 else features[code] for code in (old, new))
        made.append(
            MixUp(
                None if feature < 0 else features[feature],
                names[before],
                names[after],
                (said[0], said[1]),
                n,
                gain,
                back,
                gain + returned,
                alone.get(key),
                both.get(one_way(key)),
            )
        )
    return sorted_mix_ups(made)


def join_rare(things: PartKinds, unit: np.ndarray, *, least: int) -> tuple[PartKinds, np.ndarray]:
    """The parts that things belong to: mix-ups that enough rows tell of, and cells of all others.

    Of few rows no interval can be told, so that a part for each would only take room.

    Args:
        things: What each of N things is about.
        unit: int[N]: with which row, or cluster, it is drawn.
        least: Smallest number of rows, or clusters, that tell anything.

    Returns:
        What each part is about, and int64[N] the part of each thing.
    """
    keys = one_way_of_each(things.mix_ups())
    _, pair = np.unique(keys, axis=0, return_inverse=True)
    held = np.unique(np.stack([pair.reshape(-1), unit]), axis=1)[0]
    moved = (keys[:, 2] != keys[:, 4]) | (keys[:, 3] != keys[:, 5])
    named = things.named & moved & (np.bincount(held, minlength=1)[pair.reshape(-1)] >= least)
    feature, old, new = (np.where(named, column, -1) for column in (things.feature, things.old, things.new))
    columns = np.stack([things.alarm, feature, things.before, things.after, old, new, named]).astype(np.int64)
    lines, part = np.unique(columns, axis=1, return_inverse=True)
    alarm, feature, before, after, old, new, named = lines
    return PartKinds(alarm > 0, feature, before, after, old, new, named > 0), part.reshape(-1)


def _keys(lines: np.ndarray) -> list[Key]:
    return [tuple(line) for line in lines.tolist()]
