"""Clients in a process of their own, as light as can be: they share the cores with the server that they measure.

Reads what to send from standard input: first one JSON line, then a line that says when to begin. Run as a
program, it imports nothing of the house.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from typing import Any


class Client:
    """One connection, kept open as long as the server keeps it; sends its requests one after the other."""

    def __init__(self, address: tuple[str, int], head: str, requests: list[list[str]]) -> None:
        self._address = address
        self._socket = _connected(address)
        self._requests = [_request(head, *request) for request in requests]
        self.milliseconds: list[float] = []
        self.statuses: list[int] = []

    def run(self) -> None:
        """Send everything, and note what came when."""
        for request in self._requests:
            begun = time.perf_counter()
            self._socket.sendall(request)
            self.statuses.append(self._answer())
            self.milliseconds.append((time.perf_counter() - begun) * 1000)

    def _answer(self) -> int:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        missing = length - len(body)
        while missing > 0:
            missing -= len(self._more())
        if b"\nconnection: close" in head.lower():
            self._socket.close()
            self._socket = _connected(self._address)
        return int(head[9:12])

    def _more(self) -> bytes:
        if not (part := self._socket.recv(65536)):
            raise ConnectionError("The server has hung up.")
        return part


def _connected(address: tuple[str, int]) -> socket.socket:
    found = socket.create_connection(address)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def _request(head: str, method: str, path: str, body: str) -> bytes:
    content = body.encode()
    kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
    return f"{method} {path} HTTP/1.1\r\n{head}{kind}\r\n".encode() + content


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Do what standard input says."""
    work: dict[str, Any] = json.loads(sys.stdin.readline())
    clients = [Client((work["host"], work["port"]), work["head"], todo) for todo in work["clients"]]
    threads = [threading.Thread(target=client.run) for client in clients]
    _say("ready")
    sys.stdin.readline()
    before = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = {
        "milliseconds": [taken for client in clients for taken in client.milliseconds],
        "statuses": [status for client in clients for status in client.statuses],
        "cpu": time.process_time() - before,
    }
    _say(json.dumps(answers))


if __name__ == "__main__":
    main()
