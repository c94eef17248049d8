"""`modelruns slices`: where the candidate is worse or better, found by search."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.commands.arguments import (
    Commands,
    add_command,
    add_json,
    add_measure,
    add_runs,
    add_split,
    add_thresholds,
    level,
    thresholds_of,
    whole_number,
)
from trainer.commands.gain_tables import both, print_left_out
from trainer.commands.object_lines import found_by
from trainer.commands.output import interval, number, p_value, print_fitted, print_json, print_words
from trainer.commands.progress import ProgressDisplay, when_long
from trainer.records.wording import count

if TYPE_CHECKING:
    from trainer.comparing.slicing import FoundSlice, FoundSlices

_SLICES = """
modelruns slices cells/first cells/second
modelruns slices cells/first cells/second --columns "feature,object size,microscope" --number recall
modelruns slices cells/first cells/second --min-rows 10 --rate 0.1 --out slices.csv
"""


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    slices = add_command(
        commands,
        "slices",
        _slices,
        help="search for the kinds of rows and objects on which a candidate is worse or better",
        example=_SLICES,
    )
    add_runs(slices)
    add_split(slices, help="rows to search")
    slices.add_argument(
        "--columns",
        type=_names,
        metavar="A,B",
        help="cut along these alone: metadata columns, picture size, truths in row, feature, object size, "
        "embedding cluster (default: all)",
    )
    slices.add_argument(
        "--number", choices=("F1", "recall", "precision"), default="F1", help="what is to differ (default F1)"
    )
    slices.add_argument("--min-rows", type=whole_number, default=30, metavar="N", help="fewest rows (default 30)")
    slices.add_argument("--min-objects", type=whole_number, default=30, metavar="N", help="fewest objects (default 30)")
    slices.add_argument(
        "--rate", type=level, default=0.05, metavar="Q", help="share of what is named that may be false (default 0.05)"
    )
    slices.add_argument(
        "--conditions", type=int, choices=(1, 2, 3), default=2, help="most conditions of a slice (default 2)"
    )
    slices.add_argument("--clusters", metavar="COLUMN", help="metadata column of rows that are not independent")
    slices.add_argument("--embeddings", metavar="NAME", help="embeddings to cluster rows by (default: the first)")
    slices.add_argument("--swaps", type=whole_number, default=1000, metavar="N", help="swaps by chance (default 1000)")
    slices.add_argument(
        "--seed", type=whole_number, default=0, metavar="N", help="seed of swaps and k-means (default 0)"
    )
    slices.add_argument("--out", type=Path, metavar="FILE", help="write the slices as .csv, one line each")
    add_measure(slices)
    add_thresholds(slices)
    add_json(slices)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} names no column")
    return names


def _slices(options: argparse.Namespace) -> int:
    from trainer.comparing.comparison import pair_runs
    from trainer.comparing.slice_search import SliceSearch
    from trainer.comparing.slicing import find_slices
    from trainer.records.errors import RecordError
    from trainer.runs.model_runs import open_run

    if options.out and options.out.suffix.lower() != ".csv":
        raise RecordError(f"{options.out} does not end in .csv, the format that slices are written in.")
    search = SliceSearch(
        number=options.number,
        rate=options.rate,
        conditions=options.conditions,
        min_rows=options.min_rows,
        min_objects=options.min_objects,
        swaps=options.swaps,
        seed=options.seed,
        clusters=options.clusters,
    )
    pair = pair_runs(open_run(options.baseline), open_run(options.candidate), measure=options.measure)
    with ProgressDisplay() as progress:
        slices = find_slices(
            pair,
            columns=options.columns,
            thresholds=thresholds_of(options, pair.subject, areas=True),
            split=options.split,
            search=search,
            embeddings=options.embeddings,
            report=when_long(progress.show),
        )
    if options.out:
        slices.to_pandas().to_csv(options.out, index=False)
    if options.json:
        print_json(_facts(slices, options.out))
    else:
        _print(slices, options)
    return 0


def _facts(slices: FoundSlices, out: Path | None) -> dict[str, Any]:
    facts = {
        **slices.terms,
        "overall": {**slices.overall.columns(), "differs": slices.differs_overall},
        "slices": [
            {**each.columns(), "conditions": list(each.found.conditions), "keys": list(each.keys)}
            for each in slices.found
        ],
    }
    return facts if out is None else {**facts, "out": str(out)}


def _print(slices: FoundSlices, options: argparse.Namespace) -> None:
    pair, ledger, search = slices.ledger.pair, slices.ledger, slices.search
    thresholds = thresholds_of(options, pair.subject, areas=True)
    print(f"{both(pair)}: {count(ledger.rows, 'row')} ({ledger.split})")
    of = "at" if pair.subject.has_objects else f"of {pair.subject};"
    # Of a radio it is not the mean over options that `modelruns compare` calls F1 macro.
    what = "F1 over all rows" if pair.subject.one_choice and search.number == "F1" else search.number
    print(f"{what} {of} {found_by(pair.subject, thresholds)}")
    print_left_out(pair, ledger.split)
    print(f"over all rows {_overall(slices)}")
    for title, found in (("worse", slices.worse), ("better", slices.better)):
        if found:
            print(f"\nthe candidate is {title} where")
            _print_slices(found, search.rate)
    if not slices.found:
        print(f"\n{_nothing(slices)}")
    print()
    if slices.result.searched:
        print_words(slices.promise)
    print(f"a slice has at least {count(search.min_rows, 'row')} and {search.min_objects:,g} objects in both runs")
    _print_columns(slices)
    if options.out:
        print(f"written: {options.out}")


def _overall(slices: FoundSlices) -> str:
    numbers, whole = slices.overall.columns(), slices.overall.found
    values = f"{number(whole.baseline)} -> {number(whole.candidate)}, gain {number(whole.gain, signed=True)}"
    if slices.too_few:
        return values
    if slices.differs_overall:
        verdict = "the candidate is worse for certain" if whole.worse else "the candidate is better for certain"
    elif slices.result.searched > 1:
        # Looked at alone it may well be certain, as `modelruns compare` tells.
        verdict = f"nothing certain, looked at together with {count(slices.result.searched - 1, 'slice')}"
    else:
        verdict = "nothing certain"
    return f"{values} ({interval(numbers['low'], numbers['high'])}): {verdict}"


def _nothing(slices: FoundSlices) -> str:
    if slices.too_few:
        clusters = slices.search.clusters
        what = count(slices.units, "row" if clusters is None else "cluster")
        by = "" if clusters is None else f" by {clusters!r}"
        are = "is" if slices.units == 1 else "are"
        return f"nothing found: {what}{by} {are} too few to show anything, however much the runs differ"
    if slices.differs_overall:
        return "nothing found: no slice differs from what holds over all rows"
    if slices.result.searched <= 1:
        return "nothing found: no slice has enough rows and objects to be looked at (--min-rows, --min-objects)"
    return "nothing found: in no slice do the runs differ beyond chance"


def _print_slices(found: tuple[FoundSlice, ...], rate: float) -> None:
    of_slice = f"{100 * (1 - rate):g} % interval"
    headings = ("slice", "rows", "objects", "baseline", "candidate", "gain", of_slice, "adjusted p")
    lines = []
    for each in found:
        numbers = each.columns()
        lines.append(
            [
                numbers["slice"],
                f"{numbers['rows']:,}",
                f"{numbers['objects']:,.0f}",
                *(number(numbers[name]) for name in ("baseline", "candidate")),
                number(numbers["gain"], signed=True),
                interval(numbers["low"], numbers["high"]),
                p_value(numbers["adjusted_p"]),
            ]
        )
    print_fitted(headings, lines, spare=(of_slice, "objects", "baseline", "candidate", "rows"))


def _print_columns(slices: FoundSlices) -> None:
    print(f"cut along: {', '.join(column.name for column in slices.cut.columns)}")
    if slices.too_rare:
        print(f"of these too few rows share any value: {', '.join(slices.too_rare)}")
    for name, reason in slices.cut.unusable.items():
        print(f"left out: {name} {reason}")
    clustering = slices.cut.clustering
    if clustering:
        print(f"embedding clusters: {clustering.rule}")
        shown = {word for each in slices.found for word in each.found.conditions}
        for cluster, keys in enumerate(clustering.nearest, start=1):
            if f"embedding cluster = {cluster}" in shown:
                print(f"  cluster {cluster} is about {', '.join(keys)}")
