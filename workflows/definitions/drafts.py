"""Drafts: the one diagram per process that the office is working on, with the forms and tables that it changes.

Every state that a draft had is kept.

Everybody works on the same draft. Who writes says which number was seen last, so that nobody overwrites
what another has saved meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflows import audit, clock
from workflows.actor import Actor
from workflows.definitions import files, merging
from workflows.definitions.deploying import take_turn
from workflows.definitions.finding import resources, xml
from workflows.deployed import DECISION_SUFFIXES, FORM_SUFFIXES
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.model import DiagramDraft, ProcessDefinition


def newest(session: Session, key: str) -> DiagramDraft | None:
    """Return the last act on the draft of a process; None where nobody ever drew one."""
    acts = select(DiagramDraft).where(DiagramDraft.key == key)
    return session.scalar(acts.order_by(DiagramDraft.number.desc()).limit(1))


def pending(session: Session, key: str) -> DiagramDraft | None:
    """Return the draft that is neither published nor discarded, if there is one."""
    last = newest(session, key)
    return last if last is not None and last.act == "saved" else None


def save(
    session: Session,
    base: ProcessDefinition,
    content: bytes,
    *,
    beside: Mapping[str, str] | None = None,
    seen: int,
    actor: Actor,
) -> DiagramDraft:
    """Keep a diagram, sound or not, as the draft of its process; `base` is the version that was opened.

    `beside`: the forms and tables that are other than in the base, or new, as texts by file name. Raises Conflict
    with who and when if the draft has changed since number `seen`, InvalidInput for a file that is neither.
    """
    files.guard(together(session, base, content, beside or {}))
    return write(session, base, "saved", content, beside or {}, seen=seen, actor=actor)


def discard(session: Session, base: ProcessDefinition, *, seen: int, actor: Actor) -> None:
    """End the draft unpublished; what was saved stays on record. Raises Conflict as `save` does."""
    if pending(session, base.key) is None:
        raise NotFound(f"There is no draft of {base.key}.", code="draft", key=base.key)
    write(session, base, "discarded", None, {}, seen=seen, actor=actor)


@dataclass(frozen=True)
class Joined:
    """A draft and what somebody else drew meanwhile, put together; nothing of it is kept yet."""

    draft: DiagramDraft  #: what was saved meanwhile
    diagram: merging.Merged
    beside: Mapping[str, str]
    clashes: tuple[merging.Clash, ...]


def join(
    session: Session,
    base: ProcessDefinition,
    content: bytes,
    *,
    beside: Mapping[str, str],
    seen: int,
    chosen: Mapping[str, str],
) -> Joined:
    """Put a diagram together with the draft that another has saved since number `seen`, on what both began from.

    `chosen`: whose prevails, by what clashes (`theirs`, `mine`). Raises NotFound where there is no such draft of this
    version, InvalidInput for what cannot be read.
    """
    draft = pending(session, base.key)
    if draft is None or draft.content is None or draft.based_on != base.id:
        raise NotFound(f"There is no draft of {base.id}.", code="draft", key=base.key)
    together(session, base, content, beside)  # refuses other kinds of files
    began = session.scalar(
        select(DiagramDraft).where(
            DiagramDraft.key == base.key,
            DiagramDraft.number == seen,
            DiagramDraft.act == "saved",
            DiagramDraft.based_on == base.id,
        )
    )
    origin = began.content if began is not None and began.content else xml(session, base.id)
    diagram = merging.diagrams(origin, draft.content, content, chosen)
    texts, clashes = merging.texts(began.beside if began is not None else {}, draft.beside, beside, chosen)
    return Joined(draft, diagram, texts, (*diagram.clashes, *clashes))


def together(
    session: Session, base: ProcessDefinition, content: bytes, beside: Mapping[str, str]
) -> dict[str, bytes]:
    """Return the files that `base` was deployed with, those of a draft in their places."""
    for name in beside:
        if not name.endswith((*FORM_SUFFIXES, *DECISION_SUFFIXES)):
            raise InvalidInput(f"{name[:80]!r} is neither a form nor a decision table.", code="file_name")
    known = {file.name: file.content for file in resources(session, base.deployment_id)}
    return {**known, **{name: text.encode() for name, text in beside.items()}, base.resource_name: content}


def write(
    session: Session,
    base: ProcessDefinition,
    act: str,
    content: bytes | None,
    beside: Mapping[str, str],
    *,
    seen: int,
    actor: Actor,
) -> DiagramDraft:
    """Add one act to the draft of a process, and to the audit."""
    take_turn(session)
    last = newest(session, base.key)
    if last is not None and last.number != seen:
        raise _overtaken(last)
    says = (act, content, dict(beside), base.id)
    if last is not None and (last.act, last.content, last.beside, last.based_on) == says:
        return last
    draft = DiagramDraft(
        key=base.key,
        number=seen + 1,
        act=act,
        based_on=base.id,
        content=content,
        beside=dict(beside),
        written_by=actor.id,
        written_at=clock.now(),
    )
    session.add(draft)
    session.flush()
    detail = {"process": base.key, "number": draft.number, "based_on": base.id}
    audit.record(session, actor=actor, act=f"draft.{act}", detail=detail)
    return draft


def _overtaken(last: DiagramDraft) -> Conflict:
    return Conflict(
        f"{last.written_by} has changed the draft since ({last.act}, number {last.number}).",
        code="draft_overtaken",
        act=last.act,
        by=last.written_by,
        at=last.written_at,
        number=last.number,
        based_on=last.based_on,
    )
