"""The rights of a person concerned, each with its proof (domain §4.3): what lacks one keeps the decision open.

What the registers prove is read from them; the rest is entered, as a proof or as a reasoned exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, office
from handlers.cases import CasePerson, Showing
from handlers.registers import Opinion, Service
from handlers.registers.record import Answers, clue_of, note, who
from handlers.sanctions.matter import decision, hearing, name, person_of
from handlers.sanctions.model import Decision, RightProof
from workflows import clock
from workflows.errors import refused
from workflows.operations import Context, operation

#: Under which step the announcement of the filing is kept (`handlers.cases`).
FILING_TOLD = "c5"
FACTS_SHOWN = "c11_show"


@dataclass(frozen=True)
class Right:
    """One right of one person: its proof, or why it could not be kept; neither: it lacks one."""

    code: str
    given: str = ""  #: proof exception, "" for neither
    text: str = ""  #: a number or a reason
    on: str = ""  #: ISO day, where one is known

    @property
    def kept(self) -> bool:
        """Return whether it is proved or excepted."""
        return bool(self.given)


def of_person(session: Session, person: CasePerson) -> list[Right]:
    """Return the rights that the person has in his case, in the order of the table."""
    row = decision(session, person.case_id, person.subject_id)
    proved = dict(_proved(session, person, row))
    entered = select(RightProof).where(
        RightProof.case_id == person.case_id, RightProof.subject_id == person.subject_id
    )
    for one in session.scalars(entered.order_by(RightProof.id)):
        proved[one.right] = Right(one.right, one.given, one.text, clock.day_of(one.recorded_at).isoformat())
    applying = [code["code"] for code in codes.rows("rights") if _applies(code["applies"], row)]
    return [proved.get(code, Right(code)) for code in applying]


@operation("rights.lacking", use="prefill")
def lacking(context: Context) -> dict[str, Any]:
    """Return who it is about, and a line for each right that still lacks its proof."""
    person = person_of(context)
    rows = [{"right": one.code} for one in of_person(context.session, person) if not one.kept]
    return {"person": name(context.session, person.subject_id), "proofs": rows}


@operation("rights.close")
def close(context: Context, *, answers: Answers) -> None:
    """Close the decision on one person; InvalidInput names the rights that lack a proof or a reasoned exception (c14)."""
    office.require(context.actor, {"reviewer"})
    clue, person = clue_of(context), person_of(context)
    for given in answers.get("proofs") or ():
        if given.get("right") and given.get("given") and (given.get("text") or "").strip():
            context.session.add(
                RightProof(
                    clue_id=clue.id,
                    case_id=person.case_id,
                    subject_id=person.subject_id,
                    right=given["right"],
                    given=given["given"],
                    text=given["text"],
                    recorded_by=who(context),
                    recorded_at=context.now,
                )
            )
    context.session.flush()
    missing = [one.code for one in of_person(context.session, person) if not one.kept]
    if missing:
        raise refused("proofs", "rights_lacking", rights=missing)
    note(context, clue, "rights.kept", number=person.person_no)


def _applies(to: str, row: Decision | None) -> bool:
    given = {"party": row and row.party, "administrative": row and row.administrative}
    return to == "all" or bool(given[to])


def _proved(session: Session, person: CasePerson, row: Decision | None) -> Iterator[tuple[str, Right]]:
    """Yield what the registers prove."""
    case_clue = row.clue_id if row else None
    if (told := _last(session, case_clue, FILING_TOLD)) is not None:
        detail = told.detail or {}
        yield "filing_told", Right("filing_told", "proof", "", str(detail.get("on") or ""))
        yield "unit_told", Right("unit_told", "proof", "", str(detail.get("unit_on") or ""))
    if day := _shown(session, person) or _day(_last(session, case_clue, FACTS_SHOWN)):
        yield "facts_seen", Right("facts_seen", "proof", "", day)
    if (heard := hearing(session, person.case_id, person.subject_id)) is not None:
        yield "heard", Right("heard", "proof", "", heard.told_on.isoformat())
    if row is None:
        return
    if row.branch_on:
        yield "branch_attended", Right("branch_attended", "proof", "", row.branch_on.isoformat())
    elif row.branch_special:
        word = codes.word("branch_exceptions", row.branch_special, "zh")
        yield "branch_attended", Right("branch_attended", "exception", word)
    if row.number:
        for code in ("decision_written", "appeal_told"):
            yield code, Right(code, "proof", row.number, row.made_on.isoformat() if row.made_on else "")


def _shown(session: Session, person: CasePerson) -> str:
    rows = select(Showing.shown_on).where(Showing.subject_id == person.subject_id)
    found = session.scalar(rows.order_by(Showing.id.desc()).limit(1))
    return found.isoformat() if found else ""


def _day(row: Opinion | None) -> str:
    return str(((row.detail if row else None) or {}).get("on") or "")


def _last(session: Session, clue_id: str | None, *steps: str) -> Opinion | None:
    rows = select(Opinion).where(Opinion.clue_id == clue_id, Opinion.step.in_(steps))
    return session.scalars(rows.order_by(Opinion.id.desc()).limit(1)).first()


def served(session: Session, row: Decision) -> Service | None:
    """Return the proof that a decision was served on the person: its day begins the time for an appeal."""
    rows = select(Service).where(
        Service.subject_id == row.subject_id, Service.paper_no == row.number, Service.unit_code.is_(None)
    )
    return session.scalars(rows.order_by(Service.id.desc()).limit(1)).first()
