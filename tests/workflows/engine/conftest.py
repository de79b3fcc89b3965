"""What tests of the engine share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def unhurried() -> Iterator[None]:
    """Grant acts any processor time: a walk over an odd graph would else fail on a slow machine, and only there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.engine.instance.MAX_SECONDS", float("inf"))
        # Looking long at one move in a thousand proves no more than looking at others.
        patch.setattr("workflows.engine.moves.PLACES", 1_000)
        yield
