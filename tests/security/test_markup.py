"""Markup in every name that somebody may give: it is shown as what it is, text."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from handlers.registers import Clue, Document
from handlers.uploads import Upload
from server.downloads import INERT
from tests.security.conftest import House, Visitor, answers
from tests.security.drawing import form, process, task
from workflows.model import Instance

#: Text, attribute, template and spreadsheet at once.
EVIL = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}${7*7}</title>"
XML = EVIL.replace("${7*7}", "").replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def harmless(visitor: Visitor, path: str) -> str:
    """Return a page that shows the evil name, having looked for what it would have become."""
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    assert "&lt;img src=x" in answer.text, f"{path} does not show it at all"
    assert "<img src=x" not in answer.text
    assert "<script>alert" not in answer.text
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    return answer.text


@pytest.fixture(scope="module")
def evil(house: House) -> Instance:
    """Return a matter in which every text is evil, up to the study."""
    agency = house.visitor("agency")
    given = answers("clue_submit")
    (subject,) = given.pop("subjects")
    typed = {
        **given,
        "facts": EVIL,
        "agency_conclusion": EVIL,
        "contact": EVIL[:90],
        "head_sign": EVIL[:50],
        "subjects": "0",
        **{f"subjects.0.{key}": value for key, value in subject.items()},
        "subjects.0.name": EVIL[:50],
        "subjects.0.unit": EVIL[:50],
        "subjects.0.post": EVIL[:50],
    }
    name = "\"'><img src=x onerror=alert(1)>.txt"
    answer = agency.post("/transfers/new", files=[("materials", (name, b"paper"))], **typed)
    assert answer.status_code == 303, answer.text
    with house.city.database.reading() as session:
        instance_id = session.scalars(select(Clue.instance_id).where(Clue.facts == EVIL)).one()
        return session.get_one(Instance, instance_id)


def test_a_matter_full_of_markup(house: House, evil: Instance) -> None:
    clerk, opened = house.visitor("clerk"), house.task(evil, "a3")
    assert evil.scope_id
    harmless(clerk, f"/clues/{evil.scope_id.removeprefix('clue:')}")
    harmless(clerk, f"/tasks/{opened.id}")
    house.city.complete(opened, "clerk", **answers("clue_receive"))
    registering = house.task(evil, "a5")
    house.city.claim(registering, "clerk")
    # Shown again in inputs, as a draft and beside what is wrong with it.
    clerk.post(f"/tasks/{registering.id}/draft", summary=EVIL, related=EVIL)
    harmless(clerk, f"/tasks/{registering.id}")
    again = clerk.post(f"/tasks/{registering.id}/complete", summary=EVIL, related=EVIL)
    assert again.status_code == 422
    assert "<img src=x" not in again.text
    harmless(house.visitor("agency"), f"/tasks/{house.task(evil, 'a3_sign').id}")


def test_a_file_with_an_evil_name_is_given_under_a_good_one(house: House, evil: Instance) -> None:
    with house.city.database.reading() as session:
        paper = session.scalars(
            select(Document).where(Document.title.contains("onerror=alert(1)")).limit(1)
        ).one()
    assert not set(paper.title) & set('<>"\\/\r\n\0')
    answer = house.visitor("clerk").get(f"/clues/{paper.clue_id}/documents/{paper.id}")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == INERT
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ['x"; filename="evil.html', "x\r\nSet-Cookie: a=b\r\n\r\n<html>.txt", "../../evil.html", "."]
)
def test_the_name_of_a_file_writes_no_header(house: House, name: str) -> None:
    """Sent as a browser would write it, or something that means ill: a library would put it right."""
    agency = house.visitor("agency")
    body = (
        f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{agency.token()}\r\n'
        f'--x\r\nContent-Disposition: form-data; name="materials"; filename="{name}"\r\n'
        f"Content-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = agency.session.post(
        f"{house.base}/transfers/new", data=body.encode(), headers=headers, timeout=60
    )
    assert answer.status_code in {413, 422}  # nothing else was filled in; or no form at all
    assert "Set-Cookie: a=b" not in str(answer.headers)
    assert "<script>alert" not in answer.text
    with house.city.database.reading() as session:
        kept = session.scalars(select(Upload.filename).where(Upload.login == "agency")).all()
    assert all(not set(found) & set('<>"\\/\r\n\0') for found in kept)


@pytest.fixture(scope="module")
def drawn(house: House) -> str:
    """Return the id of a process in whose diagram everything that has a name is evil."""
    key = "evil_names"
    steps = (task("act", name=XML, en=XML), ("gate", f'<intermediateThrowEvent id="gate" name="{XML}"/>'))
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{place}_di" bpmnElement="{place}"><dc:Bounds x="{x}" y="100" width="100" height="80"/>'
        "</bpmndi:BPMNShape>"
        for x, place in ((100, "start"), (250, "act"), (450, "gate"), (600, "end"))
    )
    picture = (
        f'<bpmndi:BPMNDiagram id="drawn"><bpmndi:BPMNPlane id="plane" bpmnElement="{key}">{shapes}'
        "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"
    )
    diagram = process(key, *steps, name=XML).decode().replace("</definitions>", picture)
    diagram = diagram.replace(
        "<definitions ",
        '<definitions xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" ',
    )
    files = {"p.bpmn": diagram.encode(), "f.form.json": form("form", "answer", label=EVIL.partition("{{")[0])}
    deployed = house.program("supervisor").deploy(files, name=EVIL)
    return str(next(iter(deployed["deployedProcessDefinitions"])))


def test_a_process_full_of_markup(house: House, drawn: str) -> None:
    supervisor, program = house.visitor("supervisor"), house.program("supervisor")
    harmless(supervisor, "/processes")
    harmless(supervisor, f"/processes/{drawn}")
    opened = program.task(program.start("evil_names"))["id"]
    harmless(supervisor, "/inbox?box=groups")
    harmless(supervisor, f"/tasks/{opened}")
    assert supervisor.post(f"/tasks/{opened}/claim").status_code == 303
    harmless(supervisor, f"/tasks/{opened}")  # the form's label, in a form to fill in
    supervisor.post(f"/tasks/{opened}/complete", answer=EVIL)
    assert "<img src=x" not in supervisor.get("/inbox").text  # what was done is said there
    diagram = supervisor.get(f"/processes/{drawn}/diagram.xml")
    assert diagram.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in diagram.headers["Content-Security-Policy"]


def test_the_viewer_draws_names_as_text(house: House, drawn: str, page: Page) -> None:
    """In a real browser: labels of the diagram are SVG text, whatever they hold."""
    met: list[str] = []
    page.on("dialog", lambda dialog: (met.append(dialog.message), dialog.dismiss()))
    for cookie in house.visitor("supervisor").session.cookies:
        page.context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": house.base}])
    page.goto(f"{house.base}/processes/{drawn}")
    page.wait_for_selector("svg [data-element-id=act] text")
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("document.querySelectorAll('svg script, svg foreignObject').length") == 0
    assert "<script>" in (page.locator("svg [data-element-id=act]").first.text_content() or "")
    assert met == []


@pytest.mark.parametrize(
    "path",
    ["/<script>alert(2)</script>", "/clues/<script>alert(2)</script>", "/tasks/%22%3E%3Cscript%3Ealert(2)"],
)
def test_an_error_page_repeats_no_markup(house: House, path: str) -> None:
    for login in ("clerk", "supervisor"):
        answer = house.visitor(login).get(path)
        assert answer.status_code in {403, 404}
        assert "<script>alert" not in answer.text


def test_what_was_typed_at_the_door_is_not_markup(house: House) -> None:
    answer = house.anybody().post("/signin", login=EVIL, password=EVIL, next=EVIL)
    assert answer.status_code == 401
    assert "<img src=x" not in answer.text
    assert answer.text.count(EVIL[-20:]) == 0
