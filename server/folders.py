"""Process folders on disk: what of `bpmn/<process>/` is deployed together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from workflows.errors import InvalidInput

#: The processes and the reference data that come with the program.
BPMN = Path(__file__).resolve().parent.parent / "bpmn"
DIAGRAM = ".bpmn"
#: What a deployment is made of; scenarios, notes and pictures beside it are not deployed.
_CALLED = re.compile(rb'calledElement="([\w.-]+)"')
DEPLOYED = (DIAGRAM, ".bpmn20.xml", ".dmn", ".form", ".form.json", ".j2", ".docx")


def find(path: Path) -> list[Path]:
    """Return the process folders, or the single file, that the path means; InvalidInput if there is none.

    What others call comes before them, so that each finds it deployed.
    """
    if path.is_file():
        if not path.name.endswith(DEPLOYED):
            raise InvalidInput(f"{path} is nothing to deploy: that ends with {', '.join(DEPLOYED)}.")
        return [path]
    if not path.is_dir():
        raise InvalidInput(f"There is no {path}.")
    if _holds_diagram(path):
        return [path]
    below = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and _holds_diagram(folder)]
    if not below:
        raise InvalidInput(f"{path} holds no {DIAGRAM} file, nor does any folder in it.")
    return _ordered(below)


def called(path: Path) -> list[Path]:
    """Return the folders beside a process's that it calls, and what they call: what is called first."""
    home = path.parent if path.is_file() else path
    met: dict[Path, None] = {}
    waiting = [home]
    while waiting:
        found = [one for one in _calls(waiting.pop()) if one != home and one not in met]
        met.update(dict.fromkeys(found))
        waiting += found
    return _ordered(met)


def read(path: Path) -> dict[str, bytes]:
    """Return the files of one process, by name."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    files = (file for file in sorted(path.iterdir()) if file.is_file() and file.name.endswith(DEPLOYED))
    return {file.name: file.read_bytes() for file in files}


def _ordered(among: Iterable[Path]) -> list[Path]:
    calls = {folder: _calls(folder) for folder in among}
    graph = {folder: [one for one in found if one in calls] for folder, found in calls.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        names = ", ".join(sorted({folder.name for folder in error.args[1]}))
        raise InvalidInput(f"These processes call each other in a circle: {names}.") from None


def _calls(folder: Path) -> list[Path]:
    """Return the folders beside this one that its diagrams call, by name."""
    drawn = sorted(file for file in folder.iterdir() if file.name.endswith(DIAGRAM))
    names = sorted({name.decode() for file in drawn for name in _CALLED.findall(file.read_bytes())})
    beside = [folder.parent / name for name in names]
    return [one for one in beside if one.is_dir() and one != folder and _holds_diagram(one)]


def _holds_diagram(folder: Path) -> bool:
    return any(file.name.endswith(DIAGRAM) for file in folder.iterdir())
