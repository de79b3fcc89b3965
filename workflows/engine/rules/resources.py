"""Resources, interfaces and extensions: who performs, what a process offers, what must be understood (8.2, 8.3.12)."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.dialect import Q, local
from workflows.engine.rules.document import Document, called, error
from workflows.findings import Finding


def check(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with resource roles, bindings of operations, and extensions."""
    yield from _parameters(document)
    yield from _bindings(document)
    yield from _extensions(document)


def _parameters(document: Document) -> Iterator[Finding]:
    """A role binds parameters of the resource that it names, all that are required (10.2.1)."""
    for role in document.every("resourceRole", "performer", "humanPerformer", "potentialOwner"):
        resource = next((target for _, target in document.listed(role, "resourceRef")), None)
        if resource is None or local(resource) != "resource":
            continue
        own = dict.fromkeys(resource.iterfind(Q + "resourceParameter"))
        bindings = role.findall(Q + "resourceParameterBinding")
        bound = dict.fromkeys(document.referred(binding, "parameterRef") for binding in bindings)
        for parameter in bound:
            if parameter is not None and local(parameter) == "resourceParameter" and parameter not in own:
                message = (
                    f"The {called(role)} binds the {called(parameter)}, which is none of {called(resource)}."
                )
                yield error(role, "resource", message)
        for parameter in own:
            if parameter.get("isRequired") in ("true", "1") and parameter not in bound:
                message = f"The {called(role)} must bind the {called(parameter)} of {called(resource)}."
                yield error(role, "resource", message)


def _bindings(document: Document) -> Iterator[Finding]:
    """What a process binds is an operation of an interface that it supports (10.4.2, InputOutputBinding)."""
    for binding in document.every("ioBinding"):
        process, operation = binding.getparent(), document.referred(binding, "operationRef")
        if process is None or operation is None or local(operation) != "operation":
            continue
        supported = [target for _, target in document.listed(process, "supportedInterfaceRef")]
        if operation.getparent() not in supported:
            message = (
                f"{called(process)} binds the {called(operation)} of an interface that it does not support."
            )
            yield error(process, "interface", message)


def _extensions(document: Document) -> Iterator[Finding]:
    """Whoever reads a file must understand what it says must be understood (8.2.3)."""
    for extension in document.every("extension"):
        if extension.get("mustUnderstand") in ("true", "1"):
            message = (
                f"The extension '{extension.get('definition')}' must be understood, and is not known here."
            )
            yield error(extension, "extension", message)
