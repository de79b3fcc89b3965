"""The worker: fires what is due, a lease at a time. It keeps no state: killed, the next one goes on."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from datetime import UTC, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from handlers import uploads
from server.auth import attempts, sessions
from server.db import Database
from workflows import timers

TICK = timedelta(seconds=1)
HOUSEKEEPING = timedelta(hours=1)
#: Few, so that several workers share the load, and a lease is never outlived.
BATCH = 20

log = structlog.get_logger()


def run_due(database: Database, *, worker: str = "", stopping: threading.Event | None = None) -> int:
    """Fire everything that is due now, in order of due time, and return how many fired.

    Each in a transaction of its own: one that fails is tried again later, and stops no other.
    """
    fired = 0
    while not (stopping and stopping.is_set()):
        with database.reading() as session:
            if not timers.due(session, 1):
                break
        with database.unit_of_work() as session:
            leased = timers.lease(session, worker or name(), BATCH)
        if not leased:
            break
        for timer_id in leased:
            if stopping and stopping.is_set():
                break
            fired += _fire(database, timer_id)
    return fired


def tidy(database: Database) -> None:
    """Delete what has no use any more: ended sessions, old failed sign-ins, forgotten uploads."""
    with database.unit_of_work() as session:
        sessions.forget_ended(session)
        attempts.forget(session)
        uploads.forget(session)


def name() -> str:
    """Return a name that no other worker has, for its leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Worker:
    """Fires what is due every second, on a thread of its own, until it is stopped."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._name = name()
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._scheduler.add_job(self._tick, "interval", seconds=TICK.total_seconds())
        self._scheduler.add_job(self._tidy, "interval", seconds=HOUSEKEEPING.total_seconds())

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the timer that is firing, and begin no other."""
        self._stopping.set()
        self._scheduler.shutdown(wait=True)

    def _tick(self) -> None:
        try:
            run_due(self._database, worker=self._name, stopping=self._stopping)
        except SQLAlchemyError:
            # A lost database comes back; the next tick asks it again.
            log.exception("the worker could not reach the database")

    def _tidy(self) -> None:
        try:
            tidy(self._database)
        except SQLAlchemyError:
            log.exception("the worker could not tidy up")


def _fire(database: Database, timer_id: str) -> bool:
    try:
        with database.unit_of_work() as session:
            return timers.fire(session, timer_id)
    except Exception as error:
        # Whatever a diagram or an operation raises, the others must fire.
        log.warning("a timer failed", timer=timer_id, kind=type(error).__name__, exc_info=error)
        _note(database, timer_id, error)
        return False


def _note(database: Database, timer_id: str, error: Exception) -> None:
    try:
        with database.unit_of_work() as session:
            incident = timers.failed(session, timer_id, error)
    except SQLAlchemyError:
        # The lease ends by itself, and the timer is tried again then.
        log.exception("the failure of a timer could not be recorded", timer=timer_id)
        return
    if incident:
        log.error("a timer has failed for good: an operator must look", timer=timer_id, incident=incident)
