"""The ledgers of talk and letter inquiry (谈话函询), first-form measures and interviews: four acts, kept apart.

An inquiry disposes of a clue; an interview (提醒谈话、约谈) supervises without one; admonition is a first-form measure
with an effect; the talks of an investigation are in none of these tables.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from workflows.model import Base


class Inquiry(Base):
    """One talk or letter inquiry into a clue, as planned: a second one is a row of its own."""

    __tablename__ = "inquiry"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    mode: Mapped[str] = mapped_column(String(8))  #: of `codes/inquiry_modes.csv`: talk letter both
    subjects: Mapped[list[Any]]  #: ids of `clue_subject`: all who are asked, in either way
    talks_to: Mapped[list[Any]] = mapped_column(default=list)  #: those of them who are talked to
    #: Those of them who are sent a letter: `subject`, and `questions` that are his alone.
    letters: Mapped[list[Any]] = mapped_column(default=list)
    interviewers: Mapped[list[Any]]  #: logins, two at least
    delegate: Mapped[str] = mapped_column(default="")  #: who is asked to hold the talk instead
    questions: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(default="")
    companion: Mapped[str] = mapped_column(default="")  #: the head of the unit, where he comes along
    safety_plan: Mapped[str] = mapped_column(Text)
    health_note: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16))  #: of `codes/inquiry_states.csv`
    planned_by: Mapped[str]
    planned_at: Mapped[datetime]
    facts_found: Mapped[str] = mapped_column(Text, default="")
    assessment: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str | None] = mapped_column(String(16))  #: of `codes/inquiry_outcomes.csv`
    ended_at: Mapped[datetime | None]
    explained_on: Mapped[date | None]  #: at the democratic-life meeting
    explanation: Mapped[str] = mapped_column(Text, default="")


class Talk(Base):
    """One talk of an inquiry (谈话笔录): rights told, recusal asked, by two; what stopped it, if something did."""

    __tablename__ = "inquiry_talk"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"), index=True)
    held_on: Mapped[date]
    begun: Mapped[str] = mapped_column(String(8))  #: time of day, 14:30
    ended: Mapped[str] = mapped_column(String(8))
    record: Mapped[str] = mapped_column(Text)
    statement: Mapped[str] = mapped_column(Text)  #: what the person said, and in his defence
    recusal_said: Mapped[str] = mapped_column(Text, default="")  #: what he answered when asked about recusal
    signed: Mapped[bool]  #: by the person; else `refusal` says why not
    refusal: Mapped[str] = mapped_column(Text, default="")
    stopped: Mapped[str | None] = mapped_column(String(16))  #: of `codes/talk_stops.csv`
    delegated: Mapped[bool] = mapped_column(default=False)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    second_by: Mapped[str | None]  #: who signed as the other of the two


class TalkPerson(Base):
    """Who was talked to in a talk: one talk with several persons is one talk, and several times a person (人次)."""

    __tablename__ = "inquiry_talk_person"

    talk_id: Mapped[int] = mapped_column(ForeignKey("inquiry_talk.id"), primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), primary_key=True)


class Letter(Base):
    """One letter of inquiry (函询通知书) to one person, and what came back."""

    __tablename__ = "inquiry_letter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"))
    unit_code: Mapped[str | None] = mapped_column(
        String(32), index=True
    )  #: whose head countersigns the reply
    turn: Mapped[int]  #: 1, or 2 where it was asked again
    state: Mapped[str] = mapped_column(String(16))  #: of `codes/letter_states.csv`
    issued_at: Mapped[datetime]
    served_on: Mapped[date | None]
    reply: Mapped[str] = mapped_column(Text, default="")
    unit_opinion: Mapped[str] = mapped_column(Text, default="")  #: of the unit's head, with his signature
    replied_by: Mapped[str | None]
    replied_at: Mapped[datetime | None]


class FirstFormMeasure(Base):
    """One first-form measure on one person (第一种形态): no sanction; 诫勉 has an effect of six months."""

    __tablename__ = "first_form_measure"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("clue_subject.id"), index=True)
    measure: Mapped[str] = mapped_column(String(8))  #: FM01 …
    state: Mapped[str] = mapped_column(String(16))  #: of `codes/measure_states.csv`
    decided_at: Mapped[datetime]
    carried_out_on: Mapped[date | None]
    carried_out_by: Mapped[list[Any]] = mapped_column(default=list)  #: logins
    content: Mapped[str] = mapped_column(Text, default="")
    statement: Mapped[str] = mapped_column(Text, default="")  #: of the person
    effect_until: Mapped[date | None]  #: last day, of an admonition
    change_report: Mapped[str] = mapped_column(Text, default="")  #: how he has changed (b6)
    followed_up_on: Mapped[date | None]


class Interview(Base):
    """One interview without a clue (提醒谈话、约谈): aimed at an early sign, or at a responsible leader."""

    __tablename__ = "interview"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(8))  #: of `codes/interview_kinds.csv`
    unit_code: Mapped[str] = mapped_column(String(32), index=True)  #: of those who are talked to
    office_code: Mapped[str] = mapped_column(String(32))
    level: Mapped[int]  #: 1 to 3, as it came out when it was proposed
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))  #: of `codes/interview_states.csv`
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    opinion: Mapped[str] = mapped_column(Text, default="")
    held_on: Mapped[date | None]
    interviewers: Mapped[list[Any]] = mapped_column(default=list)
    record: Mapped[str] = mapped_column(Text, default="")
    resolved_on: Mapped[date | None]  #: the problem is mended; until then it counts for the next level
    result: Mapped[str] = mapped_column(Text, default="")


class InterviewPerson(Base):
    """Somebody who is talked to in an interview: one interview of n persons is 1 次, n 人次."""

    __tablename__ = "interview_person"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    interview_id: Mapped[int] = mapped_column(ForeignKey("interview.id"), index=True)
    name: Mapped[str] = mapped_column(index=True)
    post: Mapped[str] = mapped_column(default="")
    rank: Mapped[str] = mapped_column(String(8))  #: RK01 …, on the day of the proposal
