"""The gain between two models of which several runs were trained: what seeds change, apart from what rows change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import metrics
from trainer.comparing.certainty import Sampling, least_units
from trainer.comparing.one_truth import OneTruth, on_one_truth
from trainer.comparing.seed_numbers import (
    PRECISIONS,
    RATIOS,
    count_holding,
    level_for_each,
    ratio_gains,
    resample_numbers,
    resampled_gain,
    resampled_numbers,
)
from trainer.comparing.sharing import cluster_numbers
from trainer.measures.evaluation import Thresholds
from trainer.measures.number_names import LOSSES
from trainer.projects import Report
from trainer.records.errors import RecordError
from trainer.records.measure import Measure
from trainer.runs.model_runs import ModelRun

if TYPE_CHECKING:
    import pandas as pd

NUMBERS: Final = PRECISIONS + RATIOS
"""What is measured of boxes and masks."""

PLANNED: Final = (5, 10, 20)
"""Numbers of runs of each model for which the rows are told that would settle a gain."""


@dataclass(frozen=True, eq=False)
class SeedGains:
    """What a model gains over another one, for other seeds and other rows. Made by `gain_over_seeds`.

    Attributes:
        on: All runs, the baseline's first, on the truth of the last of them.
        seeds: Number of runs of the baseline and of the candidate.
        thresholds: Where predictions begin to count.
        sampling: How certainty was found. Without resamples numbers that are no sums over rows, such as average
            precision, are left out.
        gains: The gain in each number, of boxes and masks in each of `NUMBERS`, with the variance of either model; None
            where a run leaves it undefined.
        features: The gain in AP, F1 or IoU of each feature by its path, alike, with intervals that hold for all of them
            at once; empty where they were not asked for.
        holding: How many of the rows, or clusters, hold a truth of each feature.
    """

    on: OneTruth
    seeds: tuple[int, int]
    thresholds: Thresholds
    sampling: Sampling
    gains: dict[str, metrics.SeedGain | None]
    features: dict[str, metrics.SeedGain | None]
    holding: dict[str, int]

    @property
    def groups(self) -> tuple[tuple[ModelRun, ...], tuple[ModelRun, ...]]:
        """The baseline's runs and the candidate's."""
        return self.on.runs[: self.seeds[0]], self.on.runs[self.seeds[0] :]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to know before trusting a number, in sentences."""
        return (*self.on.remarks, *_other_settings(self.groups))

    @property
    def terms(self) -> dict[str, Any]:
        """What was measured and how, as plain values."""
        shared, names = self.on.shared, self.on.names
        return {
            "baseline": list(names[: self.seeds[0]]),
            "candidate": list(names[self.seeds[0] :]),
            "runs": [{"id": run.id, "name": name} for run, name in zip(self.on.runs, names, strict=True)],
            "measure": str(shared.subject),
            "truth": names[-1],
            "same_snapshot": shared.same_snapshot,
            "split": self.on.split,
            "rows": self.on.rows,
            "rows_left_out": list(shared.left_out),
            "features_left_out": list(shared.left_out_features),
            "thresholds": asdict(self.thresholds),
            "clusters": self.sampling.clusters,
            "resamples": self.sampling.resamples,
            "seed": self.sampling.seed,
        }

    def lines(self, *, power: float = 0.8, gain: float | None = None) -> list[dict[str, Any]]:
        """One line a number, with plain values, then one for that of each feature; NaN where it is undefined.

        ``baseline`` and ``candidate`` are means over runs; ``sd_seeds`` and ``sd_rows`` standard deviations of the gain
        by training anew and by other rows; ``baseline_seed_sd`` and ``candidate_seed_sd`` those of one run's number by
        training anew. ``rows_needed`` (with as many runs) and ``seeds_needed`` (of each model, on as many rows) would
        show a gain with some chance, and so would ``rows_needed_with_5_runs`` of each model and so on; infinite where
        no number will do.

        Args:
            power: That chance, in (0, 1).
            gain: The true gain to show; the one observed when left out.

        Raises:
            ThresholdError: If `power` lies outside its range.
        """
        overall: list[dict[str, Any]] = [{"number": name, "feature": None, "units": None} for name in self.gains]
        features: list[dict[str, Any]] = [
            {"number": self.on.shared.subject.main_number, "feature": path, "units": self.holding[path]}
            for path in self.features
        ]
        gains = [*self.gains.values(), *self.features.values()]
        lines = [
            {**names, **_values(each, power, gain, worse=names["number"] in LOSSES)}
            for names, each in zip([*overall, *features], gains, strict=True)
        ]
        for line in lines:
            line["settled"] = None if self.too_few(line["feature"]) else line["settled"]
        return lines

    def too_few(self, feature: str | None) -> bool:
        """Whether so few rows hold a truth of a feature that nothing can be settled; see `least_units`."""
        return feature is not None and self.holding[feature] < least_units(self.sampling.level)

    def to_pandas(self) -> pd.DataFrame:
        """`lines` as a pandas frame."""
        import pandas as pd

        return pd.DataFrame(self.lines())


def gain_over_seeds(
    baseline: Sequence[ModelRun],
    candidate: Sequence[ModelRun],
    *,
    measure: str | None = None,
    thresholds: Thresholds | None = None,
    split: str | None = None,
    sampling: Sampling | None = None,
    features: bool = False,
    report: Report | None = None,
) -> SeedGains:
    """Tell whether a model is better than another one, or its training was lucky.

    Two runs or more of each model, trained with different seeds and otherwise alike, are measured on the rows they all
    share against the truth of the last one. The interval of the gain is for other seeds and other rows; how much of its
    width comes from either is told apart. A cause that runs of one model differ by beside the seed counts as seed.
    What rows change is computed from what each row adds to precision, recall, F1 and mean IoU, of classes to accuracy
    and losses; in average precision, mean F1 of classes and all numbers of pixels it is seen on resamples of rows, the
    same ones for all runs.

    Args:
        baseline: Two or more runs of the model to beat.
        candidate: Two or more runs of the model in question; their number may differ.
        measure: ``boxes``, ``masks``, ``classes``, ``pixels`` or ``spans``; what the runs were measured by when they
            were sealed, when left out. Of several questions ``classes:weather`` names one.
        thresholds: Where precision, recall, F1 and mean IoU are taken; 0.5 and 0.5 when left out. A choice among
            classes, and pixels, have none.
        split: ``training``, ``validation``, ``test``, ``unassigned`` or ``all``, as the last run's snapshot has it;
            validation when left out, else test, else all.
        sampling: Resamples, level, seed and clusters; see `Sampling`. Rows are drawn to see what they change in numbers
            that are no sums over rows; 0 resamples leave these and those of features out.
        features: The AP, F1 or IoU of each feature too, with intervals that hold for all of them at once.
        report: Told of the progress.

    Raises:
        RecordError: If a model has fewer than two runs, a run is named twice, fewer than two rows or clusters are
            measured, or no row has the column to cluster by.
        SnapshotMismatchError: If the runs share no row or no feature.
        ThresholdError: If a threshold lies outside its range.
    """
    _refuse_single(baseline, candidate)
    runs = [*baseline, *candidate]
    on = on_one_truth(
        runs, split=split, measure=measure, allowed=tuple(Measure), asked="Variance by seeds", report=report
    )
    thresholds, sampling = thresholds or Thresholds(), sampling or Sampling()
    unit = None if sampling.clusters is None else cluster_numbers(on.last.snapshot.rows, sampling.clusters)
    _refuse_one_unit(on, unit)
    gains: dict[str, metrics.SeedGain | None] = {}
    of_features: dict[str, metrics.SeedGain | None] = {}
    holding = count_holding(on, unit)
    first = len(baseline)
    subject = on.shared.subject
    names = resampled_numbers(subject)
    if sampling.resamples and (names or features):
        numbers = resample_numbers(on, sampling, thresholds=thresholds, clusters=unit, report=report)
        for name in names:
            gains[name] = resampled_gain([run[name, None] for run in numbers], first=first, level=sampling.level)
        for code, path in enumerate(on.shared.features if features else ()):
            each = level_for_each(sampling.level, holding)
            main = [run[subject.main_number, code] for run in numbers]
            of_features[path] = resampled_gain(main, first=first, level=each)
    gains |= ratio_gains(on, thresholds, first=first, clusters=unit, level=sampling.level)
    return SeedGains(on, (first, len(candidate)), thresholds, sampling, gains, of_features, holding)


def _values(gain: metrics.SeedGain | None, power: float, size: float | None, *, worse: bool) -> dict[str, Any]:
    """The columns of a line; a gain above 0 makes some numbers worse."""
    if gain is None:
        return {**dict.fromkeys(_COLUMNS, math.nan), "settled": None, "rule": None}
    needed = gain.needed(power=power, gain=size)
    with_more = (gain.needed(power=power, gain=size, seeds=seeds).rows for seeds in PLANNED)
    values = (
        gain.baseline.mean,
        gain.candidate.mean,
        gain.gain,
        gain.low,
        gain.high,
        gain.p_value,
        math.sqrt(gain.from_seeds),
        math.sqrt(gain.from_rows),
        gain.baseline.seed_spread,
        gain.candidate.seed_spread,
        gain.freedom,
        needed.rows,
        needed.seeds,
        *with_more,
    )
    settled = ("better" if (gain.low > 0) is not worse else "worse") if gain.low > 0 or gain.high < 0 else None
    return {**dict(zip(_COLUMNS, values, strict=True)), "settled": settled, "rule": gain.rule}


_COLUMNS: Final = (
    "baseline",
    "candidate",
    "gain",
    "low",
    "high",
    "p_value",
    "sd_seeds",
    "sd_rows",
    "baseline_seed_sd",
    "candidate_seed_sd",
    "freedom",
    "rows_needed",
    "seeds_needed",
    *(f"rows_needed_with_{seeds}_runs" for seeds in PLANNED),
)


def _other_settings(groups: Sequence[Sequence[ModelRun]]) -> Iterator[str]:
    """A sentence for each model whose runs differ by other settings than the seed."""
    for which, runs in zip(("baseline", "candidate"), groups, strict=True):
        different = {name for run in runs[1:] for name in runs[0].config.difference(run.config)} - {"seed"}
        if different:
            names = ", ".join(sorted(different))
            yield f"The {which}'s runs differ in {names} as well, which counts as variance by seed."


def _refuse_single(baseline: Sequence[ModelRun], candidate: Sequence[ModelRun]) -> None:
    for which, runs in (("baseline", baseline), ("candidate", candidate)):
        if len(runs) < 2:
            raise RecordError(
                f"Runs of the {which}: {len(runs)}. It takes two or more of each model, trained with different seeds, "
                "to see what training anew changes. For one run of each: modelruns compare."
            )


def _refuse_one_unit(on: OneTruth, unit: np.ndarray | None) -> None:
    units = on.rows if unit is None else len(np.unique(unit[on.keep]))
    if units < 2:
        raise RecordError(
            f"{units} {'row is' if unit is None else 'cluster of rows is'} measured ({on.split}); at least two are "
            "needed to see what other rows would change."
        )
