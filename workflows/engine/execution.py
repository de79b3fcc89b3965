"""What expressions see beside variables: `execution`, as Camunda 7 calls what runs, with its business key.

A called process has the business key that `camunda:in` gives it, else none; the instance's own is the host's.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from workflows.engine import scope
from workflows.engine.tokens import Token
from workflows.expressions import Expression

NAME = "execution"
_KEY = "business_key"  #: of the root of a called process


def seen(expression: Expression, token: Token, own: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an expression sees in the scope of `token`, with values of its element's `own`."""
    layers = [layer for layer in (own, scope.visible(token)) if layer]
    if NAME in expression.names:
        layers.append({NAME: _execution(token)})
    # Nothing is written through what an expression sees.
    return layers[0] if len(layers) == 1 else ChainMap(*layers)  # type: ignore[arg-type]


def give_key(root: Token, key: Any) -> None:
    """Let the process that begins at `root` have a business key."""
    if key is not None:
        root.internal_data[_KEY] = str(key)


def _execution(token: Token) -> dict[str, Any]:
    root = scope.root(token)
    key = root.workflow.host.business_key if root.parent is None else root.internal_data.get(_KEY)
    return {"processBusinessKey": key, "businessKey": key}
