"""A page of somebody's PDF as a picture, so that nothing in the file can act: no script, form or link.

The file is a stranger's: it is drawn by a process of its own, which has neither much time nor much memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import typst

SECONDS = 15
MEMORY = 2 * 2**30  #: bytes of address space
DOTS = 96  #: per inch
_DRAWING = (
    b"#set page(width: 210mm, height: auto, margin: 0mm)\n"
    b'#image("file.pdf", page: int(sys.inputs.page), width: 100%)'
)


def page_of(content: bytes, number: int) -> bytes | None:
    """Return the page as PNG; None where there is no such page, or it cannot be drawn in time."""
    with tempfile.TemporaryDirectory(prefix="duban-") as folder:
        Path(folder, "file.pdf").write_bytes(content)
        Path(folder, "main.typ").write_bytes(_DRAWING)
        try:
            drawn = subprocess.run(
                [sys.executable, "-m", "server.papers.picture", folder, str(number)],
                cwd=Path(__file__).resolve().parents[2],
                capture_output=True,
                timeout=SECONDS,
                check=True,
            )
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            return None
        return drawn.stdout if drawn.stdout.startswith(b"\x89PNG") else None


def _draw(folder: str, page: str) -> bytes:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    return typst.compile(
        Path(folder, "main.typ"),
        root=Path(folder),
        format="png",
        ppi=DOTS,
        ignore_system_fonts=True,
        sys_inputs={"page": page},
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(_draw(sys.argv[1], sys.argv[2]))
