"""What a thrown event does, by its kind: told inside the run, handed to the host, or the end of a scope."""

from __future__ import annotations

from typing import Any

from workflows.engine import compensation, correlation, events, scope, work
from workflows.engine.model import Sent
from workflows.engine.tokens import Token


def send_message(token: Token, spec: Any) -> None:
    """Throw a message: to who waits in this run, now or when it is quiet, else handed to the host."""
    run, sent = token.workflow, _sent("message", token, spec)
    correlation.remember(token, sent.name, sent.payload)
    if not events.deliver(run, sent.name, sent.payload):
        run.thrown.append(sent)


def broadcast(token: Token, spec: Any) -> None:
    """Throw a signal at everything in this run that waits for it, and hand it to the host."""
    run, sent = token.workflow, _sent("signal", token, spec)
    run.sent.append(sent)
    events.broadcast(run, sent.name, sent.payload)


def raise_escalation(token: Token, spec: Any) -> None:
    """Hand an escalation to the nearest event around that catches it; nobody there is no fault."""
    code = spec.event_definition.code
    caught = events.find_handler(token, "escalation", code)
    if caught is not None:
        token.workflow.fire(caught, events.escalation_variables(caught.task_spec, code))


def end_in_error(token: Token, spec: Any) -> None:
    """Raise the error of an end event; an error that nobody catches ends the whole run."""
    run, around, error = token.workflow, token.parent, spec.event_definition
    run.note(token, "left")
    run.remove(token)
    if not run.raise_error(around, error.code, error.message):
        run.finish("completed")


def cancel_transaction(token: Token, _: Any) -> None:
    """Undo what was completed in the transaction around, then leave it; all its instances are one."""
    run = token.workflow
    around = next(holder for holder in scope.above(token) if holder.task_spec.rolls_back)
    run.note(token, "left")
    run.remove(token)
    compensation.roll_back(token, around.parent if around.task_spec.body else around)


def terminate(token: Token, _: Any) -> None:
    """End the scope around a terminate end event, and nothing beyond it."""
    run, around = token.workflow, token.parent
    run.note(token, "left")
    run.remove(token)
    run.clear(around)
    run.settle(around)


def _sent(kind: str, token: Token, spec: Any) -> Sent:
    name = str(token.workflow.value(spec.event_name, token))
    payload = {**token.data, **work.copied(spec.ins, token)}
    return Sent(kind, name, token.workflow.cleaned(token, payload), token.task_spec.element)
