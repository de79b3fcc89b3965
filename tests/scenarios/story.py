"""Stories of `bpmn/*/scenarios/*.yaml`: read, and told on a real house step by step.

A story is a list of steps in the order in which they happen; the README of a process folder explains them to
those who write them. Telling one goes through the same doors as the pages: the wall decides who may, forms check
the answers, tasks are claimed and completed, timers fire when they are due.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import office, registers, uploads, wall
from handlers.notifications import Notification
from server import worker
from server.db import Database
from workflows import clock, deployed, errors, instances, persistence, recording, tasks, timers
from workflows.actor import Actor
from workflows.engine.timers import parse_duration
from workflows.forms import Field, Form
from workflows.model import (
    Activity,
    AuditEvent,
    Incident,
    Instance,
    InstanceState,
    ProcessDefinition,
    Task,
    TaskCandidate,
)

#: A Monday, nine o'clock in the office: where every story begins that does not say otherwise.
BEGIN = "2026-03-02T09:00"
TODAY = re.compile(r"today(?:([+-])(P\w+))?")
NUMBER = re.compile(r"[A-Z]{2}-\d{4}-\d{5}")
TEXTS = {"textfield", "textarea"}

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """One story as written: what it is about, when it begins, and its steps."""

    process: str
    title: str
    begin: datetime
    steps: tuple[Step, ...]
    defaults: Mapping[str, Mapping[str, Any]]  #: form → what is answered where the story says nothing else


def read(path: Path) -> Story:
    """Return the story of a file `bpmn/<process>/scenarios/<story>.yaml`."""
    told = yaml.safe_load(path.read_text("utf-8"))
    begin = datetime.fromisoformat(told.get("begin", BEGIN)).replace(tzinfo=clock.office_zone())
    steps = ({"start": told["start"]}, *told["steps"]) if "start" in told else tuple(told["steps"])
    return Story(
        path.parents[1].name, told["name"], begin, tuple(steps), _answers(path.parent / "answers.yaml")
    )


@cache
def _answers(path: Path) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return found


@dataclass
class Telling:
    """One story being told on a house of its own; `told` is the step that is being told."""

    database: Database
    story: Story
    now: datetime = field(init=False)
    matters: dict[str, str] = field(default_factory=dict)  #: transfer number → instance, newest last
    narratives: set[str] = field(default_factory=set)  #: whatever was written into text fields
    place: str = "nothing told yet"

    def __post_init__(self) -> None:
        self.now = self.story.begin

    def tell(self) -> None:
        """Tell the whole story; an assertion names the step that went otherwise."""
        for number, step in enumerate(self.story.steps, 1):
            self.place = f"step {number}: {_short(step)}"
            with clock.held_at(self.now):
                self._one(step)
                self.check()

    def check(self) -> None:
        """Assert what holds after every step: rows say what the runs say, and nothing has failed."""
        with self.database.reading() as session:
            for instance_id in session.scalars(select(Instance.id)):
                assert persistence.rows_equal_run(session, instance_id) == [], self.place
            assert session.scalars(select(Incident.message)).all() == [], self.place

    def flows(self) -> set[str]:
        """Return the sequence flows that the story took."""
        with self.database.reading() as session:
            return set(session.scalars(select(Activity.flow).where(Activity.flow.is_not(None)).distinct()))

    def leaks(self) -> list[str]:
        """Return what was written into text fields and stands in the engine's own tables, where none may."""
        with self.database.reading() as session:
            kept = [
                *(content.decode() for content in session.scalars(select(InstanceState.content))),
                *_texts(session, AuditEvent.detail),
                *_texts(session, Activity.name),
                *_texts(session, Task.name),
                *_texts(session, Notification.params),
                *_texts(session, registers.MatterEvent.params),
            ]
        return sorted(words for words in self.narratives if any(words in text for text in kept))

    # --- steps

    def _one(self, step: Step) -> None:
        for word, act in (
            ("start", lambda: self._start(step["start"])),
            ("task", lambda: self._complete(step)),
            ("message", lambda: self._message(step)),
            ("advance", lambda: self._advance(step["advance"])),
            ("refused", lambda: self._refused(step["refused"])),
            ("expect", lambda: self._expect(step["expect"], step.get("matter"))),
        ):
            if word in step:
                act()
                return
        raise AssertionError(f"{self.place}: a step says start, task, message, advance, refused or expect")

    def _start(self, said: Step) -> None:
        with self.database.unit_of_work() as session:
            actor = office.actor_for(session, said["actor"])
            definition = self._definition(session)
            owner = deployed.process(session, definition.id)
            form = deployed.form(session, owner, owner.definition.start_node)
            answers = self._filled(session, form, said, actor)
            instance = instances.start(session, key=self.story.process, actor=actor, answers=answers)
        assert instance.business_key, self.place
        self.matters[instance.business_key] = instance.id

    def _complete(self, step: Step) -> None:
        """Claim as on the page, in a transaction of its own; then complete."""
        with self.database.unit_of_work() as session:
            actor = office.actor_for(session, step["actor"])
            task = self._offered(session, actor, step)
            tasks.claim(session, task.id, actor=actor)
        with self.database.unit_of_work() as session:
            form, known = tasks.form(session, task.id, actor=actor)
            answers = self._filled(session, form, step, actor, known)
            tasks.complete(session, task.id, actor=actor, answers=answers)

    def _message(self, step: Step) -> None:
        with self.database.unit_of_work() as session:
            actor = office.actor_for(session, step["actor"])
            instances.message(session, step["message"], actor=actor, business_key=self._matter(step))

    def _advance(self, length: str) -> None:
        """Move the clock on; what falls due on the way fires at its own time, as with a worker awake."""
        goal = later(length, self.now)
        while True:
            with self.database.reading() as session:
                due = timers.next_due_at(session)
            if due is None or due > goal:
                break
            with clock.held_at(due):
                assert worker.run_due(self.database), f"{self.place}: what is due at {due} does not fire"
                self.check()
        self.now = goal

    def _refused(self, said: Step) -> None:
        kind = getattr(errors, said["error"])
        try:
            with self.database.unit_of_work() as session:
                self._attempt(session, said)
        except errors.DubanError as error:
            assert isinstance(error, kind), f"{self.place}: {type(error).__name__} {error}"
            if "code" in said:
                assert error.code == said["code"], f"{self.place}: {error.code}"
            if "fields" in said:
                assert isinstance(error, errors.InvalidInput), self.place
                assert sorted(error.fields) == sorted(said["fields"]), f"{self.place}: {error}"
            return
        raise AssertionError(f"{self.place}: was not refused")

    def _attempt(self, session: Session, said: Step) -> None:
        actor = office.actor_for(session, said["actor"])
        if "start" in said:
            owner = deployed.process(session, self._definition(session).id)
            form = deployed.form(session, owner, owner.definition.start_node)
            answers = self._filled(session, form, said, actor)
            instances.start(session, key=self.story.process, actor=actor, answers=answers)
        elif "message" in said:
            instances.message(session, said["message"], actor=actor, business_key=self._matter(said))
        else:
            # Whoever asks knows the address of the task, and may yet be told that there is none.
            task = self._standing(session, said)[0]
            owner = deployed.process(session, task.definition_id)
            form = deployed.form(session, owner, owner.definition.nodes[task.element_id])
            answers = self._filled(session, form, said, actor)
            tasks.complete(session, task.id, actor=actor, answers=answers)

    def _expect(self, said: Mapping[str, Any], matter: str | None) -> None:
        with self.database.reading() as session:
            seen = Seen(session, session.get_one(Instance, self.matters[self._matter({"matter": matter})]))
            for word, wanted in said.items():
                expectation = EXPECTATIONS.get(word)
                assert expectation, f"{self.place}: expect knows no {word}, but {', '.join(EXPECTATIONS)}"
                found = expectation(seen, wanted)
                assert found == _plain(wanted, self.now), f"{self.place}: {word} is {found}"

    # --- what steps are made of

    def _matter(self, step: Step) -> str:
        """Return the transfer number of the matter that a step is about: the newest, unless it names one."""
        named: str | None = step.get("matter")
        assert named is None or named in self.matters, f"{self.place}: no {named}, but {list(self.matters)}"
        return named or list(self.matters)[-1]

    def _definition(self, session: Session) -> ProcessDefinition:
        versions = select(ProcessDefinition).where(ProcessDefinition.key == self.story.process)
        return session.scalars(versions.order_by(ProcessDefinition.version.desc()).limit(1)).one()

    def _standing(self, session: Session, step: Step) -> Sequence[Task]:
        open_tasks = select(Task).where(
            Task.instance_id == self.matters[self._matter(step)], Task.closed_at.is_(None)
        )
        found = session.scalars(open_tasks.where(Task.element_id == step["task"])).all()
        there = sorted(session.scalars(open_tasks.with_only_columns(Task.element_id)))
        assert found, f"{self.place}: nothing open at {step['task']}, but at {', '.join(there) or 'nothing'}"
        return found

    def _offered(self, session: Session, actor: Actor, step: Step) -> Task:
        self._standing(session, step)
        narrowed = {"instance_id": self.matters[self._matter(step)], "element_id": step["task"]}
        boxes = (tasks.listing(session, actor, box=box, **narrowed).rows for box in ("mine", "groups"))
        found = [task for rows in boxes for task in rows]
        assert found, f"{self.place}: {step['task']} is in no inbox of {actor.id}"
        return found[0]

    def _filled(
        self,
        session: Session,
        form: Form | None,
        step: Step,
        actor: Actor,
        known: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return what is sent: the usual answers of the form, what it came filled with, and the story's own."""
        usual = self.story.defaults.get(form.id, {}) if form else {}
        filled = {key: value for key, value in (known or {}).items() if value != []}
        said = {**usual, **filled, **(step.get("answers") or {})}
        answers = {key: value for key, value in said.items() if value is not None}
        fields = {part.key: part for part in form.fields} if form else {}
        return {key: self._answer(session, fields.get(key), value, actor) for key, value in answers.items()}

    def _answer(self, session: Session, part: Field | None, value: Any, actor: Actor) -> Any:
        value = _plain(value, self.now)
        if part is not None and part.type == "filepicker":
            return [
                uploads.keep(session, login=actor.id, filename=name, content=f"内容：{name}".encode()).id
                for name in value
            ]
        self.narratives |= set(_narratives(part, value))
        return value


def later(length: str, start: datetime) -> datetime:
    """Return the instant so long after another, in the words of BPMN timers: P1D, P7M, PT12H."""
    parsed = parse_duration(length)
    return parsed.after(start, clock.office_zone())


# --- what a story may expect


@dataclass(frozen=True)
class Seen:
    """A matter as it stands when a story looks at it."""

    session: Session
    instance: Instance

    @property
    def clue(self) -> registers.Clue:
        assert self.instance.scope_id
        return self.session.get_one(registers.Clue, self.instance.scope_id.removeprefix("clue:"))

    def open(self) -> Sequence[Task]:
        wanted = select(Task).where(Task.instance_id == self.instance.id, Task.closed_at.is_(None))
        return self.session.scalars(wanted.order_by(Task.element_id, Task.assignee)).all()


def _open(seen: Seen, wanted: Any) -> Any:
    """Return where tasks stand; or, asked by step, who may take or has each."""
    if isinstance(wanted, list):
        found = [task.element_id for task in seen.open()]
        return wanted if Counter(found) == Counter(wanted) else found
    return {task.element_id: _holders(seen.session, task) for task in seen.open()}


def _holders(session: Session, task: Task) -> Any:
    if task.assignee:
        return task.assignee
    named = select(TaskCandidate.name).where(TaskCandidate.task_id == task.id)
    found = sorted(session.scalars(named))
    return found[0] if len(found) == 1 else found


def _clue(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    return {name: _value(getattr(seen.clue, name)) for name in wanted}


def _signed(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    """Return, for each kind of hand-over, whether both sides have signed every one of them."""
    rows = seen.session.scalars(select(registers.Handover).where(registers.Handover.clue_id == seen.clue.id))
    kinds: dict[str, list[bool]] = {}
    for row in rows:
        both = row.signed_by_from_at is not None and row.signed_by_to_at is not None
        kinds.setdefault(row.step, []).append(both)
    return {step: "both" if all(kinds.get(step, [False])) else "one" for step in wanted}


def _told(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    """Return which of the named notifications each login has had, with how often."""
    counted: dict[str, Any] = {}
    for login, codes in wanted.items():
        rows = seen.session.execute(
            select(Notification.code, func.count())
            .where(Notification.login == login, Notification.scope_id == seen.instance.scope_id)
            .group_by(Notification.code)
        )
        found = {code: count for code, count in rows}
        counted[login] = {code: found.get(code, 0) for code in codes}
    return counted


def _due(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    zone = clock.office_zone()
    last = {task.element_id: task.due_at for task in seen.open()}
    # 24:00 of a day is 0:00 of the next: people say the day.
    return {
        step: (last[step].astimezone(zone) - _MOMENT).date().isoformat() if last.get(step) else None
        for step in wanted
    }


def _record(seen: Seen, wanted: Sequence[str]) -> Any:
    rows = seen.session.scalars(
        select(registers.MatterEvent.code)
        .where(registers.MatterEvent.scope_id == seen.instance.scope_id)
        .order_by(registers.MatterEvent.id)
    ).all()
    return wanted if Counter(wanted) <= Counter(rows) else list(rows)


def _sees(seen: Seen, wanted: Mapping[str, Any]) -> Any:
    actors = {login: office.actor_for(seen.session, login) for login in wanted}
    return {login: wall.view(seen.session, actor, seen.clue) or "nothing" for login, actor in actors.items()}


def _papers(seen: Seen, wanted: Sequence[Any]) -> Any:
    rows = seen.session.scalars(
        select(registers.Document)
        .where(registers.Document.clue_id == seen.clue.id)
        .order_by(registers.Document.id)
    )
    found = [f"{row.kind}: {row.title}" for row in rows]
    return wanted if Counter(found) == Counter(wanted) else found


EXPECTATIONS: Mapping[str, Callable[[Seen, Any], Any]] = {
    "open": _open,
    "stage": lambda seen, _: seen.clue.stage,
    "receipt": lambda seen, _: _signed(seen, {"receipt": ""})["receipt"] == "both",
    "signed": _signed,
    "clue": _clue,
    "state": lambda seen, _: seen.instance.state,
    "due": _due,
    "level": lambda seen, wanted: {
        task.element_id: task.level for task in seen.open() if task.element_id in wanted
    },
    "told": _told,
    "record": _record,
    "sees": _sees,
    "papers": _papers,
}

_MOMENT = timedelta(seconds=1)


def _plain(value: Any, now: datetime) -> Any:
    """Return a value as forms take it: `today` and `today+P6M` as days, YAML's days as text."""
    if isinstance(value, list):
        return [_plain(one, now) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one, now) for key, one in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str) or not (match := TODAY.fullmatch(value)):
        return value
    today = now.astimezone(clock.office_zone())
    if match.group(2) is None:
        return today.date().isoformat()
    if match.group(1) == "-":
        days = parse_duration(match.group(2))
        assert not days.months, f"{value}: only days are counted back"
        return (today.date() - (later(match.group(2), today).date() - today.date())).isoformat()
    return later(match.group(2), today).astimezone(clock.office_zone()).date().isoformat()


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _narratives(part: Field | None, value: Any) -> Iterator[str]:
    """Yield what was written freely: numbers of matters are no narrative."""
    if part is None:
        return
    if part.type == "dynamiclist" and isinstance(value, list):
        inner = {field.key: field for field in part.components}
        for row in value:
            for key, one in row.items():
                yield from _narratives(inner.get(key), one)
    if part.type in TEXTS and isinstance(value, str) and not NUMBER.fullmatch(value):
        yield value


def _texts(session: Session, column: Any) -> Iterator[str]:
    for value in session.scalars(select(column).where(column.is_not(None))):
        yield value if isinstance(value, str) else orjson.dumps(value).decode()


def _short(step: Step) -> str:
    return yaml.safe_dump(dict(step), allow_unicode=True, default_flow_style=True, width=200).strip()[:200]
