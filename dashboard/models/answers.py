"""What a model said of a reader's own files: drawn pictures or video, a table, and the whole as a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.models.tables import height_of
from dashboard.models.wording import plain
from dashboard.trial import Trial
from trainer.records.wording import count

_COLUMNS: Final = 2
_MOST_LINES: Final = 5000
_LENGTHS: Final = ("Left", "Top", "Width", "Height")


def draw(trial: Trial, *, name: str) -> None:
    """Draw an answer that has come.

    Args:
        trial: The question and its answer.
        name: Of the iteration that answered.
    """
    found = trial.found()
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.markdown("##### What was found")
    with right.container(horizontal=True, horizontal_alignment="right"):
        st.download_button(
            "Annotations .json",
            trial.answer(),
            file_name=f"{name}-found.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(plain(_say_what_was_asked(trial, name)))
    for file, reason in trial.left_out.items():
        st.warning(plain(f"{file} was left out: {reason}" if file not in reason else reason))
    if trial.question.video is None:
        _draw_pictures(trial, found)
    else:
        _draw_video(trial)
    _draw_table(found)


def say_error(trial: Trial) -> str:
    """Why there is no answer, in Markdown."""
    return plain(trial.error)


def tell_table(found: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A line an annotation, the surest of each picture first; without columns that tell nothing.

    Args:
        found: As `trainer.predictions.predicted.PredictedPicture.lines` tells them.
    """
    lines = [
        {
            "File": one["file"],
            "Frame": one["frame"],
            "Time": one["time"],
            "Feature": one["feature"],
            "Confidence": one["confidence"],
            "Object": one["object"],
            **dict(zip(_LENGTHS, one["box"] or [None] * len(_LENGTHS), strict=True)),
        }
        for one in sorted(found, key=lambda one: (one["file"], one["frame"] or 0, -one["confidence"]))
    ]
    table = pd.DataFrame(lines).dropna(axis="columns", how="all")
    return table if table["File"].nunique() > 1 else table.drop(columns="File")


def tell_counts(found: Sequence[Mapping[str, Any]]) -> str:
    """How often each feature was found; of answers, the surest.

    Example:
        >>> tell_counts([{"feature": "cell", "box": [0, 0, 1, 1], "confidence": 0.9}] * 2)
        '2 × cell'
        >>> tell_counts([])
        'nothing found'
    """
    answers = [one for one in found if one["box"] is None]
    counts = Counter(one["feature"] for one in found if one["box"] is not None)
    parts = [f"{number:,} × {feature}" for feature, number in counts.most_common()]
    if answers:
        surest = max(answers, key=lambda one: one["confidence"])
        parts.append(f"{surest['feature']} ({surest['confidence']:.2f})")
    return ", ".join(parts) or "nothing found"


def _say_what_was_asked(trial: Trial, name: str) -> str:
    asked, looked_at = trial.question, trial.count()
    facts = [f"{name} on {count(looked_at, 'picture' if asked.video is None else 'frame')}"]
    if asked.min_confidence is not None:
        facts.append(f"confidence from {asked.min_confidence:.2f}")
    if asked.nms_iou is not None:
        facts.append(f"NMS IoU {asked.nms_iou:.2f}")
    return " · ".join(facts)


def _draw_pictures(trial: Trial, found: Sequence[Mapping[str, Any]]) -> None:
    drawn = [(name, path) for name in trial.names if (path := trial.picture_of(name))]
    for start in range(0, len(drawn), _COLUMNS):
        for (name, path), column in zip(drawn[start : start + _COLUMNS], st.columns(_COLUMNS), strict=False):
            said = tell_counts([one for one in found if one["file"] == name])
            column.image(str(path), width="stretch", caption=plain(f"{name}: {said}"))


def _draw_video(trial: Trial) -> None:
    if trial.video is None:
        st.info("No frame of the video lies in this range.")
    else:
        st.video(str(trial.video), format="video/webm", loop=True, muted=True)


def _draw_table(found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        st.write("Nothing was found.")
        return
    table = tell_table(found[:_MOST_LINES])
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height=height_of(len(table)),
        placeholder="",
        column_config={
            "Confidence": number(format="%.2f"),
            "Time": number(format="%.2f", help="Seconds from the beginning of the video."),
            **{name: number(format="%.0f", help="In pixels.") for name in _LENGTHS},
        },
    )
    if len(found) > _MOST_LINES:
        st.caption(f"The first {_MOST_LINES:,} of {len(found):,} annotations; the file holds all.")
    else:
        st.caption(f"{count(len(found), 'annotation')}.")
