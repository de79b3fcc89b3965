"""The one writer of audit rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from workflows import clock, writing
from workflows.actor import Actor
from workflows.audit import origin
from workflows.model import AuditEvent

#: Who stands in the audit where no person acted.
SYSTEM = "system"


def record(
    session: Session,
    *,
    actor: Actor | str | None,
    act: str,
    instance_id: str | None = None,
    task_id: str | None = None,
    scope_id: str | None = None,
    object_id: str | None = None,
    field_group: str | None = None,
    purpose: str | None = None,
    on_behalf_of: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit row (`act` as `task.claim`) in the present transaction; no person's name, no narrative.

    `scope_id` is the matter, `object_id` a thing of it (`document:…`), `field_group` which part of it was seen or
    changed, `purpose` what for; `detail` holds identifiers and codes. An actor who acts for another is recorded
    as doing so.
    """
    came = origin.present()
    event = {
        "at": clock.now(),
        "actor": actor.id if isinstance(actor, Actor) else SYSTEM if actor is None else actor,
        "act": act,
        "instance_id": instance_id,
        "task_id": task_id,
        "scope_id": scope_id,
        "object_id": object_id,
        "field_group": field_group,
        "purpose": purpose,
        "on_behalf_of": on_behalf_of or (actor.on_behalf_of if isinstance(actor, Actor) else None),
        "origin": came.kind,
        "address": came.address,
        "request_id": came.request_id,
        "detail": dict(detail) if detail else None,
    }
    origin.note()
    writing.add_later(session, AuditEvent, [event])
