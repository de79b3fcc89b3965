"""Where the elements of a refused file stand, so that a modeler can lead to them."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

#: Line and column, from 1; zeros where it is not known.
Place = tuple[int, int]
UNKNOWN: Place = (0, 0)


class _Enough(Exception):
    """The file declares a document type: nothing behind it is read."""


def places(xml: bytes) -> Mapping[str | None, Place]:
    """Return where each element with an id begins; under None, where the file stops being XML, if it does."""
    found: dict[str | None, Place] = {}
    parser = expat.ParserCreate()

    def begin(name: str, attributes: dict[str, str]) -> None:
        if "id" in attributes:
            found.setdefault(attributes["id"], (parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))

    def stop(*declaration: object) -> None:
        found[None] = (parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        raise _Enough

    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = stop
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        found[None] = (error.lineno, error.offset + 1)
    except (_Enough, ValueError, LookupError):
        pass  # a document type, or an encoding that only the engine's own parser knows
    return found
