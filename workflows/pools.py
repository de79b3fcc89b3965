"""The pools of one file run beside one another in memory: who starts whom, and who tells whom what.

What jobs do between instances that are stored, done at once and without keys: a message goes where its
message flow leads, else by its name to the run that has waited longest, else it starts another process; kept
till somebody waits for it. A signal reaches all that wait, and starts what starts with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from workflows import engine

#: How a process of the file is begun by one of its triggers.
Begin = Callable[[engine.Definition, engine.Trigger, engine.Sent], engine.Run]


@dataclass(frozen=True)
class Letter:
    """A message on its way to an element or process of the file, or (neither) to whom its name finds."""

    sent: engine.Sent
    sender: str
    process: str | None = None
    element: str | None = None


class Pools:
    """The runs of a file, the chosen one first, and the messages between them."""

    def __init__(self, main: engine.Run, definitions: Sequence[engine.Definition], begin: Begin) -> None:
        self.main = main
        self.runs = [main]
        self.steps: list[engine.Step] = []  #: of all runs, in the order in which they were taken
        self._definitions = definitions
        self._begin = begin
        self._letters: list[Letter] = []
        self._told: dict[int, int] = {}  #: by run, how many steps have been gathered
        self._heard: dict[int, int] = {}  #: by run, how many of the things sent have been taken up

    @property
    def over(self) -> bool:
        """Tell whether every run has ended."""
        return all(run.outcome != "running" for run in self.runs)

    def gather(self) -> None:
        """Take over the steps since the last act, which was one run's."""
        for number, run in enumerate(self.runs):
            self.steps += run.steps[self._told.get(number, 0) :]
            self._told[number] = len(run.steps)

    def carry(self) -> bool:
        """Carry one message or signal to its receivers; tell whether there was any."""
        for number, run in enumerate(self.runs):
            done = self._heard.get(number, 0)
            if done < len(run.sent):
                self._heard[number] = done + 1
                self._take_up(run, run.sent[done])
                return True
        return any(self._deliver(letter) for letter in self._letters)

    # -- what was thrown ---------------------------------------------------------------------------

    def _take_up(self, run: engine.Run, sent: engine.Sent) -> None:
        sender = run.definition.id
        if sent.kind == "signal":
            self._broadcast(run, sent)
            return
        flows = run.definition.message_flows.get(sent.node_id, ())
        known = {definition.id for definition in self._definitions}
        # What goes to a pool in which nothing runs is gone.
        self._letters += [Letter(sent, sender, f.process, f.element) for f in flows if f.process in known]
        if not flows:
            self._letters.append(Letter(sent, sender))

    def _broadcast(self, thrower: engine.Run, sent: engine.Sent) -> None:
        begun: set[tuple[str, str]] = set()
        for run in list(self.runs):
            if run is not thrower and run.outcome == "running":
                waited = [event for event in run.subscriptions if event.name == sent.name]
                begun |= {(run.definition.id, event.node_id) for event in waited}
                run.signal(sent.name, sent.payload)
                self.gather()
        for definition, trigger in self._starts("signal", sent.name):
            # One begun by another event of that start event has taken the signal for itself.
            if definition is not thrower.definition and (definition.id, trigger.node_id) not in begun:
                self._start(definition, trigger, sent)

    # -- messages ----------------------------------------------------------------------------------

    def _deliver(self, letter: Letter) -> bool:
        """Give a message to who waits for it, or let it start somebody; False while nobody is there."""
        found = next(self._listening(letter), None)
        if found is not None:
            run, event = found
            self._letters.remove(letter)
            return run.deliver(event.name, letter.sent.payload, event.node_id)
        for definition, trigger in self._begun_by(letter):
            self._letters.remove(letter)
            self._start(definition, trigger, letter.sent)
            return True
        return False

    def _listening(self, letter: Letter) -> Iterator[tuple[engine.Run, engine.Subscription]]:
        for run in self.runs:
            for event in run.subscriptions if run.outcome == "running" else ():
                meant = (
                    event.node_id == letter.element
                    if letter.element
                    else event.name == letter.sent.name and letter.process in (None, run.definition.id)
                )
                if event.kind == "message" and meant and _hears(run, event, letter):
                    yield run, event

    def _begun_by(self, letter: Letter) -> Iterator[tuple[engine.Definition, engine.Trigger]]:
        for definition in self._definitions:
            if letter.process in (None, definition.id) and definition.id != letter.sender:
                for trigger in engine.triggers(definition):
                    named = letter.element is None and trigger.name == letter.sent.name
                    if trigger.kind == "message" and (named or trigger.node_id == letter.element):
                        yield definition, trigger

    def _starts(self, kind: str, name: str) -> list[tuple[engine.Definition, engine.Trigger]]:
        return [
            (definition, trigger)
            for definition in self._definitions
            for trigger in engine.triggers(definition)
            if (trigger.kind, trigger.name) == (kind, name)
        ]

    def _start(self, definition: engine.Definition, trigger: engine.Trigger, sent: engine.Sent) -> None:
        run = self._begin(definition, trigger, sent)
        self.runs.append(run)
        run.drain()
        self.gather()


def _hears(run: engine.Run, event: engine.Subscription, letter: Letter) -> bool:
    return run.hears(event.name, letter.sent.payload, event.node_id)
