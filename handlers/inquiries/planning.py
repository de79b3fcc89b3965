"""Beginning an inquiry and planning it (b1): who is asked, how and what, by which two; whose cadre he is on that day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import office
from handlers.cases import persons
from handlers.cases.matter import people
from handlers.inquiries.model import Inquiry
from handlers.office import Person, Post, Unit
from handlers.registers import Clue, ClueSubject, papers
from handlers.registers.numbers import next_number
from handlers.registers.record import FEWEST_HANDLERS, Answers, clue_of, handlers_of, note, sign, who
from workflows.errors import EngineFault, refused
from workflows.forms import Option, Options
from workflows.operations import Context, Recorded, operation

#: Of the committees that manage cadres, those above the city's: managed there, nobody here decides below A4.
ABOVE = ("centre", "province")


@operation("inquiries.begin")
def begin(context: Context, *, answers: Answers) -> Recorded:
    """Begin the talk or letter inquiry that was approved as the way of the clue (DW1)."""
    clue = clue_of(context)
    if clue.way != "DW1":
        raise EngineFault(
            "The clue is not to be handled by a talk or letter inquiry.", element=context.element_id
        )
    note(context, clue, "inquiry.begun")
    return Recorded(
        variables={
            "clue_id": clue.id,
            "office": clue.office_code,
            "handlers": handlers_of(context.session, clue),
            "study_from": (clue.received_at or clue.submitted_at).isoformat(),
        }
    )


@operation("inquiries.choices", use="options")
def choices(context: Context) -> Options:
    """Return who may be asked and who may ask: the persons of the clue and its handlers."""
    clue = clue_of(context)
    asked = [(str(row.id), f"{row.name}（{row.unit} {row.post}）") for row in people(context.session, clue)]
    named = select(Person.login, Person.name).where(Person.login.in_(handlers_of(context.session, clue)))
    staff = [(login, name) for login, name in context.session.execute(named.order_by(Person.login)) if login]
    return {
        "clue_persons": [Option(code, name, name) for code, name in asked],
        "clue_handlers": [Option(code, name, name) for code, name in staff],
    }


@operation("inquiries.last_plan", use="prefill")
def last_plan(context: Context) -> dict[str, Any]:
    """Return the plan as it was, for who has to change it; else everybody and all handlers."""
    clue = clue_of(context)
    row = latest(context.session, clue)
    if row is None:
        everybody = [str(one.id) for one in people(context.session, clue)]
        return {
            "talks_to": everybody,
            "letters": [{"subject": one} for one in everybody],
            "subjects": everybody,  # of the form of diagrams that send one letter
            "interviewers": handlers_of(context.session, clue),
        }
    return {
        "mode": row.mode,
        "talks_to": row.talks_to,
        "letters": row.letters,
        "subjects": row.subjects,
        "interviewers": row.interviewers,
        "questions": row.questions,
        "place": row.place or None,
        "safety_plan": row.safety_plan,
        "companion": row.companion or None,
        "health_note": row.health_note or None,
    }


@operation("inquiries.plan")
def plan(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Record the plan of an inquiry; who is asked is dated: his rank, and whose cadre he is today (b1)."""
    clue, session = clue_of(context), context.session
    interviewers = list(dict.fromkeys(answers["interviewers"]))
    talked, letters = _asked(context, clue, answers)
    lettered = [one for one, _ in letters]
    asked = sorted({*talked, *lettered}, key=lambda one: one.id)
    if len(interviewers) < FEWEST_HANDLERS:
        raise refused("interviewers", "too_few", min=FEWEST_HANDLERS)
    if strangers := sorted(set(interviewers) - set(handlers_of(session, clue))):
        raise refused("interviewers", "not_of_office", logins=strangers)
    row = latest(session, clue)
    if row is None or row.state != "planned":
        row = Inquiry(number=next_number(session, "inquiry", context.now), clue_id=clue.id)
        session.add(row)
    row.mode, row.subjects, row.interviewers = answers["mode"], [str(one.id) for one in asked], interviewers
    row.talks_to = [str(one.id) for one in talked]
    row.letters = [{"subject": str(one.id), "questions": own} for one, own in letters]
    row.delegate = (answers.get("delegate") or "").strip()
    row.questions, row.place = answers["questions"], answers.get("place") or ""
    row.companion, row.safety_plan = answers.get("companion") or "", answers["safety_plan"]
    row.health_note, row.state = answers.get("health_note") or "", "planned"
    row.planned_by, row.planned_at = who(context), context.now
    management = _dated(context, clue, asked)
    sign(context, clue, "inquiry_plan", row.mode, detail={"number": row.number})
    session.flush()
    papers.issue(context, clue, "talk_plan", row.number)
    note(context, clue, "inquiry.planned", number=row.number, mode=row.mode)
    return {
        "mode": row.mode,
        "delegated": "yes" if row.delegate else "no",
        "interviewers": interviewers,
        "management": management,
        "explainer": explainer(session, clue, asked),
        "letters_to": [one.id for one in lettered],
        # Diagrams of before letters to several are about one person.
        **({"subject_id": asked[0].id} if "subjects" in answers else {}),
        "inquiry_no": row.number,
        "turn": 0,
    }


@operation("inquiries.start")
def start(context: Context) -> dict[str, Any]:
    """Let the approved plan take effect."""
    clue = clue_of(context)
    row = current(context, clue)
    row.state = "running"
    note(context, clue, "inquiry.approved", number=row.number)
    return {}


def latest(session: Session, clue: Clue) -> Inquiry | None:
    """Return the newest inquiry into a clue."""
    rows = select(Inquiry).where(Inquiry.clue_id == clue.id).order_by(Inquiry.id.desc())
    return session.scalars(rows.limit(1)).first()


def current(context: Context, clue: Clue) -> Inquiry:
    """Return the inquiry that the process is about; EngineFault where none was planned."""
    found = latest(context.session, clue)
    if found is None:
        raise EngineFault("No inquiry was planned for the clue.", element=context.element_id)
    return found


def count(session: Session, clue: Clue) -> int:
    """Return how many inquiries into the clue there have been."""
    return session.scalar(select(func.count()).select_from(Inquiry).where(Inquiry.clue_id == clue.id)) or 0


def subjects(session: Session, row: Inquiry) -> list[ClueSubject]:
    """Return who is asked in an inquiry."""
    return [session.get_one(ClueSubject, int(one)) for one in row.subjects]


def questions(row: Inquiry, subject_id: int) -> str:
    """Return what a letter of an inquiry asks somebody: what is asked of him alone, else what is asked of all."""
    own = (one.get("questions") for one in row.letters if one["subject"] == str(subject_id))
    return next(filter(None, own), row.questions)


def is_unheaded(session: Session, names: set[str], unit: str | None) -> bool:
    """Return whether nobody else of the unit may answer: its heads bear the names of who is asked, or there is none."""
    heads = {person.name for person in office.people_in(session, f"unit_head@{unit}")} if unit else set()
    return not heads - names


def explainer(session: Session, clue: Clue, asked: list[ClueSubject]) -> str:
    """Return who records the explanation at the democratic-life meeting: the one unit of all, else the own office."""
    units = {one.unit_code for one in asked}
    unit = units.pop() if len(units) == 1 else None
    unheaded = is_unheaded(session, {one.name for one in asked}, unit)
    return f"office_head@{clue.office_code}" if unheaded else f"unit_head@{unit}"


def _asked(
    context: Context, clue: Clue, answers: Answers
) -> tuple[list[ClueSubject], list[tuple[ClueSubject, str]]]:
    """Return who is talked to, and who is sent a letter with which questions of his own; who is delegated talks."""
    known, mode = {str(one.id): one for one in people(context.session, clue)}, answers["mode"]
    if mode == "letter" and (answers.get("delegate") or "").strip():
        raise refused("delegate", "letter_not_delegated")
    if "subjects" in answers:  # the form of diagrams that send one letter
        chosen = _chosen(known, answers["subjects"], "subjects")
        if mode != "talk" and len(chosen) > 1:
            raise refused("subjects", "earlier_version")
        return chosen if mode != "letter" else [], [(one, "") for one in chosen] if mode != "talk" else []
    talked = _chosen(known, answers.get("talks_to"), "talks_to") if mode != "letter" else []
    rows = answers.get("letters") if mode != "talk" else None
    own = {str(one["subject"]): (one.get("questions") or "").strip() for one in rows or ()}
    if len(own) < len(rows or ()):
        raise refused("letters", "twice")
    lettered = _chosen(known, own, "letters") if mode != "talk" else []
    return talked, [(one, own[str(one.id)]) for one in lettered]


def _chosen(known: Mapping[str, ClueSubject], given: Iterable[str] | None, field: str) -> list[ClueSubject]:
    """Return the chosen persons of the matter, each once; InvalidInput names the field that chooses nobody."""
    chosen = [known[one] for one in dict.fromkeys(given or ()) if one in known]
    if not chosen:
        raise refused(field, "required")
    return chosen


def _dated(context: Context, clue: Clue, asked: list[ClueSubject]) -> str:
    """Return whose cadre decides the line of approval, having kept rank and management of this day (domain §2.3)."""
    day = office.today()
    rows = {row.subject_id: row for row in persons.entered(context.session, clue)}
    for subject in asked:
        row = rows[subject.id]
        row.person_id = row.person_id or _known(context.session, subject)
        row.rank_at_event, row.managed_on = subject.rank, day
        committee = row.person_id and persons.managing_committee(context.session, row.person_id, day)
        row.management = _management(committee or "", row.management or clue.management or "committee")
    context.session.flush()
    return persons.governing(context.session, clue)


def _management(committee: str, registered: str) -> str:
    """Return the column of the table of approvers: what was registered, unless his posts say more or less."""
    if committee in ABOVE:
        return "principal"
    if committee in ("county", "town"):
        return "below"
    return "committee" if committee == "city" and registered == "below" else registered


def _known(session: Session, subject: ClueSubject) -> str | None:
    """Return the person of this name with a post in this unit, if there is exactly one."""
    held = (
        select(Person.id)
        .join(Post, Post.person_id == Person.id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Person.name == subject.name, Unit.code == subject.unit_code)
        .distinct()
    )
    found = session.scalars(held.limit(2)).all()
    return found[0] if len(found) == 1 else None
