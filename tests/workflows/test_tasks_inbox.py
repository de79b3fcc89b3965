"""The inboxes: who finds what, page by page, at the price of an index."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, text

from workflows import clock, tasks
from workflows.actor import Actor
from workflows.errors import InvalidInput
from workflows.keyset import place
from workflows.model import NEVER, Task, TaskCandidate, new_id

ANNA = Actor("anna", frozenset({"anna", "handler", "handler@JD1"}))
BOB = Actor("bob", frozenset({"bob"}))


def fill(office, instance, many, *, every_group=("handler",), at=None):
    """Write many open tasks of one instance straight into the tables."""
    now = at or clock.now()
    rows, candidates = [], []
    for number in range(many):
        due = None if number % 7 == 0 else now + timedelta(minutes=number * 37 % 1000)
        row = {
            "id": f"t{number:06}",
            "instance_id": instance.id,
            "definition_id": instance.definition_id,
            "element_id": "one",
            "name": f"任务{number}",
            "created_at": now,
            "due_at": due,
            "sorts_at": due or NEVER,
        }
        rows.append(row)
        for group in every_group:
            candidate = {"task_id": row["id"], "kind": "group", "name": group, "sorts_at": row["sorts_at"]}
            candidates.append(candidate)
    with office.work() as session:
        session.execute(insert(Task), rows)
        session.execute(insert(TaskCandidate), candidates)


@pytest.fixture
def instance(office, two_steps):
    office.deploy(two_steps)
    return office.start("pair")


def pages(office, actor, **given):
    """Return all rows of a box, read page by page."""
    found, after, count = [], None, 0
    while True:
        with office.work() as session:
            page = tasks.listing(session, actor, after=after, **given)
        found += page.rows
        count += 1
        assert count < 1000
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("box", ["mine", "groups", "open"])
def test_pages_end_to_end_are_the_whole_box_in_order(office, instance, box):
    fill(office, instance, 60, every_group=("handler", "handler@JD1"))
    if box == "mine":
        with office.work() as session:
            for task in tasks.listing(session, ANNA, box="groups", limit=30).rows:
                tasks.claim(session, task.id, actor=ANNA)
    whole = pages(office, ANNA, box=box, limit=1000)
    assert len(whole) == {"mine": 30, "groups": 61, "open": 61}[box]
    for limit in (1, 7, 30):
        assert [t.id for t in pages(office, ANNA, box=box, limit=limit)] == [t.id for t in whole]
    keys = [(t.sorts_at, t.id) for t in whole]
    assert keys == sorted(set(keys))
    with office.work() as session:
        assert tasks.count(session, ANNA, box=box) == len(whole)
        assert tasks.count(session, ANNA, box=box, at_most=10) == 10


def test_done_is_what_i_completed_latest_first(office, instance):
    second = office.start("pair")
    with clock.held_at(clock.now() + timedelta(minutes=5)):
        office.complete(office.task("one", instance), ANNA)
    with clock.held_at(clock.now() + timedelta(minutes=9)):
        office.complete(office.task("one", second), ANNA)
        office.complete(office.task("two", second), BOB)
    assert [t.instance_id for t in pages(office, ANNA, box="done", limit=1)] == [second.id, instance.id]
    assert [t.element_id for t in pages(office, BOB, box="done")] == ["two"]


def test_what_the_policy_hides_is_neither_listed_nor_counted(office, instance):
    fill(office, instance, 5)
    stranger = Actor("stranger", frozenset({"stranger"}))
    for box in ("mine", "groups", "open", "done"):
        with office.work() as session:
            assert tasks.listing(session, stranger, box=box).rows == ()
            assert tasks.count(session, stranger, box=box) == 0


def test_a_claimed_task_leaves_the_groups_inbox(office, instance):
    with office.work() as session:
        task = tasks.listing(session, ANNA, box="groups").rows[0]
        tasks.claim(session, task.id, actor=ANNA)
        assert tasks.listing(session, ANNA, box="groups").rows == ()
        tasks.release(session, task.id, actor=ANNA)
        assert [t.id for t in tasks.listing(session, ANNA, box="groups").rows] == [task.id]


def test_a_page_needs_one_statement_whatever_it_shows(office, instance):
    fill(office, instance, 100)
    with office.counting() as statements, office.work() as session:
        for task in tasks.listing(session, ANNA, box="groups", limit=100).rows:
            assert task.instance.definition_key == "pair"
            assert task.definition.name == "pair"
    assert len(statements) == 1


@pytest.mark.parametrize(
    ("narrowed", "number"),
    [
        ({"text": "任务1"}, 12),
        ({"text": "BK-7"}, 21),
        ({"text": "100%_"}, 0),
        ({"element_id": "one"}, 21),
        ({"element_id": "two"}, 0),
        ({"name": "任务3"}, 1),
        ({"name_like": "任务1%"}, 11),
        ({"definition_key": "pair"}, 21),
        ({"definition_key": "other"}, 0),
        ({"business_key": "BK-7"}, 21),
        ({"assignee": "anna"}, 1),
        ({"assigned": False}, 20),
        ({"candidate_group": "handler"}, 21),
        ({"candidate_user": "handler"}, 0),
        ({"level": "normal"}, 21),
        ({"level": "overdue"}, 0),
        ({"priority": 50}, 21),
        ({"suspended": True}, 0),
        ({"scope_id": "x"}, 0),
    ],
)
def test_listings_are_narrowed(office, two_steps, narrowed, number):
    office.deploy(two_steps)
    instance = office.start("pair", business_key="BK-7")
    fill(office, instance, 20)
    with office.work() as session:
        tasks.claim(session, "t000005", actor=ANNA)
    with office.work() as session:
        rows = tasks.listing(session, office.chief, limit=100, **narrowed).rows
        if narrowed == {"text": "任务1"}:
            assert {t.name for t in rows} == {"任务1", *(f"任务{n}" for n in range(10, 20))}
            return
        assert len(rows) == tasks.count(session, office.chief, **narrowed) == number


def test_listings_are_sorted_and_skipped_for_those_who_page_by_number(office, instance):
    fill(office, instance, 10)
    with office.work() as session:
        names = [
            t.name for t in tasks.listing(session, office.chief, sort="name", descending=True, limit=3).rows
        ]
        assert names == ["任务9", "任务8", "任务7"]
        names = [t.name for t in tasks.listing(session, office.chief, sort="id", offset=8, limit=2).rows]
        assert len(names) == 2


@pytest.mark.parametrize(
    "given", [{"box": "all"}, {"sort": "closed"}, {"after": "x"}, {"after": "W10"}, {"after": "é"}]
)
def test_unknown_boxes_sorts_and_cursors_are_refused(office, instance, given):
    with office.work() as session, pytest.raises(InvalidInput):
        tasks.listing(session, ANNA, **given)


@given(st.text(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_no_text_breaks_the_cursor(cursor):
    with contextlib.suppress(InvalidInput):
        place(cursor)


def test_a_groups_page_is_read_off_the_index(office, instance):
    """Without it the page of a member of a small group would cost a walk through everybody's tasks."""
    fill(office, instance, 3000)
    with office.counting() as statements, office.work() as session:
        tasks.listing(session, ANNA, box="groups", limit=10)
    with office.work() as session:
        session.execute(text("analyze"))
        bound = office.engine.dialect.name
        plan = explain(office, session, ANNA)
    assert "ix_task_candidate_claimable" in plan, plan
    assert bound in ("sqlite", "postgresql")
    assert len(statements) == 1


def explain(office, session, actor):
    captured = []

    def note(connection, cursor, statement, parameters, context, executemany):
        captured.append((statement, parameters))

    event.listen(office.engine, "before_cursor_execute", note)
    tasks.listing(session, actor, box="groups", limit=10)
    event.remove(office.engine, "before_cursor_execute", note)
    word = "explain query plan " if office.engine.dialect.name == "sqlite" else "explain "
    statement, parameters = captured[0]
    rows = session.connection().exec_driver_sql(word + statement, parameters)
    return "\n".join(str(row) for row in rows)


def test_identifiers_are_unique():
    assert new_id() != new_id()
