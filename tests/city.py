"""A small city for tests of the pages: the demo's office, its accounts, its process, one with every field."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from sqlalchemy import or_, select, update

from handlers import office, return_calendar
from handlers.registers import Clue, returns
from handlers.registers.returns import AgencyReturn
from server import auth, boot, folders
from server.app import create_app
from server.db import Database, connect
from server.settings import Settings
from workflows import clock, deployed, instances, tasks
from workflows.actor import Actor
from workflows.model import Instance, Task, TaskCandidate

ERRAND = Path(__file__).parent / "browser" / "errand"
OFFICE = folders.BPMN.parent / "server" / "demo"
LOGINS = (
    "clerk",
    "clerk2",
    "intake",
    "handler",
    "handler2",
    "handler3",
    "head",
    "leader",
    "principal",
    "supervisor",
    "supervisor2",
)
LOGINS += ("agency", "agency2", "handler4", "auditor", "admin")

#: A full and right answer to the form `errand_request`; dates are far ahead of any test.
REQUEST: dict[str, Any] = {
    "place": "示例市东湖区",
    "reason": "核实项目现场与验收材料是否一致。",
    "domain": "ecology",
    "day": "2039-06-01",
    "car": "office",
    "team": [{"name": "张承办", "driver": False}, {"name": "刘协办", "driver": True}],
    "true_and_full": True,
}
#: How stories fill in the forms of the clue-transfer process, by form.
ANSWERS: dict[str, dict[str, Any]] = yaml.safe_load(
    (folders.BPMN / "clue_transfer" / "scenarios" / "answers.yaml").read_text("utf-8")
)
#: Who does which step on the main line: login, element.
MAIN_LINE = (
    ("clerk", "a3"),
    ("clerk", "a5"),
    ("clerk", "a7"),
    ("principal", "a7_approve"),
    ("head", "a8"),
    ("handler2", "a8_sign"),
    ("handler", "a8_sign"),
    ("handler", "a9"),
    ("head", "a10_a2"),
    ("leader", "a10_a3"),
    ("handler", "a12"),
    ("handler", "a13"),
)
#: What an agency transfers.
TRANSFER: dict[str, Any] = {
    "legal_basis": "supervision_law",
    "domain": "ecology",
    "subjects": [
        {
            "kind": "person",
            "name": "钱某某",
            "unit": "东湖区城市管理局",
            "post": "副局长",
            "rank": "RK10",
            "political_status": "party",
        }
    ],
    "facts": "2025 年 3 月至 6 月，在河道清淤工程验收中，未到现场核查即签字确认，致使虚报工程量。",
    "event_from": "2025-03-01",
    "event_to": "2025-06-30",
    "amount": 186000.5,
    "agency_conclusion": "经核对监理日志与影像资料，实际清淤量约为申报量的六成。",
    "urgency": "normal",
    "named": "no",
    "contact": "宋移送 0512-65430000",
    "head_sign": "周局长",
}


@dataclass(frozen=True)
class City:
    """The office under test, and the acts of tests on it: each a transaction of its own."""

    database: Database
    app: Flask

    def actor(self, login: str) -> Actor:
        """Return who signs in as `login`."""
        with self.database.reading() as session:
            return office.actor_for(session, login)

    def start(self, key: str = "errand", *, by: str = "supervisor", **given: Any) -> Instance:
        """Start a process."""
        actor = self.actor(by)
        with self.database.unit_of_work() as session:
            return instances.start(session, key=key, actor=actor, **given)

    def transfer(self, **other: Any) -> Instance:
        """Let the agency transfer a clue."""
        return self.start("clue_transfer", by="agency", answers={**TRANSFER, **other})

    def instance(self, number: str) -> Instance:
        """Return the process of a transfer by its number."""
        with self.database.reading() as session:
            return session.scalars(select(Instance).where(Instance.business_key == number)).one()

    def clue(self, instance: Instance) -> str:
        """Return the id of the clue of a transfer."""
        with self.database.reading() as session:
            return session.scalars(select(Clue.id).where(Clue.transfer_no == instance.business_key)).one()

    def advance(self, instance: Instance, to: str) -> Task:
        """Let a clue travel the main line up to a step, and return the task there."""
        for login, element in MAIN_LINE:
            task = self.task(instance, element, login)
            if element == to:
                return task
            self.complete(task, login, **self.answers(task))
        raise AssertionError(f"The main line does not come to {to}.")

    def answers(self, task: Task) -> dict[str, Any]:
        """Return how stories fill in the form of a task."""
        with self.database.reading() as session:
            owner = deployed.process(session, task.definition_id)
            form = deployed.form(session, owner, owner.definition.nodes[task.element_id])
        usual = (
            {**ANSWERS[form.id], **({"to_office": "JD1"} if task.element_id == "a7" else {})} if form else {}
        )
        today = office.today().isoformat()
        return {key: today if value == "today" else value for key, value in usual.items()}

    def task(self, instance: Instance, element: str | None = None, login: str | None = None) -> Task:
        """Return the open task of an instance: the only one, that at an element, or somebody's there."""
        wanted = select(Task).where(Task.instance_id == instance.id, Task.closed_at.is_(None))
        if element:
            wanted = wanted.where(Task.element_id == element)
        if login:
            wanted = wanted.where(or_(Task.assignee.is_(None), Task.assignee == login))
        with self.database.reading() as session:
            return session.scalars(wanted).one()

    def claim(self, task: Task, login: str) -> Task:
        """Let somebody claim a task."""
        actor = self.actor(login)
        with self.database.unit_of_work() as session:
            return tasks.claim(session, task.id, actor=actor)

    def complete(self, task: Task, login: str, **answers: Any) -> None:
        """Let somebody complete a task."""
        actor = self.actor(login)
        with self.database.unit_of_work() as session:
            tasks.complete(session, task.id, actor=actor, answers=answers)

    def ask(self, *agencies: str, month: str) -> dict[str, AgencyReturn]:
        """Let the office ask these agencies for the return of a month's period, on its first day."""
        first = datetime.fromisoformat(f"{month}-01T09:00:00+08:00")
        with clock.held_at(first):
            with self.database.unit_of_work() as session:
                for agency in set(agencies) - set(returns.owing(session, first.date())):
                    returns.begin(session, agency, since=date(2020, 1, 1))
            with self.database.reading() as session:
                period = return_calendar.standing(session).period_of(first.date()).label
            begun = self.start("return_period", by="clerk", answers={"period": period})
        asked = select(AgencyReturn).where(AgencyReturn.instance_id == begun.id)
        with self.database.reading() as session:
            return {row.agency_code: row for row in session.scalars(asked)}

    def make_late(self, task: Task, *, by: timedelta) -> None:
        """Let a task have been due some time ago."""
        due = clock.now() - by
        with self.database.unit_of_work() as session:
            session.execute(update(Task).where(Task.id == task.id).values(due_at=due, sorts_at=due))
            named = update(TaskCandidate).where(TaskCandidate.task_id == task.id)
            session.execute(named.values(sorts_at=due))


def found(folder: Path, url: str = "") -> City:
    """Return a city in a folder, or at a database's address: office, accounts (password = login), process.

    What is to be in a folder is laid once beside it, and copied.
    """
    if url:
        _lay(url)
    else:
        laid, own = folder.parent / "laid_city.sqlite3", folder / "city.sqlite3"
        if not laid.exists():
            _lay(f"sqlite:///{laid}")
        shutil.copyfile(laid, own)
        url = f"sqlite:///{own}"
    settings = _settings(url)
    database = connect(settings)
    return City(database, create_app(settings, database))


def _lay(url: str) -> None:
    settings = _settings(url)
    with closing(connect(settings)) as database:
        create_app(settings, database)
        boot.lay(database)
        with database.unit_of_work() as session:
            for name, load in (
                ("units", office.load_units),
                ("people", office.load_people),
                ("memberships", office.load_memberships),
            ):
                load(session, (OFFICE / f"{name}.csv").read_text("utf-8"))
            for login in LOGINS:
                auth.create(session, login, login, trusted=True)
            boot.know_roles(session)
            supervisor = office.actor_for(session, "supervisor")
            for process in (ERRAND, *folders.find(folders.BPMN)):
                boot.deploy(session, process, actor=supervisor, profile="office")


def _settings(url: str) -> Settings:
    return Settings(database_url=url, secret_key="k" * 40, demo=True, second_person=False)
