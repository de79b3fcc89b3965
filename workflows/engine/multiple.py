"""Multi-instance and looping activities: one body, instances with variables of their own.

The library mutates the shared specification, loses all but the output item, restarts no instance after a
reload, fails on the second item without an output collection and cannot be reached from a boundary event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflows.engine import behaviors, scope
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
        _finish_results(body)
        return True
    if body.task_spec.loop.sequential:
        body.internal_data["items"] = items
        _start(body, 0, items[0])
    else:
        for index, item in enumerate(items):
            _start(body, index, item)
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


def _start(body: Token, index: int, item: Any) -> None:
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
    enough = loop.completion is not None and body.workflow.truth(
        loop.completion, body, behaviors.counts(body)
    )
    if not enough and kept["done"] < kept["total"]:
        if loop.sequential:
            _start(body, kept["done"], kept["items"][kept["done"]])
        return
    body.workflow.cancel_inside(body)
    _finish_results(body)
    body.complete()


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
    _start(body, 0, None)
    return False


def _loop_again(body: Token) -> None:
    body.internal_data["done"] += 1
    body.data["nrOfActiveInstances"] -= 1
    if _goes_on(body):
        _start(body, body.internal_data["done"], None)
    else:
        body.complete()


def _goes_on(body: Token) -> bool:
    loop, done = body.task_spec.loop, body.internal_data["done"]
    if loop.maximum is not None and done >= loop.maximum:
        return False
    body.data["loopCounter"] = done
    return loop.condition is None or bool(body.workflow.truth(loop.condition, body))
