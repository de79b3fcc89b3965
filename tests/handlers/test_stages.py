"""The stage of a matter: what diagrams state, what the gate says of it, and what the rows carry."""

from functools import partial

import pytest
from sqlalchemy import select

from handlers import stages
from tests.security.drawing import START, form, process, properties, task
from tests.stages import lay_stages
from workflows import definitions, instances, persistence
from workflows.actor import Actor
from workflows.instances import migration
from workflows.model import Instance, Task

CHIEF = Actor("supervisor", frozenset({"supervisor"}))


def files(stage, *steps, key="staged"):
    drawn = process(key, *steps, start=properties(en="Staged", stage=stage) + START)
    return {"p.bpmn": drawn, "f.form.json": form("form")}


def test_each_stage_has_a_matter_whose_rows_carry_it(sqlite_houses):
    with sqlite_houses() as house:
        laid = lay_stages(house)
        with house.reading() as session:
            for stage, one in laid.items():
                rows = session.get_one(Instance, one.instance_id), session.get_one(Task, one.task_id)
                assert [row.stage for row in rows] == [stage, stage]
                assert {row.scope_id for row in rows} == {one.scope_id}
            assert all(stages.area(stage) for stage in laid)


def called(key, **said):
    place, inner = f"call_{key}" if not said else "call", properties(**said) if said else ""
    return place, f'<callActivity id="{place}" name="Call" calledElement="{key}">{inner}</callActivity>'


def inside(stage):
    step = task("deep")[1]
    flows = '<sequenceFlow id="i1" sourceRef="in" targetRef="deep"/>'
    flows += '<sequenceFlow id="i2" sourceRef="deep" targetRef="out"/>'
    parts = f'<startEvent id="in" name="In"/>{step}<endEvent id="out" name="Out"/>{flows}'
    return "sub", f'<subProcess id="sub" name="Sub">{properties(en="Sub", stage=stage)}{parts}</subProcess>'


def test_a_step_is_of_its_own_stage_then_of_what_is_around_it_and_follows_a_migration(sqlite_houses):
    steps = (task("own", stage="review"), inside("investigation"), called("callee"), called("silent"))
    # What is called says nothing of itself: then its call activity does.
    steps += (called("mute", stage="appeal"),)
    with sqlite_houses() as house, house.unit_of_work() as session:
        deployed = partial(definitions.deploy, session, name="staged", actor=CHIEF, profile="office")
        deployed(files("interview", task("theirs"), key="callee"))
        mute = process("mute", task("still"), start=properties(en="Mute") + START)
        for silent in (process("silent", task("quiet"), start=properties(en="Silent") + START), mute):
            deployed({"p.bpmn": silent, "f.form.json": form("form")})
        deployed(files("rectification", *steps, task("plain")))
        begun = instances.start(session, key="staged", actor=CHIEF)
        of_begun = select(Task).where(Task.instance_id == begun.id)
        for _ in steps:
            standing = session.scalars(of_begun.where(Task.closed_at.is_(None))).one()
            with persistence.advancing(session, begun.id, actor=CHIEF) as run:
                run.complete(standing.id, {})
        session.expire_all()
        assert {row.element_id: row.stage for row in session.scalars(of_begun)} == {
            "own": "review",
            "deep": "investigation",
            "theirs": "interview",
            "quiet": "rectification",
            "still": "appeal",
            "plain": "rectification",
        }
        deployed(files("register", *steps, task("plain")))
        plan = migration.plan(session, begun.definition_id, definitions.latest(session, "staged").id)
        assert migration.execute(session, plan, begun.id, actor=CHIEF).reasons == ()
        session.flush()
        assert begun.stage == "register"
        assert session.scalars(of_begun.where(Task.closed_at.is_(None))).one().stage == "register"


@pytest.mark.parametrize(
    ("content", "element", "says"),
    [
        (
            files("reviewing", task("a")),
            "staged",
            "There is no stage 'reviewing'; there are: appeal, clearing, clue",
        ),
        (files("review", task("a", stage="${x}")), "a", "There is no stage '${x}'"),
        (files("review", called("silent", stage="x")), "call", "There is no stage 'x'"),
    ],
)
def test_the_gate_refuses_a_stage_that_nobody_knows_or_heeds(content, element, says):
    definitions.know_stages(stages.known())
    found = [finding for finding in definitions.check(content) if finding.rule == "stage"]
    assert [(finding.element, finding.severity) for finding in found] == [(element, "policy")]
    assert says in found[0].message
