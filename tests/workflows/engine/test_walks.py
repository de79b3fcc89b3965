"""Random walks through random processes, reloaded at every step, beside a reference without tokens."""

from __future__ import annotations

from collections import Counter
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflows.engine.diagrams import START, Story, TestHost, file_of
from tests.workflows.engine.terms import (
    Box,
    Choice,
    Each,
    Reference,
    Repeat,
    Seq,
    Task,
    Term,
    Timed,
    Together,
    file_body,
    variables,
)
from workflows.engine import Run, compile_definition

MAX_ACTS = 60


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """Draw a process of up to four levels, every id used once."""
    numbers = count()

    def name(kind: str) -> str:
        return f"{kind}{next(numbers)}"

    def term(depth: int) -> Term:
        if depth == 0:
            return Task(name("t"))
        kind = draw(
            st.sampled_from(
                ["task", "seq", "choice", "and", "or", "repeat", "box", "each", "timed", "remind"]
            )
        )
        return MAKERS[kind](depth - 1)

    def together(depth: int, inclusive: bool) -> Term:
        branches = tuple(term(depth) for _ in range(draw(st.integers(2, 3))))
        every = list(range(len(branches)))
        taken = draw(st.lists(st.sampled_from(every), min_size=1, unique=True)) if inclusive else every
        return Together(name("g"), branches, tuple(sorted(taken)), inclusive)

    def choice(depth: int) -> Term:
        ways = tuple(
            None if draw(st.booleans()) and index else term(depth) for index in range(draw(st.integers(2, 3)))
        )
        # Two empty ways would be two flows between the same gateways.
        ways = tuple(way for index, way in enumerate(ways) if way or None not in ways[:index])
        return Choice(name("x"), ways, draw(st.integers(0, len(ways) - 1)))

    def host(depth: int) -> Task | Box | Each:
        if depth and draw(st.booleans()):
            return Box(name("box"), term(depth))
        if draw(st.booleans()):
            return Each(name("each"), draw(st.integers(1, 3)), draw(st.booleans()))
        return Task(name("t"))

    def timed(depth: int, *, remind: bool) -> Term:
        body = host(depth)
        minutes = draw(st.integers(1, 300))
        return Timed(name("w"), body, minutes, None if remind else term(depth))

    MAKERS = {
        "task": lambda depth: Task(name("t")),
        "seq": lambda depth: Seq(name("s"), tuple(term(depth) for _ in range(draw(st.integers(2, 3))))),
        "choice": choice,
        "and": lambda depth: together(depth, False),
        "or": lambda depth: together(depth, True),
        "repeat": lambda depth: Repeat(name("r"), term(depth), draw(st.integers(1, 3))),
        "box": lambda depth: Box(name("box"), term(depth)),
        "each": lambda depth: Each(name("each"), draw(st.integers(0, 3)), draw(st.booleans())),
        "timed": lambda depth: timed(depth, remind=False),
        "remind": lambda depth: timed(depth, remind=True),
    }
    return term(4)


def compare(story: Story, reference: Reference) -> None:
    run = story.reload()
    assert sorted(task.node.id for task in run.open_tasks) == reference.opens()
    assert sorted((t.due_at, t.node_id) for t in run.due_timers) == reference.timers()
    assert (run.outcome == "completed") == reference.scope.done


def check_steps(story: Story) -> None:
    """Whatever was entered has left, was cancelled, or is still there; nothing happens twice."""
    entered = [s.activity_id for s in story.steps if s.what == "entered"]
    gone = [s.activity_id for s in story.steps if s.what != "entered"]
    assert max(Counter(entered).values()) == 1
    assert max(Counter(gone).values(), default=1) == 1
    assert set(gone) <= set(entered)
    if story.outcome == "completed":
        assert set(gone) == set(entered)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(term=terms(), data=st.data())
def test_every_walk_is_what_the_blocks_say(term: Term, data: st.DataObject) -> None:
    definition = compile_definition(file_of(file_body(term)), "p")
    host = TestHost()
    story = Story(definition, host, Run.start(definition, variables(term), host))
    reference = Reference(term, START)
    compare(story, reference)
    for _ in range(MAX_ACTS):
        if reference.scope.done:
            break
        act = data.draw(st.sampled_from(["complete", "complete", "complete", "wait", "drain"]))
        if act == "complete":
            task = data.draw(st.sampled_from(reference.opens()))
            reference.complete(task)
            story.complete(task, last=task)
        elif act == "wait":
            host.move(minutes=data.draw(st.integers(1, 200)))
            reference.move(host.instant)
            story.drain()
        else:
            story.drain()
        compare(story, reference)
    check_steps(story)
