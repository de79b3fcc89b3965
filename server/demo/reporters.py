"""Reporters of the demo, plainly invented: some recorded, one unsealed and read, one who added something."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import office
from handlers.registers import Clue, ClueHandler
from handlers.vault import Receipt, Reporter, grants, keys, receipts
from handlers.vault import reporters as safe
from server.demo.beside import begin, finish, morning
from workflows import clock

#: Who waits for a decision on his application, and what a reporter has added.
WHY = "举报材料所述时间前后矛盾，其他途径已核查完毕，只有举报人能够说明。"
ADDED = "示例补充：当晚的监理日志原件在项目部资料柜，编号 2025-114。"


def seal(session: Session, instance_id: str) -> None:
    """Record an invented reporter of the matter, as the intake clerk does; without a master key nobody is."""
    if not keys.ready():
        return
    clue = session.scalars(select(Clue).where(Clue.instance_id == instance_id)).one()
    number = (session.scalar(select(func.count()).select_from(Reporter)) or 0) + 1
    who = {
        "name": f"示例举报人{number:02}",
        "id_number": f"00000019900101{number:04}",
        "phone": f"000-0000{number:04}",
        "note": "虚构人物，仅供演示",
    }
    safe.write(session, office.actor_for(session, "intake"), clue, who)


def unseal(session: Session) -> None:
    """Let a handler have read a reporter days ago, let him ask for it again, and let that reporter add something."""
    mine = select(ClueHandler.clue_id).where(ClueHandler.login == "handler", ClueHandler.ended_at.is_(None))
    recorded = select(Clue).where(Clue.id.in_(select(Reporter.clue_id)), Clue.id.in_(mine))
    clue = session.scalars(recorded.order_by(Clue.submitted_at).limit(1)).first()
    if clue is None:
        return
    asked = {"number": clue.clue_no, "purpose": "contact", "reason": WHY, "hours": 4, "sign": True}
    with clock.held_at(morning(session, 3)):
        first = begin(session, grants.PROCESS, "handler", asked)
    for hours, login in ((1, "leader"), (2, "principal")):
        with clock.held_at(morning(session, 3) + timedelta(hours=hours)):
            finish(session, first, login, decision="agree", sign=True)
    with clock.held_at(morning(session, 3) + timedelta(hours=3)):
        handler = office.actor_for(session, "handler")
        if grant := grants.active(session, handler, clue):
            safe.read(session, handler, clue, purpose=grant.purpose, grant=grant)
    with clock.held_at(clock.now() - timedelta(hours=1)):
        begin(session, grants.PROCESS, "handler", asked)
        receipts.make(session, office.actor_for(session, "intake"), clue)
        given = session.scalars(select(Receipt).where(Receipt.clue_id == clue.id)).one()
        receipts.add(session, given, receipts.received(ADDED))
