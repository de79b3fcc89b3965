"""Keeping and erasing: two people decide, holds stop everything, and what is erased is found nowhere any more."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, LargeBinary, String, Text, select, update

from handlers import archiving, notifications, uploads, wall
from handlers.erasure import acts, appraisal, rows
from handlers.keeping import Destruction, periods
from handlers.notifications import Notification
from handlers.recusals import Recusal
from handlers.registers import Clue, DeadlineChange, Document
from handlers.uploads import Upload
from handlers.vault import keys, reporters, rotation, shredding
from handlers.wall import Wall
from server.backup import container, making, restore, tables
from server.db import Database, connect
from server.scrubbing import scrub
from server.sealer import Sealer
from server.settings import Settings
from server.worker import tidy
from tests import city as cities
from tests.city import City
from tests.server.test_pages_reporters import WHO, reported
from tests.server.visitors import Visitor
from workflows import audit, clock, visibility
from workflows.errors import Conflict, DubanError, EngineFault, InvalidInput, NotAllowed
from workflows.model import AuditEvent, Incident, Instance, Task, TaskDraft, new_id
from workflows.operations import Context

#: Stands in every text of the matter that is erased.
NAME = "虚构当事人丁"
PROPOSAL = {"what": "matter", "reason": f"期限届满，{NAME}。", "sign": True}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give a city whose operator has a file of keys."""
    folder = tmp_path_factory.mktemp("keeping")
    made = cities.found(folder)
    keys.add(folder / "keys")
    keys.use(folder / "keys")
    yield made
    made.database.close()
    keys.use(None)


def concluded(city: City, **other: str) -> Clue:
    """Return a clue reported by name that has gone the main line to its end."""
    clue_id = reported(city, facts=f"{NAME}未到现场即签字。", contact=NAME, **other)
    with city.database.unit_of_work() as session:
        clue = session.get_one(Clue, clue_id)
        reporters.write(session, city.actor("intake"), clue, WHO)
    matter = city.instance(clue.transfer_no)
    city.complete(city.advance(matter, "a13"), "handler", **city.answers(city.task(matter, "a13")))
    with city.database.reading() as session:
        left = session.scalars(
            select(Task).where(Task.scope_id == clue.scope_id, Task.closed_at.is_(None))
        ).all()
    for task in left:
        city.complete(task, "intake", **city.answers(task))
    with city.database.reading() as session:
        assert archiving.ended_at(session, clue)
        return session.get_one(Clue, clue_id)


def in_years(years: int) -> AbstractContextManager[None]:
    return clock.held_at(clock.now() + timedelta(days=366 * years))


def propose(city: City, clue: Clue, by: str = "clerk", **other: str) -> Instance:
    answers = {**PROPOSAL, "number": clue.clue_no or clue.transfer_no, **other}
    return city.start("erasure", by=by, answers=answers)


def decide(city: City, proposal: Instance, by: str = "principal", **other: str) -> None:
    city.complete(city.task(proposal), by, **{"decision": "agree", "sign": True, **other})


def refused(
    kind: type[DubanError], code: str, act: Callable[..., object], *given: object, **named: object
) -> None:
    with pytest.raises(kind) as found:
        act(*given, **named)
    fields = getattr(found.value, "fields", {})
    assert code in {found.value.code, *(one.code for one in fields.values())}


def due(city: City, what: str = "matter", login: str = "clerk") -> list[str]:
    with city.database.reading() as session:
        return [one.clue.id for one in appraisal.due(session, city.actor(login), what, limit=50)[0]]


def fill(database: Database, clue: Clue) -> None:
    """Write a name wherever somebody could have written one."""
    told = {"asked_at": clock.now(), "asked_by": "x", "reason": "", "opinion": ""}
    with database.unit_of_work() as session:
        session.add_all(
            [
                Recusal(number="HB-1", scope_id=clue.scope_id, login="x", state="refused", ground="", **told),
                DeadlineChange(
                    number="YQ-1",
                    clue_id=clue.id,
                    act="extend",
                    rule_id="T11",
                    level="A4",
                    **{"unit": "", "ground": "", **told},
                ),
                Incident(
                    kind="failedJob", instance_id=clue.instance_id, message=NAME, created_at=clock.now()
                ),
            ]
        )
        session.flush()
        for table, values in (*rows.OF_CLUE, *rows.OF_MATTER, (Clue, rows.CLUE)):
            columns = table.__table__.columns
            key = next(name for name in ("clue_id", "scope_id", "id") if name in columns)
            mine = columns[key] == (clue.scope_id if key == "scope_id" else clue.id)
            filled = {name: _with_name(columns[name], old) for name, old in values.items()}
            named = {name: value for name, value in filled.items() if value is not None}
            session.execute(update(table).where(mine).values(**named))


def _with_name(column: Column[Any], blank: object) -> object:
    if isinstance(blank, list):
        return [NAME]
    if isinstance(column.type, LargeBinary):
        return NAME.encode()
    return f"{NAME}{column.name}"[: column.type.length or 999] if isinstance(column.type, String) else None


def everything(database: Database, folder: Path) -> bytes:
    """Return what a copy of the database holds, in the clear."""
    copy = folder / f"{new_id()}.backup"
    making.make(database, copy)
    with container.read(copy, "") as content:
        return content.read()


def test_what_is_erased_is_found_nowhere_and_the_chain_holds(
    city: City, tmp_path: Path, postgresql_url: str
) -> None:
    clue = concluded(city)
    fill(city.database, clue)
    marks = [NAME, *WHO.values()]
    before = everything(city.database, tmp_path)
    assert before.count(NAME.encode()) > 30
    assert base64.b64encode(NAME.encode())[:20] in before
    with in_years(31):
        assert due(city) == [clue.id]
        proposal = propose(city, clue)
        assert due(city) == []
        copy = tmp_path / "proposed.backup"
        making.make(city.database, copy)
    with closing(connect(Settings(database_url=postgresql_url))) as there:
        restore(there, copy)
        for house in (city, City(there, city.app)):
            with in_years(31):
                decide(house, proposal)
            with house.database.reading() as session:
                line = session.scalars(
                    select(Destruction).where(Destruction.instance_id == proposal.id)
                ).one()
                assert (line.state, line.proposed_by, line.decided_by) == ("done", "clerk", "principal")
                assert line.erased
                assert line.erased["vault"] == 1
                kept = session.get_one(Clue, clue.id)
                assert (kept.clue_no, kept.stage, kept.close_reason) == (
                    clue.clue_no,
                    "fed_back",
                    clue.close_reason,
                )
                assert session.scalars(select(Document.sha256).where(Document.clue_id == clue.id)).all()
                assert list(rotation.broken(session)) == []
                assert reporters.found(session, kept) is None
            assert scrub(house.database)
            after = everything(house.database, tmp_path)
            assert [mark for mark in marks if mark.encode() in after] == []
            assert base64.b64encode(NAME.encode())[:20] not in after
            Sealer(house.database).run()
            with house.database.reading() as session:
                assert audit.check(audit.links(session), noted=audit.head(session)).broken is None
    file = Path(str(city.database.engine.url.database))
    kept_bytes = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
    assert [mark for mark in marks if mark.encode() in kept_bytes] == []
    with in_years(31):
        assert due(city) == []
        refused(InvalidInput, "erasure_done", propose, city, clue)


@pytest.fixture(scope="module")
def pair(city: City) -> tuple[Clue, Clue]:
    """Give a clue and a part of it, both at their end."""
    whole, part = concluded(city), concluded(city)
    with city.database.unit_of_work() as session:
        session.get_one(Clue, part.id).split_from = whole.id
    return whole, part


def test_two_decide_and_nobody_before_the_time(city: City, pair: tuple[Clue, Clue]) -> None:
    """The periods, the two people, the hold, and what leans on a matter, whatever the diagram says."""
    clue, part = pair
    refused(InvalidInput, "erasure_not_due", propose, city, clue)
    with in_years(6):
        assert clue.id in due(city, "reporter")
        assert clue.id not in due(city)
        refused(InvalidInput, "erasure_not_due", propose, city, clue)
        refused(InvalidInput, "erasure_related", propose, city, clue, what="reporter")
        refused(NotAllowed, "not_allowed", propose, city, part, by="handler", what="reporter")
        only = propose(city, part, what="reporter")
        refused(InvalidInput, "erasure_waits", propose, city, part, what="reporter")
        refused(NotAllowed, "not_allowed", decide, city, only, by="clerk")
        decide(city, only, decision="refuse", opinion="仍需保护。", again_on="2034-01-01")
        assert part.id not in due(city, "reporter")
        hold = held(city, part)
        refused(InvalidInput, "erasure_held", propose, city, part, what="reporter")
        with city.database.unit_of_work() as session:
            refused(Conflict, "held", rows.erase, session, part)
            refused(Conflict, "held", shredding.shred, session, part)
            refused(
                NotAllowed, "role", archiving.lift, session, city.actor("clerk"), part, hold, reason="已结案"
            )
            refused(
                InvalidInput,
                "required",
                archiving.lift,
                session,
                city.actor("principal"),
                part,
                hold,
                reason=" ",
            )
            archiving.lift(session, city.actor("principal"), part, hold, reason="已结案")
        again = propose(city, part, by="head", what="reporter")
        hold = held(city, part)
        refused(InvalidInput, "erasure_held", decide, city, again)
        with city.database.unit_of_work() as session:
            archiving.lift(session, city.actor("principal"), part, hold, reason="已结案")
        decide(city, again)
    with city.database.reading() as session:
        assert not shredding.left(session, part)
        assert session.get_one(Clue, part.id).facts.startswith(NAME)
        assert reporters.found(session, session.get_one(Clue, part.id)).clue_id == clue.id  # type: ignore[union-attr]


def held(city: City, clue: Clue) -> str:
    with city.database.unit_of_work() as session:
        row = archiving.hold(
            session, city.actor("leader"), clue, authority="省纪发〔2026〕5号", reason="另案需要"
        )
        return row.id


#: What stays of a matter in its registers, beside ids, codes and numbers of up to 64 characters: logins, instants …
KEPT = {
    "archive_opening": {"login"},
    "archived_matter": {"archived_by", "taken_out_by"},
    "assignment": {"assignment_no", "report_no", "reported_by"},
    "clue": {"submitted_by", "received_by", "registered_by", "tags", "major_signs"},
    "clue_handler": {"login", "assigned_by"},
    "clue_subject": set(),
    "allegation": {"recorded_by"},
    "case_measure": {"asked_by", "approver", "done_by"},
    "case_evidence": {"recorded_by"},
    "case_property": {"recorded_by", "released_by"},
    "case_talk": {"recorded_by"},
    "case_showing": {"recorded_by"},
    "case_link": {"instance_id", "asked_by", "document_no", "receipt_no", "subjects"},
    "prosecution": {"recorded_by", "receipt_no"},
    "clarification": {"harm", "methods"},
    "clarification_visit": {"recorded_by"},
    "tolerance": {"grounds", "hard_stops"},
    "false_accusation": {"signs", "document_no"},
    # Gone when the run goes on, and no ended matter has any.
    "external_task": {
        "definition_id",
        "element_id",
        "topic",
        "worker",
        "locked_by",
        "error_message",
        "error_details",
    },
    "first_form_measure": {"carried_out_by"},
    "inquiry": {"planned_by", "subjects", "talks_to", "interviewers"},
    "inquiry_letter": {"replied_by"},
    "inquiry_talk": {"recorded_by", "second_by"},
    "inquiry_talk_person": set(),
    "dual_judgement": {"recorded_by"},
    "duty_owner": {"ways"},
    "suspension_decision": {"recorded_by"},
    "inquiry_member": {"login"},
    "paper_class": {"set_by"},
    "accountability_inquiry": {"team"},
    "interference": {"reported_by", "handled_by"},
    "accident": {"reported_by"},
    "leak": {"reported_by", "looked_into_by", "lifted_by"},
    "case_file": {"party_authority", "supervisory_authority"},
    "correction": {"asked_by"},
    "service": {"recorded_by"},
    "case_proposal": {"proposed_by"},
    "hearing": {"recorded_by"},
    "agenda_item": {"put_by"},
    "consultation": {"recorded_by"},
    "case_decision": {"committee_no", "effects_instance", "recorded_by"},
    "sanction_execution": {"recorded_by", "second_by"},
    "right_proof": {"recorded_by"},
    "deadline_change": {"paper_no", "asked_by", "decided_by", "document_no", "reported_no", "reported_by"},
    "destruction": {"proposed_by", "decided_by", "erased", "reason", "opinion"},
    "document": {"media_type", "created_by"},
    "handover": {"from_login", "to_login"},
    "imported_row": {"sender", "imported_by"},
    "legal_hold": {"authority", "placed_by", "lifted_by"},
    "matter_event": {"actor", "params", "on_behalf_of"},
    "meeting": {"recorded_by"},
    "notification": {"login", "params"},
    "opinion": {"login", "on_behalf_of"},
    "process_instance": {"definition_id", "definition_key", "business_key", "started_by", "end_element"},
    "recusal": {
        "login",
        "asked_by",
        "decided_by",
        "document_no",
        "earlier_steps",
        "reviewed_by",
        "lifted_by",
    },
    "vault_grant": {"applicant", "leader", "principal", "withdrawn_by"},
    "vault_read": {"login"},
    "vault_receipt": {"made_by"},
    "vault_reporter": {"written_by"},
    "vault_addition": {"passed_on_by"},
    "vault_protected": {"written_by"},
    "part": {"element_id", "login", "round"},
    "task_act": {"by", "on_behalf_of", "who"},
    "decision_run": {"element_id", "definition_id", "key", "name"},
    "steering": {"to", "asked_by", "decided_by"},
    "process_move": {"left", "reached", "moved_by", "on_behalf_of"},
    "matter_link": {"family"},
}


def test_every_text_of_a_matter_is_erased_or_kept_on_purpose() -> None:
    """Whoever adds a column to a register of matters says here, or in `erasure.rows`, what becomes of it."""
    erased = {table.__tablename__: set(values) for table, values in (*rows.OF_CLUE, *rows.OF_MATTER)}
    erased |= {"clue": set(rows.CLUE), "vault_grant": {"reason", "opinion"}}
    erased |= {
        name: {"wrapped_key", "content"} for name in ("vault_reporter", "vault_addition", "vault_protected")
    }
    unknown = {
        f"{table.name}.{column.name}"
        for table in tables.copied()
        if table.name == "clue" or {"clue_id", "scope_id"} & set(table.columns.keys())
        # Steps are codes and limits; what the audit says is tried by every test that looks for names.
        if table.name not in {"task", "audit_event"}
        for column in table.columns
        if _may_hold_a_name(column)
        if column.name not in {"scope_id", "clue_id", *erased.get(table.name, ()), *KEPT.get(table.name, ())}
    }
    assert unknown == set()


def _may_hold_a_name(column: Column[Any]) -> bool:
    if isinstance(column.type, String) and not isinstance(column.type, Text):
        return (column.type.length or 256) > 64
    return isinstance(column.type, Text | JSON | LargeBinary)


def test_the_archive_hides_a_matter_until_it_is_opened_for_a_purpose(
    city: City, pair: tuple[Clue, Clue]
) -> None:
    clue, principal = pair[0], city.actor("principal")
    visitor, head = Visitor(city, "principal"), Visitor(city, "head")
    assert head.get(f"/clues/{clue.id}").status_code == 200
    with city.database.unit_of_work() as session:
        refused(NotAllowed, "role", archiving.archive, session, city.actor("handler"), clue)
    page = f"/clues/{clue.id}/keeping"
    assert "2056-12-31" in visitor.get(page).text
    assert visitor.post(f"{page}/hold", authority="省纪委", reason="").status_code == 422
    assert visitor.post(f"{page}/hold", authority="省纪委", reason="另案需要").status_code == 303
    assert "另案需要" in visitor.get(f"/clues/{clue.id}").text
    assert visitor.post(f"{page}/archive").status_code == 303
    assert visitor.get(f"/clues/{clue.id}").status_code == 404
    assert head.get(f"/clues/{clue.id}").status_code == 404
    assert clue.clue_no not in visitor.get("/clues").text
    assert clue.clue_no in visitor.get("/keeping/archive").text
    with city.database.reading() as session:
        assert (
            not visibility.policy()
            .may(session, principal, "see", session.get_one(Instance, clue.instance_id))
            .allowed
        )
        assert (
            session.scalars(
                select(Instance.id).where(Wall().instances(principal), Instance.id == clue.instance_id)
            ).all()
            == []
        )
    sent = {"clue_id": clue.id, "purpose": "appeal"}
    assert visitor.post("/keeping/archive", **sent, reason="").status_code == 422
    assert visitor.post("/keeping/archive", **sent, reason="当事人申诉").status_code == 303
    assert visitor.get(f"/clues/{clue.id}").status_code == 200
    assert head.get(f"/clues/{clue.id}").status_code == 404
    with city.database.reading() as session:
        ended = session.get_one(Instance, clue.instance_id)
        # Who reads it works on it no more: it is taken out of the archive before its process is opened again.
        assert visibility.policy().may(session, principal, "reopen", ended).rule == "archived"
    with clock.held_at(clock.now() + timedelta(hours=24)), city.database.reading() as session:
        assert wall.view(session, principal, clue) is None
        assert session.scalars(select(Clue.id).where(wall.clues(principal), Clue.id == clue.id)).all() == []
    assert visitor.post(f"{page}/take-out", reason="重新办理").status_code == 303
    assert head.get(f"/clues/{clue.id}").status_code == 200
    with city.database.reading() as session:
        done = session.scalars(select(AuditEvent.act).where(AuditEvent.scope_id == clue.scope_id)).all()
    assert {"keeping.hold", "keeping.archive", "keeping.open", "keeping.take_out"} <= set(done)


def test_the_pages_of_what_is_due_and_what_was_destroyed(city: City, pair: tuple[Clue, Clue]) -> None:
    clue = pair[1]
    with in_years(31):
        clerk, principal = Visitor(city, "clerk"), Visitor(city, "principal")
        assert clue.clue_no in clerk.get("/keeping").text
        assert "保管期限" in clerk.get("/keeping").text
        sent = {"number": clue.clue_no, "what": "matter"}
        assert principal.post("/keeping", **sent, reason="x").status_code == 403
        assert clerk.post("/keeping", **sent, reason="").status_code == 422
        assert clerk.post("/keeping", **sent, reason="期限届满").status_code == 303
        with city.database.reading() as session:
            row = session.scalars(select(Destruction).order_by(Destruction.number.desc())).first()
            assert row
            task = session.scalars(select(Task).where(Task.instance_id == row.instance_id)).one()
        shown = principal.get(f"/tasks/{task.id}").text
        assert clue.clue_no in shown
        assert "期限届满" in shown
        _decided_by_one_only(city, row)
        city.complete(task, "principal", decision="agree", sign=True)
        assert row.number in Visitor(city, "auditor").get("/keeping/destroyed").text
        assert row.number in principal.get("/keeping/destroyed").text
        page = principal.get(f"/clues/{clue.id}")
        assert page.status_code == 200
        assert "已销毁" in page.text
        assert NAME not in page.text


def _decided_by_one_only(city: City, row: Destruction) -> None:
    """Who proposed it does not decide, and a step without a decision destroys nothing, whatever diagram it stands in."""
    with city.database.unit_of_work() as session:
        session.get_one(Destruction, row.id).proposed_by = "principal"
    with city.database.reading() as session:
        refused(NotAllowed, "proposer", decide, city, session.get_one(Instance, row.instance_id))
    for instance_id, match in ((row.instance_id, "Two people"), ("nothing", "no destruction")):
        with pytest.raises(EngineFault, match=match), city.database.unit_of_work() as session:
            acts.carry_out(
                Context(
                    session, city.actor("principal"), clock.now(), instance_id, "x", scope_id=row.scope_id
                )
            )
    with city.database.unit_of_work() as session:
        session.get_one(Destruction, row.id).proposed_by = "clerk"


def test_periods_are_data_and_a_wrong_file_is_refused() -> None:
    text = periods.FILE.read_text("utf-8")
    assert [rule.kind for rule in periods.read(text)][:2] == ["clue_in_case", "clue_handed_on"]
    assert periods.of_matter("fed_back", "in_case").kept_until(date(2026, 5, 1)) is None
    assert periods.of_matter("returned", None).kept_until(date(2026, 5, 1)) == date(2036, 12, 31)
    assert periods.of_matter("studying", None).kind == "clue_closed"
    for old, new, match in (
        (",10,years,matter_ended,appraise,", ",ten,years,matter_ended,appraise,", "row 3, n"),
        (",10,years,matter_ended,appraise,", ",10,weeks,matter_ended,appraise,", "row 3, unit"),
        (",10,years,matter_ended,appraise,", ",10,years,matter_ended,burn,", "row 3, act"),
        ("clue_handed_on,1,2020-01-01", "clue_handed_on,1,soon", "row 3, version"),
        ("clue_handed_on,1", "clue_in_case,1", "row 3: clue_in_case 1 is there twice"),
    ):
        with pytest.raises(InvalidInput, match=match):
            periods.read(text.replace(old, new, 1))


def test_the_worker_cleans_by_the_data(city: City) -> None:
    """Drafts, uploads and notifications that were read go after their time, and not before."""
    with city.database.unit_of_work() as session:
        upload = uploads.keep(session, login="clerk", filename="一.txt", content=b"x")
        notifications.notify(session, ["clerk", "handler"], code="clue.related", params={"number": "X"})
        session.flush()
        mine = select(Notification).where(Notification.login == "clerk").order_by(Notification.id.desc())
        read = session.scalars(mine.limit(1)).one()
        read.read_at = clock.now()
        task = session.scalars(select(Task).limit(1)).one()
        session.add(TaskDraft(task_id=task.id, user_id="nobody", answers={}, saved_at=clock.now()))

    def left() -> list[bool]:
        tidy(city.database)
        with city.database.reading() as session:
            found = ((Upload, upload.id), (Notification, read.id), (TaskDraft, (task.id, "nobody")))
            return [session.get(kind, key) is not None for kind, key in found]

    for days, kept in (
        (89, [True] * 3),
        (91, [False, True, True]),
        (366, [False, True, False]),
        (731, [False] * 3),
    ):
        with clock.held_at(clock.now() + timedelta(days=days)):
            assert left() == kept
