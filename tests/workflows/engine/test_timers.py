"""ISO 8601 in the office's zone, against plain counting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.engine import timers

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 1, 31, 1, 0, tzinfo=UTC)


def after(text: str, start: datetime = START, zone: ZoneInfo = SHANGHAI, times: int = 1) -> datetime:
    return timers.parse_duration(text).after(start, zone, times)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT1H", timedelta(hours=1)),
        ("PT1H30M", timedelta(hours=1, minutes=30)),
        ("PT0.5H", timedelta(minutes=30)),
        ("PT0,5H", timedelta(minutes=30)),
        ("PT90S", timedelta(seconds=90)),
        ("PT0S", timedelta(0)),
        ("P1D", timedelta(days=1)),
        ("P2W", timedelta(days=14)),
        ("P1DT12H", timedelta(days=1, hours=12)),
        (" PT1H ", timedelta(hours=1)),
    ],
)
def test_exact_lengths(text: str, length: timedelta) -> None:
    assert after(text) - START == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "1H",
        "PT1",
        "P1H",
        "PT1D",
        "-PT1H",
        "P-1D",
        "PT1H30",
        "P1D1M",
        "p1d",
        "P1.5D",
        "P400000Y",
        "P1DT",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(timers.BadTimer):
        timers.parse_duration(text)


def test_months_follow_the_calendar_of_the_office() -> None:
    # 09:00 on 31 January in Shanghai; February has no 31st, March has.
    assert after("P1M") == datetime(2026, 2, 28, 1, 0, tzinfo=UTC)
    assert after("P1M", times=2) == datetime(2026, 3, 31, 1, 0, tzinfo=UTC)
    assert after("P1Y", datetime(2028, 2, 29, 4, 0, tzinfo=UTC)) == datetime(2029, 2, 28, 4, 0, tzinfo=UTC)
    # 23:30 UTC on the 30th is already the 31st in the office.
    assert after("P1M", datetime(2026, 3, 30, 23, 30, tzinfo=UTC)) == datetime(
        2026, 4, 29, 23, 30, tzinfo=UTC
    )


def test_days_keep_the_wall_clock_and_hours_do_not() -> None:
    before = datetime(2026, 3, 7, 14, 0, tzinfo=UTC)  # 09:00 in New York, the day before summer time
    assert after("P1D", before, NEW_YORK) == datetime(2026, 3, 8, 13, 0, tzinfo=UTC)
    assert after("PT24H", before, NEW_YORK) == datetime(2026, 3, 8, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-08T09:00:00Z", datetime(2026, 10, 8, 9, tzinfo=UTC)),
        ("2026-10-08T09:00:00+08:00", datetime(2026, 10, 8, 1, tzinfo=UTC)),
        ("2026-10-08T09:00", datetime(2026, 10, 8, 1, tzinfo=UTC)),
        ("2026-10-08", datetime(2026, 10, 7, 16, tzinfo=UTC)),
        ("20261008", datetime(2026, 10, 7, 16, tzinfo=UTC)),
    ],
)
def test_instants_without_offset_are_the_offices(text: str, instant: datetime) -> None:
    assert timers.parse_instant(text, SHANGHAI) == instant


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "2026-02-30", "0001-01-01", "24:00", "2026-10-08T25:00"]
)
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(timers.BadTimer):
        timers.parse_instant(text, SHANGHAI)


@pytest.mark.parametrize(
    "text", ["R/PT0S", "R3", "R3/", "RX/PT1H", "R-1/PT1H", "R3/-PT1H", "R3/PT1H/PT1H", "R0/PT1H"]
)
def test_what_is_no_cycle(text: str) -> None:
    with pytest.raises(timers.BadTimer):
        timers.arm("timeCycle", text, START, SHANGHAI)


@pytest.mark.parametrize("value", [None, 5, True, "", "  ", [], {"a": 1}])
def test_values_that_are_no_time(value: Any) -> None:
    with pytest.raises(timers.BadTimer):
        timers.arm("timeDuration", value, START, SHANGHAI)


def test_values_of_expressions() -> None:
    assert timers.arm("timeDate", datetime(2026, 5, 1, tzinfo=UTC), START, SHANGHAI) == {
        "due": "2026-05-01T00:00:00+00:00"
    }
    assert timers.arm("timeDate", date(2026, 5, 1), START, SHANGHAI) == {"due": "2026-04-30T16:00:00+00:00"}
    assert timers.arm("timeDuration", timedelta(hours=1), START, SHANGHAI) == {
        "due": "2026-01-31T02:00:00+00:00"
    }


def test_monthly_cycle_does_not_drift_to_the_shortest_month() -> None:
    armed = timers.arm("timeCycle", "R/P1M", START, SHANGHAI)
    due = [armed["due"]]
    for _ in range(3):
        following = timers.rearm(armed, datetime.fromisoformat(armed["due"]), SHANGHAI)
        assert following is not None
        armed = following
        due.append(armed["due"])
    assert [text[:10] for text in due] == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_cycle_with_a_start_of_its_own() -> None:
    assert fired("R2/2026-05-01T00:00:00Z/P1D", START) == ["05-01T00", "05-02T00"]
    assert fired("R3/2026-05-01T00:00:00Z/2026-05-01T06:00:00Z", START) == [
        "05-01T00",
        "05-01T06",
        "05-01T12",
    ]
    # What is past when it is armed is missed.
    late = datetime(2026, 5, 1, 1, tzinfo=UTC)
    assert fired("R3/2026-05-01T00:00:00Z/PT1H", late) == ["05-01T02"]
    assert fired("R/2026-05-01T00:30:00Z/P1M", late, 3) == ["06-01T00", "07-01T00", "08-01T00"]


def test_cycle_with_an_end_of_its_own() -> None:
    assert fired("R3/PT1H/2026-05-01T00:00:00Z", START) == ["04-30T22", "04-30T23", "05-01T00"]
    late = datetime(2026, 4, 30, 22, 30, tzinfo=UTC)
    assert fired("R3/PT1H/2026-05-01T00:00:00Z", late) == ["04-30T23", "05-01T00"]
    assert fired("R/PT1H/2026-05-01T00:00:00Z", late) == ["04-30T23", "05-01T00"]
    assert fired("R/P1M/2026-05-01T00:00:00Z", START) == ["02-01T00", "03-01T00", "04-01T00", "05-01T00"]
    # Like a date that is past, one that is over fires at once, and once.
    assert fired("R3/PT1H/2026-01-01T00:00:00Z", START) == ["12-31T22"]


@pytest.mark.parametrize(
    "text", ["R3/2026-05-01", "R2/2026-05-02/2026-05-01", "R/PT0S/2026-05-01", "R3/PT1H/soon"]
)
def test_cycles_that_are_none(text: str) -> None:
    with pytest.raises(timers.BadTimer):
        timers.arm("timeCycle", text, START, SHANGHAI)


def fired(text: str, armed_at: datetime, most: int = 9) -> list[str]:
    """Return when a cycle fires, its instants without year and minutes, each turn fired when it is due."""
    timer: Any = timers.arm("timeCycle", text, armed_at, SHANGHAI)
    found: list[str] = []
    while timer is not None and len(found) < most:
        found.append(timer["due"][5:13])
        timer = timers.rearm(timer, max(armed_at, datetime.fromisoformat(timer["due"])), SHANGHAI)
    return found


@settings(deadline=None)
@given(
    every=st.sampled_from(["PT7M", "PT1H", "P1D", "P1M", "P1DT1H"]),
    turns=st.none() | st.integers(1, 40),
    turn=st.integers(1, 30),
    late=st.integers(0, 60 * 24 * 40),
)
def test_the_next_turn_is_the_first_after_now(every: str, turns: int | None, turn: int, late: int) -> None:
    cycle = timers.parse_cycle(f"R{turns or ''}/{every}", START, SHANGHAI)
    now = START + timedelta(minutes=late)
    found = cycle.turn_after(turn, now, SHANGHAI)
    # Plain counting: go on turn by turn.
    expected = turn + 1
    while (turns is None or expected <= turns) and after(every, times=expected) <= now:
        expected += 1
    due = cycle.due(found, SHANGHAI)
    if turns is not None and expected > turns:
        assert due is None
    else:
        assert (found, due) == (expected, after(every, times=expected))
