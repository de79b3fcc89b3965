"""Cases for tests that begin at the review or after it: filed, with persons, and decided where a test says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.accountability import DualJudgement, Inquiry
from handlers.accountability.suspending import Suspension
from handlers.cases import Case, CasePerson, Concerned, Showing, persons
from handlers.registers import Clue, Opinion
from handlers.sanctions import Decision, Execution, Sanction
from handlers.sanctions.weighing import ends, party_months
from workflows import calendar, clock


def filed(
    session: Session,
    clue: Clue,
    *,
    people: Sequence[Mapping[str, Any]] = ({},),
    told: bool = True,
    case_type: str = "CT3",
    decided: Mapping[str, Any] | None = None,
    suspended: str | None = None,
) -> Case:
    """Return a case of the clue that is investigated; `people` says what each person is, in their order.

    `told`: the filing was announced and the facts shown; `decided`: the sanction in force on the first
    person; `suspended`: the day on which the Party committee suspended all of them after an accountability inquiry.
    """
    now = clock.now()
    case = Case(
        case_no=f"LA-{now.year}-{clue.transfer_no[-5:]}",
        clue_id=clue.id,
        case_type=case_type,
        stage="investigation",
        party_filed_on=now.date(),
        supervisory_filed_on=now.date(),
        opened_at=now,
    )
    session.add(case)
    session.flush()
    rows = persons.entered(session, clue)
    for number, (row, said) in enumerate(zip(rows, [*people, *({},) * len(rows)], strict=False), 1):
        _describe(row, {"party_member": True, "party_post": True, "public_official": True, **said})
        row.filed_at = now
        session.add(
            CasePerson(case_id=case.id, subject_id=row.subject_id, person_no=f"{case.case_no}-{number:02}")
        )
    if told:
        said_on = {"on": now.date().isoformat(), "unit_on": now.date().isoformat()}
        signed = {"login": "handler", "signed_at": now}
        session.add(
            Opinion(
                clue_id=clue.id, step="c5", stage="investigation", decision="told", detail=said_on, **signed
            )
        )
        shown = {"shown_on": now.date(), "facts": "", "recorded_by": "handler", "recorded_at": now}
        session.add_all(Showing(clue_id=clue.id, subject_id=row.subject_id, **shown) for row in rows)
    session.flush()
    if decided:
        _decide(session, case, rows[0], decided)
    if suspended:
        _suspend(session, case, rows, date.fromisoformat(str(suspended)))
    return case


def _suspend(session: Session, case: Case, rows: Sequence[Concerned], on: date) -> None:
    """Lay an inquiry, decided, and the suspension of each person; their last day is that of six months."""
    of = {"clue_id": case.clue_id, "case_id": case.id, "instance_id": "laid"}
    judged = DualJudgement(number="SP-9", point="c9", trigger="weak", dual_type="L", unit="", **of)
    judged.proposal, judged.reasons, judged.recorded_by, judged.recorded_at = (
        "start",
        "",
        "handler",
        clock.now(),
    )
    session.add(judged)
    session.flush()
    inquiry = Inquiry(number="WZ-9", judgement_id=judged.id, decided_on=on, **of)
    session.add(inquiry)
    session.flush()
    for place, row in enumerate(rows, 1):
        of_row = {"clue_id": case.clue_id, "inquiry_id": inquiry.id, "subject_id": row.subject_id}
        until = calendar.add_months(on, 6)
        session.add(
            Suspension(
                number=f"TZ-{place}", begins_on=on, document_no="示委干〔2026〕9号", until=until, **of_row
            )
        )
    session.flush()


def _describe(row: Concerned, said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        setattr(row, name, value)


def _decide(session: Session, case: Case, row: Concerned, said: Mapping[str, Any]) -> None:
    """Lay a decision made on a `day`: a Party sanction, or an administrative one with its months.

    `announced`: the day on which two of the review office announced it.
    """
    on = date.fromisoformat(str(said["day"]))
    probation = said.get("probation_months")
    months = party_months(said.get("party"), instead=False, probation=probation)
    decision = Decision(
        number=f"JJ-{on.year}-9{case.case_no[-4:]}",
        clue_id=case.clue_id,
        case_id=case.id,
        subject_id=row.subject_id,
        state="made",
        outcome="sanctioned",
        party=said.get("party"),
        party_months=months,
        probation_months=probation,
        administrative=said.get("administrative"),
        administrative_months=said.get("months"),
        facts="",
        basis="",
        meeting_no="",
        authority="committee",
        party_effective_on=on,
        made_on=on,
        recorded_by="reviewer",
        recorded_at=clock.now(),
    )
    session.add(decision)
    session.flush()
    if "announced" in said:
        decision.announced_on = date.fromisoformat(str(said["announced"]))
        by = {"recorded_by": "reviewer", "second_by": "reviewer2", "recorded_at": clock.now()}
        told = {"act": "announced", "done_on": decision.announced_on, "result": "本人"}
        session.add(Execution(clue_id=case.clue_id, decision_id=decision.id, **told, **by))
    for kind, length in ((decision.party, months), (decision.administrative, decision.administrative_months)):
        if kind:
            session.add(
                Sanction(
                    clue_id=case.clue_id,
                    decision_id=decision.id,
                    subject_id=row.subject_id,
                    kind=kind,
                    state="in_force",
                    effective_on=on,
                    until=ends(on, length),
                    probation_until=ends(on, probation) if kind == "PD4" else None,
                )
            )
    session.flush()


def sanctions(session: Session) -> list[tuple[str, str, str]]:
    """Return every sanction: kind, state, last day of its effect."""
    rows = session.scalars(select(Sanction).order_by(Sanction.id))
    return [(row.kind, row.state, str(row.until)) for row in rows]
