"""What the modeler offers to choose from: the office's own words for whatever a step may name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import codes, office
from server.pages import names
from workflows import deployed, operations, papers
from workflows.model import ProcessDefinition, ReminderRung, TimeLimit

#: Where a step of a diagram names an operation.
USES = ("step", "record", "prefill", "options")


class Choice(TypedDict):
    """One line of a list: what is written into the diagram, and how it is called."""

    value: str
    label: str


Lists = dict[str, list[Choice]]


def of(session: Session, base: ProcessDefinition) -> Lists:
    """Return the lists for the panel of a process, by what is chosen from them, in the page's language."""
    forms = deployed.bundle(session, base.deployment_id).forms.values()
    titled = [_choice(form.id, form.title(names.lang())) for form in sorted(forms, key=lambda form: form.id)]
    return {**common(session), **_roles(session), "forms": titled}


def common(session: Session) -> Lists:
    """Return the lists that are the same for every process: limits, operations by use, and words of properties."""
    limits = select(TimeLimit).order_by(TimeLimit.rule_id, TimeLimit.version)
    newest = {limit.rule_id: limit for limit in session.scalars(limits)}
    ladders = session.scalars(select(ReminderRung.ladder).distinct().order_by(ReminderRung.ladder))
    return {
        # A deprivation of liberty runs no clock: the gate refuses a step that counts by it.
        "limits": [
            _choice(rule, f"{rule} {names.named(it)}") for rule, it in newest.items() if not it.liberty
        ],
        **{use: _operations(use) for use in USES},
        "papers": _words("document_kinds", sorted(papers.kinds())),
        "acts": _table("acts"),
        "stages": _table("stages"),
        "ladders": _words("ladders", list(ladders)),
    }


def _roles(session: Session) -> Lists:
    roles = list(session.scalars(select(office.Role).order_by(office.Role.id)))
    standing_in = [role for role in roles if role.proxies]
    return {
        name: [_choice(role.id, names.named(role)) for role in some]
        for name, some in (("roles", roles), ("proxies", standing_in))
    }


def _operations(use: str) -> list[Choice]:
    return [
        _choice(row["code"], row[names.lang()])
        for row in codes.rows("operations")
        if operations.use_of(row["code"]) == use
    ]


def _table(name: str) -> list[Choice]:
    return _words(name, [row["code"] for row in codes.rows(name)])


def _words(table: str, values: Sequence[str]) -> list[Choice]:
    return [_choice(value, codes.word(table, value, names.lang())) for value in values]


def _choice(value: str, label: str) -> Choice:
    return {"value": value, "label": label}
