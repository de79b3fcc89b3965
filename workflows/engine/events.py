"""What waits and what happens: arming, finding and firing of events within one run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from workflows.clock import office_zone
from workflows.engine import correlation, timers
from workflows.engine.tokens import WAITING, Token
from workflows.expressions import Expression, template

#: What a timer keeps where another version of the diagram says another time since.
SAID = "said"

KINDS: dict[str, type] = {
    "message": MessageEventDefinition,
    "signal": SignalEventDefinition,
    "conditional": ConditionalEventDefinition,
    "timer": TimerEventDefinition,
    "error": ErrorEventDefinition,
    "escalation": EscalationEventDefinition,
    "cancel": CancelEventDefinition,
}


def kind_of(token: Token) -> str | None:
    """Return the kind of event that a waiting token waits for, None if it waits for none."""
    return kind_of_spec(token.task_spec) if token._state == WAITING else None


def kind_of_spec(spec: Any) -> str | None:
    """Return the kind of event that an element waits for, None if it waits for none or for several."""
    definition = getattr(spec, "event_definition", None)
    return next((kind for kind, cls in KINDS.items() if isinstance(definition, cls)), None)


def waiting(run: Any, *kinds: str) -> Iterator[tuple[Token, str]]:
    """Yield the tokens that wait for an event of these kinds, the oldest first."""
    for token in list(run.tasks.values()):
        kind = kind_of(token)
        if kind in kinds:
            yield token, kind


def arm(run: Any, token: Token) -> None:
    """Compute the due time, name or first state of what `token` waits for."""
    kind, spec = kind_of(token), token.task_spec
    if kind == "timer":
        kind, expression = counted_by(token)
        run.arm_timer(token, run.value(expression, token), kind)
    elif kind in ("message", "signal"):
        token.internal_data["name"] = str(run.value(spec.event_name, token))
    elif kind == "conditional":
        run.awaits_conditions = True
        run.changed.add("")


def reckon(
    run: Any, calls: frozenset[str], held_at: Callable[[datetime], AbstractContextManager[None]]
) -> None:
    """Reckon the armed timers anew whose expression calls one of these functions, as of when they were armed."""
    for token, _ in waiting(run, "timer"):
        kept, (kind, expression) = token.internal_data["timer"], counted_by(token)
        if not expression.calls & calls or "cycle" in kept or "cron" in kept:
            continue
        with held_at(datetime.fromisoformat(kept["armed"]) if "armed" in kept else token.entered_at):
            run.arm_timer(token, run.value(expression, token), kind)


def counted_by(token: Token) -> tuple[str, Expression]:
    """Return by what a timer is counted, kind and expression: what its version said when it was armed."""
    spec = token.task_spec
    if SAID not in token.internal_data:
        return spec.timer_kind, spec.timer
    kind, source = token.internal_data[SAID]
    return kind, template(source)


def rearm(run: Any, token: Token) -> None:
    """Set a non-interrupting boundary event for its next turn, or take it away when it has none."""
    if kind_of(token) != "timer":
        # Messages, signals, escalations and conditions stay armed as long as their activity lasts.
        return
    following = timers.rearm(token.internal_data["timer"], run.host.now(), office_zone())
    if following is None:
        run.remove(token)
    else:
        token.internal_data["timer"] = following


def due(run: Any) -> list[tuple[datetime, Token]]:
    """Return the armed timers with their instants, soonest first."""
    armed = [(datetime.fromisoformat(t.internal_data["timer"]["due"]), t) for t, _ in waiting(run, "timer")]
    return sorted(armed, key=lambda pair: pair[0])


def deliver(
    run: Any,
    name: str,
    payload: Mapping[str, Any],
    element: str | None = None,
    *,
    on: Token | None = None,
) -> bool:
    """Give a message to the one event that has waited for it longest; tell whether there was one.

    With `element`, only an event of that id takes it; with `on`, only one that sits on that token.
    """
    token = next((t for t in hearing(run, name, payload, element) if on is None or beside(t) is on), None)
    if token is None:
        return False
    correlation.remember(token, name, payload)
    run.fire(token, payload)
    return True


def hearing(run: Any, name: str, payload: Mapping[str, Any], element: str | None = None) -> Iterator[Token]:
    """Yield the tokens that a message is meant for, by name and correlation keys, the oldest first."""
    for token, _ in waiting(run, "message"):
        here = element in (None, token.task_spec.element) and token.internal_data["name"] == name
        if here and correlation.matches(token, name, payload):
            yield token


def broadcast(run: Any, name: str, payload: Mapping[str, Any]) -> bool:
    """Give a signal to every event that waits for it now; tell whether there was any."""
    hit = [token for token, _ in waiting(run, "signal") if token.internal_data["name"] == name]
    for token in hit:
        # The first may have cancelled the second.
        if token.alive:
            run.fire(token, payload)
    return bool(hit)


def offer_thrown(run: Any) -> bool:
    """Offer the run's own messages to its own catch events; tell whether one was taken."""
    thrown, run.thrown = run.thrown, []
    taken = False
    for sent in thrown:
        if deliver(run, sent.name, sent.payload):
            taken = True
        else:
            run.sent.append(sent)
    return taken


def fire_changed(run: Any) -> bool:
    """Fire the conditional events that a variable just written has made true; tell whether one did.

    A condition is looked at before the next step, lest a branch that waits for nothing runs past it.
    """
    names, run.changed = run.changed, set()
    return bool(names) and run.awaits_conditions and fire_conditions(run, names)


def fire_conditions(run: Any, names: Collection[str] | None = None) -> bool:
    """Fire every conditional event whose condition has become true; tell whether one did.

    With `names`, only conditions that read one of these variables, or that nobody has looked at, count.
    """
    fired = False
    for token, _ in waiting(run, "conditional"):
        if not token.alive:
            continue
        seen = "held" in token.internal_data
        if names is not None and seen and token.task_spec.condition.names.isdisjoint(names):
            continue
        holds = run.holds_already(token.task_spec.condition, token)
        before = token.internal_data.get("held", False)
        token.internal_data["held"] = holds
        if holds and not before:
            fired = True
            run.fire(token)
    return fired


def find_handler(origin: Token, kind: str, code: str | None) -> Token | None:
    """Return the nearest event outwards from `origin` that catches (BPMN 2.0, 10.4.6, 13.4.3).

    A scope's own event subprocesses come before its boundary events, an exact code before any code. What is
    thrown inside an event subprocess is not caught by that same one.
    """
    around: Token | None = origin
    inside: Token | None = None
    while around is not None:
        own: list[Token] = []
        attached: list[Token] = []
        for event, token in armed_on(around, kind):
            if event.task_spec not in around.task_spec.armed:
                attached.append(token)
            elif inside is None or event.task_spec.handler.element != inside.task_spec.element:
                own.append(token)
        if caught := _catching(own, code) or _catching(attached, code):
            return caught
        around, inside = around.parent, around
    return None


def armed_on(around: Token, kind: str) -> Iterator[tuple[Token, Token]]:
    """Yield the events of a kind that wait beside a token, and what waits: itself or a part of it."""
    for event in around.children:
        if event.task_spec.silent:
            yield from ((event, token) for token in (event, *event.children) if kind_of(token) == kind)


def beside(token: Token) -> Token | None:
    """Return the activity or scope that a waiting event is armed with, None if it stands for itself."""
    if token.task_spec.is_part:
        return beside(token.parent)
    return token.parent if token.task_spec.silent else None


def _catching(handlers: list[Token], code: str | None) -> Token | None:
    exact = [t for t in handlers if t.task_spec.event_definition.code == code]
    catching = exact or [t for t in handlers if t.task_spec.event_definition.code is None]
    return catching[0] if catching else None


def error_variables(spec: Any, code: str, message: str) -> dict[str, Any]:
    """Return the variables in which an error boundary event wants code and message."""
    named = spec.node.attributes
    wanted = {named.get("errorCodeVariable"): code, named.get("errorMessageVariable"): message}
    return {name: value for name, value in wanted.items() if name}


def escalation_variables(spec: Any, code: str | None) -> dict[str, Any]:
    """Return the variable in which an escalation boundary event wants the code."""
    name = spec.node.attributes.get("escalationCodeVariable")
    return {name: code} if name else {}
