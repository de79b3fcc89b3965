"""Calls: what a call activity hands over is what is taken there (10.3.6); what a process binds is its own (10.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import Q, local
from workflows.engine.rules.document import Document, Element, called, error
from workflows.findings import Finding

_PARTS = ("dataInput", "dataOutput", "inputSet", "outputSet")


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with calls of what stands in the same file, then with the bindings of operations."""
    for call in document.every("callActivity"):
        target = document.referred(call, "calledElement")
        if target is not None and (local(target) == "process" or local(target).startswith("global")):
            yield from _alike(call, target)
    for binding in document.every("ioBinding"):
        yield from _bound(document, binding)


def _alike(call: Element, target: Element) -> Iterator[Finding]:
    """The inputs, outputs and sets of both MUST exactly match; where one has none, variables are passed."""
    mine, its = call.find(Q + "ioSpecification"), target.find(Q + "ioSpecification")
    if mine is None or its is None:
        return
    for part in _PARTS:
        here, there = len(mine.findall(Q + part)), len(its.findall(Q + part))
        if here != there:
            message = f"{called(call)} has {here} <{part}>, but {called(target)} has {there}; "
            yield error(call, "call", message + "both must have the same inputs and outputs.")
            return


def _bound(document: Document, binding: Element) -> Iterator[Finding]:
    """A binding names an input set and an output set of its own process or task (10.4.2, InputOutputBinding)."""
    holder = binding.getparent()
    for attribute in ("inputDataRef", "outputDataRef"):
        group = document.referred(binding, attribute)
        place = None if group is None else group.getparent()
        if group is None or place is None or holder is None or not local(group).endswith("Set"):
            continue
        if place.getparent() is not holder:
            message = (
                f"{attribute} of the ioBinding of {called(holder)} names the {called(group)} of another; "
            )
            yield error(holder, "binding", message + "it must be of its own ioSpecification.")
