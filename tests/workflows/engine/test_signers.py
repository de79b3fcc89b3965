"""Countersigning: ratio, any, in order and by weight; and signers who are added and removed meanwhile."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from tests.workflows.engine.diagrams import (
    Story,
    boundary,
    counted,
    extended,
    file_of,
    flows,
    nodes,
    several,
    user,
)
from workflows.engine import EngineFault, Migration, Signer, compile_definition, read
from workflows.errors import Conflict, InvalidInput, NotFound

BALLOTS = extended(
    '<camunda:properties><camunda:property name="ballots" value="ballots"/></camunda:properties>'
)
LATE = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
PASSED = "votes(ballots, 'yes', 'weight') * 3 >= voters(ballots, 'weight') * 2"
LOST = "votes(ballots, 'no', 'weight') * 3 > voters(ballots, 'weight')"
WEIGHTS = [{"who": "anna", "weight": 3}, {"who": "bob", "weight": 2}, {"who": "carl", "weight": 1}]


def signed(condition: str = "", *, order: str = "false", ballots: bool = False) -> str:
    """Return a step `t` that everybody of `signers` signs with an `answer`, then one step `u`."""
    enough = f"<completionCondition>${{{condition}}}</completionCondition>" if condition else ""
    enough = enough.replace("> ", "&gt; ").replace(">= ", "&gt;= ")
    loop = several(
        '<loopDataOutputRef>answers</loopDataOutputRef><outputDataItem name="answer"/>' + enough,
        **{
            "isSequential": order,
            "camunda:collection": "${signers}",
            "camunda:elementVariable": "signer",
        },
    )
    steps = user("t", (BALLOTS if ballots else "") + loop) + user("u") + nodes("endEvent", "e", "x")
    return nodes("startEvent", "s") + steps + boundary("late", "t", LATE) + flows("s > t > u > e", "late > x")


def begin(condition: str = "", signers: Any = ("anna", "bob", "carl"), **drawn: Any) -> Story:
    return Story.begin(signed(condition, **drawn), {"signers": list(signers)})


def at(story: Story, who: Any) -> str:
    """Return the open task of a signer."""
    return next(t.id for t in story.reload().open_tasks if t.local.get("signer") == who)


def sign(story: Story, who: Any, answer: str = "yes") -> None:
    task = at(story, who)
    story.run.complete(task, {"answer": answer})
    story.steps += story.run.steps


def add(story: Story, where: Any, *who: Any, place: str = "last", by: str | None = None) -> None:
    task = at(story, where)
    story.run.add_signers(task, who, place=place, by=by)


def remove(story: Story, who: Any, *, seen_from: Any = None) -> None:
    task = at(story, who if seen_from is None else seen_from)
    number = next(one.index for one in story.run.signers(task) if one.item == who)
    story.run.remove_signer(task, number)
    story.steps += story.run.steps


def signing(story: Story) -> list[Any]:
    """Return whose turn it is."""
    return [task.local["signer"] for task in story.reload().open_tasks if not task.parked]


def counts(story: Story, who: Any) -> tuple[Any, ...]:
    seen = story.reload().seen_by(at(story, who))
    return tuple(seen[f"nrOf{kind}Instances"] for kind in ("", "Completed", "Active"))


# -- who decides --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["true", "false"])
def test_all_sign_where_nothing_else_is_said(order: str) -> None:
    story = begin(order=order)
    for who in ("anna", "bob", "carl"):
        assert story.open[0] == "t"
        sign(story, who)
    assert (story.open, story.variables["answers"]) == (["u"], ["yes"] * 3)


def test_by_ratio_as_soon_as_enough_have_signed() -> None:
    story = begin("nrOfCompletedInstances / nrOfInstances >= 0.6")
    sign(story, "bob")
    assert story.open == ["t", "t"]
    sign(story, "anna")
    assert (story.open, story.variables["answers"]) == (["u"], ["yes", "yes"])


def test_any_one_decides_and_the_others_are_told_as_cancelled() -> None:
    story = begin("nrOfCompletedInstances >= 1")
    sign(story, "bob", "no")
    assert (story.open, story.variables["answers"]) == (["u"], ["no"])
    told = [step.what for step in story.steps if step.node_id == "t" and step.what != "entered"]
    assert sorted(told) == ["cancelled", "cancelled", "left"]


def test_in_order_each_signs_after_the_other() -> None:
    story = begin(order="true")
    for who in ("anna", "bob", "carl"):
        assert signing(story) == [who]
        sign(story, who)
    assert story.open == ["u"]


@pytest.mark.parametrize("order", ["true", "false"])
def test_one_refusal_ends_it(order: str) -> None:
    story = begin("votes(ballots, 'no') > 0", order=order, ballots=True)
    sign(story, "anna")
    assert "t" in story.open
    sign(story, "bob", "no")
    assert story.open == ["u"]
    assert story.variables["ballots"] == [
        {"item": "anna", "output": "yes", "signed": True},
        {"item": "bob", "output": "no", "signed": True},
        {"item": "carl", "output": None, "signed": False},
    ]


def test_by_weight_until_two_thirds_are_reached_or_cannot_be() -> None:
    story = begin(f"{PASSED} or {LOST}", WEIGHTS, ballots=True)
    sign(story, WEIGHTS[2], "no")
    assert "t" in story.open  # 1 of 6 against
    sign(story, WEIGHTS[0])
    assert "t" in story.open  # 3 of 6 for
    sign(story, WEIGHTS[1])
    assert story.open == ["u"]
    assert story.run.evaluate(f"${{{PASSED}}}") is True
    lost = begin(f"{PASSED} or {LOST}", WEIGHTS, ballots=True)
    sign(lost, WEIGHTS[0], "no")
    assert lost.open == ["u"]
    assert lost.run.evaluate(f"${{{PASSED}}}") is False


def test_a_weight_that_is_no_number_is_told_by_the_step() -> None:
    story = begin("votes(ballots, 'yes', 'weight') > 1", ballots=True)
    with pytest.raises(EngineFault, match="number") as fault:
        sign(story, "anna")
    assert fault.value.element == "t"


def test_the_variable_of_the_ballots_has_a_plain_name() -> None:
    drawn = signed(ballots=True).replace('value="ballots"', 'value="two words"')
    found = {(f.element, f.rule, f.severity) for f in read(file_of(drawn))[1]}
    assert ("t", "loop", "error") in found


# -- joining ------------------------------------------------------------------------------------------


def test_who_joins_signs_at_once_where_all_do() -> None:
    story = begin("nrOfCompletedInstances / nrOfInstances >= 0.6")
    sign(story, "anna")
    add(story, "bob", "dora", "emil", by="bob")
    assert signing(story) == ["bob", "carl", "dora", "emil"]
    assert counts(story, "dora") == (5, 1, 4)
    sign(story, "dora")
    assert len(story.open) == 3  # 2 of 5
    assert story.run.signers(at(story, "bob")) == [
        Signer(0, "anna", "signed"),
        Signer(1, "bob", "open", at(story, "bob")),
        Signer(2, "carl", "open", at(story, "carl")),
        Signer(3, "dora", "signed", None, "bob"),
        Signer(4, "emil", "open", at(story, "emil"), "bob"),
    ]
    sign(story, "emil")
    assert story.open == ["u"]


def test_in_a_sequence_one_comes_before_after_or_last() -> None:
    story = begin(order="true", ballots=True)
    sign(story, "anna")
    bob = at(story, "bob")
    add(story, "bob", "x", "y", place="before")
    add(story, "bob", "z", place="after")
    add(story, "x", "last")
    assert counts(story, "x") == (7, 1, 1)
    assert next((task.id == bob, task.parked) for task in story.run.open_tasks) == (True, True)
    with pytest.raises(Conflict) as refused:
        sign(story, "bob")
    assert refused.value.code == "parked"
    turns = []
    while story.open == ["t"] or story.open == ["t", "t"]:
        turns += signing(story)
        assert turns[-1] != "bob" or at(story, "bob") == bob
        sign(story, turns[-1])
    assert turns == ["x", "y", "bob", "z", "carl", "last"]
    assert len(story.variables["ballots"]) == 7
    entered = [step for step in story.steps if (step.node_id, step.what) == ("t", "entered")]
    assert (
        len({step.activity_id for step in entered}) == len(entered) == 7 - 1
    )  # anna's was told at the start


def test_a_parked_signer_may_have_more_before_and_behind_him() -> None:
    story = begin(order="true")
    add(story, "anna", "x", place="before")
    add(story, "anna", "y", place="before")
    add(story, "anna", "z", place="after")
    turns = []
    while "t" in story.open:
        turns += signing(story)
        sign(story, turns[-1])
    assert turns == ["x", "y", "anna", "z", "bob", "carl"]


def test_who_signs_already_is_not_added_again_and_counted_ones_have_no_names() -> None:
    story = begin()
    sign(story, "anna")
    for twice in (["anna"], ["carl"], ["new", "new"]):
        with pytest.raises(Conflict) as refused:
            add(story, "bob", *twice)
        assert refused.value.code == "signs_already"
    for nobody in ([], ["x"] * 2):
        with pytest.raises((InvalidInput, Conflict)):
            add(story, "bob", *nobody)
    with pytest.raises(InvalidInput, match="before, after, last"):
        add(story, "bob", "x", place="beside")
    body = nodes("startEvent", "s") + user("t", counted("2")) + user("v") + flows("s > t > v")
    plain = Story.begin(body)
    task = plain.run.open_tasks[0].id
    plain.run.add_signers(task, ["x"])
    assert [one.helps for one in plain.run.signers(task)] == [True]  # counted: each is one person's task
    with pytest.raises(InvalidInput, match="before or after"):
        plain.run.add_signers(task, ["y"], place="last")
    with pytest.raises(NotFound):
        plain.run.signers("none")


# -- leaving ------------------------------------------------------------------------------------------


def test_with_the_last_unsigned_one_gone_the_step_is_done() -> None:
    story = begin()
    sign(story, "anna")
    remove(story, "bob")
    assert counts(story, "carl") == (2, 1, 1)
    remove(story, "carl")
    assert (story.open, story.variables["answers"]) == (["u"], ["yes"])
    assert [(s.node_id, s.what) for s in story.steps].count(("t", "cancelled")) == 2


def test_a_removal_may_fulfil_the_condition_once_somebody_has_signed() -> None:
    story = begin("nrOfCompletedInstances / nrOfInstances >= 0.5")
    remove(story, "bob")
    assert signing(story) == ["anna", "carl"]
    sign(story, "anna")
    assert story.open == ["u"]
    again = begin("nrOfCompletedInstances / nrOfInstances >= 0.5")
    sign(again, "anna")
    remove(again, "bob")
    assert again.open == ["u"]


def test_a_removal_alone_decides_nothing() -> None:
    story = begin("nrOfActiveInstances == 2")
    remove(story, "bob")
    assert signing(story) == ["anna", "carl"]


def test_only_who_has_not_signed_is_removed_and_never_the_last() -> None:
    story = begin()
    sign(story, "anna")
    with pytest.raises(Conflict) as refused:
        remove(story, "anna", seen_from="bob")
    assert refused.value.code == "signed"
    with pytest.raises(NotFound):
        story.run.remove_signer(at(story, "bob"), 7)
    alone = begin(signers=["anna"])
    with pytest.raises(Conflict) as refused:
        remove(alone, "anna")
    assert (refused.value.code, alone.open) == ("last_signer", ["t"])


def test_in_a_sequence_the_present_one_the_next_and_a_parked_one_are_removed() -> None:
    story = begin(order="true")
    remove(story, "anna")
    assert signing(story) == ["bob"]
    add(story, "bob", "x", "y", place="before")
    remove(story, "y", seen_from="x")
    remove(story, "bob")
    assert counts(story, "x") == (2, 0, 1)
    sign(story, "x")
    assert (signing(story), counts(story, "carl")) == (["carl"], (2, 1, 1))
    sign(story, "carl")
    assert (story.open, story.variables["answers"]) == (["u"], ["yes", "yes"])


# -- a task that one person does ----------------------------------------------------------------------

ONE = (
    nodes("startEvent", "s")
    + user("t")
    + user("u")
    + nodes("endEvent", "e", "x")
    + boundary("late", "t", LATE)
    + flows("s > t > u > e", "late > x")
)


def help_with(story: Story, place: str, *who: str) -> str:
    """Add signers to the one task of the story that has none, and return its id."""
    task = next(task.id for task in story.reload().open_tasks if task.signer is None)
    story.run.add_signers(task, who, place=place, by="anna")
    story.steps += story.run.steps
    return task


def helper(story: Story, who: str) -> str:
    return next(task.id for task in story.reload().open_tasks if task.signer == who)


def sign_for(story: Story, who: str) -> None:
    task = helper(story, who)
    story.run.sign(task)
    story.steps += story.run.steps


def test_who_signs_before_parks_the_task_and_it_comes_back() -> None:
    story = Story.begin(ONE)
    (late,) = story.run.due_timers
    task = help_with(story, "before", "bob", "carl")
    assert [(one.id == task, one.parked, one.signer) for one in story.reload().open_tasks] == [
        (True, True, None),
        (False, False, "bob"),
        (False, False, "carl"),
    ]
    with pytest.raises(Conflict) as refused:
        story.run.complete(task, {})
    assert refused.value.code == "parked"
    sign_for(story, "carl")
    assert story.run.signers(task) == [
        Signer(0, "bob", "open", helper(story, "bob"), "anna", helps=True),
        Signer(1, "carl", "signed", story.run.signers(task)[1].task_id, "anna", helps=True),
    ]
    sign_for(story, "bob")
    assert [(one.id, one.parked) for one in story.reload().open_tasks] == [(task, False)]
    assert story.run.due_timers == [late]
    story.run.complete(task, {"way": 1})
    assert (story.open, story.variables["way"]) == (["u"], 1)


def test_who_signs_after_lets_the_completion_be_kept_until_he_has() -> None:
    story = Story.begin(ONE)
    (late,) = story.run.due_timers
    task = help_with(story, "after", "bob", "carl")
    assert [one.id for one in story.reload().open_tasks] == [task]
    story.run.complete(task, {"way": 1})
    story.steps += story.run.steps
    assert [(s.activity_id, s.what) for s in story.steps if s.activity_id == task][-1] == (task, "left")
    assert [one.signer for one in story.reload().open_tasks] == ["bob", "carl"]
    assert (story.variables["way"], story.run.due_timers) == (1, [late])
    for name in ("bob", "carl"):
        assert "u" not in story.open
        with pytest.raises(Conflict) as refused:
            story.run.complete(helper(story, name), {})
        assert refused.value.code == "signs_only"
        sign_for(story, name)
    assert (story.open, story.run.due_timers) == (["u"], [])


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_limit_ends_the_part_of_all_who_sign(place: str) -> None:
    story = Story.begin(ONE)
    task = help_with(story, place, "bob")
    if place == "after":
        story.run.complete(task, {})
        story.steps += story.run.steps
    bob = helper(story, "bob")
    story.wait(hours=2)
    assert (story.open, story.ends) == ([], ["x"])
    told = {(s.activity_id, s.what) for s in story.steps}
    assert (bob, "cancelled") in told
    assert ((task, "cancelled") in told) == (place == "before")


def test_with_the_last_one_removed_the_task_or_the_process_goes_on() -> None:
    story = Story.begin(ONE)
    task = help_with(story, "before", "bob", "carl")
    help_with(story, "after", "dora", "emil")
    sign_for(story, "bob")
    with pytest.raises(Conflict) as refused:
        story.run.remove_signer(task, 0)
    assert refused.value.code == "signed"
    story.reload().remove_signer(task, 1)
    story.reload().remove_signer(task, 2)
    assert [(one.id, one.parked) for one in story.reload().open_tasks] == [(task, False)]
    story.run.complete(task, {})
    emil = helper(story, "emil")
    with pytest.raises(Conflict) as refused:
        story.run.add_signers(emil, ["x"])
    assert refused.value.code == "signs_only"
    story.reload().remove_signer(emil, 3)
    assert story.open == ["u"]


def test_sent_back_nobody_is_left_who_was_to_sign() -> None:
    story = Story.begin(user("a") + ONE.replace('targetRef="t"', 'targetRef="a"') + flows("a > t"))
    story.complete("a")
    help_with(story, "before", "bob")
    bob = helper(story, "bob")
    story.run.send_back(bob, "a")
    assert story.open == ["a"]
    story.complete("a")
    assert [task.signer for task in story.reload().open_tasks] == [None]


@pytest.mark.parametrize("place", ["before", "after"])
def test_who_was_added_to_a_task_moves_to_another_version(place: str) -> None:
    story = Story.begin(ONE)
    task = help_with(story, place, "bob")
    if place == "after":
        story.run.complete(task, {})
    drawn = ONE + boundary("told", "t", LATE.replace("PT1H", "PT30M"), cancel=False) + flows("told > e")
    new = compile_definition(file_of(drawn), "p")
    moved, findings = story.run.on(
        Migration(story.definition, new), story.host, held_at=lambda _: nullcontext()
    )
    assert [f for f in findings if f.severity == "error"] == []
    story.definition, story._run = new, moved
    assert [due.node_id for due in story.reload().due_timers] == ["told", "late"]
    sign_for(story, "bob")
    assert story.open == (["t"] if place == "before" else ["u"])


# -- what goes on around ------------------------------------------------------------------------------


def test_the_limit_of_the_step_goes_on_and_ends_all_signatures() -> None:
    story = begin(order="true")
    (late,) = story.run.due_timers
    add(story, "anna", "x", place="before")
    assert story.reload().due_timers == [late]
    story.wait(hours=2)
    assert (story.open, story.ends) == ([], ["x"])


@pytest.mark.parametrize("order", ["true", "false"])
def test_sent_back_or_removed_in_the_middle_no_signature_is_lost_or_doubled(order: str) -> None:
    """Engines that keep signatures as loose tasks lose some of them when one is returned, or leave others behind."""
    line = signed(order=order).replace('targetRef="t"', 'targetRef="a"').replace("s_t", "s_a")
    story = Story.begin(user("a") + line + flows("a > t"), {"signers": ["anna", "bob", "carl"]})
    story.complete("a")
    sign(story, "anna")
    add(story, "bob", "x", place="before")
    task = at(story, "bob")
    story.run.send_back(task, "a")
    story.steps += story.run.steps
    assert story.open == ["a"]
    story.complete("a")
    begun = [one.item for one in story.run.signers(at(story, "anna"))]
    assert begun == ["anna", "bob", "carl"]
    remove(story, "bob", seen_from="anna")
    sign(story, "anna")
    sign(story, "carl")
    assert (story.open, story.variables["answers"]) == (["u"], ["yes", "yes"])
    present: dict[tuple[str, str], int] = {}
    for step in story.steps:
        key = (step.activity_id, step.node_id)
        present[key] = present.get(key, 0) + (1 if step.what == "entered" else -1)
    assert set(present.values()) <= {-1, 0, 1}  # -1: entered before the story took notes


def test_instances_of_before_the_engine_kept_who_signs_go_on() -> None:
    for order in ("true", "false"):
        story = begin(order=order)
        sign(story, "anna")
        for token in story.run._instance.tasks.values():
            if order == "false":
                token.internal_data.pop("items", None)
        add(story, "bob", "x")
        remove(story, "bob", seen_from="bob")
        sign(story, "carl")
        sign(story, "x")
        assert (story.open, len(story.variables["answers"])) == (["u"], 3)


def test_added_and_parked_signers_move_to_another_version() -> None:
    story = begin(order="true")
    add(story, "anna", "x", place="before")
    new = compile_definition(file_of(signed(order="true").replace('id="u"', 'id="u" name="U"')), "p")
    moved, findings = story.run.on(
        Migration(story.definition, new), story.host, held_at=lambda _: nullcontext()
    )
    assert [f for f in findings if f.severity == "error"] == []
    story.definition, story._run = new, moved
    assert [(one.item, one.state) for one in moved.signers(at(story, "x"))] == [
        ("anna", "parked"),
        ("bob", "waiting"),
        ("carl", "waiting"),
        ("x", "open"),
    ]
    sign(story, "x")
    assert signing(story) == ["anna"]
