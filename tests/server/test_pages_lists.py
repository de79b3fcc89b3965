"""Transfer lists through the page: checked first, sent in slices, mended; a list is its sender's alone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from handlers import clue_import
from handlers.clue_import import uploaded
from handlers.registers import Clue, ClueSubject
from tests.city import City
from tests.server.visitors import Visitor
from workflows.model import Task

HEADINGS = (
    "移送依据,问题领域,被反映人,类别,单位,职务,职级,政治面貌,主要问题,"
    "问题发生时间起,问题发生时间止,移送单位处理结论,紧急程度,联系人及电话,负责人签字"
)


def row(name: str, urgency: str = "一般") -> str:
    """Return a row of a list."""
    person = f"{name},个人,东湖区城市管理局,副局长,乡科级副职,中共党员"
    return f"supervision_law,生态环境,{person},验收弄虚作假,2025-03-01,2025-06-30,已核查,{urgency},宋某 8123,周某"


@pytest.fixture
def visit(city: City) -> Callable[[str], Visitor]:
    """Return a function that signs somebody in."""
    return lambda login: Visitor(city, login)


def send_file(visitor: Visitor, *rows: str, name: str = "清单.csv") -> Any:
    """Have a list checked, and return the answer."""
    data = "\n".join((HEADINGS, *rows)).encode()
    return visitor.post("/transfers/lists", list=(io.BytesIO(data), name))


def named(city: City, name: str) -> list[Clue]:
    """Return the clues about somebody."""
    about = select(Clue).join(ClueSubject, ClueSubject.clue_id == Clue.id).where(ClueSubject.name == name)
    with city.database.reading() as session:
        return list(session.scalars(about))


def test_a_list_is_checked_then_sent(city: City, visit: Callable[[str], Visitor]) -> None:
    agency = visit("agency")
    answer = send_file(agency, row("吴某一"), row("吴某二", "特急"), row("吴某三"))
    assert answer.status_code == 303
    page = agency.get(answer.location).text
    assert "2 行填写正确" in page
    assert "1 行有问题" in page
    assert "第 3 行“紧急程度”" in page
    assert named(city, "吴某一") == []
    assert agency.post(f"{answer.location}/send").status_code == 303
    page = agency.get(answer.location).text
    assert "已移送 2 件线索" in page
    (clue,) = named(city, "吴某一")
    with city.database.reading() as session:
        first = session.scalars(select(Task).where(Task.scope_id == clue.scope_id)).one()
    assert first.element_id == "a3"
    with agency.get(f"{answer.location}/mended.xlsx") as file:
        mended = openpyxl.load_workbook(io.BytesIO(file.data)).active
    assert mended is not None
    assert mended.max_row == 2
    assert "清单.csv" in agency.get("/transfers/lists").text


def test_the_same_list_again_adds_nothing(city: City, visit: Callable[[str], Visitor]) -> None:
    agency = visit("agency")
    for _ in range(2):
        address = send_file(agency, row("郑某一")).location
        agency.post(f"{address}/send")
    assert "1 行此前已移送" in agency.get(address).text
    assert len(named(city, "郑某一")) == 1


def test_a_broken_connection_goes_on_at_the_next_row(
    city: City, visit: Callable[[str], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploaded, "ROWS", 1)
    agency = visit("agency")
    address = send_file(agency, row("王某一"), row("王某二"), row("王某三")).location
    list_id = address.rpartition("/")[2]
    # One row a slice: what a request sends that is cut off right after.
    clue_import.send_some(city.database.unit_of_work, list_id, actor=city.actor("agency"), most=timedelta(0))
    page = agency.get(address).text
    assert "已处理 1 / 3 行" in page
    assert re.search(r'<progress max="3" value="1"', page)
    agency.post(f"{address}/send")
    assert [len(named(city, name)) for name in ("王某一", "王某二", "王某三")] == [1, 1, 1]
    assert "已移送 3 件线索" in agency.get(address).text


def test_nothing_is_sent_of_a_list_that_is_dropped(city: City, visit: Callable[[str], Visitor]) -> None:
    agency = visit("agency")
    address = send_file(agency, row("冯某一")).location
    assert agency.post(f"{address}/drop").status_code == 303
    assert agency.get(address).status_code == 404
    assert named(city, "冯某一") == []
    begun = send_file(agency, row("冯某二")).location
    agency.post(f"{begun}/send")
    assert agency.post(f"{begun}/drop").status_code == 409


def test_a_list_is_its_senders_alone(visit: Callable[[str], Visitor]) -> None:
    address = send_file(visit("agency"), row("陈某一")).location
    other = visit("clerk")
    assert "清单.csv" not in other.get("/transfers/lists").text
    assert other.get(address).status_code == 404
    assert other.get(f"{address}/mended.xlsx").status_code == 404
    assert other.post(f"{address}/send").status_code == 404
    assert visit("auditor").get("/transfers/lists").status_code == 403


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("清单.xlsx", b"\x00\x01\x02" * 100_000, "与扩展名 .xlsx 不符"),
        ("清单.pdf", b"%PDF", "请另存为 .xlsx 或 .csv"),
        ("清单.csv", b"", "0 字节"),
        ("清单.csv", "名称,数量\n甲,1".encode(), "这不是线索移送清单"),
        ("清单.csv", HEADINGS.encode(), "表头之下没有数据"),
    ],
)
def test_what_is_no_list_is_refused_with_a_word(
    visit: Callable[[str], Visitor], name: str, data: bytes, said: str
) -> None:
    answer = visit("agency").post("/transfers/lists", list=(io.BytesIO(data), name))
    assert answer.status_code == 422
    assert said in answer.text


def test_no_file_is_said(visit: Callable[[str], Visitor]) -> None:
    answer = visit("agency").post("/transfers/lists")
    assert answer.status_code == 422
    assert "请先选择文件" in answer.text


def test_the_template_is_for_who_fills_it_in(visit: Callable[[str], Visitor]) -> None:
    for login, names_agency in (("agency", False), ("intake", True)):
        data = visit(login).get("/transfers/lists/template.xlsx").data
        headings = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(data))["移送清单"][1]]
        assert any(str(heading).startswith("移送单位 ") for heading in headings) is names_agency
