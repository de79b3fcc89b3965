"""The history of the demo's matters, played through the engine under a held clock.

Nothing is inserted that the office would not have done: bureaus send lists, which are imported; people
claim and complete their tasks on working days, some late; timers fire at their instants, ladders included.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import clue_import, office
from handlers.registers import Clue, ClueHandler, ClueSubject
from server.demo import reporters
from server.demo.answers import answer_to, knows, request_for_time
from server.demo.case_answers import CASE
from server.demo.fates import Fate, fates
from server.demo.periods import Returns
from server.demo.scene import Scene
from server.demo.transfers import BUREAUS, Bureau, Traits, write_list
from workflows import calendar, clock, instances, jobs, persistence, tasks, timers
from workflows.actor import Actor
from workflows.calendar import WorkDays
from workflows.errors import Conflict, InvalidInput
from workflows.model import Instance, Job, Task, TaskCandidate, Timer

Say = Callable[[str], object]

#: Working days that a step takes: at least, at most.
TAKES = {
    "a1_fix": (1, 3),
    "a3_accept": (1, 3),
    "a3_sign": (0, 2),
    "a3_split": (0, 1),
    "a4": (1, 2),
    "a4_sign": (1, 3),
    "a4_meet": (3, 7),
    "a5_tell": (2, 7),
    "a7": (0, 1),
    "a9": (6, 11),
    "x6_order": (0, 1),
    "x6_letter": (1, 4),
    "x6_tell": (1, 5),
    "b_report": (2, 6),
    "e_approve": (1, 2),
    "e_told": (1, 2),
    "a10_a2": (1, 2),
    "a10_a3": (1, 2),
    "a10_a4": (1, 2),
    "a10_a5": (2, 3),
    "a11": (1, 2),
    "b3t": (3, 8),
    "b4": (3, 8),
    "deliver": (0, 2),
    "b5": (20, 40),
    "c1": (1, 3),
    "c2": (8, 15),
    "c3": (2, 4),
    "c6": (1, 3),
    "c7": (5, 9),
    "c8": (1, 2),
    "c9": (2, 4),
    "c11": (3, 6),
    "c12": (2, 4),
    "e2": (1, 3),
    "e3": (1, 3),
    "a12": (1, 2),
    "a13": (3, 6),
    "a13_joined": (2, 5),
    "a13_tell": (3, 6),
    "a13_check": (3, 9),
}
#: Steps whose forms name who handles the clue, and what a second person signs after.
PLANNED = frozenset({"b1", "c1", "c6", "hold_meeting"})
SIGNED = ("b3t", "c5", "c11")
#: Stages of clues that a later one may repeat.
HERE = ("registered", "distributing", "studying", "approving", "talk", "verification", "held", "concluded")
#: Those that will not be sent away before what is proposed to be joined to them is approved.
SETTLED = ("talk", "verification", "held", "concluded")
#: Of what is joined and told already, or has to wait for long.
REPEATED = {"a13_joined": ("concluded", "fed_back"), "m_original": ("held",)}
#: Of its own, so that returns change nothing in how the matters go.
SEED_OF_RETURNS = 14
#: Nobody does anything before and after.
OPENING, CLOSING = time(9, 0), time(17, 30)
#: One step in so many is done late.
LATE = 20
#: Bureaus write often or rarely.
_WEIGHTS = (10, 7, 5, 4, 3, 3, 3, 2, 2, 2, 2, 1, 2, 1)


@dataclass
class Matter:
    """One clue as the story follows it."""

    instance_id: str
    fate: Fate
    seen: set[str] = field(default_factory=set)  #: tasks that somebody has planned, or leaves alone
    done: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)  #: messages that came


class Story:
    """Plays the matters' history up to the present; everything happens in the session given."""

    def __init__(self, session: Session, chance: Random, planned: Iterable[Fate] | None = None) -> None:
        self._session = session
        self._chance = chance
        self._planned = list(fates(chance) if planned is None else planned)
        self._whole = planned is None  #: the whole demo, with its return periods
        self._now = clock.now()
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._actors: dict[str, Actor] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        self._matters: dict[str, Matter] = {}
        self._beside: dict[str, Matter] = {}  #: other processes of these matters

    def play(self, say: Say) -> int:
        """Return how many matters there are, each come as far as its fate and the present allow."""
        self._send_lists()
        if self._whole:
            Returns(self._session, Random(SEED_OF_RETURNS), self._plan, self._actor).begin(_day(self._now))
        said = 0
        while self._queue:
            at, _, act = heapq.heappop(self._queue)
            if at > self._now:
                break
            self._pass_time(at)
            with clock.held_at(at):
                act()
                self._run_jobs()
            self._session.expunge_all()
            if len(self._matters) - said >= 50:
                said = len(self._matters)
                say(f"  {said} matters, {at:%Y-%m-%d} …")
        self._pass_time(self._now)
        return len(self._matters)

    # --- what bureaus do

    def _send_lists(self) -> None:
        """Plan the lists: what is sent by one bureau on one day stands in one list."""
        sent: dict[tuple[int, date, bool], list[Fate]] = defaultdict(list)
        for fate in self._planned:
            # Old ones came in batches, a list in ten days; the recent ones as they came.
            age = fate.age if fate.age < 20 else fate.age // 10 * 10
            day = self._work_day(_day(self._now) - timedelta(days=age))
            bureau = self._chance.choices(range(len(BUREAUS)), weights=_WEIGHTS)[0]
            sent[bureau, day, bool(fate.source)].append(fate)
        for (number, day, _), together in sorted(sent.items(), key=lambda item: item[0]):
            at = self._clock_time(day, 9, 11)
            if at > self._now:
                at = self._now - timedelta(minutes=self._chance.randint(20, 90))
            self._plan(at, partial(self._send, BUREAUS[number], tuple(together)))

    def _send(self, bureau: Bureau, together: Sequence[Fate]) -> None:
        by_intake = bool(together[0].source) or self._chance.random() < 0.08
        source = self._chance.choice(("来信", "来访", "网络")) if by_intake else ""
        traits = [Traits(major=f.major, named=f.named, source=f.source or source) for f in together]
        data = write_list(bureau, _day(clock.now()), traits, self._chance)
        outcome = clue_import.import_clues(
            self._unit_of_work,
            data,
            f"{bureau.name}问题线索移送清单.xlsx",
            actor=self._actor("intake") if by_intake else self._agency(bureau),
        )
        if outcome.problems:
            raise InvalidInput("; ".join(clue_import.explain(problem, "en") for problem in outcome.problems))
        for row, number in outcome.started:
            found = self._session.scalars(select(Instance.id).where(Instance.business_key == number)).one()
            self._matters[found] = Matter(found, together[row - 2])
            if by_intake and together[row - 2].named:
                reporters.seal(self._session, found)
            self._look(found)

    def _agency(self, bureau: Bureau) -> Actor:
        return self._actor(self._people(f"agency_clerk@{bureau.code}")[0])

    # --- what the office does

    def _look(self, instance_id: str) -> None:
        """Plan what becomes of the matter's new tasks."""
        matter = self._beside.get(instance_id) or self._matters[instance_id]
        waiting = select(Task).where(Task.instance_id == instance_id, Task.closed_at.is_(None))
        for task in self._session.scalars(waiting.order_by(Task.created_at, Task.element_id, Task.assignee)):
            if task.id in matter.seen:
                continue
            matter.seen.add(task.id)
            if task.element_id == "b_report" and not self._concluded(task):
                matter.seen.remove(task.id)
                continue
            if not knows(task.element_id):
                continue
            if self._left_alone(matter, task):
                if self._chance.random() < 0.4:
                    self._plan(self._soon(0, 1), partial(self._claim, task.id))
                continue
            self._plan(self._soon(*self._takes(task)), partial(self._complete, matter, task.id))
            if task.element_id == "a9":
                self._interrupt(matter)
                self._plan_extension(matter, task)

    def _left_alone(self, matter: Matter, task: Task) -> bool:
        turned = matter.fate.detours and not self._has_turned(matter)
        return task.element_id == matter.fate.stop and not turned

    def _has_turned(self, matter: Matter) -> bool:
        """Whether the detour that leads back to the fate's stop has been taken."""
        came_by = {
            "redistribute": "a8",
            "recusal": "a8_sign",
            "a10_a2_return": "a10_a2",
            "withdrawn": "a5",
            "extension": "",
        }
        if matter.instance_id in self._beside:
            return True
        return all(
            matter.done[came_by.get(detour, "a3")]
            for detour in matter.fate.detours
            if came_by.get(detour) != ""
        )

    def _takes(self, task: Task) -> tuple[int, int]:
        least, most = TAKES.get(task.element_id, (0, 0))
        return (least * 2 + 2, most * 2 + 2) if self._chance.randrange(LATE) == 0 else (least, most)

    def _claim(self, task_id: str) -> None:
        task = self._session.get_one(Task, task_id)
        if task.closed_at is None and task.assignee is None:
            tasks.claim(self._session, task_id, actor=self._somebody(task))

    def _complete(self, matter: Matter, task_id: str) -> None:
        task = self._session.get_one(Task, task_id)
        if task.closed_at is not None:
            return
        actor, element_id = self._somebody(task), task.element_id
        answers = answer_to(element_id)(self._scene(matter, task))
        if element_id in CASE:
            _form, known = tasks.form(self._session, task_id, actor=actor)
            answers = {**{key: value for key, value in known.items() if value not in (None, [])}, **answers}
        if self._chance.random() < 0.2:
            tasks.claim(self._session, task_id, actor=actor)
        tasks.complete(self._session, task_id, actor=actor, answers=answers)
        matter.done[element_id] += 1
        self._look(matter.instance_id)
        if element_id == "a13":
            self._look_beside(matter)
        if element_id == "a11" and "reopen" in matter.fate.detours:
            self._plan(self._soon(15, 25), partial(self._tell, matter, "clue_reopen"))

    def _look_beside(self, matter: Matter) -> None:
        """Look at the other processes of a matter that has come to its end."""
        scope = self._session.get_one(Instance, matter.instance_id).scope_id
        others = select(Instance.id).where(Instance.scope_id == scope, Instance.id.in_(self._beside))
        for instance_id in self._session.scalars(others).all():
            self._look(instance_id)

    def _interrupt(self, matter: Matter) -> None:
        for detour, message in (
            ("withdrawn", "clue_withdrawn"),
            ("jurisdiction", "clue_jurisdiction_changed"),
        ):
            if detour in matter.fate.detours and message not in matter.told:
                matter.told.add(message)
                self._plan(self._soon(1, 3), partial(self._tell, matter, message))

    def _plan_extension(self, matter: Matter, task: Task) -> None:
        if "extension" in matter.fate.detours and "extension" not in matter.told:
            matter.told.add("extension")
            self._plan(self._soon(2, 5), partial(self._ask_for_time, matter, self._scope(task)))

    def _ask_for_time(self, matter: Matter, clue_id: str) -> None:
        clue = self._session.get_one(Clue, clue_id)
        assigned = select(ClueHandler.login).where(
            ClueHandler.clue_id == clue_id, ClueHandler.ended_at.is_(None)
        )
        login = self._session.scalars(assigned.order_by(ClueHandler.id)).first()
        if clue.clue_no and login:
            answers = {"number": clue.clue_no, **request_for_time()}
            asked = instances.start(self._session, key="extension", actor=self._actor(login), answers=answers)
            self._follow(asked, matter.fate)

    def _concluded(self, task: Task) -> bool:
        return self._session.get_one(Clue, self._scope(task)).concluded_at is not None

    def _scope(self, task: Task | Instance) -> str:
        return (task.scope_id or "").removeprefix("clue:")

    def _run_jobs(self) -> None:
        """Do what was left to transactions of their own, and follow the processes that it began."""
        while waiting := jobs.due(self._session):
            for job_id in waiting:
                jobs.run(self._session, job_id)
                self._meet(self._session.get_one(Job, job_id).instance_id)

    def _meet(self, instance_id: str | None) -> None:
        """Look at what a job has moved or begun."""
        moved = self._session.get(Instance, instance_id) if instance_id else None
        if moved is None or not (moved.scope_id or "").startswith("clue:"):
            return
        if moved.definition_key != clue_import.PROCESS:
            self._follow(moved, self._fate_of(moved))
            return
        if moved.id not in self._matters:
            self._matters[moved.id] = Matter(moved.id, self._fate_of(moved))
        self._look(moved.id)

    def _fate_of(self, instance: Instance) -> Fate:
        """Return the fate of the matter, or of the one that it was split from."""
        clue = self._session.get_one(Clue, self._scope(instance))
        scopes = [clue.scope_id, f"clue:{clue.split_from}"]
        known = select(Instance.id).where(
            Instance.scope_id.in_(scopes), Instance.definition_key == clue_import.PROCESS
        )
        return next(self._matters[one].fate for one in self._session.scalars(known) if one in self._matters)

    def _follow(self, instance: Instance, fate: Fate) -> None:
        """Follow a process that belongs to a matter already known."""
        self._beside.setdefault(instance.id, Matter(instance.id, fate))
        self._look(instance.id)

    def _tell(self, matter: Matter, message: str) -> None:
        clerk = self._actor("clerk")
        instances.message(self._session, message, actor=clerk, instance_id=matter.instance_id)
        self._look(matter.instance_id)

    def _scene(self, matter: Matter, task: Task) -> Scene:
        clue = self._session.get_one(Clue, (task.scope_id or "").removeprefix("clue:"))
        return Scene(
            fate=matter.fate,
            day=_day(clock.now()),
            chance=self._chance,
            times=matter.done[task.element_id],
            proposed=self._proposed(task) if task.element_id == "a7" else "",
            office=self._assigned(clue) if task.element_id in PLANNED else self._handlers(matter, clue),
            subjects=self._subjects(clue),
            after=frozenset(matter.done),
            earlier=self._earlier(matter, clue),
        )

    def _proposed(self, task: Task) -> str:
        instance = self._session.get_one(Instance, task.instance_id)
        return str(persistence.variables(self._session, instance)["to_office"])

    def _handlers(self, matter: Matter, clue: Clue) -> tuple[str, ...]:
        """Return the handling office's handlers, without who has recused himself."""
        if clue.office_code is None:
            return ()
        recused = select(ClueHandler.login).where(ClueHandler.clue_id == clue.id, ClueHandler.recused)
        out = set(self._session.scalars(recused)) if "recusal" in matter.fate.detours else set()
        return tuple(login for login in self._people(f"handler@{clue.office_code}") if login not in out)

    def _assigned(self, clue: Clue) -> tuple[str, ...]:
        """Return who handles the clue."""
        rows = select(ClueHandler.login).where(
            ClueHandler.clue_id == clue.id, ClueHandler.ended_at.is_(None), ClueHandler.recused.is_(False)
        )
        return tuple(self._session.scalars(rows.order_by(ClueHandler.id)))

    def _subjects(self, clue: Clue) -> tuple[str, ...]:
        rows = select(ClueSubject.id).where(ClueSubject.clue_id == clue.id).order_by(ClueSubject.id)
        return tuple(str(number) for number in self._session.scalars(rows))

    def _earlier(self, matter: Matter, clue: Clue) -> str:
        """Return the number of an earlier clue that this one may repeat, where its fate wants one."""
        if matter.fate.way != "JN" and matter.fate.duplicate == "none":
            return ""
        stages = SETTLED if matter.fate.way == "JN" else HERE
        others = select(Clue.clue_no).where(
            Clue.id != clue.id,
            Clue.clue_no.is_not(None),
            Clue.duplicate_of.is_(None),
            Clue.stage.in_(REPEATED.get(matter.fate.stop, stages)),
        )
        return self._session.scalar(others.order_by(Clue.clue_no.desc()).limit(1)) or ""

    def _somebody(self, task: Task) -> Actor:
        """Return one of those who may do the task."""
        if task.assignee:
            return self._actor(task.assignee)
        named = select(TaskCandidate).where(TaskCandidate.task_id == task.id)
        logins: set[str] = set()
        for row in self._session.scalars(named):
            logins.update([row.name] if row.kind == "user" else self._people(row.name))
        if task.element_id == "sign_second":
            logins -= self._signed(task)
        if not logins:
            raise Conflict(f"Nobody may do {task.element_id}.")
        return self._actor(self._chance.choice(sorted(logins)))

    def _signed(self, task: Task) -> set[str]:
        """Return who has signed already what the task asks a second person to sign."""
        signed = select(Task.closed_by).where(
            Task.instance_id == task.instance_id, Task.element_id.in_(SIGNED), Task.closed_by.is_not(None)
        )
        return {login for login in self._session.scalars(signed) if login}

    # --- time

    def _pass_time(self, until: datetime) -> None:
        """Fire every timer that is due up to an instant, each at its own."""
        while (due_at := timers.next_due_at(self._session)) is not None and due_at <= until:
            with clock.held_at(due_at):
                due = timers.due(self._session)
                moving = select(Timer.instance_id).where(Timer.id.in_(due), Timer.kind == "engine")
                moved = self._session.scalars(moving).all()
                for timer_id in due:
                    timers.fire(self._session, timer_id)
                for instance_id in moved:
                    if instance_id in self._matters:
                        self._look(instance_id)
                self._run_jobs()
            self._session.expunge_all()

    def _plan(self, at: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (at, next(self._order), act))

    def _soon(self, least: int, most: int) -> datetime:
        """Return an instant in working hours: within the next two, or some working days from now."""
        now = clock.now().astimezone(clock.office_zone())
        days = self._chance.randint(least, most)
        at = now + timedelta(minutes=self._chance.randint(20, 120))
        if not days and WorkDays.official().is_working(now.date()) and OPENING < at.time() < CLOSING:
            return at
        day = calendar.add_working_days(now.date(), max(days, 1), WorkDays.official())
        return self._clock_time(day, 9, 17 if days else 10)

    def _clock_time(self, day: date, first: int, last: int) -> datetime:
        minute = self._chance.randrange(first * 60, last * 60)
        return datetime.combine(day, time(minute // 60, minute % 60), clock.office_zone())

    def _work_day(self, day: date) -> date:
        while not WorkDays.official().is_working(day):
            day -= timedelta(days=1)
        return day

    # --- who

    def _actor(self, login: str) -> Actor:
        if login not in self._actors:
            self._actors[login] = office.actor_for(self._session, login)
        return self._actors[login]

    def _people(self, group: str) -> tuple[str, ...]:
        # Nobody comes or goes in the story's time.
        if group not in self._groups:
            people = office.people_in(self._session, group)
            self._groups[group] = tuple(person.login for person in people if person.login)
        return self._groups[group]

    @contextmanager
    def _unit_of_work(self) -> Iterator[Session]:
        """Give the story's session: what fails inside leaves nothing."""
        with self._session.begin_nested():
            yield self._session


def _day(at: datetime) -> date:
    return clock.day_of(at)
