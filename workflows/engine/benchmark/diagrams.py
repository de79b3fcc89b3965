"""Diagrams that the engine and the bare library both understand: plain names as conditions, small scripts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://duban.test">'
    '<process id="p" isExecutable="true"><startEvent id="begin"/><endEvent id="finish"/>'
)

#: The variables that the diagrams' conditions name.
VARIABLES = {"approved": True, "again": True}


def office() -> bytes:
    """Return a process of 20 activities, 14 of them by people: in a row, side by side and by choice."""
    people = [_user(f"u{n}") for n in range(1, 15)]
    steps = [_script(f"t{n}") for n in range(1, 7)]
    gates = _gate("parallelGateway", "split", "join") + _gate("exclusiveGateway", "merge")
    gates += '<exclusiveGateway id="choice" default="choice_t5"/>' + _flow("choice", "u9", "approved")
    ways = (
        "begin u1 t1 u2 u3 t2 split",
        "split u4 u5 u6 join",
        "split u7 t3 u8 join",
        "join t4 choice",
        "u9 u10 u11 merge",
        "choice t5 merge",
        "merge u12 u13 t6 u14 finish",
    )
    return _whole([*people, *steps], gates + "".join(_chain(way.split()) for way in ways))


def line(length: int) -> bytes:
    """Return so many tasks of people in a row."""
    names = [f"u{n}" for n in range(1, length + 1)]
    return _whole([_user(name) for name in names], _chain(["begin", *names, "finish"]))


def loop() -> bytes:
    """Return a task that is done again and again."""
    gates = '<exclusiveGateway id="back"/><exclusiveGateway id="more" default="more_finish"/>'
    flows = _chain(["begin", "back", "u1", "more"]) + _flow("more", "back", "again") + _flow("more", "finish")
    return _whole([_user("u1")], gates + flows)


def several(width: int) -> bytes:
    """Return one task for so many people at once."""
    inner = f"<multiInstanceLoopCharacteristics><loopCardinality>{width}</loopCardinality>"
    task = f'<userTask id="u1">{inner}</multiInstanceLoopCharacteristics></userTask>'
    return _whole([task], _chain(["begin", "u1", "finish"]))


def _whole(nodes: Iterable[str], rest: str) -> bytes:
    return f"{_HEAD}{''.join(nodes)}{rest}</process></definitions>".encode()


def _user(name: str) -> str:
    return f'<userTask id="{name}" name="Step {name}"/>'


def _script(name: str) -> str:
    return f'<scriptTask id="{name}" name="Step {name}"><script>{name} = 1</script></scriptTask>'


def _gate(kind: str, *names: str) -> str:
    return "".join(f'<{kind} id="{name}"/>' for name in names)


def _chain(names: list[str]) -> str:
    return "".join(_flow(source, target) for source, target in pairwise(names))


def _flow(source: str, target: str, condition: str = "") -> str:
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    identity = f"{source}_{target}"
    return f'<sequenceFlow id="{identity}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
