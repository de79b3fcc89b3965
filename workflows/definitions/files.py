"""The files of a deployment: what may come in, and what each of them holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from workflows import decisions, engine, forms, papers
from workflows.decisions import Decision
from workflows.deployed import DECISION_SUFFIXES, FORM_SUFFIXES, PROCESS_SUFFIXES, sha256
from workflows.engine import Finding
from workflows.errors import InvalidInput
from workflows.forms import Form

MAX_FILES = 200
MAX_FILE = 5 * 2**20  #: bytes
MAX_TOTAL = 30 * 2**20  #: bytes
MAX_NAME = 255


@dataclass(frozen=True)
class Files:
    """Files as read: everything in them, by file name, and what was found wrong on the way."""

    content: Mapping[str, bytes]
    processes: tuple[tuple[str, engine.Definition], ...]
    decisions: tuple[tuple[str, Decision], ...]
    forms: tuple[tuple[str, Form], ...]
    findings: tuple[Finding, ...]

    def digest(self, name: str) -> str:
        """Return the SHA-256 of one file."""
        return sha256(self.content[name])


def read(content: Mapping[str, bytes]) -> Files:
    """Return what the files hold; InvalidInput if names or sizes are out of bounds."""
    guard(content)
    findings: list[Finding] = []
    processes: list[tuple[str, engine.Definition]] = []
    tables: list[tuple[str, Decision]] = []
    found_forms: list[tuple[str, Form]] = []
    for name, data in sorted(content.items()):
        if name.endswith(PROCESS_SUFFIXES):
            found, remarks = engine.read(data)
            processes += [(name, definition) for definition in found]
            findings += [in_file(name, remark) for remark in remarks]
        elif name.endswith(DECISION_SUFFIXES):
            read_tables, remarks = decisions.read(data)
            tables += [(name, table) for table in read_tables]
            findings += [in_file(name, remark) for remark in remarks]
        elif name.endswith(FORM_SUFFIXES):
            try:
                found_forms.append((name, forms.read(data)))
            except InvalidInput as error:
                findings.append(in_file(name, Finding(None, "form", "error", error.message)))
        elif name.endswith(papers.SUFFIX):
            wrong = papers.problems(data, papers.names_on(papers.kind(name)))
            findings += [in_file(name, Finding(None, "paper", "error", sentence)) for sentence in wrong]
    findings += _twice("process", [(name, process.id) for name, process in processes if not process.alone])
    findings += _twice("decision", [(name, table.id) for name, table in tables])
    findings += _twice("form", [(name, form.id) for name, form in found_forms])
    return Files(dict(content), tuple(processes), tuple(tables), tuple(found_forms), tuple(findings))


def guard(content: Mapping[str, bytes]) -> None:
    """Raise InvalidInput unless there are a few files of sane names and sizes."""
    if not content:
        raise InvalidInput("A deployment needs at least one file.", code="files")
    if len(content) > MAX_FILES:
        raise InvalidInput(f"A deployment has at most {MAX_FILES} files, not {len(content)}.", code="files")
    if sum(map(len, content.values())) > MAX_TOTAL:
        raise InvalidInput(f"A deployment has at most {MAX_TOTAL} bytes.", code="files")
    for name, data in content.items():
        if not _sane(name):
            raise InvalidInput(f"{name[:80]!r} is not a file's name.", code="file_name", name=name[:80])
        if len(data) > MAX_FILE:
            raise InvalidInput(f"{name} is larger than {MAX_FILE} bytes.", code="file_size", name=name)


def in_file(name: str, finding: Finding) -> Finding:
    """Return the finding with its file named in front."""
    return replace(finding, message=f"{name}: {finding.message}")


def digest(content: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over names and contents."""
    return sha256(*(part for file, data in sorted(content.items()) for part in (file.encode(), data)))


def _sane(name: str) -> bool:
    parts = name.split("/")
    return (
        0 < len(name) <= MAX_NAME
        and name.isprintable()
        and "\\" not in name
        and not any(part in ("", ".", "..") for part in parts)
    )


def _twice(what: str, found: list[tuple[str, str]]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, identifier in found:
        first = seen.setdefault(identifier, name)
        if first != name:
            yield Finding(
                identifier,
                "duplicate",
                "error",
                f"{name}: the {what} {identifier} is also in {first}; ids must differ.",
            )
