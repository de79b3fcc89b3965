"""The worker: does what is due, timers and jobs, a lease at a time. It keeps no state: killed, the next one goes on."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from handlers import tidying, upward
from server.auth import attempts, credentials, links, sessions
from server.db import Database
from server.outgoing.delivering import Sender
from server.sealer import Sealer
from server.settings import Settings
from server.traffic import rates, repeats
from workflows import audit, jobs, signs, timers

TICK = timedelta(seconds=1)
HOUSEKEEPING = timedelta(hours=1)
RAISING = timedelta(minutes=15)
SEALING = timedelta(seconds=5)
THREADS = 10
#: What is recorded on these threads bears this origin.
AS_WORKER = {"initializer": audit.comes_from, "initargs": ("worker",)}
SENDING = timedelta(seconds=2)

log = structlog.get_logger()


@dataclass(frozen=True)
class _Kind:
    """One kind of due work: how it is found, leased, done, and noted as failed."""

    name: str
    due: Callable[[Session, int], Sequence[str]]
    lease: Callable[[Session, str, int], list[str]]
    do: Callable[[Session, str], bool]
    failed: Callable[[Session, str, BaseException], str | None]
    batch: int
    together: Callable[[Session, Sequence[str]], Collection[str]] | None = None  #: several in one transaction


#: Few at a time, so that several workers share the load, and a lease is never outlived; a job may take longer.
KINDS = (
    _Kind("timer", timers.due, timers.lease, timers.fire, timers.failed, 20, timers.fire_together),
    _Kind("job", jobs.due, jobs.lease, jobs.run, jobs.failed, 5),
)


def run_due(database: Database, *, worker: str = "", stopping: threading.Event | None = None) -> int:
    """Do everything that is due now, timers and jobs by turns, and return how many were done.

    Timers of different instances go together; where that fails, and else, each in a transaction of its own: one
    that fails is tried again later, and stops no other.
    """
    worker = worker or name()
    done, busy = 0, True
    while busy:
        busy = False
        for kind in KINDS:
            leased = _lease(database, kind, worker)
            busy = busy or bool(leased)
            together = () if stopping and stopping.is_set() else _do_together(database, kind, leased)
            done += len(together)
            for row_id in leased:
                if stopping and stopping.is_set():
                    return done
                if row_id not in together:
                    done += _do(database, kind, row_id)
    return done


def _lease(database: Database, kind: _Kind, worker: str) -> list[str]:
    with database.reading() as session:
        if not kind.due(session, 1):
            return []
    with database.unit_of_work() as session:
        return kind.lease(session, worker, kind.batch)


def tidy(database: Database) -> None:
    """Delete what has no use any more: ended sessions, old counts and keys, forgotten uploads and lists, old jobs."""
    with database.unit_of_work() as session:
        sessions.forget_ended(session)
        attempts.forget(session)
        links.forget(session)
        rates.forget(session)
        repeats.forget(session)
        tidying.tidy(session)
        signs.forget(session)


def raise_up(database: Database) -> int:
    """Let steps that nobody may do go upward, each in a transaction of its own, and return how many did."""
    with database.reading() as session:
        shut_out = credentials.disabled(session)
        found = upward.stuck(session, shut_out=shut_out)
    return sum(_look(database, task_id, shut_out) for task_id in found)


def _look(database: Database, task_id: str, shut_out: Collection[str]) -> bool:
    try:
        with database.unit_of_work() as session:
            return upward.look(session, task_id, shut_out=shut_out)
    except Exception as error:
        # The others must go; this one is looked at again in the next round.
        log.warning("a step could not go upward", task=task_id, kind=type(error).__name__, exc_info=error)
        return False


def name() -> str:
    """Return a name that no other worker has, for its leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Worker:
    """Does what is due every second, on a thread of its own, until it is stopped.

    Messages leave on two threads more: a mail server or a webhook that hangs delays no deadline, nor the other.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._name = name()
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={
                "default": ThreadPoolExecutor(
                    THREADS, {"initializer": audit.comes_from, "initargs": ("worker",)}
                )
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_job(self._tick, "interval", seconds=TICK.total_seconds())
        self._done = 0
        self._scheduler.add_job(self._sign, "interval", seconds=signs.EVERY.total_seconds())
        self._scheduler.add_job(self._tidy, "interval", seconds=HOUSEKEEPING.total_seconds())
        self._scheduler.add_job(self._raise_up, "interval", seconds=RAISING.total_seconds())
        self._sealer = Sealer(database, self._stopping)
        self._scheduler.add_job(self._seal, "interval", seconds=SEALING.total_seconds())
        self._secret = bool(settings.secret_key)
        self._sender = Sender(database, settings, self._name, self._stopping)
        for send in (self._sender.send_mail, self._sender.send_webhooks):
            self._scheduler.add_job(
                self._send, "interval", [send], id=send.__name__, seconds=SENDING.total_seconds()
            )

    def start(self) -> None:
        """Begin."""
        if not self._secret:
            log.warning("webhooks are not sent by this worker: it has no DUBAN_SECRET_KEY to sign them with")
        self._sign()
        self._scheduler.start()

    def stop(self) -> None:
        """Finish what is being done, and begin nothing else."""
        self._stopping.set()
        self._scheduler.shutdown(wait=True)
        with self._database.unit_of_work() as session:
            signs.leave(session, self._name)
        # What was committed lately shall not lie unsealed until somebody begins again.
        self._seal()

    def _tick(self) -> None:
        try:
            self._done += run_due(self._database, worker=self._name, stopping=self._stopping)
        except SQLAlchemyError:
            # A lost database comes back; the next tick asks it again.
            log.exception("the worker could not reach the database")

    def _sign(self) -> None:
        done, self._done = self._done, 0
        try:
            with self._database.unit_of_work() as session:
                signs.sign(session, self._name, done=done)
        except SQLAlchemyError:
            log.exception("the worker could not say that it lives")

    def _send(self, send: Callable[[], int]) -> None:
        # A round that another machine holds up is no overrun of ours: the next one begins after it.
        self._scheduler.pause_job(send.__name__)
        try:
            self._sender.spread()
            send()
        except SQLAlchemyError:
            log.exception("messages could not be sent without the database")
        finally:
            if not self._stopping.is_set():
                self._scheduler.resume_job(send.__name__)

    def _seal(self) -> None:
        try:
            self._sealer.run()
        except SQLAlchemyError:
            log.exception("the worker could not seal the audit")

    def _raise_up(self) -> None:
        try:
            raise_up(self._database)
        except SQLAlchemyError:
            log.exception("the worker could not look for steps that nobody may do")

    def _tidy(self) -> None:
        try:
            tidy(self._database)
        except SQLAlchemyError:
            log.exception("the worker could not tidy up")


def _do_together(database: Database, kind: _Kind, leased: Sequence[str]) -> Collection[str]:
    """Return what was done in one transaction: nothing where one of it failed, for then each is tried alone."""
    if kind.together is None or len(leased) < 2:
        return ()
    try:
        with database.unit_of_work() as session:
            return kind.together(session, leased)
    except Exception as error:
        log.warning("due work goes one by one", what=kind.name, count=len(leased), exc_info=error)
        return ()


def _do(database: Database, kind: _Kind, row_id: str) -> bool:
    try:
        with database.unit_of_work() as session:
            return kind.do(session, row_id)
    except Exception as error:
        # Whatever a diagram or an operation raises, the others must be done.
        log.warning("due work failed", what=kind.name, id=row_id, kind=type(error).__name__, exc_info=error)
        _note(database, kind, row_id, error)
        return False


def _note(database: Database, kind: _Kind, row_id: str, error: Exception) -> None:
    try:
        with database.unit_of_work() as session:
            incident = kind.failed(session, row_id, error)
    except SQLAlchemyError:
        # The lease ends by itself, and it is tried again then.
        log.exception("a failure could not be recorded", what=kind.name, id=row_id)
        return
    if incident:
        log.error("failed for good: an operator must look", what=kind.name, id=row_id, incident=incident)
