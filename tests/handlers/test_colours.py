"""Colours of steps: three scales that never mix, four cities' tables at their boundaries, what a colour sets going."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from handlers import office
from handlers.colours import HeatColour, WarningColour
from handlers.notifications import Notification
from handlers.registers import Document, MatterEvent
from server.db import Database
from server.worker import run_due
from tests.handlers.test_vocabulary import DIAGRAM, START, local, open_matter
from tests.houses import Houses
from workflows import clock, colours, decisions, definitions, instances, operations
from workflows.actor import Actor
from workflows.calendar import WorkDays
from workflows.colours import Situation
from workflows.errors import InvalidInput
from workflows.model import AuditEvent, Task, Timer
from workflows.scale import TimerColour

COLOURS = Path(__file__).parents[2] / "bpmn" / "colours"
DAYS = WorkDays.official()


@pytest.fixture
def house(sqlite_houses: Houses) -> Iterator[Database]:
    operations.operation("test.open_matter")(open_matter)
    with sqlite_houses() as database:
        yield database
    del operations._registry["test.open_matter"]


# --- the three scales


def test_colours_of_different_scales_never_mix(house: Database) -> None:
    assert TimerColour.RED not in {WarningColour.RED, HeatColour.RED, "red"}
    assert TimerColour.YELLOW < TimerColour.RED
    assert max(TimerColour) is TimerColour.RED
    for other in (WarningColour.RED, HeatColour.RED, "red"):
        with pytest.raises(TypeError):
            assert other > TimerColour.GREEN
    with pytest.raises(ValueError):
        TimerColour(WarningColour.RED)
    assert [len(scale) for scale in (TimerColour, WarningColour, HeatColour)] == [5, 3, 4]
    with house.unit_of_work() as session, pytest.raises(StatementError, match="WarningColour"):
        session.execute(update(Task).values(colour=WarningColour.RED))


# --- the four cities

CHANGWU = [  # a step of 2026-01-10; the month is counted from that day
    ("disposal", "2026-02-09", None),
    ("disposal", "2026-02-10", "blue"),
    ("inquiry", "2026-02-10", None),
    ("inquiry", "2026-02-11", "blue"),
    ("inquiry", "2026-03-09", "blue"),
    ("inquiry", "2026-03-10", "yellow"),
    ("inquiry", "2026-04-10", "red"),
    ("verification", "2026-04-09", None),
    ("verification", "2026-04-10", "yellow"),
    ("verification", "2026-07-09", "yellow"),
    ("verification", "2026-07-10", "red"),
    ("elsewhere", "2026-12-31", None),
]
KUITUN = [
    (False, "2026-02-10", "blue"),
    (False, "2026-02-11", "yellow"),
    (False, "2026-03-10", "yellow"),
    (False, "2026-03-11", "red"),
    (True, "2026-07-06", "green"),
    (True, "2026-07-07", "yellow"),
    (True, "2026-07-10", "yellow"),
    (True, "2026-07-11", "red"),
]
XINGAN = [
    ("2026-04-09", None),
    ("2026-04-10", "blue"),
    ("2026-05-09", "blue"),
    ("2026-05-10", "yellow"),
    ("2026-06-09", "yellow"),
    ("2026-06-10", "red"),
    ("2026-07-11", "red"),
]
SUQIAN = [  # 10 July 2026 is a Friday
    (0, "2026-07-02", None),
    (0, "2026-07-03", "blue"),
    (0, "2026-07-07", "blue"),
    (0, "2026-07-08", "yellow"),
    (0, "2026-07-10", "yellow"),
    (0, "2026-07-12", "yellow"),
    (0, "2026-07-13", "red"),
    (1, "2026-02-01", "yellow"),
]
CITIES: list[tuple[str, str, dict[str, Any], str | None]] = [
    *(("changwu", day, {"stage": stage}, colour) for stage, day, colour in CHANGWU),
    *(("kuitun", day, {"dated": dated}, colour) for dated, day, colour in KUITUN),
    *(("xingan", day, {}, colour) for day, colour in XINGAN),
    *(("suqian", day, {"returned": returned}, colour) for returned, day, colour in SUQIAN),
]


def table(city: str) -> colours.ColourTable:
    (decision,), remarks = decisions.read((COLOURS / f"{city}.dmn").read_bytes())
    assert remarks == []
    return colours.read(decision)


@pytest.mark.parametrize(("city", "day", "given", "colour"), CITIES)
def test_the_tables_of_four_cities_hold_at_their_boundaries(
    city: str, day: str, given: dict[str, Any], colour: str | None
) -> None:
    about = Situation(**{"stage": "study", "start": date(2026, 1, 10), "last": date(2026, 7, 10), **given})
    shown = table(city).on(about, date.fromisoformat(day), DAYS)
    assert (shown.colour.value if shown else None) == colour


@pytest.mark.parametrize("city", ["changwu", "kuitun", "xingan", "suqian"])
@pytest.mark.parametrize("stage", ["inquiry", "verification"])
@pytest.mark.parametrize("dated", [False, True])
def test_the_days_on_which_a_colour_changes_are_those_that_looking_every_day_finds(
    city: str, stage: str, dated: bool
) -> None:
    about = Situation(stage, date(2026, 1, 31), date(2026, 8, 8), dated)  # 8 August is a Saturday
    first, found = date(2026, 2, 10), table(city)
    expected: list[tuple[date, object]] = []
    for day in (first + timedelta(n) for n in range(300)):
        shown = found.on(about, day, DAYS)
        if not expected or shown != expected[-1][1]:
            expected.append((day, shown))
    assert list(found.changes(about, first, DAYS)) == expected


def test_what_is_wrong_with_a_table_is_refused_by_rule_and_column(city: Session) -> None:
    good = (COLOURS / "changwu.dmn").read_text("utf-8")
    for before, after, words in (
        ('"red"', '"crimson"', "rule rule_1, column colour: 'crimson' is none of green, blue"),
        ("escalation.letter", "escalation.shout", "rule rule_1, column acts: there is no 'escalation.shout'"),
        ('"handler leader"', '"everybody"', "rule rule_1, column recipients: 'everybody'"),
        ('"handler leader"', '""', "rule rule_1, column recipients: an act needs somebody"),
        ("&gt;= 6", "&gt;= limit", "rule rule_1, column elapsed_months: it is compared with numbers only"),
        ("&gt;= 6", "&gt;= 1.5", "rule rule_1, column elapsed_months: it is compared with whole numbers"),
        (
            "<text>elapsed_months</text>",
            "<text>elapsed_weeks</text>",
            "asks 'elapsed_weeks'; there are: dated",
        ),
        ('hitPolicy="FIRST"', 'hitPolicy="RULE ORDER"', "it must be one table by itself"),
    ):
        files = {"colours.dmn": good.replace(before, after, 1).encode()}
        with pytest.raises(InvalidInput) as refused:
            definitions.deploy(city, files, name="colours", actor=Actor("supervisor"))
        assert words in " ".join(finding.message for finding in refused.value.findings), words


# --- at work


def begin(house: Database, city: str, stage: str, due: str) -> str:
    """Deploy a city's table, start a matter with one step of this stage, and return the task's id."""
    with clock.held_at(START), house.unit_of_work() as session:
        actor = Actor("system")
        definitions.deploy(
            session, {f"{city}.dmn": (COLOURS / f"{city}.dmn").read_bytes()}, name=city, actor=actor
        )
        drawn = DIAGRAM.replace("${workdays(20)}", due).replace(
            'name="ladder" value="trial"/>', f'name="stage" value="{stage}"/>'
        )
        definitions.deploy(session, {"a.bpmn": drawn.encode()}, name="a", actor=actor, profile="engine")
        instance = instances.start(session, key="alone", actor=office.actor_for(session, "agency"))
        # The ladder is another test's.
        rungs = update(Timer).where(Timer.instance_id == instance.id, Timer.ladder != colours.TABLE)
        session.execute(rungs.values(status="cancelled"))
        return session.scalars(select(Task.id).where(Task.instance_id == instance.id)).one()


def seen(session: Session) -> list[tuple[str, str | None]]:
    """Return when the task came to which colour, on the office's clock."""
    rows = session.scalars(select(AuditEvent).where(AuditEvent.act == "task.colour").order_by(AuditEvent.id))
    return [(local(row.at), (row.detail or {})["to"]) for row in rows]


def test_a_step_comes_to_each_colour_at_midnight_and_each_act_is_done_once(house: Database) -> None:
    task_id = begin(house, "xingan", "study", "P5M")  # due on 2 August
    for hour in range(24, 24 * 150, 6):
        with clock.held_at(START + timedelta(hours=hour - 9)):
            run_due(house)
    with house.reading() as session:
        assert seen(session) == [("05-02 00:00", "blue"), ("06-02 00:00", "yellow"), ("07-02 00:00", "red")]
        task = session.get_one(Task, task_id)
        assert (task.colour, task.level, task.closed_at) == (TimerColour.RED, "normal", None)
        events = session.scalars(select(MatterEvent).order_by(MatterEvent.id)).all()
        assert [(e.code, e.params["verb"], e.params["colour"]) for e in events] == [
            ("deadline.normal", "remind", "blue"),
            ("deadline.remind", "remind", "yellow"),
            ("deadline.alarm", "remind", "red"),
        ]


def test_more_time_gives_a_better_colour_and_sets_nothing_going(house: Database) -> None:
    task_id = begin(house, "xingan", "study", "P5M")
    with clock.held_at(datetime(2026, 7, 3, tzinfo=UTC)):
        run_due(house)
        with house.unit_of_work() as session:
            task = session.get_one(Task, task_id)
            assert task.colour is TimerColour.RED
            task.due_at = datetime(2026, 9, 30, 16, tzinfo=UTC)
            colours.move(session, task, task.due_at)
            assert task.colour is TimerColour.BLUE
        assert run_due(house) == 0
    with clock.held_at(datetime(2026, 7, 30, 16, tzinfo=UTC)):
        run_due(house)
    with house.reading() as session:
        assert [colour for _, colour in seen(session)] == ["blue", "yellow", "red", "yellow"]


def test_after_months_without_a_tick_each_colour_is_come_to_once_in_order(house: Database) -> None:
    task_id = begin(house, "changwu", "verification", "P9M")
    with clock.held_at(START + timedelta(days=400)):
        run_due(house)
        assert run_due(house) == 0
    with house.reading() as session:
        assert [colour for _, colour in seen(session)] == ["yellow", "red"]
        assert session.get_one(Task, task_id).colour is TimerColour.RED
        letters = session.scalars(select(Document).where(Document.kind == "supervision_letter")).all()
        assert [letter.number for letter in letters] == ["DB-2027-00001", "DB-2027-00002"]
        assert [letter.title for letter in letters] == ["提示函", "督办函"]
        events = session.scalars(select(MatterEvent).order_by(MatterEvent.id)).all()
        assert [(e.code, e.params.get("letter")) for e in events] == [
            ("deadline.letter", "DB-2027-00001"),
            ("deadline.letter", "DB-2027-00002"),
            ("deadline.interview", None),
        ]
        told = session.scalars(select(Notification).where(Notification.code == "deadline.letter")).all()
        assert {row.login for row in told} == {"handler10", "handler3", "handler4", "leader"}


def test_running_tasks_keep_the_table_that_they_began_with(house: Database) -> None:
    begin(house, "kuitun", "study", "${workdays(100)}")
    with house.unit_of_work() as session:
        files = {"x.dmn": (COLOURS / "xingan.dmn").read_bytes()}
        definitions.deploy(session, files, name="x", actor=Actor("supervisor"))
    with clock.held_at(datetime(2026, 4, 10, tzinfo=UTC)):
        run_due(house)
    with house.reading() as session:
        assert [colour for _, colour in seen(session)] == [
            "blue",
            "yellow",
        ]  # beyond one month, by Kuitun's table
