"""Publishing a changed diagram as the next version of its process, with the forms and decisions it stood among."""

from __future__ import annotations

from sqlalchemy.orm import Session

from workflows import audit
from workflows.actor import Actor
from workflows.definitions import drafts, files
from workflows.definitions.checking import check_files
from workflows.definitions.deploying import deploy, take_turn
from workflows.definitions.files import Files
from workflows.definitions.finding import latest, resources
from workflows.errors import Conflict, InvalidInput
from workflows.findings import Finding
from workflows.model import Deployment, ProcessDefinition

MAX_REASON = 255


def check_diagram(
    session: Session, base: ProcessDefinition, diagram: bytes, *, profile: str
) -> list[Finding]:
    """Return every finding about a diagram that shall follow a version of its process."""
    read = _together(session, base, diagram)
    lost = _lost(base, read)
    return [*([lost] if lost else []), *check_files(read, profile=profile, session=session)]


def publish(
    session: Session,
    base: ProcessDefinition,
    diagram: bytes,
    *,
    reason: str,
    seen: int,
    follows: str,
    actor: Actor,
    profile: str,
) -> ProcessDefinition:
    """Deploy a diagram beside the forms and decisions of `base`, end the draft, and return the new version.

    `seen` is the draft's number and `follows` the version that the publisher took for the newest: Conflict
    with who and when if there is a newer one of either, InvalidInput with `findings` if the gate refuses.
    """
    if not 0 < len(reason := reason.strip()) <= MAX_REASON:
        raise InvalidInput(f"Publishing needs a reason of 1 to {MAX_REASON} characters.", code="reason")
    take_turn(session)
    if (newest := latest(session, base.key)).id != follows:
        raise _overtaken(session, newest)
    read = _together(session, base, diagram)
    if lost := _lost(base, read):
        raise InvalidInput(lost.message, findings=(lost,), code="findings")
    # A source of its own for each version: who goes back to an earlier diagram publishes it anew.
    source = f"modeler, after version {newest.version}"
    deployment = deploy(session, read.content, name=reason, source=source, actor=actor, profile=profile)
    made = latest(session, base.key)
    if made.id == newest.id:
        raise Conflict(f"The diagram says what version {newest.version} says.", code="unchanged")
    drafts.write(session, base, "published", diagram, seen=seen, actor=actor)
    detail = {"definition": made.id, "based_on": base.id, "deployment": deployment.id, "reason": reason}
    audit.record(session, actor=actor, act="definition.publish", detail=detail)
    return made


def _together(session: Session, base: ProcessDefinition, diagram: bytes) -> Files:
    """Return the files that `base` was deployed with, the diagram in its place."""
    beside = {file.name: file.content for file in resources(session, base.deployment_id)}
    return files.read({**beside, base.resource_name: diagram})


def _lost(base: ProcessDefinition, read: Files) -> Finding | None:
    if any(file == base.resource_name and process.id == base.key for file, process in read.processes):
        return None
    lost = f"The diagram no longer holds the process {base.key}, whose next version it shall be: keep its id."
    return Finding(None, "key", "error", lost)


def _overtaken(session: Session, newest: ProcessDefinition) -> Conflict:
    deployment = session.get_one(Deployment, newest.deployment_id)
    return Conflict(
        f"{deployment.deployed_by} has published version {newest.version} since.",
        code="version_overtaken",
        follows=newest.id,
        version=newest.version,
        by=deployment.deployed_by,
        at=deployment.deployed_at,
    )
