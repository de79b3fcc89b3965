"""Cron expressions as Quartz writes them, in the office's zone and across changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.engine.diagrams import Story, file_of, flows, nodes, timer, user
from workflows.engine import cron, next_start, read, timers, triggers
from workflows.engine.reading import compile_definition

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")


def walls(text: str, start: str, count: int, zone: ZoneInfo = SHANGHAI) -> list[str]:
    """Return the next firings as times of the wall clock."""
    at = datetime.fromisoformat(start).replace(tzinfo=zone).astimezone(UTC)
    found: list[str] = []
    expression = cron.parse(text)
    while len(found) < count and (following := expression.after(at, zone)) is not None:
        at = following
        found.append(at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("0 0/5 * * * ?", "2026-10-08T09:02", ["2026-10-08 09:05:00", "2026-10-08 09:10:00"]),
        ("*/20 * * * * ?", "2026-10-08T09:00:45", ["2026-10-08 09:01:00", "2026-10-08 09:01:20"]),
        ("0 0 9 ? * MON-FRI", "2026-10-09T09:00", ["2026-10-12 09:00:00", "2026-10-13 09:00:00"]),
        ("0 0 9 ? * 1", "2026-10-08T00:00", ["2026-10-11 09:00:00", "2026-10-18 09:00:00"]),
        ("0 30 8,18 * * *", "2026-10-08T08:30", ["2026-10-08 18:30:00", "2026-10-09 08:30:00"]),
        ("0 0 12 L * ?", "2026-01-31T12:00", ["2026-02-28 12:00:00", "2026-03-31 12:00:00"]),
        ("0 0 12 L-2 * ?", "2028-02-01T00:00", ["2028-02-27 12:00:00", "2028-03-29 12:00:00"]),
        ("0 0 12 31 * ?", "2026-01-31T12:00", ["2026-03-31 12:00:00", "2026-05-31 12:00:00"]),
        ("0 0 0 29 2 ?", "2026-01-01T00:00", ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]),
        ("0 0 0 15W * ?", "2026-08-01T00:00", ["2026-08-14 00:00:00", "2026-09-15 00:00:00"]),
        ("0 0 0 1W * ?", "2026-07-15T00:00", ["2026-08-03 00:00:00", "2026-09-01 00:00:00"]),
        ("0 0 0 31W * ?", "2026-05-01T00:00", ["2026-05-29 00:00:00", "2026-07-31 00:00:00"]),
        ("0 0 0 LW * ?", "2026-05-01T00:00", ["2026-05-29 00:00:00", "2026-06-30 00:00:00"]),
        ("0 0 0 ? * 6L", "2026-10-01T00:00", ["2026-10-30 00:00:00", "2026-11-27 00:00:00"]),
        ("0 0 0 ? * FRI#2", "2026-10-01T00:00", ["2026-10-09 00:00:00", "2026-11-13 00:00:00"]),
        ("0 0 0 ? * MON#5", "2026-10-01T00:00", ["2026-11-30 00:00:00", "2027-03-29 00:00:00"]),
        ("0 0 0 ? * L", "2026-10-08T00:00", ["2026-10-10 00:00:00", "2026-10-17 00:00:00"]),
        ("0 0 22-2/2 * * ?", "2026-10-08T22:00", ["2026-10-09 00:00:00", "2026-10-09 02:00:00"]),
        ("0 0 0 ? * FRI-MON", "2026-10-10T00:00", ["2026-10-11 00:00:00", "2026-10-12 00:00:00"]),
        ("0 0 0 1 jan,JUL ?", "2026-10-08T00:00", ["2027-01-01 00:00:00", "2027-07-01 00:00:00"]),
        ("0 0 0 1 1 ? 2027-2028", "2026-10-08T00:00", ["2027-01-01 00:00:00", "2028-01-01 00:00:00"]),
        ("0 0 0 1 1 ? 2020", "2026-10-08T00:00", []),
        ("0 0 0 30 2 ?", "2026-10-08T00:00", []),
    ],
)
def test_an_expression_fires_when_it_says(text: str, start: str, expected: list[str]) -> None:
    assert walls(text, start, 2) == expected


def test_a_time_that_the_clock_leaves_out_fires_at_the_jump_once() -> None:
    # On 8 March 2026 the clock of New York goes from 2:00 to 3:00.
    days = walls("0 30 2 * * ?", "2026-03-07T00:00", 3, NEW_YORK)
    assert days == ["2026-03-07 02:30:00", "2026-03-08 03:00:00", "2026-03-09 02:30:00"]
    halves = walls("0 0/30 * * * ?", "2026-03-08T01:00", 4, NEW_YORK)
    assert [half[-8:] for half in halves] == ["01:30:00", "03:00:00", "03:30:00", "04:00:00"]


def test_a_time_that_the_clock_repeats_fires_again_only_by_the_hour() -> None:
    # On 1 November 2026 the hour from 1:00 comes twice.
    assert [d[:10] for d in walls("0 30 1 * * ?", "2026-10-31T00:00", 3, NEW_YORK)] == [
        "2026-10-31",
        "2026-11-01",
        "2026-11-02",
    ]
    halves = walls("0 0/30 * * * ?", "2026-11-01T00:30", 5, NEW_YORK)
    assert [half[-8:] for half in halves] == ["01:00:00", "01:30:00", "01:00:00", "01:30:00", "02:00:00"]


def test_a_yearly_time_passes_many_changes_of_the_clock() -> None:
    assert walls("0 30 2 8 3 ?", "2025-06-01T00:00", 2, NEW_YORK) == [
        "2026-03-08 03:00:00",
        "2027-03-08 02:30:00",
    ]


@settings(deadline=None, max_examples=60)
@given(
    minute=st.sampled_from(["*", "0/7", "15,45", "50-10"]),
    hour=st.sampled_from(["*", "2", "1-3", "0/5"]),
    begin=st.integers(0, 365 * 24 * 60),
)
def test_firings_are_those_that_counting_every_minute_finds(minute: str, hour: str, begin: int) -> None:
    expression = cron.parse(f"0 {minute} {hour} * * ?")
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=begin)
    ticks = (start + timedelta(minutes=n) for n in range(1, 60 * 30))
    right = (t for t in ticks if t.minute in expression.minutes and (t.hour + 8) % 24 in expression.hours)
    at, found = start, []
    for _ in range(5):
        following = expression.after(at, SHANGHAI)
        assert following is not None
        at = following
        found.append(at)
    expected = list(islice(right, 5))
    assert found[: len(expected)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "0 5 * * *",
        "0 0 0 1 1 ? 2026 9",
        "60 * * * * ?",
        "0 * * * * MON-",
        "0 * 24 * * ?",
        "0 * * 0 * ?",
        "0 * * 32W * ?",
        "0 * * ? * 8",
        "0 * * ? * MON#6",
        "0 * * 5 * MON",
        "0 * * ? * ?",
        "0 */0 * * * ?",
        "0 5/ * * * ?",
        "x * * * * ?",
        "0 * * * FOO ?",
        "- * * * * ?",
        "0 * * L-x * ?",
    ],
)
def test_what_is_no_cron_expression_is_said_at_reading(text: str) -> None:
    with pytest.raises(cron.BadCron):
        cron.parse(text)
    body = nodes("startEvent", "s") + timer("t", text, kind="timeCycle") + flows("s > t")
    assert ("t", "timer") in {(f.element, f.rule) for f in read(file_of(body))[1]}


def test_a_boundary_timer_goes_on_by_cron() -> None:
    body = (
        nodes("startEvent", "s")
        + user("a")
        + timer("t", "0 0 9 ? * MON-FRI", on="a", cancel=False, kind="timeCycle")
    )
    body += nodes("endEvent", "e", "te") + flows("s > a > e", "t > te")
    # It begins on Thursday 8 October 2026 at 9:00 of the office's clock.
    story = Story.begin(body)
    story.wait(hours=23)
    assert story.ends == []
    story.wait(hours=1)
    assert story.ends == ["te"]
    story.wait(days=2)
    assert story.ends == ["te"]
    story.wait(days=1)
    assert story.ends == ["te", "te"]
    story.complete("a")
    assert story.outcome == "completed"


def test_a_process_starts_by_cron_time_after_time() -> None:
    cycle = "<timerEventDefinition><timeCycle>0 0 0 1 * ?</timeCycle></timerEventDefinition>"
    start = f'<startEvent id="s">{cycle}</startEvent>'
    (trigger,) = triggers(compile_definition(file_of(start + user("a") + flows("s > a")), "p"))
    armed = datetime(2026, 10, 8, tzinfo=UTC)
    first = next_start(trigger, armed_at=armed, after=None, functions={})
    second = next_start(trigger, armed_at=armed, after=first, functions={})
    assert [t.astimezone(SHANGHAI).isoformat()[:16] for t in (first, second) if t] == [
        "2026-11-01T00:00",
        "2026-12-01T00:00",
    ]


@pytest.mark.parametrize(
    ("kind", "text"), [("timeDuration", "-PT1H"), ("timeDuration", "P-1D"), ("timeCycle", "R0/PT1H")]
)
def test_what_lies_in_the_past_or_never_comes_is_refused(kind: str, text: str) -> None:
    with pytest.raises(timers.BadTimer):
        timers.arm(kind, text, datetime(2026, 10, 8, tzinfo=UTC), SHANGHAI)
