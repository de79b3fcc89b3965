"""Correlation of messages (BPMN 2.0, 8.3.2): which of those that wait for a name a message is meant for.

A key is a list of properties; each says by an expression where a message carries it. Where the process
subscribes, the values wanted are those of its data at that moment (context-based). Else the first message
that is sent or taken with the key fixes its values for the instance (key-based). A key of which a message
carries no property says nothing about that message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from workflows.engine import scope
from workflows.engine.dialect import Q, text_of
from workflows.engine.ledger import Ledger
from workflows.engine.tokens import Token
from workflows.expressions import Expression, MissingVariable


@dataclass(frozen=True)
class Property:
    """One value by which messages are told apart."""

    paths: Mapping[str, Expression]  #: name of a message → where that message carries it
    wanted: Expression | None  #: what a subscribing process wants it to be


@dataclass(frozen=True)
class Key:
    """Properties that together tell a conversation from others."""

    id: str
    properties: tuple[Property, ...]
    subscribed: bool


def keys_of(ledger: Ledger, process: etree._Element) -> tuple[Key, ...]:
    """Return the correlation keys of a file as one process uses them."""
    root = process.getroottree().getroot()
    found = {key.get("id", ""): key for key in root.iter(Q + "correlationKey")}
    subscriptions = {
        _plain(s.get("correlationKeyRef")): s for s in process.iterfind(Q + "correlationSubscription")
    }
    for missing in subscriptions.keys() - found.keys():
        identity = subscriptions[missing].get("id") or process.get("id") or ""
        ledger.error(identity, "correlation", f"There is no correlation key '{missing}'.")
    return tuple(
        Key(identity, tuple(_properties(ledger, key, subscriptions.get(identity))), identity in subscriptions)
        for identity, key in found.items()
    )


def matches(token: Token, name: str, payload: Mapping[str, Any]) -> bool:
    """Tell whether a message is meant for the instance that a waiting token is of."""
    root = scope.root(token)
    for key in root.task_spec._wf_spec.correlation:
        carried = _carried(root, key, name, payload)
        if carried is None:
            continue
        if key.subscribed:
            wanted = [_read(root, p.wanted, scope.visible(root)) for p in key.properties]
        else:
            wanted = root.internal_data.get("correlation", {}).get(key.id, carried)
        if carried != wanted:
            return False
    return True


def remember(token: Token, name: str, payload: Mapping[str, Any]) -> None:
    """Keep the values of keys that a message is the first to carry."""
    root = scope.root(token)
    for key in root.task_spec._wf_spec.correlation:
        carried = _carried(root, key, name, payload)
        if carried is not None and not key.subscribed:
            root.internal_data.setdefault("correlation", {}).setdefault(key.id, carried)


def _carried(root: Token, key: Key, name: str, payload: Mapping[str, Any]) -> list[Any] | None:
    if not key.properties or any(name not in p.paths for p in key.properties):
        return None
    values = [_read(root, p.paths[name], payload) for p in key.properties]
    # What lacks a value cannot fix a key; one who wants a value is not to be had without.
    return values if key.subscribed or None not in values else None


def _read(root: Token, path: Expression | None, values: Mapping[str, Any]) -> Any:
    """Return a value, None where there is none: such a message matches no one who wants a value."""
    if path is None:
        return None
    run, process = root.workflow, root.task_spec._wf_spec.name
    with run.guarding(process, "correlation", f"The correlation by '{path.source}' failed"):
        try:
            return path.evaluate(values, run.functions)
        except MissingVariable:
            return None


def _properties(
    ledger: Ledger, key: etree._Element, subscription: etree._Element | None
) -> Iterator[Property]:
    root = key.getroottree().getroot()
    known = {e.get("id", ""): e for e in root.iter(Q + "correlationProperty")}
    bindings = subscription.iterfind(Q + "correlationPropertyBinding") if subscription is not None else ()
    wanted = {_plain(b.get("correlationPropertyRef")): text_of(b, "dataPath") for b in bindings}
    for reference in key.iterfind(Q + "correlationPropertyRef"):
        identity = _plain(reference.text)
        if identity not in known:
            missing = f"The correlation key names '{identity}', which is no correlation property."
            ledger.error(key.get("id", ""), "correlation", missing)
            continue
        path = wanted.get(identity)
        expected = ledger.condition(identity, path, "The data path") if path else None
        yield Property(dict(_paths(ledger, known[identity], root)), expected)


def _paths(ledger: Ledger, found: etree._Element, root: etree._Element) -> Iterator[tuple[str, Expression]]:
    names = {m.get("id", ""): m.get("name", "") for m in root.iter(Q + "message")}
    for retrieval in found.iterfind(Q + "correlationPropertyRetrievalExpression"):
        name, source = names.get(_plain(retrieval.get("messageRef"))), text_of(retrieval, "messagePath")
        path = ledger.condition(found.get("id", ""), source, "The message path") if source else None
        if name is not None and path is not None:
            yield name, path


def _plain(reference: str | None) -> str:
    return (reference or "").strip().rpartition(":")[2]
