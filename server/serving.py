"""The production server: waitress, stopped so that every request that was let in is answered."""

from __future__ import annotations

import mmap
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from flask import Flask
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from server.settings import Settings
from workflows.errors import InvalidInput

#: How long requests that are being answered may take once the server is told to stop.
PATIENCE_SECONDS = 20.0
CONNECTIONS = 1000
#: How often, a millisecond apart, a new connection is left to a process that has fewer.
LEFT_TO_OTHERS = 20


def listen(settings: Settings) -> socket.socket:
    """Return a socket bound to the address of the settings; InvalidInput when it is taken or not ours."""
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return _bound(*found[0])
    except OSError as error:
        raise InvalidInput(f"Cannot serve on {host}:{port}: {error.strerror or error}.") from None


def _bound(family: int, kind: int, protocol: int, name: str, address: Any) -> socket.socket:
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


class _Task(WSGITask):
    """One request; an answer without a body leaves its connection open, as any other does."""

    def set_close_on_finish(self) -> None:
        """Let the connection end with this answer; waitress would after each 204, whose length nobody doubts."""
        asked = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or self.version == "1.0" or asked:
            super().set_close_on_finish()


class _Channel(HTTPChannel):
    task_class = _Task


class Shares:
    """How many connections each of several processes has, in memory that they share after a fork.

    A client keeps its connection: unless they are shared out evenly, one core works while the other waits.
    """

    def __init__(self, processes: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * processes)).cast("I")

    def note(self, number: int, connections: int) -> None:
        """Keep how many connections a process has now."""
        self._counts[number] = connections

    def has_more(self, number: int) -> bool:
        """Return whether another process has fewer."""
        return self._counts[number] > min(self._counts)


class Server:
    """One process that answers requests until it is told to stop; `number` among those of `shares`, if any."""

    def __init__(
        self,
        app: Flask,
        bound: socket.socket,
        settings: Settings,
        shares: Shares | None = None,
        number: int = 0,
    ) -> None:
        self._shares, self._number, self._left = shares or Shares(1), number, 0
        self._map: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._map,
            sockets=[bound],
            threads=settings.threads,
            connection_limit=CONNECTIONS,
            max_request_body_size=settings.upload_bytes,
            asyncore_use_poll=True,
            ident="",
            # The application reads what the proxies say, and only as many as there are.
            clear_untrusted_proxy_headers=not settings.proxies,
        )
        self._server.channel_class = _Channel
        self._take = self._server.handle_accept
        self._server.handle_accept = self._accept
        self._stopping = False

    @property
    def port(self) -> int:
        """The port that is really served on, where the settings leave the choice to the system."""
        return int(self._server.effective_port)

    def run(self, wanted: Callable[[], bool] = lambda: True) -> None:
        """Answer requests until `stop`, or until nobody wants it any more; then finish those that were let in."""
        while not self._stopping and wanted():
            wasyncore.loop(timeout=1, use_poll=True, map=self._map, count=1)
            self._shares.note(self._number, len(self._server.active_channels))
        self._server.del_channel()
        self._server.socket.close()
        until = time.monotonic() + PATIENCE_SECONDS
        while self._busy() and time.monotonic() < until:
            wasyncore.loop(timeout=0.1, use_poll=True, map=self._map, count=1)
        self._server.task_dispatcher.shutdown()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        wasyncore.close_all(self._map)

    def stop(self) -> None:
        """Take no new connections, and let `run` come to its end."""
        self._stopping = True
        # Wakes the loop; when that has ended already there is nothing to wake.
        with suppress(OSError):
            self._server.pull_trigger()

    def stop_on_signals(self) -> None:
        """Stop when the operator or the machine says so."""

        def told(number: int, frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGTERM, told)
        signal.signal(signal.SIGINT, told)

    def _accept(self) -> None:
        """Take a new connection, unless a process that has fewer takes it within some milliseconds."""
        if self._shares.has_more(self._number) and self._left < LEFT_TO_OTHERS:
            self._left += 1
            time.sleep(0.001)
            return
        self._left = 0
        self._take()
        self._shares.note(self._number, len(self._server.active_channels))

    def _busy(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)
