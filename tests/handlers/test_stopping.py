"""A process that ends others of its matter: each once, by a job of its own, and never another matter's."""

from __future__ import annotations

from sqlalchemy import select

from server import worker
from server.db import Database
from tests import clues
from tests.workflows.conftest import make_diagram
from workflows import definitions, opening, persistence
from workflows.actor import Actor
from workflows.model import Instance, Job

CHIEF = Actor("supervisor")
WAITS = make_diagram("waits", '<bpmn:startEvent id="s"/><bpmn:userTask id="u"/>', "s>u")
STOPS = make_diagram(
    "stops",
    '<bpmn:startEvent id="s"/>'
    '<bpmn:serviceTask id="stop" camunda:delegateExpression="${processes.stop}">'
    "<bpmn:extensionElements><camunda:inputOutput>"
    '<camunda:inputParameter name="process">waits</camunda:inputParameter>'
    '<camunda:inputParameter name="reason">并案</camunda:inputParameter>'
    "</camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>"
    '<bpmn:userTask id="again"/>',
    "s>stop",
    "stop>again",
    "again>stop",
)


def test_only_the_matters_own_processes_are_stopped_and_each_once(house: Database) -> None:
    with house.unit_of_work() as session:
        for key, drawn in (("waits", WAITS), ("stops", STOPS)):
            files = {f"{key}.bpmn": drawn.encode()}
            definitions.deploy(session, files, name=key, actor=CHIEF, profile="engine")
        first, second = (clues.laid(session, "DW2", number=number).scope_id for number in (1, 2))
        mine, held, other = (_begin(session, "waits", scope) for scope in (first, first, second))
        session.get_one(Instance, held).state = "suspended"
        asks = _begin(session, "stops", first)
    with house.unit_of_work() as session:
        # Asked again before anything was done, there is still one job for each.
        persistence.stop(session, mine, origin_id=asks, reason="再次")
        assert len(session.scalars(select(Job).where(Job.kind == "stop")).all()) == 2
    worker.run_due(house)
    with house.reading() as session:
        ended = {one: session.get_one(Instance, one) for one in (mine, held, other, asks)}
        assert [row.state for row in ended.values()] == ["cancelled", "cancelled", "active", "active"]
        assert ended[mine].end_reason == "并案"
        for one in ended:
            assert persistence.rows_equal_run(session, one) == []


def _begin(session, key, scope):
    begun = opening.begin(
        session, definitions.latest(session, key), actor=None, given={}, business_key=key, scope_id=scope
    )
    return begun.id
