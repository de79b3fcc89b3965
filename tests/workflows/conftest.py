"""A database with the engine's tables, an open-handed policy, and small diagrams to run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest
from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, false, or_, select, true
from sqlalchemy.orm import Session

from tests import databases
from tests.conftest import PostgreSQL
from workflows import clock, definitions, instances, operations, persistence, tasks, visibility
from workflows.actor import Actor
from workflows.errors import EngineFault
from workflows.model import Base, Deployment, Instance, ProcessDefinition, Task, TaskCandidate
from workflows.visibility import Decision

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  #: a Monday, nine o'clock in the office


class Candidates:
    """A policy for tests: who has to do with a task sees it; who started an instance sees and rules it."""

    def instances(self, actor: Actor) -> ColumnElement[bool]:
        mine = select(Task.instance_id).where(tasks.doable(actor))
        return (
            true()
            if "operator" in actor.groups
            else or_(Instance.started_by == actor.id, Instance.id.in_(mine))
        )

    def tasks(self, actor: Actor) -> ColumnElement[bool]:
        if "operator" in actor.groups:
            return true()
        named = select(TaskCandidate.task_id).where(TaskCandidate.name.in_([actor.id, *actor.groups]))
        return or_(
            Task.assignee == actor.id, Task.owner == actor.id, Task.closed_by == actor.id, Task.id.in_(named)
        )

    def whole(self, actor: Actor) -> ColumnElement[bool]:
        return self.instances(actor)

    def external(self, actor: Actor) -> ColumnElement[bool]:
        return true() if "worker" in actor.groups else false()

    def withheld(self, session: Session, actor: Actor, tasks: Iterable[Any]) -> Collection[str]:
        return ()

    def may(self, session: Session, actor: Actor, act: str, subject: Instance | Task) -> Decision:
        if act == "see" and isinstance(subject, Task):
            seen = select(Task.id).where(Task.id == subject.id, self.tasks(actor))
            return Decision(session.scalar(seen) is not None)
        return Decision("guest" not in actor.groups, "Guests only look.")


class Office:
    """One database under test, and the acts of tests on it: each a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.chief = Actor("chief", frozenset({"operator"}))

    @contextmanager
    def work(self) -> Iterator[Session]:
        """Give a session as the edge does: committed on leaving, rolled back on error, faults then noted."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except EngineFault as fault:
            for write in fault.afterwards:
                with Session(self.engine) as session, session.begin():
                    write(session)
            raise

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Give the list of the SQL statements that are executed inside."""
        statements: list[str] = []

        def note(*given: Any) -> None:
            if given[2] != "begin immediate":
                statements.append(given[2])

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(self.engine, "before_cursor_execute", note)

    def deploy(
        self, *files: str | bytes, name: str = "test", others: dict[str, bytes] | None = None
    ) -> Deployment:
        """Deploy diagrams, in the profile of other engines' diagrams."""
        content = {f"{number}.bpmn": _bytes(file) for number, file in enumerate(files)} | (others or {})
        with self.work() as session:
            return definitions.deploy(session, content, name=name, actor=self.chief, profile="engine")

    def start(
        self, key: str, actor: Actor | None = None, business_key: str | None = None, **variables: Any
    ) -> Instance:
        """Start the latest version of a process."""
        with self.work() as session:
            return instances.start(
                session, key=key, actor=actor or self.chief, variables=variables, business_key=business_key
            )

    def open_tasks(self, instance: Instance | None = None) -> list[Task]:
        """Return the open tasks, of one instance or of all."""
        with self.work() as session:
            narrowed = {"instance_id": instance.id} if instance else {}
            return list(tasks.listing(session, self.chief, limit=1000, **narrowed).rows)

    def task(self, element_id: str, instance: Instance | None = None) -> Task:
        """Return the one open task at an element."""
        found = [task for task in self.open_tasks(instance) if task.element_id == element_id]
        assert len(found) == 1, f"{len(found)} open tasks at {element_id}"
        return found[0]

    def complete(self, task: Task, actor: Actor | None = None, **variables: Any) -> Instance:
        """Complete a task, and return its instance."""
        with self.work() as session:
            return tasks.complete(session, task.id, actor=actor or self.chief, variables=variables)

    def get(self, kind: type[Any], key: Any) -> Any:
        """Return a row."""
        with self.work() as session:
            return session.get(kind, key)

    def all(self, kind: type[Any], *conditions: Any) -> list[Any]:
        """Return the rows of a table."""
        with self.work() as session:
            return list(session.scalars(select(kind).where(*conditions)))

    def check(self) -> None:
        """Assert that the rows of every instance say what its run says."""
        with self.work() as session:
            for instance_id in session.scalars(select(Instance.id)).all():
                assert persistence.rows_equal_run(session, instance_id) == []

    def definition(self, key: str) -> ProcessDefinition:
        """Return the latest version of a process."""
        with self.work() as session:
            return definitions.latest(session, key)


def _bytes(file: str | bytes) -> bytes:
    return file.encode() if isinstance(file, str) else file


def _open_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode = wal", "foreign_keys = on", "synchronous = off"):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")


#: Opens an empty office; the next one is opened when this one is closed.
Offices: TypeAlias = Callable[[], AbstractContextManager[Office]]


def open_office(url: str) -> Office:
    """Return an office on an empty database, with its tables made."""
    found = _connected(url)
    Base.metadata.create_all(found.engine)
    return found


def _connected(url: str) -> Office:
    engine = create_engine(url, pool_size=20)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return Office(engine)


def _lay(url: str) -> None:
    open_office(url).engine.dispose()


@pytest.fixture(scope="session")
def sqlite_offices(tmp_path_factory: pytest.TempPathFactory) -> Offices:
    """Return what opens offices on SQLite."""
    return databases.of_sqlite(tmp_path_factory.mktemp("offices"), _lay, _connected)


@pytest.fixture(scope="session")
def postgresql_offices(postgresql: PostgreSQL) -> Offices:
    """Return what opens offices on PostgreSQL."""
    return databases.of_postgresql(postgresql, _lay, _connected)


@pytest.fixture(autouse=True)
def candidates() -> Iterator[None]:
    """Install the tests' policy, and put back what was there."""
    before = visibility.policy()
    visibility.install(Candidates())
    yield
    visibility.install(before)


@pytest.fixture
def held_clock() -> Iterator[None]:
    """Hold the clock at a Monday morning; move it on with `clock.held_at`."""
    with clock.held_at(START):
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, held_clock: None) -> Iterator[Office]:
    """Give an office on each kind of database, its clock held at `START`."""
    offices: Offices = request.getfixturevalue(f"{request.param}_offices")
    with offices() as found:
        yield found
        found.engine.dispose()


@pytest.fixture
def racing_office(postgresql_offices: Offices) -> Iterator[Office]:
    """Give an office on PostgreSQL, for threads."""
    with postgresql_offices() as found:
        yield found
        found.engine.dispose()


@pytest.fixture
def operation() -> Iterator[Callable[[str], Callable[[operations.Operation], operations.Operation]]]:
    """Give a decorator that registers an operation for one test, which knows no other ones."""
    before, uses = dict(operations._registry), dict(operations._uses)
    # Registers whose tests run on the same worker have theirs in it, some by the names that tests use.
    operations._registry.clear()
    yield operations.operation
    operations._registry.clear()
    operations._registry.update(before)
    operations._uses.update(uses)


_numbers = itertools.count(1)


@pytest.fixture
def diagram() -> Callable[..., str]:
    """Give the maker of diagrams: `diagram("key", "<bpmn:startEvent …/>…", "a>b", "a>c?${x}")`."""
    return make_diagram


def make_diagram(key: str, elements: str, *flows: str, before: str = "", **attributes: str) -> str:
    """Return a diagram of one process; `flows` are `source>target`, with `?condition` where there is one."""
    drawn = "".join(_flow(number, flow) for number, flow in enumerate(flows, 1))
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="file" targetNamespace="t">'
        f'{before}<bpmn:process id="{key}" name="{key}" isExecutable="true"{given}>'
        f"{elements}{drawn}</bpmn:process>"
        "</bpmn:definitions>"
    )


def _flow(number: int, flow: str) -> str:
    way, _, condition = flow.partition("?")
    source, _, target = way.partition(">")
    inner = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression"><![CDATA[{condition}]]>'
        "</bpmn:conditionExpression>"
        if condition
        else ""
    )
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<bpmn:sequenceFlow id="f{number}" {ends}>{inner}</bpmn:sequenceFlow>'


TWO_STEPS = make_diagram(
    "pair",
    '<bpmn:startEvent id="s"/>'
    '<bpmn:userTask id="one" name="一" camunda:candidateGroups="handler" camunda:dueDate="PT4H">'
    '<bpmn:extensionElements><camunda:properties><camunda:property name="en" value="One"/>'
    "</camunda:properties></bpmn:extensionElements></bpmn:userTask>"
    '<bpmn:userTask id="two" name="二" camunda:candidateUsers="bob"/>'
    '<bpmn:boundaryEvent id="late" attachedToRef="one"><bpmn:timerEventDefinition>'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P2D</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    '<bpmn:userTask id="escalated" name="三" camunda:assignee="chief"/>'
    '<bpmn:endEvent id="e"/>',
    "s>one",
    "one>two",
    "two>e",
    "late>escalated",
    "escalated>e",
)


@pytest.fixture
def two_steps() -> str:
    """Give `pair`: `one` (group handler, 4 hours), then `two` (user bob); after 2 days chief gets it."""
    return TWO_STEPS
