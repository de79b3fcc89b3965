"""Stories of `bpmn/*/scenarios/*.yaml`: read, and told on a real house step by step.

A story is a list of steps in the order in which they happen; the README of a process folder explains them to
those who write them. Telling one goes through the same doors as the pages: the wall decides who may, forms
check the answers, tasks are claimed and completed, timers fire when they are due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from handlers import office, registers, uploads
from handlers.cases import changes
from handlers.notifications import Notification
from handlers.registers import returns
from handlers.registers.returns import ReturnDuty
from handlers.vault import grants, reporters
from server import folders, worker
from server.db import Database
from tests import cases, clues
from tests.scenarios import words
from tests.scenarios.seen import EXPECTATIONS, Seen
from workflows import (
    clock,
    clocks,
    definitions,
    deployed,
    errors,
    instances,
    opening,
    persistence,
    starting,
    tasks,
    timers,
)
from workflows.actor import Actor
from workflows.forms import Field, Form
from workflows.model import (
    Activity,
    AuditEvent,
    Incident,
    Instance,
    InstanceState,
    Job,
    ProcessDefinition,
    Task,
    TaskCandidate,
    Timer,
)

#: A Monday, nine o'clock in the office: where every story begins that does not say otherwise.
BEGIN = "2026-03-02T09:00"
#: The process by which agencies transfer clues.
CLUES = "clue_transfer"

#: What lays a clue: in the place of its transfer, and by which message its way is begun.
LAID = Path(__file__).with_name("laid.bpmn")
BEGINS = {"DW1": "inquiry_begun", "DW2": "verification_begun"}
#: What is done at the vault of reporters, each by the login that it names.
VAULT = ("reporter", "reads", "withdraws")
REPORTER = {"name": "虚构举报人丁", "phone": "0512-22223333"}

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """One story as written: of which process, when it begins, and its steps."""

    process: str
    begin: datetime
    steps: tuple[Step, ...]
    usual: Mapping[str, Mapping[str, Any]]  #: form → how it is filled in where the story says nothing else
    caller: Path | None = None  #: what calls the process of the story, where nothing of the office does yet
    table: Path | None = None  #: a decision that the office has deployed besides
    owing: frozenset[str] | None = None  #: the agencies that owe returns; None: all of the demo city
    under: str | None = None  #: the unit under which the commission stands; None: the city


def read(path: Path) -> Story:
    """Return the story of a file `bpmn/<process>/scenarios/<story>.yaml`."""
    told = yaml.safe_load(path.read_text("utf-8"))
    begin = datetime.fromisoformat(told.get("begin", BEGIN)).replace(tzinfo=clock.office_zone())
    begun = [{word: told[word]} for word in ("start", "laid") if word in told]
    steps = (*begun, *told["steps"])
    owing = told.get("owing")
    table = path.parent / told["deploy"] if "deploy" in told else None
    filled, owed = usually(path.parents[2]), owing and frozenset(owing)
    caller = LAID.with_name(f"{told['caller']}.bpmn") if "caller" in told else None
    process = told.get("caller", path.parents[1].name)
    return Story(process, begin, steps, filled, caller, table, owed, told.get("under"))


@cache
def usually(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return how the forms of all processes are usually filled in; a story may lead through several."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.glob("*/scenarios/answers.yaml")):
        found |= usual(path)
    return found


@cache
def usual(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return how the forms of a process are usually filled in, from its `answers.yaml`."""
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return found


@dataclass
class Telling:
    """One story being told on a house of its own."""

    database: Database
    story: Story
    now: datetime = field(init=False)
    matters: dict[str, str] = field(default_factory=dict)  #: transfer number → instance, newest last
    met: set[str] = field(default_factory=set)  #: instances that have been in `matters`
    seen: dict[str, int] = field(default_factory=dict)  #: instance → revision at which its rows were compared
    narratives: set[str] = field(default_factory=set)  #: whatever was written into text fields
    place: str = ""  #: the step that is being told, for messages

    def __post_init__(self) -> None:
        self.now = self.story.begin
        with clock.held_at(self.now), self.database.unit_of_work() as session:
            _wind_up(session, self.story.process)
            if self.story.table is not None:
                files = {self.story.table.name: self.story.table.read_bytes()}
                definitions.deploy(session, files, name="table", actor=Actor("supervisor"))
            if self.story.under is not None:
                _stand_under(session, self.story.under)
            if self.story.owing is not None:
                others = ReturnDuty.agency_code.not_in(self.story.owing)
                session.execute(delete(ReturnDuty).where(others))

    def tell(self) -> None:
        """Tell the whole story; an assertion names the step that went otherwise."""
        for number, step in enumerate(self.story.steps, 1):
            self.place = f"step {number}: {_short(step)}"
            with clock.held_at(self.now):
                self.act(step)
                # What is left to a transaction of its own, such as messages to other matters.
                worker.run_due(self.database)
                if self.story.process == CLUES:
                    self._meet()
                self.check()

    def check(self) -> None:
        """Assert what holds after every step: rows say what the runs say, and nothing has failed."""
        with self.database.reading() as session:
            for instance_id, revision in session.execute(select(Instance.id, Instance.revision)):
                # What nobody has moved since it was looked at is as it was.
                if self.seen.get(instance_id) != revision:
                    assert persistence.rows_equal_run(session, instance_id) == [], self.place
                    self.seen[instance_id] = revision
            assert session.scalars(select(Incident.message)).all() == [], self.place

    def flows(self) -> set[str]:
        """Return the sequence flows of its own process, and of what that calls, that the story took."""
        with self.database.reading() as session:
            taken = select(Activity.flow).where(Activity.flow.is_not(None)).distinct()
            taken = taken.join(Instance, Instance.id == Activity.instance_id)
            taken = taken.where(Instance.definition_key == self.story.process)
            return {flow for flow in session.scalars(taken) if flow}

    def leaks(self) -> list[str]:
        """Return what was written into text fields and stands where only numbers and decisions may."""
        with self.database.reading() as session:
            kept = [content.decode() for content in session.scalars(select(InstanceState.content))]
            for column in (
                AuditEvent.detail,
                Activity.name,
                Task.name,
                Notification.params,
                registers.MatterEvent.params,
            ):
                kept.extend(_texts(session, column))
        return sorted(text for text in self.narratives if any(text in place for place in kept))

    # --- steps

    def act(self, step: Step) -> None:
        """Tell one step."""
        acts: Mapping[str, Callable[[], None]] = {
            "start": lambda: self._start(step["start"]),
            "laid": lambda: self._lay(step["laid"]),
            "task": lambda: self._complete(step),
            "message": lambda: self._message(step),
            "transfer": lambda: self._transfer(step),
            "release": lambda: self._release(step),
            "joins": lambda: self._duty(returns.begin, step["joins"], "since"),
            "leaves": lambda: self._duty(returns.end, step["leaves"], "until"),
            **dict.fromkeys(VAULT, lambda: self._vault(step)),
            "advance": lambda: self._advance(step["advance"]),
            "refused": lambda: self._refused(step["refused"]),
            "expect": lambda: self._expect(step["expect"], step),
            "met": lambda: self._meet_another(step),
        }
        named = [word for word in acts if word in step]
        assert len(named) == 1, f"{self.place}: a step says one of {', '.join(acts)}"
        acts[named[0]]()

    def _start(self, said: Step) -> None:
        with self.database.unit_of_work() as session:
            instance = self._begin(session, said)
        assert instance.business_key, self.place
        self.met.add(instance.id)
        self.matters[said.get("as", instance.business_key)] = instance.id

    def _lay(self, said: Step) -> None:
        """Begin with a clue that is at its way already, and what that way has begun by its message.

        In the place of its transfer stands a process that throws the message and waits for `clue_resolved`.
        """
        given = {**said}
        begins = given.pop("message", None) or BEGINS[given["way"]]
        name, case = given.pop("as", None), given.pop("case", None)
        with self.database.unit_of_work() as session:
            for file in filter(None, (LAID, self.story.caller)):
                files = {file.name: file.read_bytes()}
                definitions.deploy(
                    session, files, name=file.stem, actor=Actor("supervisor"), profile="engine"
                )
            clue = clues.laid(session, **given, number=1 + _laid(session))
            if case is not None:
                cases.filed(session, clue, **case)
            place = opening.begin(
                session,
                definitions.latest(session, "laid"),
                actor=None,
                given={"begins": begins},
                business_key=clue.transfer_no,
                scope_id=clue.scope_id,
            )
            clue.instance_id, scope_id = place.id, clue.scope_id
        worker.run_due(self.database)
        with self.database.reading() as session:
            begun = select(Instance).where(
                Instance.definition_key == self.story.process, Instance.scope_id == scope_id
            )
            # Where a way is gone for each person by himself, the first one's.
            instance = session.scalars(begun.order_by(Instance.started_at)).first()
            # What begins otherwise, by a form on the clue's number, has not begun yet: then it is what laid it.
            found = instance or session.get_one(Instance, place.id)
            self.met.add(found.id)
            self.matters[name or found.business_key or ""] = found.id

    def _meet_another(self, step: Step) -> None:
        """Get to know the newest matter that another one has begun, by its `process`, and name it."""
        with self.database.reading() as session:
            begun = select(Instance.id).where(Instance.definition_key == step["process"])
            found = session.scalars(begun.order_by(Instance.started_at.desc()).limit(1)).one()
        self.met.add(found)
        self.matters[step["met"]] = found

    def _transfer(self, step: Step) -> None:
        """Let an agency transfer a clue: a matter of another process, beside the story's own."""
        with self.database.unit_of_work() as session:
            actor = office.actor_for(session, step["transfer"])
            usual_answers = usual(folders.BPMN / CLUES / "scenarios" / "answers.yaml")["clue_submit"]
            answers = words.plain({**usual_answers, **(step.get("answers") or {})}, self.now)
            begun = instances.start(session, key=CLUES, actor=actor, answers=answers)
            # Nobody handles it here: its reminders would only take time.
            unheard = update(Timer).where(Timer.instance_id == begun.id, Timer.kind == "ladder")
            session.execute(unheard.values(status="cancelled"))

    def _release(self, step: Step) -> None:
        with self.database.unit_of_work() as session:
            self._let_off(session, step)

    def _let_off(self, session: Session, step: Step) -> None:
        actor = office.actor_for(session, step["actor"])
        wanted = select(returns.AgencyReturn).where(returns.AgencyReturn.agency_code == step["release"])
        row = session.scalars(wanted.where(returns.AgencyReturn.state.in_(returns.WAITING))).one()
        returns.release(session, row, actor=actor, reason=step["reason"])

    def _vault(self, step: Step) -> None:
        with self.database.unit_of_work() as session:
            self._at_the_vault(session, step)

    def _at_the_vault(self, session: Session, step: Step) -> None:
        """Record the reporter of the story's clue, read it, or end the grant that was given last."""
        act = next(act for act in VAULT if act in step)
        actor = office.actor_for(session, step[act])
        clue = session.scalars(select(registers.Clue).order_by(registers.Clue.transfer_no)).first()
        assert clue is not None, self.place
        if act == "reporter":
            self.narratives.update(REPORTER.values())
            reporters.write(session, actor, clue, REPORTER)
        elif act == "reads":
            grant = grants.active(session, actor, clue)
            identity = reporters.read(session, actor, clue, purpose="contact", grant=grant)
            assert identity.name == REPORTER["name"], self.place
        else:
            grants.withdraw(session, actor, grants.of_clue(session, clue)[-1].number)

    def _duty(self, change: Callable[..., Any], agency: str, day: str) -> None:
        with self.database.unit_of_work() as session:
            change(session, agency, **{day: office.today()})

    def _complete(self, step: Step) -> None:
        """Claim the task as on the page, in a transaction of its own, and complete it."""
        with self.database.unit_of_work() as session:
            actor = office.actor_for(session, step["actor"])
            task = self._offered(session, actor, step)
            tasks.claim(session, task.id, actor=actor)
        with self.database.unit_of_work() as session:
            form, known = tasks.form(session, task.id, actor=actor)
            answers = self._answers(session, form, step, actor, known)
            tasks.complete(session, task.id, actor=actor, answers=answers)

    def _message(self, step: Step) -> None:
        with self.database.unit_of_work() as session:
            self._tell(session, step)

    def _advance(self, length: str) -> None:
        """Move the clock on; what falls due on the way fires at its own time, as with a worker awake."""
        goal = words.later(length, self.now)
        while (due := self._next_due()) is not None and due <= goal:
            with clock.held_at(due):
                assert worker.run_due(self.database), f"{self.place}: what is due at {due} does not fire"
                self.check()
                self._meet()
        self.now = goal

    def _meet(self) -> None:
        """Learn of matters that the calendar, or another matter, has begun."""
        with self.database.reading() as session:
            begun = select(Instance).where(
                Instance.definition_key == self.story.process, Instance.scope_id.is_not(None)
            )
            for instance in session.scalars(begun.order_by(Instance.started_at)):
                if instance.id not in self.met:
                    self.met.add(instance.id)
                    self.matters[instance.business_key or ""] = instance.id

    def _next_due(self) -> datetime | None:
        with self.database.reading() as session:
            ends = select(func.min(Job.due_at)).where(Job.kind == clocks.KIND, Job.status == "waiting")
            return min(filter(None, (timers.next_due_at(session), session.scalar(ends))), default=None)

    def _refused(self, said: Step) -> None:
        """Let somebody try what is refused; nothing of it may stay."""
        with pytest.raises(getattr(errors, said["error"])) as caught, self.database.unit_of_work() as session:
            self.attempt(session, said)
        if "code" in said:
            assert caught.value.code == said["code"], self.place
        if "fields" in said:
            found = {field: fault.code for field, fault in caught.value.fields.items()}
            assert found == said["fields"], self.place  # each with the code of what is wrong

    def attempt(self, session: Session, said: Step) -> None:
        """Do one act as somebody who has not claimed anything, in the caller's transaction."""
        if "start" in said:
            self._begin(session, said)
        elif "message" in said:
            self._tell(session, said)
        elif "release" in said:
            self._let_off(session, said)
        elif any(act in said for act in VAULT):
            self._at_the_vault(session, said)
        else:
            # Whoever knows the address of a task may ask for it, and be told that there is none.
            standing = self._standing(session, said)
            task = next(task for task in standing if said.get("of") in (None, *_of(session, task)))
            actor = office.actor_for(session, said["actor"])
            owner = deployed.process(session, task.definition_id)
            form = deployed.form(session, owner, owner.definition.nodes[task.element_id])
            answers = self._answers(session, form, said, actor)
            tasks.complete(session, task.id, actor=actor, answers=answers)

    def _expect(self, said: Mapping[str, Any], step: Step) -> None:
        with self.database.reading() as session:
            seen = Seen(session, session.get_one(Instance, self._instance(session, step)))
            for word, wanted in said.items():
                assert word in EXPECTATIONS, f"{self.place}: one expects {', '.join(EXPECTATIONS)}"
                found = EXPECTATIONS[word](seen, words.plain(wanted, self.now))
                assert found == words.plain(wanted, self.now), f"{self.place}: {word} {found}"

    # --- what steps are made of

    def _matter(self, step: Step) -> str:
        """Return the transfer number of the matter that a step is about: the newest, unless it names one."""
        named: str | None = step.get("matter")
        assert named is None or named in self.matters, f"{self.place}: there are {list(self.matters)}"
        return named or list(self.matters)[-1]

    def _instance(self, session: Session, step: Step) -> str:
        """Return the instance that a step is about; `process` names the newest one of the same matter, or of none."""
        process, matter = step.get("process"), self._matter(step)
        if process is None:
            return self.matters[matter]
        scope = session.get_one(Instance, self.matters[matter]).scope_id
        others = select(Instance.id).where(
            Instance.definition_key == process, (Instance.scope_id == scope) | Instance.scope_id.is_(None)
        )
        found = session.scalars(others.order_by(Instance.started_at.desc(), Instance.id).limit(1)).first()
        assert found, f"{self.place}: no {process} of this matter"
        return found

    def _begin(self, session: Session, said: Step) -> Instance:
        actor = office.actor_for(session, said["actor"])
        process = said.get("process", self.story.process)
        owner = deployed.process(session, definitions.latest(session, process).id)
        form = deployed.form(session, owner, owner.definition.start_node)
        answers = self._answers(session, form, said, actor)
        return instances.start(session, key=process, actor=actor, answers=answers)

    def _tell(self, session: Session, said: Step) -> None:
        actor = office.actor_for(session, said["actor"])
        if said["message"] == changes.MESSAGE:
            scope = session.get_one(Instance, self.matters[self._matter(said)]).scope_id or ""
            clue = session.get_one(registers.Clue, scope.removeprefix("clue:"))
            changes.tell(session, clue, actor=actor)
            return
        instances.message(session, said["message"], actor=actor, business_key=self._matter(said))

    def _standing(self, session: Session, step: Step) -> Sequence[Task]:
        """Return the open tasks at the step, whoever may see them."""
        matter = self._instance(session, step)
        open_tasks = session.scalars(
            select(Task).where(Task.instance_id == matter, Task.closed_at.is_(None))
        ).all()
        there = [task.element_id for task in open_tasks]
        assert step["task"] in there, f"{self.place}: open are {there}"
        return [task for task in open_tasks if task.element_id == step["task"]]

    def _offered(self, session: Session, actor: Actor, step: Step) -> Task:
        """Return the task at the step that is in the actor's inbox."""
        named = (
            task for task in self._standing(session, step) if step.get("of") in (None, *_of(session, task))
        )
        standing = {task.id for task in named}
        boxes = (tasks.listing(session, actor, box=box, limit=1000).rows for box in ("groups", "mine"))
        found = next((task for rows in boxes for task in rows if task.id in standing), None)
        assert found, f"{self.place}: it is in no inbox of {actor.id}"
        return found

    def _answers(
        self, session: Session, form: Form | None, step: Step, actor: Actor, known: Step | None = None
    ) -> dict[str, Any]:
        """Return what is sent: the story's answers, else what the form came filled with, else the usual."""
        assert form is not None, self.place
        filled = {key: value for key, value in (known or {}).items() if value != []}
        said = {**self.story.usual.get(form.id, {}), **filled, **(step.get("answers") or {})}
        fields = {part.key: part for part in form.fields}
        return {
            key: self._answer(session, fields.get(key), words.plain(value, self.now), actor)
            for key, value in said.items()
            if value is not None
        }

    def _answer(self, session: Session, part: Field | None, value: Any, actor: Actor) -> Any:
        """Return one answer; of a file picker, references to files of these names."""
        self.narratives.update(words.narratives(part, value))
        if part is None or part.type != "filepicker":
            return value
        return [
            uploads.keep(session, login=actor.id, filename=name, content=f"文件：{name}".encode()).id
            for name in value
        ]


def _texts(session: Session, column: Any) -> Iterator[str]:
    for value in session.scalars(select(column).where(column.is_not(None))):
        yield value if isinstance(value, str) else orjson.dumps(value).decode()


def _stand_under(session: Session, code: str) -> None:
    """Let the office be a county's, say: its commission stands under another unit."""
    above = office.unit(session, code)
    for unit in session.scalars(select(office.Unit).where(office.Unit.path.contains("/JW/"))):
        unit.path = above.path + unit.path[unit.path.index("/JW/") + 1 :]


def _laid(session: Session) -> int:
    """Return how many clues have been laid in this house."""
    return session.scalar(select(func.count()).where(registers.Clue.transfer_no.startswith("YS-"))) or 0


def _wind_up(session: Session, process: str) -> None:
    """Let the calendar start the story's own process, from the story's beginning on."""
    for timer in session.scalars(select(Timer).where(Timer.kind == "start")):
        definition = session.get_one(ProcessDefinition, timer.definition_id)
        trigger = starting.trigger_of(session, definition, timer)
        following = starting.next_start(session, definition, trigger, clock.now())
        if definition.key == process and following is not None:
            timer.status, timer.due_at = "waiting", following


def _of(session: Session, task: Task) -> list[str]:
    """Return what tells a task from others of the same step: agency of a return, groups it is offered to, person."""
    row = returns.return_of(session, task)
    named = select(TaskCandidate.name).where(TaskCandidate.task_id == task.id)
    return [*session.scalars(named), *([row.agency_code] if row else []), task.subject or ""]


def _short(step: Step) -> str:
    return yaml.safe_dump(dict(step), allow_unicode=True, default_flow_style=True, width=1000).strip()[:200]
