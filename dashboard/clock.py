"""Moments by the reader's clock: where the browser is, not where the dashboard runs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st

_A_DAY = timedelta(days=1)


def local(moment: datetime) -> datetime:
    """A moment by the reader's clock, without a time zone, as tables take it.

    Args:
        moment: With its time zone; without one it is taken as this machine's.
    """
    return moment.astimezone(_zone()).replace(tzinfo=None)


def say_moment(moment: datetime) -> str:
    """A moment by the reader's clock.

    Example:
        >>> say_moment(datetime(2026, 3, 5, 9, 7))
        '5 Mar 2026, 09:07'
    """
    clock = local(moment)
    return f"{clock.day} {clock:%b %Y, %H:%M}"


def _zone() -> tzinfo | None:
    """The browser's time zone; None, which stands for this machine's, where the browser does not say."""
    name, minutes = st.context.timezone, st.context.timezone_offset
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):  # a browser may send anything, and some machines know no zone by name
        behind = None if minutes is None else timedelta(minutes=minutes)
        return None if behind is None or abs(behind) >= _A_DAY else timezone(-behind)
