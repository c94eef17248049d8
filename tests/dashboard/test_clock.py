"""Moments are told by the clock of the reader's browser."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import streamlit as st

from dashboard import clock

NOON = datetime(2026, 7, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "minutes", "said"),
    [
        ("Asia/Tokyo", -540, "5 Jul 2026, 21:00"),
        ("America/New_York", 300, "5 Jul 2026, 08:00"),  # the offset is today's; the zone knows July's
        ("No/Such_Place", -120, "5 Jul 2026, 14:00"),
        ("../../etc/passwd", 120, "5 Jul 2026, 10:00"),
    ],
)
def test_a_moment_is_told_by_the_browsers_zone_and_else_by_its_offset(
    monkeypatch: pytest.MonkeyPatch, name: str, minutes: int, said: str
) -> None:
    monkeypatch.setattr(st, "context", SimpleNamespace(timezone=name, timezone_offset=minutes))

    assert clock.say_moment(NOON) == said


@pytest.mark.parametrize(("name", "minutes"), [(None, None), ("nonsense", 100_000)])
def test_without_a_sensible_browser_it_is_this_machines_clock(
    monkeypatch: pytest.MonkeyPatch, name: str | None, minutes: int | None
) -> None:
    monkeypatch.setattr(st, "context", SimpleNamespace(timezone=name, timezone_offset=minutes))

    assert clock.local(NOON) == NOON.astimezone().replace(tzinfo=None)
