"""The worker's part in the audit: seals what is committed, alarms, and writes the head of the chain into the log."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog

from server import prying
from server.db import Database
from workflows import audit, clock

#: How often all rows are looked through for one without a seal, not only the newest.
WHOLE = timedelta(minutes=10)
#: How often the head of the chain is logged; a log that is kept elsewhere shows a chain that was cut.
NOTED = timedelta(hours=1)

log = structlog.get_logger()


class Sealer:
    """Seals in small transactions until nothing waits; two of them never seal the same row."""

    def __init__(self, database: Database, stopping: threading.Event | None = None) -> None:
        self._database = database
        self._stopping = stopping or threading.Event()
        self._whole_at: datetime | None = None
        self._noted_at: datetime | None = None

    def run(self) -> int:
        """Return how many rows this round has sealed; the first round looks at all of them."""
        whole = _due(self._whole_at, WHOLE)
        done = self._seal(whole)
        if whole:
            self._whole_at = clock.now()
        if _due(self._noted_at, NOTED):
            self.note()
        return done

    def note(self) -> None:
        """Write the head of the chain into the log."""
        with self._database.reading() as session:
            head = audit.head(session)
        self._noted_at = clock.now()
        log.info("audit head", position=head.position, hash=head.hash)

    def _seal(self, whole: bool) -> int:
        # Who only asks takes no write lock.
        with self._database.reading() as session:
            above = 0 if whole else audit.lookback(session)
            if not audit.behind(session, above):
                return 0
        done = 0
        while True:
            with self._database.unit_of_work() as session:
                sealed = audit.seal(session, above)
                prying.alarm(session, sealed)
            done += len(sealed)
            if len(sealed) < audit.BATCH or self._stopping.is_set():
                return done
            above = sealed[-1]


def _due(last: datetime | None, every: timedelta) -> bool:
    # A clock that was set back is no reason to wait.
    return last is None or not timedelta() <= clock.now() - last < every
