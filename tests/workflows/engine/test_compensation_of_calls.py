"""Compensation of what a called process has done: from inside, or by that process's own event subprocess."""

from __future__ import annotations

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    TestHost,
    boundary,
    counted,
    extended,
    file_of,
    flows,
    nodes,
    several,
    sub,
    user,
)
from tests.workflows.engine.test_calls import Shelf, Shelved
from tests.workflows.engine.test_compensation import kept, log, thrown, undo_box, undone

MAPPED = extended(
    '<camunda:in source="log" target="log"/>',
    '<camunda:in source="city" target="city"/>',
    '<camunda:out source="log" target="log"/>',
)


def people(*names: str) -> str:
    """Return user tasks one after another, each undone by a user task `undo_name`."""
    drawn = "".join(user(name) + undone(name, user(f"undo_{name}")) for name in names)
    return nodes("startEvent", "qs") + drawn + flows(" > ".join(["qs", *names]))


def process(name: str, body: str) -> str:
    return f'<process id="{name}" isExecutable="true">{body}</process>'


def call(name: str = "c", called: str = "q", inner: str = MAPPED) -> str:
    return f'<callActivity id="{name}" calledElement="{called}">{inner}</callActivity>'


def around(*, throw: str = "") -> str:
    """Return a caller: before, the call, after, then the compensation and `end`."""
    body = nodes("startEvent", "s") + log("a") + undone("a") + call("call") + log("after") + undone("after")
    body += thrown("back", throw) + user("end")
    return body + flows("s > a > call > after > back > end")


def do(story: Story, *names: str) -> None:
    for name in names:
        assert story.open == [name]
        story.complete(name)


def begin(body: str, called: str, **variables: object) -> Story:
    return Story.begin(body, {"log": [], **variables}, extra=called)


def test_what_a_called_process_did_is_undone_in_reverse_order() -> None:
    story = begin(around(), process("q", people("x", "y")))
    do(story, "x", "y", "undo_y", "undo_x", "end")
    assert story.variables["log"] == ["a", "after", "undo_after", "undo_a"]
    assert story.outcome == "completed"


def test_only_the_call_named_is_undone() -> None:
    story = begin(around(throw="call"), process("q", people("x")))
    do(story, "x", "undo_x", "end")
    assert story.variables["log"] == ["a", "after"]


def test_the_called_process_s_own_event_subprocess_undoes_it() -> None:
    undo = undo_box(
        user("special") + thrown("again") + user("done") + flows("inside_s > special > again > done")
    )
    story = begin(around(throw="call"), process("q", people("x", "y") + undo))
    do(story, "x", "y", "special", "undo_y", "undo_x", "done", "end")


def test_an_event_subprocess_alone_is_enough_and_sees_the_variables_of_the_process() -> None:
    called = (
        nodes("startEvent", "qs")
        + user("x")
        + flows("qs > x")
        + undo_box(user("special") + flows("inside_s > special"))
    )
    story = begin(around(throw="call"), process("q", called))
    do(story, "x")
    run = story.reload()
    assert run.seen_by(run.open_tasks[0].id) == {"log": ["a"], "city": None}
    do(story, "special", "end")


def test_a_handler_of_the_call_itself_comes_before_what_is_inside() -> None:
    body = nodes("startEvent", "s") + call() + undone("c", user("undo_c")) + thrown("back") + user("end")
    story = begin(body + flows("s > c > back > end"), process("q", people("x")))
    do(story, "x", "undo_c", "end")


def test_calls_in_calls_in_subprocesses() -> None:
    inner = process("r", people("x").replace('"qs', '"rs'))
    middle = nodes("startEvent", "ms") + call("d", "r") + flows("ms > d")
    outer = nodes("startEvent", "ps") + call("c", "m") + flows("ps > c")
    body = nodes("startEvent", "s") + sub("box", outer) + thrown("back", "box") + user("end")
    story = begin(body + flows("s > box > back > end"), process("m", middle) + inner)
    do(story, "x", "undo_x", "end")


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_every_called_instance_is_undone_with_its_own_variables(sequential: str) -> None:
    loop = several(
        **{"camunda:collection": "${cities}", "camunda:elementVariable": "city", "isSequential": sequential}
    )
    body = nodes("startEvent", "s") + call(inner=MAPPED + loop) + thrown("back", "c") + user("end")
    story = begin(body + flows("s > c > back > end"), process("q", people("x")), cities=["Xi'an", "Wuhan"])
    story.complete("x")
    story.complete("x")
    seen = []
    while story.open == ["undo_x"]:
        run = story.reload()
        seen.append(run.seen_by(run.open_tasks[0].id)["city"])
        story.complete("undo_x")
    assert seen == ["Wuhan", "Xi'an"]
    assert story.open == ["end"]


def test_a_process_of_another_file_keeps_its_version_for_its_compensation() -> None:
    library = Shelf(q=[file_of(people("x"), process="q")])
    body = nodes("startEvent", "s") + call() + user("mid") + thrown("back") + user("end")
    story = Shelved.open_with(library, body + flows("s > c > mid > back > end"), {"log": []})
    do(story, "x")
    library.known["q"] += Shelf(q=[file_of(user("other"), process="q")]).known["q"]
    do(story, "mid")
    assert story.run.open_tasks[0].definition == "q:1"
    do(story, "undo_x", "end")


def test_a_cancelled_transaction_undoes_what_called_processes_did_and_were_doing() -> None:
    inner = nodes("startEvent", "is") + call("c") + call("d") + user("no")
    inner += '<endEvent id="out"><cancelEventDefinition/></endEvent>' + flows("is > c > d", "is > no > out")
    body = nodes("startEvent", "s") + sub("box", inner, tag="transaction")
    body += boundary("k", "box", "<cancelEventDefinition/>") + user("end") + flows("s > box", "k > end")
    story = begin(body, process("q", people("x", "y")))
    for name in ("x", "y", "x", "no"):
        story.complete(name)
    # The second call had only done x.
    do(story, "undo_x", "undo_y", "undo_x", "end")


def test_an_error_of_a_handler_in_a_called_process_leaves_the_caller_s_scope() -> None:
    bad = '<endEvent id="bad"><errorEventDefinition errorRef="E1"/></endEvent>'
    undo = undo_box(user("special") + bad + flows("inside_s > special > bad"))
    called = process("q", nodes("startEvent", "qs") + user("x") + flows("qs > x") + undo)
    inner = nodes("startEvent", "is") + call() + thrown("back") + flows("is > c > back")
    body = nodes("startEvent", "s") + sub("box", inner) + user("rescue")
    body += boundary("out", "box", '<errorEventDefinition errorRef="E1"/>') + flows("s > box", "out > rescue")
    story = begin(body, '<error id="E1" errorCode="E1"/>' + called)
    do(story, "x", "special", "rescue")


def test_only_what_can_be_undone_is_kept() -> None:
    plain = process("q", nodes("startEvent", "qs") + user("x") + flows("qs > x"))
    body = nodes("startEvent", "s") + call() + user("end") + flows("s > c > end")
    story = begin(body, plain)
    do(story, "x")
    assert kept(story) == []
    story = begin(body, process("q", people("x")))
    do(story, "x")
    assert len(kept(story)) == 1


def test_a_process_that_nobody_calls_may_have_such_an_event_subprocess() -> None:
    body = nodes("startEvent", "s") + log("a") + undone("a") + thrown("back") + user("end")
    body += undo_box(user("special") + flows("inside_s > special")) + flows("s > a > back > end")
    story = Story.begin(body, {"log": []}, host=TestHost())
    # A throw undoes what is done in its scope, not that scope, which is not completed.
    assert story.variables["log"] == ["a", "undo_a"]
    do(story, "end")
    assert story.outcome == "completed"


def test_every_instance_of_a_repeated_handler_in_a_called_process() -> None:
    called = (
        nodes("startEvent", "qs") + user("x") + undone("x", user("undo_x", counted("2"))) + flows("qs > x")
    )
    story = begin(around(throw="call"), process("q", called))
    do(story, "x")
    assert story.open == ["undo_x", "undo_x"]
    story.complete("undo_x")
    do(story, "undo_x", "end")
