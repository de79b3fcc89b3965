"""Ballots: what the signers of a repeated activity have said so far, for conditions that count votes.

An activity with the property `ballots` names the variable that holds them: a map of `item`, `output` and `signed` for
every instance, in their order. Its completion condition sees it as things stand; the process has it afterwards.
"""

from __future__ import annotations

from typing import Any

from workflows.engine.tokens import Token

PROPERTY = "ballots"


def seen(body: Token) -> dict[str, Any]:
    """Return the ballots under the name of their variable; nothing where the activity names none."""
    name = body.task_spec.loop.ballots
    return {name: cast(body)} if name else {}


def cast(body: Token) -> list[dict[str, Any]]:
    """Return the ballot of every instance that has not been removed, completed or not."""
    items, results = items_of(body), body.internal_data["results"]
    waiting = {*live(body), *pending(body)}
    return [
        {"item": items[index], "output": results.get(str(index)), "signed": index not in waiting}
        for index in known(body)
    ]


def known(body: Token) -> list[int]:
    """Return the instances that there are, completed, open or still to come, by their numbers."""
    gone = body.internal_data.get("gone", [])
    return [index for index in range(body.internal_data["total"] + len(gone)) if index not in gone]


def live(body: Token) -> dict[int, Token]:
    """Return the instances that have begun and are not completed, by their numbers."""
    return {t.internal_data["index"]: t for t in body.children if t.task_spec.body is body.task_spec}


def pending(body: Token) -> list[int]:
    """Return the numbers of those that a sequence has still to begin, the next one first."""
    kept = body.internal_data
    if not body.task_spec.loop.sequential:
        return []
    if "order" in kept:
        order: list[int] = kept["order"]
        return order
    return list(range(kept["done"] + len(live(body)), kept["total"]))


def items_of(body: Token) -> list[Any]:
    """Return what each instance is for, by its number; None where that is not known."""
    kept, name = body.internal_data, body.task_spec.loop.element_variable
    if "items" in kept:
        items: list[Any] = kept["items"]
        return items
    going = live(body)
    return [
        going[index].data.get(name) if index in going and name else None for index in range(kept["total"])
    ]
