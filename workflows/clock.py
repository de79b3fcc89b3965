"""The only source of time. All instants are aware UTC; days and months are counted in the office's zone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_lock = threading.Lock()
_offset = timedelta(0)
_frozen: datetime | None = None
_zone = ZoneInfo("Asia/Shanghai")
#: The instant of one who plays with a clock of his own, beside all others.
_own: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """Return the present instant, aware UTC, moved by the demo's offset, held by a test, or one's own."""
    own = _own.get()
    if own is not None:
        return own
    return _frozen if _frozen is not None else datetime.now(UTC) + _offset


def office_zone() -> ZoneInfo:
    """Return the zone in which the office counts days and months (setting `DUBAN_TIMEZONE`)."""
    return _zone


def day_of(instant: datetime) -> date:
    """Return the office's calendar day in which an aware instant lies."""
    return instant.astimezone(_zone).date()


def use_zone(name: str) -> None:
    """Count days and months in the zone `name` (an IANA name) from now on."""
    global _zone
    _zone = ZoneInfo(name)


def move(offset: timedelta) -> None:
    """Set the clock ahead of the machine's by `offset` (demo only)."""
    global _offset
    _offset = offset


@contextmanager
def own(instant: datetime) -> Iterator[None]:
    """Hold the clock at an aware instant for this thread alone: a sandbox beside running matters."""
    if instant.tzinfo is None:
        raise ValueError("The clock takes aware datetimes only.")
    before = _own.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _own.reset(before)


@contextmanager
def held_at(instant: datetime) -> Iterator[None]:
    """Hold the clock of this process at an aware instant: simulation, demo history and tests."""
    global _frozen
    if instant.tzinfo is None:
        raise ValueError("The clock takes aware datetimes only.")
    with _lock:
        before, _frozen = _frozen, instant.astimezone(UTC)
    try:
        yield
    finally:
        with _lock:
            _frozen = before
