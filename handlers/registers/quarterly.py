"""Each quarter every handling office tells the intake office what became of people's reports (检举控告规则 18).

The result only: by the number of the report and of the clue, never what it was about or who reported. An office
without any result hands in a list that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, or_, select, true
from sqlalchemy.orm import Mapped, Session, mapped_column

from handlers import codes, office
from handlers.registers.model import Clue
from handlers.registers.numbers import next_number
from handlers.registers.papers import chosen, facts
from handlers.registers.record import (
    FEWEST_HANDLERS,
    Answers,
    hands_of,
    parties,
    who,
)
from workflows import clock, definitions, deployed, papers
from workflows.actor import Actor
from workflows.errors import EngineFault, NotAllowed, NotFound, refused
from workflows.model import Base
from workflows.operations import Context, Recorded, operation
from workflows.papers import Paper

#: Sources of people's reports: letters, visits, calls, the internet, and what is forwarded from above.
REPORTS = ("SR01", "SR02", "SR03", "SR04", "SR17")
#: Who reads the lists of all offices; the head of an office reads its own.
READERS = frozenset({"intake_clerk", "case_supervision", "case_supervision_head", "leader", "principal"})
PROCESS = "quarterly_results"
SHEET = "quarterly_sheet"


class QuarterlyList(Base):
    """One office's list of one quarter: signed by its head, then taken in by the intake office."""

    __tablename__ = "quarterly_list"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)  #: of the process that has it signed
    office_code: Mapped[str] = mapped_column(String(32), index=True)
    year: Mapped[int]
    quarter: Mapped[int]
    until: Mapped[date]  #: last day of the quarter
    made_at: Mapped[datetime]
    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    received_by: Mapped[str | None]
    received_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("office_code", "year", "quarter"),)


class QuarterlyResult(Base):
    """One line of a list: what became of one clue, as it was when the list was made."""

    __tablename__ = "quarterly_result"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("quarterly_list.id"), index=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    result: Mapped[str] = mapped_column(String(16))  #: code of `codes/quarterly_results.csv`
    concluded_on: Mapped[date]


@operation("quarterly.ended")
def ended(context: Context) -> dict[str, Any]:
    """Return the quarter that ended last."""
    day = clock.day_of(context.now)
    last = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
    return {"year": last.year, "quarter": (last.month + 2) // 3}


@operation("quarterly.choose")
def choose(context: Context, *, answers: Answers) -> Recorded:
    """Have the lists of a past quarter made, where the day of its own was missed."""
    year, quarter = past(context, answers)
    return Recorded(variables={"year": year, "quarter": quarter}, business_key=f"{year}-Q{quarter}")


@operation("quarterly.make")
def make(context: Context) -> dict[str, Any]:
    """Make the list of every handling office that has none of the quarter yet, and return them for signing."""
    year, quarter = int(context.variables["year"]), int(context.variables["quarter"])
    made = [_made(context, code, year, quarter) for code in _offices(context.session)]
    return {"lists": [{"office": row.office_code, "number": row.number} for row in made if row]}


@operation("quarterly.lines", use="prefill")
def lines(context: Context) -> dict[str, Any]:
    """Return the list as its signer reads it."""
    row = _list(context)
    text = "\n".join(
        "　".join((line.number, line.report_no or "–", line.result, line.concluded_on.isoformat()))
        for line in content(context.session, row, "zh")
    )
    return {"list_no": row.number, "office": row.office_code, "lines": text or "本季度无办结的检举控告。"}


@operation("quarterly.sign")
def sign(context: Context, *, answers: Answers) -> None:
    """Sign the list as the head of the office (A2)."""
    row = _list(context)
    row.signed_by, row.signed_at = who(context), context.now


@operation("quarterly.receive")
def receive(context: Context, *, answers: Answers) -> None:
    """Take the signed list in at the intake office."""
    row = _list(context)
    if not parties(context).isdisjoint(hands_of(context, row.signed_by, "q_sign")):
        raise NotAllowed("Who signed the list may not also take it in.", code="both_sides")
    row.received_by, row.received_at = who(context), context.now


class Line:
    """One line as readers see it."""

    def __init__(self, result: QuarterlyResult, clue: Clue, lang: str) -> None:
        self.number = clue.clue_no or clue.transfer_no
        self.report_no = clue.report_no
        self.source = codes.word("clue_sources", clue.source, lang)
        self.result = codes.word("quarterly_results", result.result, lang)
        self.concluded_on = result.concluded_on


def seen(actor: Actor) -> ColumnElement[bool]:
    """Return the condition over `QuarterlyList` of what the actor may read."""
    if actor.groups & READERS:
        return true()
    own = [group.partition("@")[2] for group in actor.groups if group.startswith("office_head@")]
    return QuarterlyList.office_code.in_(sorted(own))


def find(session: Session, actor: Actor, number: str) -> QuarterlyList:
    """Return the list of this number; NotFound where the actor may not read it."""
    found = session.scalar(select(QuarterlyList).where(QuarterlyList.number == number, seen(actor)))
    if found is None:
        raise NotFound(f"There is no list {number}.", code="quarterly_list")
    return found


def content(session: Session, row: QuarterlyList, lang: str) -> list[Line]:
    """Return the lines of a list, in the order of conclusion."""
    found = select(QuarterlyResult, Clue).join(Clue, Clue.id == QuarterlyResult.clue_id)
    found = found.where(QuarterlyResult.list_id == row.id).order_by(
        QuarterlyResult.concluded_on, QuarterlyResult.id
    )
    return [Line(result, clue, lang) for result, clue in session.execute(found)]


def sheet(session: Session, row: QuarterlyList) -> Paper:
    """Return the list as a paper, by the template that is deployed with its process."""
    owner = deployed.process(session, definitions.latest(session, PROCESS).id)
    template = chosen(session, SHEET) or deployed.paper(session, owner, SHEET)
    if template is None:
        raise NotFound("The template of the list is not deployed.", code="template")
    said = {name: fact(session, row) for name, fact in _FACTS.items() if name in template.names}
    return template.fill(said, (("密级", "内部"), ("编号", row.number)))


def _made(context: Context, code: str, year: int, quarter: int) -> QuarterlyList | None:
    session = context.session
    same = (QuarterlyList.office_code == code, QuarterlyList.year == year, QuarterlyList.quarter == quarter)
    if session.scalar(select(QuarterlyList.id).where(*same)) is not None:
        return None
    begin, end = bounds(year, quarter)
    row = QuarterlyList(
        number=next_number(session, "quarterly", context.now),
        instance_id=context.instance_id,
        office_code=code,
        year=year,
        quarter=quarter,
        until=_day(end - timedelta(microseconds=1)),
        made_at=context.now,
    )
    session.add(row)
    session.flush()
    session.add_all(_results(row, session.scalars(_concluded(code, begin, end))))
    return row


def _results(row: QuarterlyList, clues: Iterable[Clue]) -> Iterable[QuarterlyResult]:
    for clue in clues:
        assert clue.concluded_at is not None
        yield QuarterlyResult(
            list_id=row.id, clue_id=clue.id, result=_result(clue), concluded_on=_day(clue.concluded_at)
        )


def _result(clue: Clue) -> str:
    if clue.stage == "transferred":
        return "OUT"
    return "JN" if clue.duplicate_of else clue.way or "DW4"


def _concluded(code: str, begin: datetime, end: datetime) -> Any:
    return select(Clue).where(
        Clue.office_code == code,
        or_(Clue.source.in_(REPORTS), Clue.named_report),
        Clue.concluded_at >= begin,
        Clue.concluded_at < end,
    )


def _offices(session: Session) -> list[str]:
    """Return the offices that handle clues: with a head, and handlers enough."""
    units = session.scalars(
        select(office.Unit).where(office.Unit.kind == "office").order_by(office.Unit.code)
    )
    return [
        unit.code
        for unit in units
        if office.people_in(session, f"office_head@{unit.code}")
        and len(office.people_in(session, f"handler@{unit.code}")) >= FEWEST_HANDLERS
    ]


def _list(context: Context) -> QuarterlyList:
    # The process made it: naming another one's list in a variable leads nowhere.
    number = (context.variables.get("list") or {}).get("number")
    wanted = select(QuarterlyList).where(QuarterlyList.number == number)
    row = context.session.scalar(wanted.where(QuarterlyList.instance_id == context.instance_id))
    if row is None:
        raise EngineFault("The matter is no list of results.", element=context.element_id)
    return row


def past(context: Context, answers: Answers) -> tuple[int, int]:
    """Return the year and quarter that a form chose; refused while the quarter runs."""
    year, quarter = int(answers["year"]), int(answers["quarter"])
    if bounds(year, quarter)[1] > context.now:
        raise refused("quarter", "quarter_runs")
    return year, quarter


def bounds(year: int, quarter: int) -> tuple[datetime, datetime]:
    """Return the first instant of a quarter and that after it, on the office's clock."""
    first = date(year, quarter * 3 - 2, 1)
    following = date(year + quarter // 4, quarter * 3 % 12 + 1, 1)
    begin, end = (datetime.combine(day, time(), clock.office_zone()) for day in (first, following))
    return begin, end


def _day(instant: datetime) -> date:
    return clock.day_of(instant)


#: What the sheet may say.
_FACTS: Mapping[str, Callable[[Session, QuarterlyList], Any]] = {
    "count": lambda session, row: len(content(session, row, "zh")),
    "lines": lambda session, row: [
        {
            "number": one.number,
            "report_no": one.report_no or "",
            "result": one.result,
            "on": facts.day(one.concluded_on),
        }
        for one in content(session, row, "zh")
    ],
    "office": lambda session, row: facts.unit(session, row.office_code),
    "quarter": lambda session, row: row.quarter,
    "received_by": lambda session, row: facts.person(session, row.received_by),
    "received_on": lambda session, row: facts.day(row.received_at),
    "signed_by": lambda session, row: facts.person(session, row.signed_by),
    "signed_on": lambda session, row: facts.day(row.signed_at),
    "until": lambda session, row: facts.day(row.until),
    "year": lambda session, row: row.year,
}
papers.know(SHEET, frozenset(_FACTS))
