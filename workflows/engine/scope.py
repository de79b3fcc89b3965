"""Variables as Camunda 7 keeps them: shared in the process scope, local only where somebody says so.

The library copies all data from task to task and merges the copies at joins, which loses lists and hides what
a parallel branch wrote. Here a task's `data` holds its own locals; the scope's root holds what is shared.
"""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.errors import InvalidInput

MAX_DEPTH = 50
_MAX_INTEGER = 2**63 - 1
_RESERVED = frozenset({"typename"})


def chain(task: Any) -> Iterator[dict[str, Any]]:
    """Yield the dictionaries that `task` sees, innermost first, up to its process scope."""
    while True:
        yield task.data
        if task.task_spec.is_root:
            return
        task = task.parent


def root(task: Any) -> Any:
    """Return the token of the process that `task` is of: of a called one inside it."""
    while not task.task_spec.is_root:
        task = task.parent
    return task


def above(task: Any) -> Iterator[Any]:
    """Yield the tokens that hold `task`, innermost first: subprocesses, bodies, calling activities."""
    while (task := task.parent) is not None:
        yield task


def callers(task: Any) -> dict[str, Any]:
    """Return the call activities around `task`, innermost first: token id → node."""
    roots = (one.parent for one in above(task) if one.task_spec.is_root and one.parent is not None)
    return {token.id: token.task_spec.node for token in roots}


def visible(task: Any) -> Mapping[str, Any]:
    """Return the variables that an expression in `task` sees."""
    layers = [layer for layer in chain(task) if layer]
    if not layers:
        return {}
    return layers[0] if len(layers) == 1 else ChainMap(*layers)


def local(task: Any) -> dict[str, Any]:
    """Return the variables between `task` and its process scope, which siblings do not see."""
    layers = list(chain(task))[:-1]
    return {name: value for layer in reversed(layers) for name, value in layer.items()}


def assign(task: Any, variables: Mapping[str, Any]) -> None:
    """Write each variable where it already lives, else into the process scope."""
    layers = list(chain(task))
    task.workflow.changed.update(variables)
    for name, value in variables.items():
        home = next((layer for layer in layers if name in layer), layers[-1])
        home[name] = value


def clean(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return a deep copy of pure JSON variables; raises `InvalidInput` naming what is not."""
    if not isinstance(variables, Mapping):
        raise InvalidInput("Variables must be a JSON object.", code="variables")
    return {_name(name, name): _value(value, str(name), 1) for name, value in variables.items()}


def _name(name: Any, path: str) -> str:
    if not isinstance(name, str) or not name:
        raise InvalidInput(f"Variable '{path}': names must be non-empty texts.", code="variables")
    if name in _RESERVED or name.startswith("__"):
        raise InvalidInput(f"Variable '{path}': the name '{name}' is reserved.", code="variables", name=name)
    return _text(name, "name")


def _text(value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair cannot be stored in UTF-8.
        raise InvalidInput(f"Variable '{path}' is not valid Unicode.", code="variables", name=path) from None
    return value


def _value(value: Any, path: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise InvalidInput(
                f"Variable '{path}': whole numbers must fit 64 bits.", code="variables", name=path
            )
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput(
                f"Variable '{path}': {value} is not a JSON number.", code="variables", name=path
            )
        return value
    if depth > MAX_DEPTH:
        raise InvalidInput(
            f"Variable '{path[:80]}': nested deeper than {MAX_DEPTH} levels.", code="variables"
        )
    if isinstance(value, Mapping):
        return {_name(k, f"{path}.{k}"): _value(v, f"{path}.{k}", depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    raise InvalidInput(
        f"Variable '{path}': {type(value).__name__} is no JSON type, as text, number, list and object are.",
        code="variables",
        name=path,
    )
