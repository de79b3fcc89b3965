"""Processes that an instance calls beyond its own file, as they are deployed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from workflows import deployed, engine
from workflows.deployed import Deployed


class InstanceLibrary:
    """The engine's `Library` for one instance: a reference is the id of a process definition."""

    def __init__(self, session: Session, definition: Deployed) -> None:
        self.session = session
        self.definition = definition

    def find(self, wanted: engine.Wanted) -> engine.Called | None:
        """Return the version that a call activity asks for, as of now."""
        owner = deployed.process(self.session, wanted.caller) if wanted.caller else self.definition
        found = deployed.callee(self.session, wanted, owner)
        return None if found is None else engine.Called(found.id, found.definition)

    def get(self, reference: str) -> engine.Definition:
        """Return the version that was called once."""
        return deployed.compiled(self.session, reference)
