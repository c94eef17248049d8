"""`modelruns compare` and `modelruns evaluate`: numbers."""

from __future__ import annotations

import argparse
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import (
    Commands,
    add_command,
    add_json,
    add_measure,
    add_runs,
    add_sampling,
    add_split,
    add_thresholds,
    thresholds_of,
)
from trainer.commands.gain_tables import (
    WORTH_SAYING,
    ledger_facts,
    print_candidates,
    print_objects,
    print_overall,
    print_per_feature,
    print_terms,
)
from trainer.commands.output import UNDEFINED, number, print_json, print_table, reference
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.comparing.gains import Gains
    from trainer.comparing.ledger import ObjectLedger

_COMPARE = """
modelruns compare digits/few-labels digits/more-labels
modelruns compare digits/few-labels digits/more-labels digits/most-labels --split test --clusters site
modelruns compare digits/few-labels digits/more-labels --confidence 0.3 --resamples 0 --json
"""
_EVALUATE = """
modelruns evaluate instances_val2017.json results.json
modelruns evaluate instances_val2017.json results.json --measure masks
"""


def add_commands(commands: Commands) -> None:
    """Declare the commands."""
    compare = add_command(
        commands,
        "compare",
        _compare,
        help="show what candidates gain over a baseline, and how certain that is",
        example=_COMPARE,
    )
    add_runs(compare, several=True)
    add_split(compare)
    add_measure(compare)
    add_thresholds(compare)
    add_sampling(compare)
    compare.add_argument("--sizes", action="store_true", help="also on small, medium and large objects")
    add_json(compare)
    evaluate = add_command(
        commands,
        "evaluate",
        _evaluate,
        help="measure a COCO results file against its truth, keeping nothing",
        example=_EVALUATE,
    )
    evaluate.add_argument("truth", metavar="TRUTH", type=Path, help="COCO instances file")
    evaluate.add_argument("predictions", metavar="PREDICTIONS", type=Path, help="COCO results file")
    evaluate.add_argument(
        "--measure",
        choices=("boxes", "masks", "pixels"),
        default="boxes",
        help="what is laid over each other; masks and pixels need one for every object (default boxes)",
    )
    add_thresholds(evaluate)
    add_json(evaluate)


def _compare(options: argparse.Namespace) -> int:
    from trainer.comparing.certainty import Sampling
    from trainer.comparing.gains import measure_gains
    from trainer.comparing.ledger_keeping import object_ledger
    from trainer.comparing.sharing import shared_subject
    from trainer.measures.measuring import refuse_sizes
    from trainer.runs.model_runs import open_run

    baseline, *candidates = (open_run(name) for name in (options.baseline, *options.candidates))
    subject = shared_subject([baseline, *candidates], options.measure)
    thresholds = thresholds_of(options, subject, areas=True)
    if options.sizes:
        refuse_sizes(subject)
    with ProgressDisplay() as progress:
        gains = measure_gains(
            baseline,
            candidates,
            measure=options.measure,
            thresholds=thresholds,
            split=options.split,
            sampling=Sampling(options.resamples, options.level, options.seed, options.clusters),
            sizes=options.sizes,
            report=when_long(progress.show),
        )
        places = range(len(gains.candidates))
        ledgers = [object_ledger(gains.pair(place), thresholds=thresholds, split="all") for place in places]
    if options.json:
        print_json(_facts(gains, ledgers))
    else:
        _print(gains, ledgers)
    return 0


def _facts(gains: Gains, ledgers: list[ObjectLedger]) -> dict[str, Any]:
    from trainer.measures.measuring import remarks_of

    terms = gains.terms
    baseline, *runs = terms.pop("runs")
    candidates = [
        {**run, "gains": [gain.columns() for gain in gains.of(place)]}
        | ({"objects": ledger_facts(ledgers[place])} if ledgers else {})
        for place, run in enumerate(runs)
    ]
    shared = gains.shared
    remarks = [f"{reference(run)}: {each}" for run in shared.runs for each in remarks_of(shared.evaluation(run))]
    facts = {"modelruns": metadata.version("modelruns"), "baseline": baseline, **terms, "remarks": remarks}
    return {**facts, "candidates": candidates}


def _print(gains: Gains, ledgers: list[ObjectLedger]) -> None:
    from trainer.comparing.certainty import least_units

    level = gains.sampling.level
    print_terms(gains)
    if len(gains.candidates) > 1:
        print()
        print_candidates(gains)
    for place, run in enumerate(gains.candidates):
        numbers = gains.of(place)
        print(f"\ncandidate {reference(run)}\n")
        print_overall(numbers, level=level)
        print()
        print_per_feature(numbers, subject=gains.shared.subject, level=level, least=least_units(level))
        if ledgers:
            print()
            print_objects(ledgers[place], same_snapshot=ledgers[place].pair.same_snapshot)
    _print_notes(gains, least=least_units(level))


def _print_notes(gains: Gains, *, least: int) -> None:
    """Say what stands behind the intervals, or why there are none."""
    every = [gain for place in range(len(gains.candidates)) for gain in gains.of(place)]
    few = [gain.untold for gain in every if gain.feature is None]
    if gains.sampling.resamples and not all(few):
        print("\ncertain: the interval does not hold 0; `better` and `worse` speak of the candidate")
    if gains.sampling.resamples and any(few):
        print(
            "\n" * all(few) + f"no interval where fewer than {least} of the rows drawn count: too few to show anything"
        )
    widest = max(every, key=lambda gain: gain.values.widened)
    if widest.values.widened > WORTH_SAYING:
        wider = f"{widest.number}'s interval is {widest.values.widened:.2f} times as wide"
        print(f"features on so few rows vary too little in resamples: {wider}")
    if gains.sampling.resamples and len(gains.candidates) > 1 and not all(few):
        print(
            f"intervals hold for all {len(gains.candidates)} candidates at once: one of many looks better by chance; "
            "P(better) is that of each alone"
        )


def _evaluate(options: argparse.Namespace) -> int:
    from trainer.formats import coco
    from trainer.measures.measuring import evaluate, words_of
    from trainer.measures.number_names import summary_in_words
    from trainer.records.measure import subject_of
    from trainer.records.snapshot import Snapshot

    foreign = coco.read_truth(options.truth)
    snapshot = Snapshot(foreign.ontology, foreign.rows, foreign.truth)
    subject = subject_of(options.measure, snapshot.ontology)
    thresholds = thresholds_of(options, subject)
    predictions = coco.read_predictions(options.predictions, snapshot)
    summary = summary_in_words(evaluate(snapshot, predictions, subject).at(thresholds).summary("all"))
    if options.json:
        print_json(summary)
        return 0
    print(f"rule {summary['rule']}; {count(summary['rows'], 'row')}")
    if subject.has_objects:
        _print_numbers(summary["coco"])
        print(f"\nat {words_of(subject, thresholds)}")
        _print_numbers(summary["at_thresholds"])
    else:
        _print_numbers(summary["numbers"])
    return 0


def _print_numbers(numbers: dict[str, Any]) -> None:
    print_table(("", "value"), [[name, _plain(value)] for name, value in numbers.items()])


def _plain(value: float | None) -> str:
    if value is None:
        return UNDEFINED
    return f"{value:,}" if isinstance(value, int) else number(value)
