"""Which form a user task or start event has, as the API names it, and the form itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import deployed, engine
from workflows.deployed import Deployed
from workflows.errors import NotFound
from workflows.model import FormDefinition


def form_reference(node: engine.Node) -> dict[str, Any]:
    """Return `key` and `camundaFormRef`: of the two, at most one is not null."""
    reference = node.attributes.get("formRef")
    if not reference:
        return {"key": node.attributes.get("formKey") or None, "camundaFormRef": None}
    return {
        "key": None,
        "camundaFormRef": {"key": reference, "binding": _binding(node), "version": _version(node)},
    }


def form_source(session: Session, owner: Deployed, node: engine.Node) -> bytes:
    """Return the form's file, byte for byte as it was deployed; NotFound when the node has none."""
    if file := deployed.deployment_file(node.attributes.get("formKey") or ""):
        return deployed.content(session, owner.deployment_id, file)
    reference = node.attributes.get("formRef")
    found = _resource(session, owner, node, reference) if reference else None
    if found is None:
        raise NotFound(f"No matching form resource found for {node.id} of {owner.id}.")
    return deployed.content(session, *found)


def _resource(session: Session, owner: Deployed, node: engine.Node, reference: str) -> tuple[str, str] | None:
    """Return deployment and file name of the form that a `camunda:formRef` means."""
    if _binding(node) == "deployment":
        files = deployed.bundle(session, owner.deployment_id).form_files
        return next(
            ((owner.deployment_id, name) for name, form in files.items() if form.id == reference), None
        )
    versions = select(FormDefinition).where(FormDefinition.key == reference)
    if (version := _version(node)) is not None:
        versions = versions.where(FormDefinition.version == version)
    row = session.scalar(versions.order_by(FormDefinition.version.desc()).limit(1))
    return (row.deployment_id, row.resource_name) if row else None


def _binding(node: engine.Node) -> str:
    return str(node.attributes.get("formRefBinding") or "latest")


def _version(node: engine.Node) -> int | None:
    version = str(node.attributes.get("formRefVersion") or "")
    return int(version) if _binding(node) == "version" and version.isdecimal() else None
