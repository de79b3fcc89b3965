"""Lines of a list become answers of the transfer form, every bad cell named."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.clue_import import values
from handlers.clue_import.columns import Bound, Layout
from handlers.clue_import.values import Wrong
from handlers.lists import Cell, Line, Merge
from handlers.registers import transferring
from handlers.registers.repeats import same
from workflows import forms
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput
from workflows.forms import Form, Options

#: How much of a bad value a report repeats.
SHOWN = 40

_SEVERAL = re.compile(r"[;；\n]")
_NAMES = re.compile(r"[;；、\n]")


@dataclass(frozen=True)
class Problem:
    """What is wrong in a list: where, what stands there, and a code whose words `words.explain` has."""

    row: int | None  #: as a spreadsheet program shows it; None: the whole file
    column: str | None  #: heading
    value: str
    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One good row: what the transfer form would have been filled with."""

    line: Line
    answers: Mapping[str, Any]
    digest: str  #: SHA-256 of the answers: the same row is known again

    @property
    def number(self) -> int:
        """The row as a spreadsheet program shows it."""
        return self.line.number


@dataclass(frozen=True)
class Bad:
    """One bad row, with all that is wrong with it."""

    line: Line
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Judge:
    """Judges the lines of one list: by where its columns stand, and by the transfer form."""

    layout: Layout
    form: Form
    options: Options
    actor: Actor | None = None  #: who sends it: what only he may not say is wrong, too

    def row(self, line: Line) -> Row | Bad:
        """Return the line as a good row, or with what is wrong with it."""
        if line.hidden:
            return Bad(line, (Problem(line.number, None, "", "hidden", {}),))
        found = _row(self.layout, line, self.form, self.options)
        if isinstance(found, Row) and self.actor is not None:
            found = self._sent_by(self.actor, found)
        return found if isinstance(found, Row) else Bad(line, tuple(found))

    def _sent_by(self, actor: Actor, row: Row) -> Row | list[Problem]:
        """Return the row, or what the process would find wrong with it when this sender sends it."""
        try:
            transferring.guard(actor, row.answers)
        except InvalidInput as error:
            return [
                _field_problem(self.layout, row.line, self.form, path, wrong)
                for path, wrong in error.fields.items()
            ]
        return row


def digest_of(answers: Mapping[str, Any]) -> str:
    """Return what is the same for two rows that say the same."""
    written = json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(same(written).encode()).hexdigest()


def _row(layout: Layout, line: Line, form: Form, options: Options) -> Row | list[Problem]:
    problems: dict[str, Problem] = {}
    answers: dict[str, Any] = {}
    parts: dict[str, list[Any]] = {}
    merges = [merge for merge in layout.merges if merge.first_row <= line.number <= merge.last_row]
    for index, bound in layout.columns.items():
        cell = line.cell(index)
        try:
            _guard_apart(merges, index)
            if cell is None:
                continue
            if bound.column.subject:
                parts[bound.column.field] = _parts(cell, bound, options)
            else:
                answers[bound.column.field] = _answer(cell, bound, options)
        except Wrong as wrong:
            problems[bound.path] = _problem(line, bound.column.heading, cell, wrong.code, wrong.params)
    try:
        if parts:
            answers["subjects"] = _subjects(parts)
    except Wrong as wrong:
        heading = next(
            b.column.heading for b in layout.columns.values() if b.column.field == wrong.params["field"]
        )
        problems[f"subjects.0.{wrong.params['field']}"] = _problem(
            line, heading, None, wrong.code, wrong.params
        )
    return _judged(layout, line, form, options, answers, problems)


def _judged(
    layout: Layout,
    line: Line,
    form: Form,
    options: Options,
    answers: Mapping[str, Any],
    problems: dict[str, Problem],
) -> Row | list[Problem]:
    """Let the form judge what the cells gave, so that every bad field of the row is known at once."""
    try:
        checked = forms.validate(form, _with_defaults(form, answers), options)
    except InvalidInput as error:
        for path, wrong in error.fields.items():
            # Bad cells gave no answer, and all but the first subject repeat the first's fault.
            place = re.sub(r"^subjects\.\d+\.", "subjects.0.", path)
            if place not in problems and not (place == "subjects" and _subject_is_bad(problems)):
                problems[place] = _field_problem(layout, line, form, place, wrong)
        return list(problems.values())
    return list(problems.values()) or Row(line, checked, digest_of(checked))


def _with_defaults(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers with what the form itself begins with where a list says nothing."""
    filled = {field.key: field.default for field in form.fields if field.default is not None}
    rows = next((field.components for field in form.fields if field.key == "subjects"), ())
    within = {field.key: field.default for field in rows if field.default is not None}
    filled.update(answers)
    if "subjects" in answers:
        filled["subjects"] = [{**within, **subject} for subject in answers["subjects"]]
    return filled


def _guard_apart(merges: Iterable[Merge], index: int) -> None:
    for merge in merges:
        if merge.first_column <= index <= merge.last_column:
            raise Wrong("merged", cells=merge.name)


def _parts(cell: Cell, bound: Bound, options: Options) -> list[Any]:
    split = _NAMES if bound.column.field == "name" else _SEVERAL
    written = [part.strip() for part in split.split(values.text(cell)) if part.strip()]
    return [_answer(Cell("text", part), bound, options) for part in written]


def _answer(cell: Cell, bound: Bound, options: Options) -> Any:
    choices = bound.field.choices(options)
    if choices:
        return values.option(cell, choices)
    if bound.field.type == "datetime":
        return values.day(cell)
    if bound.field.type == "number":
        return values.number(cell, bound.column.factor)
    return values.text(cell)


def _subjects(parts: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the reported persons: one said of several of them is said of all."""
    count = len(parts.get("name", ())) or 1
    for field, said in parts.items():
        if len(said) not in (1, count):
            raise Wrong("count", field=field, names=count, found=len(said))
    return [
        {field: said[number if len(said) > 1 else 0] for field, said in parts.items()}
        for number in range(count)
    ]


def _subject_is_bad(problems: Mapping[str, Problem]) -> bool:
    return any(path.startswith("subjects.") for path in problems)


def _field_problem(layout: Layout, line: Line, form: Form, path: str, wrong: FieldError) -> Problem:
    for index, bound in layout.columns.items():
        if bound.path == path or (path == "subjects" and bound.column.field == "name"):
            return _problem(line, bound.column.heading, line.cell(index), wrong.code, wrong.params)
    label = next((field.zh for field in form.fields if field.key == path.partition(".")[0]), path)
    return Problem(line.number, label, "", wrong.code, wrong.params)


def _problem(line: Line, heading: str, cell: Cell | None, code: str, params: Mapping[str, Any]) -> Problem:
    written = cell.text if cell else ""
    shown = written if len(written) <= SHOWN else f"{written[:SHOWN]}…"
    return Problem(line.number, heading, shown, code, params)
