"""Classic small nets, sound and unsound: the verdict on each, and the shortest way to what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.workflows.engine.diagrams import file_of, flows, nodes, sub, timer, user
from workflows.engine import compile_definition, soundness
from workflows.findings import Finding

SIGNAL = '<signalEventDefinition signalRef="sig"/>'
SIGNALS = '<signal id="sig" name="sig"/><message id="mm" name="mm"/><message id="mn" name="mn"/>'
TERMINATE = '<endEvent id="stop"><terminateEventDefinition/></endEvent>'
MESSAGES = "".join(
    f'<intermediateCatchEvent id="{name}"><messageEventDefinition messageRef="m{name}"/></intermediateCatchEvent>'
    for name in ("m", "n")
)
ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")


def structural(body: str) -> list[Finding]:
    """Return the findings of the token game of one process, without those on conditions."""
    definition = compile_definition(file_of(body, extra=SIGNALS), "p")
    return [f for f in soundness.check(definition) if f.rule in soundness.RULES]


def tasks(names: str) -> str:
    return "".join(user(name) for name in names.split())


def splits(names: str) -> str:
    return nodes("parallelGateway", *names.split())


def choices(names: str) -> str:
    return nodes("exclusiveGateway", *names.split())


def inclusives(names: str) -> str:
    return nodes("inclusiveGateway", *names.split())


def either(*chains: str) -> str:
    """Return flows with a condition that may hold or not."""
    return flows(*(f"{chain} | v == 1" for chain in chains))


@dataclass(frozen=True)
class Sound:
    name: str
    body: str


@dataclass(frozen=True)
class Unsound:
    name: str
    body: str
    rule: str
    element: str
    path: str


SOUND = [
    Sound("a sequence", ENDS + tasks("a b") + flows("s > a > b > e")),
    Sound(
        "a block of parallel branches",
        ENDS + splits("f j") + tasks("a b") + flows("s > f > a > j > e", "f > b > j"),
    ),
    Sound(
        "a choice and its merge",
        ENDS
        + choices("x m")
        + tasks("a b")
        + either("x > a", "x > b")
        + flows("s > x", "a > m > e", "b > m"),
    ),
    Sound(
        "a loop back by a choice",
        ENDS + choices("m x") + tasks("a") + flows("s > m > a > x") + either("x > m", "x > e"),
    ),
    Sound(
        "an implicit merge",
        ENDS
        + choices("x")
        + tasks("a b c")
        + flows("s > x", "a > c > e", "b > c")
        + either("x > a", "x > b"),
    ),
    Sound(
        "an implicit split joined",
        ENDS + tasks("a b c") + splits("j") + flows("s > a > b > j > e", "a > c > j"),
    ),
    Sound(
        "branches with an end each",
        ENDS + splits("f") + tasks("a b") + nodes("endEvent", "e2") + flows("s > f > a > e", "f > b > e2"),
    ),
    Sound("branches into one end", ENDS + splits("f") + tasks("a b") + flows("s > f > a > e", "f > b > e")),
    Sound(
        "an inclusive pair",
        ENDS
        + inclusives("f j")
        + tasks("a b c")
        + either("f > a", "f > b", "f > c")
        + flows("s > f", "a > j > e", "b > j", "c > j"),
    ),
    Sound(
        "inclusive pairs in one another",
        ENDS
        + inclusives("f j g k")
        + tasks("a b c d")
        + either("f > g", "f > d", "g > a", "g > b", "g > c")
        + flows("s > f", "a > k > j > e", "b > k", "c > k", "d > j"),
    ),
    Sound(
        "an inclusive join in a loop",
        ENDS
        + choices("m x")
        + inclusives("f j")
        + tasks("a b")
        + flows("s > m > f", "a > j > x", "b > j")
        + either("f > a", "f > b", "x > m", "x > e"),
    ),
    Sound(
        "parallel branches joined inclusively",
        ENDS + splits("f") + inclusives("j") + tasks("a b") + flows("s > f > a > j > e", "f > b > j"),
    ),
    Sound(
        "a choice joined inclusively",
        ENDS
        + choices("x")
        + inclusives("j")
        + tasks("a b")
        + either("x > a", "x > b")
        + flows("s > x", "a > j > e", "b > j"),
    ),
    Sound(
        "a deadline that takes another way",
        ENDS + tasks("a b") + timer("t", "P1D", on="a") + flows("s > a > e", "t > b > e"),
    ),
    Sound(
        "a reminder with a branch of its own",
        ENDS
        + tasks("a b")
        + timer("t", "P1D", on="a", cancel=False)
        + nodes("endEvent", "e2")
        + flows("s > a > e", "t > b > e2"),
    ),
    Sound(
        "a reminder in a loop",
        ENDS
        + choices("m x")
        + tasks("a b")
        + timer("t", "P1D", on="a", cancel=False)
        + nodes("endEvent", "e2")
        + flows("s > m > a > x", "t > b > e2")
        + either("x > m", "x > e"),
    ),
    Sound(
        "an event gateway",
        ENDS
        + nodes("eventBasedGateway", "g")
        + timer("t", "P1D")
        + timer("u", "P2D")
        + choices("m")
        + flows("s > g > t > m > e", "g > u > m"),
    ),
    Sound(
        "a termination beside work",
        ENDS + splits("f") + tasks("a b") + TERMINATE + flows("s > f > a > e", "f > b > stop"),
    ),
    Sound(
        "an end event that terminates among other things",
        ENDS
        + splits("f j")
        + tasks("a b")
        + f'<endEvent id="stop">{SIGNAL}<terminateEventDefinition/></endEvent>'
        + timer("t", "P1D", on="a")
        + flows("s > f > a > j > e", "f > b > j", "t > stop"),
    ),
    Sound(
        "a subprocess with several ends",
        ENDS
        + sub(
            "box",
            nodes("startEvent", "s1"),
            splits("f"),
            tasks("a b"),
            nodes("endEvent", "e1", "e2"),
            flows("s1 > f > a > e1", "f > b > e2"),
        )
        + flows("s > box > e"),
    ),
    Sound(
        "a loop without end in a subprocess that a deadline leaves",
        ENDS
        + sub("box", nodes("startEvent", "s1"), tasks("a b"), flows("s1 > a > b > a"))
        + timer("t", "P1D", on="box")
        + flows("s > box", "t > e"),
    ),
    Sound(
        "several start events merged",
        ENDS
        + f'<startEvent id="s2">{SIGNAL}</startEvent>'
        + choices("m")
        + tasks("a")
        + flows("s > m > a > e", "s2 > m"),
    ),
    Sound(
        "a process that begins with all events of a parallel gateway",
        nodes("endEvent", "e")
        + '<eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
        + MESSAGES
        + splits("j")
        + flows("g > m > j > e", "g > n > j"),
    ),
    Sound(
        "a process that begins with one of two messages",
        nodes("endEvent", "e")
        + '<eventBasedGateway id="g" instantiate="true"/>'
        + MESSAGES
        + choices("x")
        + flows("g > m > x > e", "g > n > x"),
    ),
    Sound(
        "an event subprocess beside a loop that it ends",
        ENDS
        + tasks("a b")
        + flows("s > a > b > a", "b > e | v == 1")
        + sub(
            "h", f'<startEvent id="s1">{SIGNAL}</startEvent>', nodes("endEvent", "e1"), flows("s1 > e1")
        ).replace('<subProcess id="h">', '<subProcess id="h" triggeredByEvent="true">'),
    ),
    Sound(
        "a choice that a constant decides",
        ENDS
        + choices("x")
        + splits("f j")
        + tasks("a b")
        + flows("s > f > x", "x > j | true", "x > e | false", "f > b > j > a > e"),
    ),
    Sound(
        "a link",
        ENDS
        + tasks("a b")
        + '<intermediateThrowEvent id="out"><linkEventDefinition name="L"/></intermediateThrowEvent>'
        + '<intermediateCatchEvent id="in"><linkEventDefinition name="L"/></intermediateCatchEvent>'
        + flows("s > a > out", "in > b > e"),
    ),
]

UNSOUND = [
    Unsound(
        "a choice into a parallel join",
        ENDS
        + choices("x")
        + splits("j")
        + tasks("a b")
        + either("x > a", "x > b")
        + flows("s > x", "a > j > e", "b > j"),
        "deadlock",
        "j",
        "s x a j",
    ),
    Unsound(
        "parallel branches into a merge",
        ENDS + splits("f") + choices("m") + tasks("a b c") + flows("s > f > a > m > c > e", "f > b > m"),
        "lack_of_synchronisation",
        "m",
        "s f a b m",
    ),
    Unsound(
        "an implicit split into an activity",
        ENDS + tasks("a b c d") + flows("s > a > b > d > e", "a > c > d"),
        "lack_of_synchronisation",
        "d",
        "s a b c d",
    ),
    Unsound(
        "a parallel join in a loop",
        ENDS + splits("j") + choices("x") + tasks("a") + flows("s > j > a > x") + either("x > j", "x > e"),
        "deadlock",
        "j",
        "s j",
    ),
    Unsound(
        "a fork in a loop",
        ENDS + choices("m") + splits("f") + tasks("a b") + flows("s > m > f > a > m", "f > b > e"),
        "unbounded",
        "b",
        "s m f a m",
    ),
    Unsound(
        "an inclusive fork into a parallel join",
        ENDS
        + inclusives("f")
        + splits("j")
        + tasks("a b")
        + either("f > a", "f > b")
        + flows("s > f", "a > j > e", "b > j"),
        "deadlock",
        "j",
        "s f a j",
    ),
    Unsound(
        "a way out of a parallel block",
        ENDS
        + splits("f j")
        + choices("x")
        + tasks("a b")
        + nodes("endEvent", "out")
        + flows("s > f > a > x", "f > b > j > e")
        + either("x > j", "x > out"),
        "deadlock",
        "j",
        "s f a b x out j",
    ),
    Unsound(
        "a deadline that leaves a parallel block",
        ENDS
        + splits("f j")
        + tasks("a b")
        + timer("t", "P1D", on="a")
        + nodes("endEvent", "out")
        + flows("s > f > a > j > e", "f > b > j", "t > out"),
        "deadlock",
        "j",
        "s f a t out b j",
    ),
    Unsound(
        "a deadline that a join waits for",
        ENDS
        + splits("j")
        + tasks("a")
        + timer("t", "P1D", on="a", cancel=False)
        + flows("s > a > j > e", "t > j"),
        "deadlock",
        "j",
        "s a j",
    ),
    Unsound(
        "a reminder that comes back into the flow",
        ENDS + tasks("a b") + timer("t", "P1D", on="a", cancel=False) + flows("s > a > b > e", "t > b"),
        "lack_of_synchronisation",
        "b",
        "s a t a b",
    ),
    Unsound(
        "two inclusive joins that wait for each other",
        ENDS
        + splits("f")
        + inclusives("j k")
        + tasks("a b c d")
        + flows("s > f > a > j > c > k", "f > b > k > d > j")
        + either("j > e"),
        "deadlock",
        "j",
        "s f a b j",
    ),
    Unsound(
        "a loop without end",
        ENDS
        + choices("x")
        + tasks("a b c")
        + flows("s > x", "b > c > b", "a > e")
        + either("x > a", "x > b"),
        "no_end",
        "b",
        "s x b",
    ),
    Unsound(
        "a branch behind a join that nothing completes",
        ENDS
        + choices("x")
        + splits("j")
        + tasks("a")
        + either("x > j", "x > e")
        + flows("s > x", "j > a > e")
        + tasks("b")
        + flows("b > j"),
        "deadlock",
        "j",
        "s x j",
    ),
    Unsound(
        "a step behind a join that never passes",
        ENDS
        + choices("x")
        + splits("j")
        + tasks("a b c")
        + either("x > a", "x > b")
        + flows("s > x", "a > j > c > e", "b > j"),
        "dead",
        "c",
        "",
    ),
    Unsound(
        "a stuck token in a subprocess",
        ENDS
        + sub(
            "box",
            nodes("startEvent", "s1"),
            choices("x"),
            splits("j"),
            nodes("endEvent", "e1"),
            flows("s1 > x", "j > e1"),
            tasks("a b"),
            either("x > a", "x > b"),
            flows("a > j", "b > j"),
        )
        + flows("s > box > e"),
        "deadlock",
        "j",
        "s1 x a j",
    ),
    Unsound(
        "an event gateway into a parallel join",
        ENDS
        + nodes("eventBasedGateway", "g")
        + timer("t", "P1D")
        + timer("u", "P2D")
        + splits("j")
        + flows("s > g > t > j > e", "g > u > j"),
        "deadlock",
        "j",
        "s g t j",
    ),
]


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.name)
def test_a_sound_net_has_no_finding(case: Sound) -> None:
    assert structural(case.body) == []


@pytest.mark.parametrize("case", UNSOUND, ids=lambda case: case.name)
def test_an_unsound_net_is_found_out_with_the_shortest_way_there(case: Unsound) -> None:
    found = {(f.rule, f.element): f for f in structural(case.body)}
    assert (case.rule, case.element) in found, found
    assert found[case.rule, case.element].path == tuple(case.path.split())


def test_a_join_in_an_ad_hoc_subprocess_is_not_proved() -> None:
    inner = splits("j") + tasks("a b c") + flows("a > j > c", "b > j")
    found = structural(ENDS + sub("box", inner, tag="adHocSubProcess") + flows("s > box > e"))
    assert [(f.element, f.rule, f.severity) for f in found] == [("box", "not_proved", "warning")]
