"""The port behind which the office decides who may see or act; nothing installed means deny."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import Session

from workflows.actor import Actor
from workflows.errors import NotAllowed
from workflows.model import Instance, Task


@dataclass(frozen=True)
class Decision:
    """Whether an act is allowed, and the reason in plain words for the audit and the page."""

    allowed: bool
    reason: str = ""
    rule: str = ""  #: by which it was decided: a code for which the office has words

    def refusal(self, act: str) -> NotAllowed:
        """Return the error that refuses an act by this decision."""
        reason = self.reason or f"You may not {act} this."
        return NotAllowed(reason, code="not_allowed", act=act, rule=self.rule)


class Policy(Protocol):
    """What the office implements; conditions and checks must agree on every row."""

    def instances(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Instance` of what the actor may see."""

    def tasks(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Task` of what the actor may see."""

    def passages(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Activity`, joined to its `Instance`, of what the actor may see."""

    def whole(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Instance` of those whose every passage is of a stage that the actor reads."""

    def for_others(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `Task` of what the actor may do in the place of those who are away."""

    def external(self, actor: Actor) -> ColumnElement[bool]:
        """Return the SQL condition over `ExternalTask`, joined to its `Instance`, of what the actor may fetch and do."""

    def withheld(self, session: Session, actor: Actor, tasks: Iterable[Any]) -> Collection[str]:
        """Return the keys of those of these tasks, or rows of them, that what the actor did before bars him from."""

    def may(self, session: Session, actor: Actor, act: str, subject: Instance | Task) -> Decision:
        """Decide one act: see claim release complete assign (task), see start cancel suspend migrate variables.

        An actor who acts for another (`acting_for`) is allowed what that one passes on to him, and no more.
        Of these no more than the actor's id is known: `hold` asks whether he may be given the task, `stand_in`
        whether he may be told of it in the place of one who is away, `sit` whether he may sit in the meeting that the
        task records, `sign` whether he may be added to those who sign it, or asked for his opinion on it.
        """


class _Deny:
    def instances(self, actor: Actor) -> ColumnElement[bool]:
        return false()

    def tasks(self, actor: Actor) -> ColumnElement[bool]:
        return false()

    def passages(self, actor: Actor) -> ColumnElement[bool]:
        return false()

    def whole(self, actor: Actor) -> ColumnElement[bool]:
        return false()

    def for_others(self, actor: Actor) -> ColumnElement[bool]:
        return false()

    def external(self, actor: Actor) -> ColumnElement[bool]:
        return false()

    def withheld(self, session: Session, actor: Actor, tasks: Iterable[Any]) -> Collection[str]:
        return {task.id for task in tasks}

    def may(self, session: Session, actor: Actor, act: str, subject: Instance | Task) -> Decision:
        return Decision(False, "No policy is installed.")


_policy: Policy = _Deny()


def install(policy: Policy) -> None:
    """Let `policy` decide from now on."""
    global _policy
    _policy = policy


def policy() -> Policy:
    """Return the installed policy; one that denies everything when none is."""
    return _policy
