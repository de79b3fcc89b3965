"""Are these answers what the form asks for? Every bad field is named; the clean answers come back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from workflows import clock
from workflows.errors import FieldError, InvalidInput
from workflows.forms.conditions import hides
from workflows.forms.fields import ANSWERED, CHOICES, SEVERAL, Field, Form, Options, flat

MAX_LINE = 255  #: characters of a textfield that names no limit: what a column takes that names none
MAX_TEXT = 20_000  #: of a textarea
MAX_NUMBER = 10**15
MAX_DECIMALS = 6
MAX_FILES = 50
MAX_ROWS = 200
MAX_ERRORS = 100
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f\ud800-\udfff]")
EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
PHONE = re.compile(r"\+?[0-9][0-9 ()-]{3,24}")


class Wrong(Exception):
    """One answer is wrong."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.error = FieldError(code, params)


def validate(form: Form, answers: Mapping[str, Any], options: Options | None = None) -> dict[str, Any]:
    """Return the clean answers: trimmed, in canonical form, without those of hidden and read-only fields.

    Raises InvalidInput with `fields`: what is wrong by path (`name`, `subjects.0.name`). `options` are the
    code tables that the form names.
    """
    if not isinstance(answers, Mapping):
        raise InvalidInput("The answers must be an object: values by field key.", code="form")
    check = Check(options or {})
    clean = check.level(form.components, answers, "", {})
    if check.errors:
        named = ", ".join(f"{path} ({error.code})" for path, error in check.errors.items())
        raise InvalidInput(f"Some answers are wrong: {named}.", fields=check.errors, code="form")
    return clean


def visible(form: Form, answers: Mapping[str, Any]) -> list[Field]:
    """Return the questions that are shown, given the answers so far."""
    return [part for part, shown in walk(form.components, seen(form.components, answers)) if shown]


def seen(components: tuple[Field, ...], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers as conditions see them: null where there is none, false for an untouched box."""
    blank = {part.key: False if part.type == "checkbox" else None for part in flat(components) if part.key}
    return blank | {key: answers[key] for key in blank if answers.get(key) is not None}


def walk(components: tuple[Field, ...], scope: dict[str, Any], hidden: bool = False) -> Any:
    """Yield (question, shown) in order; to the conditions after it a hidden question is unanswered."""
    for part in components:
        now_hidden = hidden or hides(part.hide, scope)
        if part.type == "group":
            yield from walk(part.components, scope, now_hidden)
        if part.type in ANSWERED:
            if now_hidden:
                scope[part.key] = None
            yield part, not now_hidden


@dataclass
class Check:
    """One examination of answers; collects what is wrong by path."""

    options: Options
    errors: dict[str, FieldError] = field(default_factory=dict)

    def note(self, path: str, error: FieldError) -> None:
        """Note an error; a flood of them ends in the same answer as a hundred."""
        if len(self.errors) < MAX_ERRORS:
            self.errors[path[:200]] = error

    def level(
        self, components: tuple[Field, ...], answers: Mapping[str, Any], path: str, outer: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the clean answers of the form or of one row; `outer` is what a row's conditions also see."""
        scope = {**outer, **seen(components, answers)}
        known: set[Any] = set()
        clean: dict[str, Any] = {}
        for part, shown in walk(components, scope):
            known.add(part.key)
            if not shown or part.readonly:
                continue
            value = self.answer(part, answers.get(part.key), path + part.key, scope)
            if value is not None:
                scope[part.key] = clean[part.key] = value
        for key in answers.keys() - known:
            self.note(f"{path}{key}", FieldError("unknown"))
        return clean

    def answer(self, part: Field, value: Any, path: str, scope: Mapping[str, Any]) -> Any:
        """Return the clean answer to one question, None if there is none or it is wrong."""
        try:
            if part.type == "dynamiclist":
                return self.rows(part, value, path, scope)
            value = clean_value(part, value, self.options)
            if part.required and (value is None or value is False):
                raise Wrong("required")
        except Wrong as wrong:
            self.note(path, wrong.error)
            return None
        return value

    def rows(self, part: Field, value: Any, path: str, scope: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the clean rows of a dynamic list."""
        rows = [] if value is None else value
        if not isinstance(rows, list):
            raise Wrong("type", expected="rows")
        if len(rows) > part.max_rows:
            raise Wrong("rows_max", max=part.max_rows)
        if len(rows) < part.min_rows:
            raise Wrong("rows_min", min=part.min_rows)
        return [self.row(part, row, f"{path}.{place}", scope) for place, row in enumerate(rows)]

    def row(self, part: Field, row: Any, path: str, scope: Mapping[str, Any]) -> dict[str, Any]:
        """Return one clean row."""
        if not isinstance(row, Mapping):
            self.note(path, FieldError("type", {"expected": "row"}))
            return {}
        return self.level(part.components, row, f"{path}.", scope)


def check_default(part: Field, value: Any) -> FieldError | None:
    """Return what would be wrong with a default value, None if it is a valid answer."""
    if part.table:
        return None if isinstance(value, (str, list)) else FieldError("type", {"expected": "option"})
    try:
        clean_value(part, value, {})
    except Wrong as wrong:
        return wrong.error
    return None


def clean_value(part: Field, value: Any, options: Options) -> Any:
    """Return the answer in canonical form, None for an empty one, or raise Wrong."""
    if value is None or value == "" or value == []:
        return False if part.type == "checkbox" else None
    if part.type in CHOICES:
        return choice(part, value, options)
    return CLEAN[part.type](part, value)


def expect(value: Any, kind: type, expected: str) -> Any:
    """Return the value if it is of this JSON type."""
    if not isinstance(value, kind):
        raise Wrong("type", expected=expected)
    return value


def line(part: Field, value: Any) -> str | None:
    """Return a text of one line."""
    text = written(value, part, MAX_LINE)
    if "\n" in text or "\t" in text:
        raise Wrong("line_breaks")
    if text and part.subtype == "email" and not EMAIL.fullmatch(text):
        raise Wrong("email")
    if text and part.subtype == "phone" and not PHONE.fullmatch(text):
        raise Wrong("phone")
    return text or None


def lines(part: Field, value: Any) -> str | None:
    """Return a text of any number of lines."""
    return written(value, part, MAX_TEXT) or None


def written(value: Any, part: Field, limit: int) -> str:
    """Return a text, trimmed, with plain line ends, within its length."""
    text: str = expect(value, str, "text").replace("\r\n", "\n").strip()
    if CONTROL.search(text):
        raise Wrong("characters")
    most = part.max_length if part.max_length is not None else limit
    if len(text) > most:
        raise Wrong("too_long", max=most, length=len(text))
    if text and part.min_length is not None and len(text) < part.min_length:
        raise Wrong("too_short", min=part.min_length, length=len(text))
    return text


def number(part: Field, value: Any) -> int | float:
    """Return a number within its bounds and digits; 3.0 is 3."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong("type", expected="number")
    if not (math.isfinite(value) if isinstance(value, float) else True) or abs(value) > MAX_NUMBER:
        raise Wrong("max", max=MAX_NUMBER)
    if part.min is not None and value < part.min:
        raise Wrong("min", min=part.min)
    if part.max is not None and value > part.max:
        raise Wrong("max", max=part.max)
    digits = MAX_DECIMALS if part.decimals is None else part.decimals
    if Decimal(repr(value)) != round(Decimal(repr(value)), digits):
        raise Wrong("decimals", decimals=digits) if digits else Wrong("integer")
    return int(value) if value == int(value) else value


def moment(part: Field, value: Any) -> str:
    """Return a day (`2026-03-09`) or a moment on the office's clock (`2026-03-09T14:30:00+08:00`)."""
    text = expect(value, str, part.subtype)
    try:
        day, canonical = (a_day if part.subtype == "date" else an_instant)(text)
    except (ValueError, OverflowError):
        raise Wrong(part.subtype) from None
    today = clock.day_of(clock.now())
    if part.earliest == "today" and day < today:
        raise Wrong("earliest", earliest=today.isoformat())
    if part.latest == "today" and day > today:
        raise Wrong("latest", latest=today.isoformat())
    return canonical


def a_day(text: str) -> tuple[date, str]:
    """Return a day and its canonical form."""
    if len(text) != 10:
        raise ValueError(text)
    day = date.fromisoformat(text)
    return day, day.isoformat()


def an_instant(text: str) -> tuple[date, str]:
    """Return the office's day of a moment and its canonical form; no offset means the office's clock."""
    if len(text) > 40:
        raise ValueError(text)
    given = datetime.fromisoformat(text)
    zone = clock.office_zone()
    local = given.replace(tzinfo=zone) if given.tzinfo is None else given.astimezone(zone)
    return local.date(), local.isoformat(timespec="seconds")


def tick(part: Field, value: Any) -> bool:
    """Return whether a box is ticked."""
    return bool(expect(value, bool, "boolean"))


def choice(part: Field, value: Any, options: Options) -> Any:
    """Return the chosen code or codes, each one of the options."""
    choices = part.choices(options)
    if choices is None:
        raise Wrong("options_missing", table=part.table)
    codes = {option.value for option in choices}
    given = expect(value, list, "list") if part.type in SEVERAL else [value]
    for code in given:
        if expect(code, str, "text") not in codes:
            raise Wrong("option", value=code[:60])
    if len(set(given)) < len(given):
        raise Wrong("repeated")
    return value


def files(part: Field, value: Any) -> list[str]:
    """Return references to files that were taken in before; what they are is the host's business."""
    given = expect(value, list, "list")
    most = MAX_FILES if part.multiple else 1
    if len(given) > most:
        raise Wrong("too_many", max=most)
    for reference in given:
        if len(expect(reference, str, "text")) > 255 or CONTROL.search(reference):
            raise Wrong("file")
    if len(set(given)) < len(given):
        raise Wrong("repeated")
    return list(given)


CLEAN: Mapping[str, Callable[[Field, Any], Any]] = {
    "textfield": line,
    "textarea": lines,
    "number": number,
    "datetime": moment,
    "checkbox": tick,
    "filepicker": files,
}
