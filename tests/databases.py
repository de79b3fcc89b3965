"""Databases that are laid once for each kind and copied for each test, which takes a tenth of the time.

One engine serves all copies: what SQLAlchemy has compiled once is not compiled again. Copies are open one
after the other; who opens one disposes of the engine's connections before leaving it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from tests.conftest import PostgreSQL

Opened = TypeVar("Opened")


def of_sqlite(
    folder: Path, lay: Callable[[str], None], connect: Callable[[str], Opened]
) -> Callable[[], AbstractContextManager[Opened]]:
    """Return what opens copies of a file that `lay` fills; a copy is what `connect` gives for its URL."""
    laid, copy = folder / "laid.sqlite3", folder / "copy.sqlite3"
    lay(f"sqlite:///{laid}")
    opened = connect(f"sqlite:///{copy}")

    @contextmanager
    def open_copy() -> Iterator[Opened]:
        for rest in folder.glob("copy.sqlite3*"):
            rest.unlink()
        shutil.copyfile(laid, copy)
        yield opened

    return open_copy


def of_postgresql(
    server: PostgreSQL, lay: Callable[[str], None], connect: Callable[[str], Opened]
) -> Callable[[], AbstractContextManager[Opened]]:
    """Return what opens copies of a database that `lay` fills; a copy is what `connect` gives for its URL."""
    laid = server.create()
    lay(server.url(laid))
    copy = f"{laid}_copy"
    opened = connect(server.url(copy))

    @contextmanager
    def open_copy() -> Iterator[Opened]:
        server.copy(laid, copy)
        try:
            yield opened
        finally:
            server.drop(copy)

    return open_copy
