"""What the machine tells of processes: processor time and memory, out of /proc."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and those that it started have used so far."""
    return sum(_times(found, ended=found == pid) for found in _family(pid)) / _TICKS


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process and those that it started, what they share counted once, in MB."""
    return sum(_proportional_kb(found) for found in _family(pid)) / 1024


def own_memory_mb() -> float:
    """Return the resident memory of this process, in MB."""
    return _proportional_kb(os.getpid()) / 1024


def facts() -> str:
    """Return what figures depend on: the machine in a few words, without its name."""
    return f"{os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}, {platform.system()}"


def _family(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _family(int(child))


def _times(pid: int, *, ended: bool) -> int:
    # After the name, which may hold blanks: state is field 3, the times are fields 14 to 17.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if ended else 13]))


def _proportional_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")
