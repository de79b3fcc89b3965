"""The tables of the office: units as a tree, persons with dated posts, roles with dated memberships."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base, new_id

#: From the highest down: of several posts, the one managed highest governs (批准权限和程序规定 2022).
MANAGING_COMMITTEES = ("centre", "province", "city", "county", "town")

UNIT_KINDS = frozenset(
    {
        "city",
        "commission",
        "government",
        "office",
        "agency",
        "county",
        "town",
        "resident_group",
        "institution",
    }
)


class Unit(Base):
    """An office, agency, county, town or resident group; never deleted, since matters name it."""

    __tablename__ = "unit"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(32), unique=True)  #: capitals and digits: part of group names
    name_zh: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str] = mapped_column(String(32))  #: one of UNIT_KINDS
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    #: codes from the root down, `/JW/JD1/`: "below" is a prefix, the same on every database
    path: Mapped[str] = mapped_column(String(1000), index=True)
    area_code: Mapped[str] = mapped_column(String(16), default="")  #: administrative division, GB/T 2260


class Person(Base):
    """A person the office knows: staff and people of other units, who sign in, and subjects of matters."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(index=True)
    login: Mapped[str | None] = mapped_column(unique=True)  #: the engine's user id
    kind: Mapped[str] = mapped_column(String(16), default="staff")  #: staff external subject
    sex: Mapped[str] = mapped_column(String(8), default="")
    political_status: Mapped[str] = mapped_column(String(32), default="")


class Post(Base):
    """What a person was, where and under whose management, from `since` until the day before `until`."""

    __tablename__ = "post"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str]
    rank: Mapped[str] = mapped_column(String(8))  #: RK01–RK29
    managing_committee: Mapped[str] = mapped_column(String(16))  #: one of MANAGING_COMMITTEES
    since: Mapped[date]
    until: Mapped[date | None]


class Role(Base):
    """A role of `bpmn/roles.csv`: reference data, the words that candidate groups may use."""

    __tablename__ = "role"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    level: Mapped[str] = mapped_column(String(8), default="")  #: approval level A1–A4, blank outside the line
    description: Mapped[str] = mapped_column(Text, default="")
    proxies: Mapped[str] = mapped_column(default="")  #: roles whose holders may stand in for this one
    above: Mapped[str] = mapped_column(
        default="", server_default=""
    )  #: the role asked where nobody of this one may


class Membership(Base):
    """A person holds a role, in a unit or office-wide, from `since` until the day before `until`."""

    __tablename__ = "membership"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(ForeignKey("role.id"))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    since: Mapped[date]
    until: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("person_id", "role", "unit_id", "since"),
        Index("ix_membership_role_unit_id", "role", "unit_id"),
    )


class Absence(Base):
    """Somebody is away from `since` until the day before `until`, and has named who stands in (代理人)."""

    __tablename__ = "absence"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(index=True)
    proxy: Mapped[str] = mapped_column(index=True)  #: a login
    scope: Mapped[str] = mapped_column(
        String(128), default="all"
    )  #: what is passed on: all, `process:<key>`, `role:<id>`
    since: Mapped[date]
    until: Mapped[date]  #: back on this day
    named_by: Mapped[str]
    named_at: Mapped[datetime]


class Relative(Base):
    """A close relative whom somebody of the office has declared (近亲属申报); it ends, and is never deleted."""

    __tablename__ = "relative"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(index=True)
    relation: Mapped[str] = mapped_column(String(16))  #: code of `codes/relations.csv`
    declared_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
