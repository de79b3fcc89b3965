"""The houses in which stories are told."""

from tests.houses import postgresql_houses, sqlite_houses

__all__ = ["postgresql_houses", "sqlite_houses"]
