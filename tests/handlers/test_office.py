"""The office: groups of an actor, people of a group, heads, posts by date, bad reference data."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from handlers import office
from handlers.office import Membership, Person, Post, Unit
from workflows import clock
from workflows.errors import InvalidInput, NotFound

DEMO = Path(__file__).parents[2] / "server/demo"


def logins(people: list[Person]) -> list[str | None]:
    return [somebody.login for somebody in people]


def test_an_actor_is_in_the_groups_of_his_name_his_roles_and_their_units(city: Session) -> None:
    actor = office.actor_for(city, "head")
    assert actor.groups == {
        "head",
        "office_head",
        "office_head@JD1",
        "case_supervision_head",
        "case_supervision_head@AGS",
    }
    assert actor.name == "孙主任"


def test_a_login_without_a_person_is_in_its_own_group_only(city: Session) -> None:
    actor = office.actor_for(city, "robot")
    assert (actor.groups, actor.name) == ({"robot"}, "robot")


@pytest.mark.parametrize("login", ["principal", "principal@JW", "case_supervision"])
def test_a_login_spelt_like_a_role_does_not_hold_it(city: Session, login: str) -> None:
    city.execute(update(Person).where(Person.login == login).values(login="other"))
    city.add(Person(name="冒名者", login=login))
    city.flush()
    assert office.actor_for(city, login).groups == set()
    assert login not in logins(office.people_in(city, login))


def test_people_of_a_group(city: Session) -> None:
    assert logins(office.people_in(city, "handler@JD1")) == ["handler", "handler2", "handler9"]
    assert logins(office.people_in(city, "case_supervision")) == ["clerk", "clerk2"]
    assert logins(office.people_in(city, "clerk2")) == ["clerk2"]
    assert logins(office.people_in(city, "handler@STJ")) == []
    assert logins(office.people_in(city, "nonsense")) == []


def test_every_office_of_the_line_has_a_head_and_two_handlers(city: Session) -> None:
    for unit in ("JD1", "JD2", "SC1", "GJS"):
        assert len(office.head_of(city, unit)) == 1
        assert len(office.people_in(city, f"handler@{unit}")) >= 2
    assert logins(office.head_of(city, "AGS")) == ["head"]
    assert logins(office.head_of(city, "STJ")) == []


def test_a_membership_holds_from_its_first_day_to_the_day_before_its_end(city: Session) -> None:
    held = city.scalars(select(Membership).join(Person).where(Person.login == "handler")).one()
    held.until = date(2026, 3, 1)
    city.flush()
    # 15:59 UTC on 28 February is still that day in Shanghai, 16:00 is 1 March.
    with clock.held_at(datetime(2026, 2, 28, 15, 59, tzinfo=UTC)):
        assert "handler@JD1" in office.actor_for(city, "handler").groups
        assert "handler" in logins(office.people_in(city, "handler@JD1"))
        assert office.units_of(city, "handler") == ["JD1"]
    with clock.held_at(datetime(2026, 2, 28, 16, 0, tzinfo=UTC)):
        assert office.actor_for(city, "handler").groups == set()
        assert "handler" not in logins(office.people_in(city, "handler@JD1"))
        assert office.units_of(city, "handler") == []


def test_of_several_posts_the_one_managed_highest_governs(city: Session) -> None:
    somebody = office.person(city, "head")
    city.add(
        Post(
            person_id=somebody.id,
            title="省级议事机构成员",
            rank="RK09",
            managing_committee="province",
            since=date(2024, 1, 1),
            until=date(2025, 1, 1),
        )
    )
    city.flush()

    def managed(day: date) -> str | None:
        post = office.post_at(city, somebody.id, day)
        return post and post.managing_committee

    assert managed(date(2023, 12, 31)) == "city"
    assert managed(date(2024, 6, 1)) == "province"
    assert managed(date(2025, 1, 1)) == "city"
    assert managed(date(2000, 1, 1)) is None


def test_the_tree_lists_each_unit_after_its_parent(city: Session) -> None:
    seen: set[str] = set()
    for unit in office.tree(city):
        assert unit.parent_id is None or unit.parent_id in seen
        seen.add(unit.id)
    assert office.depth(office.unit(city, "CITY")) == 0
    assert office.unit(city, "DH02").path == "/CITY/DH/DH02/"
    assert office.depth(office.unit(city, "DH02")) == 2


def test_fourteen_agencies_transfer_clues(city: Session) -> None:
    assert len(office.agencies(city)) == 14


def test_people_of_agencies_are_no_staff(city: Session) -> None:
    assert office.person(city, "handler").kind == "staff"
    assert office.person(city, "agency").kind == "external"


def test_loading_the_same_data_again_adds_nothing(city: Session) -> None:
    before = city.query(Membership).count()
    assert office.load_units(city, (DEMO / "units.csv").read_text("utf-8")) == 0
    assert office.load_people(city, (DEMO / "people.csv").read_text("utf-8")) == 0
    assert office.load_memberships(city, (DEMO / "memberships.csv").read_text("utf-8")) == 0
    assert city.query(Membership).count() == before


def test_unknown_names_are_named(city: Session) -> None:
    with pytest.raises(NotFound, match="'XYZ'"):
        office.unit(city, "XYZ")
    with pytest.raises(NotFound, match="'nobody'"):
        office.person(city, "nobody")
    with pytest.raises(NotFound, match="no role 'boss'"):
        office.enrol(city, "head", "boss", since=date(2026, 1, 1))


@pytest.mark.parametrize("code", ["", "jd1", "JD/1", "JD@1", "1JD", "J" * 17, "监督"])
def test_a_code_that_would_break_groups_or_paths_is_refused(city: Session, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        office.add_unit(city, code, name_zh="室", name_en="Office", kind="office")
    assert "code" in caught.value.fields


def test_every_bad_field_of_a_unit_is_named(city: Session) -> None:
    with pytest.raises(InvalidInput) as caught:
        office.add_unit(city, "JD1", name_zh="室", name_en="Office", kind="cellar")
    assert caught.value.fields.keys() == {"code", "kind"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,name\n", "The first line must be"),
        ("code,name_zh,name_en,kind,parent,area_code\nA,甲,A,office,B,\n", "Line 2, column parent: 'B'"),
        ("code,name_zh,name_en,kind,parent,area_code\nA,甲\n", "Line 2: expected 6 columns"),
    ],
)
def test_bad_unit_rows_are_named(session: Session, text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        office.load_units(session, text)
    assert session.query(Unit).count() == 0


def test_bad_people_rows_are_named(city: Session) -> None:
    head = "login,name,sex,political_status,unit,title,rank,managing_committee,since\n"
    with pytest.raises(InvalidInput, match="Line 2, column managing_committee"):
        office.load_people(city, head + "x,某某,男,party,JD1,科员,RK11,world,2020-01-01\n")
    with pytest.raises(InvalidInput, match="Line 2, column since: '1 January'"):
        office.load_people(city, head + "y,某某,男,party,JD1,科员,RK11,city,1 January\n")
