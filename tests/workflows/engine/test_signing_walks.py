"""Random walks with signers who join and leave, beside a reference that plays the written semantics on its own."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from tests.workflows.engine.reference.model import Graph
from tests.workflows.engine.reference.signing import Signing, countersigned
from tests.workflows.engine.test_walks import FLAGS, LONGEST, WALKS, Walk, walking
from workflows.errors import Conflict, NotFound

pytestmark = pytest.mark.usefixtures("unhurried")

PLACES = ("before", "after", "last")
ACTS = st.tuples(
    st.sampled_from(["complete"] * 5 + ["add"] * 3 + ["remove"] * 3 + ["back", "wait", "message", "signal"]),
    st.integers(0, 11),
    FLAGS,
)


class SigningWalk(Walk):
    """One process, countersigned by the engine and by the reference at once."""

    played_by = Signing
    game: Signing
    names = 100

    def act(self, kind: str, number: int, flags: dict[str, bool]) -> None:
        if kind not in ("add", "remove"):
            super().act(kind, number, flags)
        elif tasks := self.run.open_tasks:
            note(f"{kind} {number}")
            place = number % len(tasks)
            if self.game.body(place) is None:
                self.add_one(place, number) if kind == "add" else self.remove_one(place, number)
            elif kind == "add":
                self.add(place, PLACES[number % 3])
            else:
                self.remove(place, number)

    def complete(self, number: int, flags: dict[str, bool]) -> None:
        tasks = self.run.open_tasks
        if not tasks:
            return
        place = number % len(tasks)
        if self.game.parked()[place]:
            with pytest.raises(Conflict, match="others have signed"):
                self.run.complete(tasks[place].id, flags)
        elif tasks[place].signer:
            self.both(lambda: self.game.complete(place, flags), lambda: self.run.sign(tasks[place].id))
        else:
            super().complete(number, flags)

    def add_one(self, place: int, number: int) -> None:
        """Add somebody to a task that one does."""
        task, self.names = self.run.open_tasks[place].id, self.names + 1
        where, who = PLACES[number % 2], f"n{self.names}"
        if self.game.helped(place) is not None:
            with pytest.raises(Conflict):
                self.run.add_signers(task, [who], place=where)
            return

        def add() -> None:
            self.run.add_signers(task, [who], place=where)

        self.both(lambda: self.game.help(place, before=where == "before"), add)

    def remove_one(self, place: int, number: int) -> None:
        """Take away somebody who was added to such a task."""
        task, there = self.run.open_tasks[place].id, self.game.helpers(place)
        if not there:
            with pytest.raises(NotFound):
                self.run.remove_signer(task, number)
            return
        which, done = there[number % len(there)]
        if done:
            with pytest.raises(Conflict):
                self.run.remove_signer(task, which)
            return
        self.both(lambda: self.game.help_no_more(place, which), lambda: self.run.remove_signer(task, which))

    def add(self, place: int, where: str) -> None:
        task, self.names = self.run.open_tasks[place].id, self.names + 1

        def add() -> None:
            self.run.add_signers(task, [self.names], place=where)

        self.both(lambda: self.game.add(place, where), add)

    def remove(self, place: int, number: int) -> None:
        task, there = self.run.open_tasks[place].id, self.game.signers(place)
        which, done = there[number % len(there)]
        if done or len(there) == 1:
            with pytest.raises(Conflict):
                self.run.remove_signer(task, which)
            return
        self.both(lambda: self.game.take_out(place, which), lambda: self.run.remove_signer(task, which))

    def compare(self) -> None:
        super().compare()
        tasks = self.run.open_tasks
        assert [task.parked for task in tasks] == self.game.parked()
        for number, task in enumerate(tasks):
            signers = [(one.index, one.state == "signed") for one in self.run.signers(task.id)]
            if self.game.body(number) is None:
                assert (task.signer is None) == (self.game.helped(number) is None)
                assert signers == self.game.helpers(number)
            else:
                assert signers == self.game.signers(number)
                seen, done = self.run.seen_by(task.id), sum(signed for _, signed in signers)
                assert (seen["nrOfInstances"], seen["nrOfCompletedInstances"]) == (len(signers), done)


@settings(walking, max_examples=WALKS)
@given(graph=countersigned(), data=st.data())
def test_a_walk_with_signers_who_join_and_leave_is_what_is_written(graph: Graph, data: st.DataObject) -> None:
    walk = SigningWalk(graph, data.draw(FLAGS), reloads=data.draw(st.booleans()))
    acts = 0
    while not walk.failed and walk.game.outcome == "running" and acts < LONGEST:
        walk.act(*data.draw(ACTS))
        acts += 1
    assume(acts)
