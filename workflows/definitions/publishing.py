"""Publishing a changed diagram as the next version of its process, with the forms and decisions it stood among.

Alone, or by a second person: then one asks, and another looks at the very files and confirms, or says why not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import audit, clock
from workflows.actor import Actor
from workflows.definitions import drafts, files
from workflows.definitions.checking import check_files
from workflows.definitions.deploying import Asked, deploy, guard, take_turn
from workflows.definitions.files import Files
from workflows.definitions.finding import latest, resources
from workflows.errors import Conflict, InvalidInput, NotAllowed, NotFound
from workflows.findings import Finding
from workflows.model import Deployment, ProcessDefinition, Publication, PublicationFile

MAX_REASON = 255


@dataclass(frozen=True)
class Drawn:
    """A draft that shall become the next version of its process."""

    base: ProcessDefinition  #: the version that was opened
    diagram: bytes
    beside: Mapping[str, str]  #: forms and tables that differ, or are new, by file name
    seen: int  #: the draft's number that was seen last
    follows: str  #: the id of the version that the author took for the newest


def check_diagram(
    session: Session,
    base: ProcessDefinition,
    diagram: bytes,
    beside: Mapping[str, str] | None = None,
    *,
    profile: str,
) -> list[Finding]:
    """Return every finding about a diagram that shall follow a version of its process, with what lies beside it."""
    read = files.read(drafts.together(session, base, diagram, beside or {}))
    lost = _lost(base, read)
    return [*([lost] if lost else []), *check_files(read, profile=profile, session=session)]


def publish(session: Session, drawn: Drawn, *, reason: str, actor: Actor, profile: str) -> ProcessDefinition:
    """Deploy a draft, end it, and return the new version: for offices in which one person is enough.

    Conflict with who and when if there is a newer draft or version, InvalidInput with `findings` if the gate refuses.
    """
    newest, read = _guarded(session, drawn, reason)
    how: dict[str, Any] = {"name": reason.strip(), "source": _source(newest), "profile": profile}
    deployment = deploy(session, read.content, actor=actor, **how)
    made = _made(session, newest)
    drafts.write(session, drawn.base, "published", drawn.diagram, drawn.beside, seen=drawn.seen, actor=actor)
    detail = {"definition": made.id, "based_on": drawn.base.id, "deployment": deployment.id, "reason": reason}
    audit.record(session, actor=actor, act="definition.publish", detail=detail)
    return made


def ask(session: Session, drawn: Drawn, *, reason: str, actor: Actor, profile: str) -> Publication:
    """Save a draft, and ask a second person to publish it; raises as `publish` does.

    Conflict `publication_waiting` where the process has such a request already: it is taken back, or decided, first.
    """
    newest, read = _guarded(session, drawn, reason)
    if (before := _waiting_for(session, drawn.base.key)) is not None:
        who = f"{before.asked_by} has asked for this process already"
        raise Conflict(
            f"{who}.", code="publication_waiting", by=before.asked_by, at=before.asked_at, id=before.id
        )
    if read.content == {file.name: file.content for file in resources(session, newest.deployment_id)}:
        raise _unchanged(newest)
    guard(read, reason.strip(), profile, session)
    draft = drafts.write(
        session, drawn.base, "saved", drawn.diagram, drawn.beside, seen=drawn.seen, actor=actor
    )
    asked = Publication(
        name=reason.strip(),
        source=_source(newest),
        key=drawn.base.key,
        draft=draft.number,
        follows=_newest(session, read),
        asked_by=actor.id,
        asked_at=clock.now(),
    )
    return _asked(session, asked, read.content, actor)


def ask_files(
    session: Session,
    content: Mapping[str, bytes],
    *,
    name: str,
    source: str = "",
    only_changed: bool = True,
    actor: Actor,
    profile: str,
) -> Publication:
    """Ask a second person to deploy files, which the gate has let through; InvalidInput with `findings` if not.

    The deployment will have the id of the request. The very request that waits already is that one.
    """
    guard(read := files.read(content), name, profile, session)
    take_turn(session)
    for before in waiting(session):
        said = (before.asked_by, before.name, before.source, before.key)
        if said == (actor.id, name, source, None) and _content(before) == content:
            return before
    asked = Publication(
        name=name,
        source=source,
        only_changed=only_changed,
        follows=_newest(session, read),
        asked_by=actor.id,
        asked_at=clock.now(),
    )
    return _asked(session, asked, content, actor)


def waiting(session: Session) -> Sequence[Publication]:
    """Return what waits for a second person, the oldest first."""
    return session.scalars(
        select(Publication)
        .where(Publication.state == "waiting")
        .order_by(Publication.asked_at, Publication.id)
    ).all()


def publication(session: Session, publication_id: str) -> Publication:
    """Return one request; NotFound for any other id."""
    found = session.get(Publication, publication_id)
    if found is None:
        raise NotFound(f"There is no request to publish {publication_id}.", code="publication")
    return found


def confirm(session: Session, publication_id: str, *, actor: Actor, profile: str) -> Deployment:
    """Deploy what another has asked for, as his files, and return the deployment; the gate looks anew.

    NotAllowed `own_publication` for who asked, Conflict `publication_decided`, or `version_overtaken` where somebody
    has published a newer version since; InvalidInput with `findings` if the gate refuses the files by now.
    """
    take_turn(session)
    asked = _undecided(session, publication_id)
    _guard_second(asked, actor)
    content = _content(asked)
    for key, newest_id in _newest(session, files.read(content)).items():
        if newest_id is not None and newest_id != asked.follows.get(key):
            raise _overtaken(session, session.get_one(ProcessDefinition, newest_id))
    newest = latest(session, asked.key) if asked.key else None
    deployment = deploy(
        session,
        content,
        name=asked.name,
        source=asked.source,
        actor=actor,
        profile=profile,
        only_changed=asked.only_changed,
        asked=Asked(asked.id, asked.asked_by),
    )
    asked.deployment_id = deployment.id
    detail: dict[str, Any] = {"deployment": deployment.id}
    if newest is not None:
        made = _made(session, newest)
        detail |= {"definition": made.id}
        _end_draft(session, asked, newest, actor)
    _decide(session, asked, "published", "confirm", actor, **detail)
    return deployment


def refuse(session: Session, publication_id: str, remark: str, *, actor: Actor) -> Publication:
    """Send back what another has asked for, with the reason; raises as `confirm` does. The draft stays."""
    take_turn(session)
    asked = _undecided(session, publication_id)
    _guard_second(asked, actor)
    asked.remark = _reason(remark)
    return _decide(session, asked, "refused", "refuse", actor)


def withdraw(session: Session, publication_id: str, *, actor: Actor) -> Publication:
    """Take back what the actor has asked for; NotAllowed for another's, Conflict for what is decided."""
    take_turn(session)
    asked = _undecided(session, publication_id)
    if asked.asked_by != actor.id:
        raise NotAllowed("Only who asked may take it back.", code="not_own_publication")
    return _decide(session, asked, "withdrawn", "withdraw", actor)


# -- what is asked for


def _guarded(session: Session, drawn: Drawn, reason: str) -> tuple[ProcessDefinition, Files]:
    """Return the newest version and the files of the next one, if the draft is meant to follow it."""
    _reason(reason)
    take_turn(session)
    if (newest := latest(session, drawn.base.key)).id != drawn.follows:
        raise _overtaken(session, newest)
    read = files.read(drafts.together(session, drawn.base, drawn.diagram, drawn.beside))
    if lost := _lost(drawn.base, read):
        raise InvalidInput(lost.message, findings=(lost,), code="findings")
    return newest, read


def _newest(session: Session, read: Files) -> dict[str, str | None]:
    """Return the id of the newest version of each process in files, None for a new one."""
    keys = sorted({process.id for _file, process in read.processes})
    rows = (
        select(ProcessDefinition).where(ProcessDefinition.key.in_(keys)).order_by(ProcessDefinition.version)
    )
    return {**dict.fromkeys(keys), **{row.key: row.id for row in session.scalars(rows)}}


def _asked(session: Session, asked: Publication, content: Mapping[str, bytes], actor: Actor) -> Publication:
    asked.files = [PublicationFile(name=name, content=data) for name, data in sorted(content.items())]
    session.add(asked)
    session.flush()
    _record(session, asked, "ask", actor)
    return asked


def _waiting_for(session: Session, key: str) -> Publication | None:
    of_key = select(Publication).where(Publication.key == key, Publication.state == "waiting")
    return session.scalar(of_key.limit(1))


def _content(asked: Publication) -> dict[str, bytes]:
    return {file.name: file.content for file in asked.files}


def _reason(reason: str) -> str:
    if not 0 < len(reason := reason.strip()) <= MAX_REASON:
        raise InvalidInput(f"A reason has 1 to {MAX_REASON} characters.", code="reason")
    return reason


def _source(newest: ProcessDefinition) -> str:
    # A source of its own for each version: who goes back to an earlier diagram publishes it anew.
    return f"modeler, after version {newest.version}"


def _lost(base: ProcessDefinition, read: Files) -> Finding | None:
    if any(file == base.resource_name and process.id == base.key for file, process in read.processes):
        return None
    lost = f"The diagram no longer holds the process {base.key}, whose next version it shall be: keep its id."
    return Finding(None, "key", "error", lost)


def _made(session: Session, newest: ProcessDefinition) -> ProcessDefinition:
    made = latest(session, newest.key)
    if made.id == newest.id:
        raise _unchanged(newest)
    return made


def _unchanged(newest: ProcessDefinition) -> Conflict:
    return Conflict(f"The diagram says what version {newest.version} says.", code="unchanged")


# -- what the second person says


def _undecided(session: Session, publication_id: str) -> Publication:
    asked = publication(session, publication_id)
    session.refresh(asked, with_for_update=True)
    if asked.state != "waiting":
        raise Conflict(
            f"It is decided already: {asked.state}.", code="publication_decided", by=asked.decided_by
        )
    return asked


def _guard_second(asked: Publication, actor: Actor) -> None:
    if asked.asked_by == actor.id:
        raise NotAllowed("Who asked for it is not the second person.", code="own_publication")


def _end_draft(session: Session, asked: Publication, newest: ProcessDefinition, actor: Actor) -> None:
    """End the draft as published, unless somebody has drawn on since."""
    last = drafts.pending(session, newest.key)
    if last is not None and last.number == asked.draft:
        base = session.get(ProcessDefinition, last.based_on) or newest
        drafts.write(session, base, "published", last.content, last.beside, seen=last.number, actor=actor)


def _decide(
    session: Session, asked: Publication, state: str, act: str, actor: Actor, **detail: Any
) -> Publication:
    asked.state, asked.decided_by, asked.decided_at = state, actor.id, clock.now()
    session.flush()
    _record(session, asked, act, actor, **detail)
    return asked


def _record(session: Session, asked: Publication, act: str, actor: Actor, **detail: Any) -> None:
    told = {
        "publication": asked.id,
        "process": asked.key,
        "by": asked.asked_by,
        "reason": asked.name,
        **detail,
    }
    audit.record(session, actor=actor, act=f"publication.{act}", detail=told)


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
