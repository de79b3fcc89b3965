"""Random walks through random diagrams: after every step, stored and loaded anew, rows equal the run."""

from __future__ import annotations

import itertools
import os
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.workflows.test_persistence_races import act, at_once
from workflows import clock, instances, persistence, tasks, timers
from workflows.actor import Actor
from workflows.engine import Change
from workflows.errors import Conflict, InvalidInput
from workflows.model import Activity, AuditEvent, Incident, Instance, Subscription, Task, Timer

CLERK = Actor("clerk", frozenset({"clerk", "handler"}))
MESSAGE = '<bpmn:message id="m" name="answered"/><bpmn:signal id="g" name="recalled"/>'

LEAVES = st.sampled_from(["task", "timer", "message", "several", "choice"])
BLOCKS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.just("seq"), inner, inner),
        st.tuples(st.sampled_from(["xor", "and", "or"]), inner, inner),
        st.tuples(st.just("loop"), inner),
        st.tuples(st.sampled_from(["sub", "limited", "reminded", "recallable"]), inner),
    ),
    max_leaves=6,
)
WALKS = int(os.environ.get("DUBAN_WALKS", "300"))
#: What two may do at once.
ACTS = ["complete", "complete", "complete", "wait", "back", "jump", "skip", "withdraw"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["complete"] * 4
            + ["claim", "wait", "answer", "recall", "hold", "set", "back", "jump", "withdraw"]
            + ["skip", "modify", "reopen"]
        ),
        st.integers(0, 9),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


SKIPPABLE = (
    "<bpmn:extensionElements><camunda:properties>"
    '<camunda:property name="skippable" value="true"/></camunda:properties></bpmn:extensionElements>'
)


class Drawing:
    """Draws a block into elements and flows."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.flows: list[str] = []

    def whole(self, block: Any) -> str:
        elements, last = self.draw(block, "s")
        self.flow(last, "e")
        return f'<bpmn:startEvent id="s"/>{elements}<bpmn:endEvent id="e"/>' + "".join(self.flows)

    def flow(self, source: str, target: str, condition: str = "") -> str:
        number = f"f{next(self.numbers)}"
        inner = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}'
            "</bpmn:conditionExpression>"
            if condition
            else ""
        )
        ends = f'sourceRef="{source}" targetRef="{target}"'
        self.flows.append(f'<bpmn:sequenceFlow id="{number}" {ends}>{inner}</bpmn:sequenceFlow>')
        return number

    def draw(self, block: Any, before: str) -> tuple[str, str]:
        """Return the elements of a block that follows an element, and its last element."""
        kind = block if isinstance(block, str) else block[0]
        name = f"{kind}{next(self.numbers)}"
        drawn: tuple[str, str] = getattr(self, kind)(name, before, *(block[1:] if block is not kind else ()))
        return drawn

    def single(self, name: str, before: str, element: str) -> tuple[str, str]:
        self.flow(before, name)
        return element, name

    def task(self, name: str, before: str) -> tuple[str, str]:
        return self.single(
            name,
            before,
            f'<bpmn:userTask id="{name}" camunda:candidateGroups="handler" camunda:dueDate="PT5H">{SKIPPABLE}'
            "</bpmn:userTask>",
        )

    def several(self, name: str, before: str) -> tuple[str, str]:
        return self.single(
            name,
            before,
            f'<bpmn:userTask id="{name}" camunda:candidateGroups="handler">'
            '<bpmn:multiInstanceLoopCharacteristics camunda:collection="${items}"'
            ' camunda:elementVariable="item"/></bpmn:userTask>',
        )

    def timer(self, name: str, before: str) -> tuple[str, str]:
        return self.single(
            name,
            before,
            f'<bpmn:intermediateCatchEvent id="{name}">{timing("PT3H")}</bpmn:intermediateCatchEvent>',
        )

    def message(self, name: str, before: str) -> tuple[str, str]:
        event = '<bpmn:messageEventDefinition messageRef="m"/>'
        return self.single(
            name, before, f'<bpmn:intermediateCatchEvent id="{name}">{event}</bpmn:intermediateCatchEvent>'
        )

    def choice(self, name: str, before: str) -> tuple[str, str]:
        """Draw an event gateway between a time and a message."""
        self.flow(before, name)
        late, _ = self.timer(f"{name}t", name)
        heard, _ = self.message(f"{name}m", name)
        for end in ("t", "m"):
            self.flow(name + end, f"{name}x")
        gateway = f'<bpmn:eventBasedGateway id="{name}"/><bpmn:exclusiveGateway id="{name}x"/>'
        return gateway + late + heard, f"{name}x"

    def seq(self, name: str, before: str, first: Any, second: Any) -> tuple[str, str]:
        one, middle = self.draw(first, before)
        two, last = self.draw(second, middle)
        return one + two, last

    def xor(self, name: str, before: str, first: Any, second: Any) -> tuple[str, str]:
        return self.split("exclusiveGateway", name, before, first, second, "${flag}", default=True)

    def or_(self, name: str, before: str, first: Any, second: Any) -> tuple[str, str]:
        return self.split(
            "inclusiveGateway", name, before, first, second, "${flag}", "${not again or not flag}"
        )

    def and_(self, name: str, before: str, first: Any, second: Any) -> tuple[str, str]:
        return self.split("parallelGateway", name, before, first, second)

    def split(
        self,
        kind: str,
        name: str,
        before: str,
        first: Any,
        second: Any,
        *conditions: str,
        default: bool = False,
    ) -> tuple[str, str]:
        self.flow(before, name)
        drawn = []
        flows = []
        for number, block in enumerate((first, second)):
            # A pass-through step at the head of each branch gives the flow out of the gateway its condition.
            head = f"{name}h{number}"
            flows.append(self.flow(name, head, conditions[number] if number < len(conditions) else ""))
            elements, last = self.draw(block, head)
            self.flow(last, f"{name}j")
            drawn.append(f'<bpmn:task id="{head}"/>{elements}')
        given = f' default="{flows[1]}"' if default else ""
        gateways = f'<bpmn:{kind} id="{name}"{given}/><bpmn:{kind} id="{name}j"/>'
        return gateways + "".join(drawn), f"{name}j"

    def loop(self, name: str, before: str, inner: Any) -> tuple[str, str]:
        """Draw a block that is done again while `again` is true; it rests, for a person stands in it."""
        self.flow(before, name)
        elements, last = self.draw(("seq", "task", inner), name)
        self.flow(last, f"{name}x")
        back = self.flow(f"{name}x", name, "${again}")
        on = self.flow(f"{name}x", f"{name}o")
        assert back != on
        around = (
            f'<bpmn:exclusiveGateway id="{name}"/><bpmn:exclusiveGateway id="{name}x" default="{on}"/>'
            f'<bpmn:task id="{name}o"/>'
        )
        return around + elements, f"{name}o"

    def sub(self, name: str, before: str, inner: Any, boundary: str = "") -> tuple[str, str]:
        self.flow(before, name)
        outer, self.flows = self.flows, []
        elements, last = self.draw(inner, f"{name}s")
        self.flow(last, f"{name}e")
        body = f'<bpmn:startEvent id="{name}s"/>{elements}<bpmn:endEvent id="{name}e"/>' + "".join(self.flows)
        self.flows = outer
        drawn = f'<bpmn:subProcess id="{name}">{body}</bpmn:subProcess>{boundary}'
        if not boundary:
            return drawn, name
        self.flow(f"{name}b", f"{name}w")
        drawn += f'<bpmn:userTask id="{name}w" camunda:candidateGroups="handler"/>'
        if 'cancelActivity="false"' in boundary:
            return drawn, name
        # What was taken away goes on elsewhere, or a join behind would wait for ever.
        self.flow(name, f"{name}x")
        self.flow(f"{name}w", f"{name}x")
        return f'{drawn}<bpmn:exclusiveGateway id="{name}x"/>', f"{name}x"

    def limited(self, name: str, before: str, inner: Any) -> tuple[str, str]:
        return self.sub(name, before, inner, self.boundary(name, "true", timing("PT4H")))

    def reminded(self, name: str, before: str, inner: Any) -> tuple[str, str]:
        return self.sub(name, before, inner, self.boundary(name, "false", timing("R2/PT4H", "timeCycle")))

    def recallable(self, name: str, before: str, inner: Any) -> tuple[str, str]:
        event = '<bpmn:signalEventDefinition signalRef="g"/>'
        return self.sub(name, before, inner, self.boundary(name, "true", event))

    def boundary(self, name: str, interrupting: str, event: str) -> str:
        return (
            f'<bpmn:boundaryEvent id="{name}b" attachedToRef="{name}" cancelActivity="{interrupting}">{event}'
            "</bpmn:boundaryEvent>"
        )


setattr(Drawing, "or", Drawing.or_)
setattr(Drawing, "and", Drawing.and_)


def timing(text: str, kind: str = "timeDuration") -> str:
    return (
        f'<bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{text}</bpmn:{kind}>'
        "</bpmn:timerEventDefinition>"
    )


class Walk:
    """One instance of one drawn process, moved step by step."""

    def __init__(self, office: Any, diagram: Any, block: Any, key: str) -> None:
        self.office = office
        office.deploy(diagram(key, Drawing().whole(block), before=MESSAGE), name=key)
        self.instance = office.start(key, flag=True, again=False, items=["a", "b", "c"])
        self.check()

    def check(self) -> None:
        with self.office.work() as session:
            assert persistence.rows_equal_run(session, self.instance.id) == []

    def fire(self) -> int:
        fired = 0
        while True:
            with self.office.work() as session:
                leased = timers.lease(session, "w", limit=3)
            if not leased:
                return fired
            for timer_id in leased:
                with self.office.work() as session:
                    fired += timers.fire(session, timer_id)
                self.check()

    def open(self) -> list[Task]:
        return self.office.open_tasks(self.instance)

    def complete(self, number: int, flag: bool, again: bool) -> None:
        if found := self.open():
            late = self.refused(self.office.complete, found[number % len(found)], flag=flag, again=again)
            # A deadline that nobody has fired yet comes before the one who is late.
            assert late in ("", "task_closed")
            assert not late or self.fire() > 0

    def refused(self, act: Any, *given: Any, **named: Any) -> str:
        """Do something and return why it was refused, "" if it was not."""
        try:
            act(*given, **named)
        except (Conflict, InvalidInput) as error:
            return error.code
        return ""

    def claim(self, number: int, flag: bool, again: bool) -> None:
        if found := self.open():
            with self.office.work() as session:
                task = found[number % len(found)]
                if flag:
                    tasks.assign(session, task.id, "chief", actor=self.office.chief)
                else:
                    tasks.release(session, task.id, actor=self.office.chief)

    def back(self, number: int, flag: bool, again: bool) -> None:
        """Send a task back to an earlier step, if there is one."""
        for task in self.chosen(number):
            with self.office.work() as session:
                steps = tasks.earlier(session, task.id, actor=CLERK)
            if steps:
                how = {"actor": CLERK, "reason": "r", "straight": flag}
                self.moved(tasks.send_back, task.id, steps[number % len(steps)].id, **how)

    def jump(self, number: int, flag: bool, again: bool) -> None:
        """Let a task jump to a step of any name."""
        for task in self.chosen(number):
            steps = sorted(one.element_id for one in self.office.all(Task))
            to = steps[number % len(steps)]
            self.moved(instances.jump, self.instance.id, task.id, to, actor=self.office.chief, reason="r")

    def withdraw(self, number: int, flag: bool, again: bool) -> None:
        """Take a completion back, if it can be."""
        done = self.office.all(Task, Task.instance_id == self.instance.id, Task.outcome == "completed")
        for task in done[-1 - number % 3 :][:1]:
            self.moved(tasks.withdraw, task.id, actor=self.office.chief)

    def skip(self, number: int, flag: bool, again: bool) -> None:
        """Leave a task as if it were done, where its step may be skipped."""
        for task in self.chosen(number):
            self.moved(tasks.skip, task.id, actor=self.office.chief, reason="r")

    def modify(self, number: int, flag: bool, again: bool) -> None:
        """Take a task's token away, put one before a step of any name, or both."""
        for task in self.chosen(number):
            steps = sorted(one.element_id for one in self.office.all(Task))
            away = [Change("cancel", task.element_id)] if flag else []
            put = [] if flag and again else [Change("before", steps[number % len(steps)])]
            how = {"actor": self.office.chief, "reason": "r"}
            self.moved(instances.modify, self.instance.id, [*away, *put], **how)

    def reopen(self, number: int, flag: bool, again: bool) -> None:
        """Let the instance go on at a step of any name, where it has ended."""
        done = sorted({one.element_id for one in self.office.all(Task)})
        if done:
            how = {"actor": self.office.chief, "reason": "r"}
            self.moved(instances.reopen, self.instance.id, done[number % len(done)], **how)

    def doing(self, name: str, number: int) -> list[Any]:
        """Return an act to be done at once with another, in a transaction of its own; none where there is no task."""
        office, chief = self.office, self.office.chief
        steps = sorted({one.element_id for one in office.all(Task)})
        to, why = steps[number % len(steps)] if steps else "", {"actor": chief, "reason": "r"}
        if name == "wait":
            return [act(office, self.fire_one)]
        if name == "withdraw":
            mine = Task.instance_id == self.instance.id
            done = office.all(Task, mine, Task.outcome == "completed")[-1 - number % 3 :][:1]
            return [act(office, tasks.withdraw, task.id, actor=chief) for task in done]
        how = {
            "complete": lambda task: act(
                office, tasks.complete, task.id, actor=chief, variables=self.said(number)
            ),
            "back": lambda task: act(office, tasks.send_back, task.id, to, straight=bool(number % 2), **why),
            "jump": lambda task: act(office, instances.jump, self.instance.id, task.id, to, **why),
            "skip": lambda task: act(office, tasks.skip, task.id, **why),
        }[name]
        return [how(task) for task in self.chosen(number)]

    def said(self, number: int) -> dict[str, bool]:
        return {"flag": bool(number & 1), "again": bool(number & 2)}

    def fire_one(self, session: Session) -> int:
        """Fire the timers that are due, as a worker does."""
        due = select(Timer.id).where(Timer.status == "waiting", Timer.due_at <= clock.now())
        return sum(
            timers.fire(session, timer_id) for timer_id in session.scalars(due.order_by(Timer.id)).all()
        )

    def chosen(self, number: int) -> list[Task]:
        found = self.open()
        return [found[number % len(found)]] if found else []

    def moved(self, how: Any, *given: Any, **named: Any) -> None:
        def act() -> None:
            with self.office.work() as session:
                how(session, *given, **named)

        assert self.refused(act) in (
            "",
            "task_closed",
            "unsafe",
            "step",
            "claimed",
            "done_since",
            "irrevocable",
            "not_skippable",
            "needs_answers",
            "change",
            "running",
        )

    def wait(self, number: int, flag: bool, again: bool) -> None:
        self.fire()

    def answer(self, number: int, flag: bool, again: bool) -> None:
        self.tell(instances.message, "answered", instance_id=self.instance.id, all=True)

    def recall(self, number: int, flag: bool, again: bool) -> None:
        self.tell(instances.signal, "recalled")

    def tell(self, how: Any, name: str, **narrowed: Any) -> None:
        with self.office.work() as session:
            told = self.refused(how, session, name, actor=self.office.chief, **narrowed)
        assert told in ("", "no_receiver")

    def hold(self, number: int, flag: bool, again: bool) -> None:
        with self.office.work() as session:
            instances.suspend(session, self.instance.id, actor=self.office.chief)
        self.check()
        for task in self.open()[:1]:
            with self.office.work() as session, pytest.raises(Conflict):
                tasks.complete(session, task.id, actor=self.office.chief)
        with self.office.work() as session:
            instances.resume(session, self.instance.id, actor=self.office.chief)

    def set(self, number: int, flag: bool, again: bool) -> None:
        with self.office.work() as session:
            instances.set_variables(session, self.instance.id, {"flag": flag}, actor=self.office.chief)

    @property
    def ended(self) -> bool:
        return bool(self.office.get(Instance, self.instance.id).ended_at)

    def finish(self) -> None:
        """Bring the instance to its end, whatever it waits for."""
        for day in range(100):
            with clock.held_at(clock.now() + timedelta(days=day)):
                for act in (self.complete, self.answer, self.wait):
                    if self.ended:
                        return
                    act(0, True, False)
                    self.check()
        raise AssertionError(f"The instance does not end: {[task.element_id for task in self.open()]}")


@pytest.fixture(scope="module")
def drawn_numbers():
    return itertools.count(1)


@pytest.mark.slow
@given(block=BLOCKS, steps=STEPS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_rows_equal_the_run_after_every_step(office, diagram, drawn_numbers, block, steps):
    walk = Walk(office, diagram, block, f"drawn{next(drawn_numbers)}")
    now = clock.now()
    for name, number, flag, again in steps:
        now += timedelta(hours=1 if name != "wait" else 1 + number)
        if walk.ended and name != "reopen":
            continue
        with clock.held_at(now):
            getattr(walk, name)(number, flag, again)
            walk.check()
    with clock.held_at(now):
        walk.finish()
    leave_nothing_behind(office, walk.instance)


AT_ONCE = st.lists(
    st.tuples(*[st.tuples(st.sampled_from(ACTS), st.integers(0, 9))] * 2), min_size=1, max_size=8
)


@pytest.mark.slow
@given(block=BLOCKS, steps=AT_ONCE)
@settings(
    max_examples=WALKS // 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_rows_equal_the_run_whatever_two_do_at_once(
    racing_office, held_clock, diagram, drawn_numbers, block, steps
):
    """Completions, moves and timers from two sides: each is done whole, or refused in words."""
    walk = Walk(racing_office, diagram, block, f"raced{next(drawn_numbers)}")
    now = clock.now()
    for pair in steps:
        now += timedelta(hours=1)
        with clock.held_at(now):
            acts = [act for name, number in pair for act in walk.doing(name, number)]
            results = at_once(*acts) if acts else []
            assert {type(one) for one in results} <= {Instance, int, Conflict, InvalidInput}, results
            walk.check()
        if walk.ended:
            break
    with clock.held_at(now):
        walk.finish()
    leave_nothing_behind(racing_office, walk.instance)


def leave_nothing_behind(office: Any, instance: Instance) -> None:
    """Assert that nothing of an ended instance waits or stands open, and each completion is told once."""
    mine = lambda kind: kind.instance_id == instance.id  # noqa: E731 -- a name for a condition
    assert office.all(Task, mine(Task), Task.closed_at.is_(None)) == []
    assert office.all(Timer, mine(Timer), Timer.status.in_(["waiting", "suspended", "failed"])) == []
    assert office.all(Subscription, mine(Subscription)) == []
    assert office.all(Activity, mine(Activity), Activity.left_at.is_(None)) == []
    assert office.all(Incident, mine(Incident)) == []
    done = office.all(Task, mine(Task), Task.outcome == "completed")
    told = office.all(AuditEvent, mine(AuditEvent), AuditEvent.act.in_(["task.complete", "task.skip"]))
    assert sorted(t.id for t in done) == sorted(e.task_id for e in told)
