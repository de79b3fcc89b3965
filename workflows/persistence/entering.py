"""What a new task is: who may do it, until when, in which order, as its attributes say at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows import changes, engine, ladder, parts
from workflows.errors import DubanError, EngineFault
from workflows.model import Instance
from workflows.persistence import deadlines, staging
from workflows.persistence.deadlines import Deadline
from workflows.persistence.host import InstanceHost

DEFAULT_PRIORITY = 50
DEFAULT_LADDER = "default"
NO_LADDER = "none"
MAX_CANDIDATES = 500
MAX_NAME = 255
MAX_SUBJECT = 64


@dataclass(frozen=True)
class Entry:
    """A task as it enters an inbox: its row, its candidates and what its reminders are counted from."""

    row: Mapping[str, Any]
    groups: tuple[str, ...]
    users: tuple[str, ...]
    deadline: Deadline | None
    ladder: str | None
    stage: str  #: what colour tables call it
    nobody: bool  #: meant for somebody, but the expressions found nobody


def enter(task: engine.OpenTask, instance: Instance, run: engine.Run, host: InstanceHost) -> Entry:
    """Return the entry of an open task; EngineFault names the task and the attribute that has no sense."""
    reader = _Reader(task, run, host)
    if task.begun_at is None:
        return reader.entry(instance)
    # The limit belongs to the step: whoever was added to sign it has no more time, and no less.
    with host.held_at(task.begun_at):
        return reader.entry(instance)


def ladder_of(task: engine.OpenTask) -> str | None:
    """Return the reminder ladder that a task with a deadline climbs, if any."""
    ladder = str(task.node.attributes.get("properties", {}).get("ladder", DEFAULT_LADDER))
    return ladder if ladder != NO_LADDER else None


def span(entry: Entry, *, since: datetime | None = None) -> ladder.Span:
    """Return what the reminders of an entry are counted from; rungs before `since` (its beginning) are left out."""
    assert entry.deadline is not None
    assert entry.ladder is not None
    return ladder.Span(
        task_id=entry.row["id"],
        instance_id=entry.row["instance_id"],
        element_id=entry.row["element_id"],
        ladder=entry.ladder,
        start_at=entry.deadline.start_at,
        due_at=entry.deadline.due_at,
        created_at=since or entry.row["created_at"],
        stage=entry.stage,
        dated=not entry.deadline.explained,
        clock=changes.clock_of(entry.deadline.limit_id, entry.deadline.explained),
    )


class _Reader:
    """Reads the attributes of one task in that task's scope."""

    def __init__(self, task: engine.OpenTask, run: engine.Run, host: InstanceHost) -> None:
        self.task = task
        self.run = run
        self.host = host
        self.attributes = task.node.attributes
        self.properties: Mapping[str, str] = self.attributes.get("properties", {})

    def entry(self, instance: Instance) -> Entry:
        deadline = self.deadline()
        row = {
            "id": self.task.id,
            "instance_id": instance.id,
            "definition_id": self.task.definition or instance.definition_id,
            "scope_id": instance.scope_id,
            "stage": staging.of_step(self.task, self.host.library),
            **parts.columns(self.task, instance),
            "subject": self.subject(),
            "element_id": self.task.node.id,
            "name": self.name(self.task.node.name or self.task.node.id) or self.task.node.id,
            "name_en": self.name(self.properties.get("en")),
            "assignee": self.assignee(),
            "priority": self.priority(),
            "proxy": self.properties.get("proxy"),
            "form_key": (self.attributes.get("formRef") or self.attributes.get("formKey") or "")[:MAX_NAME]
            or None,
            "created_at": self.task.created_at,
            "follow_up_at": self.follow_up(),
            "suspended": False,
            "parked": self.task.parked,
            "parent_id": self.task.within[0] if self.task.signer else None,
            **deadlines.columns(deadline),
        }
        row["claimed_at"] = row["created_at"] if row["assignee"] else None
        if self.task.signer:
            return Entry(
                {**row, "form_key": None}, (), (), deadline, self.ladder(deadline), self.coloured(), False
            )
        groups = tuple(dict.fromkeys(self.names("candidateGroups")))
        users = tuple(dict.fromkeys(self.names("candidateUsers")))
        meant = any(self.attributes.get(name) for name in ("assignee", "candidateGroups", "candidateUsers"))
        nobody = meant and not (row["assignee"] or groups or users)
        return Entry(row, groups, users, deadline, self.ladder(deadline), self.coloured(), nobody)

    def value(self, attribute: str) -> Any:
        """Return what an attribute means: plain text stays, expressions are evaluated in the task's scope."""
        return self.evaluate(attribute, self.attributes.get(attribute))

    def evaluate(self, attribute: str, text: str | None) -> Any:
        if not text or ("${" not in text and "#{" not in text):
            return text
        try:
            return self.run.evaluate(text, self.task)
        except DubanError as error:
            raise self.fault(attribute, error.message) from error

    def name(self, text: str | None) -> str | None:
        """Return a task's name with the expressions in it worked out, cut to what a column holds."""
        value = self.evaluate("name", text)
        return str(value)[:MAX_NAME] if value else None

    def subject(self) -> str | None:
        """Return which of several the step is about: what is neither a number nor a short text says nothing."""
        value = self.run.nearest(parts.SUBJECT, self.task)
        found = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        return found if 0 < len(found) <= MAX_SUBJECT else None

    def assignee(self) -> str | None:
        """Return the user to whom the task belongs from the start, if any."""
        if self.task.signer:
            return self.task.signer
        value = self.value("assignee")
        if value is None or value == "":
            return None
        return self.identifier("assignee", value)

    def names(self, attribute: str) -> Iterator[str]:
        """Yield the groups or users of a comma list of names and expressions; lists count one by one."""
        found = 0
        for part in _split(self.attributes.get(attribute) or ""):
            value = self.evaluate(attribute, part)
            for item in value if isinstance(value, list | tuple) else str(value or "").split(","):
                if item not in (None, "") and (name := self.identifier(attribute, item)):
                    found += 1
                    if found > MAX_CANDIDATES:
                        raise self.fault(attribute, f"more than {MAX_CANDIDATES} candidates")
                    yield name

    def identifier(self, attribute: str, value: Any) -> str:
        if not isinstance(value, str) or len(value.strip()) > MAX_NAME:
            raise self.fault(attribute, f"{str(value)[:80]!r} is not the identifier of a user or group")
        return value.strip()

    def priority(self) -> int:
        value = self.value("priority")
        if value in (None, ""):
            return DEFAULT_PRIORITY
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise self.fault("priority", f"{value!r} is not a whole number") from None
        if not 0 <= number <= 2**31 - 1:
            raise self.fault("priority", f"{number} is not between 0 and 2147483647")
        return number

    def deadline(self) -> Deadline | None:
        return self.date("dueDate")

    def follow_up(self) -> datetime | None:
        found = self.date("followUpDate")
        return found.due_at if found else None

    def date(self, attribute: str) -> Deadline | None:
        workday = self.host.work_days if self.properties.get("calendar") == "workday" else None
        value = self.value(attribute)
        try:
            return deadlines.read(
                value,
                created_at=self.task.begun_at or self.task.created_at,
                workday=workday,
                counted=self.host.counted,
            )
        except DubanError as error:
            raise self.fault(attribute, error.message) from error
        except (ValueError, OverflowError) as error:
            raise self.fault(attribute, str(error)) from error

    def ladder(self, deadline: Deadline | None) -> str | None:
        """Return the reminder ladder that the task climbs; none without a deadline, or while its clock stands."""
        return ladder_of(self.task) if deadline and not deadline.paused_at else None

    def coloured(self) -> str:
        """Return what colour tables call the step: its property `stage`, else its element."""
        return self.properties.get("stage") or self.task.node.id

    def fault(self, attribute: str, why: str) -> EngineFault:
        node = self.task.node
        return EngineFault(
            f"The attribute {attribute} of task {node.id} has no sense here: {why}.",
            element=node.id,
            code="attribute",
            attribute=attribute,
        )


def _split(text: str) -> Iterator[str]:
    """Yield the parts between commas that stand outside of braces."""
    start = depth = 0
    for position, letter in enumerate(text):
        if letter in "{([":
            depth += 1
        elif letter in "})]":
            depth -= 1
        elif letter == "," and depth == 0:
            yield text[start:position].strip()
            start = position + 1
    yield text[start:].strip()
