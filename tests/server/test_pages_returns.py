"""The pages of returns: an agency closes its own, the case-supervision office sees and keeps all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from handlers import office, return_calendar
from handlers.registers import MatterEvent
from handlers.registers import returns as register
from handlers.registers.returns import AgencyReturn
from server import worker
from tests.city import TRANSFER, City
from tests.server.visitors import Visitor
from workflows import calendar, clock, persistence, recounting, tasks
from workflows.model import Task, Timer

SIGNED = {"kind": "nil", "head_sign": "金局长", "sign": "true"}


@pytest.fixture
def visit(city: City) -> Callable[[str], Visitor]:
    """Return a function that signs somebody in."""
    return lambda login: Visitor(city, login)


def task_of(city: City, row: AgencyReturn) -> Task:
    with city.database.reading() as session:
        found = register.task_of(session, row)
        assert found is not None
        return found


def pass_days(city: City, row: AgencyReturn, days: int) -> None:
    """Let what falls due in the return's process happen some days after its due day."""
    after = datetime.combine(row.due_on, datetime.min.time(), clock.office_zone()) + timedelta(days=days)
    with city.database.unit_of_work() as session:
        others = select(Timer).where(Timer.instance_id.is_distinct_from(row.instance_id))
        for timer in session.scalars(others.where(Timer.status == "waiting")):
            timer.status = "suspended"
    with clock.held_at(after):
        while worker.run_due(city.database):
            pass


def test_a_holiday_on_the_due_day_moves_returns_tasks_and_the_watch(city: City) -> None:
    row = city.ask("STJ", "YJJ", month="2024-05")["STJ"]
    assert row.due_on.isoformat() == "2024-07-01"
    official = calendar.WorkDays.official()
    days = [(day, "holiday") for day in official.holidays] + [(day, "makeup") for day in official.makeup]
    lines = [f"{day},{kind},假,国务院公告" for day, kind in days if day.year == 2024]
    plan = "\n".join(["date,kind,name,source", *lines, "2024-07-01,holiday,特别假日,国务院公告"])
    with clock.held_at(datetime.fromisoformat("2024-06-11T10:00:00+08:00")):
        with city.database.unit_of_work() as session:
            recounting.take_in(session, calendar.read_plan(plan, "CN"), by="clerk", reason="国务院公告")
        worker.run_due(city.database)
    with city.database.reading() as session:
        moved = session.get_one(AgencyReturn, row.id)
        waiting = {
            timer.element_id: timer.due_at
            for timer in session.scalars(select(Timer).where(Timer.instance_id == row.instance_id))
            if timer.kind == "engine"
        }
        told = session.scalars(select(MatterEvent).where(MatterEvent.code == "return.recounted")).all()
        assert persistence.rows_equal_run(session, row.instance_id) == []
    ends = datetime.fromisoformat("2024-07-03T00:00:00+08:00")
    assert (moved.due_on.isoformat(), task_of(city, row).due_at, waiting["t_due"]) == (
        "2024-07-02",
        ends,
        ends,
    )
    assert [event.params["new"] for event in told] == ["2024-07-02"]


def test_an_agency_closes_its_return_and_nobody_elses(city: City, visit: Callable[[str], Visitor]) -> None:
    with clock.held_at(datetime.fromisoformat("2025-09-09T10:00:00+08:00")):
        city.start("clue_transfer", by="agency", answers={**TRANSFER, "urgency": "major"})
    row = city.ask("STJ", "YJJ", month="2025-09")["STJ"]
    agency, task = visit("agency"), task_of(city, row)
    assert "2025-09/10" in agency.get("/returns").text
    city.claim(task, "agency")
    page = agency.get(f"/tasks/{task.id}").text
    assert "重大，已先行移送" in page
    assert "先按清单移送" in page
    with (
        clock.held_at(datetime.fromisoformat("2025-10-20T10:00:00+08:00")),
        city.database.reading() as session,
    ):
        form, known = tasks.form(session, task.id, actor=city.actor("agency"))
        assert form is not None
        assert known["kind"] == "batch"
    refused = agency.post(f"/tasks/{task.id}/complete", **{**SIGNED, "reason": "补报"})
    assert refused.status_code == 422
    assert "请选择“移送清单”" in refused.text
    assert agency.post(f"/tasks/{task.id}/complete", **{**SIGNED, "kind": "batch"}).status_code == 422
    done = agency.post(f"/tasks/{task.id}/complete", **{**SIGNED, "kind": "batch", "reason": "补报"})
    assert done.status_code == 303
    page = agency.get(f"/returns/{row.id}").text
    assert "问题线索移送清单" in page
    assert "逾期补报" in page
    assert agency.get(f"/returns/{row.id}/paper.pdf").data.startswith(b"%PDF")
    other = visit("agency2")
    for address in (f"/returns/{row.id}", f"/returns/{row.id}/paper.pdf", f"/tasks/{task.id}"):
        assert other.get(address).status_code == 404
    for login in ("handler", "intake"):
        for address in ("/periods", "/returns", f"/returns/{row.id}", f"/periods/{row.period_id}"):
            assert visit(login).get(address).status_code == 403


def test_the_office_sees_what_is_overdue_and_keeps_the_register(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    clerk = visit("clerk")
    first = city.ask("STJ", "YJJ", month="2023-01")
    pass_days(city, first["STJ"], 1)
    second = city.ask("STJ", "YJJ", month="2023-03")
    pass_days(city, second["STJ"], 1)
    page = visit("head").get("/periods").text
    assert page.count("逾期未报</span>") >= 4
    assert "2023-01/02、2023-03/04" in page.replace("；", "、")
    assert "待督办" in page
    assert "连续两期未报" in visit("head").get("/notifications").text
    page = clerk.get(f"/periods/{second['STJ'].period_id}").text
    assert "逾期未报：应急管理局、生态环境局" in page or "逾期未报：生态环境局、应急管理局" in page
    # The office lets one off, and makes the other's return for it.
    address = f"/returns/{second['YJJ'].id}/release"
    assert clerk.post(address, reason=" ").status_code == 422
    assert clerk.post(address, reason="机构撤销。").status_code == 303
    assert clerk.post(address, reason="机构撤销。").status_code == 409
    assert visit("agency2").post(address, reason="不报").status_code == 403
    task = task_of(city, second["STJ"])
    city.claim(task, "clerk")
    sent = {**SIGNED, "reason": "单位无账号，纸质报送代录。"}
    assert clerk.post(f"/tasks/{task.id}/complete", **sent).status_code == 303
    page = clerk.get(f"/periods/{second['STJ'].period_id}").text
    assert "免予报送" in page
    assert "已办结" in page
    # A period is opened by hand, once for each agency.
    assert clerk.get("/periods/new").status_code == 200
    opened = clerk.post("/periods/new", period=_present())
    assert opened.status_code == 303
    assert "报送任务已发出" in clerk.get(opened.location).text
    assert "无需再开" in clerk.post("/periods/new", period=_present()).text
    # Who owes returns is the office's to say.
    today = office.today().isoformat()
    assert clerk.post("/periods/agencies", act="end", agency="YJJ", day=today).status_code == 303
    assert clerk.post("/periods/agencies", act="end", agency="YJJ", day=today).status_code == 409
    assert clerk.post("/periods/agencies", agency="", day="x").status_code == 422
    assert clerk.post("/periods/agencies", agency="SLJ", day=today).status_code == 303
    assert "水利局" in clerk.get("/periods/agencies").text
    assert visit("principal").get("/periods/agencies").status_code == 403


def _present() -> str:
    undecided = tuple(one for one in return_calendar.rules() if not one.option)
    return return_calendar.ReturnCalendar(undecided).period_of(office.today()).label
