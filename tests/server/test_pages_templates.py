"""Templates of papers at the supervisor's pages, and what papers are then made of."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from sqlalchemy import select

from handlers.registers import Document
from handlers.registers.papers import classes
from tests import pdf as reader
from tests.city import City
from tests.server.visitors import Visitor
from workflows.errors import InvalidInput
from workflows.model import AuditEvent

PAGE = "/paper-templates/transfer_form"


def changed(content: bytes, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as was, zipfile.ZipFile(out, "w") as made:
        for name in was.namelist():
            made.writestr(name, was.read(name).decode().replace(old, new))
    return out.getvalue()


def test_a_supervisor_changes_a_template_in_word(city: City) -> None:
    visitor = Visitor(city, "supervisor")
    assert PAGE in visitor.get("/paper-templates").text
    shipped = visitor.get(f"{PAGE}/0?as=word").data
    assert visitor.get(f"{PAGE}/0?as=pdf").data.startswith(b"%PDF")

    def send(content: bytes, act: str = "hold", note: str = "改题") -> Any:
        return visitor.post(PAGE, file=(io.BytesIO(content), "单.docx"), note=note, act=act)

    for wrong, said in (
        (b"", "请选择 Word 文件"),
        (b"\xd0\xcf\x11\xe0", "旧格式"),
        (changed(shipped, "{{ agency }}", "{{ agence }}"), "没有名为 agence 的内容，可用的有：agency"),
        (b"PK", "不是 Word 文件"),
    ):
        answer = send(wrong)
        assert answer.status_code == 422
        assert said in answer.text, answer.text
    mine = changed(shipped, "问题线索移送单", "问题线索移送单（试行）")
    tried = send(mine, "try")
    assert tried.status_code == 200
    assert "<ins>问题线索移送单（试行）</ins>" in tried.text
    assert "陈某甲" in tried.text
    assert "现行的是系统自带模板" in visitor.get(PAGE).text
    assert send(mine).status_code == 303
    assert "现行模板就是这一份" in send(mine).text
    assert "改题" in visitor.get(PAGE).text
    assert visitor.get(f"{PAGE}/1?as=word").data == mine
    assert "<del>问题线索移送单</del>" in visitor.get(f"{PAGE}/1").text

    made = _form(city)
    assert visitor.post(f"{PAGE}/back", version="0").status_code == 303
    assert "恢复为系统自带模板" in visitor.get(PAGE).text
    later = _form(city)
    clerk = Visitor(city, "clerk")
    address = f"/clues/{made.clue_id}/documents/{made.id}"
    page = clerk.get(f"{address}/page").text
    assert "（试行）" in page
    assert re.search(r"模板</dt><dd>[^<]*1", page)
    assert made.sha256 in page
    (first, *_) = reader.pages(clerk.get(address).data)
    assert first.startswith("密级：案件秘密编号：" + str(made.number))
    assert "（试行）" in first
    with zipfile.ZipFile(io.BytesIO(clerk.get(f"{address}?as=word").data)) as archive:
        assert "（试行）" in archive.read("word/document.xml").decode()
        assert "密级：案件秘密" in archive.read("word/duban_default.xml").decode()
    other = f"/clues/{later.clue_id}/documents/{later.id}"
    assert "（试行）" not in clerk.get(f"{other}/page").text
    assert clerk.get(f"{other}?as=word").data.startswith(b"PK")

    with city.database.unit_of_work() as session:
        acts = session.scalars(select(AuditEvent).where(AuditEvent.act == "template.change")).all()
        assert [row.detail["version"] for row in acts] == [1, 2]
    assert clerk.get("/paper-templates").status_code == 403
    assert visitor.get("/paper-templates/nothing").status_code == 404
    assert visitor.get(f"{PAGE}/9").status_code == 404


def test_a_paper_has_a_class_of_its_own_within_bounds(city: City) -> None:
    clue = _form(city).clue_id
    with city.database.unit_of_work() as session:
        found = session.get_one(classes.Clue, clue)
        actor = city.actor("handler")
        kinds = ("transfer_form", "clarification_letter", "talk_record", "inquiry_letter")
        assert [classes.of(session, found, kind) for kind in kinds] == ["C", "P", "C", "R"]
        classes.say(session, actor, found, "inquiry_letter", "I")
        classes.say(session, actor, found, "clarification_letter", "I")
        assert [classes.of(session, found, kind) for kind in kinds] == ["C", "I", "C", "I"]
        for kind, secrecy in (("talk_record", "R"), ("inquiry_letter", "P"), ("inquiry_letter", "X")):
            with pytest.raises(InvalidInput):
                classes.say(session, actor, found, kind, secrecy)


def _form(city: City) -> Document:
    instance = city.transfer()
    with city.database.unit_of_work() as session:
        row = session.scalars(
            select(Document).where(Document.clue_id == city.clue(instance), Document.kind == "transfer_form")
        ).one()
        session.expunge(row)
        return row
