"""The parts of a gain in sentences, the largest first, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from trainer.commands.explained_words import mix_up_words, thing_of, words
from trainer.commands.output import UNDEFINED, interval

if TYPE_CHECKING:
    from trainer.comparing.explained_cells import Balance, Cell, MixUp
    from trainer.comparing.explained_certainty import PartCertainty
    from trainer.comparing.explanation import Explanation

Told = TypeVar("Told", "Balance", "Cell", "MixUp")

_MOST_PARTS = 10
_SHOWN = 0.00005  # smaller ones would be printed as 0.0000
_WIDTH = len("+0.0000 to +0.0000")


def print_parts(explanation: Explanation) -> None:
    """Say what each change of objects adds, what those add that went there and back, and what was mixed up."""
    name, confidence = explanation.number.name, explanation.thresholds.min_confidence
    if math.isnan(explanation.gain):
        lacking = "no truth" if name in ("AP", "accuracy") else "neither truth nor prediction of one of the runs"
        print(f"\nthese rows hold {lacking}, so {name} is undefined and nothing explains it")
        return
    counting = ""
    if explanation.pair.subject.has_objects:
        counting = f", at confidence >= {confidence:g}" if confidence else ", over all confidences"
    print(f"\nwhere the gain comes from{counting}:")
    thing = thing_of(explanation.pair.subject)
    told = _say_most(
        explanation.cells,
        lambda cell: (f"{cell.objects:,} {words(cell, thing=thing)}  ({cell.name})", cell.certainty),
    )
    others = _say_rest(explanation)
    if not told and not others:
        print("  nothing: no object adds or takes away as much as 0.0001")
    if abs(explanation.below) > max((abs(cell.gain) for cell in told), default=0.0):
        print(f"the largest part lies below confidence {confidence:g}: --confidence 0 tells it apart")
    if explanation.certainty is not None and told:
        _print_balances(explanation)
    if len(explanation.features) > 1 and any(abs(each.gain) >= _SHOWN for each in explanation.mix_ups):
        print("\nby feature:")
        _say_most(explanation.mix_ups, lambda each: (_mix_up(each, explanation), each.certainty))
    if explanation.certainty is not None and told:
        _print_too_few(explanation)


def _print_balances(explanation: Explanation) -> None:
    """Say what is certain: of a cell alone nothing is, since equal runs err on different objects, too."""
    print("\nthere and back, which two equal runs would do alike:")
    thing = thing_of(explanation.pair.subject)

    def say(balance: Balance) -> tuple[str, PartCertainty | None]:
        cell, *back = balance.cells
        other = "".join(f", {each.objects:,} the other way" for each in back)
        return f"{cell.objects:,} {words(cell, thing=thing)}{other}{_certain(balance.certainty)}", balance.certainty

    _say_most(explanation.balances, say)


def _mix_up(mix_up: MixUp, explanation: Explanation) -> str:
    other = f", {mix_up.back:,} the other way" if mix_up.back else ""
    # Of both ways the one that adds more says what both show: the other one would contradict its own sign.
    certain = _certain(mix_up.both_certainty) if mix_up.gain * mix_up.both > 0 else ""
    return f"{mix_up.objects:,} {mix_up_words(mix_up, explanation)}{other}{certain}"


def _certain(certainty: PartCertainty | None) -> str:
    return f": {certainty.certain} for certain" if certainty is not None and certainty.certain else ""


def _print_too_few(explanation: Explanation) -> None:
    """Say why some parts have no interval, if there are such."""
    told = [(cell.gain, cell.certainty) for cell in explanation.cells]
    told += [(mix_up.gain, mix_up.certainty) for mix_up in explanation.mix_ups]
    lacking = [each is None or math.isnan(each.together[0]) for gain, each in told if abs(gain) >= _SHOWN]
    if explanation.certainty is not None and any(lacking):
        from trainer.comparing.certainty import least_units

        least = least_units(explanation.certainty.sampling.level)
        heavy = ", or so few with large areas decide" if explanation.pair.subject.measure == "pixels" else ""
        rows = f"the runs differ on fewer than {least} of the rows drawn{heavy}"
        print(f"\nno interval where {rows}: too few to show anything")


def _say_most(parts: Sequence[Told], say: Callable[[Told], tuple[str, PartCertainty | None]]) -> Sequence[Told]:
    """Tell the largest parts one by one and the others together; returns those that were told."""
    telling = [part for part in parts if abs(part.gain) >= _SHOWN]  # NaN is none
    most = len(telling) if len(telling) == _MOST_PARTS + 1 else _MOST_PARTS
    told, rest = telling[:most], telling[most:]
    sentences = [say(part) for part in told]
    certain = any(each is not None and not math.isnan(each.together[0]) for _, each in sentences)
    for part, (sentence, certainty) in zip(told, sentences, strict=True):
        _say(part.gain, sentence, certainty, room=certain)
    if rest:
        together = f"{len(rest)} smaller changes together (--json has all)"
        _say(sum(part.gain for part in rest), together, None, room=certain, dash=False)
    return told


def _say_rest(explanation: Explanation) -> bool:
    """Tell what no cell explains; returns whether there was anything."""
    rest = [
        ("below", explanation.below, f"predictions below confidence {explanation.thresholds.min_confidence:g}"),
        (
            "beyond",
            explanation.beyond,
            "looking at the 100 surest predictions of a feature on a row alone, as COCO does",
        ),
        ("remainder", explanation.remainder, "what only several of these do together"),
    ]
    certain = {} if explanation.certainty is None else explanation.certainty.rest
    telling = [(name, gain, sentence) for name, gain, sentence in rest if abs(gain) >= _SHOWN]
    room = any(not math.isnan(each.low) for each in certain.values())
    for name, gain, sentence in telling:
        _say(gain, sentence, certain.get(name), room=room)
    return bool(telling)


def _say(gain: float, sentence: str, certainty: PartCertainty | None, *, room: bool, dash: bool = True) -> None:
    """Print a part; `room` is left for intervals where any part of the list has one."""
    if not room:
        print(f"  {gain:+.4f}  {sentence}")
        return
    ends = UNDEFINED if dash else ""
    if certainty is not None:
        ends = interval(*certainty.together)
    print(f"  {gain:+.4f}  {ends:>{_WIDTH}}  {sentence}")
