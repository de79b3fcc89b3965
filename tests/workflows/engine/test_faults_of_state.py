"""What is stored and who may act on it. Each test is named after what the library does wrong."""

from __future__ import annotations

import json
import logging
import random
from typing import Any

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    boundary,
    counted,
    file_of,
    flows,
    nodes,
    on_event,
    service,
    sub,
    timer,
    user,
)
from tests.workflows.engine.test_calls import Shelf, Shelved
from workflows.engine import EngineFault, Run
from workflows.errors import Conflict, NotFound

ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")
MESSAGE = '<message id="m" name="m"/>'
ON_MESSAGE = '<messageEventDefinition messageRef="m"/>'


def test_a_task_runs_although_it_is_completed_cancelled_or_far_ahead() -> None:
    """`Task.run` has no guard: it accepts COMPLETED, CANCELLED and FUTURE tasks."""
    body = ENDS + user("a") + user("b") + timer("late", "P1D", on="b") + user("c")
    story = Story.begin(body + flows("s > a > b > e", "late > c > e"))
    (first,) = story.run.open_tasks
    story.complete("a")
    with pytest.raises(NotFound):
        story.reload().complete(first.id, {})
    (second,) = story.run.open_tasks
    story.host.move(days=1)
    # The timer is due and has not been fired by anybody yet: it goes first.
    with pytest.raises(Conflict):
        story.reload().complete(second.id, {})
    for ahead in ("c", "(process)", ""):
        with pytest.raises(NotFound):
            story.reload().complete(ahead, {})


def test_an_event_that_waits_can_be_run_like_a_task() -> None:
    story = Story.begin(ENDS + timer("t", "P1D") + flows("s > t > e"))
    (waiting,) = story.run.due_timers
    with pytest.raises(Conflict):
        story.reload().complete(waiting.id, {})


def shuffled(value: Any, order: random.Random) -> Any:
    """Return the same JSON with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = order.sample(list(value), len(value))
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(item, order) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(5))
def test_data_are_lost_when_the_order_of_keys_changes(seed: int) -> None:
    """What JSONB or `sort_keys` do lost data in 19 of 20 loads."""
    box = nodes("parallelGateway", "split", "join") + user("a", counted("3")) + user("b")
    body = ENDS + sub("box", box + flows("split > a > join", "split > b > join")) + user("c")
    story = Story.begin(
        body + timer("late", "P1D", on="box", cancel=False) + flows("s > box > c > e", "late > e")
    )
    order = random.Random(seed)
    for name in ("a", "b", "a", "a", "c"):
        dumped = json.dumps(shuffled(json.loads(story.run.dump()), order)).encode()
        run = Run.restore(story.definition, dumped, story.host)
        assert run.open_tasks == story.run.open_tasks
        assert run.variables == story.run.variables
        story.complete(name, **{f"{name}{len(story.steps)}": {"z": 1, "a": [1, {"y": 2, "b": 3}]}})
    assert story.outcome == "completed"
    assert len(story.variables) == 4 + 1


def test_an_exception_in_mid_run_leaves_a_half_step() -> None:
    def fail(arguments: Any, variables: Any) -> Any:
        raise ZeroDivisionError

    host = TestHost(operations={"a.b": fail})
    story = Story.begin(ENDS + user("a") + service("x", "a.b") + flows("s > a > x > e"), host=host)
    kept = story.run.dump()
    (task,) = story.run.open_tasks
    with pytest.raises(EngineFault) as failed:
        story.run.complete(task.id, {"answer": 1})
    assert failed.value.element == "x"
    for act in (story.run.dump, story.run.drain, lambda: story.run.complete(task.id, {})):
        with pytest.raises(EngineFault, match="must be restored"):
            act()
    # Restored and tried again, once the operation works.
    host.operations["a.b"] = lambda arguments, variables: {"done": True}
    run = Run.restore(story.definition, kept, host)
    run.complete(task.id, {"answer": 2})
    assert (run.variables, run.outcome) == ({"answer": 2, "done": True}, "completed")


def test_an_entered_element_that_fails_strands_its_token() -> None:
    """An error on entering left the library's task FUTURE, and nothing tried it again."""
    story = Story.begin(ENDS + user("a") + timer("t", "${when}") + flows("s > a > t > e"))
    kept = story.run.dump()
    (task,) = story.run.open_tasks
    with pytest.raises(EngineFault):
        story.run.complete(task.id, {"when": "never"})
    run = Run.restore(story.definition, kept, story.host)
    run.complete(task.id, {"when": "PT1H"})
    assert [timer.node_id for timer in run.due_timers] == ["t"]


def test_thrown_messages_are_stored_for_ever() -> None:
    tell = f'<intermediateThrowEvent id="tell">{ON_MESSAGE}</intermediateThrowEvent>'
    gates = nodes("exclusiveGateway", "back")
    body = nodes("startEvent", "s") + user("a") + tell + gates + flows("s > back > a > tell > back")
    story = Story.begin(body, extra=MESSAGE)
    sizes = []
    for _ in range(12):
        story.complete("a")
        sizes.append(len(story.run.dump()))
    assert len(story.sent) == 12
    assert len(set(sizes)) == 1


def test_events_that_are_over_stay_as_ghosts() -> None:
    body = ENDS + user("a") + timer("t", "P1D", on="a") + boundary("told", "a", ON_MESSAGE)
    story = Story.begin(body + user("b") + flows("s > a > b > e", "t > e", "told > e"), extra=MESSAGE)
    assert len(story.run.due_timers) == len(story.run.subscriptions) == 1
    story.complete("a")
    assert story.run.due_timers == story.run.subscriptions == []
    assert not story.deliver("m")


def test_event_subprocesses_are_invisible_among_what_waits() -> None:
    late = on_event(
        "late", "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>", ""
    )
    told = on_event("told", ON_MESSAGE, "", cancel=False)
    story = Story.begin(ENDS + user("a") + late + told + flows("s > a > e"), extra=MESSAGE)
    run = story.reload()
    assert [timer.node_id for timer in run.due_timers] == ["late_s"]
    assert [waiting.node_id for waiting in run.subscriptions] == ["told_s"]


def test_the_payload_of_a_message_is_dropped() -> None:
    heard = f'<intermediateCatchEvent id="heard">{ON_MESSAGE}</intermediateCatchEvent>'
    story = Story.begin(ENDS + heard + flows("s > heard > e"), extra=MESSAGE)
    assert story.deliver("m", number="7", items=[1, 2])
    assert story.variables == {"number": "7", "items": [1, 2]}


def test_missing_data_objects_raise_after_the_task_is_completed() -> None:
    association = (
        '<ioSpecification><dataInput id="in"/><inputSet><dataInputRefs>in</dataInputRefs></inputSet>'
        "<outputSet/></ioSpecification><dataInputAssociation><sourceRef>paper</sourceRef>"
        "<targetRef>in</targetRef></dataInputAssociation>"
    )
    paper = '<dataObject id="o"/><dataObjectReference id="paper" dataObjectRef="o"/>'
    story = Story.begin(ENDS + paper + user("a", association) + flows("s > a > e"))
    story.complete("a")
    assert story.outcome == "completed"


@pytest.mark.parametrize("before", [None, ["old"], "text", 7])
def test_counted_instances_stumble_over_an_output_that_is_there_already(before: Any) -> None:
    output = '<loopDataOutputRef>answers</loopDataOutputRef><outputDataItem id="i" name="answer"/>'
    loop = f"<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>{output}"
    body = ENDS + user("a", f"{loop}</multiInstanceLoopCharacteristics>") + flows("s > a > e")
    story = Story.begin(body, {} if before is None else {"answers": before})
    story.complete("a", answer="yes")
    # The second gives none, which the library takes for an error after the task is done.
    story.complete("a")
    assert story.variables == {"answers": ["yes", None]}


def test_after_a_reload_python_is_evaluated_again() -> None:
    """The library's engine of scripts is not stored: the one that runs anything is back after loading."""
    story = Story.begin(ENDS + user("a") + flows("s > a > e"))
    engine = story.reload()._instance.script_engine
    for act in (engine.evaluate, engine.execute):
        with pytest.raises(EngineFault, match="not e"):
            act(None, "__import__('os').getcwd()")


def test_logs_carry_data(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.NOTSET):
        story = Story.begin(ENDS + user("a") + user("b") + flows("s > a > b > e"), {"secret": "a name"})
        story.complete("a", answer="a narrative")
    assert caplog.records == []


def test_a_called_process_may_not_use_ids_of_its_caller_again() -> None:
    """Two files may use the same ids: the library has one space of ids for both."""
    inner = ENDS + sub("box", user("a")) + flows("s > box > e")
    call = '<callActivity id="box" calledElement="q"/>'
    body = ENDS + user("a") + call + flows("s > a > box > e")
    story = Shelved.open_with(Shelf(q=[file_of(inner, process="q")]), body)
    for _ in range(2):
        assert story.open == ["a"]
        story.complete("a")
    assert (story.ends, story.outcome) == (["e", "e"], "completed")
