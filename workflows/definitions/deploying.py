"""Taking files in, as new versions of what they hold; and removing what nobody has used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select, text
from sqlalchemy.orm import Session

from workflows import audit, clock, engine, papers, starting
from workflows.actor import Actor
from workflows.definitions import files
from workflows.definitions.checking import check_files, forgivable, refused
from workflows.definitions.files import Files
from workflows.deployed import sha256
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.findings import Finding
from workflows.model import (
    DecisionDefinition,
    Deployment,
    FormDefinition,
    Instance,
    InstanceState,
    ProcessDefinition,
    Resource,
    Task,
    new_id,
)

MAX_NAME = 255
MAX_REASON = 1_000
#: Any number: deployments take turns on it, so that two never give out the same version.
_TURN = 4_711_001


@dataclass(frozen=True)
class Force:
    """Why, and on whose word, files are deployed although their tokens may get stuck or meet."""

    reason: str
    by: str  #: the account of whoever says so


@dataclass(frozen=True)
class Asked:
    """Under which id files are deployed, and whose they are."""

    id: str
    by: str  #: the account of who asked for it


def deploy(
    session: Session,
    content: Mapping[str, bytes],
    *,
    name: str,
    source: str = "",
    actor: Actor,
    profile: str = "office",
    only_changed: bool = True,
    force: Force | None = None,
    asked: Asked | None = None,
) -> Deployment:
    """Take files in together and return their deployment.

    What has changed becomes a new version of its key; running instances keep theirs. The same files again
    under the same name give the deployment that is there. Raises InvalidInput with `findings` if the gate
    refuses them; `force` lets through what it finds in the token game, and is recorded with the findings.
    `asked`: the request that the actor, as a second person, confirms by this.
    """
    read = files.read(content)
    forced = guard(read, name, profile, session, force)
    take_turn(session)
    if only_changed and (same := deployed_before(session, content, name, source)):
        return same
    deployment = _add(session, read, name, source, asked or Asked(new_id(), actor.id))
    for file, process in read.processes:
        _add_process(session, deployment, read, file, process, only_changed)
    _add_decisions(session, deployment, read, only_changed)
    _add_forms(session, deployment, read, only_changed)
    detail = {"deployment": deployment.id, "name": name}
    audit.record(session, actor=actor, act="deployment.create", detail=detail)
    if force is not None and forced:
        let_through = [{"element": f.element, "rule": f.rule, "path": list(f.path)} for f in forced]
        told = {**detail, "reason": force.reason, "by": force.by, "findings": let_through}
        audit.record(session, actor=actor, act="deployment.force", detail=told)
    return deployment


def delete_deployment(session: Session, deployment_id: str, cascade: bool, *, actor: Actor) -> None:
    """Remove a deployment that no instance has ever used; Conflict otherwise, cascade or not.

    What was done under a definition has to be provable for years.
    """
    deployment = session.get(Deployment, deployment_id)
    if deployment is None:
        raise NotFound(f"There is no deployment {deployment_id!r}.", code="deployment", id=deployment_id)
    take_turn(session)
    definitions = list(
        session.scalars(
            select(ProcessDefinition)
            .where(ProcessDefinition.deployment_id == deployment_id)
            .with_for_update()
        )
    )
    identities = [definition.id for definition in definitions]
    # A task of a called process belongs to the version called.
    used = exists().where(Instance.definition_id.in_(identities))
    called = exists().where(Task.definition_id.in_(identities))
    # One that waits for no task is named in the state of its caller.
    standing = [exists().where(_names(session, identity)) for identity in identities]
    if session.scalar(select(or_(used, called, *standing))):
        asked = "; cascade does not delete matters" if cascade else ""
        raise Conflict(f"The deployment has process instances and stays{asked}.", code="deployment_used")
    starting.forget_starts(session, identities)
    for definition in definitions:
        session.delete(definition)
    session.flush()
    for kind in (DecisionDefinition, FormDefinition, Resource):
        session.execute(delete(kind).where(kind.deployment_id == deployment_id))
    session.delete(deployment)
    session.flush()
    for definition in definitions:
        _reopen(session, definition.key)
    audit.record(session, actor=actor, act="deployment.delete", detail={"deployment": deployment_id})


def _names(session: Session, definition_id: str) -> ColumnElement[bool]:
    """Return the condition that a stored state stands in a version, as far as its bytes tell."""
    if session.get_bind().dialect.name == "postgresql":
        return InstanceState.content.bool_op("LIKE")(b"%%%s%%" % definition_id.encode())
    # SQLite compares no bytes by LIKE.
    return func.instr(InstanceState.content, definition_id.encode()) > 0


def set_suspended(
    session: Session, definition_id: str, suspended: bool, *, actor: Actor
) -> ProcessDefinition:
    """Let no instance of a definition be started, or let them again; running ones go on."""
    definition = session.get(ProcessDefinition, definition_id, with_for_update=True)
    if definition is None:
        raise NotFound(
            f"There is no process definition {definition_id!r}.", code="definition", id=definition_id
        )
    definition.suspended = suspended
    act = "definition.suspend" if suspended else "definition.resume"
    audit.record(session, actor=actor, act=act, detail={"definition": definition_id})
    return definition


def guard(
    read: Files, name: str, profile: str, session: Session, force: Force | None = None
) -> list[Finding]:
    """Return the findings that only `force` lets through; InvalidInput for all others that refuse the files."""
    if not 0 < len(name) <= MAX_NAME:
        raise InvalidInput(f"A deployment's name has 1 to {MAX_NAME} characters.", code="deployment_name")
    if force is not None and not 0 < len(force.reason.strip()) <= MAX_REASON:
        raise InvalidInput(f"Forcing needs a reason of 1 to {MAX_REASON} characters.", code="reason")
    findings = check_files(read, profile=profile, session=session)
    reasons = refused(findings, profile)
    grave = [finding for finding in reasons if force is None or not forgivable(finding)]
    if grave:
        beyond = ", even by force" if force is not None else ""
        raise InvalidInput(
            f"The files cannot be deployed{beyond}: {grave[0].message}"
            + (f" (and {len(grave) - 1} more)" if len(grave) > 1 else ""),
            findings=tuple(findings),
            code="findings",
        )
    return reasons


def take_turn(session: Session) -> None:
    """Wait until no other transaction deploys, or writes a draft."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def deployed_before(
    session: Session, content: Mapping[str, bytes], name: str, source: str
) -> Deployment | None:
    """Return the newest deployment of that name and source, if it is of the very files."""
    newest = select(Deployment).where(Deployment.name == name, Deployment.source == source)
    found = session.scalar(newest.order_by(Deployment.deployed_at.desc(), Deployment.id).limit(1))
    return found if found is not None and found.digest == files.digest(content) else None


def _add(session: Session, read: Files, name: str, source: str, asked: Asked) -> Deployment:
    deployment = Deployment(
        id=asked.id,
        name=name,
        source=source,
        deployed_at=clock.now(),
        deployed_by=asked.by,
        digest=files.digest(read.content),
    )
    session.add(deployment)
    session.flush()
    rows = [
        {"id": new_id(), "deployment_id": deployment.id, "name": file, "content": data}
        for file, data in read.content.items()
    ]
    session.execute(insert(Resource), rows)
    return deployment


def _add_process(
    session: Session,
    deployment: Deployment,
    read: Files,
    file: str,
    process: engine.Definition,
    only_changed: bool,
) -> None:
    bundle = sha256(
        read.digest(file).encode(), *(read.digest(other).encode() for other in _bound(read, process))
    )
    before = _newest(session, ProcessDefinition, process.id)
    if only_changed and before is not None and before.bundle == bundle:
        return
    definition = ProcessDefinition(
        id=_identifier(process.id, before),
        key=process.id,
        version=before.version + 1 if before else 1,
        version_tag=process.version_tag,
        name=process.name or process.id,
        name_en=process.properties.get("en"),
        deployment_id=deployment.id,
        resource_name=file,
        digest=read.digest(file),
        bundle=bundle,
    )
    session.add(definition)
    session.flush()
    starting.close_starts(session, process.id)
    starting.open_starts(session, definition)


def _bound(read: Files, process: engine.Definition) -> Iterator[str]:
    """Yield the files that a process uses from its own deployment: their change is its change."""
    # A diagram does not name its papers: whatever template lies beside it may be one of its.
    wanted = {file for file in read.content if file.endswith(papers.SUFFIX)}
    for node in (node for part in (process, *process.called.values()) for node in part.nodes.values()):
        attributes = node.attributes
        if attributes.get("formRefBinding") == "deployment" or attributes.get("formKey"):
            wanted.update(file for file, form in read.forms if form.id == attributes.get("formRef"))
            wanted.update(
                file for file, _ in read.forms if attributes.get("formKey", "").endswith(f":{file}")
            )
        if attributes.get("decisionRefBinding") == "deployment":
            wanted.update(file for file, table in read.decisions if table.id == attributes.get("decisionRef"))
    return iter(sorted(wanted))


def _add_decisions(session: Session, deployment: Deployment, read: Files, only_changed: bool) -> None:
    for file, table in read.decisions:
        before = _newest(session, DecisionDefinition, table.id)
        if only_changed and before is not None and before.digest == read.digest(file):
            continue
        common = _versioned(table.id, before, deployment, file, read)
        session.add(DecisionDefinition(**common, name=table.name or table.id))
    session.flush()


def _add_forms(session: Session, deployment: Deployment, read: Files, only_changed: bool) -> None:
    for file, form in read.forms:
        before = _newest(session, FormDefinition, form.id)
        if only_changed and before is not None and before.digest == read.digest(file):
            continue
        session.add(FormDefinition(**_versioned(form.id, before, deployment, file, read)))
    session.flush()


def _versioned(key: str, before: Any, deployment: Deployment, file: str, read: Files) -> dict[str, Any]:
    return {
        "id": _identifier(key, before),
        "key": key,
        "version": before.version + 1 if before else 1,
        "deployment_id": deployment.id,
        "resource_name": file,
        "digest": read.digest(file),
    }


def _newest(session: Session, kind: type[Any], key: str) -> Any:
    return session.scalar(select(kind).where(kind.key == key).order_by(kind.version.desc()).limit(1))


def _identifier(key: str, before: Any) -> str:
    """Return an id in the fashion of that other engine: key, version, something unique."""
    return f"{key}:{before.version + 1 if before else 1}:{new_id()[:18]}"


def _reopen(session: Session, key: str) -> None:
    """Let the version that is now the latest be started by messages and timers."""
    starting.close_starts(session, key)
    if (latest := _newest(session, ProcessDefinition, key)) is not None:
        starting.open_starts(session, latest)
