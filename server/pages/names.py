"""How persons, roles, steps and numbers are called on a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import g
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from sqlalchemy import select

from handlers import office
from server import language
from server.db import reading
from workflows.audit import SYSTEM
from workflows.model import ProcessDefinition, Task


def lang() -> str:
    """Return `zh` or `en`, as data that carries both names asks for it."""
    return "en" if language.current() == "en" else "zh"


def named(thing: Any) -> str:
    """Return the name of a unit, role or limit in the page's language."""
    prefix = "title" if hasattr(thing, "title_zh") else "name"
    return str(getattr(thing, f"{prefix}_{lang()}") or getattr(thing, f"{prefix}_zh"))


def source(rule: str) -> str:
    """Return the rule that something comes from; where it is the office's own, that in the reader's language."""
    return rule.replace("本办规定（设计值）", _("The office's own rule (design value)")).replace(
        "本办规定（待确认）", _("The office's own rule (to be confirmed)")
    )


def person(login: Any, on_behalf_of: Any = None) -> str:
    """Return the name of who signs in as `login`; the login where nobody does, nothing for none.

    Of who acted in the place of another: both names.
    """
    if on_behalf_of:
        return _("%(name)s for %(absent)s", name=person(login), absent=person(on_behalf_of))
    if not login:
        return ""
    if login == SYSTEM:
        return _("the system")
    return _people().get(str(login), str(login))


def role(role_id: str) -> str:
    """Return the name of a role; the id where there is none."""
    found = _roles().get(role_id)
    return named(found) if found else role_id


def unit(code: Any) -> str:
    """Return the name of a unit; the code where there is none, nothing for none."""
    if not code:
        return ""
    found = _units().get(str(code))
    return named(found) if found else str(code)


def candidate(kind: str, name: str) -> str:
    """Return whom a task is offered to: a role, a role of a unit, or a person."""
    return person(name) if kind == "user" else group(name)


def group(name: str) -> str:
    """Return a candidate group in words: a role, a role of a unit, or a person."""
    role_id, separator, code = name.partition("@")
    if separator:
        return f"{unit(code)} · {role(role_id)}" if lang() == "zh" else f"{role(role_id)}, {unit(code)}"
    return role(name) if name in _roles() else person(name)


def task_name(task: Task) -> str:
    """Return the name of a task in the page's language."""
    return (task.name_en or task.name) if lang() == "en" else (task.name or task.name_en or task.element_id)


def process_name(definition: ProcessDefinition) -> str:
    """Return the name of a process in the page's language; its property `en` is the English one."""
    return (definition.name_en or definition.name) if lang() == "en" else (definition.name or definition.key)


def joined(words: Iterable[str]) -> str:
    """Return words as an enumeration."""
    return ("、" if lang() == "zh" else ", ").join(words)


def listed(entries: Any) -> str:
    """Return entries one after the other, as a list within a line."""
    return ("；" if lang() == "zh" else "; ").join(entries)


def colon() -> str:
    """Return what stands between a label and its text."""
    return "：" if lang() == "zh" else ": "


def number(value: Any) -> str:
    """Return a number with its thousands apart."""
    return str(format_decimal(value))


def length(n: int | None, unit: str) -> str:
    """Return how long a limit is."""
    if n is None:
        return ""
    words = {
        "hours": lambda: ngettext("%(num)d hour", "%(num)d hours", n),
        "natural_days": lambda: ngettext("%(num)d calendar day", "%(num)d calendar days", n),
        "working_days": lambda: ngettext("%(num)d working day", "%(num)d working days", n),
        "months": lambda: ngettext("%(num)d month", "%(num)d months", n),
    }
    return words[unit]() if unit in words else ""


def _people() -> dict[str, str]:
    if "names_people" not in g:
        with reading() as session:
            rows = session.execute(
                select(office.Person.login, office.Person.name).where(office.Person.login.is_not(None))
            )
            g.names_people = {row.login: row.name for row in rows}
    found: dict[str, str] = g.names_people
    return found


def _roles() -> dict[str, office.Role]:
    if "names_roles" not in g:
        with reading() as session:
            g.names_roles = {row.id: row for row in session.scalars(select(office.Role))}
    found: dict[str, office.Role] = g.names_roles
    return found


def _units() -> dict[str, office.Unit]:
    if "names_units" not in g:
        with reading() as session:
            g.names_units = {row.code: row for row in session.scalars(select(office.Unit))}
    found: dict[str, office.Unit] = g.names_units
    return found
