"""Running instances moved to another version on the pages: proposed, looked at, ordered, followed."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests import city as cities
from tests.city import City
from tests.server.test_pages_modeler import base, diagram, send  # noqa: F401 -- fixtures
from tests.server.visitors import Visitor
from workflows import definitions, jobs, persistence
from workflows.model import Instance, Job, ProcessDefinition, Task


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of this module's own."""
    return cities.found(tmp_path_factory.mktemp("migrating"))


def publish(city: City, base: ProcessDefinition, xml: bytes) -> ProcessDefinition:  # noqa: F811
    with city.database.reading() as session:
        last = definitions.drafts.newest(session, "errand")
    sent = send(Visitor(city, "supervisor"), base, "publish", xml, seen=str(last.number if last else 0))
    assert sent.status_code == 200, sent.text
    with city.database.reading() as session:
        return definitions.latest(session, "errand")


def work(city: City) -> None:
    with city.database.unit_of_work() as session:
        waiting = session.scalars(select(Job.id).where(Job.kind == "migrate", Job.status == "waiting")).all()
    for job_id in waiting:
        with city.database.unit_of_work() as session:
            jobs.run(session, job_id)


def test_what_runs_is_looked_at_ordered_and_moved(
    city: City,
    base: ProcessDefinition,  # noqa: F811
    diagram: bytes,  # noqa: F811
) -> None:
    running = [city.start() for _ in range(3)]
    due = {task.id: task.due_at for task in tasks(city)}
    target = publish(city, base, diagram.replace(b'"fill"', b'"write"'))
    supervisor = Visitor(city, "supervisor")
    address = f"/processes/{base.id}/migrate"
    assert address in supervisor.get("/processes/behind").text
    assert address in supervisor.get(f"/processes/{base.id}").text
    page = supervisor.get(address)
    # What is gone is proposed to become the new step of its name.
    assert re.search(r'<option value="write" selected>', page.text)
    refused = supervisor.post(f"{address}/look", to=target.id, **{"to-fill": ""})
    assert refused.status_code == 200
    assert "新版本没有它所在的环节" in refused.text
    assert "可迁移 0 个" in refused.text
    looked = supervisor.post(f"{address}/look", to=target.id, **{"to-fill": "write"})
    assert "可迁移 3 个" in looked.text
    ordered = supervisor.post(address, to=target.id, **{"to-fill": "write"})
    assert ordered.status_code == 303
    batch = ordered.headers["Location"]
    assert "已完成 0 / 3" in supervisor.get(batch).text
    work(city)
    assert "已完成 3 / 3" in supervisor.get(batch).text
    with city.database.reading() as session:
        moved = session.scalars(select(Instance).where(Instance.id.in_([one.id for one in running]))).all()
    assert {one.definition_id for one in moved} == {target.id}
    assert {task.id: task.due_at for task in tasks(city)} == due
    assert {task.element_id for task in tasks(city)} == {"write"}
    assert Visitor(city, "supervisor2").get(batch).status_code == 404  # it is the other's
    # Until its next step each can go back, as it was.
    first, second, _third = running
    city.claim(city.task(first), "handler")
    city.complete(city.task(second), "handler", **cities.REQUEST)
    page = supervisor.get(batch).text
    assert [f"{batch}/undo/{one.id}" in page for one in running] == [True, False, True]
    assert supervisor.post(f"{batch}/undo/{second.id}").status_code == 303
    assert "迁移后它已继续办理" in supervisor.get(batch).text
    assert supervisor.post(f"{batch}/undo/{first.id}").status_code == 303
    assert "已移回 1" in supervisor.get(batch).text
    back = city.task(first)
    assert (back.element_id, back.assignee, back.due_at) == ("fill", "handler", due[back.id])
    with city.database.reading() as session:
        assert session.get_one(Instance, first.id).definition_id == base.id
        assert persistence.rows_equal_run(session, first.id) == []
    supervisor.post(f"{batch}/undo/{first.id}")
    assert "它不是由这次迁移移动的" in supervisor.get(batch).text
    again = supervisor.post(address, to=target.id, **{"to-fill": "write"}).headers["Location"]
    work(city)
    assert "已完成 1 / 1" in supervisor.get(again).text


def tasks(city: City) -> list[Task]:
    with city.database.reading() as session:
        return list(session.scalars(select(Task).where(Task.closed_at.is_(None)).order_by(Task.id)))


def test_who_may_move_none_is_told_so(city: City) -> None:
    city.start()
    with city.database.reading() as session:
        newest = definitions.latest(session, "errand").id
        first = definitions.list_definitions(session, key="errand")[-1].id
    assert "没有可迁移的" in Visitor(city, "supervisor2").get(f"/processes/{first}/migrate").text
    assert "没有在办事项使用旧版本" in Visitor(city, "supervisor2").get("/processes/behind").text
    assert Visitor(city, "handler").get(f"/processes/{newest}/migrate").status_code == 403
    order = Visitor(city, "supervisor").post(f"/processes/{first}/migrate", to=newest)
    assert order.status_code == 422


def test_moves_that_wait_are_taken_back(
    city: City,
    base: ProcessDefinition,  # noqa: F811
    diagram: bytes,  # noqa: F811
) -> None:
    city.start()
    target = publish(city, base, re.sub(rb"P\dD", b"P9D", diagram))
    supervisor = Visitor(city, "supervisor")
    batch = supervisor.post(f"/processes/{base.id}/migrate", to=target.id).headers["Location"]
    assert supervisor.post(f"{batch}/drop").status_code == 303
    work(city)
    assert "收回" in supervisor.get(batch).text
    with city.database.reading() as session:
        left = select(Instance).where(Instance.definition_id == target.id)
        assert session.scalars(left).all() == []
