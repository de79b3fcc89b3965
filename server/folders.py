"""Process folders on disk: what of `bpmn/<process>/` is deployed together."""

from __future__ import annotations

from pathlib import Path

from workflows.errors import InvalidInput

#: The processes and the reference data that come with the program.
BPMN = Path(__file__).resolve().parent.parent / "bpmn"
DIAGRAM = ".bpmn"
#: What a deployment is made of; scenarios, notes and pictures beside it are not deployed.
DEPLOYED = (DIAGRAM, ".bpmn20.xml", ".dmn", ".form", ".form.json", ".j2", ".docx")


def find(path: Path) -> list[Path]:
    """Return the process folders, or the single file, that the path means; InvalidInput if there is none."""
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
    return below


def read(path: Path) -> dict[str, bytes]:
    """Return the files of one process, by name."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    files = (file for file in sorted(path.iterdir()) if file.is_file() and file.name.endswith(DEPLOYED))
    return {file.name: file.read_bytes() for file in files}


def _holds_diagram(folder: Path) -> bool:
    return any(file.name.endswith(DIAGRAM) for file in folder.iterdir())
