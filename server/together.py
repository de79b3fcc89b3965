"""Several processes that answer at one address: begun, watched, begun again where one dies, stopped together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from types import FrameType

import structlog

#: One that dies sooner than this is not begun again before: what kills it may take a while to pass.
YOUNG_SECONDS = 1.0
_TOLD = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger()


class Together:
    """So many copies of this process, each doing its part of the same work."""

    def __init__(self, count: int, work: Callable[[int], object]) -> None:
        """`work` is given its number, from 0, in a process of its own; it ends by itself when told by SIGTERM.

        Nothing may be open that does not survive a fork: no connection to a database, no thread.
        """
        self._count = count
        self._work = work
        self._running: dict[int, tuple[int, float]] = {}  #: process → its number, and when it began
        self._stopping = False

    def start(self) -> None:
        """Begin all of them; from now on what ends this process ends them, too."""
        for told in _TOLD:
            signal.signal(told, self._stop)
        for number in range(self._count):
            self._begin(number)

    def watch(self) -> None:
        """Replace what dies, until told to stop; return once all have ended."""
        while self._running:
            process, status = os.wait()
            number, begun = self._running.pop(process)
            if self._stopping:
                continue
            log.error(
                "a server process has ended, another takes its place", code=os.waitstatus_to_exitcode(status)
            )
            time.sleep(max(0.0, begun + YOUNG_SECONDS - time.monotonic()))
            self._begin(number)

    def _begin(self, number: int) -> None:
        # A signal that comes amid the fork waits: the child would take it for its parent's.
        signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)
        process = 0 if self._stopping else os.fork()
        if process:
            self._running[process] = (number, time.monotonic())
        elif not self._stopping:
            self._be(number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)

    def _be(self, number: int) -> None:
        """Do the work as a child, and end: what the parent has yet to do is not the child's."""
        for told in _TOLD:
            signal.signal(told, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
        code = 1
        try:
            self._work(number)
            code = 0
        except Exception:
            log.exception("a server process failed")
        finally:
            os._exit(code)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        for process in self._running:
            os.kill(process, signal.SIGTERM)
