"""One process instance in memory: what a caller may do with it and see of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException

from workflows.engine import (
    calls,
    complex_gateway,
    continuations,
    correlation,
    cosigning,
    events,
    joins,
    listeners,
    modifying,
    moves,
    parking,
    scope,
    signers,
    state,
    withdrawing,
)
from workflows.engine import starts as starting
from workflows.engine.instance import Instance
from workflows.engine.migration import Migration
from workflows.engine.model import (
    BpmnError,
    Change,
    Continuation,
    DueTimer,
    Host,
    Moved,
    Node,
    OpenTask,
    Sent,
    Signer,
    Step,
    Subscription,
)
from workflows.engine.moving import HeldAt, move
from workflows.engine.reading import Definition
from workflows.engine.signers import AFTER
from workflows.engine.tokens import READY, STARTED, Token
from workflows.engine.triggers import Trigger
from workflows.errors import Conflict, DubanError, EngineFault, InvalidInput, NotFound
from workflows.expressions import template
from workflows.findings import Finding

#: What can go wrong inside without being told apart there; RecursionError is a RuntimeError.
_FAILURES = (
    DubanError,
    BpmnError,
    SpiffWorkflowException,
    ArithmeticError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Run:
    """A process instance, for one thread at a time. After an `EngineFault` it is spoilt: restore it again."""

    def __init__(self, definition: Definition, instance: Instance) -> None:
        self.definition = definition
        self._instance = instance
        self._fault: Exception | None = None

    # -- making one --------------------------------------------------------------------------------

    @classmethod
    def start(
        cls,
        definition: Definition,
        variables: Mapping[str, Any],
        host: Host,
        *,
        message: str | None = None,
        start_node: str | None = None,
        trigger: Trigger | None = None,
        library: calls.Library | None = None,
        pauses: bool = False,
    ) -> Run:
        """Return a new run, as far as it goes by itself.

        It begins at the start event named, at that of the message or trigger, else at the plain one. One that
        `pauses` stops, `unfinished`, where an act would take too long, and holds tokens at asynchronous
        continuations.
        """
        run = cls.prepare(
            definition,
            variables,
            host,
            message=message,
            start_node=start_node,
            trigger=trigger,
            library=library,
            pauses=pauses,
        )
        run.drain()
        return run

    @classmethod
    def prepare(
        cls,
        definition: Definition,
        variables: Mapping[str, Any],
        host: Host,
        *,
        message: str | None = None,
        start_node: str | None = None,
        trigger: Trigger | None = None,
        library: calls.Library | None = None,
        pauses: bool = False,
    ) -> Run:
        """Return a run that stands at its start event, not yet drained."""
        cleaned = scope.clean(variables)
        instance = Instance(definition.spec, host, library)
        instance.pauses = pauses
        first = starting.chosen(definition, message, start_node, trigger)
        root = instance.create(definition.spec.start, None, data=cleaned)
        root._set_state(STARTED)
        instance.task_tree = root
        run = cls(definition, instance)
        with run._acting():
            if message is not None:
                correlation.remember(root, message, cleaned)
            starting.begin(root, first)
        return run

    @classmethod
    def restore(
        cls,
        definition: Definition,
        dumped: bytes,
        host: Host,
        *,
        library: calls.Library | None = None,
        pauses: bool = False,
    ) -> Run:
        """Return the run that `dump` stored, not yet drained."""
        instance = state.load(dumped, definition, host, library)
        instance.pauses = pauses
        return cls(definition, instance)

    def on(
        self,
        migration: Migration,
        host: Host,
        *,
        held_at: HeldAt,
        library: calls.Library | None = None,
        pauses: bool = False,
    ) -> tuple[Run, list[Finding]]:
        """Return this run on another version of its definition, not drained, and what there is to say of it.

        With an error among the findings there is no safe move, and what is returned is not to be used; this run is
        not to be used in either case. `held_at` gives the host the instant at which something began.
        """
        self._check_sound()
        made, findings = move(migration, self._instance, host, library, held_at)
        made.pauses = pauses
        return Run(migration.target, made), findings

    def dump(self) -> bytes:
        """Return the state as bytes; raises `EngineFault` after a failure: no half step is stored."""
        self._check_sound()
        return state.dump(self._instance, self.definition)

    # -- acting ------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Fire what is due and go on until only people, time and others are waited for."""
        with self._acting():
            self._drain()

    def complete(
        self, task_id: str, variables: Mapping[str, Any], local: Mapping[str, Any] | None = None
    ) -> None:
        """Complete an open or external task with its answers; a timer that is due already goes first.

        What is `local` only the task's own output parameters see.
        """
        cleaned, own = scope.clean(variables), scope.clean(local or {})
        token = self._still_open(task_id)
        if parking.is_parked(token):
            raise Conflict("The task waits until others have signed.", code="parked")
        if cosigning.is_signer(token):
            raise Conflict("Who was added to a task signs it, and completes nothing.", code="signs_only")
        with self._acting():
            done = withdrawing.Completion(token) if token.task_spec.manual else None
            token.data.update(own)
            scope.assign(token, cleaned)
            if not cosigning.keep(token):
                token.complete()
            self._drain()
            if done is not None:
                done.remember()

    def throw(self, task_id: str, code: str, message: str, variables: Mapping[str, Any]) -> None:
        """Let an external task end in a business error, which the nearest error event around it catches.

        `EngineFault` (`uncaught_error`) where nothing does: nothing has happened then.
        """
        cleaned = scope.clean(variables)
        token = self._still_open(task_id)
        with self._acting():
            scope.assign(token, cleaned)
            if not self._instance.raise_error(token, code, message):
                told = f"The worker of '{token.task_spec.element}' reported '{code}', which nothing around catches."
                raise EngineFault(told, element=token.task_spec.element, code="uncaught_error")
            self._drain()

    def earlier(self, task_id: str) -> list[Node]:
        """Return the steps that an open task can be sent back to, those of its own scope first."""
        token = self._instance.tasks.get(task_id)
        if token is None:
            return []
        return [way.spec.node for way in moves.earlier(cosigning.task_of(token))]

    def around(self, task_id: str) -> list[Node]:
        """Return the steps that an open task can jump to, those of its own scope first."""
        token = self._instance.tasks.get(task_id)
        if token is None:
            return []
        return list(
            {way.spec.element: way.spec.node for way in moves.anywhere(cosigning.task_of(token))}.values()
        )

    def look(self, task_id: str, node_id: str, *, back: bool) -> Moved:
        """Return what a jump, or a send-back, would come to, as the run stands; nothing is moved, raises as they do."""
        self._check_sound()
        token = self._instance.tasks.get(task_id)
        if token is None or not _waits_for_somebody(token):
            raise Conflict("The task is no longer open.", code="task_closed")
        token = cosigning.task_of(token)
        return (moves.back(token, node_id, straight=False) if back else moves.jump(token, node_id)).told

    def send_back(self, task_id: str, node_id: str, *, straight: bool = False) -> Moved:
        """Send an open task back to a step that was done before it, in its scope or one around it.

        Everything behind that step is done again; `straight`, the token comes back here as soon as it is done. A timer
        that is due already goes first. `InvalidInput` (`step`) if it is no such step, `Conflict` (`unsafe`) with
        findings where the instance could not go on to its end.
        """
        return self._move(task_id, lambda token: moves.back(token, node_id, straight=straight))

    def jump(self, task_id: str, node_id: str) -> Moved:
        """Put the token of an open task on any step of its scope or one around it; raises as `send_back` does."""
        return self._move(task_id, lambda token: moves.jump(token, node_id))

    def skip(self, task_id: str) -> None:
        """Leave an open task as if it were done, without answers; `Conflict` (`not_skippable`) where that is not drawn.

        `EngineFault` where a condition or a parameter behind it misses an answer: nothing has happened then.
        """
        token = self._still_open(task_id)
        if str(token.task_spec.node.attributes.get("properties", {}).get("skippable")).lower() != "true":
            raise Conflict(
                f"'{token.task_spec.element}' is no step that may be skipped.", code="not_skippable"
            )
        if parking.is_parked(token) or cosigning.is_signer(token):
            raise Conflict("The task waits until others have signed.", code="parked")
        with self._acting():
            done = withdrawing.Completion(token)
            token.complete()
            self._drain()
            done.remember()

    def came_of(self, task_id: str) -> frozenset[str]:
        """Return the ids of what came of a completed task; `Conflict` (`done_since`, `irrevocable`) as in `withdraw`."""
        return frozenset(withdrawing.open_in(withdrawing.came_of(self._instance, task_id)))

    def withdraw(self, task_id: str) -> Moved:
        """Take the completion of a task back: what came of it goes, and its step begins again.

        `Conflict` (`done_since`) once something was done with that, (`irrevocable`, naming the element) where something
        ran on the way that cannot be undone, or other tokens went on together with it.
        """
        self._check_sound()
        with self._acting():
            self._drain()
        return self._go(withdrawing.plan(self._instance, task_id))

    def modify(self, changes: Sequence[Change]) -> None:
        """Take tokens away and put others, all at once; a run without any is cancelled then.

        `InvalidInput` (`change`) for what makes no sense, `Conflict` (`unsafe`) as in `send_back`. Nothing goes along.
        """
        self._check_sound()
        with self._acting():
            self._drain()
        made = modifying.plan(self._instance, changes)
        with self._acting():
            modifying.go(self._instance, made)
            self._drain()

    def _move(self, task_id: str, plan: Callable[[Token], moves.Move]) -> Moved:
        return self._go(plan(cosigning.task_of(self._still_open(task_id))))

    def _go(self, move: moves.Move) -> Moved:
        with self._acting():
            moves.go(self._instance, move)
            self._drain()
        return move.told

    def signers(self, task_id: str) -> list[Signer]:
        """Return who signs the step that a task is a signature of, else who was added to the task; `NotFound`."""
        self._check_sound()
        token = self._instance.tasks.get(task_id)
        if token is None:
            raise NotFound(f"The run has no open task '{task_id}'.", code="task")
        token = cosigning.task_of(token)
        return list(_signing(token).signers(token))

    def add_signers(
        self, task_id: str, items: Sequence[Any], *, place: str = AFTER, by: str | None = None
    ) -> list[int]:
        """Let more sign the step that an open task is a signature of, for these items; returns their numbers.

        Where all sign at once they begin at once; in a sequence `before` the task, `after` it, or `last`. To a task
        that one person does logins are added, `before` or `after` him. A timer that is due already goes first.
        `InvalidInput`, `Conflict` (`signs_already`).
        """
        token = self._still_open(task_id)
        signing = _signing(token)
        new = signing.additions(token, items, place)
        with self._acting():
            numbers = signing.add(token, new, place, by)
            self._drain()
        return numbers

    def signer_named(self, task_id: str, item: Any) -> str:
        """Return the user who would sign for an item; `InvalidInput` where the step names nobody."""
        token = self._still_open(task_id)
        return signers.who(token, item) if signers.is_listed(token) else str(item)

    def remove_signer(self, task_id: str, index: int) -> None:
        """Let one who has not signed sign no more; the step is judged anew. `Conflict`: `signed`, `last_signer`."""
        token = cosigning.task_of(self._still_open(task_id))
        signing = _signing(token)
        signing.check_removal(token, index)
        with self._acting():
            signing.remove(token, index)
            self._drain()

    def sign(self, task_id: str) -> None:
        """Count the signature of somebody who was added to a task; `Conflict` (`completes`) for any other task."""
        token = self._still_open(task_id)
        if not cosigning.is_signer(token):
            raise Conflict("The task is not signed for another: complete it.", code="completes")
        with self._acting():
            cosigning.sign(token)
            self._drain()

    def assigned(self, task_id: str, user: str) -> None:
        """Tell the listeners of an open task that it has been given to somebody; `NotFound`, `Conflict`."""
        token = self._still_open(task_id)
        with self._acting():
            listeners.tell(token, "assignment", assignee=user)
            self._drain()

    def _still_open(self, task_id: str) -> Token:
        """Return the token of an open task, what is due done before; `NotFound`, or `Conflict` if it is over."""
        self._check_sound()
        if task_id not in self._instance.tasks:
            raise NotFound(f"The run has no open task '{task_id}'.", code="task")
        with self._acting():
            self._drain()
        token = self._instance.tasks.get(task_id)
        if token is None or not _waits_for_somebody(token):
            raise Conflict(
                "The task is no longer open: a deadline or another step has ended it.", code="task_closed"
            )
        return token

    def deliver(self, message: str, payload: Mapping[str, Any], node_id: str | None = None) -> bool:
        """Give a message to the event that waits longest for it, perhaps at one node; True if one did."""
        return self._happen(lambda run, cleaned: events.deliver(run, message, cleaned, node_id), payload)

    def hears(self, message: str, payload: Mapping[str, Any], node_id: str | None = None) -> bool:
        """Tell whether an event waits for a message, by its name and by correlation keys."""
        cleaned = scope.clean(payload)
        return next(events.hearing(self._instance, message, cleaned, node_id), None) is not None

    def signal(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Give a signal to every event that waits for it; True if any did."""
        return self._happen(lambda run, cleaned: events.broadcast(run, name, cleaned), payload)

    def _happen(self, act: Callable[[Instance, dict[str, Any]], bool], payload: Mapping[str, Any]) -> bool:
        cleaned = scope.clean(payload)
        with self._acting():
            self._drain()
            taken = act(self._instance, cleaned)
            self._drain()
        return taken

    def proceed(self, continuation_id: str) -> bool:
        """Let a held token go on; False if it has done so already, or is gone."""
        token = continuations.find(self._instance, continuation_id)
        if token is None:
            return False
        with self._acting():
            continuations.go_on(token)
            self._drain()
        return True

    def reopen(self, node_id: str) -> None:
        """Let a run that has ended go on at an activity of the process itself, with the variables that it ended with.

        `Conflict` (`running`) where it has not ended, (`unsafe`) as in `send_back`; `InvalidInput` (`step`).
        """
        if self.outcome == "running":
            raise Conflict("The run has not ended.", code="running")
        self._check_sound()
        spec = moves.again(self._instance.task_tree, node_id)
        with self._acting():
            self._instance.begin_again(spec)
            self._drain()

    def cancel(self) -> None:
        """End the run; everything open is cancelled."""
        if self.outcome != "running":
            raise Conflict(f"The run is {self.outcome} already.", code="ended")
        with self._acting():
            self._instance.finish("cancelled")

    def move_timer(self, timer_id: str, due_at: datetime) -> None:
        """Let a waiting timer be due at another instant; one that is due by it fires with the next drain.

        NotFound where it waits no more, InvalidInput where it repeats: its turns are counted from its start.
        """
        self._check_sound()
        token = next((t for _due, t in events.due(self._instance) if t.id == timer_id), None)
        if token is None:
            raise NotFound(f"The run has no waiting timer '{timer_id}'.", code="timer")
        if token.internal_data["timer"].keys() - {"armed"} != {"due"}:
            raise InvalidInput(f"The timer '{token.task_spec.element}' repeats.", code="timer")
        token.internal_data["timer"]["due"] = due_at.isoformat()

    def rearm(self, names: Collection[str]) -> None:
        """Let dates that waiting timers read from variables of these names be read anew."""
        self._check_sound()
        for _due, token in events.due(self._instance):
            kind, expression = events.counted_by(token)
            if kind == "timeDate" and not expression.names.isdisjoint(names):
                events.arm(self._instance, token)

    def reckon(
        self, calls: frozenset[str], held_at: Callable[[datetime], AbstractContextManager[None]]
    ) -> None:
        """Reckon the armed timers anew that call one of these functions; nothing is fired.

        `held_at` gives the host the instant at which a timer was armed: it is counted from there again.
        """
        with self._acting():
            events.reckon(self._instance, calls, held_at)

    def set_variables(self, variables: Mapping[str, Any]) -> None:
        """Write process variables and go on where that makes a condition true."""
        cleaned = scope.clean(variables)
        with self._acting():
            self._instance.task_tree.data.update(cleaned)
            self._instance.changed.update(cleaned)
            self._drain()

    # -- seeing ------------------------------------------------------------------------------------

    @property
    def open_tasks(self) -> list[OpenTask]:
        """Return the tasks that wait for people, the oldest first."""
        return [
            _open(t) for t in self._instance.tasks.values() if _waits_for_somebody(t) and t.task_spec.manual
        ]

    @property
    def external_tasks(self) -> list[OpenTask]:
        """Return the tasks that wait for outside workers, the oldest first."""
        return [
            _open(t)
            for t in self._instance.tasks.values()
            if _waits_for_somebody(t) and not t.task_spec.manual
        ]

    @property
    def due_timers(self) -> list[DueTimer]:
        """Return the armed timers, soonest first."""
        return [
            DueTimer(
                t.id,
                t.task_spec.element,
                due,
                on.id if (on := events.beside(t)) else None,
                events.counted_by(t)[1].calls,
            )
            for due, t in events.due(self._instance)
        ]

    @property
    def subscriptions(self) -> list[Subscription]:
        """Return the messages, signals and conditions waited for, the oldest first."""
        return [
            Subscription(t.id, kind, t.internal_data.get("name", ""), t.task_spec.element)
            for t, kind in events.waiting(self._instance, "message", "signal", "conditional")
        ]

    @property
    def continuations(self) -> list[Continuation]:
        """Return the tokens that are held until a job lets them go on, the oldest first."""
        return [Continuation(hold, t.task_spec.element) for hold, t in continuations.held(self._instance)]

    @property
    def places(self) -> dict[str, Node]:
        """Return the element of every live token by the token's id."""
        return {t.id: t.task_spec.node for t in self._instance.tasks.values() if not t.task_spec.is_root}

    @property
    def unfinished(self) -> bool:
        """Tell whether the run has stopped on its way, for another transaction to go on with."""
        return self._instance.unfinished and self.outcome == "running"

    @property
    def taken(self) -> int:
        """Return how many steps were taken since start or restore."""
        return self._instance.taken

    @property
    def steps(self) -> list[Step]:
        """Return everything entered, left and cancelled since start or restore, in order."""
        return self._instance.steps

    @property
    def fired(self) -> frozenset[str]:
        """Return the ids of the timers and subscriptions that have happened since start or restore."""
        return frozenset(self._instance.fired)

    @property
    def sent(self) -> list[Sent]:
        """Return the messages and signals thrown since start or restore that are for others."""
        return self._instance.sent

    @property
    def variables(self) -> dict[str, Any]:
        """Return the variables of the process scope."""
        return dict(self._instance.task_tree.data)

    def seen_by(self, task_id: str) -> dict[str, Any]:
        """Return the variables that a task sees: its own, and those of the scopes around it."""
        token = self._instance.tasks.get(task_id)
        return self.variables if token is None else dict(scope.visible(token))

    def nearest(self, name: str, task: OpenTask) -> Any:
        """Return a variable as it stands nearest around a task, beyond what its process sees: None for none."""
        token = self._instance.tasks.get(task.id)
        around = (token, *scope.above(token)) if token else ()
        return next((one.data[name] for one in around if name in one.data), None)

    @property
    def outcome(self) -> str:
        """Return running, completed or cancelled."""
        return self._instance.outcome

    @property
    def end_nodes(self) -> list[str]:
        """Return the end events reached since the start, in order."""
        return list(self._instance.end_nodes)

    def evaluate(self, expression: str, task: OpenTask | None = None) -> Any:
        """Return an attribute's value, such as of candidateGroups, over the variables that the task sees."""
        token = self._instance.tasks.get(task.id) if task else self._instance.task_tree
        if token is None:
            raise NotFound(f"The run has no task '{task.id if task else ''}'.", code="task")
        return self._instance.value(template(expression), token)

    # -- the loop ----------------------------------------------------------------------------------

    def _drain(self) -> None:
        run = self._instance
        fired: set[str] = set()
        while self.unfinished and self._fire_next(fired):
            pass  # time does not wait for a long run to come to rest
        while run.outcome == "running":
            self._step_until_quiet()
            if self.unfinished or not self._fire_next(fired):
                break
        if not self.unfinished:
            run.sent += run.thrown
            run.thrown = []

    def _fire_next(self, fired: set[str]) -> bool:
        """Fire the timer that has been due longest, each once in an act; tell whether there was one."""
        run = self._instance
        if run.outcome != "running":
            return False
        now = run.host.now()
        token = next((t for due, t in events.due(run) if due <= now and t.id not in fired), None)
        if token is None:
            return False
        fired.add(token.id)
        run.fire(token)
        return True

    def _step_until_quiet(self) -> None:
        run = self._instance
        run.unfinished = True
        while run.outcome == "running" and not (run.pauses and run.exhausted):
            if events.fire_changed(run):
                continue
            token = run.next_ready()
            if token is not None:
                token.run()
            elif not (
                events.offer_thrown(run)
                or events.fire_conditions(run)
                or joins.join_inclusive(run)
                or complex_gateway.wake(run)
            ):
                run.unfinished = False
                break

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """Let nothing but engine faults out, and remember that the run is spoilt."""
        self._check_sound()
        self._instance.begin_act()
        try:
            yield
        except EngineFault as fault:
            self._fault = fault
            raise
        except _FAILURES as e:
            self._fault = e
            raise EngineFault(f"The run failed: {e}", code="engine") from e

    def _check_sound(self) -> None:
        if self._fault is not None:
            raise EngineFault(
                f"The run has failed and must be restored: {self._fault}",
                element=getattr(self._fault, "element", None),
                code="spoilt",
            )


def _waits_for_somebody(token: Token) -> bool:
    return bool(token._state == READY and (token.task_spec.manual or token.task_spec.work.external))


def _signing(token: Token) -> Any:
    """Return by what rules signers join a task: a step that several sign, or one person's task."""
    return signers if signers.is_listed(token) else cosigning


def _open(token: Token) -> OpenTask:
    return OpenTask(
        token.id,
        token.task_spec.node,
        token.entered_at,
        scope.local(token),
        tuple(one.id for one in scope.above(token)),
        scope.callers(token),
        calls.reference_of(token),
        parking.is_parked(token),
        cosigning.login_of(token) if cosigning.is_signer(token) else None,
        token.parent.entered_at if cosigning.is_signer(token) else None,
    )
