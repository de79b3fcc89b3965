"""Multi-instance and looping activities: one body, instances with variables of their own.

The library mutates the shared specification, loses all but the output item, restarts no instance after a
reload, fails on the second item without an output collection and cannot be reached from a boundary event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflows.engine import ballots, behaviors, parking, scope
from workflows.engine.plan import MAX_INSTANCES
from workflows.engine.tokens import Token


def begin(body: Token) -> bool:
    """Start the instances; True when there are none to wait for."""
    if body.task_spec.loop.standard:
        return _begin_loop(body)
    items = _items(body)
    body.data.update(nrOfInstances=len(items), nrOfCompletedInstances=0, nrOfActiveInstances=0)
    body.internal_data.update(total=len(items), done=0, results={})
    if not items:
        scope.assign(body.parent, ballots.seen(body))
        _finish_results(body)
        return True
    if body.task_spec.loop.sequential:
        body.internal_data["items"] = items
        start(body, 0, items[0])
        return False
    if body.task_spec.inner.manual and body.task_spec.loop.collection is not None:
        body.internal_data["items"] = items  # who signs: whoever joins them, or leaves, is told apart by it
    for index, item in enumerate(items):
        start(body, index, item)
    return False


def _items(body: Token) -> list[Any]:
    """Return the items to go through, None for each turn of a plain count."""
    run, spec = body.workflow, body.task_spec
    loop = spec.loop
    if loop.cardinality is not None:
        return [None] * _count(body, run.value(loop.cardinality, body))
    collection = run.value(loop.collection, body)
    # A collection may be given by the name of a variable through an expression.
    if isinstance(collection, str):
        collection = scope.visible(body).get(collection)
    items = list(collection.values()) if isinstance(collection, Mapping) else collection
    if not isinstance(items, list | tuple):
        raise run.fault(f"The collection of '{spec.element}' is not a list.", spec.element, "collection")
    _count(body, len(items))
    return list(scope.clean({"items": items})["items"])


def _count(body: Token, number: Any) -> int:
    run, spec = body.workflow, body.task_spec
    if isinstance(number, str) and number.strip().isdecimal():
        number = int(number)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise run.fault(
            f"The number of instances of '{spec.element}' is {number!r}.", spec.element, "cardinality"
        )
    if number > MAX_INSTANCES:
        raise run.fault(
            f"'{spec.element}' would start {number} instances; at most {MAX_INSTANCES} are allowed.",
            spec.element,
            "cardinality",
        )
    return number


def start(body: Token, index: int, item: Any) -> None:
    """Begin one instance, or turn, for an item."""
    loop = body.task_spec.loop
    own: dict[str, Any] = {"loopCounter": index}
    if loop.element_variable:
        own[loop.element_variable] = item
    if loop.output_item and loop.output_item not in own:
        # Declared here so that a completion's answer stays with its instance.
        own[loop.output_item] = None
    body.data["nrOfActiveInstances"] = body.data.get("nrOfActiveInstances", 0) + 1
    body.workflow.enter(body.task_spec.inner, body, None, data=own, internal={"index": index})


def instance_done(body: Token, instance: Token) -> None:
    """Count a finished instance (already gone), then start the next, wait on, or complete the body."""
    if body.task_spec.loop.standard:
        _loop_again(body)
        return
    loop, kept = body.task_spec.loop, body.internal_data
    if loop.output_item:
        kept["results"][str(instance.internal_data["index"])] = instance.data.get(loop.output_item)
    kept["done"] += 1
    body.data["nrOfCompletedInstances"] = kept["done"]
    body.data["nrOfActiveInstances"] -= 1
    behaviors.throw(body, kept["done"])
    if not body.alive:
        return
    go_on(body)


def go_on(body: Token) -> None:
    """Complete the body where enough instances have, or none is left; else let a sequence come to its next."""
    loop, kept = body.task_spec.loop, body.internal_data
    # Where nobody has completed anything, nothing is decided: a removal alone fulfils no condition.
    enough = (
        loop.completion is not None
        and kept["done"] > 0
        and body.workflow.truth(loop.completion, body, behaviors.counts(body))
    )
    if not enough and kept["done"] < kept["total"]:
        # In a sequence one at a time stands open; others are parked until their turn comes again.
        if loop.sequential and all(map(parking.is_parked, ballots.live(body).values())):
            start_next(body)
        return
    said = ballots.seen(body)  # of those who have not signed, it is known as long as they are there
    body.workflow.cancel_inside(body)
    scope.assign(body.parent, said)
    _finish_results(body)
    body.complete()


def start_next(body: Token) -> None:
    """Let a sequence come to its next instance, which may be one that was parked."""
    kept = body.internal_data
    index = kept["order"].pop(0) if "order" in kept else kept["done"]
    if parked := ballots.live(body).get(index):
        parking.unpark(parked)
        body.data["nrOfActiveInstances"] += 1
    else:
        start(body, index, kept["items"][index])


def _finish_results(body: Token) -> None:
    loop = body.task_spec.loop
    if loop.output_collection:
        results = body.internal_data["results"]
        scope.assign(
            body.parent, {loop.output_collection: [results[key] for key in sorted(results, key=int)]}
        )


def _begin_loop(body: Token) -> bool:
    body.internal_data["done"] = 0
    if body.task_spec.loop.test_before and not _goes_on(body):
        return True
    if body.task_spec.loop.maximum == 0:
        return True
    start(body, 0, None)
    return False


def _loop_again(body: Token) -> None:
    body.internal_data["done"] += 1
    body.data["nrOfActiveInstances"] -= 1
    if _goes_on(body):
        start(body, body.internal_data["done"], None)
    else:
        body.complete()


def _goes_on(body: Token) -> bool:
    loop, done = body.task_spec.loop, body.internal_data["done"]
    if loop.maximum is not None and done >= loop.maximum:
        return False
    body.data["loopCounter"] = done
    return loop.condition is None or bool(body.workflow.truth(loop.condition, body))
