"""A load of requests from several clients at once, and what it took."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import orjson

from server.bench import client, machine

#: Threads of one client process: more processes would cost more of the cores that they share with the server.
TOGETHER = 4

Request = tuple[str, str, str]  #: method, path, body


@dataclass(frozen=True)
class Load:
    """What a number of requests took: each one's milliseconds, seconds of all, processor seconds by whom."""

    milliseconds: tuple[float, ...]
    seconds: float
    cpu: dict[str, float]

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return len(self.milliseconds) / self.seconds

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.milliseconds)

    @property
    def p95(self) -> float:
        """What 95 in 100 stay below."""
        return quantiles(self.milliseconds, n=20, method="inclusive")[-1]

    def cpu_each(self, whose: str | None = None) -> float:
        """Return the milliseconds of processor time for one request: of one party, or of all."""
        spent = sum(self.cpu.values()) if whose is None else self.cpu[whose]
        return spent * 1000 / len(self.milliseconds)


def joined(loads: Sequence[Load]) -> Load:
    """Return several loads as one."""
    return Load(
        tuple(taken for load in loads for taken in load.milliseconds),
        sum(load.seconds for load in loads),
        {name: sum(load.cpu[name] for load in loads) for name in loads[0].cpu},
    )


def run(
    address: str, headers: dict[str, str], clients: Sequence[Sequence[Request]], watched: dict[str, int]
) -> Load:
    """Send what each client has to send; `watched` are processes whose time counts, by what they are called.

    Raises RuntimeError where a request is not answered with success.
    """
    started = [
        _start(address, headers, clients[first : first + TOGETHER])
        for first in range(0, len(clients), TOGETHER)
    ]
    before = {name: machine.cpu_seconds(pid) for name, pid in watched.items()}
    begun = time.perf_counter()
    for process in started:
        _write(process, b"go\n")
    answers = [_read(process) for process in started]
    seconds = time.perf_counter() - begun
    cpu = {name: machine.cpu_seconds(pid) - before[name] for name, pid in watched.items()}
    cpu["clients"] = sum(answer["cpu"] for answer in answers)
    refused = [status for answer in answers for status in answer["statuses"] if status >= 300]
    if refused:
        raise RuntimeError(f"{len(refused)} requests were refused, with {sorted(set(refused))}.")
    return Load(tuple(ms for answer in answers for ms in answer["milliseconds"]), seconds, cpu)


def _start(
    address: str, headers: dict[str, str], clients: Sequence[Sequence[Request]]
) -> subprocess.Popen[bytes]:
    parts = urlsplit(address)
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": parts.netloc, **headers}.items())
    work = {"host": parts.hostname, "port": parts.port, "head": head, "clients": clients}
    process = subprocess.Popen(
        [sys.executable, "-S", str(Path(client.__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    _write(process, orjson.dumps(work) + b"\n")
    assert process.stdout
    process.stdout.readline()
    return process


def _write(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin
    process.stdin.write(line)
    process.stdin.flush()


def _read(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("A client of the measurement failed.")
    found: dict[str, Any] = orjson.loads(said)
    return found
