"""Finding what is deployed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workflows import deployed
from workflows.errors import NotFound
from workflows.model import Deployment, ProcessDefinition, Resource


def latest(session: Session, key: str) -> ProcessDefinition:
    """Return the latest version of a process; NotFound names the key."""
    versions = select(ProcessDefinition).where(ProcessDefinition.key == key)
    found = session.scalar(versions.order_by(ProcessDefinition.version.desc()).limit(1))
    if found is None:
        raise NotFound(f"There is no process {key!r}.", code="definition", key=key)
    return found


def get(session: Session, definition_id: str) -> ProcessDefinition:
    """Return one version of a process; NotFound names the id."""
    found = session.get(ProcessDefinition, definition_id)
    if found is None:
        raise NotFound(
            f"There is no process definition {definition_id!r}.", code="definition", id=definition_id
        )
    return found


def xml(session: Session, definition_id: str) -> bytes:
    """Return the diagram of a definition, byte for byte as it was deployed."""
    definition = get(session, definition_id)
    return deployed.content(session, definition.deployment_id, definition.resource_name)


def list_definitions(
    session: Session,
    *,
    key: str | None = None,
    latest_only: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> Sequence[ProcessDefinition]:
    """Return definitions by key, each key's latest version first."""
    wanted = select(ProcessDefinition).order_by(ProcessDefinition.key, ProcessDefinition.version.desc())
    if key is not None:
        wanted = wanted.where(ProcessDefinition.key == key)
    if latest_only:
        newest = select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version"))
        of_key = newest.group_by(ProcessDefinition.key).subquery()
        same = (ProcessDefinition.key == of_key.c.key) & (ProcessDefinition.version == of_key.c.version)
        wanted = wanted.join(of_key, same)
    return session.scalars(wanted.limit(limit).offset(offset or None)).all()


def list_deployments(session: Session, *, limit: int | None = None, offset: int = 0) -> Sequence[Deployment]:
    """Return deployments, latest first."""
    wanted = select(Deployment).order_by(Deployment.deployed_at.desc(), Deployment.id)
    return session.scalars(wanted.limit(limit).offset(offset or None)).all()


def resources(session: Session, deployment_id: str) -> Sequence[Resource]:
    """Return the files of a deployment by name, their contents loaded only when asked for."""
    if session.get(Deployment, deployment_id) is None:
        raise NotFound(f"There is no deployment {deployment_id!r}.", code="deployment", id=deployment_id)
    return session.scalars(
        select(Resource).where(Resource.deployment_id == deployment_id).order_by(Resource.name)
    ).all()
