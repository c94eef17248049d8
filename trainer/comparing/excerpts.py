"""Excerpts of texts around objects, as one page to read in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from trainer.comparing.crops import Crops
from trainer.records.errors import Problem, RecordError
from trainer.records.rows import Rows

PAGE: Final = "excerpts.html"
_AROUND: Final = 120
"""Characters shown on each side of what an excerpt is about."""
_STYLE: Final = """
body { background: #15191f; color: #e6e6e6; font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 60rem }
article { padding: 1rem }
h2 { font-size: 1rem; margin: 0 }
article { border-top: 1px solid #333a44 }
blockquote { margin: .5rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
mark { background: none; color: inherit; border-bottom: 2px solid; padding: 1px 0 }
ul { list-style: none; margin: 0; padding: 0 }
.left-out { color: #8b949e }
"""


class Note(NamedTuple):
    """One line of words below an excerpt.

    Attributes:
        words: What they say.
        colour: ``#rrggbb`` of the words, and of the mark in the text.
        place: Start and end of what they speak of, in characters of the row's text; None where it is nowhere.
    """

    words: str
    colour: str
    place: tuple[int, int] | None = None


class Excerpt(NamedTuple):
    """One object of a text.

    Attributes:
        key: Its row.
        title: The line above.
        notes: What truth and runs say of it; of places that are the same the first one's colour is shown. Without any
            place the beginning of the text is shown.
    """

    key: str
    title: str
    notes: Sequence[Note]


def write_excerpts(excerpts: Sequence[Excerpt], rows: Rows, folder: Path | str) -> Crops:
    """Write one page with what stands around objects in their texts, in the order given.

    Args:
        excerpts: What to show.
        rows: The rows, with their texts.
        folder: Where to put the page, ``excerpts.html``; it is made where any row has a text.

    Returns:
        The page as the file of every excerpt whose row has a text.

    Raises:
        RecordError: If such a page is there already.
    """
    folder = Path(folder)
    page = folder / PAGE
    if page.exists():
        raise RecordError(f"{page} is there already; write the excerpts into another folder.")
    texts = [rows.texts[rows.position(each.key)] for each in excerpts]
    shown = [_article(each, text) for each, text in zip(excerpts, texts, strict=True) if text is not None]
    if shown:
        folder.mkdir(parents=True, exist_ok=True)
        head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Excerpts</title><style>{_STYLE}</style>'
        page.write_text("\n".join([head, *shown, "</html>\n"]), encoding="utf-8")
    lacking = dict.fromkeys(each.key for each, text in zip(excerpts, texts, strict=True) if text is None)
    problems = tuple(Problem(key, "it is no text") for key in lacking)
    return Crops(tuple(None if text is None else page for text in texts), problems)


def _article(excerpt: Excerpt, text: str) -> str:
    notes = "".join(f'<li style="color:{each.colour}">{escape(each.words)}</li>' for each in excerpt.notes)
    quoted = _marked(text, [(each.place, each.colour) for each in excerpt.notes if each.place is not None])
    return f"<article><h2>{escape(excerpt.title)}</h2><blockquote>{quoted}</blockquote><ul>{notes}</ul></article>"


def _marked(text: str, places: Sequence[tuple[tuple[int, int], str]]) -> str:
    """The text around some places, each underlined in its colour; where they overlap the first one's is shown."""
    first = max(0, min((start for (start, _), _ in places), default=0) - _AROUND)
    last = min(len(text), max((end for (_, end), _ in places), default=2 * _AROUND) + _AROUND)
    edges = sorted({first, last, *(min(max(edge, first), last) for place, _ in places for edge in place)})
    parts = []
    for begin, end in pairwise(edges):
        colour = next((colour for place, colour in places if place[0] <= begin and end <= place[1]), None)
        words = escape(text[begin:end])
        parts.append(words if colour is None else f'<mark style="border-color:{colour}">{words}</mark>')
    more = '<span class="left-out">…</span>'
    return (more if first > 0 else "") + "".join(parts) + (more if last < len(text) else "")
