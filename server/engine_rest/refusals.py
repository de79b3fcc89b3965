"""What a client is told of a refused deployment: by file and element, with the place where each stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.parsers import expat

from server.engine_rest.errors import ParseFailure
from workflows.findings import Finding

#: What the desktop modeler looks for, to tell a bad diagram from a bad server.
PARSE_ERROR = "ENGINE-09005 Could not parse BPMN process. Errors: "
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


def refusal(findings: Sequence[Finding], files: Mapping[str, bytes], gate: str) -> ParseFailure:
    """Return the refusal, by file: what has to be put right, and what is only remarked."""
    details: dict[str, dict[str, list[dict[str, Any]]]] = {}
    where = {name: places(content) for name, content in files.items()}
    for finding in findings:
        name = next((name for name in files if finding.message.startswith(f"{name}: ")), next(iter(files)))
        line, column = where[name].get(finding.element, UNKNOWN)
        problem = {
            "message": finding.message.removeprefix(f"{name}: "),
            "line": line,
            "column": column,
            "mainElementId": finding.element,
            "elementIds": list(dict.fromkeys([finding.element, *finding.path])) if finding.element else [],
        }
        report = details.setdefault(name, {"errors": [], "warnings": []})
        report["errors" if _refuses(finding, gate) else "warnings"].append(problem)
    return ParseFailure(PARSE_ERROR + "".join(_lines(details)), details)


def _refuses(finding: Finding, gate: str) -> bool:
    return finding.severity == "error" or (finding.severity == "policy" and gate == "office")


def _lines(details: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> list[str]:
    return [
        f"\n* {p['message']} | resource {name} | line {p['line']} | column {p['column']}"
        for name, report in details.items()
        for p in report["errors"]
    ]
