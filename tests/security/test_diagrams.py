"""What a supervisor, who may deploy any diagram, can reach with one: his own processes, and no matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from handlers.registers import Clue, ClueHandler, Opinion
from tests.contract.client import Client, values
from tests.security.conftest import House, answers
from tests.security.drawing import form, process, properties, service, task
from workflows import operations
from workflows.model import Instance, Task

PROCESS = Path(__file__).parents[2] / "bpmn/clue_transfer"
#: Every answer that some step of the clue process asks for, none of them of one form.
TEXTS = (
    "reason_text text told_way sign_name missing reason hold_reason reopen_condition result to_body letter_text "
    "order opinion facts added head_sign"
)
EVERYTHING = dict.fromkeys(TEXTS.split(), "x")
EVERYTHING |= dict.fromkeys(("complete", "recusal", "taken"), "no")
EVERYTHING |= dict.fromkeys(("told_on", "concluded_on", "held_on", "decided_on"), "2026-01-05")
EVERYTHING |= {"close_reason": "vague", "decision": "agree", "review_on": "2030-01-01", "to_office": "SC1"}
#: One of them reads no clue: when a held clue is looked at again is a matter of the table of limits.
READING = sorted(
    {name for name in operations.names() if operations.use_of(name) == "prefill"} - {"clues.usual_review"}
)
RECORDING = sorted(name for name in operations.names() if operations.use_of(name) == "record")
STEPS = sorted(name for name in operations.names() if operations.use_of(name) == "step")
#: What steps are given beside a forged clue, where they take one.
GIVEN = {
    "returns.note_release": {"agency": "ST"},
    "measures.decided": {"decision": "agree"},
    "processes.stop": {"process": "clue_transfer", "reason": "x"},
}
#: These are about no matter: a quarter's name; lists and periods that the process makes itself.
OPENING = {"quarterly.ended", "quarterly.make", "returns.open", "announcements.make"}
NO_MATTER = {
    "The matter has no such clue in the register.",
    "The matter is no return period.",
    "The matter is no list of results.",
    "The matter is no report of announcements.",
    "The process has no finding.",
    "The process decides on no destruction.",
    "The process clears nobody.",
    "The process determines no tolerance.",
    "The process files nothing.",
    "The process is of no leak.",
    "The process is of no accountability inquiry.",
    "The case has no such person.",
    "The matter has no such person.",
    "The process asks for no link of a case.",
    "The process is of no entry.",
    "The process is about no accusation.",
    "There is no interview None.",
    "Nobody is on probation here.",
    "Nobody is suspended in this matter.",
    "The matter has no such measure.",
}


def clue_id(matter: Instance) -> str:
    assert matter.scope_id
    return matter.scope_id.removeprefix("clue:")


def register(house: House, matter: Instance) -> dict[str, Any]:
    """Return everything that the register says of a clue."""
    with house.city.database.reading() as session:
        clue = session.get_one(Clue, clue_id(matter))
        found = {column.key: getattr(clue, column.key) for column in inspect(Clue).column_attrs}
        for kind in (Opinion, ClueHandler):
            rows = select(kind.id).where(kind.clue_id == clue.id).order_by(kind.id)
            found[kind.__name__] = list(session.scalars(rows))
        return found


def test_there_is_something_to_try() -> None:
    assert "clues.facts" in READING
    assert "clues.close" in RECORDING
    assert {"clues.join", "clues.reopen", "clues.note_withdrawal"} <= set(STEPS)


@pytest.mark.parametrize("operation", READING)
def test_a_form_filled_in_advance_reads_no_matter(
    supervisor: Client, studied: Instance, operation: str
) -> None:
    """`prefill` with the id of somebody's clue among the variables."""
    key = operation.replace(".", "_read_")
    files = {
        "p.bpmn": process(key, task("look", prefill=operation)),
        "f.form.json": form(
            "form", "facts", "head_sign", "source", "reasons", "plan", "letter_text", "handlers"
        ),
    }
    supervisor.deploy(files, name=key)
    instance = supervisor.start(key, variables=values(clue_id=clue_id(studied)))
    opened = supervisor.task(instance)["id"]
    answer = supervisor.call("GET", f"/task/{opened}/form-variables", status=500)
    assert answer["message"] in NO_MATTER


@pytest.mark.parametrize("operation", RECORDING)
def test_a_form_of_ones_own_writes_no_matter(
    house: House, supervisor: Client, studied: Instance, operation: str
) -> None:
    """`record` with the id of somebody's clue among the variables."""
    before = register(house, studied)
    key = operation.replace(".", "_write_")
    files = {"p.bpmn": process(key, task("act", record=operation)), "f.form.json": form("form", *EVERYTHING)}
    supervisor.deploy(files, name=key)
    forged = values(clue_id=clue_id(studied), to_office="SC1", way="DW4", handlers=["supervisor"])
    opened = supervisor.task(supervisor.start(key, variables=forged))["id"]
    body = {"variables": values(**EVERYTHING)}
    answer = supervisor.session.post(f"{supervisor.base}/task/{opened}/complete", json=body)
    assert answer.status_code in {400, 403, 500}, answer.text
    assert "server failed" not in answer.text
    assert register(house, studied) == before


@pytest.mark.parametrize("operation", sorted({*STEPS} - OPENING))
def test_a_service_task_moves_no_matter(
    house: House, supervisor: Client, studied: Instance, operation: str
) -> None:
    before = register(house, studied)
    key = operation.replace(".", "_step_")
    forged = {"clue_id": "${clue_id}"} if "clue_id" in operations.arguments(operation)[1] else {}
    given = {**forged, **GIVEN.get(operation, {})}
    supervisor.deploy({"p.bpmn": process(key, service("act", operation, **given))}, name=key)
    refused = supervisor.start(key, status=500, variables=values(clue_id=clue_id(studied)))
    assert any(said in refused["message"] for said in NO_MATTER)
    assert register(house, studied) == before


@pytest.mark.parametrize("operation", ["clues.close", "clues.facts", "escalation.remind"])
def test_only_a_persons_form_signs_and_only_a_form_reads(supervisor: Client, operation: str) -> None:
    """As a service task, `clues.close` would close without a form, and `clues.facts` make facts variables."""
    inputs = {"answers": "${all}"} if operation == "clues.close" else {}
    if operation == "escalation.remind":
        inputs = {"reached": "${all}"}
    refused = supervisor.deploy(
        {"p.bpmn": process("misplaced", service("act", operation, **inputs))}, status=400
    )
    (problem,) = refused["details"]["p.bpmn"]["errors"]
    assert problem["mainElementId"] == "act"
    assert problem["message"].startswith(f"The operation {operation} is for ")


@pytest.mark.parametrize("word", ["record", "prefill"])
def test_a_form_names_what_is_for_forms(supervisor: Client, word: str) -> None:
    files = {
        "p.bpmn": process("misplaced", task("act", **{word: "clues.join"})),
        "f.form.json": form("form", "a"),
    }
    refused = supervisor.deploy(files, status=400)
    messages = [problem["message"] for problem in refused["details"]["p.bpmn"]["errors"]]
    assert f"The operation clues.join is for service tasks, not for the property {word}" in " ".join(messages)


def test_who_owns_the_processes_opens_no_clue(house: House, supervisor: Client) -> None:
    """A start form of one's own with `record=clues.submit`: a clue in the name of any agency."""
    begin = (
        '<startEvent id="start" name="Start" camunda:formRef="form" camunda:formRefBinding="deployment">'
        f"{properties(record='clues.submit')}</startEvent>"
    )
    fields = ("legal_basis", "domain", "facts", "urgency", "contact", "head_sign", "agency")
    supervisor.deploy(
        {"p.bpmn": process("forgery", start=begin), "f.form.json": form("form", *fields)}, name="forgery"
    )
    body = {"variables": values(**dict.fromkeys(fields, "STJ"))}
    refused = supervisor.post("/process-definition/key/forgery/start", body, 403)
    assert refused["message"] == "Only an agency, or who takes transfers in, opens a clue."
    with house.city.database.reading() as session:
        assert session.scalars(select(Clue).where(Clue.submitted_by == "supervisor")).all() == []


def test_a_later_step_carries_no_instance_over_to_another_matter(house: House, supervisor: Client) -> None:
    files = {
        "p.bpmn": process(
            "carried", task("act", 'camunda:candidateGroups="case_supervision"', record="clues.submit")
        ),
        "f.form.json": (PROCESS / "clue_submit.form.json").read_bytes().replace(b'"clue_submit"', b'"form"'),
    }
    supervisor.deploy(files, name="carried")
    instance = supervisor.start("carried")
    clerk = house.program("clerk")
    opened = clerk.task(instance)["id"]
    body = {"variables": values(**answers("clue_submit"), agency="STJ")}
    refused = clerk.post(f"/task/{opened}/complete", body, 500)
    assert refused["message"] == "Only the beginning of a process opens a matter."
    with house.city.database.reading() as session:
        assert session.get_one(Instance, instance["id"]).scope_id is None
        assert session.scalars(select(Clue).where(Clue.instance_id == instance["id"])).all() == []


def test_a_form_that_does_not_ask_what_is_recorded_is_said_to_be_so(house: House, supervisor: Client) -> None:
    begin = (
        '<startEvent id="start" name="Start" camunda:formRef="form" camunda:formRefBinding="deployment">'
        f"{properties(record='clues.submit')}</startEvent>"
    )
    key = "asks_too_little"
    diagram = process(key, start=begin).replace(
        b"<process ", b'<process camunda:candidateStarterGroups="agency_clerk" '
    )
    supervisor.deploy({"p.bpmn": diagram, "f.form.json": form("form", "facts")}, name=key)
    refused = house.program("agency").start(key, 500, variables=values(facts="x"))
    assert refused["message"] == "The form has no answer to 'legal_basis', which clues.submit has to record."


def test_an_operator_named_by_a_diagram_gets_no_task_of_a_matter(house: House, supervisor: Client) -> None:
    """A new version of the clue process, its owner among the candidates of every step."""
    row = supervisor.get("/process-definition/key/clue_transfer")
    folder = {
        one["name"]: supervisor.call(
            "GET", f"/deployment/{row['deploymentId']}/resources/{one['id']}/data"
        ).content
        if one["name"].endswith(".bpmn")
        else supervisor.session.get(
            f"{supervisor.base}/deployment/{row['deploymentId']}/resources/{one['id']}/data"
        ).content
        for one in supervisor.get(f"/deployment/{row['deploymentId']}/resources")
    }
    honest = dict(folder)
    name = row["resource"]
    folder[name] = folder[name].replace(
        b'camunda:candidateGroups="case_supervision"',
        b'camunda:candidateGroups="case_supervision,supervisor,admin,agency_clerk@YJJ"',
    )
    try:
        supervisor.deploy(folder, name="clue_transfer changed")
        matter = house.matter("a3")
    finally:
        supervisor.deploy(honest, name="clue_transfer again", enable_duplicate_filtering="false")
    opened = house.task(matter, "a3")
    for login in ("supervisor", "admin", "agency2"):
        program = house.program(login)
        assert program.count("/task", processInstanceId=matter.id) == 0
        program.get(f"/task/{opened.id}", 404)
        program.post(f"/task/{opened.id}/claim", {"userId": login}, 404)
        assert house.visitor(login).get(f"/tasks/{opened.id}").status_code == 404
        assert str(opened.id) not in house.visitor(login).get("/inbox?box=groups").text
    assert house.program("clerk").count("/task", processInstanceId=matter.id) == 1


@pytest.mark.parametrize("login", ["agency", "supervisor", "clerk"])
def test_a_matter_starts_with_its_form_and_nothing_else(house: House, login: str) -> None:
    """Variables beside the form's, such as another's clue, are refused by name; so is who may not start."""
    forged = values(
        **answers("clue_submit"), clue_id="x", handlers=["agency"], to_office="JD1", sender="agency"
    )
    program = house.program(login)
    refused = program.post(
        "/process-definition/key/clue_transfer/start", {"variables": forged}, None_or(login)
    )
    if login != "supervisor":
        assert all(
            f"{name} (unknown)" in refused["message"]
            for name in ("clue_id", "handlers", "to_office", "sender")
        )


def None_or(login: str) -> int:
    return 403 if login == "supervisor" else 400


@pytest.mark.parametrize("login", ["clerk", "head", "principal", "handler"])
@pytest.mark.parametrize("name", ["clue_id", "handlers", "to_office", "way"])
def test_nobody_sets_the_variables_of_a_matter(
    house: House, studied: Instance, login: str, name: str
) -> None:
    program = house.program(login)
    path = f"/process-instance/{studied.id}/variables"
    program.put(f"{path}/{name}", {"value": "x"}, 403)
    program.post(path, {"modifications": values(**{name: "x"})}, 403)


def test_a_message_carries_no_decisions_into_a_matter(house: House) -> None:
    matter = house.matter("a9")
    clerk = house.program("clerk")
    body = {"messageName": "clue_withdrawn", "processInstanceId": matter.id}
    forged = values(clue_id="x", handlers=["clerk"], to_office="SC1")
    refused = clerk.post("/message", {**body, "processVariables": forged}, 403)
    assert "The forms alone write what was decided" in refused["message"]
    clerk.post("/message", body, 204)
    variables = clerk.get(f"/process-instance/{matter.id}/variables")
    assert variables["handlers"]["value"] == ["handler", "handler2"]
    assert variables["clue_id"]["value"] == clue_id(matter)


# --- handing tasks round


@pytest.fixture(scope="module")
def handed_round(house: House) -> Instance:
    """Return a matter under study, for all who only try to hand its task round."""
    return house.matter("a9")


def unclaimed(house: House, matter: Instance) -> str:
    """Return the open study of a matter, nobody's again."""
    opened = house.task(matter, "a9")
    with house.city.database.unit_of_work() as session:
        session.get_one(Task, opened.id).assignee = None
    return opened.id


@pytest.mark.parametrize("other", ["admin", "supervisor", "agency2", "handler4", "clerk", "nobody-at-all"])
def test_a_task_of_a_matter_is_given_to_its_candidates_only(
    house: House, handed_round: Instance, other: str
) -> None:
    opened = unclaimed(house, handed_round)
    handler = house.program("handler")
    handler.post(f"/task/{opened}/claim", {"userId": "handler"}, 204)
    refused = handler.post(f"/task/{opened}/assignee", {"userId": other}, 403)
    assert refused["message"] == f"{other} is no candidate of the task."


def test_the_head_takes_a_task_from_a_handler_who_is_away(house: House, handed_round: Instance) -> None:
    opened = unclaimed(house, handed_round)
    handler, head = house.program("handler"), house.program("head")
    handler.post(f"/task/{opened}/claim", {"userId": "handler"}, 204)
    house.program("handler2").post(f"/task/{opened}/assignee", {"userId": "handler2"}, 403)
    head.post(f"/task/{opened}/assignee", {"userId": "head"}, 403)
    head.post(f"/task/{opened}/assignee", {"userId": "handler2"}, 204)
    handler.post(f"/task/{opened}/complete", {}, 409)
    assert handler.get(f"/task/{opened}")["assignee"] == "handler2"  # still a handler of the clue
    head.post(f"/task/{opened}/unclaim", {}, 204)
    assert head.get(f"/task/{opened}")["assignee"] is None


def test_an_opinion_on_a_matter_is_asked_of_who_works_such_matters(
    house: House, handed_round: Instance
) -> None:
    """Whoever is asked reads the task while he has it, and who asked keeps it before him."""
    opened = unclaimed(house, handed_round)
    handler, other = house.program("handler"), house.program("handler4")
    handler.post(f"/task/{opened}/claim", {"userId": "handler"}, 204)
    for never in ("admin", "supervisor", "agency2", "nobody-at-all"):
        refused = handler.post(f"/task/{opened}/delegate", {"userId": never}, 403)
        assert never in refused["message"]
    other.call("GET", f"/task/{opened}", 404)
    handler.post(f"/task/{opened}/delegate", {"userId": "handler4"}, 204)
    assert other.get(f"/task/{opened}")["owner"] == "handler"
    assert handler.get(f"/task/{opened}")["delegationState"] == "PENDING"
    other.post(f"/task/{opened}/unclaim", {}, 409)
    other.post(f"/task/{opened}/resolve", {"variables": {"opinion": {"value": "同意"}}}, 204)
    other.call("GET", f"/task/{opened}", 404)
    assert handler.get(f"/task/{opened}")["assignee"] == "handler"


def test_what_is_one_persons_own_is_not_given_away(house: House) -> None:
    """The declaration on recusal: given back, nobody could ever take it."""
    matter = house.matter("a8_sign")
    own = _declaration(house, matter)
    handler, head = house.program("handler"), house.program("head")
    for client in (handler, head):
        client.post(f"/task/{own}/unclaim", {}, 403)
        client.post(f"/task/{own}/assignee", {"userId": "handler2"}, 403)
        client.post(f"/task/{own}/assignee", {"userId": None}, 403)
    assert house.visitor("handler").get(f"/tasks/{own}").text.count(f"/tasks/{own}/release") == 0


def _declaration(house: House, matter: Instance) -> str:
    wanted = select(Task.id).where(Task.instance_id == matter.id, Task.assignee == "handler")
    with house.city.database.reading() as session:
        return session.scalars(wanted).one()
