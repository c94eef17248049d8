"""What became of objects, in words that follow their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.comparing.explained_cells import Cell, MixUp
    from trainer.comparing.explanation import Explanation
    from trainer.records.measure import Subject

_TRUTHS = {"class": "taken for another feature", "place": "badly placed", "unseen": "unseen", "found": "found"}
_ALARMS = {
    "class": "of the wrong feature",
    "place": "badly placed",
    "both": "of the wrong feature and badly placed",
    "duplicate": "found twice",
    "background": "on nothing",
}


def thing_of(subject: Subject) -> str:
    """What one truth is called: ``truth`` where shapes are measured, else ``row``, ``tick``, ``span`` or ``pixel``."""
    if subject.has_objects:
        return "truth"
    if subject.question is not None:
        return "tick" if subject.several else "row"
    return subject.measure.removesuffix("s")


def words(cell: Cell, *, thing: str = "truth") -> str:
    """What became of the objects of a cell, in words that follow their number.

    Args:
        cell: The objects.
        thing: What one is called; see `thing_of`.
    """
    many = cell.objects != 1
    if cell.kind == "truth":
        return _of_truths(cell, f"{thing}s" if many else thing, many)
    if thing == "pixel":
        return _of_free_pixels(cell, many)
    alarms, are, have = ("false alarms", "are", "have") if many else ("false alarm", "is", "has")
    # An option that does not hold is on nothing, whatever is ticked: that goes without saying.
    kinds = {state: "" if thing == "tick" and state == "background" else f" {said}" for state, said in _ALARMS.items()}
    if cell.before == "absent":
        return f"new {alarms}{kinds[cell.after]}"
    if cell.after == "absent":
        return f"{alarms}{kinds[cell.before]} {have} gone"
    if cell.before == cell.after:
        return f"{alarms} still{kinds[cell.before] or ' there'}" + (", at new confidences" if thing == "truth" else "")
    return f"{alarms}{kinds[cell.before]} {are} now{kinds[cell.after]}"


def _of_truths(cell: Cell, things: str, many: bool) -> str:
    were, are = ("were", "are") if many else ("was", "is")
    one, other = _TRUTHS[cell.before], _TRUTHS[cell.after]
    if cell.before != cell.after:
        return f"{things} that {were} {one} {are} now {other}"
    # Average precision alone asks how sure a run is of what it found.
    surer = cell.before == "found" and things.startswith("truth")
    return f"{things} still {one}" + (", at new confidences" if surer else "")


def _of_free_pixels(cell: Cell, many: bool) -> str:
    pixels, were, are = ("pixels of nothing", "were", "are") if many else ("pixel of nothing", "was", "is")
    if cell.before == "absent":
        return f"{pixels} {are} now taken for a feature"
    if cell.after == "absent":
        return f"{pixels} that {were} taken for a feature {are} now left free"
    return f"{pixels} still taken for a feature"


def mix_up_words(mix_up: MixUp, explanation: Explanation) -> str:
    """What became of objects of one feature, naming what both runs took them for, in words that follow their number."""
    subject = explanation.pair.subject
    many = mix_up.objects != 1
    were, are = ("were", "are") if many else ("was", "is")
    things = thing_of(subject) + ("s" if many else "")
    feature = "nothing" if mix_up.feature is None else _short(mix_up.feature, subject)
    states = zip((mix_up.before, mix_up.after), mix_up.said, strict=True)
    was, now = (_state_words(state, said, subject) for state, said in states)
    # Of pixels that are of nothing it goes without saying that they were left free.
    that = "" if mix_up.before == "absent" else f" that {were} {was}"
    return f"{things} of {feature}{that} {are} now {now}"


def _state_words(state: str, said: str | None, subject: Subject) -> str:
    if state == "absent":
        return "left free"
    if state in ("class", "background") and said is not None:
        return f"taken for {_short(said, subject)}"
    return _TRUTHS[state]


def _short(path: str, subject: Subject) -> str:
    """The name of an option without that of its question, which all of them share."""
    return path if subject.question is None else path.removeprefix(f"{subject.question}/")
