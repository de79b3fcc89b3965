"""Hostile files at three doors (page, API, command line): a clear word, nothing half done, no trace."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from server.cli import main
from tests.contract.client import Client
from tests.security.conftest import House
from tests.security.drawing import form, process, properties, service, task
from workflows.model import Deployment, ProcessDefinition, Resource

TRACES = ("Traceback", 'File "', "sqlalchemy", "lxml", "site-packages")
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><definitions>&c;</definitions>'
)
GATEWAY = ("choose", '<exclusiveGateway id="choose" name="Choose" default="flow_1"/>')


def script(text: str, kind: str = "python") -> bytes:
    step = f'<scriptTask id="act" name="Act" scriptFormat="{kind}"><script>{text}</script></scriptTask>'
    return process("bad", ("act", step))


def condition(text: str) -> bytes:
    flow = (
        '<sequenceFlow id="other" sourceRef="choose" targetRef="end"><conditionExpression '
        f'xsi:type="tFormalExpression">${{{text}}}</conditionExpression></sequenceFlow></process>'
    )
    return process("bad", GATEWAY).replace(b"</process>", flow.encode())


#: What is sent, its name, and a part of what is said of it.
FILES: dict[str, tuple[str, bytes, str]] = {
    "billion laughs": ("bad.bpmn", LAUGHS.encode(), "declares a DOCTYPE or entities"),
    "laughs in utf-16": ("bad.bpmn", LAUGHS.encode("utf-16"), "DOCTYPE"),
    "laughs in utf-7": (
        "bad.bpmn",
        LAUGHS.replace('"1.0"', '"1.0" encoding="UTF-7"', 1).encode("utf-7"),
        "DOCTYPE",
    ),
    "laughs as a table": ("bad.dmn", LAUGHS.encode(), "DOCTYPE"),
    "a file of the server": (
        "bad.bpmn",
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><definitions>&x;</definitions>',
        "DOCTYPE",
    ),
    "a thousand levels": ("bad.bpmn", b"<a>" * 1000 + b"</a>" * 1000, "not well-formed XML"),
    "no XML": ("bad.bpmn", b"\x00\xff\xfe%PDF", "not well-formed XML"),
    "other XML": ("bad.bpmn", b"<html><script>alert(1)</script></html>", "no BPMN 2.0"),
    "a script that imports": ("bad.bpmn", script("__import__('os').system('id')"), "more than assignments"),
    "a script of another language": (
        "bad.bpmn",
        script("Runtime.exec(1);", "groovy"),
        "more than assignments",
    ),
    "a condition that climbs": ("bad.bpmn", condition("''.__class__.__mro__[1]"), "start with an underscore"),
    "a condition that opens": ("bad.bpmn", condition("open('/etc/passwd')"), "There is no function open()"),
    "groups that climb": (
        "bad.bpmn",
        process("bad", task("act", 'camunda:candidateGroups="${x.__globals__}"')),
        "start with an underscore",
    ),
    "a name that climbs": (
        "bad.bpmn",
        process("bad", task("act", name="${x.__class__}")),
        "The name '${x.__class__}'",
    ),
    "a name without end": (
        "bad.bpmn",
        process("bad", task("act", name="${" + "(" * 3000 + "1" + ")" * 3000 + "}")),
        "at most 2000 are allowed",
    ),
    "a Java class": (
        "bad.bpmn",
        process("bad", ("act", '<serviceTask id="act" name="A" camunda:class="java.lang.Runtime"/>')),
        "names no operation",
    ),
    "an unknown operation": (
        "bad.bpmn",
        process("bad", service("act", "os.system")),
        "There is no operation os.system",
    ),
    "a script beside": (
        "bad.bpmn",
        process(
            "bad",
            (
                "act",
                (
                    '<serviceTask id="act" name="A" camunda:delegateExpression="${clues.join}"><extensionElements>'
                    '<camunda:inputOutput><camunda:inputParameter name="clue_id"><camunda:script scriptFormat="js">1'
                    "</camunda:script></camunda:inputParameter></camunda:inputOutput></extensionElements></serviceTask>"
                ),
            ),
        ),
        "Scripts in parameters are not run",
    ),
    "a form without end": ("bad.form.json", b'{"components":[' * 2000 + b"]}" * 2000, "The form is not JSON"),
    "a form with a number without end": (
        "bad.form.json",
        b'{"type":"default","id":"f","components":[{"type":"number","key":"a","id":"b","validate":{"min":'
        + b"9" * 5000
        + b"}}]}",
        "The form is not JSON",
    ),
    "a form with script": (
        "bad.form.json",
        b'{"type":"default","id":"f","components":[{"type":"html","id":"b","content":"<script>1</script>"}]}',
        "html",
    ),
}
EVERY = pytest.mark.parametrize("what", FILES)


def stored(house: House) -> list[int]:
    """Return how much is deployed."""
    with house.city.database.reading() as session:
        kinds: tuple[Any, ...] = (Deployment, Resource, ProcessDefinition)
        return [session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds]


@EVERY
def test_by_the_page(house: House, what: str) -> None:
    name, content, said = FILES[what]
    before = stored(house)
    answer = house.visitor("supervisor").post(
        "/processes",
        name=what,
        files=[("files", (name, content)), ("files", ("f.form.json", form("form", "answer")))],
    )
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)
    assert not [trace for trace in TRACES if trace in answer.text]
    assert stored(house) == before


@EVERY
def test_by_the_api(house: House, supervisor: Client, what: str) -> None:
    name, content, said = FILES[what]
    before = stored(house)
    answer = supervisor.deploy({name: content, "f.form.json": form("form", "answer")}, 400, name=what)
    assert answer["type"] == "ParseException"
    assert said in answer["message"]
    assert not [trace for trace in TRACES if trace in str(answer)]
    assert stored(house) == before


@EVERY
def test_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setenv("DUBAN_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite3'}")
    name, content, said = FILES[what]
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "good.bpmn").write_bytes(process("good"))
    (folder / name).write_bytes(content)
    (folder / "f.form.json").write_bytes(form("form", "answer"))
    result = CliRunner().invoke(main, ["check", str(folder)])
    assert result.exit_code == 1
    assert said in result.output
    assert "This cannot be deployed" in result.output
    assert not [trace for trace in TRACES if trace in result.output]


# --- names, numbers and sizes


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.bpmn",
        "/etc/x.bpmn",
        "a/../../x.bpmn",
        "x\x07.bpmn",
        "a" * 300 + ".bpmn",
        "./x.bpmn",
    ],
)
def test_a_file_names_no_place_of_the_server(house: House, supervisor: Client, name: str) -> None:
    before = stored(house)
    refused = supervisor.deploy({name: process("placed")}, 400)
    assert refused["message"].endswith("is not a file's name.")
    assert stored(house) == before


def test_the_page_drops_the_folders_of_a_file(house: House) -> None:
    files = [("files", ("..\\..\\secret/here.bpmn", process("here")))]
    assert house.visitor("supervisor").post("/processes", name="here", files=files).status_code == 303
    with house.city.database.reading() as session:
        names = session.scalars(select(Resource.name).join(Deployment).where(Deployment.name == "here")).all()
    assert names == ["here.bpmn"]


def test_too_much_is_refused_before_it_is_read(house: House, supervisor: Client) -> None:
    assert "larger than" in supervisor.deploy({"x.bpmn": b"<a>" + b" " * 6_000_000}, 400)["message"]
    many = {f"{number}.txt": b"x" for number in range(201)}
    assert supervisor.deploy(many, 400)["message"] == "A deployment has at most 200 files, not 201."
    parts = [(f"part_{number}", (None, b"x")) for number in range(2001)]
    assert house.visitor("supervisor").post("/processes", files=parts).status_code == 413
    supervisor.deploy({"x.bpmn": b" " * 21_000_000}, 413)


def test_what_is_deployed_comes_back_as_a_file_never_as_a_page(supervisor: Client) -> None:
    page = b"<html><script>alert(1)</script></html>"
    name = 'a";\u200b filename=evil.html'
    deployment = supervisor.deploy(
        {"p.bpmn": process("served"), name.replace("\u200b", ""): page}, name="served"
    )
    for one in supervisor.get(f"/deployment/{deployment['id']}/resources"):
        path = f"{supervisor.base}/deployment/{deployment['id']}/resources/{one['id']}/data"
        answer = supervisor.session.get(path)
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Type"].partition(";")[0] in {
            "application/xml",
            "application/octet-stream",
        }
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_run_without_end_ends(house: House, supervisor: Client) -> None:
    """Growing texts, a million tasks: each is a fault that stores nothing. A loop goes on until it is stopped."""
    loop = process("endless", GATEWAY).replace(
        b"</process>",
        b'<scriptTask id="w" name="W" scriptFormat="juel"><script>a = coalesce(a, 0) + 1</script></scriptTask>'
        b'<sequenceFlow id="x" sourceRef="choose" targetRef="w"><conditionExpression '
        b'xsi:type="tFormalExpression">${1 == 1}</conditionExpression></sequenceFlow>'
        b'<sequenceFlow id="y" sourceRef="w" targetRef="choose"/></process>',
    )
    doubling = "\n".join(['a = "' + "x" * 1000 + '"', *["a = a + a"] * 40])
    grown = script(doubling, "juel").replace(b'"bad"', b'"growing"')
    million = process(
        "million",
        (
            "w",
            '<userTask id="w" name="W" camunda:candidateGroups="supervisor" camunda:formRef="form" '
            'camunda:formRefBinding="deployment">' + properties(deadline="none", deadline_reason="test") + ""
            "<multiInstanceLoopCharacteristics><loopCardinality>1000000</loopCardinality>"
            "</multiInstanceLoopCharacteristics></userTask>",
        ),
    )
    for key, content, said in (
        ("growing", grown, "the text is longer than 100000 characters"),
        ("million", million, "at most 1000 are allowed"),
    ):
        supervisor.deploy({"p.bpmn": content, "f.form.json": form("form", "a")}, name=key)
        assert said in supervisor.start(key, 500)["message"]
        assert supervisor.count("/history/process-instance", processDefinitionKey=key) == 0
    supervisor.deploy({"p.bpmn": loop, "f.form.json": form("form", "a")}, name="endless")
    running = supervisor.start("endless")
    assert not running["ended"]
    supervisor.delete(f"/process-instance/{running['id']}")
    assert supervisor.count("/process-instance", processDefinitionKey="endless") == 0
