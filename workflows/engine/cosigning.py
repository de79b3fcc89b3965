"""Signers added to a task that one person does: before him (前加签) or after him (后加签).

Each added one is a token that the task's own token holds, so that whatever ends the step ends his part in it. Those
before park the task: it is open again when all of them have signed. Those after wait until it is completed; then its
completion is kept, and the step is left when all of them have signed. Nothing of it is armed anew or begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workflows.engine import parking
from workflows.engine.model import Signer
from workflows.engine.tokens import READY, STARTED, Token
from workflows.errors import Conflict, InvalidInput, NotFound

BEFORE, AFTER = "before", "after"
MOST = 50  #: added to one task
_ALL = "cosigners"  #: of the task's token: who was added, the oldest first
_ONE = "cosigner"  #: of an added one's token: which of them
_KEPT = "kept"  #: of the task's token: it is completed, and others sign yet


def is_signer(token: Token) -> bool:
    """Tell whether a token is somebody who was added to the task of the token that holds it."""
    return _ONE in token.internal_data


def is_kept(token: Token) -> bool:
    """Tell whether a task is completed, and waits for others to sign before its step is left."""
    return _KEPT in token.internal_data


def task_of(token: Token) -> Token:
    """Return the task that a token was added to sign; any other is its own."""
    task: Token = token.parent if is_signer(token) else token
    return task


def login_of(token: Token) -> str:
    """Return who an added one is."""
    said: str = token.parent.internal_data[_ALL][token.internal_data[_ONE]]["who"]
    return said


def signers(token: Token) -> Iterator[Signer]:
    """Yield who was added to a task and not removed."""
    for number, one in enumerate(_added(token)):
        if one["state"] != "removed":
            yield Signer(number, one["who"], one["state"], one.get("task"), one["by"], helps=True)


def additions(token: Token, logins: Sequence[Any], place: str) -> list[str]:
    """Return the logins of those who are to sign as well; `InvalidInput`, `Conflict` (`signs_already`)."""
    if is_signer(token):
        raise Conflict("Who was added to a task adds nobody himself.", code="signs_only")
    if place not in (BEFORE, AFTER):
        raise InvalidInput(f"A signer is added before or after, not '{place}'.", code="place")
    if not logins or not all(isinstance(login, str) and login.strip() for login in logins):
        raise InvalidInput("Nobody is named who is to sign.", code="signer")
    there = [one.item for one in signers(token)]
    for login in (new := [login.strip() for login in logins]):
        if login in there:
            raise Conflict(f"{login!r} signs it already.", code="signs_already", who=login)
        there.append(login)
    if len(there) > MOST:
        raise InvalidInput(f"At most {MOST} sign one step.", code="too_many_signers")
    return new


def add(token: Token, logins: Sequence[str], place: str, by: str | None) -> list[int]:
    """Let more sign the task, logins that `additions` has found good; returns their numbers."""
    added = [*_added(token)]
    numbers = list(range(len(added), len(added) + len(logins)))
    added += [{"who": login, "place": place, "by": by, "state": "waiting"} for login in logins]
    token.internal_data[_ALL] = added
    if place == BEFORE:
        for number in numbers:
            _begin(token, number)
        if not parking.is_parked(token):
            parking.park(token)
    return numbers


def keep(token: Token) -> bool:
    """Keep the completion of a task after which others sign; False where nobody does."""
    numbers = [n for n, one in enumerate(_added(token)) if one["state"] == "waiting"]
    if not numbers:
        return False
    token.workflow.note(token, "left")
    token.internal_data[_KEPT] = True
    token._set_state(STARTED)
    for number in numbers:
        _begin(token, number)
    return True


def sign(token: Token) -> None:
    """Count the signature of somebody who was added; with the last one the task, or the process, goes on."""
    run, task = token.workflow, token.parent
    task.internal_data[_ALL][token.internal_data[_ONE]]["state"] = "signed"
    run.note(token, "left")
    run.remove(token)
    _go_on(task)


def check_removal(token: Token, number: int) -> None:
    """Refuse to remove whom nothing allows to: `NotFound`, `Conflict` (`signed`)."""
    found = next((one for one in signers(token) if one.index == number), None)
    if found is None:
        raise NotFound(f"No signer has the number {number}.", code="signer")
    if found.state == "signed":
        raise Conflict("Who has signed is not removed.", code="signed")


def remove(token: Token, number: int) -> None:
    """Let one who was added sign no more."""
    one = token.internal_data[_ALL][number]
    one["state"] = "removed"
    if going := token.workflow.tasks.get(one.get("task", "")):
        token.workflow.cancel_token(going)
    _go_on(token)


def _added(token: Token) -> list[dict[str, Any]]:
    added: list[dict[str, Any]] = token.internal_data.get(_ALL, [])
    return added


def _begin(token: Token, number: int) -> None:
    run = token.workflow
    signer = run.create(token.task_spec, token, internal={_ONE: number})
    signer._set_state(READY)
    run.note(signer, "entered")
    token.internal_data[_ALL][number].update(state="open", task=signer.id)


def _go_on(task: Token) -> None:
    if any(one["state"] == "open" for one in _added(task)):
        return
    if is_kept(task):
        task.complete()
    elif parking.is_parked(task):
        parking.unpark(task)
