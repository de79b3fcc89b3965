"""From when the periods of a transfer run: its arrival in this system, or its being signed for, as the office chose."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.conventions import ELECTRONIC, RECEIVED_WHEN_SIGNED
from handlers.registers.model import Clue, Handover
from workflows import clock, conventions


def counted_from(session: Session, clue: Clue, signed_at: datetime) -> datetime:
    """Return the instant of receipt from which limits are counted; what was incomplete arrives when it is complete.

    The answer in force on the day of the arrival decides (domain §8.7: arrival in the portal, unless decided otherwise).
    """
    of_transfer = select(func.max(Handover.at)).where(Handover.step == "transfer")
    arrived = session.scalar(of_transfer.where(Handover.clue_id == (clue.split_from or clue.id)))
    if arrived is None:
        return signed_at
    day = clock.day_of(arrived)
    answer = conventions.answered(session, ELECTRONIC, day)
    return signed_at if answer and answer.effect == RECEIVED_WHEN_SIGNED else arrived
