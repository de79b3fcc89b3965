"""A run on another version of its definition: what stays, what is armed, and where the move is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from tests.workflows.engine.diagrams import (
    START,
    TestHost,
    boundary,
    conditional,
    counted,
    file_of,
    flows,
    nodes,
    on_event,
    sub,
    timer,
    user,
)
from workflows.engine import Definition, Finding, Migration, Run, compile_definition

MESSAGES = '<message id="m" name="answered"/><message id="n" name="replied"/>'
GO = '<messageEventDefinition messageRef="m"/>'
ENDS = nodes("startEvent", "s") + nodes("endEvent", "e")
FORK = nodes("parallelGateway", "k", "j")


def version(*parts: str) -> Definition:
    return compile_definition(file_of(ENDS + "".join(parts), extra=MESSAGES), "p")


class Office:
    """One run, and its move to another version."""

    def __init__(self, source: Definition, **variables: object) -> None:
        self.host = TestHost()
        self.run = Run.start(source, variables, self.host)

    def done(self, *elements: str) -> None:
        for element in elements:
            task = next(task for task in self.run.open_tasks if task.node.id == element)
            self.run.complete(task.id, {})

    def move(self, target: Definition, **names: str) -> list[Finding]:
        """Move the run where that is safe, drained and loaded anew; else leave it as it was."""
        kept = self.run.dump()
        migration = Migration(self.run.definition, target, names)
        assert migration.check() == []
        moved, findings = self.run.on(migration, self.host, held_at=self.held_at)
        if any(f.severity == "error" for f in findings):
            self.run = Run.restore(self.run.definition, kept, self.host)
            return findings
        moved.drain()
        self.run = Run.restore(target, moved.dump(), self.host)
        return findings

    @contextmanager
    def held_at(self, instant: datetime) -> Iterator[None]:
        now, self.host.instant = self.host.instant, instant
        yield
        self.host.instant = now

    @property
    def open(self) -> list[str]:
        return sorted(task.node.id for task in self.run.open_tasks)

    @property
    def due(self) -> dict[str, datetime]:
        return {timer.node_id: timer.due_at for timer in self.run.due_timers}

    @property
    def heard(self) -> list[tuple[str, str]]:
        return [(s.kind, s.name) for s in self.run.subscriptions]


def test_an_identical_version_changes_nothing() -> None:
    body = (
        sub("b", nodes("startEvent", "bs"), user("u", counted("3")), flows("bs > u")),
        timer("late", "P3D", on="b", cancel=False),
        boundary("heard", "b", GO),
        on_event("h", conditional("${x}"), nodes("endEvent", "he") + flows("h_s > he"), cancel=False),
        FORK,
        user("a"),
        flows("s > k > b > j > e", "k > a > j", "late > e", "heard > e"),
    )
    office = Office(version(*body), x=False)
    office.done("a", "u")
    before = office.run.dump()
    assert office.move(version(*body)) == []
    assert json.loads(office.run.dump()) == json.loads(before)


def test_a_step_behind_a_running_subprocess_or_repeated_one_is_not_skipped() -> None:
    inner = sub("b", nodes("startEvent", "bs"), user("u"), flows("bs > u"))
    many = user("many", counted("2"))
    office = Office(version(inner, many, flows("s > b > many > e")))
    added = version(inner, many, user("fresh"), user("last"), flows("s > b > fresh > many > last > e"))
    assert office.move(added) == []
    office.done("u")
    assert office.open == ["fresh"]
    office.done("fresh", "many")
    again = version(inner, many, user("fresh"), user("seal"), flows("s > b > fresh > many > seal > e"))
    assert office.move(again) == []
    office.done("many")
    assert office.open == ["seal"]


def test_a_clock_that_runs_is_not_set_anew_whatever_the_new_version_says() -> None:
    """Upstream restarts every waiting timer."""
    source = version(
        user("u"), timer("late", "P3D", on="u"), user("chief"), flows("s > u > e", "late > chief > e")
    )
    office = Office(source)
    office.host.move(days=2)
    shorter = version(
        user("u"), timer("late", "P1D", on="u"), user("chief"), flows("s > u > e", "late > chief > e")
    )
    assert office.move(shorter) == []
    assert office.due == {"late": START + timedelta(days=3)}
    office.host.move(days=1)
    office.run.drain()
    assert office.open == ["chief"]


def test_a_clock_that_runs_is_counted_again_by_what_set_it() -> None:
    limits = {"T1": 10, "T2": 20}

    def drawn(rule: str) -> Definition:
        expression = f"${{limit('{rule}')}}"
        return version(
            user("u"), timer("late", expression, on="u", kind="timeDate"), flows("s > u > e", "late > e")
        )

    office = Office.__new__(Office)
    office.host = TestHost(functions={"limit": lambda rule: office.host.now() + timedelta(days=limits[rule])})
    office.run = Run.start(drawn("T1"), {}, office.host)
    office.host.move(days=1)
    office.move(drawn("T2"))
    limits.update(T1=11, T2=21)  # a holiday plan has come
    office.run.reckon(frozenset({"limit"}), office.held_at)
    assert office.due == {"late": START + timedelta(days=11)}
    office.move(drawn("T1"))
    assert b'"said"' not in office.run.dump()


def test_what_the_new_version_adds_to_a_step_is_counted_from_the_steps_beginning() -> None:
    """Upstream fails: the split of boundary events was not reached."""
    office = Office(version(user("u"), flows("s > u > e")), missing=True)
    office.host.move(days=2)
    added = version(
        user("u"),
        timer("late", "P3D", on="u"),
        timer("soon", "P1D", on="u", cancel=False),
        boundary("heard", "u", conditional("${missing}"), cancel=False),
        on_event("h", GO, nodes("endEvent", "he") + flows("h_s > he")),
        nodes("userTask", "told", "asked"),
        flows("s > u > e", "late > e", "soon > told > e", "heard > asked > e"),
    )
    said = {f.element: f.message for f in office.move(added)}
    assert said.keys() == {"late", "soon", "heard", "h_s"}
    assert "is due at once" in said["soon"]
    # What is due already goes first, what holds already happens, the rest waits from when the step began.
    assert office.open == ["asked", "told", "u"]
    assert office.due == {"late": START + timedelta(days=3)}
    assert ("message", "answered") in office.heard
    # Once is enough: the next move finds them spent or waiting.
    assert office.move(added) == []
    assert office.open == ["asked", "told", "u"]


def test_what_the_new_version_leaves_away_is_waited_for_no_longer() -> None:
    source = version(user("u"), timer("late", "P3D", on="u"), flows("s > u > e", "late > e"))
    office = Office(source)
    ((gone),) = office.move(version(user("u"), flows("s > u > e")))
    assert (gone.element, gone.rule, gone.severity) == ("late", "disarmed", "warning")
    assert office.due == {}


def test_a_message_by_another_name_and_a_new_way_out_of_a_race_are_heard() -> None:
    def drawn(message: str, *more: str) -> Definition:
        event = f'<messageEventDefinition messageRef="{message}"/>'
        caught = f'<intermediateCatchEvent id="c">{event}</intermediateCatchEvent>'
        race = nodes("eventBasedGateway", "g") + caught + timer("t", "P3D") + "".join(more)
        return version(race, flows("s > g > c > e", "g > t > e", *(["g > t2 > e"] if more else [])))

    office = Office(drawn("m"))
    office.host.move(days=1)
    office.move(drawn("n", timer("t2", "P2D")))
    assert office.heard == [("message", "replied")]
    assert office.due == {"t": START + timedelta(days=3), "t2": START + timedelta(days=2)}
    office.host.move(days=1)
    office.run.drain()
    assert office.run.outcome == "completed"


def test_a_step_put_into_a_branch_that_waits_at_its_join_already_counts_as_done() -> None:
    both = user("a") + user("b") + FORK
    office = Office(version(both, flows("s > k > a > j > e", "k > b > j")))
    office.done("a")
    # The modeller keeps the old flow's id for its first half: the join knows the second half by another.
    added = version(both, user("seal"), flows("s > k > a > seal > j > e", "k > b > j"))
    assert office.move(added) == []
    office.done("b")
    assert office.run.outcome == "completed"


@pytest.mark.parametrize(
    ("element", "rule", "words", "target"),
    [
        ("u", "removed", "'u'. Nothing in the new version", (user("v"), flows("s > v > e"))),
        ("u", "repeats", "is repeated in one version", (user("u", counted("2")), flows("s > u > e"))),
        (
            "u",
            "scope",
            "another part",
            (sub("b", nodes("startEvent", "bs"), user("u"), flows("bs > u")), flows("s > b > e")),
        ),
        (
            "j",
            "deadlock",
            "would get stuck at 'j'",
            (user("u"), user("v"), FORK, flows("s > k > u > j > e", "k > v > j")),
        ),
        ("u", "off_the_way", "no way leads", (user("v"), user("u"), flows("s > v > e", "u > e"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_where_there_is_no_safe_move_it_is_refused_in_words(element, rule, words, target) -> None:
    office = Office(version(user("u"), flows("s > u > e")))
    found = version(*target)
    refused = [f for f in office.move(found) if f.severity == "error"]
    assert [(f.element, f.rule) for f in refused] == [(element, rule)]
    assert words in refused[0].message
    office.done("u")
    assert office.run.outcome == "completed"


def test_two_branches_put_one_behind_the_other_would_be_done_twice() -> None:
    both = user("a") + user("b")
    office = Office(version(both, FORK, flows("s > k > a > j > e", "k > b > j")))
    (refused,) = office.move(version(both, flows("s > a > b > e")))
    assert (refused.element, refused.rule) == ("b", "lack_of_synchronisation")
    office.done("b")
    # One of them waits at the join, which is gone.
    assert [f.rule for f in office.move(version(both, flows("s > a > b > e")))] == ["removed"]


def test_a_running_call_keeps_its_process_and_another_call_is_refused() -> None:
    def drawn(key: str, *inside: str) -> Definition:
        body = ENDS + f'<callActivity id="c" calledElement="{key}"/>' + flows("s > c > e")
        begin = nodes("startEvent", "qs") + user("qu") + flows("qs > qu")
        process = f'<process id="{key}" isExecutable="true">{begin}{"".join(inside)}</process>'
        file = file_of(body).replace(b"</definitions>", f"{process}</definitions>".encode())
        return compile_definition(file, "p")

    office = Office(drawn("q"))
    (armed,) = office.move(
        drawn("q", timer("late", "P1D", on="qu"), flows("late > le"), nodes("endEvent", "le"))
    )
    assert armed.rule == "armed"
    assert office.due == {"late": START + timedelta(days=1)}
    (refused,) = office.move(drawn("r"))
    assert (refused.element, refused.rule) == ("c", "call")
    office.done("qu")
    assert office.run.outcome == "completed"


def test_what_can_be_undone_can_be_undone_by_the_new_version() -> None:
    def drawn(handler: str, *more: str) -> Definition:
        undo = (
            user("a")
            + boundary("ab", "a", "<compensateEventDefinition/>")
            + user(handler).replace("<userTask", '<userTask isForCompensation="true"')
            + f'<association id="as" sourceRef="ab" targetRef="{handler}" associationDirection="One"/>'
            + '<intermediateThrowEvent id="back"><compensateEventDefinition/></intermediateThrowEvent>'
        )
        return version(undo, user("b"), *more, flows("s > a > b > back > e"))

    office = Office(drawn("undo"))
    office.done("a")
    (refused,) = office.move(drawn("other"))
    assert (refused.rule, "is done and could be undone" in refused.message) == ("undoing", True)
    assert office.move(drawn("other"), undo="other") == []
    office.done("b")
    assert office.open == ["other"]
    assert [f.rule for f in office.move(drawn("undo"), other="undo")] == ["undoing"]


def test_a_plan_that_cannot_be_names_every_element() -> None:
    source, target = version(user("u"), flows("s > u > e")), version(user("v"), flows("s > v > e"))
    found = Migration(source, target, {"u": "e", "x": "v", "s": "y", "e": "e"}).check()
    assert {(f.element, f.rule) for f in found} == {
        ("u", "kind"),
        ("x", "unknown"),
        ("s", "unknown"),
        ("e", "twice"),
    }
    assert "'u' is of kind userTask and would become one of kind endEvent" in " ".join(
        f.message for f in found
    )


def test_a_plan_is_no_way_past_a_step() -> None:
    both = user("study") + user("approve") + user("close")
    source = version(both, flows("s > study > approve > close > e"))
    shorter = version(user("study") + user("close"), flows("s > study > close > e"))
    for target, old, new, words in (
        (source, "study", "close", "'study' is in the new version as well"),
        (shorter, "approve", "close", "'close' is in the version that is left as well"),
    ):
        found = [f for f in Migration(source, target, {old: new}).check() if f.element == old]
        assert [(f.rule, words in f.message) for f in found] == [("other_step", True)]
