"""What every step of a clue does alike: find it, leave a line, an opinion, a hand-over, papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import office, uploads
from handlers.registers.model import Clue, ClueHandler, Document, Handover, MatterEvent, Opinion
from workflows.errors import EngineFault, FieldError, InvalidInput, NotAllowed
from workflows.model import Instance, Task
from workflows.operations import Context

Answers = Mapping[str, Any]

#: A clue is handled by two at least (domain §4.2 rule 2).
FEWEST_HANDLERS = 2
#: Stages of clues that another body has.
GONE = ("returning", "returned", "joint", "transferred")


def clue_of(context: Context, clue_id: str | None = None) -> Clue:
    """Return the clue that the step is about: by the matter, which no variable can change.

    A diagram that names another one is refused: nobody reaches a matter through the process of another.
    """
    found = context.session.get(Clue, (context.scope_id or "").removeprefix("clue:"))
    if found is None or clue_id not in (None, found.id):
        raise EngineFault("The matter has no such clue in the register.", element=context.element_id)
    return found


def who(context: Context) -> str:
    """Return the login of who acts; these steps are never done by a timer."""
    if context.actor is None:
        raise EngineFault("Only a person may do this step.", element=context.element_id)
    return context.actor.id


def parties(context: Context) -> frozenset[str]:
    """Return who acts, and for whom: a rule that bars either of them bars the act."""
    who(context)
    assert context.actor is not None
    return context.actor.parties


def note(context: Context, clue: Clue, code: str, **params: Any) -> None:
    """Leave a line in the record of the matter; `params` are numbers, codes and days."""
    actor, behalf = (context.actor.id, context.actor.on_behalf_of) if context.actor else (None, None)
    line = {"scope_id": clue.scope_id, "at": context.now, "code": code, "params": params}
    context.session.add(MatterEvent(**line, stage=stage_of(context), actor=actor, on_behalf_of=behalf))


def move(context: Context, clue: Clue, stage: str, **params: Any) -> None:
    """Bring the clue to a stage of `codes/clue_stages.csv` and say so in the record."""
    clue.stage = stage
    note(context, clue, f"clue.{stage}", **params)


def sign(
    context: Context,
    clue: Clue,
    step: str,
    decision: str,
    opinion: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Keep what was proposed or decided at a step, signed by who acts."""
    context.session.add(
        Opinion(
            clue_id=clue.id,
            step=step,
            stage=stage_of(context),
            login=who(context),
            on_behalf_of=context.actor.on_behalf_of if context.actor else None,
            decision=decision,
            opinion=opinion,
            detail=detail,
            signed_at=context.now,
        )
    )


def stage_of(context: Context) -> str | None:
    """Return the stage of the matter that the step is of, else its process."""
    task = context.session.get(Task, context.task_id) if context.task_id else None
    if task is not None:
        return task.stage
    instance = context.session.get(Instance, context.instance_id)
    return context.stage or (instance.stage if instance else None)


def hand_over(
    context: Context, clue: Clue, step: str, *, to_login: str | None = None, to_unit: str | None = None
) -> None:
    """Note that the clue passes from who acts to somebody who has yet to sign (规则: every hand-over)."""
    login = who(context)
    context.session.add(
        Handover(
            clue_id=clue.id,
            step=step,
            from_login=login,
            from_unit=next(iter(office.units_of(context.session, login)), None),
            to_login=to_login,
            to_unit=to_unit,
            at=context.now,
            signed_by_from_at=context.now,
        )
    )


def receive(context: Context, clue: Clue, step: str) -> None:
    """Sign the open hand-overs of a step as their receiver; nobody signs on both sides."""
    login, both = who(context), parties(context)
    context.session.flush()
    open_ones = select(Handover).where(
        Handover.clue_id == clue.id,
        Handover.step == step,
        Handover.signed_by_to_at.is_(None),
        Handover.to_login.in_(both) | Handover.to_login.is_(None),
    )
    for found in context.session.scalars(open_ones):
        if found.from_login in both:
            raise NotAllowed("Who handed this over may not also sign for it.", code="both_sides")
        found.to_login, found.signed_by_to_at = login, context.now


def relate(context: Context, clue: Clue, other: Clue) -> None:
    """Note in both records that the clues have to do with each other."""
    note(context, clue, "clue.related", number=other.clue_no or other.transfer_no)
    note(context, other, "clue.related", number=clue.clue_no or clue.transfer_no)


def keep_files(
    context: Context, clue: Clue, references: Iterable[str] | None, kind: str, field: str
) -> list[Document]:
    """Make documents of the files that came with a form, and return them."""
    kept: list[Document] = []
    for reference in references or ():
        upload = uploads.take(context.session, reference, who(context), field=field)
        document = Document(
            clue_id=clue.id,
            kind=kind,
            title=upload.filename,
            secrecy=clue.secrecy,
            media_type=upload.media_type,
            sha256=upload.sha256,
            size=upload.size,
            content=upload.content,
            cleaned=upload.cleaned,
            version=_next_version(context.session, clue, upload.filename),
            created_at=context.now,
            created_by=who(context),
        )
        context.session.add(document)
        context.session.flush()
        kept.append(document)
    return kept


def last_opinion(session: Session, clue: Clue, *steps: str) -> Opinion | None:
    """Return what was signed last at these steps."""
    signed = select(Opinion).where(Opinion.clue_id == clue.id, Opinion.step.in_(steps))
    return session.scalars(signed.order_by(Opinion.id.desc()).limit(1)).first()


def not_the_proposer(context: Context, clue: Clue, *steps: str) -> None:
    """Refuse who signed the last proposal of these steps, or for whom: nobody approves what he proposed."""
    proposal = last_opinion(context.session, clue, *steps)
    if proposal is not None and not parties(context).isdisjoint({proposal.login, proposal.on_behalf_of}):
        raise NotAllowed(
            "Who proposed this may not approve it: proposer and approver are different persons.",
            code="proposer",
        )


def hands_of(context: Context, login: str | None, step: str) -> frozenset[str]:
    """Return who did a step of this process, by whom it is known, with those in whose place he did it."""
    done = select(Task.on_behalf_of).where(
        Task.instance_id == context.instance_id, Task.element_id == step, Task.closed_by == login
    )
    return frozenset({login, *context.session.scalars(done)} - {None})


def handlers_of(session: Session, clue: Clue) -> list[str]:
    """Return who handles the clue now, in the order in which they were assigned."""
    running = select(ClueHandler.login).where(
        ClueHandler.clue_id == clue.id, ClueHandler.ended_at.is_(None), ClueHandler.recused.is_(False)
    )
    return list(dict.fromkeys(session.scalars(running.order_by(ClueHandler.id))))


def numbered(session: Session, number: str) -> Clue | None:
    """Return the clue of this clue or transfer number, as somebody typed it; it says nothing of who may know."""
    wanted = number.strip().upper()
    return session.scalar(select(Clue).where((Clue.clue_no == wanted) | (Clue.transfer_no == wanted)))


def original_of(session: Session, number: str, field: str, clue: Clue) -> Clue:
    """Return the clue that this one repeats, past those joined themselves; InvalidInput if it cannot be."""
    named = clue_by_number(session, number, field, clue)
    met = {clue.id}
    while named.duplicate_of and named.id not in met:
        met.add(named.id)
        named = session.get_one(Clue, named.duplicate_of)
    if named.id in met:
        raise InvalidInput(
            f"The clue {number} is itself joined to this one.",
            fields={field: FieldError("clue_circle", {"number": number})},
        )
    if named.receipt_no is None or named.stage in GONE:
        raise InvalidInput(
            f"The clue {number} is not with this office.",
            fields={field: FieldError("clue_not_here", {"number": number})},
        )
    return named


def clue_by_number(session: Session, number: str, field: str, clue: Clue) -> Clue:
    """Return another clue by its clue, receipt or transfer number; InvalidInput names the field."""
    wanted = number.strip().upper()
    found = session.scalar(
        select(Clue).where(
            (Clue.clue_no == wanted) | (Clue.transfer_no == wanted) | (Clue.receipt_no == wanted),
            Clue.id != clue.id,
        )
    )
    if found is None:
        raise InvalidInput(
            f"There is no other clue {number}.", fields={field: FieldError("clue_number", {"number": number})}
        )
    return found


def _next_version(session: Session, clue: Clue, title: str) -> int:
    # What the process makes has a number and counts its own versions.
    same = select(func.count()).where(
        Document.clue_id == clue.id, Document.title == title, Document.number.is_(None)
    )
    return (session.scalar(same) or 0) + 1
