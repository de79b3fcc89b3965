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
        self._called: dict[str, Deployed] = {}

    def find(self, wanted: engine.Wanted) -> engine.Called | None:
        """Return the version that a call activity asks for, as of now."""
        owner = deployed.process(self.session, wanted.caller) if wanted.caller else self.definition
        found = deployed.callee(self.session, wanted, owner)
        if found is None:
            return None
        self._called[found.id] = found
        return engine.Called(found.id, found.definition)

    def get(self, reference: str) -> engine.Definition:
        """Return the version that was called once."""
        found = deployed.process(self.session, reference)
        self._called[reference] = found
        return found.definition

    def owner(self, node: engine.Node) -> Deployed:
        """Return the version that an element of the running instance belongs to."""
        for found in self._called.values():
            for process in (found.definition, *found.definition.called.values()):
                if process.nodes.get(node.id) is node:
                    return found
        return self.definition

    def drawn(self, node: engine.Node) -> engine.Definition:
        """Return the process in whose drawing an element of the running instance stands."""
        found = self.owner(node).definition
        return next((one for one in found.called.values() if one.nodes.get(node.id) is node), found)
