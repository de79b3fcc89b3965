"""Requests that wait for work: they end as soon as a task for a worker is committed here, or look again each second.

A waiting request holds one of the server's threads. So that people are never kept waiting by machines, only half of the
threads may wait; who comes beyond that is answered at once, and asks again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import event
from sqlalchemy.orm import Session

from workflows.persistence import OPENED

#: No request waits longer, whatever it asks: a server that stops, and proxies, have no more patience.
LONGEST = timedelta(seconds=15)
#: What another process commits, and locks that end, are found by looking.
LOOK_EVERY = 1.0

_news = threading.Condition()
_waiting = 0


@event.listens_for(Session, "after_commit")
def _tell(session: Session) -> None:
    if session.info.pop(OPENED, False):
        with _news:
            _news.notify_all()


def wait_until(ready: Callable[[], bool], patience: timedelta, *, most: int) -> bool:
    """Return whether it became ready within this time; at once where `most` others wait already."""
    global _waiting
    until = time.monotonic() + min(patience, LONGEST).total_seconds()
    with _news:
        if _waiting >= most:
            return ready()
        _waiting += 1
    try:
        while not (found := ready()) and (left := until - time.monotonic()) > 0:
            with _news:
                _news.wait(min(left, LOOK_EVERY))
        return found
    finally:
        with _news:
            _waiting -= 1
