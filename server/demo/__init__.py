"""The demo: a small invented city with a few hundred matters in every stage, played by the engine itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from handlers import office
from handlers.notifications import Notification
from handlers.registers import returns
from server import auth, boot
from server.db import Database
from server.demo import beside, reporters
from server.demo.story import Story
from workflows import audit, clock
from workflows.errors import Conflict
from workflows.model import AuditEvent, Instance

FOLDER = Path(__file__).parent
#: Act of the audit event that says that the demo is there.
LOADED = "demo.loaded"
#: The same demo everywhere: only the present differs.
SEED = 20_260_101
#: Older notifications have been read.
READ_AFTER = timedelta(days=5)

Say = Callable[[str], object]


@dataclass(frozen=True)
class DemoAccount:
    """An account to try: its password is its login."""

    login: str
    zh: str
    en: str


#: One of each kind; colleagues of theirs have accounts too.
ACCOUNTS = (
    DemoAccount("agency", "移送单位（生态环境局）", "agency clerk, ecology bureau"),
    DemoAccount("intake", "信访室", "intake clerk"),
    DemoAccount("clerk", "案件监督管理室", "case-supervision clerk"),
    DemoAccount("clerk2", "案件监督管理室", "case-supervision clerk"),
    DemoAccount("handler", "第一监督检查室承办人", "handler"),
    DemoAccount("handler2", "第一监督检查室承办人", "handler"),
    DemoAccount("head", "第一监督检查室主任、案管室主任（A2）", "head of office (A2)"),
    DemoAccount("leader", "分管领导（A3）", "leader in charge (A3)"),
    DemoAccount("principal", "主要负责人（A4）", "principal (A4)"),
    DemoAccount("reviewer", "案件审理室", "case reviewer"),
    DemoAccount("supervisor", "流程管理员", "process supervisor"),
    DemoAccount("auditor", "审计员", "auditor"),
    DemoAccount("admin", "系统管理员", "administrator"),
)


def load(database: Database, *, say: Say = lambda line: None) -> int:
    """Return how many matters were loaded: none if the demo is there already.

    One transaction: killed half-way, nothing is there and the next start begins anew. Raises Conflict on a
    database that holds other matters.
    """
    with database.alone(), database.unit_of_work() as session:
        if loaded(session):
            return 0
        if session.scalar(select(Instance.id).limit(1)) is not None:
            raise Conflict("This database holds matters of its own; give the demo another one.", code="demo")
        say("Loading the demo office …")
        settle(session)
        say("Playing the history of its matters, about half a minute …")
        beside.pass_on_sealed(session)
        count = Story(session, Random(SEED)).play(say)
        beside.tell_results(session)
        beside.report_announcements(session)
        reporters.unseal(session)
        _read_old_notifications(session)
        audit.record(session, actor=boot.SYSTEM, act=LOADED, detail={"matters": count})
    say(f"{count} matters are there.")
    return count


def loaded(session: Session) -> bool:
    """Return whether the demo is there."""
    return session.scalar(select(AuditEvent.id).where(AuditEvent.act == LOADED).limit(1)) is not None


def settle(session: Session) -> None:
    """Load the city's units, persons and memberships, and an account for everybody who signs in."""
    office.load_units(session, _text("units.csv"))
    office.load_people(session, _text("people.csv"))
    office.load_memberships(session, _text("memberships.csv"))
    returns.load(session, _text("return_duties.csv"))
    for login in session.scalars(select(office.Person.login).where(office.Person.login.is_not(None))):
        if login and session.get(auth.Account, login) is None:
            auth.create(session, login, login, trusted=True)
    boot.know_roles(session)


def _read_old_notifications(session: Session) -> None:
    old = update(Notification).where(Notification.at < clock.now() - READ_AFTER)
    session.execute(old.values(read_at=Notification.at))


def _text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
