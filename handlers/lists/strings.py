"""The texts that a workbook's cells share, on disk: memory holds where each begins, whatever their number."""

from __future__ import annotations

import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager

from handlers.lists import package
from handlers.lists.cells import MAX_CELL

#: So much is kept in memory before a file is made.
_IN_MEMORY = 1 << 20


class Strings:
    """Texts by number."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- closed by `close`
        self._begins = array("Q", [0])
        self._said: list[str] = []
        self._length = 0
        self._spoken = 0

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        begin, end = self._begins[number], self._begins[number + 1]
        self._file.seek(begin)
        return self._file.read(end - begin).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Give back the file."""
        self._file.close()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Hear of an element's beginning."""
        if name == "si":
            self._said, self._length = [], 0
        elif name == "rPh":
            self._spoken += 1  # how a text is pronounced is not what it says

    def text(self, data: str) -> None:
        """Hear of text, of which no cell holds more than a certain length."""
        if not self._spoken and self._length <= MAX_CELL:
            self._said.append(data)
            self._length += len(data)

    def end(self, name: str) -> None:
        """Hear of an element's end."""
        if name == "rPh":
            self._spoken -= 1
        elif name == "si":
            self._file.write("".join(self._said)[: MAX_CELL + 1].encode("utf-8", "surrogatepass"))
            self._begins.append(self._file.tell())


@contextmanager
def read(archive: zipfile.ZipFile, part: str | None) -> Iterator[Strings]:
    """Give the shared texts of a part; there may be none."""
    strings = Strings()
    try:
        for _ in package.parse(archive, part, strings) if part else ():
            pass
        yield strings
    finally:
        strings.close()
