"""Publishing by a second person, on the pages and through the engine's API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import city as cities
from tests.city import City
from tests.server.test_pages_modeler import base, diagram, send  # noqa: F401 -- fixtures
from tests.server.visitors import Visitor
from workflows import definitions
from workflows.model import AuditEvent, ProcessDefinition, Publication


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of this module's own, which wants a second person."""
    found = cities.found(tmp_path_factory.mktemp("publications"))
    found.app.extensions["duban.settings"] = replace(
        found.app.extensions["duban.settings"], second_person=True
    )
    return found


@pytest.fixture(autouse=True)
def _nothing_waits(city: City) -> Iterator[None]:
    yield
    with city.database.unit_of_work() as session:
        for asked in definitions.publishing.waiting(session):
            definitions.publishing.withdraw(session, asked.id, actor=city.actor(asked.asked_by))


def newest(city: City) -> ProcessDefinition:
    with city.database.reading() as session:
        return definitions.latest(session, "errand")


def asked(visitor: Visitor, base: ProcessDefinition, diagram: bytes, seen: str) -> str:  # noqa: F811
    answer = send(visitor, base, "publish", diagram, seen=seen)
    assert answer.status_code == 200, answer.text
    return str(answer.json["url"])


def due(diagram: bytes, length: bytes) -> bytes:  # noqa: F811
    return re.sub(rb"P\dD", length, diagram)


def last_number(city: City) -> str:
    with city.database.reading() as session:
        last = definitions.drafts.newest(session, "errand")
        return str(last.number if last else 0)


def test_one_asks_and_another_publishes(city: City, base: ProcessDefinition, diagram: bytes) -> None:  # noqa: F811
    author, second = Visitor(city, "supervisor"), Visitor(city, "supervisor2")
    address = asked(author, base, due(diagram, b"P7D"), last_number(city))
    own = author.get(address)
    assert "等待第二人" in own.text
    assert f"{address}/confirm" not in own.text
    assert author.post(f"{address}/confirm").status_code == 403
    assert newest(city).version == base.version
    assert address in second.get("/processes").text
    page = second.get(address)
    assert "林流程" in page.text
    file = re.findall(rf'data-diagram="({address}/file[^"]+)"', page.text)[0].replace("&amp;", "&")
    assert second.get(file).data == due(diagram, b"P7D")
    assert second.post(f"{address}/confirm").status_code == 303
    made = newest(city)
    assert made.version == base.version + 1
    shown = second.get(f"/processes/{made.id}").text
    assert "林流程" in shown
    assert "沈复核" in shown
    assert second.post(f"{address}/confirm").status_code == 409
    with city.database.reading() as session:
        rows = select(AuditEvent.act, AuditEvent.actor).where(AuditEvent.act.startswith("publication."))
        told = dict(session.execute(rows).all())
    assert (told["publication.ask"], told["publication.confirm"]) == ("supervisor", "supervisor2")


def test_a_refusal_needs_a_reason_and_is_read_by_who_asked(
    city: City,
    base: ProcessDefinition,  # noqa: F811
    diagram: bytes,  # noqa: F811
) -> None:
    author, second = Visitor(city, "supervisor"), Visitor(city, "supervisor2")
    address = asked(author, base, due(diagram, b"P8D"), last_number(city))
    assert second.post(f"{address}/withdraw").status_code == 403
    assert second.post(f"{address}/refuse", remark=" ").status_code == 422
    assert second.post(f"{address}/refuse", remark="期限应为五天").status_code == 303
    assert "期限应为五天" in author.get(address).text
    again = asked(author, base, due(diagram, b"P9D"), last_number(city))
    assert author.post(f"{again}/withdraw").status_code == 303
    assert "草稿" in author.get(again).text
    assert newest(city).version == base.version


def test_files_on_the_page_wait_and_need_a_reason(
    city: City,
    base: ProcessDefinition,  # noqa: F811
    diagram: bytes,  # noqa: F811
) -> None:
    author = Visitor(city, "supervisor")
    with city.database.reading() as session:
        files = {file.name: file.content for file in definitions.resources(session, base.deployment_id)}
    files[base.resource_name] = due(diagram, b"P3D")

    def send_files(name: str) -> TestResponse:
        sent = [(BytesIO(content), file.rsplit("/", 1)[-1]) for file, content in files.items()]
        return author.post("/processes", files=sent, name=name)

    refused = send_files("")
    assert (refused.status_code, "改了什么" in refused.text) == (422, True)
    asked = send_files("期限改为三天")
    assert asked.status_code == 303
    assert newest(city).version == base.version
    assert Visitor(city, "supervisor2").post(f"{asked.headers['Location']}/confirm").status_code == 303
    assert newest(city).version == base.version + 1


def test_a_deployment_through_the_api_waits_for_its_second_person(city: City) -> None:
    file = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
    file += (
        b'<process id="quick" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" '
        b'targetRef="e"/><endEvent id="e"/></process></definitions>'
    )
    client = city.app.test_client()

    def deploy() -> tuple[int, dict[str, object]]:
        body = {"deployment-name": "quick", "quick.bpmn": (BytesIO(file), "quick.bpmn")}
        body |= {"enable-duplicate-filtering": "true"}
        answer = client.post("/engine-rest/deployment/create", data=body, auth=("supervisor", "supervisor"))
        assert answer.status_code < 300, answer.text
        return answer.status_code, answer.json

    status, told = deploy()
    assert (status, told["deployedProcessDefinitions"], told["waitsForSecondPerson"]) == (202, None, True)
    assert deploy()[1]["id"] == told["id"]
    where = f"/engine-rest/deployment/{told['id']}"
    assert client.get(where, auth=("supervisor", "supervisor")).status_code == 404
    with city.database.reading() as session:
        assert session.get_one(Publication, told["id"]).source == ""
    assert (
        Visitor(city, "supervisor2").post(f"/processes/publications/{told['id']}/confirm").status_code == 303
    )
    assert client.get(where, auth=("supervisor", "supervisor")).json["id"] == told["id"]
    status, again = deploy()
    assert (status, again["id"]) == (200, told["id"])
