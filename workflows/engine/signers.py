"""Signers of a repeated user task (会签): who is to sign, joining them and leaving them while it goes on.

Each instance is a signature, told by its number: instances of the beginning come first, then those added, in the
order of adding. Where all sign at once an added one begins at once. In a sequence it comes before the present
one (前加签), which is parked until its turn comes again, right after it (后加签), or last. Only who has not signed
can be removed (减签), and the activity is then judged anew, if anybody has signed: the condition may hold now, or
nobody may be left. The limit belongs to the step: what is armed on the activity goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workflows.engine import ballots, continuations, multiple, parking, scope
from workflows.engine.model import Signer
from workflows.engine.plan import MAX_INSTANCES
from workflows.engine.tokens import Token
from workflows.errors import Conflict, EngineFault, InvalidInput, NotFound
from workflows.expressions import template
from workflows.expressions.values import kind

#: Where an added signer comes in a sequence, as seen from the present one.
BEFORE, AFTER, LAST = PLACES = ("before", "after", "last")


def is_listed(token: Token) -> bool:
    """Tell whether a task is a signature of a step that a list of persons signs."""
    loop = token.task_spec.body.loop if token.task_spec.body is not None else None
    return loop is not None and loop.collection is not None and loop.element_variable is not None


def signers(token: Token) -> Iterator[Signer]:
    """Yield who signs the step that a task is a signature of, in the order of the numbers."""
    body = token.parent
    items, live, pending = ballots.items_of(body), ballots.live(body), ballots.pending(body)
    added = body.internal_data.get("added", {})
    for index in ballots.known(body):
        going = live.get(index)
        state = "waiting" if index in pending else "signed"
        if going is not None and not _is_done(going):
            state = "parked" if parking.is_parked(going) else "open"
        yield Signer(index, items[index], state, going.id if going else None, added.get(str(index)))


def add(token: Token, items: Sequence[Any], place: str, by: str | None) -> list[int]:
    """Let more sign, each for an item that `additions` has found good; returns their numbers."""
    body = token.parent
    kept = body.internal_data
    order = ballots.pending(body)
    kept["items"] = [*ballots.items_of(body), *items]
    count = kept["total"] + len(kept.get("gone", ()))
    numbers = list(range(count, count + len(items)))
    kept["total"] += len(items)
    body.data["nrOfInstances"] = kept["total"]
    if by is not None:
        kept["added"] = {**kept.get("added", {}), **{str(number): by for number in numbers}}
    if body.task_spec.loop.sequential:
        _put_in_order(token, order, numbers, place)
    else:
        for number in numbers:
            multiple.start(body, number, kept["items"][number])
    return numbers


def _put_in_order(token: Token, order: list[int], numbers: list[int], place: str) -> None:
    body, own = token.parent, token.internal_data["index"]
    present = own not in order  # else it is parked, and comes again
    if present:
        order = [own, *order]
    at = len(order) if place == LAST else order.index(own) + (place == AFTER)
    order = order[:at] + numbers + order[at:]
    if present and order[0] == own:
        body.internal_data["order"] = order[1:]
        return
    body.internal_data["order"] = order
    if present:
        parking.park(token)
        body.data["nrOfActiveInstances"] -= 1
        multiple.start_next(body)


def additions(token: Token, items: Sequence[Any], place: str) -> list[Any]:
    """Return the items of those who are to sign as well; `InvalidInput`, `Conflict` (`signs_already`)."""
    body = token.parent
    element = body.task_spec.element
    if place not in PLACES:
        raise InvalidInput(f"A signer is added {', '.join(PLACES)}, not '{place}'.", code="place")
    new: list[Any] = scope.clean({"items": list(items)})["items"]
    if not new:
        raise InvalidInput("Nobody is named who is to sign.", code="signer")
    there = [ballots.items_of(body)[index] for index in ballots.known(body)]
    for item in new:
        if item in there:
            raise Conflict(f"{item!r} signs '{element}' already.", code="signs_already", who=_shown(item))
        if not all(_alike(item, one) for one in there if one is not None):
            raise InvalidInput("Who joins is described as those are who sign already.", code="signer_unlike")
        there.append(item)
    if len(there) > MAX_INSTANCES:
        raise InvalidInput(f"At most {MAX_INSTANCES} sign one step.", code="too_many_signers")
    return new


def who(token: Token, item: Any) -> str:
    """Return the user who would sign for an item, as assignee or candidate users name him; `InvalidInput` if nobody."""
    spec, name = token.task_spec, token.task_spec.body.loop.element_variable
    said = spec.node.attributes.get("assignee") or spec.node.attributes.get("candidateUsers") or ""
    try:
        found = token.workflow.value(template(said), token, {name: item})
    except EngineFault:
        found = None
    if not isinstance(found, str) or not found.strip():
        raise InvalidInput(f"'{spec.element}' does not name its signers.", code="unnamed_signers")
    return found.strip()


def _alike(item: Any, other: Any) -> bool:
    """Tell whether two items are of one kind, with the same entries: else a weight would be missing."""
    if isinstance(item, dict) and isinstance(other, dict):
        return item.keys() == other.keys() and all(_alike(item[key], other[key]) for key in item)
    return kind(item) == kind(other)


def _shown(item: Any) -> str:
    return item if isinstance(item, str) else ""


def check_removal(token: Token, index: int) -> None:
    """Refuse to remove whom nothing allows to: `NotFound`, `Conflict` (`signed`, `last_signer`)."""
    body = token.parent
    if index not in ballots.known(body):
        raise NotFound(f"No signer has the number {index}.", code="signer")
    going = ballots.live(body).get(index)
    if index not in ballots.pending(body) and (going is None or _is_done(going)):
        raise Conflict("Who has signed is not removed.", code="signed")
    if body.internal_data["total"] == 1:
        raise Conflict("Nobody has signed: the last one to do so is not removed.", code="last_signer")


def remove(token: Token, index: int) -> None:
    """Let somebody sign no more; the activity is judged anew."""
    body = token.parent
    kept, going, order = body.internal_data, ballots.live(body).get(index), ballots.pending(body)
    kept["gone"] = [*kept.get("gone", ()), index]
    kept["total"] -= 1
    body.data["nrOfInstances"] = kept["total"]
    if body.task_spec.loop.sequential:
        kept["order"] = [number for number in order if number != index]
    if going is not None:
        if not parking.is_parked(going):
            body.data["nrOfActiveInstances"] -= 1
        body.workflow.cancel_token(going)
    multiple.go_on(body)


def _is_done(token: Token) -> bool:
    return continuations.is_held(token) and not continuations.is_coming(token)
