"""The houses in which stories are told, and the vault's key."""

from collections.abc import Iterator

import pytest

from handlers.vault import keys
from tests.houses import postgresql_houses, sqlite_houses

__all__ = ["postgresql_houses", "sqlite_houses"]


@pytest.fixture(autouse=True)
def master_key() -> Iterator[None]:
    """Let the vault have a master key."""
    keys.use(None, keys.written(b"k" * keys.KEY_BYTES))
    yield
    keys.use(None)
