"""Call activities: finding the process called, giving it variables of its own, and coming back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from workflows.engine import compensation, execution, listeners, scope, starts, work
from workflows.engine.plan import Call, Copy
from workflows.engine.reading import Definition
from workflows.engine.tokens import STARTED, Token
from workflows.errors import EngineFault, InvalidInput

#: A global task runs as the task that it is: on the variables around it, unless a mapping says otherwise.
_EVERYTHING = (Copy(None, None, every=True),)


@dataclass(frozen=True)
class Wanted:
    """The process that a call activity asks for, its expressions evaluated."""

    key: str
    binding: str  #: latest | deployment | version | versionTag
    version: str | None  #: the number or tag, where the binding is by one
    caller: str  #: reference of the calling definition, "" for that of the run itself


@dataclass(frozen=True)
class Called:
    """A definition found outside the calling file; by its reference the same one is found again."""

    reference: str
    definition: Definition


class Library(Protocol):
    """Where a run finds processes that are not in its own file."""

    def find(self, wanted: Wanted) -> Called | None:
        """Return what a call activity asks for, None where there is no such process."""

    def get(self, reference: str) -> Definition:
        """Return the definition that `find` once gave: a running instance keeps its versions."""


def begin(run: Any, caller: Token) -> None:
    """Start the called process with the variables that `camunda:in` gives it (BPMN 2.0, 10.3.6)."""
    spec = caller.task_spec
    found = _find(run, caller)
    try:
        first = starts.plain(found.definition)
    except InvalidInput as problem:
        raise run.fault(problem.message, spec.element, "call") from problem
    root_spec = found.definition.spec.start
    ins = spec.ins or (_EVERYTHING if root_spec._wf_spec.alone else ())
    seen = scope.visible(caller)
    taken = {name: seen[name] for name in spec.associations.takes if name in seen}
    data = run.cleaned(caller, {**taken, **work.copied(ins, caller)})
    kept = {"of": found.reference} if found.reference else {}
    root = run.create(root_spec, caller, data=data, internal=kept)
    if spec.business_key is not None:
        execution.give_key(root, run.value(spec.business_key, caller))
    root._set_state(STARTED)
    starts.begin(root, first)


def end(run: Any, root: Token) -> None:
    """Complete the call activity of a called process that has ended, with what `camunda:out` gives back."""
    caller = root.parent
    assert caller is not None
    listeners.tell_uncaught(root, "end")
    outs = caller.task_spec.outs or (_EVERYTHING if root.task_spec._wf_spec.alone else ())
    returned = run.cleaned(caller, work.copied(outs, root))
    given = {name: root.data[name] for name in caller.task_spec.associations.gives if name in root.data}
    caller.data.update(given)
    compensation.remember_called(root)
    run.remove(root)
    scope.assign(caller, returned)
    caller.complete()


def definition_at(run: Any, caller: Token, reference: str | None, key: str) -> Definition:
    """Return the definition of the process that `caller` has called, from a stored state."""
    if reference:
        if run.library is None:
            raise EngineFault(f"The called process '{reference}' is not at hand.", code="state")
        found: Definition = run.library.get(reference)
        return found
    around: Definition = caller.task_spec._wf_spec.definition
    known = around.called.get(key)
    if known is None:
        raise EngineFault(
            f"The state stands in '{key}', which '{around.id}' does not call.", element=key, code="state"
        )
    return known


def come_back(run: Any, caller: Token, reference: str | None, key: str, data: dict[str, Any]) -> Token:
    """Return the process that `caller` had called, with its variables, for its compensation."""
    spec = definition_at(run, caller, reference, key).spec.start
    again: Token = run.create(spec, caller, data=data, internal={"of": reference} if reference else None)
    return again


def reference_of(token: Token) -> str:
    """Return the reference of the definition that a token stands in, "" for that of the run and its file."""
    around: Token | None = token
    while around is not None:
        if around.task_spec.is_root and (reference := around.internal_data.get("of")):
            return str(reference)
        around = around.parent
    return ""


def _find(run: Any, caller: Token) -> Called:
    """Return the process called: as the library has it, else of the same file."""
    spec, call = caller.task_spec, caller.task_spec.call
    key = str(run.value(call.key, caller))
    version = None if call.version is None else str(run.value(call.version, caller))
    known = spec._wf_spec.definition.called.get(key)
    beside = known is not None and known.alone and _suits(call, known, version)
    # A global task of the file itself is meant before one of the same id elsewhere.
    if run.library is not None and not beside:
        with run.guarding(spec.element, "call", f"The process '{key}' cannot be called"):
            found: Called | None = run.library.find(Wanted(key, call.binding, version, reference_of(caller)))
        if found is not None:
            return found
    if known is None or not _suits(call, known, version):
        which = f" ({call.binding} {version})" if version else ""
        raise run.fault(f"There is no process '{key}'{which} to call.", spec.element, "call")
    return Called("", known)


def _suits(call: Call, known: Definition, version: str | None) -> bool:
    return call.binding in ("latest", "deployment") or (
        call.binding == "versionTag" and known.version_tag == version
    )
