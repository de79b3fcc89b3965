"""The cockpit: what runs by version and step, one instance, what is done with it by two, faults and workers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from handlers.registers import Clue
from tests import city as cities
from tests.city import City
from tests.server.visitors import Visitor
from workflows import clock, history, signs
from workflows.model import Activity, Incident, Instance, Task, Timer


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of this module's own, whose moves need a second person."""
    found = cities.found(tmp_path_factory.mktemp("cockpit"))
    found.app.extensions["duban.settings"] = replace(
        found.app.extensions["duban.settings"], second_person=True
    )
    return found


@pytest.fixture
def instance(city: City) -> Instance:
    """Return a transfer that stands at the study of the clue."""
    begun = city.transfer()
    city.advance(begun, "a7")
    return begun


def number(city: City, instance: Instance) -> str:
    with city.database.reading() as session:
        return session.get_one(Instance, instance.id).business_key or ""


def test_what_runs_is_counted_and_found(city: City, instance: Instance) -> None:
    city.make_late(city.task(instance, "a7"), by=cities.timedelta(days=1))
    head = Visitor(city, "head")
    page = head.get("/cockpit").text
    address = f"/cockpit/processes/{instance.definition_id}"
    assert address in page
    version = head.get(f"{address}?element=a7&overdue=1").text
    assert number(city, instance) in version
    assert "&#34;a7&#34;: [&#34;1&#34;, &#34;1&#34;]" in version  # the diagram's marks
    assert number(city, instance) not in head.get(f"{address}?element=a5").text
    assert number(city, instance) in head.get(f"/cockpit/instances?text={number(city, instance)[:8]}").text
    assert number(city, instance) not in head.get("/cockpit/instances?text=%25").text


def test_who_draws_processes_is_told_numbers_that_tell_nobody(city: City, instance: Instance) -> None:
    supervisor = Visitor(city, "supervisor")
    page = supervisor.get(f"/cockpit/processes/{instance.definition_id}").text
    assert "1–" in page
    assert number(city, instance) not in page
    assert supervisor.get(f"/cockpit/instances/{instance.id}").status_code == 404
    assert Visitor(city, "handler4").get("/cockpit").status_code == 403


def test_a_task_is_sent_back_by_two(city: City, instance: Instance) -> None:
    head, leader = Visitor(city, "head"), Visitor(city, "leader")
    page = head.get(f"/cockpit/instances/{instance.id}").text
    task = city.task(instance, "a7")
    assert f"{task.id}|a5" in page
    address = f"/cockpit/instances/{instance.id}/steer"
    without = head.post(address, kind="send_back", target=f"{task.id}|a5", reason=" ")
    assert (without.status_code, "请写明原因" in without.text) == (422, True)
    asked = head.post(address, kind="send_back", target=f"{task.id}|a5", reason="退回补充核对")
    assert asked.status_code == 303
    place = asked.headers["Location"]
    assert "须由另一人复核" in head.get(place).text
    again = head.post(address, kind="cancel", reason="另一")
    assert (again.status_code, "孙主任" in again.text) == (409, True)
    assert head.post(f"{place}/confirm").status_code == 403
    assert place in leader.get("/cockpit").text
    assert "退回补充核对" in leader.get(place).text
    assert leader.post(f"{place}/confirm").status_code == 303
    with city.database.reading() as session:
        stands = session.scalars(
            select(Task.element_id).where(Task.instance_id == instance.id, Task.closed_at.is_(None))
        ).all()
    assert "a5" in stands
    assert "退回补充核对" in head.get(f"/cockpit/instances/{instance.id}").text


def test_a_program_steers_no_matter_alone(city: City, instance: Instance) -> None:
    """What the cockpit asks a second person for is not to be had through the engine's API by one."""
    head = city.app.test_client()
    address = f"/engine-rest/process-instance/{instance.id}"
    for send, path, body in (
        (head.delete, address, None),
        (head.put, f"{address}/suspended", {"suspended": True}),
        (
            head.post,
            f"{address}/modification",
            {"instructions": [{"type": "startBeforeActivity", "activityId": "a5"}]},
        ),
    ):
        refused = send(path, json=body, auth=("head", "head"))
        assert refused.status_code == 403, refused.text
    with city.database.reading() as session:
        assert session.get_one(Instance, instance.id).state == "active"


def test_an_incident_is_tried_again_with_others(city: City, instance: Instance) -> None:
    with city.database.unit_of_work() as session:
        timer = session.scalars(select(Timer).where(Timer.instance_id == instance.id).limit(1)).one()
        timer.status, timer.attempts = "failed", 5
        made = [
            history.fault(
                session,
                kind="failedTimer",
                error=ValueError(said),
                instance_id=instance.id,
                timer_id=timer_id,
            )
            for said, timer_id in (("日历缺失", timer.id), ("only seen", None))
        ]
    head = Visitor(city, "head")
    page = head.get("/cockpit/faults").text
    assert "日历缺失" in page
    assert head.post("/cockpit/faults").status_code == 303
    assert "请至少选择一项故障" in head.get("/cockpit/faults").text
    assert Visitor(city, "handler2").post("/cockpit/faults", incident=made).status_code == 403
    assert head.post("/cockpit/faults", incident=[*made, "unknown"], act="retry").status_code == 303
    after = head.get("/cockpit/faults").text
    assert "2 项立即重试" in after
    assert "1 项保持原状" in after
    with city.database.reading() as session:
        assert session.get_one(Timer, timer.id).status == "waiting"
        open_ones = select(Incident.id).where(Incident.id.in_(made), Incident.resolved_at.is_(None))
        assert session.scalars(open_ones).all() == []


def test_who_sees_a_part_alone_is_told_so_and_no_values(city: City) -> None:
    begun = city.transfer()
    with city.database.unit_of_work() as session:
        # Something of this run belongs to a stage that the head of case supervision does not read.
        session.execute(update(Clue).where(Clue.instance_id == begun.id).values(office_code="JD2"))
        passage = session.scalars(select(Activity).where(Activity.instance_id == begun.id).limit(1)).one()
        passage.stage = "review"
    page = Visitor(city, "head").get(f"/cockpit/instances/{begun.id}").text
    assert "您不可见的部分" in page
    assert "变量名" not in page


def test_workers_that_fall_silent_are_seen(city: City) -> None:
    with city.database.unit_of_work() as session:
        signs.sign(session, "host:1:ab", done=3)
        signs.sign(session, "post", account="robot")
    with clock.held_at(clock.now() + 2 * signs.SILENT), city.database.unit_of_work() as session:
        signs.sign(session, "post", account="robot", done=1)
        assert [(one.name, one.silent, one.done) for one in signs.known(session)] == [
            ("host:1:ab", True, 3),
            ("post", False, 1),
        ]
    head = Visitor(city, "head")
    assert "host:1:ab" in head.get("/cockpit/faults").text
    with city.database.unit_of_work() as session:
        signs.leave(session, "host:1:ab")
        assert [one.name for one in signs.known(session)] == ["post"]
