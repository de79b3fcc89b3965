"""Limits as versioned data, and due dates counted by them."""

from datetime import date
from pathlib import Path

import pytest

from workflows import limits
from workflows.errors import EngineFault, InvalidInput, NotFound
from workflows.model import Task, TimeLimit
from workflows.persistence import deadlines

CSV = (Path(__file__).parents[2] / "bpmn" / "time_limits.csv").read_text(encoding="utf-8")
HEAD = ",".join(CSV.splitlines()[0].split(",")[:15])  #: what may be left out is
T11 = "T11,1,2019-01-01,线索处置,Disposal,receipt,1,months,false,,,A4,呈批表,规则21,sourced"


def load(office, *rows):
    with office.work() as session:
        return limits.load(session, "\n".join([HEAD, *rows]))


def test_the_offices_own_limits_load_once(office):
    with office.work() as session:
        number = limits.load(session, CSV)
    assert number >= 43
    with office.work() as session:
        assert limits.load(session, CSV) == 0
    assert len(office.all(TimeLimit)) == number


def test_a_version_once_loaded_never_changes(office):
    assert load(office, T11) == 1
    with pytest.raises(InvalidInput, match="T11 version 1") as error:
        load(office, T11.replace(",1,months", ",2,months"))
    assert error.value.params == {"rule": "T11", "version": 1}
    assert load(office, T11, T11.replace("T11,1,2019-01-01", "T11,2,2026-06-01")) == 1


def test_the_version_in_force_on_the_day_counts(office):
    load(
        office,
        T11,
        T11.replace("T11,1,2019-01-01", "T11,2,2026-06-01").replace(",1,months", ",2,months"),
    )
    with office.work() as session:
        assert limits.current(session, "T11", date(2026, 5, 31)).n == 1
        assert limits.current(session, "T11", date(2026, 6, 1)).version == 2
        # Before the first version that we hold its number is the best that we know.
        assert limits.current(session, "T11", date(2001, 1, 1)).version == 1
        assert limits.get(session, "T11", 2).title_zh == "线索处置"
        with pytest.raises(NotFound):
            limits.current(session, "T99", date(2026, 1, 1))
        with pytest.raises(NotFound):
            limits.get(session, "T11", 3)


def due(diagram, text):
    task = f'<bpmn:userTask id="u" camunda:dueDate="{text}"/>'
    return diagram("due", f'<bpmn:startEvent id="s"/>{task}', "s>u")


def test_a_task_keeps_the_limit_it_was_counted_by_and_tells_how(office, diagram):
    load(office, T11)
    office.deploy(due(diagram, "${limit('T11', received)}"))
    office.start("due", received="2026-01-31")
    task = office.task("u")
    # The last day of February is a Saturday that is worked: no move.
    assert task.due_at.isoformat() == "2026-02-28T16:00:00+00:00"
    assert (task.limit_id, task.limit_version, task.due_provisional) == ("T11", 1, False)
    assert task.due_explained["date"] == "2026-02-28"
    assert task.due_explained["start"] == "2026-01-30T16:00:00+00:00"
    assert "month_end" in {step["what"] for step in task.due_explained["steps"]}


def test_a_due_date_in_a_year_without_plan_is_provisional(office, diagram):
    load(office, T11.replace(",1,months", ",3,months"))
    office.deploy(due(diagram, "${limit('T11', received)}"))
    office.start("due", received="2026-11-30")
    assert office.task("u").due_provisional
    office.deploy(due(diagram, "${workdays(400)}"))
    office.start("due")
    assert [t.due_provisional for t in office.open_tasks()] == [True, True]


@pytest.mark.parametrize("text", ["${limit('T11', 'gestern')}", "${limit('T11', 3)}", "${workdays('x')}"])
def test_a_start_that_is_none_is_a_fault_of_the_task(office, diagram, text):
    load(office, T11)
    office.deploy(due(diagram, text))
    with pytest.raises(EngineFault) as fault:
        office.start("due")
    assert fault.value.element == "u"


def test_a_limit_without_number_runs_to_the_day_that_the_diagram_names(office, diagram):
    load(office, T11.replace(",1,months", ",,promptly"))
    office.deploy(due(diagram, "${limit('T11', received, agreed_on)}"))
    office.start("due", received="2026-01-31", agreed_on="2026-04-05")
    task = office.task("u")
    assert (task.limit_id, task.due_at.isoformat()) == ("T11", "2026-04-05T16:00:00+00:00")
    assert task.due_explained["until"] == "2026-04-05"
    with office.work() as session:
        again = deadlines.again(session, session.get(Task, task.id))
    assert again.due_at == task.due_at


def test_a_limit_without_number_is_a_fault_of_the_task(office, diagram):
    load(office, T11.replace(",1,months", ",,promptly"))
    office.deploy(due(diagram, "${limit('T11')}"))
    with pytest.raises(EngineFault, match="T11"):
        office.start("due")
