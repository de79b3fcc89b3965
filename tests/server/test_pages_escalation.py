"""What supervisors see of reminders and colours, what clerks see of a colour, and how a proxy is named."""

from __future__ import annotations

from sqlalchemy import select, update

from handlers.office import Absence
from server import folders
from tests.city import City
from tests.server.visitors import Visitor
from workflows import definitions
from workflows.actor import Actor
from workflows.model import Task
from workflows.scale import TimerColour


def test_a_supervisor_sees_which_ladder_and_colours_apply_to_which_step(city: City) -> None:
    supervisor = Visitor(city, "supervisor")
    page = supervisor.get("/limits/escalation").text
    for words in (
        "尚未部署颜色规则",
        "期限届满前5 个工作日",
        "已用时间的50%",
        "逾期5 个工作日",
        "所在部门主要负责人",
        "提级",
        "列为挂牌督办建议对象",
        "集体研究并提出处置意见",
        "<code>disposal</code>",
        "bpmn/reminders.csv",
    ):
        assert words in page, words
    with city.database.unit_of_work() as session:
        files = {"changwu.dmn": (folders.BPMN / "colours" / "changwu.dmn").read_bytes()}
        deployed = definitions.deploy(session, files, name="changwu", actor=Actor("supervisor")).id
    try:
        page = supervisor.get("/limits/escalation").text
        for words in ("长武：按环节定色", "已用（月） &gt;= 6", "红灯", "提示函／督办函、建议约谈", "蓝灯"):
            assert words in page, words
    finally:
        with city.database.unit_of_work() as session:
            definitions.delete_deployment(session, deployed, cascade=False, actor=Actor("supervisor"))
    assert Visitor(city, "handler").get("/limits/escalation").status_code == 403


def test_a_colour_shows_by_word_and_shape_wherever_its_step_is_listed(city: City) -> None:
    clerk = Visitor(city, "clerk")
    task = city.claim(city.task(city.transfer(), "a3"), "clerk")
    with city.database.unit_of_work() as session:
        session.execute(update(Task).where(Task.id == task.id).values(colour=TimerColour.BLUE))
    mark = 'class="level level--blue"><svg'
    clue = f"/clues/{(task.scope_id or '').removeprefix('clue:')}"
    for address in ("/inbox?box=mine", f"/tasks/{task.id}", clue, "/clues"):
        page = clerk.get(address).text
        assert mark in page, address
        assert "蓝灯" in page, address


def test_who_is_away_names_a_proxy_and_takes_it_back(city: City) -> None:
    handler = Visitor(city, "handler4")
    given = {"proxy": "handler3", "since": "2030-01-05", "last": "2030-01-09"}
    for wrong, words in (
        ({"proxy": "agency"}, "此项必填"),
        ({"proxy": ""}, "此项必填"),
        ({"since": "soon"}, "年-月-日"),
        ({"last": "2030-01-04"}, "结束日期早于开始日期"),
    ):
        answer = handler.post("/profile/absences", **{**given, **wrong})
        assert answer.status_code == 422
        assert words in answer.text, wrong
    assert handler.post("/profile/absences", **given).status_code == 303
    assert "2030-01-05至2030-01-09" in handler.get("/profile/absences").text
    other = Visitor(city, "handler3")
    answer = other.post("/profile/absences", **{**given, "proxy": "handler4"})
    assert (answer.status_code, "最终由您代理" in answer.text) == (422, True)
    with city.database.reading() as session:
        row = session.scalars(select(Absence).where(Absence.login == "handler4")).one()
        assert (row.proxy, row.until.isoformat(), row.named_by) == ("handler3", "2030-01-10", "handler4")
    assert other.post("/profile/absences/end", id=row.id).status_code == 404
    assert handler.post("/profile/absences/end", id=row.id).status_code == 303
    assert "2030-01-05" not in handler.get("/profile/absences").text
