"""Every route there is, tried on a matter by people who may not know of it; a new route is tried at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import delete, func, select
from werkzeug.routing import Rule

from handlers import codes, notifications, office, outbox, uploads
from handlers.clearing import filing
from handlers.clearing.model import FilingFile, ToleranceFiling
from handlers.clue_import.kept import TransferList, TransferListLine
from handlers.registers import Clue, ClueSubject, Document
from handlers.registers.returns import AgencyReturn
from handlers.steering import Steering
from server import prying, reads, writes
from server.sealer import Sealer
from server.traffic import rates
from tests.security.conftest import House, answers
from workflows import clock, history, persistence
from workflows.model import (
    Activity,
    AuditEvent,
    DecisionRun,
    Incident,
    Instance,
    MigrationBatch,
    MigrationItem,
    Task,
    Timer,
)

#: An agency's other agency, an office's other office, and those who see no matter at all.
OUTSIDERS = ("agency2", "handler4", "head2", "reviewer", "intake", "admin", "supervisor", "auditor")
NARRATIVE = "此处叙述任何旁人都不得读到"
#: Routes about things that belong to no matter: processes, files of deployments, accounts, pages' own files.
NO_MATTER = {
    "rule_id",
    "definition_id",
    "deployment_id",
    "publication_id",
    "resource_id",
    "key",
    "login",
    "filename",
} | {
    "kind",
    "number",
    "sealed_no",
    "sheet_no",
    "question",
    "webhook_id",
    "token",
    "session_id",
    "token_id",
}
SANDBOX = "a sandbox, which touches no matter and which its owner alone sees"
WRITING = ("POST", "PUT", "DELETE")
CONTENT = (NARRATIVE, "材料机密")
#: Who may see numbers of matters, and nothing behind them (domain.md §4.1, column "Access log").
METADATA = {("auditor", "pages.audit"), ("auditor", "pages.audit_rows")}
#: The areas for programs.
APIS = ("/engine-rest", "/api/")


@pytest.fixture(scope="module")
def secret(house: House) -> dict[str, Any]:
    """Return the ids of everything in a matter, and what must never be shown of it."""
    city = house.city
    with city.database.unit_of_work() as session:
        paper = uploads.keep(session, login="agency", filename="材料机密.txt", content=b"paper").id
        listed = TransferList(
            login="agency",
            filename="材料机密.csv",
            state="checking",
            heading=[1, [NARRATIVE]],
            merges=[],
            unknown=[NARRATIVE],
            lines=1,
            created_at=clock.now(),
        )
        session.add(listed)
        session.flush()
        list_id = listed.id
        problem = [2, "主要问题", NARRATIVE, "required", {}]
        line = {"number": 2, "cells": [NARRATIVE], "hidden": False, "problems": [problem]}
        session.add(TransferListLine(list_id=list_id, **line))
    instance = house.matter("a9", facts=NARRATIVE, materials=[paper])
    task = house.task(instance, "a9")
    owed = city.ask("STJ", month="2025-01")["STJ"]
    with city.database.unit_of_work() as session:
        clue = session.scalars(select(Clue).where(Clue.instance_id == instance.id)).one()
        notifications.notify(
            session, ["handler"], code="clue.ordered", params={"number": NARRATIVE}, scope_id=clue.scope_id
        )
        told = select(notifications.Notification.id).where(notifications.Notification.login == "handler")
        told_id = session.scalars(told.order_by(notifications.Notification.id.desc()).limit(1)).one()
        waiting = select(Timer.id).where(Timer.instance_id == instance.id, Timer.status == "waiting")
        job_id = session.scalars(waiting.order_by(Timer.due_at).limit(1)).one()
        failed = ValueError(NARRATIVE)
        history.fault(session, kind="failedTimer", error=failed, instance_id=instance.id, timer_id=job_id)
        passage = session.scalars(select(Activity).where(Activity.instance_id == instance.id).limit(1)).one()
        taken = DecisionRun(instance_id=instance.id, scope_id=clue.scope_id, key=NARRATIVE, name=NARRATIVE)
        taken.element_id, taken.engine_id, taken.at = passage.element_id, passage.engine_id, clock.now()
        taken.inputs = [{"clause": "", "name": "", "value": NARRATIVE}]
        taken.rules, taken.outputs = [], taken.inputs
        session.add(taken)
        session.get_one(AgencyReturn, owed.id).reason = NARRATIVE
        said = dict.fromkeys(filing.PARTS, NARRATIVE)
        filed = ToleranceFiling(number="RB-2026-00001", instance_id="filing", unit_code="STJ", **said)
        filed.filed_by, filed.filed_at = "unit", clock.now()
        session.add(filed)
        session.flush()
        decided = FilingFile(filing_id=filed.id, title="材料机密.pdf", media_type="application/pdf", size=5)
        decided.sha256, decided.content = "", b"paper"
        session.add(decided)
        ordered = MigrationBatch(
            source_id=instance.definition_id, target_id=instance.definition_id, renamed={}
        )
        ordered.total, ordered.ordered_by, ordered.ordered_at = 1, "head", clock.now()
        session.add(ordered)
        session.flush()
        asked = Steering(instance_id=instance.id, scope_id=clue.scope_id, kind="cancel", reason=NARRATIVE)
        asked.asked_by, asked.asked_at = "nobody", clock.now()
        session.add(asked)
        session.flush()
        said_of_it = [["error", None, "removed", NARRATIVE]]
        session.add(
            MigrationItem(batch_id=ordered.id, instance_id=instance.id, state="refused", findings=said_of_it)
        )
        return {
            "clue_id": clue.id,
            "instance_id": instance.id,
            "task_id": task.id,
            "document_id": session.scalars(
                select(Document.id).where(Document.clue_id == clue.id, Document.number.is_(None))
            ).one(),
            "passage_id": session.scalars(
                select(Activity.id).where(Activity.instance_id == instance.id).limit(1)
            ).one(),
            "incident_id": session.scalars(
                select(Incident.id).where(Incident.instance_id == instance.id)
            ).one(),
            "job_id": job_id,
            "decision_run_id": taken.id,
            "variable_id": f"{instance.id}:{min(persistence.variables(session, instance))}",
            "list_id": list_id,
            "batch_id": ordered.id,
            "steering_id": asked.id,
            "notification_id": str(told_id),
            "transfer_id": clue.id,
            "number": clue.clue_no,
            "return_id": owed.id,
            "period_id": owed.period_id,
            "name": "handlers",
            "filing_no": filed.number,
            "file_id": decided.id,
            "happening": "leak",
            "shown": (clue.transfer_no, clue.clue_no, clue.receipt_no, NARRATIVE, "材料机密", instance.id),
        }


def routes(house: House, *methods: str) -> Iterator[tuple[str, Rule]]:
    for rule in house.city.app.url_map.iter_rules():
        for method in methods:
            if method in (rule.methods or ()) and not rule.arguments & NO_MATTER:
                yield method, rule


def place(rule: Rule, secret: dict[str, Any]) -> str:
    """Return the address; a parameter that is not known here must be added to `secret` or `NO_MATTER`."""
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<{name}>", str(secret[name]))
    assert "<" not in path, path
    return path


def send(house: House, login: str | None, method: str, path: str, **body: Any) -> requests.Response:
    if path.startswith(APIS):
        session = house.program(login).session if login else requests.Session()
        return session.request(method, house.base + path, json=body.get("json", {}), timeout=60)
    visitor = house.visitor(login) if login else house.anybody()
    return visitor.get(path) if method == "GET" else visitor.post(path, **body.get("form", {}))


@pytest.mark.parametrize("login", OUTSIDERS)
def test_reading_shows_an_outsider_nothing(house: House, secret: dict[str, Any], login: str) -> None:
    for method, rule in routes(house, "GET"):
        answer = send(house, login, method, path := place(rule, secret))
        # 400: a question that needs its parameters is told so.
        assert answer.status_code in ({403, 404} if rule.arguments else {200, 303, 400, 403}), path
        hidden = CONTENT if (login, rule.endpoint) in METADATA else secret["shown"]
        leaked = [word for word in hidden if word in answer.text]
        # Who asked for an id is told that there is none of this id.
        assert [word for word in leaked if word not in path] == [], (path, answer.text)


@pytest.mark.parametrize("login", ["agency2", "handler4", "supervisor"])
def test_counting_counts_nothing(house: House, secret: dict[str, Any], login: str) -> None:
    program = house.program(login)
    of = {"processInstanceId": secret["instance_id"]}
    for what in (
        "task",
        "history/task",
        "history/activity-instance",
        "history/decision-instance",
        "incident",
        "job",
        "history/process-instance",
    ):
        assert program.count(f"/{what}", **of) == 0, what
    assert program.count("/process-instance", processInstanceIds=secret["instance_id"]) == 0
    assert program.count("/process-instance", businessKey=secret["shown"][0]) == 0
    assert program.count("/task", processInstanceBusinessKey=secret["shown"][0]) == 0
    assert program.count("/task", candidateUser="handler", processInstanceId=secret["instance_id"]) == 0


@pytest.mark.parametrize("login", ["agency2", "handler4", "supervisor"])
def test_writing_changes_nothing(house: House, secret: dict[str, Any], login: str) -> None:
    before = state(house, secret)
    body = {
        "suspended": True,
        "userId": login,
        "variables": {key: {"value": value} for key, value in answers("clue_study").items()},
    }
    for method, rule in routes(house, *WRITING):
        if not rule.arguments:
            continue
        path = place(rule, secret)
        # A body that the route would take, else the one that it asks for is named before the wall is met.
        for json in (
            {},
            {"suspended": True},
            {"userId": login},
            {"variables": body["variables"]},
            {"value": 1},
        ):
            answer = send(house, login, method, path, json=json, form=answers("clue_study"))
            assert answer.status_code in {400, 403, 404}, (method, path, answer.text)
            assert NARRATIVE not in answer.text
            if not path.startswith(APIS):
                break
    assert state(house, secret) == before


def test_without_signing_in_there_is_nothing(house: House, secret: dict[str, Any]) -> None:
    before = state(house, secret)
    public = {
        "/healthz",
        "/readyz",
        "/metrics",
        "/signin",
        "/signin/code",
        "/signin/provider",
        "/signin/provider/back",
        "/signin/provider/out",
        "/language",
        "/report",
        "/report/add",
        "/api/openapi.json",
    }
    for method, rule in itertools.chain(routes(house, "GET"), routes(house, *WRITING)):
        path = place(rule, secret)
        answer = send(house, None, method, path)
        if path in public:
            continue
        if path.startswith(APIS):
            assert answer.status_code == 401, (method, path)
        else:
            assert (answer.status_code, answer.headers["Location"][:7]) == (303, "/signin"), (method, path)
        assert NARRATIVE not in answer.text
    assert state(house, secret) == before


def state(house: House, secret: dict[str, Any]) -> tuple[Any, ...]:
    """Return what an act on the matter would change."""
    with house.city.database.reading() as session:
        instance = session.get_one(Instance, secret["instance_id"])
        task = session.get_one(Task, secret["task_id"])
        return instance.revision, instance.state, task.assignee, task.closed_at, clock.now() > task.created_at


def test_every_route_that_shows_something_is_known_to_the_audit(house: House) -> None:
    """A new route stands in `reads.READS`, or in `reads.FREE` with the reason why no read of it is kept."""
    asked = {rule.endpoint for _method, rule in every(house)}
    free = set().union(*reads.FREE.values())
    assert sorted(asked - reads.READS.keys() - free) == []
    assert sorted((reads.READS.keys() | free) - asked) == []
    assert sorted(reads.READS.keys() & free) == []


def test_every_request_that_writes_leaves_a_trace(house: House, secret: dict[str, Any]) -> None:
    """Also where the operation behind a route records nothing: no developer can forget it."""
    written = {rule.endpoint for _method, rule in routes(house, *WRITING)}
    of_no_matter = {
        "pages.check_diagram",
        "pages.join_diagram",
        "pages.look_at_migration",
        *writes.FREE[SANDBOX],
    }
    assert set().union(*writes.FREE.values()) - written == of_no_matter
    clerk, before = house.visitor("clerk"), last(house)
    choices = {f"mail-{kind}": "none" for kind in outbox.KINDS}
    assert clerk.post("/profile/notices", **choices).status_code == 303
    assert clerk.post("/notifications/read").status_code in {200, 204, 303}
    task = house.task(house.matter(), "a3")
    for act in ("claim", "draft", "release"):
        assert clerk.post(f"/tasks/{task.id}/{act}").status_code < 400
    with house.city.database.reading() as session:
        kept = select(AuditEvent).where(AuditEvent.id > before, AuditEvent.actor == "clerk")
        rows = [row for row in session.scalars(kept.order_by(AuditEvent.id)) if row.act != "refusal"]
    assert [row.act for row in rows] == ["request", "task.claim", "task.release"]
    assert rows[0].detail == {"endpoint": "pages.save_preferences", "method": "POST"}


def every(house: House) -> Iterator[tuple[str, Rule]]:
    return (("GET", rule) for rule in house.city.app.url_map.iter_rules() if "GET" in (rule.methods or ()))


#: Who may see what: of several, the first whom a route lets in.
INSIDERS = ("clerk", "handler", "agency", "intake", "auditor", "principal")


#: What this matter has not got: papers not issued, pictures, an identity not recorded, an assignment from above.
ABSENT = {"pages.return_paper", "api.get_return_paper", "api.get_receipt", "api.get_letter"} | {
    "pages.unsealing",
    "pages.document_picture",
    "pages.list_to_mend",
    "pages.extension",
    "engine_rest.get_error_details",
}


def test_every_read_leaves_a_trace(
    house: House, secret: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    send(house, "handler4", "GET", f"/clues/{NARRATIVE}")
    for method, rule in routes(house, "GET"):
        read = reads.READS.get(rule.endpoint)
        if read is None or rule.endpoint in ABSENT:
            continue
        path = place(rule, secret)
        before = last(house)
        seen = next((who for who in INSIDERS if send(house, who, method, path).status_code == 200), None)
        assert seen, path
        with house.city.database.reading() as session:
            kept = select(AuditEvent).where(AuditEvent.id > before, AuditEvent.act == read.act)
            rows = [row for row in session.scalars(kept) if row.actor == seen]
        assert len(rows) == 1, path
        assert (rows[0].field_group, rows[0].purpose) == (read.field_group, read.purpose)
        assert rows[0].origin == ("page" if rule.endpoint.startswith("pages.") else path.split("/")[1])
        assert rows[0].address
        assert rows[0].request_id
        of_matter = rule.arguments & {
            "clue_id",
            "number",
            "transfer_id",
            "task_id",
            "instance_id",
            "document_id",
            "variable_id",
        }
        assert (rows[0].scope_id == f"clue:{secret['clue_id']}") == bool(
            of_matter | rule.arguments & {"incident_id", "job_id", "steering_id"}
        )
    with house.city.database.reading() as session:
        # What is kept says who saw what, and nothing of what it was, or of whom it told.
        people = {*session.scalars(select(ClueSubject.name)), *session.scalars(select(office.Person.name))}
        written = [f"{vars(row)}" for row in session.scalars(select(AuditEvent))] + [capsys.readouterr().out]
        acts = set(session.scalars(select(AuditEvent.act).distinct()))
    # Whoever records a new act gives it words: bpmn/codes/audit_acts.csv.
    assert acts - {row["code"] for row in codes.rows("audit_acts")} == set()
    words = {NARRATIVE, "材料机密", *(name for name in people if not name.isascii())}
    assert len(words) > 10
    assert [(word, text) for word in words for text in written if word in text] == []


def last(house: House) -> int:
    with house.city.database.reading() as session:
        return session.scalar(select(func.max(AuditEvent.id))) or 0


def test_an_attempt_on_a_matter_alarms_case_supervision_once(house: House, secret: dict[str, Any]) -> None:
    sealer = Sealer(house.city.database)
    sealer.run()
    with house.city.database.unit_of_work() as session:
        session.execute(
            delete(notifications.Notification).where(notifications.Notification.code == prying.CODE)
        )
        session.execute(delete(rates.Spent))
    for _turn in range(2):
        assert send(house, "handler4", "GET", f"/clues/{secret['clue_id']}").status_code == 404
        assert send(house, "clerk", "GET", f"/tasks/{secret['task_id']}x").status_code == 404
    sealer.run()
    with house.city.database.reading() as session:
        told = select(notifications.Notification).where(notifications.Notification.code == prying.CODE)
        rows = session.scalars(told).all()
        refused = select(AuditEvent).where(AuditEvent.act == "refusal", AuditEvent.actor == "handler4")
        newest = session.scalars(refused.order_by(AuditEvent.id.desc()).limit(1)).one()
    assert {row.params["login"] for row in rows} == {"handler4"}
    assert len({row.login for row in rows}) == len(rows) > 0
    assert newest.scope_id == f"clue:{secret['clue_id']}"
