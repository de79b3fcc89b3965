"""Random walks in which every transaction is short, and elements are asynchronous: rows equal the run throughout."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflows.jobs import incidents_of, work_off
from tests.workflows.test_persistence_walks import BLOCKS, STEPS, Walk, leave_nothing_behind
from workflows import clock
from workflows.model import Job

BOTH = 'camunda:asyncBefore="true" camunda:asyncAfter="true"'
KINDS = ("task", "userTask", "subProcess", "parallelGateway", "inclusiveGateway", "intermediateCatchEvent")
NUMBERS = itertools.count(1)
PENDING = ("waiting", "suspended", "failed")


class ShortWalk(Walk):
    """A walk whose instance goes on by jobs."""

    def fire(self) -> int:
        """Let the worker work until nothing but people is waited for."""
        fired = 0
        for second in range(200):
            with clock.held_at(clock.now() + timedelta(seconds=second)):
                fired += work_off(self.office)
                self.check()
            if not self.office.all(Job, Job.instance_id == self.instance.id, Job.status == "waiting"):
                return fired
        raise AssertionError("The jobs do not end.")


@pytest.mark.slow
@given(block=BLOCKS, steps=STEPS, kinds=st.sets(st.sampled_from(KINDS)), most=st.integers(1, 6))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_rows_equal_the_run_after_every_transaction(
    office: Any, diagram: Any, block: Any, steps: Any, kinds: set[str], most: int
) -> None:
    def drawn(key: str, body: str, **rest: Any) -> str:
        for kind in kinds:
            body = body.replace(f"<bpmn:{kind} id", f"<bpmn:{kind} {BOTH} id")
        return str(diagram(key, body, **rest))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("workflows.engine.instance.MAX_STEPS", most)
        walk = ShortWalk(office, drawn, block, f"short{next(NUMBERS)}")
        now = clock.now()
        for name, number, flag, again in steps:
            now += timedelta(hours=1 if name != "wait" else 1 + number)
            if walk.ended:
                break
            with clock.held_at(now):
                getattr(walk, name)(number, flag, again)
                walk.check()
        with clock.held_at(now):
            walk.finish()
    assert incidents_of(office) == []
    assert office.all(Job, Job.instance_id == walk.instance.id, Job.status.in_(PENDING)) == []
    leave_nothing_behind(office, walk.instance)
