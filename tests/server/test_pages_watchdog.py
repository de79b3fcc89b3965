"""Missing clocks: told to supervisors and administrators by step, to the operator by task, to machines by number."""

from __future__ import annotations

from click.testing import CliRunner
from sqlalchemy import update

from server.cli import main
from tests.city import City
from tests.server.visitors import Visitor
from workflows.model import Timer


def test_a_lost_clock_is_told_to_everybody_who_can_see_to_it(city: City) -> None:
    started = city.transfer()
    ours = str(city.database.engine.url)
    admin, supervisor = Visitor(city, "admin"), Visitor(city, "supervisor")
    assert "在办任务计时齐全" in admin.get("/clocks").text
    assert CliRunner().invoke(main, ["clocks"], env={"DUBAN_DATABASE_URL": ours}).exit_code == 0
    with city.database.unit_of_work() as session:
        session.execute(update(Timer).where(Timer.instance_id == started.id).values(status="cancelled"))
    page = supervisor.get("/clocks").text
    assert "催办提醒" in page
    assert "clue_transfer" in page
    assert (started.business_key or "") not in page, "nothing of the matter"
    told = CliRunner().invoke(main, ["clocks"], env={"DUBAN_DATABASE_URL": ours})
    assert told.exit_code == 1
    assert "no reminders brief" in told.output
    assert "clocks are missing" in told.output
    assert Visitor(city, "handler").get("/clocks").status_code == 403
    assert 'href="/clocks"' in admin.get("/inbox").text
