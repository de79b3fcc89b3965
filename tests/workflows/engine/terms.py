"""Block-structured processes, drawn as BPMN, and what they mean without any diagram.

The meaning is that of nested blocks: what is open is a tree of half-done blocks. It knows no tokens, flows,
gateways or joins, so that it cannot share a mistake with the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from tests.workflows.engine.diagrams import flows, nodes, script, sub, timer, user


@dataclass
class Scope:
    """What goes on inside a process or subprocess: a main path, and side tasks of reminders."""

    main: Live | None = None
    sides: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return self.main is None and not self.sides

    def opens(self) -> Iterator[str]:
        yield from self.main.opens() if self.main else ()
        yield from self.sides

    def complete(self, task: str, now: datetime) -> bool:
        if self.main is not None and task in self.main.opens():
            self.main = self.main.complete(task, self, now)
            return True
        if task in self.sides:
            self.sides.remove(task)
            return True
        return False


# -- drawn --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    id: str

    def draw(self) -> tuple[str, str, str]:
        return user(self.id), self.id, self.id

    def begin(self, scope: Scope, now: datetime) -> Live | None:
        return LiveTask(self.id)


@dataclass(frozen=True)
class Seq:
    id: str
    parts: tuple[Term, ...]

    def draw(self) -> tuple[str, str, str]:
        drawn = [part.draw() for part in self.parts]
        links = [f"{before[2]} > {after[1]}" for before, after in pairwise(drawn)]
        return "".join(d[0] for d in drawn) + flows(*links), drawn[0][1], drawn[-1][2]

    def begin(self, scope: Scope, now: datetime) -> Live | None:
        return _go_on(self.parts, scope, now)


@dataclass(frozen=True)
class Choice:
    """An exclusive gateway; `taken` is what its variable says."""

    id: str
    ways: tuple[Term | None, ...]
    taken: int

    def draw(self) -> tuple[str, str, str]:
        first, last = f"{self.id}_split", f"{self.id}_merge"
        drawn = f'<exclusiveGateway id="{first}" default="{first}_{_head(self.ways[-1], last)}"/>'
        drawn += nodes("exclusiveGateway", last)
        for index, way in enumerate(self.ways):
            condition = "" if index == len(self.ways) - 1 else f" | ${{{self.id} == {index}}}"
            if way is None:
                drawn += flows(f"{first} > {last}{condition}")
                continue
            xml, head, tail = way.draw()
            drawn += xml + flows(f"{first} > {head}{condition}", f"{tail} > {last}")
        return drawn, first, last

    def begin(self, scope: Scope, now: datetime) -> Live | None:
        way = self.ways[self.taken]
        return way.begin(scope, now) if way else None


@dataclass(frozen=True)
class Together:
    """A parallel or inclusive block; `taken` are the branches that go (all of a parallel one)."""

    id: str
    branches: tuple[Term, ...]
    taken: tuple[int, ...]
    inclusive: bool

    def draw(self) -> tuple[str, str, str]:
        first, last = f"{self.id}_fork", f"{self.id}_join"
        drawn = nodes("inclusiveGateway" if self.inclusive else "parallelGateway", first, last)
        for index, branch in enumerate(self.branches):
            condition = f" | ${{{index} in {self.id}}}" if self.inclusive else ""
            xml, head, tail = branch.draw()
            drawn += xml + flows(f"{first} > {head}{condition}", f"{tail} > {last}")
        return drawn, first, last

    def begin(self, scope: Scope, now: datetime) -> Live | None:
        begun = [self.branches[index].begin(scope, now) for index in self.taken]
        return _together([live for live in begun if live])


@dataclass(frozen=True)
class Repeat:
    """A loop back, so many times."""

    id: str
    body: Term
    times: int

    def draw(self) -> tuple[str, str, str]:
        zero, back, count, again = (f"{self.id}_{part}" for part in ("zero", "back", "count", "again"))
        xml, head, tail = self.body.draw()
        xml += script(zero, f"{self.id} = 0") + script(count, f"{self.id} = {self.id} + 1")
        xml += (
            f'<exclusiveGateway id="{again}"/>'
            + nodes("exclusiveGateway", back)
            + nodes("task", f"{self.id}_out")
        )
        xml += flows(f"{zero} > {back} > {head}", f"{tail} > {count} > {again}")
        xml += flows(f"{again} > {back} | ${{{self.id} < {self.times}}}")
        xml += flows(f"{again} > {self.id}_out | ${{{self.id} >= {self.times}}}")
        return xml, zero, f"{self.id}_out"

    def begin(self, scope: Scope, now: datetime) -> Live | None:
        return _go_on((self.body,) * self.times, scope, now)


@dataclass(frozen=True)
class Box:
    """An embedded subprocess."""

    id: str
    body: Term

    def draw(self) -> tuple[str, str, str]:
        xml, head, tail = self.body.draw()
        ends = nodes("startEvent", f"{self.id}_first") + nodes("endEvent", f"{self.id}_last")
        return (
            sub(self.id, ends, xml, flows(f"{self.id}_first > {head}", f"{tail} > {self.id}_last")),
            self.id,
            self.id,
        )

    def begin(self, scope: Scope, now: datetime) -> Live | None:
        inner = Scope()
        inner.main = self.body.begin(inner, now)
        return None if inner.done else LiveBox(inner)


@dataclass(frozen=True)
class Each:
    """A multi-instance user task."""

    id: str
    count: int
    sequential: bool

    def draw(self) -> tuple[str, str, str]:
        order = "true" if self.sequential else "false"
        loop = f'<multiInstanceLoopCharacteristics isSequential="{order}"><loopCardinality>{self.count}'
        return user(self.id, f"{loop}</loopCardinality></multiInstanceLoopCharacteristics>"), self.id, self.id

    def begin(self, scope: Scope, now: datetime) -> Live | None:
        tasks = tuple(Task(self.id) for _ in range(self.count))
        if self.sequential:
            return _go_on(tasks, scope, now)
        return _together([LiveTask(task.id) for task in tasks])


@dataclass(frozen=True)
class Timed:
    """A task or subprocess with a timer on it: it turns to `instead`, or a reminder goes beside."""

    id: str
    body: Task | Box | Each
    minutes: int
    instead: Term | None

    def draw(self) -> tuple[str, str, str]:
        xml, host, _ = self.body.draw()
        bell, out = f"{self.id}_bell", f"{self.id}_out"
        xml += timer(bell, f"PT{self.minutes}M", on=host, cancel=self.instead is not None)
        xml += nodes("exclusiveGateway", out) + flows(f"{host} > {out}")
        if self.instead is None:
            return xml + user(f"{self.id}_side") + flows(f"{bell} > {self.id}_side"), host, out
        other, head, tail = self.instead.draw()
        return xml + other + flows(f"{bell} > {head}", f"{tail} > {out}"), host, out

    def begin(self, scope: Scope, now: datetime) -> Live | None:
        inner = self.body.begin(scope, now)
        return LiveTimed(self, inner, now + timedelta(minutes=self.minutes)) if inner else None


Term = Task | Seq | Choice | Together | Repeat | Box | Each | Timed


def _head(term: Term | None, otherwise: str) -> str:
    return term.draw()[1] if term else otherwise


# -- alive --------------------------------------------------------------------------------------------


class Live:
    """A block half done; acting on it gives what is left of it, None when it is done."""

    def opens(self) -> list[str]:
        raise NotImplementedError

    def timers(self) -> list[LiveTimed]:
        return []

    def complete(self, task: str, scope: Scope, now: datetime) -> Live | None:
        raise NotImplementedError

    def strike(self, struck: LiveTimed, scope: Scope, now: datetime) -> Live | None:
        return self


@dataclass
class LiveTask(Live):
    id: str

    def opens(self) -> list[str]:
        return [self.id]

    def complete(self, task: str, scope: Scope, now: datetime) -> Live | None:
        return None


@dataclass
class LiveSeq(Live):
    current: Live
    rest: tuple[Term, ...]

    def opens(self) -> list[str]:
        return self.current.opens()

    def timers(self) -> list[LiveTimed]:
        return self.current.timers()

    def complete(self, task: str, scope: Scope, now: datetime) -> Live | None:
        return self._after(self.current.complete(task, scope, now), scope, now)

    def strike(self, struck: LiveTimed, scope: Scope, now: datetime) -> Live | None:
        return self._after(self.current.strike(struck, scope, now), scope, now)

    def _after(self, left: Live | None, scope: Scope, now: datetime) -> Live | None:
        return LiveSeq(left, self.rest) if left else _go_on(self.rest, scope, now)


@dataclass
class LiveTogether(Live):
    parts: list[Live]

    def opens(self) -> list[str]:
        return [task for part in self.parts for task in part.opens()]

    def timers(self) -> list[LiveTimed]:
        return [timer for part in self.parts for timer in part.timers()]

    def complete(self, task: str, scope: Scope, now: datetime) -> Live | None:
        index = next(i for i, part in enumerate(self.parts) if task in part.opens())
        left = self.parts[index].complete(task, scope, now)
        return _together([*self.parts[:index], *([left] if left else []), *self.parts[index + 1 :]])

    def strike(self, struck: LiveTimed, scope: Scope, now: datetime) -> Live | None:
        left = [
            part.strike(struck, scope, now) if any(t is struck for t in part.timers()) else part
            for part in self.parts
        ]
        return _together([part for part in left if part])


@dataclass
class LiveBox(Live):
    inner: Scope

    def opens(self) -> list[str]:
        return list(self.inner.opens())

    def timers(self) -> list[LiveTimed]:
        return self.inner.main.timers() if self.inner.main else []

    def complete(self, task: str, scope: Scope, now: datetime) -> Live | None:
        self.inner.complete(task, now)
        return None if self.inner.done else self

    def strike(self, struck: LiveTimed, scope: Scope, now: datetime) -> Live | None:
        if self.inner.main is not None:
            self.inner.main = self.inner.main.strike(struck, self.inner, now)
        return None if self.inner.done else self


@dataclass
class LiveTimed(Live):
    term: Timed
    inner: Live
    due: datetime
    spent: bool = False

    def opens(self) -> list[str]:
        return self.inner.opens()

    def timers(self) -> list[LiveTimed]:
        return [*([] if self.spent else [self]), *self.inner.timers()]

    def complete(self, task: str, scope: Scope, now: datetime) -> Live | None:
        return self._after(self.inner.complete(task, scope, now))

    def strike(self, struck: LiveTimed, scope: Scope, now: datetime) -> Live | None:
        if struck is not self:
            return self._after(self.inner.strike(struck, scope, now))
        if self.term.instead is not None:
            return self.term.instead.begin(scope, now)
        scope.sides.append(f"{self.term.id}_side")
        self.spent = True
        return self

    def _after(self, left: Live | None) -> Live | None:
        if left is None:
            return None
        self.inner = left
        return self


def _go_on(parts: tuple[Term, ...], scope: Scope, now: datetime) -> Live | None:
    for index, part in enumerate(parts):
        live = part.begin(scope, now)
        if live:
            return LiveSeq(live, parts[index + 1 :])
    return None


def _together(parts: list[Live]) -> Live | None:
    return LiveTogether(parts) if parts else None


# -- the whole ----------------------------------------------------------------------------------------


class Reference:
    """The process as it should go."""

    def __init__(self, term: Term, now: datetime) -> None:
        self.now = now
        self.scope = Scope()
        self.scope.main = term.begin(self.scope, now)

    def opens(self) -> list[str]:
        return sorted(self.scope.opens())

    def timers(self) -> list[tuple[datetime, str]]:
        armed = self.scope.main.timers() if self.scope.main else []
        return sorted((timer.due, f"{timer.term.id}_bell") for timer in armed)

    def move(self, now: datetime) -> None:
        """Let time pass: what is due strikes once, in order, of two at one instant the outer first."""
        self.now = now
        while self.scope.main is not None:
            due = [timer for timer in self.scope.main.timers() if timer.due <= now]
            if not due:
                break
            first = min(due, key=lambda timer: timer.due)
            self.scope.main = self.scope.main.strike(first, self.scope, now)

    def complete(self, task: str) -> None:
        assert self.scope.complete(task, self.now)


def file_body(term: Term) -> str:
    """Return the inside of a process that goes through `term`."""
    xml, head, tail = term.draw()
    return nodes("startEvent", "s") + nodes("endEvent", "e") + xml + flows(f"s > {head}", f"{tail} > e")


def variables(term: Term | None) -> dict[str, object]:
    """Return the variables that make the choices of `term`."""
    found: dict[str, object] = {}
    todo: list[Term | None] = [term]
    while todo:
        part = todo.pop()
        if isinstance(part, Choice):
            found[part.id] = part.taken
            todo.extend(part.ways)
        elif isinstance(part, Together):
            found[part.id] = list(part.taken)
            todo.extend(part.branches)
        elif isinstance(part, Seq):
            todo.extend(part.parts)
        elif isinstance(part, Repeat | Box):
            todo.append(part.body)
        elif isinstance(part, Timed):
            todo.extend((part.body, part.instead))
    return found
