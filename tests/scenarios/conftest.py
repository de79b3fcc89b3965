"""The houses in which stories are told; each kind of database on a worker of its own."""

import pytest

from tests.houses import postgresql_houses, sqlite_houses

__all__ = ["postgresql_houses", "sqlite_houses"]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the stories of one kind together, so that the flows they take are counted together."""
    for item in items:
        if item.path.parent.name == "scenarios":
            kind = "postgresql" if "postgresql" in item.name else "sqlite"
            item.add_marker(pytest.mark.xdist_group(f"stories-{kind}"))
