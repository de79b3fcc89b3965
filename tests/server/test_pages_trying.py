"""A draft is tried before it is published: in a house of its own, with a clock to be moved, and nothing leaves it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from handlers.registers import Clue
from server.sandbox import house as houses
from tests import city as cities
from tests.city import City
from tests.houses import Houses, sqlite_houses  # noqa: F401 -- fixture
from tests.scenarios import story
from tests.server.test_pages_modeler import base, diagram, send  # noqa: F401 -- fixtures
from tests.server.visitors import Visitor
from workflows import clock, definitions, instances
from workflows.errors import Conflict
from workflows.model import AuditEvent, Instance, Job, ProcessDefinition, Sandbox, Task, Timer

RECEIVED = {"complete": "yes", "competence": "yes", "duplicate": "none", "secrecy": "C", "sign": "true"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of this module's own."""
    return cities.found(tmp_path_factory.mktemp("trying"))


@pytest.fixture
def supervisor(city: City) -> Visitor:
    return Visitor(city, "supervisor")


def kept(city: City, key: str = "errand") -> Sandbox:
    with city.database.reading() as session:
        return session.get_one(Sandbox, (key, "supervisor"))


def open_task(city: City, key: str = "errand") -> Task:
    with houses.opened(kept(city, key)) as house, house.database.reading() as session:
        return session.scalars(select(Task).where(Task.closed_at.is_(None)).order_by(Task.created_at)).one()


def counts(city: City) -> list[int]:
    """Return how much there is of what a running house fills."""
    with city.database.reading() as session:
        return [
            session.scalar(select(func.count()).select_from(kind)) or 0
            for kind in (Instance, Task, Timer, Job, Clue, ProcessDefinition)
        ]


def test_a_draft_is_played_with_a_moved_clock_and_nothing_leaves_the_house(
    city: City,
    supervisor: Visitor,
    base: ProcessDefinition,  # noqa: F811
    diagram: bytes,  # noqa: F811
) -> None:
    drawn = diagram.replace("填写外出取证申请".encode(), "填写新的申请".encode())
    assert send(supervisor, base, "draft", drawn, seen="0").status_code == 200
    before, now = counts(city), clock.now()
    address = f"/processes/{base.id}/try"
    assert "开始试运行" in supervisor.get(address).text
    assert supervisor.post(f"{address}/begin").status_code == 303
    page = supervisor.get(address).text
    assert "没有走过" in page
    assert supervisor.post(f"{address}/start", who="supervisor").status_code == 303
    page = supervisor.get(address).text
    assert "填写新的申请" in page  # the draft, not what is published
    task = open_task(city)
    tokens = supervisor.get(f"{address}/tokens.json").json
    assert tokens["active"] == ["fill"]
    assert tokens["overdue"] == []
    # Time passes here and nowhere else.
    assert supervisor.post(f"{address}/clock", days="30").status_code == 303
    assert kept(city).at - now > timedelta(days=29)
    assert clock.now() - now < timedelta(hours=1)
    assert supervisor.get(f"{address}/tokens.json").json["overdue"] == ["fill"]
    # A form refuses what it would refuse, and shows what was typed.
    refused = supervisor.post(f"{address}/tasks/{task.id}", who="handler", place="示例市东湖区")
    assert (refused.status_code, "示例市东湖区" in refused.text) == (422, True)
    nobody = supervisor.post(f"{address}/tasks/{task.id}", who="agency")
    assert nobody.status_code in {404, 422}
    told = {
        "place": "示例市东湖区",
        "reason": "核实项目现场与验收材料是否一致。",
        "domain": "ecology",
        "day": "2039-06-01",
        "car": "office",
        "team": ["0", "1"],
        "team.0.name": "张承办",
        "team.1.name": "刘协办",
        "true_and_full": "true",
    }
    done = supervisor.post(f"{address}/tasks/{task.id}", who="handler", **told)
    assert done.status_code == 303, re.findall(r'class="error"[^>]*>.*?</p>', done.text)
    assert supervisor.get(f"{address}/tokens.json").json["active"] == ["review"]
    assert supervisor.post(f"{address}/undo").status_code == 303
    assert supervisor.get(f"{address}/tokens.json").json["active"] == ["fill"]
    assert supervisor.post(f"{address}/undo").status_code == 409
    # What earlier runs have taken stays counted.
    taken = supervisor.get(f"{address}/tokens.json").json["flows"]
    assert taken
    assert supervisor.post(f"{address}/begin").status_code == 303
    assert supervisor.get(f"{address}/tokens.json").json["flows"] == taken
    assert counts(city) == before
    # Another supervisor has a house of his own.
    assert "开始试运行" in Visitor(city, "supervisor2").get(address).text
    assert Visitor(city, "head").get(address).status_code == 403
    assert supervisor.post(f"{address}/drop").status_code == 303
    assert "开始试运行" in supervisor.get(address).text


def test_closed_cases_on_the_draft_are_told_in_merged_numbers_alone(
    city: City,
    supervisor: Visitor,
    base: ProcessDefinition,  # noqa: F811
    diagram: bytes,  # noqa: F811
) -> None:
    with city.database.unit_of_work() as session:
        of_matter = instances.start(
            session, definition_id=base.id, actor=city.actor("supervisor"), answers={}
        )
        of_matter.scope_id, of_matter.business_key = "clue:hidden", "JD-HIDDEN-7"
        of_matter.state, of_matter.ended_at, of_matter.revision = "completed", clock.now(), 2
        hidden = of_matter.id
        last = definitions.drafts.newest(session, base.key)
    seen = str(last.number) if last else "0"
    assert (
        send(supervisor, base, "draft", diagram.replace(b'"fill"', b'"fill2"'), seen=seen).status_code == 200
    )
    page = supervisor.get(f"/processes/{base.id}/replay")
    assert page.status_code == 200
    assert '<code class="meta">fill</code>' in page.text
    # One and none are told alike.
    assert "少于" in page.text
    assert "JD-HIDDEN-7" not in page.text
    assert hidden not in page.text
    assert Visitor(city, "head").get(f"/processes/{base.id}/replay").status_code == 403


def test_what_the_engine_cannot_run_is_named(
    city: City,
    supervisor: Visitor,
    base: ProcessDefinition,  # noqa: F811
    diagram: bytes,  # noqa: F811
) -> None:
    with city.database.reading() as session:
        last = definitions.drafts.newest(session, "errand")
    broken = diagram.replace(b"${limit('T11')}", b"${limit(}")
    assert send(supervisor, base, "draft", broken, seen=str(last.number)).status_code == 200
    refused = supervisor.post(f"/processes/{base.id}/try/begin")
    assert refused.status_code == 422
    assert "引擎不能运行此草稿" in refused.text
    assert "review" in refused.text


def test_two_windows_do_not_undo_each_other_unseen(city: City) -> None:
    with city.database.unit_of_work() as session:
        houses.begin(session, definitions.latest(session, "assigned_matter"), actor=city.actor("supervisor"))
    from server.pages import trying

    first, second = kept(city, "assigned_matter"), kept(city, "assigned_matter")
    with city.app.app_context():
        for one in (first, second):
            with houses.opened(one, act=True) as house:
                house.move_clock(house.kept.at + timedelta(days=1))
        trying._keep(first)
        with pytest.raises(Conflict) as error:
            trying._keep(second)
    assert error.value.code == "sandbox_changed"


def test_what_was_played_is_a_story_that_can_be_told(
    city: City,
    supervisor: Visitor,
    tmp_path: Path,
    sqlite_houses: Houses,  # noqa: F811
) -> None:
    with city.database.reading() as session:
        process = definitions.latest(session, "clue_transfer")
    address = f"/processes/{process.id}/try"
    assert supervisor.post(f"{address}/begin").status_code == 303
    answers = {key: str(value) for key, value in cities.TRANSFER.items() if key != "subjects"}
    answers["subjects"] = "0"
    answers |= {f"subjects.0.{key}": value for key, value in cities.TRANSFER["subjects"][0].items()}
    begun = supervisor.post(f"{address}/start", who="agency", **answers)
    assert begun.status_code == 303, re.findall(r'class="error"[^>]*>.*?</p>', begun.text)
    assert supervisor.post(f"{address}/clock", days="1").status_code == 303
    task = open_task(city, "clue_transfer")
    taken = supervisor.post(f"{address}/tasks/{task.id}", who="clerk", **RECEIVED)
    assert taken.status_code == 303, re.findall(r'class="error"[^>]*>.*?</p>', taken.text)
    with city.database.reading() as session:
        # Who reads of a sandbox reads of nobody.
        assert session.scalars(select(AuditEvent).where(AuditEvent.act.like("task.%"))).all() == []
    file = tmp_path / "clue_transfer" / "scenarios" / "01_recorded.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(supervisor.get(f"{address}/scenario.yaml").data)
    with sqlite_houses() as database:
        telling = story.Telling(database, story.read(file))
        telling.tell()
        with database.reading() as session:
            standing = session.scalars(select(Task.element_id).where(Task.closed_at.is_(None))).all()
    with houses.opened(kept(city, "clue_transfer")) as house, house.database.reading() as session:
        played = session.scalars(select(Task.element_id).where(Task.closed_at.is_(None))).all()
    assert sorted(standing) == sorted(played)


def test_a_draft_is_played_under_load(city: City, supervisor: Visitor) -> None:
    with city.database.reading() as session:
        process = definitions.latest(session, "clue_transfer")
    address = f"/processes/{process.id}/load"
    asked = supervisor.get(address).text
    assert "开始模拟" in asked
    assert 'name="staff.principal" value="1"' in asked  # as many as hold the role
    assert "期末积压" not in asked
    played = supervisor.get(f"{address}?per_day=20&days=100&staff.principal=1&minutes.a7_approve=200").text
    assert "积压不断增长" in played
    # What is no number, or beyond all bounds, is brought within them.
    wild = supervisor.get(f"{address}?per_day=1e99&days=nan&hours=-1&seed=x&staff.principal=inf")
    assert wild.status_code == 200
    assert Visitor(city, "head").get(address).status_code == 403
