"""The file that declares what a gate is to check."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from trainer.comparing.certainty import Sampling
from trainer.gates.promises import COUNTS, EVERY, OBJECT_COUNTS, Bound, CountPromise, GateRules, NumberPromise, Promise
from trainer.gates.yaml_lines import (
    Entry,
    Problems,
    Read,
    Reader,
    count_or_share,
    fraction,
    names_from,
    number_between,
    read_mapping,
    read_yaml,
    text,
    whole_number,
)
from trainer.measures.evaluation import Thresholds
from trainer.measures.number_names import LOSSES, OF_ALL, OF_FEATURE
from trainer.records.measure import check_measure

SPLITS: Final = ("training", "validation", "test", "unassigned", "all")
_NUMBERS: Final = tuple(dict.fromkeys((*OF_ALL, *OF_FEATURE)))
_NUMBER_BOUNDS: Final = ("gain_at_least", "gain_at_most", "value_at_least", "value_at_most")
_COUNT_BOUNDS: Final = ("at_least", "at_most")


def read_rules(path: Path | str) -> GateRules:
    """Read a file of promises; see the README's section on the gate for what may stand in it.

    Raises:
        RecordError: If anything in it is not understood: every such place with its line, and what is allowed there.
        OSError: If it cannot be read.
    """
    path = Path(path)
    return parse_rules(path.read_text(encoding="utf-8"), name=str(path))


def parse_rules(source: str, *, name: str = "rules") -> GateRules:
    """Understand promises written as YAML.

    Args:
        source: The text.
        name: What it is called in errors.

    Raises:
        RecordError: As in `read_rules`.

    Example:
        >>> rules = parse_rules('''
        ... promises:
        ...   - {number: mAP, gain_at_least: -0.01}
        ...   - {count: newly_missed, feature: person, larger_than: 32, at_most: 0}
        ... ''')
        >>> [promise.name for promise in rules.promises]
        ['mAP gain >= -0.01 at 95 %', 'newly missed person larger than 32 px <= 0']
    """
    problems = Problems(name)
    top = read_mapping(
        read_yaml(source, name=name),
        {
            "promises": None,
            "measure": text,
            "split": names_from(SPLITS),
            "confidence": number_between(0, 1),
            "iou": number_between(0.05, 1),
            "resamples": whole_number(least=100),
            "level": fraction,
            "seed": whole_number(least=0),
            "clusters": text,
            "different_truth": names_from(("refuse", "allow")),
        },
        problems,
        what="the file",
    )
    sampling = Sampling(
        resamples=top.get("resamples", 1000),
        level=top.get("level", 0.95),
        seed=top.get("seed", 0),
        clusters=top.get("clusters"),
    )
    entries = problems.entries(top.node("promises"), "promises", "one promise a line, each beginning with '- '")
    promises = [
        promise
        for place, entry in enumerate(entries, 1)
        if (promise := _read_promise(entry, place, sampling, problems)) is not None
    ]
    problems.raise_any()
    check_measure(top.get("measure"), None)
    return GateRules(
        tuple(promises),
        Thresholds(min_confidence=top.get("confidence", 0.5), min_iou=top.get("iou", 0.5)),
        top.get("split"),
        sampling,
        top.get("different_truth") == "allow",
        source,
        top.get("measure"),
        tuple(name for name in ("confidence", "iou") if top.get(name) is not None),
    )


def _read_promise(node: Entry, place: int, sampling: Sampling, problems: Problems) -> Promise | None:
    what = f"promise {place}"
    keys = problems.keys(node)
    if len({"number", "own_number", "count"} & set(keys)) != 1:
        problems.add(node, f"{what} needs one of 'number', 'own_number' and 'count', which says what it is about")
        return None
    return (_read_count if "count" in keys else _read_number)(node, what, sampling, problems)


def _read_number(node: Entry, what: str, sampling: Sampling, problems: Problems) -> NumberPromise | None:
    own = "own_number" in problems.keys(node)
    about: dict[str, Reader | None] = {"number": names_from(_NUMBERS), "feature": text}
    read = read_mapping(
        node,
        {
            **({"own_number": text} if own else about),
            **dict.fromkeys(_NUMBER_BOUNDS, number_between(-math.inf, math.inf)),
            "name": text,
            "level": fraction,
            "least_truths": whole_number(least=1),
            "least_rows": whole_number(least=1),
            "undecided": names_from(("refuse", "allow")),
        },
        problems,
        what=what,
    )
    bound = problems.one_of(read, _NUMBER_BOUNDS)
    number = read.get("own_number") if own else read.get("number")
    feature, level = read.get("feature"), read.get("level", sampling.level)
    if not own:
        _check_reach(read, node, problems, what=what)
        _check_range(read, node, problems, what=what, bound=bound)
    if sampling.resamples * (1 - level) < 2:
        problems.add(node, f"{what}: a level of {level:g} needs at least {2 / (1 - level):,.0f} resamples")
    if bound is None or number is None:
        return None
    limit, gain = Bound(read.get(bound), upper=bound.endswith("most")), bound.startswith("gain")
    reach = {None: "", EVERY: " of every feature"}.get(feature, f" of {feature}")
    return NumberPromise(
        name=read.get("name", f"{number}{' gain' if gain else ''}{reach} {limit} at {100 * level:g} %"),
        line=node.line,
        number=number,
        feature=feature,
        gain=gain,
        bound=limit,
        level=level,
        least_truths=read.get("least_truths", 0),
        least_rows=read.get("least_rows", 0),
        allow_undecided=read.get("undecided") == "allow",
    )


def _check_reach(read: Read, node: Entry, problems: Problems, *, what: str) -> None:
    """A number over all features is not asked of one, nor the other way round."""
    number, feature = read.get("number"), read.get("feature")
    if number in _NUMBERS and number not in (OF_ALL if feature is None else OF_FEATURE):
        problems.add(node, f"{what}: {_wrong_reach(str(number), feature)}")


def _check_range(read: Read, node: Entry, problems: Problems, *, what: str, bound: str | None) -> None:
    """Numbers that run from 0 to 1 are not promised in percent."""
    if bound is None or read.get("number") in LOSSES or -1 < read.get(bound) < 1:
        return
    problems.add(
        read.node(bound) or node,
        f"{what}: {bound!r} is {read.get(bound):g}; it needs to be a number between -1 and 1, neither of them "
        "(numbers run from 0 to 1: 1 AP is 0.01)",
    )


def _wrong_reach(number: str, feature: str | None) -> str:
    if feature is None:
        whole = f"m{number}" if number.startswith("AP") else f"mean {number}"
        return f"{number!r} is a number of one feature: add 'feature: PATH' or 'feature: every', or ask for '{whole}'"
    allowed = ", ".join(OF_FEATURE)
    return f"{number!r} is a number over all features; of a feature there are {allowed}"


def _read_count(node: Entry, what: str, sampling: Sampling, problems: Problems) -> CountPromise | None:
    read = read_mapping(
        node,
        {
            "count": names_from(COUNTS),
            "feature": text,
            **dict.fromkeys(_COUNT_BOUNDS, count_or_share),
            "larger_than": number_between(0, float("inf")),
            "smaller_than": number_between(0, float("inf")),
            "name": text,
            "undecided": names_from(("refuse", "allow")),
        },
        problems,
        what=what,
    )
    bound, count = problems.one_of(read, _COUNT_BOUNDS), read.get("count")
    larger, smaller = read.get("larger_than", 0.0), read.get("smaller_than", float("inf"))
    if count == "rows" and {"feature", "larger_than", "smaller_than"} & set(problems.keys(node)):
        problems.add(node, f"{what} counts rows, which have no feature and no size; leave those keys out")
    if larger >= smaller:
        problems.add(node, f"{what}: nothing is larger than {larger:g} and smaller than {smaller:g} px")
    if bound is None or count is None:
        return None
    limit, relative = read.get(bound)
    if relative and count not in OBJECT_COUNTS:
        problems.add(node, f"{what}: a share of {count} means nothing; write a whole number")
    promised = Bound(limit, upper=bound == "at_most", relative=relative)
    feature = read.get("feature")
    subject = count.replace("_", " ") + ({None: "", EVERY: " of every feature"}.get(feature, f" {feature}"))
    sized = f" larger than {larger:g} px" if larger else ""
    sized += f" smaller than {smaller:g} px" if smaller < float("inf") else ""
    return CountPromise(
        name=read.get("name", f"{subject}{sized} {promised}"),
        line=node.line,
        count=count,
        feature=feature,
        bound=promised,
        larger_than=larger,
        smaller_than=smaller,
        allow_undecided=read.get("undecided") == "allow",
    )
