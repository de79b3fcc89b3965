"""The visibility matrix as data: what a file may say, which version holds, and what each stage shows to whom."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from handlers import office, wall
from handlers.registers import Clue, ClueSubject
from handlers.wall import matrix
from server.db import Database
from tests.handlers.conftest import Engines
from tests.stages import lay_stages
from workflows.errors import InvalidInput
from workflows.model import Instance, Task

HEAD = "role,area,version,effective_from,right,scope,mark\n"
POLICY = wall.Wall()


@pytest.fixture(autouse=True)
def own_matrix() -> Iterator[None]:
    yield
    matrix.install(None)


#: A row, the column for which it is refused, and what is said.
WRONG = (
    ("painter,clue,1,2026-01-01,V,everything,DES", "role", "'painter' is none of admin, agency_clerk"),
    ("handler,attic,1,2026-01-01,V,everything,DES", "area", "'attic' is none of reporter, clue"),
    ("handler,clue,1,2026-01-01,W,everything,DES", "right", "'W' is none of V, E, A, m"),
    ("handler,clue,1,2026-01-01,V,sometimes,DES", "scope", "'sometimes' is none of everything"),
    ("handler,clue,0,2026-01-01,V,assigned,DES", "version", "a whole number from 1 on"),
    ("handler,clue,one,2026-01-01,V,assigned,DES", "version", "'one' is not a whole number"),
    ("handler,clue,1,soon,V,assigned,DES", "effective_from", "'soon' is not a day"),
    ("handler,clue,1,2026-01-01,V", "mark", "expected 7 columns"),
    ("admin,statistics,1,2026-01-01,V,everything,DES", "role", "administrator never sees"),
    ("supervisor,clue,1,2026-01-01,V,everything,DES", "right", "supervisor never sees the content"),
    ("auditor,case,1,2026-01-01,do,everything,DES", "right", "auditor never sees the content"),
    ("principal,reporter,1,2026-01-01,V,everything,DES", "scope", "nobody gets the reporter's identity"),
    ("handler,reporter,1,2026-01-01,V,taken_in,DES", "scope", "nobody gets the reporter's identity"),
    ("unit_head,case,1,2026-01-01,V,everything,DES", "scope", "no part of the commission"),
    ("handler,clue,1,2026-01-01,steer,everything,DES", "right", "over the course of a process"),
    ("handler,process,1,2026-01-01,V,everything,DES", "right", "over the course of a process"),
    ("handler,returns,1,2026-01-01,V,assigned,DES", "scope", "assigned says nothing about returns"),
    ("handler,clue,1,2026-01-01,V,unsealed,DES", "scope", "unsealed says nothing about clue"),
    ("handler,clue,1,2026-01-01,none,everything,DES", "scope", "none goes with nothing"),
)


def test_a_wrong_row_is_refused_with_its_line_and_column(sqlite_engines: Engines) -> None:
    good = "handler,clue,1,2026-01-01,V,assigned,DES\n"
    with sqlite_engines() as engine, Session(engine) as session:
        office.load_roles(session, (matrix.FILE.parent / "roles.csv").read_text("utf-8"))

        def refusal(text: str) -> str:
            with pytest.raises(InvalidInput) as refused:
                wall.load(session, text)
            return refused.value.message

        assert wall.load(session, HEAD + good) == 1
        for row, column, why in WRONG:
            message = refusal(HEAD + good.replace("handler", "reviewer") + row + "\n")
            assert f"Line 3, column {column}: " in message
            assert why in message
        assert "the same grant stands in a row above" in refusal(HEAD + good + good)
        assert "The first line must be role,area" in refusal(good)
    engine.dispose()  # the next test lays its database in the same place


def test_the_last_version_that_has_begun_holds_for_its_whole_cell() -> None:
    rows = matrix.read(
        HEAD
        + "handler,clue,1,2026-01-01,V,assigned,DES\n"
        + "handler,clue,1,2026-01-01,V,open_task,DES\n"
        + "handler,clue,2,2026-03-01,V,own_office,DES\n"
        + "handler,case,1,2026-01-01,E,assigned,DES\n"
        + "handler,case,2,2026-02-01,none,nothing,DES\n"
    )

    def on(day: str) -> list[str]:
        return sorted(grant.rule for grant in matrix.in_force(rows, date.fromisoformat(day)).grants)

    both = ["handler/clue/V/assigned", "handler/clue/V/open_task"]
    assert on("2020-01-01") == on("2026-01-31") == ["handler/case/E/assigned", *both]
    assert on("2026-02-28") == both
    assert on("2026-03-01") == ["handler/clue/V/own_office"]


#: domain.md §4.1, by stage: who of the demo city sees the matter that `lay_stages` laid there. The clue's content
#: they see beside, by the register; a reviewer sees the case only after its acceptance, of which there is no register.
SEEING = {
    "interview": {"handler", "handler2", "head", "leader", "principal"},
    "investigation": {"handler5", "handler6", "head3", "leader", "principal"},
    "review": {"reviewer", "principal"},
    "appeal": {"reviewer", "principal"},
    "rectification": {"clerk", "handler", "handler2", "head", "leader", "principal"},
    "register": {"clerk", "handler", "handler2", "head", "leader", "principal"},
    "clearing": {"clerk", "handler", "handler2", "head", "leader", "principal"},
}
WHO = {name for seeing in SEEING.values() for name in seeing}
WHO |= {"handler9", "handler11", "head2", "intake", "agency", "agency2", "auditor", "admin", "supervisor"}


def test_each_stage_shows_what_the_matrix_says_and_its_step_goes_with_it(house: Database) -> None:
    laid = lay_stages(house)
    with house.unit_of_work() as session:
        actors = {login: office.actor_for(session, login) for login in WHO}
        for stage, one in laid.items():
            task, instance = session.get_one(Task, one.task_id), session.get_one(Instance, one.instance_id)
            seeing = {n for n, actor in actors.items() if POLICY.may(session, actor, "see", instance).allowed}
            # Who heads case supervision heads the first office as well, in this city.
            assert seeing - {"head"} == SEEING[stage] - {"head"}, stage
            claiming = {n for n, actor in actors.items() if POLICY.may(session, actor, "claim", task).allowed}
            assert claiming <= seeing, stage
            assert claiming, stage
        investigation = session.get_one(Clue, laid["investigation"].clue_id)
        # A colleague of the office who is not assigned is offered the step, and does not learn of it.
        assert wall.view(session, actors["handler11"], investigation) is None
        assert wall.view(session, actors["clerk"], investigation) == "content"
        for login, acts in (("handler5", {"see", "know"}), ("agency", {"know"}), ("handler4", set())):
            somebody = office.actor_for(session, login)
            may = {act: wall.may(session, somebody, act, investigation) for act in ("see", "know", "burn")}
            assert {act for act, decision in may.items() if decision.allowed} == acts
            assert may["burn"].rule == "unknown"
        assert not POLICY.may(
            session, actors["head"], "cancel", session.get_one(Instance, laid["review"].instance_id)
        ).allowed


def test_cadre_supervision_sees_matters_about_staff_but_not_about_himself(house: Database) -> None:
    """干部监督室: what is about the commission's own people, as their unit is written (domain.md §4.1)."""
    laid = lay_stages(house)
    with house.unit_of_work() as session:
        office.enrol(session, "handler7", "cadre_supervision", unit_code="GJS", since=office.today())
        actor = office.actor_for(session, "handler7")
        clue = session.get_one(Clue, laid["investigation"].clue_id)
        instance = session.get_one(Instance, laid["investigation"].instance_id)
        assert wall.view(session, actor, clue) is None
        unit = office.named(session, "示例市纪委监委第一监督检查室")
        assert unit is not None
        assert unit.code == "JD1"
        assert office.named(session, "第一监督检查室") is unit
        bureau = office.named(session, "示例市生态环境局")
        assert bureau is not None
        assert bureau.code == "STJ"
        assert office.named(session, "外地市生态环境局") is None
        assert office.named(session, "生态环境局法规科") is None
        session.add(subject := ClueSubject(clue_id=clue.id, name="张承办", unit_code=unit.code))
        session.flush()
        assert wall.view(session, actor, clue) == "content"
        assert POLICY.may(session, actor, "see", instance).allowed
        assert not POLICY.may(
            session, actor, "claim", session.get_one(Task, laid["investigation"].task_id)
        ).allowed
        subject.name = "吴督察"
        session.flush()
        assert wall.view(session, actor, clue) is None
        assert wall.reads_log(actor) == "everything"
