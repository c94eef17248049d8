"""The metrics view: every number of both runs with its gain, and where the gain lies. It follows the sliders."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

import metrics
from dashboard import charts, loading
from dashboard.address import current_selection
from dashboard.numbers import TITLES, in_words
from dashboard.selection import Selection
from trainer.comparing.comparison import Comparison, Gain

_FEATURES_DRAWN = 20
_COCO = {
    "ap": "mAP",
    "ap50": "AP50",
    "ap75": "AP75",
    "ap_small": "mAP small",
    "ap_medium": "mAP medium",
    "ap_large": "mAP large",
    "ar1": "AR 1 a row",
    "ar10": "AR 10 a row",
    "ar100": "AR 100 a row",
    "ar_small": "AR small",
    "ar_medium": "AR medium",
    "ar_large": "AR large",
}
_RATIOS = {"precision": "Precision", "recall": "Recall", "f1": "F1", "mean_iou": "Mean IoU"}
_COUNTS = {
    "tp": "Found",
    "fp": "False alarms",
    "missed": "Missed",
    "truths": "Truths",
    "predictions": "Predictions",
    "absorbed": "Absorbed",
}


@st.fragment(key="metrics")
def render() -> None:
    """Draw the view."""
    selection = current_selection()
    compared = loading.comparison(selection)
    if not compared.pair.subject.has_objects:
        _draw_other(compared)
        return
    left, right = st.columns([4, 5], gap="medium")  # the tables' four columns need half of a narrow window
    with left:
        _draw_tables(compared)
    with right:
        _draw_curves(selection, compared)
    _draw_features(compared)
    _, candidate = compared.objects()
    st.caption(
        f"{candidate.rows:,} rows, {in_words(candidate.subject)} measured. AP and AR by the rule "
        f"{candidate.coco.rule}; found, false alarms and missed by {candidate.at_thresholds.rule}. A number is "
        "undefined where there is nothing to measure; what is absorbed lies in a crowd and counts as "
        "neither found nor false."
    )


def _draw_other(compared: Comparison) -> None:
    """What is not found by its place: every number in all and per feature, without curves."""
    subject = compared.pair.subject
    left, right = st.columns(2, gap="medium")  # the tables' four columns need half of a narrow window
    with left:
        st.markdown("##### In all")
        _table([(TITLES.get(gain.name, gain.name), gain) for gain in compared.headline()], digits=3)
    with right:
        st.markdown(f"##### {subject.main_number} of every {'option' if subject.question else 'feature'}")
        named = [(gain.name.removeprefix(f"{subject.question}/"), gain) for gain in compared.per_feature()]
        _table([(f"{name} ({gain.support:,})", gain) for name, gain in named], digits=3)
    st.caption(
        f"{compared.candidate.rows:,} rows, {in_words(subject)} measured; in brackets how many truths there are. "
        "Curves are drawn for boxes and masks alone."
    )


def _draw_tables(compared: Comparison) -> None:
    before, after = compared.objects()
    thresholds = after.thresholds
    st.markdown(f"##### At confidence {thresholds.min_confidence:.2f}, IoU {thresholds.min_iou:.2f}")
    at_iou = Gain("at_iou", before.at_iou.mean, after.at_iou.mean)
    gains = {gain.name: gain for gain in compared.at_thresholds()}
    ratios = [(title, gains[name]) for name, title in _RATIOS.items()]
    _table([(f"mAP at IoU {thresholds.min_iou:.2f}", at_iou), *ratios], digits=3)
    _table([(title, gains[name]) for name, title in _COUNTS.items()], digits=0)
    st.markdown("##### COCO's twelve numbers, at every threshold")
    _table([(title, gain) for title, gain in zip(_COCO.values(), compared.coco(), strict=True)], digits=3)


def _table(lines: list[tuple[str, Gain]], *, digits: int) -> None:
    table = pd.DataFrame(
        {
            "": [title for title, _ in lines],
            "Baseline": [_number(gain.baseline, digits) for _, gain in lines],
            "Candidate": [_number(gain.candidate, digits) for _, gain in lines],
            "Gain": [_number(gain.gain, digits, sign="+") for _, gain in lines],
        }
    )
    columns = {name: st.column_config.TextColumn(alignment="right") for name in ("Baseline", "Candidate", "Gain")}
    st.dataframe(table, hide_index=True, width="stretch", height="content", column_config=columns)


def _number(value: float, digits: int, *, sign: str = "") -> str:
    if math.isnan(value):
        return "undefined"
    return f"{value:{sign if value else ''},.{digits}f}"


def _draw_curves(selection: Selection, compared: Comparison) -> None:
    names = (compared.pair.baseline.name, compared.pair.candidate.name)
    baseline, candidate = (
        charts.PrecisionRecall(name, curve.confidence, curve.precision, curve.recall, curve.truths)
        for name, curve in zip(names, (curves.overall for curves in loading.curves(selection)), strict=True)
    )
    st.markdown(f"##### Precision against recall at IoU {selection.min_iou:.2f}, all features together")
    figure = charts.draw_precision_recall(baseline, candidate, min_confidence=selection.min_confidence)
    st.plotly_chart(figure, width="stretch", key="precision_recall", config=charts.PLOTLY_CONFIG)
    st.markdown("##### mAP per feature")
    gains = compared.per_feature()
    figure = charts.draw_gains(
        [gain.name for gain in gains],
        baseline=np.array([gain.baseline for gain in gains]),
        candidate=np.array([gain.candidate for gain in gains]),
        support=np.array([gain.support for gain in gains]),
        names=names,
        metric="mAP",
        most=_FEATURES_DRAWN,
    )
    st.plotly_chart(figure, width="stretch", key="gains", config=charts.PLOTLY_CONFIG)


def _draw_features(compared: Comparison) -> None:
    st.markdown("##### Every feature")
    baseline, candidate = (scores.at_thresholds.per_feature for scores in compared.objects())
    before = dict(zip(compared.baseline.features, _found_and_lost(baseline), strict=True))
    after = dict(zip(compared.candidate.features, _found_and_lost(candidate), strict=True))
    table = pd.DataFrame(
        {
            "Feature": gain.name,
            "Truths": gain.support,
            "mAP baseline": gain.baseline,
            "mAP candidate": gain.candidate,
            "Gain": gain.gain,
            **{
                f"{title} {role}": counts[gain.name][i]
                for i, title in enumerate(("Found", "False alarms", "Missed"))
                for role, counts in (("baseline", before), ("candidate", after))
            },
        }
        for gain in compared.per_feature()
    )
    score = st.column_config.NumberColumn(format="%.3f")
    columns = {"mAP baseline": score, "mAP candidate": score, "Gain": st.column_config.NumberColumn(format="%+.3f")}
    st.dataframe(table, hide_index=True, width="stretch", column_config=columns, placeholder="undefined")


def _found_and_lost(counts: metrics.Counts) -> list[tuple[int, int, int]]:
    columns = (counts.tp.tolist(), counts.fp.tolist(), counts.missed.tolist())
    return list(zip(*columns, strict=True))
