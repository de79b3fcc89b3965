"""Joining cases and splitting one (并案、分案; domain §3 x5), as the leader in charge approves, with a link for each.

Persons go with what is known of them; allegations, evidence, property and measures stay where they were entered and
are shown with the case that goes on (`cases.overview`). The matters are one family from then on: what excludes each
other excludes each other over both (domain §4.2 rule 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import links
from handlers.cases import Case, CaseLink, CasePerson, Concerned, matter
from handlers.registers import Clue, ClueHandler, ClueSubject, approvals
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, handlers_of, note, numbered, who
from handlers.vault import protected
from handlers.working import matter_of
from workflows.errors import EngineFault, NotAllowed, refused
from workflows.operations import Context, Recorded, operation

PROCESS = "case_joinder"
JOINED, SPLIT = "joined", "split"
#: What goes on in a matter of its own: split off, or filed anew by an accountability inquiry.
SEPARATE = (SPLIT, "filed")
#: Only here may a case be joined or split: whoever comes in is still investigated, shown the facts and reported on.
STAGE = "investigation"
_SUPERVISORY = ("supervisory_filed_on", "supervisory_authority")
#: What a matter that is split off does not have of the first.
_OWN = frozenset({"id", "transfer_no", "receipt_no", "clue_no", "instance_id", "split_from", "duplicate_of"})


@operation("joinders.ask")
def ask(context: Context, *, answers: Answers) -> Recorded:
    """Ask that a case be joined to another, or that persons go on in a case of their own; InvalidInput says why not."""
    clue = matter_of(context, answers["number"])
    if who(context) not in handlers_of(context.session, clue):
        raise NotAllowed("Only who handles the matter asks for this.", code="role", roles=["handler"])
    case, kind = _investigated(context.session, clue, "number"), answers["kind"]
    other = _target(context, clue, answers) if kind == JOINED else None
    going = matter.going(context.session, case)
    persons = going if other else _chosen(going, answers.get("persons") or ())
    row = CaseLink(
        clue_id=clue.id,
        case_id=case.id,
        instance_id=context.instance_id,
        kind=kind,
        state="asked",
        to_clue_id=other.clue_id if other else None,
        to_case_id=other.id if other else None,
        subjects=[person.subject_id for person in persons],
        reason=answers["reason"],
        asked_by=who(context),
        asked_at=context.now,
    )
    context.session.add(row)
    note(context, clue, f"joinder.asked_{kind}", number=case.case_no, to=other.case_no if other else "")
    known = {"clue_id": clue.id, "office": clue.office_code, "management": clue.management or "committee"}
    return Recorded(variables={**known, "kind": kind}, scope_id=clue.scope_id, business_key=clue.transfer_no)


@operation("joinders.refuse")
def refuse(context: Context) -> None:
    """Keep that the case goes on as it was."""
    row = of_process(context)
    row.state, row.done_at = "refused", context.now
    note(
        context,
        clue_of(context),
        "joinder.refused",
        number=context.session.get_one(Case, row.case_id).case_no,
    )


@operation("joinders.carry_out")
def carry_out(context: Context) -> dict[str, Any]:
    """Join or split as approved; EngineFault where nobody has approved it, or the case has gone on meanwhile."""
    row = of_process(context)
    approvals.demand(context, "joinder", "a3", row.asked_at)
    clue = clue_of(context)
    case = _investigated(context.session, clue, "number")
    other = (
        context.session.get_one(Case, row.to_case_id) if row.to_case_id else _split_off(context, clue, case)
    )
    target = context.session.get_one(Clue, other.clue_id)
    if row.kind == JOINED:
        _investigated(context.session, target, "target")
    row.to_clue_id, row.to_case_id = target.id, other.id
    links.link(context.session, clue.scope_id, target.scope_id)
    protected.carry(context.session, clue, target)
    _carry(context, row, case, other)
    row.state, row.done_at = "done", context.now
    note(context, clue, f"joinder.{row.kind}", number=case.case_no, to=other.case_no)
    note(context, target, f"joinder.{row.kind}_here", number=other.case_no, to=case.case_no)
    return {"stopped_by": JOINED}


@operation("separate_cases.begin")
def begin_separate(context: Context, *, answers: Answers) -> Recorded:
    """Begin the place of a matter that was split off or filed anew; only what did that does, and once."""
    rows = select(CaseLink).join(Clue, Clue.id == CaseLink.to_clue_id)
    mine = rows.where(
        CaseLink.clue_id == clue_of(context).id, CaseLink.kind.in_(SEPARATE), Clue.instance_id.is_(None)
    )
    row = context.session.scalars(mine.order_by(CaseLink.id).limit(1)).first()
    if context.actor is not None or row is None:
        raise EngineFault("No case of this matter waits to begin.", element=context.element_id)
    clue = context.session.get_one(Clue, row.to_clue_id)
    clue.instance_id = context.instance_id
    return Recorded(variables={"clue_id": clue.id}, scope_id=clue.scope_id, business_key=clue.transfer_no)


def of_process(context: Context) -> CaseLink:
    """Return the link that this process asks for; EngineFault where there is none."""
    row = context.session.scalar(select(CaseLink).where(CaseLink.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The process asks for no link of a case.", element=context.element_id)
    return row


def _investigated(session: Session, clue: Clue, field: str) -> Case:
    case = matter.open_case(session, clue)
    if case is None or case.stage != STAGE:
        raise refused(field, "not_investigated")
    return case


def _target(context: Context, clue: Clue, answers: Answers) -> Case:
    found = numbered(context.session, answers["target"])
    if found is None or found.id == clue.id:
        # The same words as of a matter without a case: who asks must not learn which numbers there are.
        raise refused("target", "not_investigated")
    return _investigated(context.session, found, "target")


def _chosen(going: Iterable[CasePerson], given: Iterable[Any]) -> list[CasePerson]:
    """Return the persons that are named by their numbers; somebody goes and somebody stays."""
    known = {person.person_no: person for person in going}
    wanted = {str(row["person_no"]).strip().upper() for row in given}
    if not wanted or not wanted < known.keys():
        raise refused("persons", "split_some", numbers=sorted(known))
    return [known[number] for number in sorted(wanted)]


def _split_off(context: Context, clue: Clue, case: Case) -> Case:
    """Return a new case in a matter of its own; its limits go on from the filing of the first."""
    kept = {key: getattr(clue, key) for key in _columns(Clue) if key not in _OWN}
    other = Clue(**kept, transfer_no=next_number(context.session, "transfer", context.now))
    other.clue_no = next_number(context.session, "clue", context.now)
    context.session.add(other)
    context.session.flush()
    running = select(ClueHandler).where(ClueHandler.clue_id == clue.id, ClueHandler.ended_at.is_(None))
    context.session.add_all(_copy(row, clue_id=other.id) for row in context.session.scalars(running))
    same = ("case_type", "stage", "opened_at", "party_filed_on", "party_authority", *_SUPERVISORY)
    new = Case(
        **{key: getattr(case, key) for key in same},
        case_no=next_number(context.session, "case", context.now),
        clue_id=other.id,
        split_from=case.id,
    )
    context.session.add(new)
    context.session.flush()
    return new


def _carry(context: Context, row: CaseLink, case: Case, other: Case) -> None:
    """Let the persons be in the other case, with numbers of its own."""
    last = len(matter.persons_of(context.session, other))
    for number, person in enumerate(matter.going(context.session, case), last + 1):
        if row.kind == SPLIT and person.subject_id not in row.subjects:
            continue
        subject = _copy(context.session.get_one(ClueSubject, person.subject_id), clue_id=other.clue_id)
        context.session.add(subject)
        context.session.flush()
        known = context.session.get(Concerned, person.subject_id)
        if known is not None:
            copied = {key: getattr(known, key) for key in _columns(Concerned)}
            context.session.add(Concerned(**{**copied, "subject_id": subject.id, "clue_id": other.clue_id}))
        person_no = f"{other.case_no}-{number:02d}"
        context.session.add(CasePerson(case_id=other.id, subject_id=subject.id, person_no=person_no))
        person.outcome, person.closed_at = row.kind, context.now
    context.session.flush()


def _copy(row: Any, **changed: Any) -> Any:
    """Return a new row that says the same but what is changed."""
    return type(row)(**{key: getattr(row, key) for key in _columns(type(row)) if key != "id"} | changed)


def _columns(table: Any) -> list[str]:
    return [column.key for column in table.__mapper__.column_attrs]
