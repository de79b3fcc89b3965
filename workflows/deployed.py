"""What is deployed, ready for use: processes, forms and decisions, each parsed once.

The reading side of deployments; `definitions` is the writing side. Nothing changes once it is deployed, so
nothing is read twice: only "which is the latest" is asked of the database each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import decisions, engine, forms, papers
from workflows.decisions import Decision
from workflows.errors import Conflict, EngineFault, NotFound
from workflows.forms import Form
from workflows.model import DecisionDefinition, FormDefinition, ProcessDefinition, Resource
from workflows.shelf import Shelf

FORM_SUFFIXES = (".form", ".form.json")
DECISION_SUFFIXES = (".dmn", ".dmn11.xml")
PROCESS_SUFFIXES = (".bpmn", ".bpmn20.xml")


class InDeployment(Protocol):
    """Anything that belongs to a deployment: a definition's row, or `Deployed`."""

    @property
    def deployment_id(self) -> str:
        """Return the deployment's id."""


@dataclass(frozen=True)
class Deployed:
    """One version of a process: where it lies, and the engine's reading of it."""

    id: str
    key: str
    deployment_id: str
    resource_name: str
    digest: str
    definition: engine.Definition

    def node(self, element_id: str) -> engine.Node:
        """Return an element of the process, or of one that it calls; EngineFault names what is not there."""
        for known in (self.definition, *self.definition.called.values()):
            if element_id in known.nodes:
                return known.nodes[element_id]
        raise EngineFault(f"The diagram of {self.id} has no element {element_id!r}.", element=element_id)


@dataclass(frozen=True)
class Bundle:
    """The forms, decisions and papers of one deployment, by id and (forms) by file name; papers by kind."""

    forms: Mapping[str, Form]
    form_files: Mapping[str, Form]
    decisions: Mapping[str, DeployedDecision]
    papers: Mapping[str, papers.Template]


@dataclass(frozen=True)
class DeployedDecision:
    """A decision, and the ids of the versions of it and of those that it needs, by key."""

    table: Decision
    ids: Mapping[str, str]


_deployed: Shelf[Deployed] = Shelf(512)
_compiled: Shelf[engine.Definition] = Shelf(256)
_bundles: Shelf[Bundle] = Shelf(256)
_forms: Shelf[Form] = Shelf(512)
_decisions: Shelf[DeployedDecision] = Shelf(512)


def process(session: Session, definition_id: str) -> Deployed:
    """Return one version of a process, parsed; NotFound names the id."""
    return _deployed.take(definition_id, lambda: _read_process(session, definition_id))


def compiled(session: Session, definition_id: str) -> engine.Definition:
    """Return the engine's reading of one version of a process, shared between instances and threads."""
    return process(session, definition_id).definition


def callee(session: Session, wanted: engine.Wanted, owner: InDeployment) -> Deployed | None:
    """Return the process that a call activity in `owner` asks for; None where there is none."""
    rows = select(ProcessDefinition).where(ProcessDefinition.key == wanted.key)
    if wanted.binding == "deployment":
        rows = rows.where(ProcessDefinition.deployment_id == owner.deployment_id)
    elif wanted.binding == "version":
        if not (wanted.version or "").isdecimal():
            return None
        rows = rows.where(ProcessDefinition.version == int(wanted.version or 0))
    elif wanted.binding == "versionTag":
        rows = rows.where(ProcessDefinition.version_tag == wanted.version)
    row = session.scalar(rows.order_by(ProcessDefinition.version.desc()).limit(1))
    if row is not None and row.suspended:
        raise Conflict(f"The process {row.id} is suspended.", code="suspended")
    return None if row is None else process(session, row.id)


def bundle(session: Session, deployment_id: str) -> Bundle:
    """Return the forms and decisions of one deployment, parsed."""
    return _bundles.take(deployment_id, lambda: _read_bundle(session, deployment_id))


def form(session: Session, owner: InDeployment, node: engine.Node) -> Form | None:
    """Return the form of a user task or start event; None if it names none that is ours to show.

    `camunda:formRef` with binding `deployment` is found beside the diagram, else the latest (or named)
    version; `formKey="camunda-forms:deployment:x.form"` by file name; `camunda:formData` is made into one.
    """
    attributes = node.attributes
    if reference := attributes.get("formRef"):
        binding = attributes.get("formRefBinding", "latest")
        if binding == "deployment":
            return _beside(session, owner, reference)
        return _form_version(
            session, reference, attributes.get("formRefVersion") if binding == "version" else None
        )
    if file := deployment_file(attributes.get("formKey", "")):
        found = bundle(session, owner.deployment_id).form_files.get(file)
        if found is None:
            raise NotFound(f"The form {file} is not in the deployment of its diagram.")
        return found
    if fields := attributes.get("formData"):
        return forms.read(form_of_fields(node.id, fields))
    return None


def decision(
    session: Session,
    owner: InDeployment,
    reference: str,
    *,
    binding: str = "latest",
    version: str | None = None,
) -> DeployedDecision:
    """Return the decision that a business rule task names, beside its diagram or the latest."""
    if binding == "deployment":
        found = bundle(session, owner.deployment_id).decisions.get(reference)
        if found is None:
            raise NotFound(f"The decision {reference} is not in the deployment of its diagram.")
        return found
    row = _latest(session, DecisionDefinition, reference, version if binding == "version" else None)
    if row is None:
        raise NotFound(f"The decision {reference} is not deployed.")
    return _decisions.take(row.id, lambda: _decision_of(session, row))


def paper(session: Session, owner: InDeployment, kind: str) -> papers.Template | None:
    """Return the template of a kind of paper that came with a diagram; None where none did."""
    return bundle(session, owner.deployment_id).papers.get(kind)


def deployment_file(form_key: str) -> str | None:
    """Return the file that a form key such as `camunda-forms:deployment:receive.form` names, else None."""
    prefix = "camunda-forms:deployment:"
    return form_key.removeprefix(prefix) if form_key.startswith(prefix) else None


def form_of_fields(element_id: str, fields: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    """Return `camunda:formData` as a form-js form."""
    return {"type": "default", "id": element_id, "components": [_component(field) for field in fields]}


def content(session: Session, deployment_id: str, name: str) -> bytes:
    """Return a deployed file, byte for byte."""
    found = session.scalar(
        select(Resource.content).where(Resource.deployment_id == deployment_id, Resource.name == name)
    )
    if found is None:
        raise NotFound(f"The deployment has no file {name}.")
    return found


def sha256(*parts: bytes) -> str:
    """Return the SHA-256 over parts, told apart by their lengths."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()


def _read_process(session: Session, definition_id: str) -> Deployed:
    row = session.get(ProcessDefinition, definition_id)
    if row is None:
        raise NotFound(f"There is no process definition {definition_id}.")
    definition = _compiled.take(
        (row.digest, row.key),
        lambda: engine.compile_definition(content(session, row.deployment_id, row.resource_name), row.key),
    )
    return Deployed(row.id, row.key, row.deployment_id, row.resource_name, row.digest, definition)


def _read_bundle(session: Session, deployment_id: str) -> Bundle:
    files = session.execute(
        select(Resource.name, Resource.content).where(Resource.deployment_id == deployment_id)
    ).all()
    form_files = {name: forms.read(data) for name, data in files if name.endswith(FORM_SUFFIXES)}
    tables = {
        table.id: DeployedDecision(table, _versions(session, deployment_id, table, data))
        for name, data in files
        if name.endswith(DECISION_SUFFIXES)
        for table in decisions.read(data)[0]
    }
    templates = {papers.kind(name): papers.read(data) for name, data in files if name.endswith(papers.SUFFIX)}
    named_forms = {form.id: form for form in form_files.values()}
    return Bundle(named_forms, form_files, tables, templates)


def _beside(session: Session, owner: InDeployment, reference: str) -> Form:
    found = bundle(session, owner.deployment_id).forms.get(reference)
    if found is None:
        raise NotFound(f"The form {reference} is not in the deployment of its diagram.")
    return found


def _form_version(session: Session, key: str, version: str | None) -> Form:
    row = _latest(session, FormDefinition, key, version)
    if row is None:
        raise NotFound(f"The form {key} is not deployed.")
    return _forms.take(row.id, lambda: forms.read(content(session, row.deployment_id, row.resource_name)))


def _decision_of(session: Session, row: DecisionDefinition) -> DeployedDecision:
    data = content(session, row.deployment_id, row.resource_name)
    table = next((table for table in decisions.read(data)[0] if table.id == row.key), None)
    if table is None:
        raise NotFound(f"The decision {row.id} can no longer be read: deploy it again.")
    return DeployedDecision(table, {**_versions(session, row.deployment_id, table, data), row.key: row.id})


def _versions(session: Session, deployment_id: str, table: Decision, data: bytes) -> dict[str, str]:
    """Return the ids of the versions that came with a deployment, or of those that it found there unchanged."""
    rows = session.scalars(
        select(DecisionDefinition)
        .where(DecisionDefinition.key.in_([one.id for one in table.family]))
        .order_by(DecisionDefinition.version)
    ).all()
    same = {row.key: row.id for row in rows if row.digest == sha256(data)}
    return same | {row.key: row.id for row in rows if row.deployment_id == deployment_id}


def _latest(session: Session, kind: type[Any], key: str, version: str | None) -> Any:
    wanted = select(kind).where(kind.key == key)
    if version is not None:
        return session.scalar(wanted.where(kind.version == int(version)))
    return session.scalar(wanted.order_by(kind.version.desc()).limit(1))


_COMPONENTS = {
    "string": {"type": "textfield"},
    "long": {"type": "number"},
    "boolean": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"},
    "enum": {"type": "select"},
}


def _component(field: Mapping[str, Any]) -> dict[str, Any]:
    component: dict[str, Any] = {
        **_COMPONENTS.get(field.get("type", "string"), _COMPONENTS["string"]),
        "id": f"Field_{field['id']}",
        "key": field["id"],
        "label": field.get("label", field["id"]),
    }
    if values := field.get("values"):
        component["values"] = [{"value": value, "label": name} for value, name in values.items()]
    return component
