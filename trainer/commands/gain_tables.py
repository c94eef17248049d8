"""Gains with their certainty and what became of objects, as tables and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trainer.commands.output import UNDEFINED, chance, interval, number, p_value, print_fitted, reference
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.comparing.certainty import CertainGain, Sampling
    from trainer.comparing.comparison import Pair
    from trainer.comparing.gains import Gains
    from trainer.comparing.ledger import ObjectLedger
    from trainer.measures.measuring import Measurable
    from trainer.records.measure import Subject
    from trainer.runs.model_runs import ModelRun

WORTH_SAYING = 1.02
"""An interval that is wider by less looks the same."""
_CHANGES = ("newly_found", "newly_missed", "new", "fixed")


def ledger_facts(ledger: ObjectLedger) -> dict[str, Any]:
    """What became of objects, in all and per feature."""
    return {"rule": ledger.ledger.rule, "truth": "candidate", "total": ledger.total, "p": ledger.p_value} | {
        "per_feature": ledger.per_feature.to_pylist()
    }


def print_remarks(evaluations: Sequence[tuple[ModelRun, Measurable]]) -> None:
    """Say of each run what is not measured though somebody might look for it."""
    from trainer.measures.measuring import remarks_of

    for run, evaluation in evaluations:
        for remark in remarks_of(evaluation):
            print(f"{reference(run)}: {remark}")


def both(pair: Pair) -> str:
    """How a person names two runs."""
    return f"baseline {reference(pair.baseline)}, candidate {reference(pair.candidate)}"


def print_left_out(pair: Pair, split: str) -> None:
    """Say what of two runs is in no number, and whose truth counts where they saw different data."""
    if not pair.same_snapshot:
        print("the runs saw different snapshots: both are measured against the candidate's truth")
    if any(pair.left_out):
        before, after = pair.left_out
        print(f"left out: {count(before, 'row')} only in the baseline, {after:,} only in the candidate")
    without_truth = pair.without_truth(split)
    if without_truth:
        print(f"left out: {count(without_truth, 'row')} without a true class")
    if pair.left_out_features:
        print(f"left out: features that only one of the two knows: {', '.join(pair.left_out_features)}")


def named(number: str, *, lower_is_better: bool) -> str:
    """A number in a table; one that is better the lower it is says so."""
    return f"{number} (lower is better)" if lower_is_better else number


def say_resamples(sampling: Sampling, units: int) -> str:
    """How often how many rows, or clusters of them, were drawn again."""
    drawn = count(units, "row") if sampling.clusters is None else f"{count(units, 'cluster')} by {sampling.clusters!r}"
    return f"{count(sampling.resamples, 'resample')} of {drawn}"


def print_terms(gains: Gains) -> None:
    """Say what was measured, on what, and what was left out."""
    from trainer.measures.measuring import words_of

    shared, sampling, subject = gains.shared, gains.sampling, gains.shared.subject
    print(f"baseline {reference(gains.baseline)}: {count(gains.rows, 'row')} ({gains.split})")
    rule = f"rule {gains.measured[0][0].rule}" if subject.has_objects else str(subject)
    print(f"{rule}; {words_of(subject, gains.thresholds)}")
    if sampling.resamples:
        print(f"{say_resamples(sampling, gains.units)}, seed {sampling.seed}")
    for run, rows in zip(shared.runs, shared.left_out, strict=True):
        if rows:
            print(f"left out: {count(rows, 'row')} of {reference(run)} that not all runs have")
    if gains.without_truth:
        print(f"left out: {count(gains.without_truth, 'row')} without a true class")
    if shared.left_out_features:
        print(f"left out: features that not all runs know: {', '.join(shared.left_out_features)}")
    for run, rows in zip(shared.runs, shared.trained_on(gains.chosen), strict=True):
        if rows and gains.split != "training":
            print(f"warning: {reference(run)} has {rows:,} of these rows among its training rows, which flatters it")
    print_remarks([(run, shared.evaluation(run)) for run in shared.runs])
    if not gains.same_truth:
        print(
            "the runs saw different truth on these rows: a gain may come from the data, not from the model "
            "(modelruns attribute tells)"
        )
    elif not shared.same_snapshot:
        print("the runs saw different snapshots with the same truth on these rows")


def print_candidates(gains: Gains) -> None:
    """Print the number that is told first of every candidate, one below the other."""
    first = gains.shared.subject.first_number
    told = [
        (reference(run), gain)
        for place, run in enumerate(gains.candidates)
        for gain in gains.of(place)
        if gain.feature is None and gain.number == first
    ]
    _print_gains(first, told, level=gains.sampling.level)


def print_overall(gains: tuple[CertainGain, ...], *, level: float) -> None:
    """Print the numbers over all features, with intervals where there are any."""
    told = [
        (named(gain.number, lower_is_better=gain.values.lower_is_better), gain)
        for gain in gains
        if gain.feature is None
    ]
    _print_gains("", told, level=level)


def _print_gains(heading: str, told: Sequence[tuple[str, CertainGain]], *, level: float) -> None:
    lines = [
        [
            name,
            *_values(gain),
            UNDEFINED if gain.untold else interval(*gain.interval),
            UNDEFINED if gain.untold else chance(gain.values.p_better),
            gain.certain or "",
        ]
        for name, gain in told
    ]
    if all(line[4] == UNDEFINED for line in lines):
        print_fitted((heading, "baseline", "candidate", "gain"), [line[:4] for line in lines], spare=())
        return
    headings = (heading, "baseline", "candidate", "gain", _share(level) + " interval", "P(better)", "certain")
    print_fitted(headings, lines, spare=("baseline", "candidate", "P(better)"))


def print_per_feature(gains: tuple[CertainGain, ...], *, subject: Subject, level: float, least: int) -> None:
    """Print the number that stands for each feature, with intervals that hold for all features at once."""
    main = subject.main_number
    # What F1 rests on counts predictions as well; what recall rests on are the truths.
    truths = {gain.feature: gain.support for gain in gains if gain.number == ("recall" if main == "F1" else main)}
    features = [gain for gain in gains if gain.feature is not None and gain.number == main]
    listed = [gain for gain in features if truths[gain.feature]]
    few = sum(gain.untold for gain in listed)
    certain = few < len(listed) and any(gain.values.resamples for gain in listed)
    counted = "true pixels" if subject.measure == "pixels" else "truths"
    headings = ["feature", counted, f"baseline {main}", f"candidate {main}", "gain"]
    lines = [[str(gain.feature), f"{truths[gain.feature]:,.0f}", *_values(gain)] for gain in listed]
    if certain:
        headings += [_share(level) + " interval", "P(better)", "certain"]
        lines = [
            [
                *line,
                interval(*gain.interval),
                UNDEFINED if gain.untold else chance(gain.values.p_better),
                gain.certain or "",
            ]
            for line, gain in zip(lines, listed, strict=True)
        ]
    print_fitted(headings, lines, spare=(headings[2], headings[3], "P(better)", counted))
    if certain:
        print_held_together(len(listed) - few, few=few, least=least)
    print_not_listed(len(features) - len(listed), of=len(features))


def print_held_together(held: int, *, few: int, least: int, remark: str = "") -> None:
    """Say for how many features the intervals hold together, and how many have none as too few rows hold them."""
    together = (
        "this interval holds for one feature" if held == 1 else f"these intervals hold for {held:,} features at once"
    )
    stand = f"{few:,} {'stands' if few == 1 else 'stand'} on fewer than {least} rows, too few for one" if few else ""
    print("\n" + "; ".join(part for part in (together, remark, stand) if part))


def print_not_listed(number: int, *, of: int, lacking: str = "truth on these rows") -> None:
    """Say how many features a table leaves out, and what they lack."""
    if number:
        print(f"without {lacking}, so not listed: {number:,} of {of:,}")


def print_objects(ledger: ObjectLedger, *, same_snapshot: bool) -> None:
    """Print how many objects changed, per feature and in all, with McNemar's p."""
    from trainer.records.measure import Measure

    per_feature = ledger.per_feature.to_pylist()
    changed = [entry for entry in per_feature if any(entry[change] for change in _CHANGES)]
    truths = sum(entry["truths"] for entry in per_feature)
    total = {"feature": "all", "truths": truths, **ledger.total, "p": ledger.p_value}
    headings = ("objects of", "truths", "newly found", "newly missed", "p", "new alarms", "fixed alarms")
    lines = [
        [
            entry["feature"],
            f"{entry['truths']:,}",
            *(f"{entry[change]:,}" for change in _CHANGES[:2]),
            p_value(entry["p"]),
            *(f"{entry[change]:,}" for change in _CHANGES[2:]),
        ]
        for entry in (total, *changed)
    ]
    print_fitted(headings, lines, spare=("truths", "p"))
    if ledger.pair.subject.measure is Measure.PIXELS:
        print(f"\nobjects are areas, all pixels of a feature on a row; IoU >= {ledger.ledger.min_iou:g}")
    if not same_snapshot:
        print("\nobjects are those of the candidate's truth; the baseline's predictions were placed on its rows")


def _values(gain: CertainGain) -> list[str]:
    return [number(gain.values.baseline), number(gain.values.candidate), number(gain.gain, signed=True)]


def _share(level: float) -> str:
    return f"{100 * level:g} %"
