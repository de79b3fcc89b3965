"""Moves of a token: sent back, jumped; where it may go, and what becomes of all else in the scope."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from tests.workflows.engine.coverage.events import undo
from tests.workflows.engine.diagrams import (
    Story,
    boundary,
    conditional,
    counted,
    extended,
    file_of,
    flows,
    nodes,
    on_event,
    service,
    sub,
    timer,
    user,
)
from workflows.engine import Change, Migration, Moved, compile_definition
from workflows.errors import Conflict, InvalidInput, NotFound

ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")
LINE = ENDS + user("a") + user("b") + timer("late", "PT1H", on="b") + flows("s > a > b > e", "late > e")
#: pre, then b and c side by side, then d.
FORK = ENDS + nodes("parallelGateway", "g", "j") + user("pre") + user("b") + user("c") + user("d")
FORKED = FORK + flows("s > pre > g > b > j > d > e", "g > c > j")


def move(story: Story, how: str, name: str, to: str, **rest: bool) -> Moved:
    run = story.reload()
    task = next(task for task in run.open_tasks if task.node.id == name)
    made: Moved = getattr(run, how)(task.id, to, **rest)
    story.steps += run.steps
    return made


def back(story: Story, name: str, to: str, *, straight: bool = False) -> list[str]:
    return [node.id for node in move(story, "send_back", name, to, straight=straight).along]


def jump(story: Story, name: str, to: str) -> list[str]:
    return [node.id for node in move(story, "jump", name, to).along]


def earlier(story: Story, name: str) -> list[str]:
    run = story.reload()
    return [node.id for task in run.open_tasks if task.node.id == name for node in run.earlier(task.id)]


def begun(body: str, *done: str, **variables: bool) -> Story:
    story = Story.begin(body, variables)
    for name in done:
        story.complete(name)
    return story


def finish(story: Story) -> list[str]:
    """Complete what is open until the end, and return what was done, in order."""
    done = []
    while story.open:
        done.append(story.open[0])
        story.complete(story.open[0])
    assert story.outcome == "completed"
    return done


# -- sent back, and everything again -------------------------------------------------------------------


def test_an_earlier_step_is_done_again_and_the_clock_of_the_later_one_begins_anew() -> None:
    """The reminder that was silently gone after a return (ruoyi-vue-pro 1018)."""
    story = begun(LINE, "a")
    (first,) = story.run.due_timers
    story.host.move(minutes=30)
    assert earlier(story, "b") == ["a"]
    assert back(story, "b", "a") == []
    assert story.open == ["a"]
    assert story.run.due_timers == []
    assert ("b", "cancelled") in [(step.node_id, step.what) for step in story.steps]
    story.complete("a")
    (anew,) = story.run.due_timers
    assert (anew.node_id, (anew.due_at - first.due_at).total_seconds()) == ("late", 30 * 60)
    assert finish(story) == ["b"]


def test_a_branch_goes_back_and_the_join_still_waits_for_it() -> None:
    body = ENDS + nodes("parallelGateway", "g", "j") + user("a") + user("b") + user("c") + user("d")
    story = begun(body + flows("s > g > a > b > j > d > e", "g > c > j"), "a", "c")
    assert back(story, "b", "a") == []
    assert story.open == ["a"]
    assert finish(story) == ["a", "b", "d"]


@pytest.mark.parametrize("done", [["pre"], ["pre", "c"]])
def test_back_before_a_fork_its_other_branches_go_along_also_what_waits_at_the_join(done) -> None:
    """A return out of parallel branches was forbidden, or doubled tasks (ruoyi-vue-pro 867, flowable 4046)."""
    story = begun(FORKED, *done)
    assert back(story, "b", "pre") == (["c"] if "c" not in done else ["j"])
    assert story.open == ["pre"]
    assert finish(story) == ["pre", "b", "c", "d"]


def test_only_the_branches_of_the_fork_that_is_gone_back_behind_go_along() -> None:
    body = (
        ENDS
        + nodes("parallelGateway", "g", "j", "ig", "ij")
        + "".join(user(name) for name in ("pre", "q", "r", "t"))
    )
    story = begun(body + flows("s > g > pre > ig > q > ij > j > e", "ig > r > ij", "g > t > j"), "pre", "t")
    assert back(story, "q", "pre") == ["r"]
    assert finish(story) == ["pre", "q", "r"]


def test_in_a_loop_around_branches_they_go_on_although_a_way_leads_to_them() -> None:
    body = (
        ENDS
        + nodes("parallelGateway", "g", "j")
        + nodes("exclusiveGateway", "x", "y")
        + "".join(user(name) for name in ("a", "b", "c"))
    )
    ways = flows("s > x > g > a > b > j > y", "g > c > j", "y > e | not again", "y > x | again")
    story = begun(body + ways, "a", again=False)
    assert back(story, "b", "a") == []
    assert story.open == ["a", "c"]
    assert finish(story) == ["a", "b", "c"]


def test_one_instance_takes_the_whole_activity_along() -> None:
    """The step was gone and no task was made (ruoyi-vue-pro 668)."""
    story = begun(ENDS + user("a") + user("b", counted("3")) + flows("s > a > b > e"), "a", "b")
    assert back(story, "b", "a") == []
    assert story.open == ["a"]
    story.complete("a")
    assert story.open == ["b", "b", "b"]


def test_from_one_repeated_step_back_to_another_all_its_instances_begin_again() -> None:
    """No task was left (flowable 3944, ruoyi-vue-pro 727)."""
    body = ENDS + user("a") + user("b", counted("2")) + user("c", counted("2")) + flows("s > a > b > c > e")
    story = begun(body, "a", "b", "b", "c")
    assert back(story, "c", "b") == []
    assert story.open == ["b", "b"]
    assert finish(story) == ["b", "b", "c", "c"]


INSIDE = (
    nodes("startEvent", "bs") + user("b") + user("c") + nodes("endEvent", "be") + flows("bs > b > c > be")
)
BOXED = ENDS + user("a") + sub("box", INSIDE) + flows("s > a > box > e")


def test_out_of_a_subprocess_the_whole_of_it_is_left() -> None:
    story = begun(BOXED, "a", "b")
    assert earlier(story, "c") == ["b", "a"]
    back(story, "c", "a")
    assert story.open == ["a"]
    assert ("box", "cancelled") in [(step.node_id, step.what) for step in story.steps]
    assert finish(story) == ["a", "b", "c"]


def test_out_of_one_of_several_instances_of_a_subprocess_all_of_them_are_left() -> None:
    """Jumping out of one instance left the others behind (flowable 2669)."""
    box = f'<subProcess id="box">{INSIDE}{counted("2")}</subProcess>'
    story = begun(ENDS + user("a") + box + flows("s > a > box > e"), "a", "b")
    assert story.open == ["b", "c"]
    back(story, "c", "a")
    assert story.open == ["a"]
    assert finish(story) == ["a", "b", "b", "c", "c"]


def test_out_of_a_called_process_of_the_same_run() -> None:
    other = f'<process id="q" isExecutable="true">{INSIDE}</process>'
    call = '<callActivity id="call" calledElement="q"/>'
    body = (
        ENDS + user("a") + call + flows("s > a > call > e") + "</process>" + other.removesuffix("</process>")
    )
    story = begun(body, "a", "b")
    assert earlier(story, "c") == ["b", "a"]
    back(story, "c", "a")
    assert finish(story) == ["a", "b", "c"]


def test_only_what_was_done_before_and_leads_here_is_a_way_back() -> None:
    choice = user("x") + nodes("exclusiveGateway", "g")
    body = ENDS + user("a") + sub("box", INSIDE) + choice
    ways = flows("s > g", "g > a | straight", "g > x | not straight", "x > a > box > e")
    story = begun(body + ways, "a", straight=True)
    for bad in ("box", "bs", "x", "c", "b", "nowhere"):
        with pytest.raises(InvalidInput, match="there are: a"):
            back(story, "b", bad)
    story.complete("b")
    assert earlier(story, "c") == ["b", "a"]
    assert finish(story) == ["c"]


def test_an_activity_that_was_taken_away_by_an_event_has_been_done_before_as_well() -> None:
    body = ENDS + user("a") + user("b") + timer("late", "PT1H", on="a") + flows("s > a > e", "late > b > e")
    story = begun(body)
    story.wait(hours=2)
    assert story.open == ["b"]
    back(story, "b", "a")
    assert story.open == ["a"]
    assert len(story.run.due_timers) == 1


def test_what_an_event_has_started_beside_goes_on_and_does_not_lead_out() -> None:
    aside = user("h") + nodes("endEvent", "he") + flows("o_s > h > he")
    start = '<startEvent id="o_s" isInterrupting="false"><signalEventDefinition signalRef="g1"/></startEvent>'
    handler = f'<subProcess id="o" triggeredByEvent="true">{start}{aside}</subProcess>'
    story = Story.begin(LINE + handler, extra='<signal id="g1" name="go"/>')
    story.complete("a")
    assert story.signal("go")
    with pytest.raises(InvalidInput, match="there are: none"):
        back(story, "h", "a")
    with pytest.raises(InvalidInput, match="there are: h"):
        jump(story, "h", "a")
    assert back(story, "b", "a") == []
    assert story.open == ["a", "h"]


def test_who_undoes_is_no_way_back_and_has_none() -> None:
    throw = '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>'
    story = Story.begin(ENDS + user("a") + undo("h", "a") + throw + flows("s > a > t > e"))
    with pytest.raises(InvalidInput, match="there are: a"):
        jump(story, "a", "h")
    story.complete("a")
    with pytest.raises(InvalidInput, match="there are: none"):
        jump(story, "h", "a")


def test_a_deadline_that_is_over_goes_first() -> None:
    story = Story.begin(
        ENDS
        + user("a")
        + boundary("x", "a", "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>")
        + flows("s > a > e", "x > e")
    )
    (task,) = story.run.open_tasks
    story.host.move(hours=2)
    run = story.reload()
    with pytest.raises(Conflict):
        run.send_back(task.id, "a")
    with pytest.raises(NotFound):
        story.reload().send_back("unknown", "a")


# -- sent back, and straight here again ----------------------------------------------------------------


def test_straight_back_the_steps_between_are_not_done_again_and_other_branches_go_on() -> None:
    body = FORK + user("between") + timer("late", "PT1H", on="b")
    ways = flows("s > pre > between > g > b > j > d > e", "g > c > j", "late > e")
    story = begun(body + ways, "pre", "between")
    assert back(story, "b", "pre", straight=True) == []
    assert story.open == ["c", "pre"]
    story.host.move(minutes=30)
    story.complete("pre")
    assert story.open == ["b", "c"]
    (anew,) = story.run.due_timers
    assert (anew.due_at - story.host.instant).total_seconds() == 3600
    assert finish(story) == ["b", "c", "d"]


def test_straight_back_no_condition_is_asked_and_no_default_taken() -> None:
    body = ENDS + user("a") + user("b") + user("c")
    story = begun(
        body + flows("s > a", "a > e | not ready", "a > b | ready", "b > c > e"), "a", "b", ready=True
    )
    back(story, "c", "a", straight=True)
    story.complete("a", ready=False)
    assert story.open == ["c"]


def test_straight_back_twice_comes_back_by_both() -> None:
    story = begun(ENDS + user("a") + user("b") + user("c") + flows("s > a > b > c > e"), "a", "b")
    back(story, "c", "b", straight=True)
    back(story, "b", "a", straight=True)
    assert story.open == ["a"]
    assert finish(story) == ["a", "b", "c"]
    assert story.entered().count("b") == 3


def test_again_forgets_the_way_straight_back() -> None:
    story = begun(ENDS + user("a") + user("b") + user("c") + flows("s > a > b > c > e"), "a", "b")
    back(story, "c", "b", straight=True)
    back(story, "b", "a")
    story.complete("a")
    assert story.open == ["b"]


def test_straight_back_out_of_a_subprocess_it_begins_anew() -> None:
    story = begun(BOXED, "a", "b")
    back(story, "c", "a", straight=True)
    assert finish(story) == ["a", "b", "c"]


def test_straight_back_all_of_a_repeated_step_begin_anew() -> None:
    body = ENDS + user("a") + user("m") + user("b", counted("2")) + flows("s > a > m > b > e")
    story = begun(body, "a", "m", "b")
    back(story, "b", "a", straight=True)
    story.complete("a")
    assert story.open == ["b", "b"]


def test_an_inclusive_join_waits_for_who_comes_straight_back() -> None:
    gates = nodes("inclusiveGateway", "g", "j")
    body = ENDS + gates + "".join(user(name) for name in ("pre", "b", "c", "d"))
    ways = flows("s > pre > g", "g > b > j > d > e", "g > c > j")
    story = begun(body + ways, "pre")
    back(story, "b", "pre", straight=True)
    story.complete("c")
    assert story.open == ["pre"]
    assert finish(story) == ["pre", "b", "d"]


def test_straight_back_is_refused_where_an_event_could_lead_the_token_away() -> None:
    body = FORK + timer("late", "PT1H", on="pre") + user("other") + nodes("exclusiveGateway", "x")
    story = begun(body + flows("s > pre > x > g > b > j > d > e", "g > c > j", "late > other > x"), "pre")
    with pytest.raises(Conflict) as refused:
        back(story, "b", "pre", straight=True)
    assert (refused.value.code, refused.value.params["element"]) == ("unsafe", "j")
    assert story.open == ["b", "c"]
    assert back(story, "b", "pre") == ["c"]


def test_a_migration_keeps_the_way_straight_back_or_refuses() -> None:
    line = "s > a > b > c > e"
    body = ENDS + user("a") + user("b") + user("c") + flows(line)
    story = begun(body, "a", "b")
    back(story, "c", "a", straight=True)

    def moved(text: str, names: dict[str, str]):
        target = compile_definition(file_of(text), "p")
        made, found = story.reload().on(
            Migration(story.definition, target, names), story.host, held_at=nullcontext
        )
        return made, [finding.rule for finding in found if finding.severity == "error"]

    run, errors = moved(body.replace('"c"', '"cc"'), {"c": "cc"})
    assert errors == []
    (task,) = run.open_tasks
    assert [node.id for node in run.earlier(task.id)] == []
    run.complete(task.id, {})
    assert [task.node.id for task in run.open_tasks] == ["cc"]
    assert [node.id for node in run.earlier(run.open_tasks[0].id)] == ["a", "b"]
    _, errors = moved(ENDS + user("a") + user("b") + flows("s > a > b > e"), {})
    assert errors == ["return"]


# -- jumped --------------------------------------------------------------------------------------------


def test_a_jump_over_a_join_takes_along_who_would_wait_there_for_ever() -> None:
    story = begun(FORKED, "pre")
    assert jump(story, "b", "d") == ["c"]
    assert story.open == ["d"]
    assert [s.node_id for s in story.steps if s.what == "cancelled"] == ["b", "c"]
    assert finish(story) == ["d"]


def test_a_jump_into_another_branch_that_is_open_is_no_second_token_there() -> None:
    story = begun(FORKED, "pre")
    with pytest.raises(Conflict) as refused:
        jump(story, "b", "c")
    assert refused.value.code == "unsafe"
    assert story.open == ["b", "c"]


def test_a_jump_leads_out_of_a_subprocess_and_not_into_one() -> None:
    story = begun(BOXED + user("z") + flows("box > z > e").replace('"box_z"', '"box_z"'), "a")
    with pytest.raises(InvalidInput, match="there are: a, b, box, c"):
        jump(story, "b", "nowhere")
    story = begun(BOXED)
    with pytest.raises(InvalidInput, match="there are: a, box"):
        jump(story, "a", "c")


# -- modified ------------------------------------------------------------------------------------------


def modify(story: Story, *changes: Change) -> list[str]:
    run = story.reload()
    run.modify(changes)
    story.steps += run.steps
    return story.open


def cancel(node: str) -> Change:
    return Change("cancel", node)


def test_tokens_are_taken_away_and_put_before_behind_and_on_flows_at_once() -> None:
    story = begun(FORKED, "pre")
    assert modify(story, cancel("b"), cancel("c"), Change("before", "d")) == ["d"]
    assert modify(story, cancel("d"), Change("after", "pre", variables={"n": 1})) == ["b", "c"]
    assert story.variables == {"n": 1}
    assert modify(story, cancel("b"), Change("flow", "b_j")) == ["c"]
    assert finish(story) == ["c", "d"]


def test_what_could_not_end_or_makes_no_sense_is_refused_and_nothing_changed() -> None:
    story = begun(FORKED, "pre")

    def refused(kind: type[Exception], *changes: Change) -> str:
        with pytest.raises(kind) as error:
            story.reload().modify(changes)
        assert story.open == ["b", "c"]
        return error.value.code

    assert refused(Conflict, cancel("b")) == "unsafe"
    assert refused(Conflict, Change("before", "b")) == "unsafe"
    assert refused(Conflict, cancel("b"), Change("before", "d")) == "unsafe"
    for change in (
        *(Change("before", node) for node in ("j", "s", "nowhere")),
        *(Change("after", node) for node in ("g", "e")),
        Change("flow", "nowhere"),
        cancel("d"),
        Change("cancel", None, token="nobody"),
        Change("before", "d", within="nobody"),
    ):
        assert refused(InvalidInput, change) == "change"
    assert refused(InvalidInput) == "change"


def test_of_a_subprocess_the_last_token_takes_it_along_and_of_a_run_it_ends_it() -> None:
    story = begun(BOXED, "a")
    assert modify(story, cancel("b"), Change("before", "a")) == ["a"]
    assert ("box", "cancelled") in [(step.node_id, step.what) for step in story.steps]
    story.complete("a")
    (box,) = [task.within[0] for task in story.reload().open_tasks]
    assert modify(story, Change("cancel", None, token=box), Change("before", "box")) == ["b"]
    assert modify(story, cancel("b"), Change("before", "c")) == ["c"]
    assert modify(story, cancel("c")) == []
    assert story.outcome == "cancelled"


def test_of_several_instances_of_a_subprocess_it_has_to_be_said_which() -> None:
    box = f'<subProcess id="box">{INSIDE}{counted("2")}</subProcess>'
    story = begun(ENDS + user("a") + box + flows("s > a > box > e"), "a")
    first, second = story.reload().open_tasks
    with pytest.raises(InvalidInput, match="lies in 2 scopes"):
        modify(story, Change("before", "c"))
    moved = (Change("cancel", "b", token=first.id), Change("before", "c", within=first.within[0]))
    assert modify(story, *moved) == ["b", "c"]
    assert second.id in {task.id for task in story.reload().open_tasks}
    assert modify(story, cancel("b"), cancel("c"), Change("before", "a")) == ["a"]


def test_of_a_repeated_step_one_instance_takes_all_along() -> None:
    story = begun(ENDS + user("a") + user("b", counted("2")) + flows("s > a > b > e"), "a")
    first, _ = story.reload().open_tasks
    assert modify(story, Change("cancel", None, token=first.id), Change("before", "b")) == ["b", "b"]
    assert modify(story, cancel("b"), Change("before", "e")) == []
    assert (story.outcome, story.ends) == ("completed", ["e"])


# -- skipped -------------------------------------------------------------------------------------------

SKIPPABLE = extended(
    '<camunda:properties><camunda:property name="skippable" value="true"/></camunda:properties>'
)


def test_a_step_is_skipped_where_the_diagram_lets_it_and_leaves_as_if_it_were_done() -> None:
    story = begun(ENDS + user("a") + user("b", SKIPPABLE) + user("c") + flows("s > a > b > c > e"))

    def skip(name: str) -> None:
        run = story.reload()
        run.skip(next(task.id for task in run.open_tasks if task.node.id == name))

    with pytest.raises(Conflict, match="no step that may be skipped"):
        skip("a")
    story.complete("a")
    back(story, "b", "a", straight=True)
    story.complete("a")
    skip("b")
    assert earlier(story, "c") == ["a", "b"]
    assert finish(story) == ["c"]


# -- withdrawn -----------------------------------------------------------------------------------------


def withdraw(story: Story, task: str) -> list[str]:
    run = story.reload()
    run.withdraw(task)
    story.steps += run.steps
    return story.open


def done(story: Story, name: str, **variables: bool) -> str:
    """Complete a task and return its id."""
    task = next(task.id for task in story.reload().open_tasks if task.node.id == name)
    story.complete(name, **variables)
    return task


def refusal(story: Story, task: str) -> tuple[str, str | None]:
    before = story.open
    with pytest.raises(Conflict) as refused:
        withdraw(story, task)
    assert story.open == before
    return refused.value.code, refused.value.params.get("element")


def test_a_completion_is_taken_back_with_all_that_came_of_it() -> None:
    story = begun(FORKED)
    pre = done(story, "pre")
    assert withdraw(story, pre) == ["pre"]
    assert refusal(story, pre)[0] == "done_since"


def test_what_waits_at_a_join_can_be_taken_back_and_what_has_passed_it_cannot() -> None:
    story = begun(FORKED, "pre")
    first = done(story, "b")
    assert withdraw(story, first) == ["b", "c"]
    done(story, "b")
    last = done(story, "c")
    assert story.open == ["d"]
    assert refusal(story, last) == ("irrevocable", "j")


def test_once_one_of_what_came_of_it_is_done_nothing_can_be_taken_back() -> None:
    story = begun(FORKED)
    pre = done(story, "pre")
    done(story, "b")
    assert refusal(story, pre)[0] == "done_since"
    assert refusal(story, "unknown")[0] == "done_since"


def test_inside_a_subprocess_that_came_of_it_something_was_done() -> None:
    story = begun(BOXED)
    a = done(story, "a")
    assert withdraw(story, a) == ["a"]
    a = done(story, "a")
    done(story, "b")
    assert refusal(story, a)[0] == "done_since"


def test_once_one_instance_of_what_is_repeated_is_done_nothing_can_be_taken_back() -> None:
    story = begun(ENDS + user("a") + user("b", counted("3", isSequential="true")) + flows("s > a > b > e"))
    a = done(story, "a")
    assert withdraw(story, a) == ["a"]
    a = done(story, "a")
    done(story, "b")
    assert (story.open, refusal(story, a)[0]) == (["b"], "done_since")


def test_a_token_that_another_step_has_taken_up_with_its_own_is_not_lost() -> None:
    """A step that needs two tokens has taken the one that waited there."""
    two = user("b").replace("<userTask", '<userTask startQuantity="2"', 1)
    fork = nodes("parallelGateway", "g") + user("a1") + user("a2") + two
    story = begun(ENDS + fork + flows("s > g > a1 > b > e", "g > a2 > b"), "a1")
    a2 = done(story, "a2")
    assert (story.open, refusal(story, a2)) == (["b"], ("irrevocable", "b"))


def test_a_skip_is_taken_back_too() -> None:
    skippable = extended(
        '<camunda:properties><camunda:property name="skippable" value="true"/></camunda:properties>'
    )
    story = Story.begin(ENDS + user("a", skippable) + user("b") + flows("s > a > b > e"))
    (task,) = story.run.open_tasks
    story.reload().skip(task.id)
    assert story.open == ["b"]
    assert withdraw(story, task.id) == ["a"]


def test_what_was_told_on_the_way_cannot_be_taken_back() -> None:
    throw = '<intermediateThrowEvent id="t"><signalEventDefinition signalRef="g1"/></intermediateThrowEvent>'
    for way, element in ((service("x", "clues.register"), "x"), (throw, "t")):
        body = ENDS + user("a") + user("b") + way + flows(f"s > a > {element} > b > e")
        story = Story.begin(body, extra='<signal id="g1" name="go"/>')
        assert refusal(story, done(story, "a")) == ("irrevocable", element)


def test_taken_back_the_way_straight_back_is_there_again() -> None:
    story = begun(ENDS + user("a") + user("b") + user("c") + flows("s > a > b > c > e"), "a", "b")
    back(story, "c", "a", straight=True)
    a = done(story, "a")
    assert withdraw(story, a) == ["a"]
    assert finish(story) == ["a", "c"]


def test_a_run_that_has_ended_goes_on_at_a_step_and_ends_again() -> None:
    aside = user("xu") + nodes("endEvent", "xe") + flows("x_s > xu > xe")
    story = Story.begin(LINE + on_event("x", conditional("${grave}"), aside, cancel=False), {"grave": False})
    story.complete("a", v=2)
    story.complete("b")
    with pytest.raises(InvalidInput, match="there are: a, b"):
        story.reload().reopen("e")
    story.reload().reopen("b")
    assert (story.open, story.outcome, story.run.end_nodes, story.run.variables["v"]) == (
        *(["b"], "running", []),
        2,
    )
    # Its clocks begin anew, and what the process waits for beside is waited for again.
    assert [due.node_id for due in story.run.due_timers] == ["late"]
    with pytest.raises(Conflict):
        story.reload().reopen("b")
    story.set(grave=True)
    assert story.open == ["b", "xu"]
    story.complete("b")
    story.complete("xu")
    assert story.outcome == "completed"


def test_a_run_is_not_reopened_where_it_could_not_end() -> None:
    fork = ENDS + nodes("parallelGateway", "g", "j") + user("a") + user("c")
    story = Story.begin(fork + flows("s > g > a > j > e", "g > c > j"))
    story.complete("a")
    story.complete("c")
    with pytest.raises(Conflict) as refused:
        story.reload().reopen("a")
    assert refused.value.code == "unsafe"


def test_a_cancelled_run_goes_on_as_well() -> None:
    story = Story.begin(LINE)
    story.reload().cancel()
    story.reload().reopen("a")
    assert story.open == ["a"]
