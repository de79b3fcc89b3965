"""Runs in the database: one command, one transaction, one lock, and rows that say what the run says.

`advancing` is the only way to move an instance. It locks the instance's row first, restores the run, lets the
caller act on it, drains it to quiescence, and writes state, tasks, timers, subscriptions and history
together.
"""

from workflows.persistence.check import rows_equal_run
from workflows.persistence.command import advance, advancing, alone, begin, held, reopen, states
from workflows.persistence.external import OPENED
from workflows.persistence.holding import hold
from workflows.persistence.host import context_of
from workflows.persistence.locking import (
    guard_active,
    guard_open,
    guard_running,
    lock,
    lock_of_task,
    lock_of_timers,
)
from workflows.persistence.migrating import judge, migrate
from workflows.persistence.outgoing import PAUSE, send, stop
from workflows.persistence.reading import peek, variables

__all__ = [
    "OPENED",
    "PAUSE",
    "advance",
    "advancing",
    "alone",
    "begin",
    "context_of",
    "guard_active",
    "guard_open",
    "guard_running",
    "held",
    "hold",
    "judge",
    "lock",
    "lock_of_task",
    "lock_of_timers",
    "migrate",
    "peek",
    "reopen",
    "rows_equal_run",
    "send",
    "states",
    "stop",
    "variables",
]
