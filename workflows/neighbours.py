"""Processes called that lie in other files beside a diagram, read only where they are needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from workflows import engine
from workflows.findings import Finding

#: Files read for one name, where the first of them hold broken processes.
MAX_READ = 5
_PROCESS = rb"<(?:[\w.-]+:)?(?:process|global\w*Task)\b[^>]*\sid\s*=\s*[\"']%s[\"']"


class Neighbours:
    """The engine's `Library` over files that are given but not deployed; a reference is a process id."""

    def __init__(self, definition: engine.Definition, files: Iterable[bytes]) -> None:
        self._files = list(files) if any(_missing(definition)) or _any(definition) else []
        self._known: dict[str, engine.Definition] = {}
        self._own = {definition.id, *definition.called}

    def find(self, wanted: engine.Wanted) -> engine.Called | None:
        """Return the process of another file, None where none has it."""
        if wanted.key in self._own and not wanted.caller:
            return None
        found = self._look(wanted.key)
        return None if found is None else engine.Called(wanted.key, found)

    def get(self, reference: str) -> engine.Definition:
        """Return a process that `find` gave."""
        return self._known[reference]

    def findings(self, definition: engine.Definition) -> Iterator[Finding]:
        """Yield an error for every call, of called processes too, that finds no process."""
        todo, seen = [definition], {definition.id}
        while todo:
            process = todo.pop()
            for call in _missing(process):
                found = self._look(call.key)
                if found is None:
                    text = f"The called process '{call.key}' is in none of the files given."
                    yield Finding(call.element, "call", "error", text)
                elif found.id not in seen:
                    seen.add(found.id)
                    todo.append(found)

    def _look(self, key: str) -> engine.Definition | None:
        if key not in self._known:
            # Parsed only what has such a process: a folder may hold hundreds of files.
            named = re.compile(_PROCESS % re.escape(key.encode()))
            holding = islice((file for file in self._files if named.search(file)), MAX_READ)
            read = (process for file in holding for process in engine.read(file, drawn=True)[0])
            found = next((process for process in read if process.id == key), None)
            if found is None:
                return None
            self._known[key] = found
        return self._known[key]


def _missing(definition: engine.Definition) -> Iterator[engine.Calling]:
    for process in (definition, *definition.called.values()):
        yield from (call for call in process.calls if call.key not in process.called)


def _any(definition: engine.Definition) -> bool:
    return any(process.calls_any for process in (definition, *definition.called.values()))
