"""A sandbox: a draft played by the very program, in a house of its own with made-up people, and a clock to be moved.

The house is a database in memory that is kept as bytes between two acts: nothing of it touches a matter, nobody else
sees it, and what it would send lies there unsent. Of the office it has the rules (limits, days, reminders) and the
processes that the draft calls; its people and units are those of the demo.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from handlers import conventions, escalation, office
from handlers.registers import Clue, ClueHandler, ClueSubject
from server import folders, worker
from server.db import Database, image_of, in_memory
from server.tables import metadata
from workflows import (
    clock,
    clocks,
    definitions,
    deployed,
    engine,
    instances,
    jobs,
    limits,
    opening,
    tasks,
    timers,
)
from workflows.actor import Actor
from workflows.definitions import drafts, files
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.forms import Form
from workflows.model import (
    NEVER,
    Activity,
    DecisionDefinition,
    FormDefinition,
    Instance,
    Job,
    ProcessDefinition,
    Resource,
    Sandbox,
    Task,
)
from workflows.visibility import policy

#: Who is known in every house: those of the demo.
OFFICE = folders.BPMN.parent / "server" / "demo"
#: The office's own rules, which the house takes over.
RULES = ("calendar_day", "calendar_year", "reminder_rung", "time_convention", "time_limit")
#: As whom the house is furnished.
BUILDER = Actor("sandbox")
WORKER = "sandbox"
#: Who may send messages in the demo's office.
OPERATOR = "head"
#: What processes that others begin are usually handed, for a matter that is made up.
HANDED = {"handlers": ["handler", "handler2"], "leaders": ["leader"], "office": "JD1"}
#: Timers that one move of the clock lets fire, and how far it goes.
MOST_FIRED, FURTHEST = 500, timedelta(days=3_660)
#: Bytes of one house.
LARGEST = 64 * 1024 * 1024


@dataclass
class House:
    """One sandbox while it is open: its database, under its own clock."""

    kept: Sandbox
    database: Database

    def messages(self) -> list[str]:
        """Return the messages by which the process can be begun."""
        with self.database.reading() as session:
            known = engine.triggers(deployed.compiled(session, self.kept.played_id))
        return [trigger.name for trigger in known if trigger.kind == "message"]

    def form(self) -> Form | None:
        """Return the form that begins the process, if it has one."""
        with self.database.reading() as session:
            owner = deployed.process(session, self.kept.played_id)
            node = owner.definition.start_node
            return deployed.form(session, owner, node) if node is not None else None

    def begins_plainly(self) -> bool:
        """Tell whether somebody can begin the process, by a form or without."""
        with self.database.reading() as session:
            nodes = deployed.compiled(session, self.kept.played_id).nodes.values()
        return any(node.kind == "startEvent" and node.scope is None for node in nodes)

    def start(
        self,
        login: str,
        answers: Mapping[str, Any],
        told: Mapping[str, Any],
        *,
        matter: bool = False,
        message: str | None = None,
    ) -> None:
        """Begin an instance as somebody; by a message, or on a made-up matter, as other processes would begin it."""
        with self.database.unit_of_work() as session:
            if matter or message:
                clue = _matter(session)
                opening.begin(
                    session,
                    session.get_one(ProcessDefinition, self.kept.played_id),
                    actor=None,
                    given=answers,
                    business_key=clue.clue_no,
                    scope_id=clue.scope_id,
                    message=message,
                )
            else:
                actor = office.actor_for(session, login)
                instances.start(session, definition_id=self.kept.played_id, actor=actor, answers=answers)
        begun: dict[str, Any] = {"start": {"actor": login, "answers": dict(told)}}
        if matter or message:
            begun = {"laid": {"way": "DW2", **({"message": message} if message else {})}}
        self._done(begun)

    def complete(self, task_id: str, login: str, answers: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """Let somebody claim a task and complete it; raises as `tasks.claim` and `tasks.complete` do."""
        with self.database.unit_of_work() as session:
            actor = office.actor_for(session, login)
            task = session.get(Task, task_id)
            if task is None:
                raise NotFound(f"There is no task {task_id}.", code="task")
            if task.assignee != login:
                tasks.claim(session, task_id, actor=actor)
            tasks.complete(session, task_id, actor=actor, answers=answers)
            step = {"actor": login, "task": task.element_id, "answers": dict(told)}
        self._done(step)

    def tell(self, name: str) -> None:
        """Let a message come in that something waits for."""
        with self.database.unit_of_work() as session:
            instances.message(session, name, actor=_operator(session))
        self._done({"actor": OPERATOR, "message": name})

    def move_clock(self, to: datetime) -> int:
        """Let time pass until an instant; what falls due on the way fires at its own time. Returns how much did."""
        if not self.kept.at < to <= self.kept.at + FURTHEST:
            raise InvalidInput("Choose a later instant, within ten years.", code="clock_forward")
        fired, since = 0, self.kept.at
        while (due := self.next_due()) is not None and due <= to and fired < MOST_FIRED:
            with clock.own(max(due, self.kept.at)):
                done = self._run()
            fired += done
            if not done:
                break
            self.kept.at = max(due, self.kept.at)
        self.kept.at = to if fired < MOST_FIRED else self.kept.at
        with clock.own(self.kept.at):
            self._run()
        seconds = round((self.kept.at - since).total_seconds())
        self.kept.steps = [*self.kept.steps, {"advance": f"PT{seconds}S"}]
        return fired

    def next_due(self) -> datetime | None:
        """Return when the next timer or job is due."""
        with self.database.reading() as session:
            found = (timers.next_due_at(session), jobs.next_due_at(session))
        return min((one for one in found if one is not None), default=None)

    def people(self, task_id: str | None = None) -> list[tuple[str, str]]:
        """Return login and name of those who may do a task, or may start the process."""
        with self.database.reading() as session:
            rows = session.execute(
                select(office.Person.login, office.Person.name)
                .where(office.Person.login.is_not(None))
                .order_by(office.Person.login)
            )
            definition = session.get_one(ProcessDefinition, self.kept.played_id)
            task = session.get_one(Task, task_id) if task_id else None
            return [
                (login, name)
                for login, name in rows
                if login and _may(session, office.actor_for(session, login), task, definition)
            ]

    def taken(self) -> set[str]:
        """Return the sequence flows that all runs in this house, and earlier ones, have taken."""
        with self.database.reading() as session:
            found = select(Activity.flow).distinct().join(Instance, Instance.id == Activity.instance_id)
            found = found.where(Instance.definition_id == self.kept.played_id, Activity.flow.is_not(None))
            return {flow for flow in session.scalars(found) if flow} | set(self.kept.taken)

    def flows(self) -> list[str]:
        """Return all sequence flows of the draft."""
        with self.database.reading() as session:
            return list(deployed.compiled(session, self.kept.played_id).flows)

    def _run(self) -> int:
        """Do what is due; a message that nobody in the house waits for lies there until somebody does."""
        waiting = (Job.kind == "message", Job.status == "waiting")
        with self.database.unit_of_work() as session:
            session.execute(update(Job).where(*waiting).values(due_at=clock.now()))
        done = worker.run_due(self.database, worker=WORKER)
        with self.database.unit_of_work() as session:
            session.execute(update(Job).where(*waiting).values(due_at=NEVER, leased_until=None))
        return done

    def _done(self, step: Mapping[str, Any]) -> None:
        self._run()
        self.kept.steps = [*self.kept.steps, dict(step)]


def begin(session: Session, base: ProcessDefinition, *, actor: Actor) -> Sandbox:
    """Build a new house for the draft of a version, or for the version itself; one that there was is taken down.

    InvalidInput with `findings` where the engine cannot run the draft; deadlocks do not stop it: they can be seen here.
    """
    draft = drafts.pending(session, base.key)
    content = {file.name: file.content for file in definitions.resources(session, base.deployment_id)}
    if draft is not None and draft.content is not None and draft.based_on == base.id:
        content = drafts.together(session, base, draft.content, draft.beside)
    called = {**_named(session, content), **_called(session, content)}
    roles = session.execute(select(metadata.tables["role"])).mappings().all()
    rules = {name: session.execute(select(metadata.tables[name])).mappings().all() for name in RULES}
    # A whole minute, as a story tells when it begins.
    now = clock.now().replace(second=0, microsecond=0)
    database = in_memory(zlib.decompress(_empty()))
    with clock.own(now), database.unit_of_work() as own:
        for name, rows in rules.items():
            own.execute(delete(metadata.tables[name]))
            if rows:
                own.execute(insert(metadata.tables[name]), [dict(row) for row in rows])
        _fill_roles(own, roles)
        force = definitions.Force("sandbox", BUILDER.id)
        for name, others in called.items():
            definitions.deploy(own, others, name=name, actor=BUILDER, profile="engine", force=force)
        definitions.deploy(own, content, name="draft", actor=BUILDER, profile="engine", force=force)
        played = definitions.latest(own, base.key).id
    before = session.get(Sandbox, (base.key, actor.id))
    taken: list[Any] = [] if before is None or before.definition_id != base.id else _taken(before)
    made = before or Sandbox(key=base.key, owner=actor.id)
    made.definition_id, made.played_id, made.image = base.id, played, _pack(database)
    made.at, made.steps, made.taken, made.touched_at = now, [], taken, now
    made.before = made.before_at = None
    made.before_steps = 0
    session.add(made)
    return made


@contextmanager
def opened(kept: Sandbox, *, act: bool = False) -> Iterator[House]:
    """Open a house under its clock; with `act`, what is done in it is kept in the row, and can be undone once."""
    database = in_memory(zlib.decompress(kept.image))
    image, at, steps = kept.image, kept.at, len(kept.steps)
    house = House(kept, database)
    try:
        with clock.own(kept.at):
            yield house
        if act:
            kept.image = _pack(database)
            kept.before, kept.before_at, kept.before_steps = image, at, steps
            kept.touched_at = clock.now()
    finally:
        database.close()


def undo(kept: Sandbox) -> None:
    """Take back the last act; Conflict where there is none any more."""
    if kept.before is None or kept.before_at is None:
        raise Conflict("There is nothing to undo any more.", code="nothing_to_undo")
    kept.image, kept.at = kept.before, kept.before_at
    kept.steps = kept.steps[: kept.before_steps]
    kept.before = kept.before_at = None


def of(session: Session, key: str, owner: str) -> Sandbox | None:
    """Return somebody's house for a process, if there is one."""
    return session.get(Sandbox, (key, owner))


def drop(session: Session, key: str, owner: str) -> None:
    """Take a house down."""
    session.execute(delete(Sandbox).where(Sandbox.key == key, Sandbox.owner == owner))


def _pack(database: Database) -> bytes:
    image = image_of(database)
    if len(image) > LARGEST:
        raise InvalidInput("The sandbox has grown too large: start over.", code="sandbox_full")
    return zlib.compress(image, 1)


@cache
def _empty() -> bytes:
    """Return a house without a process: tables, roles, units and people."""
    database = in_memory()
    metadata.create_all(database.engine)
    with database.unit_of_work() as session:
        office.load_roles(session, (folders.BPMN / "roles.csv").read_text("utf-8"))
        limits.load(session, (folders.BPMN / "time_limits.csv").read_text("utf-8"))
        escalation.load(session, (folders.BPMN / "reminders.csv").read_text("utf-8"))
        conventions.seed(session)
        clocks.watch_caps(session)
        for name, load in (
            ("units", office.load_units),
            ("people", office.load_people),
            ("memberships", office.load_memberships),
        ):
            load(session, (OFFICE / f"{name}.csv").read_text("utf-8"))
    return _pack(database)


def _called(session: Session, content: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return the files of the processes that are called, and called by these, by key: what is called stands first."""
    found: dict[str, dict[str, bytes]] = {}
    known = {process.id for _file, process in files.read(content).processes}

    def follow(calling: Mapping[str, bytes]) -> None:
        for call in (call for _file, process in files.read(calling).processes for call in process.calls):
            if call.key in known:
                continue
            known.add(call.key)
            newest = definitions.latest(session, call.key)
            others = {
                file.name: file.content for file in definitions.resources(session, newest.deployment_id)
            }
            follow(others)
            found[call.key] = others

    follow(content)
    return found


def _named(session: Session, content: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return the newest forms and tables that steps name and that are not among the files, each by itself."""
    read = files.read(content)
    known = {*(form.id for _file, form in read.forms), *(table.id for _file, table in read.decisions)}
    nodes = [node for _file, process in read.processes for node in process.nodes.values()]
    found: dict[str, dict[str, bytes]] = {}
    kinds: tuple[tuple[str, Any], ...] = (("formRef", FormDefinition), ("decisionRef", DecisionDefinition))
    for attribute, kind in kinds:
        for key in {str(node.attributes.get(attribute) or "") for node in nodes} - known - {""}:
            newest = select(kind).where(kind.key == key).order_by(kind.version.desc()).limit(1)
            row = session.scalars(newest).one_or_none()
            if row is not None:
                wanted = (Resource.deployment_id == row.deployment_id, Resource.name == row.resource_name)
                found[row.resource_name] = {
                    row.resource_name: session.scalars(select(Resource.content).where(*wanted)).one()
                }
    return found


def _fill_roles(session: Session, roles: Sequence[Any]) -> None:
    """Let the office's own roles be there too, and a made-up person for each that nobody holds."""
    for row in roles:
        if session.get(office.Role, row["id"]) is None:
            session.add(office.Role(**row))
    session.flush()
    held = set(session.scalars(select(office.Membership.role)))
    for role in session.scalars(select(office.Role).where(office.Role.id.not_in(held))).all():
        session.add(office.Person(login=f"try_{role.id}", name=f"虚构·{role.name_zh}"))
        session.flush()
        office.enrol(session, f"try_{role.id}", role.id, since=date(2020, 1, 1))


def _taken(kept: Sandbox) -> list[Any]:
    with opened(kept) as house:
        return sorted(house.taken())


def _may(session: Session, actor: Actor, task: Task | None, definition: ProcessDefinition) -> bool:
    if task is None:
        planned = Instance(
            id="",
            definition_id=definition.id,
            definition_key=definition.key,
            state="active",
            started_by=actor.id,
        )
        return policy().may(session, actor, "start", planned).allowed
    act = "complete" if task.assignee == actor.id else "claim"
    return policy().may(session, actor, act, task).allowed


def _operator(session: Session) -> Actor:
    """Return who may send messages to what belongs to a matter, and to what belongs to none."""
    return replace(office.actor_for(session, OPERATOR), id=BUILDER.id)


def _matter(session: Session) -> Clue:
    """Return a made-up clue that was distributed and approved, with its person and its handlers."""
    now, number = clock.now(), 1 + (session.scalar(select(func.count()).select_from(Clue)) or 0)
    clue = Clue(
        transfer_no=f"YS-{now.year}-9{number:04}",
        receipt_no=f"HZ-{now.year}-9{number:04}",
        clue_no=f"XS-{now.year}-9{number:04}",
        source="SR09",
        agency_code="STJ",
        legal_basis="other",
        domain="ecology",
        facts="试运行用的虚构线索。",
        contact="虚构",
        head_sign="虚构",
        submitted_by="agency",
        submitted_at=now,
        received_by="clerk",
        received_at=now,
        registered_by="clerk",
        registered_at=now,
        competence="yes",
        category="PC5",
        summary="试运行用的虚构线索。",
        management="below",
        office_code="JD1",
        way="DW2",
        stage="verification",
    )
    session.add(clue)
    session.flush()
    person = {"kind": "person", "name": "虚构人员甲", "unit": "示例单位", "post": "科长", "rank": "RK09"}
    session.add(ClueSubject(clue_id=clue.id, political_status="party", unit_code="STJ", **person))
    signed = {"assigned_by": "head", "assigned_at": now, "declared_at": now}
    session.add_all(ClueHandler(clue_id=clue.id, login=login, **signed) for login in ("handler", "handler2"))
    session.flush()
    return clue
