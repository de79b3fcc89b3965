"""From the encoding of HTML forms to answers, and from answers to words for reading."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workflows.forms.checking import MAX_ROWS
from workflows.forms.fields import ANSWERED, CHOICES, SEVERAL, Field, Form, Options, flat

WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
DECIMAL = re.compile(r"[+-]?[0-9]{1,30}\.[0-9]{1,30}")
ROW = re.compile(r"[0-9]{1,4}")
TICK = {True: {"zh": "是", "en": "Yes"}, False: {"zh": "否", "en": "No"}}


def parse_submission(
    form: Form, getlist: Callable[[str], Sequence[str]], files: Callable[[str], Sequence[str]]
) -> dict[str, Any]:
    """Return the answers in an HTML form's inputs, unvalidated; what cannot be read stays text.

    `getlist(name)` gives the submitted values, `files(name)` references to uploads that the host has stored.
    A dynamic list `subjects` has a hidden input `subjects` for each row, its value the row's number n, and
    inputs named `subjects.n.key`; rows left wholly blank are dropped.
    """
    return level(form.components, "", getlist, files)


def level(
    components: tuple[Field, ...],
    path: str,
    getlist: Callable[[str], Sequence[str]],
    files: Callable[[str], Sequence[str]],
) -> dict[str, Any]:
    """Return the answers of the form or of one row."""
    answers: dict[str, Any] = {}
    for part in flat(components):
        if part.type not in ANSWERED or part.readonly:
            continue
        name = path + part.key
        if part.type == "dynamiclist":
            numbers = [given for given in getlist(name) if ROW.fullmatch(given)][: MAX_ROWS + 1]
            rows = [level(part.components, f"{name}.{number}.", getlist, files) for number in numbers]
            answers[part.key] = [row for row in rows if any(value is not False for value in row.values())]
        else:
            answers[part.key] = list(files(name)) if part.type == "filepicker" else typed(part, getlist(name))
    return {key: value for key, value in answers.items() if value not in (None, "", [])}


def typed(part: Field, given: Sequence[str]) -> Any:
    """Return the value that the inputs of one field spell."""
    if part.type in SEVERAL:
        return [value for value in given if value]
    value = given[0].strip() if given else ""
    if part.type == "checkbox":
        return value not in ("", "false")
    return as_number(value) if part.type == "number" else value


def as_number(value: str) -> Any:
    """Return the number that a text spells, full-width digits included; the text itself if it spells none."""
    plain = unicodedata.normalize("NFKC", value)
    if WHOLE.fullmatch(plain):
        return int(plain)
    return float(plain) if DECIMAL.fullmatch(plain) else value


def display(part: Field, value: Any, lang: str, options: Options | None = None) -> list[str]:
    """Return an answer as words for reading, an entry for each choice or file; empty if there is none."""
    if value in (None, "", []):
        return []
    if isinstance(value, bool):
        return [TICK[value]["en" if lang.startswith("en") else "zh"]]
    if part.type in CHOICES:
        names = {option.value: option.label(lang) for option in part.choices(options or {}) or ()}
        return [
            names.get(code, code)
            for code in (value if isinstance(value, list) else [value])
            if isinstance(code, str)
        ]
    if part.type == "datetime":
        return [str(value)[:16].replace("T", " ")]
    if isinstance(value, list):
        return [str(item) for item in value if not isinstance(item, Mapping)]
    return [" ".join(filter(None, (part.prefix, str(value), part.suffix)))]


def accepts(part: Field, filename: str) -> bool:
    """Return whether a file of this name may answer a filepicker, by the endings it lists."""
    endings = tuple(item for item in part.accept if item.startswith("."))
    return not endings or filename.lower().endswith(endings)
