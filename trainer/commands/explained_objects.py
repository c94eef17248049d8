"""The objects of a cell, as `modelruns explain --cell` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.commands.explained_words import thing_of, words
from trainer.commands.object_lines import place_columns, placed, said
from trainer.commands.output import UNDEFINED, interval, number, print_fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.comparing.explanation import Explanation

_SIDES = ("baseline", "candidate")


def print_objects(explanation: Explanation, listed: Sequence[dict[str, Any]], *, cell: str, show: int) -> None:
    """Say what a cell adds and list its objects.

    Args:
        explanation: Where the gain comes from.
        listed: All objects of the cell, as `Explanation.objects` has them.
        cell: Its name.
        show: How many to list at most.
    """
    thing, confidence = thing_of(explanation.pair.subject), explanation.thresholds.min_confidence
    counting = "" if thing in ("row", "pixel") else f" (confidence >= {confidence:g})"
    for each in explanation.cells:
        if each.name == cell:
            ends = interval(*each.certainty.together) if each.certainty is not None else UNDEFINED
            beside = "" if ends == UNDEFINED else f" ({ends})"
            print(
                f"{number(each.gain, signed=True)}{beside} from {each.objects:,} {words(each, thing=thing)}{counting}"
            )
    print()
    if not listed:
        print(f"no {'pixel' if thing == 'pixel' else 'object'} went from {cell.replace(':', ' to ')}")
        return
    place = place_columns(explanation.pair.subject)
    if thing == "pixel":
        headings, lines = ["row", "is", "pixels"], [_pixel_line(entry) for entry in listed[:show]]
    else:
        headings = ["object", "feature", "row", *([place] if place else [])]
        lines = [_object_line(entry, place, thing) for entry in listed[:show]]
    if lines:
        print_fitted((*headings, *_SIDES), lines, spare=("object", place))
    if len(listed) > show:
        print(f"\n{len(listed) - show:,} more are not listed (--show N)")


def _object_line(entry: dict[str, Any], place: str, thing: str) -> list[str]:
    seen = [_seen(entry, side, thing) for side in _SIDES]
    return [entry["kind"], entry["feature"], entry["key"], *placed(entry, place), *seen]


def _seen(entry: dict[str, Any], side: str, thing: str) -> str:
    """What a run said of an object, and of a span where, if that is somewhere else."""
    told = said(entry, side)
    if thing != "span" or entry[f"{side}_start"] is None:
        return told
    put = entry[f"{side}_start"], entry[f"{side}_end"]
    elsewhere = "" if put == (entry["start"], entry["end"]) else f"at {put[0]} {put[1]}"
    return " ".join(part for part in ("" if told == UNDEFINED else told, elsewhere) if part) or UNDEFINED


def _pixel_line(entry: dict[str, Any]) -> list[str]:
    feature = entry["feature"] if entry["kind"] == "truth" else UNDEFINED
    return [entry["key"], feature, f"{entry['pixels']:,}", *(entry[f"{side}_said"] or UNDEFINED for side in _SIDES)]
