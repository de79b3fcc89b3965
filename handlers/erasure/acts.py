"""The steps of the process `erasure`: proposed by case supervision, decided by the principal, carried out.

The process is of no matter, so that what lies in the archive can be decided on without being opened. Roles, persons
and what hinders are decided here, whatever a diagram says. (档案法 on appraisal and destruction: two people, a register.)
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from handlers import archiving, notifications, office
from handlers.erasure import appraisal, rows
from handlers.keeping import Destruction, periods
from handlers.recusals import state_of
from handlers.registers import Clue, MatterEvent
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, numbered, parties, who
from handlers.vault import shredding
from workflows import audit
from workflows.errors import Conflict, EngineFault, NotAllowed, refused
from workflows.operations import Context, Recorded, operation

PROCESS = "erasure"
PROPOSING = frozenset({"case_supervision", "case_supervision_head"})
DECIDING = frozenset({"principal"})


@operation("erasure.propose")
def propose(context: Context, *, answers: Answers) -> Recorded:
    """Propose that a matter, or who reported it, is destroyed: its period is over and nothing hinders."""
    session = context.session
    office.require(context.actor, PROPOSING)
    proposer = who(context)
    clue = numbered(session, answers["number"])
    if clue is None or state_of(session, proposer, clue.scope_id):
        raise refused("number", "clue_number", number=answers["number"])
    what = answers["what"]
    archiving.lock(session, clue)
    rule, until = appraisal.check(session, clue, what)
    if appraisal.waiting(session, clue, what):
        raise refused("number", "erasure_waits")
    row = Destruction(
        number=next_number(session, "destruction", context.now),
        scope_id=clue.scope_id,
        instance_id=context.instance_id,
        what=what,
        kind=rule.kind,
        version=rule.version,
        kept_until=until,
        reason=answers["reason"],
        proposed_by=proposer,
        proposed_at=context.now,
    )
    session.add(row)
    session.flush()
    _note(context, row, "erasure.proposed")
    return Recorded(variables={"destruction_no": row.number}, business_key=row.number)


@operation("erasure.shown", use="prefill")
def shown(context: Context) -> dict[str, Any]:
    """Return what is to be destroyed, for who decides: number, period and reason, nothing of its content."""
    row = _of_process(context)
    clue = _clue(context, row)
    rule = periods.of(row.kind)
    return {
        "clue": clue.clue_no or clue.transfer_no,
        "what": row.what,
        "period": f"{rule.zh}（{rule.article}）",
        "kept_until": row.kept_until.isoformat(),
        "reason": row.reason,
        "proposer": office.person(context.session, row.proposed_by).name,
    }


@operation("erasure.decide")
def decide(context: Context, *, answers: Answers) -> dict[str, Any]:
    """Decide as the principal, who has not proposed it and does not keep out of the matter."""
    row = _of_process(context)
    office.require(context.actor, DECIDING)
    decider = who(context)
    if row.proposed_by in parties(context) or state_of(context.session, decider, row.scope_id):
        raise NotAllowed("Who proposed it, or keeps out of the matter, does not decide.", code="proposer")
    if row.state != "proposed":
        raise Conflict("This is decided already.", code="decided")
    if answers["decision"] == "agree":
        appraisal.check(context.session, _clue(context, row), row.what, field="decision")
    row.decided_by, row.decided_at = decider, context.now
    row.opinion = answers.get("opinion") or ""
    row.state = "agreed" if answers["decision"] == "agree" else "refused"
    if row.state == "refused":
        row.again_on = date.fromisoformat(answers["again_on"])
        _note(context, row, "erasure.refused")
        _tell(context, row, "erasure.refused")
    return {"decision_erasure": answers["decision"]}


@operation("erasure.carry_out")
def carry_out(context: Context) -> None:
    """Erase what was decided on. EngineFault where not two have decided, InvalidInput where something hinders by now."""
    session, row = context.session, _of_process(context)
    if row.state != "agreed" or row.decided_by in (None, row.proposed_by):
        raise EngineFault("Two people have to decide on a destruction.", element=context.element_id)
    clue = _clue(context, row)
    archiving.lock(session, clue)
    appraisal.check(session, clue, row.what)
    if row.what == "matter":
        row.erased = rows.erase(session, clue)
    else:
        row.erased = {"vault": shredding.shred(session, clue)}
    # The reasons may tell what they are about.
    row.state, row.done_at, row.reason, row.opinion = "done", context.now, "", ""
    _note(context, row, "erasure.done")
    _tell(context, row, "erasure.done")


def _of_process(context: Context) -> Destruction:
    # By the process, which no variable can change.
    row = context.session.scalar(
        select(Destruction).where(Destruction.instance_id == context.instance_id).with_for_update()
    )
    if row is None:
        raise EngineFault("The process decides on no destruction.", element=context.element_id)
    return row


def _clue(context: Context, row: Destruction) -> Clue:
    return context.session.get_one(Clue, row.scope_id.removeprefix("clue:"))


def _note(context: Context, row: Destruction, code: str) -> None:
    actor = context.actor.id if context.actor else None
    params = {"number": row.number, "what": row.what}
    line = MatterEvent(scope_id=row.scope_id, at=context.now, actor=actor, code=code, params=params)
    context.session.add(line)
    audit.record(
        context.session,
        actor=context.actor,
        act=code,
        scope_id=row.scope_id,
        object_id=f"destruction:{row.id}",
        instance_id=row.instance_id,
        detail={**params, "rows": row.erased},
    )


def _tell(context: Context, row: Destruction, code: str) -> None:
    params = {"number": row.number, "what": row.what}
    notifications.notify(context.session, [row.proposed_by], code=code, params=params)
