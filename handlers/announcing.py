"""Each quarter the Party committee is told which decisions were announced, by whom and where, and which were not (T31).

A report holds what was so at the end of its quarter. What the committee decided on a person is named to who sees the
case, the number and the kind of a decision to all who read reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Select, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import office, wall
from handlers.cases import Concerned
from handlers.registers import Clue, ClueSubject
from handlers.registers.numbers import next_number
from handlers.registers.papers import chosen, facts
from handlers.registers.quarterly import bounds, past
from handlers.registers.record import Answers, hands_of, parties, who
from handlers.sanctions.deaths import OUTCOME as DEAD
from handlers.sanctions.model import Decision, Execution
from handlers.sanctions.papers import named
from workflows import calendar, clock, definitions, deployed, limits, papers, plans
from workflows.actor import Actor
from workflows.errors import EngineFault, NotAllowed, NotFound, refused
from workflows.forms import Option, Options
from workflows.model import Base
from workflows.operations import Context, Recorded, operation
from workflows.papers import Paper

#: Who reads the reports: who decides on sanctions and announces them.
READERS = frozenset({"reviewer", "leader", "principal"})
PROCESS = "announcement_report"
SHEET = "announcement_sheet"
#: Within which a decision is announced (纪律处分条例).
ANNOUNCE = "T27"
AREA = "case"


class AnnouncementReport(Base):
    """The report of one quarter: drawn up by the review office, signed by the leader, handed to the Party committee."""

    __tablename__ = "announcement_report"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)  #: of the process that has it signed
    year: Mapped[int]
    quarter: Mapped[int]
    until: Mapped[date]  #: last day of the quarter
    made_at: Mapped[datetime]
    drafted_by: Mapped[str | None]
    drafted_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    opinion: Mapped[str] = mapped_column(Text, default="")  #: of the leader, what is to be mended included
    handed_on: Mapped[date | None]
    handed_to: Mapped[str] = mapped_column(default="")  #: who of the Party committee took it
    receipt_no: Mapped[str] = mapped_column(String(64), default="")
    handed_by: Mapped[str | None]

    __table_args__ = (UniqueConstraint("year", "quarter"),)


class AnnouncementLine(Base):
    """One decision of a report, as it stood at the end of the quarter."""

    __tablename__ = "announcement_line"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("announcement_report.id"), index=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("case_decision.id"))
    announced_on: Mapped[date | None]  #: None: not by the end of the quarter
    due_on: Mapped[date]  #: the last day for it
    reason: Mapped[str] = mapped_column(Text, default="")  #: why it was not announced in time


@dataclass(frozen=True)
class Line:
    """One line as a reader sees it; `name` and `unit` are empty for who does not see the case."""

    number: str
    name: str
    unit: str
    sanctions: str
    decided_on: date
    due_on: date
    announced_on: date | None
    by: str
    scope: str
    overdue: bool
    reason: str


@operation("announcements.choose")
def choose(context: Context, *, answers: Answers) -> Recorded:
    """Have the report of a past quarter made, where the day of its own was missed; refused where there is one."""
    year, quarter = past(context, answers)
    if _of_quarter(context.session, year, quarter) is not None:
        raise refused("quarter", "quarter_reported")
    return Recorded(variables={"year": year, "quarter": quarter}, business_key=f"{year}-Q{quarter}")


@operation("announcements.make")
def make(context: Context) -> Recorded:
    """Make the report of a quarter, once; `reported_from` is the day from which it is due (T31)."""
    session = context.session
    year, quarter = int(context.variables["year"]), int(context.variables["quarter"])
    key = f"{year}-Q{quarter}"
    if _of_quarter(session, year, quarter) is not None:
        return Recorded({"made": "no"}, business_key=key)
    begin, end = (clock.day_of(instant) for instant in bounds(year, quarter))
    until = end - timedelta(days=1)
    row = AnnouncementReport(
        number=next_number(session, "announcements", context.now),
        instance_id=context.instance_id,
        year=year,
        quarter=quarter,
        until=until,
        made_at=context.now,
    )
    session.add(row)
    session.flush()
    session.add_all(_lines(row, session, session.scalars(_announced(begin, until))))
    session.add_all(_lines(row, session, session.scalars(_pending(until))))
    return Recorded({"made": "yes", "report": row.number, "reported_from": end.isoformat()}, business_key=key)


@operation("announcements.lines", use="prefill")
def lines(context: Context) -> dict[str, Any]:
    """Return the report as who draws it up and who signs it read it, with the reasons that were given before."""
    row = _report(context)
    said = content(context.session, row, context.actor)
    told = [line for line in said if line.announced_on]
    waiting = [line for line in said if not line.announced_on]
    return {
        "report_no": row.number,
        "announced": "\n".join(_said(line) for line in told) or "本季度无宣布的处分决定。",
        "pending": "\n".join(_awaited(line) for line in waiting) or "无应宣布未宣布的处分决定。",
        "reasons": [{"decision_no": line.number, "reason": line.reason} for line in waiting if line.overdue],
        "opinion": row.opinion,
    }


@operation("announcements.overdue", use="options")
def overdue(context: Context) -> Options:
    """Return the decisions that were to be announced in the quarter, or before, and were not."""
    return {"overdue_decisions": [Option(number, number, number) for number, _ in _late(context)]}


@operation("announcements.draw_up")
def draw_up(context: Context, *, answers: Answers) -> None:
    """Keep why each overdue decision was not announced; InvalidInput where one has no reason."""
    office.require(context.actor, {"reviewer"})
    row = _report(context)
    wanting = dict(_late(context))
    reasons = {one["decision_no"]: one["reason"] for one in answers.get("reasons") or ()}
    if reasons.keys() != wanting.keys():
        raise refused("reasons", "late_reasons", numbers=sorted(wanting))
    for number, line in wanting.items():
        line.reason = reasons[number]
    row.drafted_by, row.drafted_at = who(context), context.now


@operation("announcements.sign")
def sign(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Sign the report as the leader (A3), or send it back; NotAllowed for who has drawn it up."""
    office.require(context.actor, {"leader"})
    row = _report(context)
    if not parties(context).isdisjoint(hands_of(context, row.drafted_by, "ar_draft")):
        raise NotAllowed("Who drew the report up may not also sign it.", code="drew_up")
    row.opinion = answers.get("mend") or ""
    if answers["decision"] == "agree":
        row.signed_by, row.signed_at = who(context), context.now
    return {"signed": "yes" if row.signed_at else "no"}


@operation("announcements.hand_over")
def hand_over(context: Context, *, answers: Answers) -> None:
    """Record on which day the Party committee took the report, and who took it."""
    office.require(context.actor, {"reviewer"})
    row = _report(context)
    day = date.fromisoformat(answers["handed_on"])
    if row.signed_at is None or day < clock.day_of(row.signed_at):
        raise refused("handed_on", "before_signed")
    row.handed_on, row.handed_by = day, who(context)
    row.handed_to, row.receipt_no = answers["handed_to"], answers.get("receipt_no") or ""


def find(session: Session, number: str) -> AnnouncementReport:
    """Return the report of this number; NotFound where there is none."""
    found = session.scalar(select(AnnouncementReport).where(AnnouncementReport.number == number))
    if found is None:
        raise NotFound(f"There is no report {number}.", code="announcement_report")
    return found


def counts(session: Session, row: AnnouncementReport) -> tuple[int, int, int]:
    """Return how many decisions of a report were announced, how many not, and how many of these were overdue."""
    rows = session.scalars(select(AnnouncementLine).where(AnnouncementLine.report_id == row.id)).all()
    waiting = [one for one in rows if one.announced_on is None]
    return len(rows) - len(waiting), len(waiting), sum(one.due_on <= row.until for one in waiting)


def content(session: Session, row: AnnouncementReport, actor: Actor | None) -> list[Line]:
    """Return the lines of a report as somebody reads them: what was announced first, in the order of days."""
    found = (
        select(AnnouncementLine, Decision, Clue, ClueSubject)
        .join(Decision, Decision.id == AnnouncementLine.decision_id)
        .join(Clue, Clue.id == AnnouncementLine.clue_id)
        .join(ClueSubject, ClueSubject.id == Decision.subject_id)
        .where(AnnouncementLine.report_id == row.id)
    )
    rows = [_line(session, row, actor, *one) for one in session.execute(found)]
    return sorted(
        rows, key=lambda one: (one.announced_on is None, one.announced_on or one.due_on, one.number)
    )


def sheet(session: Session, row: AnnouncementReport, actor: Actor) -> Paper:
    """Return the report as a paper, by the template that is deployed with its process."""
    owner = deployed.process(session, definitions.latest(session, PROCESS).id)
    template = chosen(session, SHEET) or deployed.paper(session, owner, SHEET)
    if template is None:
        raise NotFound("The template of the report is not deployed.", code="template")
    on = _Sheet(session, row, tuple(content(session, row, actor)))
    said = {name: fact(on) for name, fact in _FACTS.items() if name in template.names}
    return template.fill(said, (("密级", "内部"), ("编号", row.number)))


def _announced(begin: date, until: date) -> Select[Decision]:
    return select(Decision).where(Decision.announced_on >= begin, Decision.announced_on <= until)


def _pending(until: date) -> Select[Decision]:
    """Return what was decided by a day and had to be announced to somebody, and was not: nothing is told to the dead."""
    told = or_(Decision.party.is_not(None), Decision.administrative.is_not(None))
    gone = select(Concerned.subject_id).where(Concerned.died_on.is_not(None))
    return select(Decision).where(
        Decision.state == "made",
        Decision.made_on <= until,
        Decision.outcome != DEAD,
        or_(told, Decision.outcome == "exempted", Decision.benefits.is_not(None)),
        or_(Decision.announced_on.is_(None), Decision.announced_on > until),
        Decision.subject_id.not_in(gone),
    )


def _lines(
    row: AnnouncementReport, session: Session, decisions: Iterable[Decision]
) -> Iterable[AnnouncementLine]:
    for one in decisions:
        told = one.announced_on is not None and one.announced_on <= row.until
        yield AnnouncementLine(
            report_id=row.id,
            clue_id=one.clue_id,
            decision_id=one.id,
            announced_on=one.announced_on if told else None,
            due_on=_due(session, _decided(one)),
        )


def _decided(row: Decision) -> date:
    """Return from which day the announcement is due: as the step of the execution counts it."""
    day = row.party_effective_on or row.made_on
    assert day is not None
    return day


def _due(session: Session, decided_on: date) -> date:
    rule = limits.current(session, ANNOUNCE, decided_on)
    return calendar.due(rule, decided_on, plans.work_days(session), clock.office_zone()).date


def _line(
    session: Session,
    report: AnnouncementReport,
    actor: Actor | None,
    line: AnnouncementLine,
    decided: Decision,
    clue: Clue,
    subject: ClueSubject,
) -> Line:
    seen = actor is not None and wall.area_view(session, actor, clue, AREA) == "content"
    acts = select(Execution).where(Execution.decision_id == decided.id, Execution.act == "announced")
    act = session.scalars(acts.order_by(Execution.id.desc()).limit(1)).first() if line.announced_on else None
    return Line(
        number=decided.number or "",
        name=subject.name if seen else "",
        unit=subject.unit if seen else "",
        sanctions=named(decided.party, decided.administrative)
        or facts.word("case_outcomes", decided.outcome),
        decided_on=_decided(decided),
        due_on=line.due_on,
        announced_on=line.announced_on,
        by=facts.people(session, filter(None, (act.recorded_by, act.second_by))) if act else "",
        scope=act.result if act and seen else "",
        overdue=line.announced_on is None and line.due_on <= report.until,
        reason=line.reason,
    )


def _late(context: Context) -> list[tuple[str, AnnouncementLine]]:
    return late(context.session, _report(context).instance_id)


def late(session: Session, instance_id: str) -> list[tuple[str, AnnouncementLine]]:
    """Return the lines of a process's report that want a reason, by the number of their decision."""
    found = (
        select(Decision.number, AnnouncementLine)
        .join(AnnouncementLine, AnnouncementLine.decision_id == Decision.id)
        .join(AnnouncementReport, AnnouncementReport.id == AnnouncementLine.report_id)
        .where(
            AnnouncementReport.instance_id == instance_id,
            AnnouncementLine.announced_on.is_(None),
            AnnouncementLine.due_on <= AnnouncementReport.until,
        )
    )
    return [(number or "", line) for number, line in session.execute(found.order_by(Decision.number))]


def _said(line: Line) -> str:
    day = f"{line.announced_on}宣布" if line.announced_on else ""
    return "　".join(filter(None, (line.number, line.name, line.sanctions, day, line.by, line.scope)))


def _awaited(line: Line) -> str:
    state, due = "逾期未宣布" if line.overdue else "未到期", f"应于{line.due_on}前宣布"
    said = (line.number, line.name, line.sanctions, due, state, line.reason)
    return "　".join(filter(None, said))


def _of_quarter(session: Session, year: int, quarter: int) -> AnnouncementReport | None:
    same = (AnnouncementReport.year == year, AnnouncementReport.quarter == quarter)
    return session.scalar(select(AnnouncementReport).where(*same))


def _report(context: Context) -> AnnouncementReport:
    # The process made it: naming another one's report in a variable leads nowhere.
    wanted = select(AnnouncementReport).where(AnnouncementReport.instance_id == context.instance_id)
    row = context.session.scalar(wanted)
    if row is None:
        raise EngineFault("The matter is no report of announcements.", element=context.element_id)
    return row


@dataclass(frozen=True)
class _Sheet:
    """What the paper is made of, as its reader may know it."""

    session: Session
    row: AnnouncementReport
    lines: tuple[Line, ...]

    def said(self, *, announced: bool) -> list[dict[str, Any]]:
        """Return the lines of one of the two tables in the words of papers."""
        return [
            {
                "number": one.number,
                "name": one.name,
                "unit": one.unit,
                "sanctions": one.sanctions,
                "decided_on": facts.day(one.decided_on),
                "due_on": facts.day(one.due_on),
                "on": facts.day(one.announced_on),
                "by": one.by,
                "scope": one.scope,
                "state": "逾期" if one.overdue else "未到期",
                "reason": one.reason,
            }
            for one in self.lines
            if (one.announced_on is not None) == announced
        ]


#: What the sheet may say.
_FACTS: Mapping[str, Callable[[_Sheet], Any]] = {
    "announcements": lambda on: on.said(announced=True),
    "drafted_by": lambda on: facts.person(on.session, on.row.drafted_by),
    "drafted_on": lambda on: facts.day(on.row.drafted_at),
    "handed_on": lambda on: facts.day(on.row.handed_on),
    "handed_to": lambda on: on.row.handed_to,
    "organ": lambda on: facts.organ(on.session),
    "pending": lambda on: on.said(announced=False),
    "quarter": lambda on: on.row.quarter,
    "receipt_no": lambda on: on.row.receipt_no,
    "signed_by": lambda on: facts.person(on.session, on.row.signed_by),
    "signed_on": lambda on: facts.day(on.row.signed_at),
    "until": lambda on: facts.day(on.row.until),
    "year": lambda on: on.row.year,
}
papers.know(SHEET, frozenset(_FACTS))
