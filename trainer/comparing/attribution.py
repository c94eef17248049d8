"""What a gain is made of where two runs saw different data: model, truth, rows, features and split."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

import metrics
from metrics.comparison.vanishing import widen_for_vanishing
from trainer.comparing.certainty import Sampling, least_units
from trainer.comparing.comparison import Pair
from trainer.comparing.crossing import GROUNDS, MEASURING, SIDES, Crossing
from trainer.comparing.data_changes import PARTS, DataChanges, count_units, find_changes, leaks_between
from trainer.comparing.leaks import Leak
from trainer.comparing.own_numbers import NumberOf
from trainer.comparing.ways import Way, find_ways, shared_ground
from trainer.measures.evaluation import Thresholds, measured_split
from trainer.measures.number_names import word_of
from trainer.projects import Report
from trainer.records.errors import NotFoundError

ATTRIBUTION_RULE: Final = (
    "rows and features that went, with the baseline; then model, truth and split on what both have; then rows and "
    "features that came, with the candidate; each group averaged over all orders (Shapley)"
)
OWN_RULE: Final = (
    "numbers of your own are taken as they are for each row of a run, whatever the other's truth and features are: "
    "where they depend on these, that counts as the model's"
)


@dataclass(frozen=True, slots=True)
class AttributedGain:
    """One headline number of two runs, and the parts of its gain, which add up to it.

    Attributes:
        number: Such as ``mAP`` or ``F1``.
        lower_is_better: It is an error, such as log loss: a part below 0 is good.
        baseline: As the baseline scored on its own data; NaN where undefined.
        candidate: As the candidate scored on its own data; NaN where undefined.
        model: What the other model brings on the same rows, truth, features and split.
        truth: What edits of the truth bring, on the same rows.
        split: What rows bring that both have and only one measures.
        rows: What rows bring that only one of the two has.
        features: What features bring that only one of the two has.
        reason: Why a part is NaN; empty where none is.
        model_on: The model's gain on what both have, with the truth and split of the baseline, and of the candidate.
        model_without_leaks: The latter without leaked rows; equal to it where there are none.
        resampled: The gain (``gain``) and each part by its name: float64[resamples], what it is on every resample, NaN
            where that leaves it undefined; the parts add up on each. Empty where no certainty was asked for.
        certainty: The gain and each part with its interval, P(above 0) as ``p_better``, and p-value, alike.
        units: How many of the rows, or clusters, that were drawn the gain and each part rest on; those of
            `Attribution.units`, of which a number of one's own may say less.
        own: It is a number of one's own; see `OWN_RULE`.
    """

    number: str
    lower_is_better: bool
    baseline: float
    candidate: float
    model: float
    truth: float
    split: float
    rows: float
    features: float
    reason: str
    model_on: tuple[float, float]
    model_without_leaks: float
    resampled: dict[str, np.ndarray] = field(compare=False, repr=False)
    certainty: dict[str, metrics.Gain]
    units: dict[str, int]
    own: bool = False

    @property
    def gain(self) -> float:
        """Candidate minus baseline, each on its own data."""
        return self.candidate - self.baseline

    @property
    def parts(self) -> dict[str, float]:
        """The parts by name, in the order of `PARTS`."""
        return {name: getattr(self, name) for name in PARTS}


@dataclass(frozen=True, eq=False)
class Attribution:
    """What the gains of two runs are made of. Made by `attribute_gain`.

    Attributes:
        pair: The two runs.
        splits: The split that was measured in the baseline's and in the candidate's snapshot.
        thresholds: Where precision, recall, F1 and mean IoU were taken, as far as there are any.
        gains: Every number over all features that both runs have, those of one's own behind ours, with its parts.
        changes: What differs between the data.
        sampling: How certainty was found.
        units: How many of the rows, or clusters, that were drawn the gain (``gain``) and each part rest on: for truth
            those that were edited, for split those that moved, for rows those that went or came.
        leaks: Rows that are held out in one snapshot (the first name) and stand in training in one (the second);
            of equal snapshots only one is looked at.
        rule: In which order the parts were told apart.
    """

    pair: Pair
    splits: tuple[str, str]
    thresholds: Thresholds
    gains: tuple[AttributedGain, ...]
    changes: DataChanges
    sampling: Sampling
    units: dict[str, int]
    leaks: dict[tuple[str, str], tuple[Leak, ...]]
    rule: str = ATTRIBUTION_RULE

    def __getitem__(self, number: str) -> AttributedGain:
        """One number by its name, or by its key in MLflow.

        Raises:
            NotFoundError: If there is no such number.
        """
        for gain in self.gains:
            if gain.number == word_of(number):
                return gain
        there = ", ".join(gain.number for gain in self.gains)
        raise NotFoundError(f"There is no number {number!r} of {self.pair.subject}; there are {there}.")

    @property
    def main(self) -> AttributedGain:
        """The number that is told first: mAP, accuracy, mean IoU, or F1 of spans."""
        return self[self.pair.subject.first_number]

    def certain(self, number: str, part: str = "gain") -> str | None:
        """``above`` or ``below`` where the interval of a part, or of the gain, does not hold 0.

        None where it does, or where the part rests on so few rows that nothing can be certain; see `least_units`.

        Raises:
            NotFoundError: If there is no such number.
        """
        gain = self[number]
        known = gain.certainty.get(part)
        if known is None or gain.units[part] < least_units(known.level) or not (known.low > 0 or known.high < 0):
            return None
        return "above" if known.low > 0 else "below"


def attribute_gain(
    pair: Pair,
    *,
    thresholds: Thresholds | None = None,
    split: str | None = None,
    sampling: Sampling | None = None,
    numbers: Sequence[NumberOf] = (),
    report: Report | None = None,
) -> Attribution:
    """Tell how much of a gain is the model's, and how much comes from truth, rows, features and split.

    It is told of everything that is measured: boxes, masks, classes, pixels and spans. A number goes from the baseline
    on its own data to the candidate on its own data in steps that change one thing each. First the rows and features go
    that only the baseline has; then model, truth and split change on what both have; at last the rows and features come
    that only the candidate has. No other way is possible, since nobody knows what a run would have said about rows it
    never saw. Within each of the three groups no order is better than another, so a part is the mean over all of them:
    it is then the same whichever is looked at first, and swapping the runs turns every part around. What did not change
    has the part 0, and the parts add up to the gain.

    Certainty comes from the paired bootstrap. The rows of both snapshots are drawn by key, the same ones for every
    number on the way: a row that both have as often for one as for the other, and one that only one has for that one.
    So the parts add up to the gain on every resample.

    Numbers of one's own are attributed as well. Only the values are known that a run has for its rows, so that no other
    truth and no other features change them: these parts are 0, but for rows that count only by one's truth. Where a
    value depends on the truth, what an edit changed in it counts as the model's.

    A part is NaN, with the reason, where a number on the way is undefined, such as where no measured row is shared.

    Args:
        pair: From `pair_runs`.
        thresholds: Where precision, recall, F1 and mean IoU are taken; 0.5 and 0.5 when left out. A choice among
            classes, and pixels, have none.
        split: The split to measure in both snapshots; when left out, the one that stands for each run: validation, else
            test, else all.
        sampling: Resamples, level, seed and clusters; see `Sampling`. A column to cluster by is read as the candidate
            has it where both have the row.
        numbers: Functions that make numbers of your own of a run, see `NumberOf`; those that were logged with both runs
            are attributed without being asked for.
        report: Told of the progress.

    Raises:
        RecordError: If there is no such split, no row is measured, no row has the column to cluster by, or a number of
            your own is wrong.
    """
    splits = [split or measured_split(run.snapshot.rows) for run in (pair.baseline, pair.candidate)]
    sampling = sampling or Sampling()
    crossing = Crossing(pair, (splits[0], splits[1]), thresholds or Thresholds(), sampling, report, numbers)
    changes, leaks, units = find_changes(crossing), leaks_between(pair), count_units(crossing)
    ways = find_ways(changes)
    leaked = frozenset(leak.key for (held_out, _), found in leaks.items() if held_out == SIDES[1] for leak in found)
    clean = [crossing.score_without(shared_ground(run, 1, ways[1]), leaked) for run in (0, 1)]
    gains = tuple(_attribute(crossing, number, ways, clean, units) for number in crossing.numbers)
    if report:
        report(MEASURING, GROUNDS, GROUNDS)  # equal data has fewer
    return Attribution(pair, crossing.splits, crossing.thresholds, gains, changes, sampling, units, leaks)


def _attribute(
    crossing: Crossing,
    number: str,
    ways: tuple[Way, ...],
    clean: Sequence[Mapping[str, metrics.Measured]],
    units: Mapping[str, int],
) -> AttributedGain:
    before, after = (crossing.values(crossing.own(side), number) for side in (0, 1))
    own = number in crossing.own_numbers[0]
    if own:
        units = count_units(crossing, number)
    parts = dict.fromkeys(PARTS, np.zeros_like(before))
    reason = ""
    telling: dict[str, int] = {}
    for way in ways:
        for thing, one, other, weight in way.steps():
            gain = crossing.values(other, number) - crossing.values(one, number)
            parts[thing] = parts[thing] + weight * gain
            if thing == "model":
                telling["model"] = max(telling.get("model", 0), crossing.units_telling(one, other, number))
            reason = reason or (_reason(crossing, way, number) if math.isnan(gain[0, 0]) else "")
    on = {
        (run, side): crossing.values(shared_ground(run, side, ways[1]), number)[0, 0]
        for run in (0, 1)
        for side in (0, 1)
    }
    if [way.things for way in ways] == [(), ("model",), ()]:
        telling["gain"] = telling["model"]
    whole = {"gain": after - before, **parts}
    return AttributedGain(
        number=number,
        lower_is_better=crossing.lower_is_better(number),
        baseline=float(before[0, 0]),
        candidate=float(after[0, 0]),
        **{name: float(part[0, 0]) for name, part in parts.items()},
        reason=reason,
        model_on=(float(on[1, 0] - on[0, 0]), float(on[1, 1] - on[0, 1])),
        model_without_leaks=_value(clean[1], number) - _value(clean[0], number),
        resampled={name: part[1:, 0] for name, part in whole.items()} if crossing.sampling.resamples else {},
        certainty=_certainty(whole, units, telling, crossing.sampling, furthest=crossing.furthest(number)),
        units=dict(units),
        own=own,
    )


def _value(measured: Mapping[str, metrics.Measured], number: str) -> float:
    return measured[number].value if number in measured else math.nan


def _certainty(
    whole: Mapping[str, np.ndarray],
    units: Mapping[str, int],
    telling: Mapping[str, int],
    sampling: Sampling,
    *,
    furthest: float,
) -> dict[str, metrics.Gain]:
    """The gain and its parts, each as what is gained over nothing.

    Intervals are as wide as rare features ask for; that of the model as wide as the rows ask for on which both runs
    differ, that of anything else as the rows that it changes.
    """
    if not sampling.resamples:
        return {}
    nothing = np.zeros(sampling.resamples)
    return {
        name: metrics.paired_gain(
            (0.0, float(part[0, 0])),
            (nothing, part[1:, 0]),
            units=units[name],
            telling=telling.get(name),
            level=sampling.level,
            widened=widen_for_vanishing(part[1:, 1:]) if part.shape[1] > 1 else 1.0,
        ).within(furthest)
        for name, part in whole.items()
    }


def _reason(crossing: Crossing, way: Way, number: str) -> str:
    """The first ground of a group on which a number is undefined, in words."""
    ground = next(each for each in way.grounds() if math.isnan(crossing.values(each, number)[0, 0]))
    rows = int(np.count_nonzero(crossing.rows_of(ground)))
    which = "own" if ground.own_rows else "shared"
    truth = "" if ground.own_rows else f" against the {SIDES[ground.truth]}'s truth"
    split = crossing.splits[ground.split]
    # What a run has on its own data and not here are probabilities, of options that the other one does not know.
    why = "" if number in crossing.score(ground) else ": probabilities of the shared options alone do not add up to 1"
    return f"{number} of the {SIDES[ground.run]} is undefined on {rows:,} {which} rows ({split}){truth}{why}"
