"""The demo: every stage of the process is there, reached by the engine itself, and loaded once."""

import io
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers import clue_import, lists, office
from handlers.notifications import Notification
from handlers.registers import Clue, ClueSubject, MatterEvent
from handlers.registers.diverted import DivertedItem
from handlers.registers.quarterly import QuarterlyList
from handlers.registers.returns import AgencyReturn, RectificationItem
from server import auth, boot, demo
from server.db import Database, connect
from server.demo import story
from server.demo.answers import answer_to
from server.demo.fates import ENDED, STEPS, WAITING, Fate, fates
from server.demo.sample import FAULTS, Sample, write
from server.demo.story import Story
from server.demo.transfers import BUREAUS, Traits, write_list
from server.settings import Settings
from server.wiring import wire
from workflows import clock, definitions, persistence
from workflows.errors import Conflict
from workflows.ladder import LEVELS
from workflows.model import Incident, Instance, Task, TaskCandidate

#: A Wednesday afternoon.
NOW = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
OUTSIDE = {"held", "m_original", "c12_hear", "e3_review"}  #: stops that are no user task


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file as `duban serve` prepares it, at NOW, with the demo's process and nothing else."""
    file = tmp_path_factory.mktemp("demo") / "prepared.sqlite3"
    with opened(f"sqlite:///{file}", boot.prepare):
        return file


@pytest.fixture
def office_database(prepared: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a prepared database of the test's own, at NOW."""
    copy = shutil.copyfile(prepared, tmp_path / "office.sqlite3")
    with opened(f"sqlite:///{copy}") as target:
        yield target


@contextmanager
def opened(url: str, prepare: Callable[[Database, Settings], None] | None = None) -> Iterator[Database]:
    settings = Settings(database_url=url, demo=True)
    wire(settings)
    with clock.held_at(NOW), closing(connect(settings)) as target:
        if prepare is not None:
            prepare(target, settings)
        else:
            with target.reading() as session:
                boot.know_roles(session)
        yield target


def one_of_each() -> list[Fate]:
    """Return each fate once: those that wait come to their stop in any case, the others to their end."""
    waiting = [replace(fate, waits=45) for fate, _, _ in WAITING]
    fresh = [replace(fate, waits=0) for fate, _, _ in WAITING[:4]]
    # One after the other, so that the later ones find earlier ones that they repeat.
    ended = [replace(fate, waits=120 - 5 * number) for number, (fate, _) in enumerate(ENDED)]
    return [*waiting, *fresh, *ended]


@pytest.mark.slow
def test_every_stage_is_reached_by_the_engine(office_database: Database) -> None:
    """That the steps do the same on PostgreSQL is told by the stories."""
    planned = one_of_each()
    with office_database.unit_of_work() as session:
        demo.settle(session)
        split = [fate for fate in planned if fate.competence == "part" and fate.stop != "a3_split"]
        played = Story(session, Random(7), planned).play(lambda line: None)
        assert played == len(planned) + len(split)
    with office_database.reading() as session:
        every_stage_is_there(session)


def every_stage_is_there(session: Session) -> None:
    row = definitions.latest(session, "clue_transfer")
    nodes = definitions.compiled(session, row.id).nodes.values()
    waiting = set(session.scalars(select(Task.element_id).where(Task.closed_at.is_(None))))
    # What the demo's people do not do yet waits where it came to: the first steps of a verification.
    assert waiting >= {node.id for node in nodes if node.kind == "userTask"} | {
        "b_report",
        "e_approve",
        "e_told",
        "b1",
        "b3t",
        "b4",
    }
    ends = set(session.scalars(select(Instance.end_element).where(Instance.state == "completed")))
    assert {"end_fed_back", "end_returned", "end_transferred"} <= ends
    stages = set(session.scalars(select(Clue.stage)))
    assert {"held", "joined", "returned", "transferred", "fed_back", "talk", "verification"} <= stages
    levels = set(session.scalars(select(Task.level).where(Task.closed_at.is_(None))))
    assert {"normal", "overdue"} <= levels <= set(LEVELS)
    codes = set(session.scalars(select(MatterEvent.code)))
    assert {"deadline.overdue", "deadline.listed", "clue.withdrawn", "clue.recused", "clue.reopened"} <= codes
    assert session.scalars(select(Incident)).all() == []
    for instance_id in session.scalars(select(Instance.id)):
        assert persistence.rows_equal_run(session, instance_id) == []
    assert session.scalars(select(func.max(Task.created_at))).one() <= NOW
    assert session.scalars(select(func.max(Notification.at))).one() <= NOW


def test_numbers_follow_the_days_of_transfer(office_database: Database) -> None:
    planned = [Fate(stop="a3", waits=days) for days in (1, 40, 20, 90, 3)]
    with office_database.unit_of_work() as session:
        demo.settle(session)
        Story(session, Random(7), planned).play(lambda line: None)
        in_order = session.scalars(select(Clue.submitted_at).order_by(Clue.transfer_no)).all()
        assert in_order == sorted(in_order)
        assert len(in_order) == 5


def test_the_demo_is_loaded_once_and_wholly_or_not_at_all(
    office_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        story, "fates", lambda chance: [Fate(stop="a3"), Fate(stop="a5"), Fate(stop="a7", waits=9)]
    )

    def unplugged(line: str) -> None:
        if "matters" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.load(office_database, say=unplugged)
    with office_database.reading() as session:
        assert not demo.loaded(session)
        assert session.scalars(select(auth.Account)).all() == []

    assert demo.load(office_database) == 3
    with office_database.reading() as session:
        # A principal has nothing to do with what is about the principal.
        open_items = session.scalars(select(DivertedItem.reason).where(DivertedItem.handed_on.is_(None)))
        assert sorted(open_items) == ["T01", "T02"]
        assert session.scalar(select(func.count()).where(QuarterlyList.received_at.is_not(None))) == 1
    assert demo.load(office_database) == 0
    with office_database.reading() as session:
        assert demo.loaded(session)
        assert session.scalar(select(func.count()).select_from(Clue)) == 3
        states = set(session.scalars(select(AgencyReturn.state)))
        assert states >= {"open", "nil", "late", "missed"}
        assert session.scalars(select(RectificationItem.agency_code)).all() == ["RSJ"]
        assert session.scalar(select(func.count()).select_from(auth.Account)) >= 17


def test_the_demo_is_not_loaded_over_other_matters(office_database: Database) -> None:
    with office_database.unit_of_work() as session:
        demo.settle(session)
        Story(session, Random(1), [Fate(stop="a3")]).play(lambda line: None)
    with pytest.raises(Conflict, match="matters of its own"):
        demo.load(office_database)


def test_the_plan_has_many_matters_and_every_step(sqlite_url: str) -> None:
    planned = list(fates(Random(demo.SEED)))
    assert 150 <= len(planned) <= 200
    assert {fate.stop for fate in planned} == STEPS.keys()
    for stop in STEPS.keys() - OUTSIDE - {"end"}:
        assert answer_to(stop)


def test_every_list_is_read_without_a_problem(office_database: Database) -> None:
    with office_database.unit_of_work() as session:
        demo.settle(session)
    for bureau in BUREAUS:
        traits = [Traits(), Traits(major=True), Traits(named=True, source="来信")] * 3
        data = io.BytesIO(write_list(bureau, date(2026, 11, 17), traits, Random(3)))
        with clue_import.opened(office_database.reading, data, "list.xlsx") as incoming:
            assert incoming.unknown == ()
            found = list(incoming.rows())
        assert len(found) == len(traits)
        for row in found:
            assert isinstance(row, clue_import.Row), row
            names = [subject["name"] for subject in row.answers["subjects"]]
            assert all(re.fullmatch(r"\w某[甲乙丙丁戊己庚辛壬癸]", name) for name in names)


@pytest.mark.parametrize("name", ["list.xlsx", "utf-8.csv", "gb18030.csv"])
def test_samples_of_lists_are_good_but_for_their_faults(
    office_database: Database, tmp_path: Path, name: str
) -> None:
    with office_database.unit_of_work() as session:
        demo.settle(session)
    path = tmp_path / name
    for for_office, faults in ((False, 0), (True, 1)):
        wanted = Sample(len(FAULTS) * 8, office.today(), for_office=for_office, faults=faults)
        write(path, wanted, encoding="gb18030" if "gb" in name else "utf-8")
        opens = office_database.reading
        with opens() as session:
            sender = office.actor_for(session, "intake" if for_office else "agency")
        with path.open("rb") as stream, clue_import.opened(opens, stream, name, actor=sender) as incoming:
            found = list(incoming.rows())
        bad = [row for row in found if isinstance(row, clue_import.Bad)]
        assert len(found) == wanted.rows
        assert len(bad) == wanted.rows * faults
        digests = [row.digest for row in found if isinstance(row, clue_import.Row)]
        assert len(digests) * 0.9 <= len(set(digests)) <= len(digests)
    told = {(problem.column, problem.code) for row in bad for problem in row.problems}
    assert len(told) >= len(FAULTS) - 2, told


def test_the_same_chance_gives_the_same_list() -> None:
    def cells() -> list[list[str]]:
        data = write_list(BUREAUS[0], date(2026, 11, 17), [Traits()] * 5, Random(3))
        with lists.opened(io.BytesIO(data), "list.xlsx") as (sheet,):
            return [[cell.text if cell else "" for cell in line.cells] for line in sheet.lines]

    assert cells() == cells()


def test_every_candidate_of_the_demo_is_somebody(office_database: Database) -> None:
    with office_database.unit_of_work() as session:
        demo.settle(session)
        Story(session, Random(7), [replace(f, waits=1) for f, _, _ in WAITING[:12]]).play(lambda line: None)
        for name in session.scalars(
            select(TaskCandidate.name).where(TaskCandidate.kind == "group").distinct()
        ):
            assert office.people_in(session, name), name
        assert session.scalar(select(func.count()).select_from(ClueSubject)) >= 12


def test_every_account_that_is_announced_can_sign_in(office_database: Database) -> None:
    with office_database.unit_of_work() as session:
        demo.settle(session)
        for account in demo.ACCOUNTS:
            assert office.person(session, account.login).kind in ("staff", "external")
    for account in demo.ACCOUNTS:
        auth.verify(office_database, account.login, account.login, remote="127.0.0.1")


def test_history_lies_in_the_past_and_on_working_days(office_database: Database) -> None:
    with office_database.unit_of_work() as session:
        demo.settle(session)
        Story(session, Random(5), [Fate(waits=30), Fate(stop="a9", waits=3)]).play(lambda line: None)
        done = session.scalars(select(Task.closed_at).where(Task.closed_at.is_not(None))).all()
        assert len(done) >= 12
        for at in done:
            assert at is not None
            local = at.astimezone(clock.office_zone())
            assert 9 <= local.hour < 18
            assert NOW - timedelta(days=120) < at <= NOW
