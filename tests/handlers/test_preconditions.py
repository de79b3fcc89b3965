"""What must hold before a sanction (G-c3): each rule lets through and refuses, by the field that it names."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.cases import Case, CasePerson, Concerned
from handlers.registers import Clue, Meeting
from handlers.sanctions import AgendaItem, Decision, Hearing, deaths
from handlers.sanctions.matter import put_before
from handlers.sanctions.preconditions import check
from tests import cases, clues
from tests.houses import Houses
from workflows import clock
from workflows.actor import Actor
from workflows.errors import InvalidInput, NotAllowed
from workflows.operations import Context

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MET, LATER = date(2026, 3, 2), date(2026, 3, 3)
USUAL = {
    "party_member": True,
    "party_post": True,
    "congress_post": None,
    "village_cadre": None,
    "died_on": None,
}

#: Who it is, what is decided on him, and the field that refuses it with its code; None: it is let through.
RULES: list[tuple[dict[str, Any], dict[str, Any], tuple[str, str] | None]] = [
    # A member of a village's self-governing body: up to a major demerit (政务处分法 22).
    ({"village_cadre": True}, {"administrative": "AD3"}, None),
    ({"village_cadre": True}, {"administrative": "AD4"}, ("administrative", "village_cadre")),
    ({"village_cadre": True}, {"administrative": "AD6"}, ("administrative", "village_cadre")),
    ({}, {"administrative": "AD4"}, None),
    # Elected or appointed by a people's congress: removed there before a removal or dismissal (政务处分法 50).
    ({"congress_post": True}, {"administrative": "AD5"}, ("congress_removed_on", "congress_post")),
    ({"congress_post": True}, {"administrative": "AD6"}, ("congress_removed_on", "congress_post")),
    ({"congress_post": True}, {"administrative": "AD5", "congress_removed_on": MET}, None),
    ({"congress_post": True}, {"administrative": "AD4"}, None),
    ({}, {"administrative": "AD5"}, None),
    # No Party post to be removed from: a serious warning with two years' effect instead, for nobody else.
    ({"party_post": False}, {"party": "PD3"}, ("party", "no_party_post")),
    ({"party_post": False}, {"party": "PD2", "instead_of_removal": True}, None),
    ({"party_post": False}, {"party": "PD1", "instead_of_removal": True}, ("instead_of_removal",) * 2),
    ({}, {"party": "PD2", "instead_of_removal": True}, ("instead_of_removal",) * 2),
    ({}, {"party": "PD3"}, None),
    ({"party_member": False}, {"party": "PD1"}, ("party", "no_party_member")),
    # The branch meeting comes first, or a coded special situation (批准权限和程序规定).
    ({}, {"party": "PD1", "branch_on": None}, ("branch_on", "branch_missing")),
    ({}, {"party": "PD1", "branch_on": None, "branch_special": "upgraded"}, None),
    ({}, {"party": "PD1", "branch_on": LATER}, ("branch_on", "latest")),
    # Nobody gets an administrative sanction unheard, or a heavier one than he was told (政务处分法 43).
    ({}, {"administrative": "AD1", "told": None}, ("administrative", "not_heard")),
    ({}, {"administrative": "AD3", "told": "AD2"}, ("administrative", "aggravated")),
    ({}, {"administrative": "AD1", "told": "AD2"}, None),
    # Of the dead a Party member is expelled, and nothing else is given (纪律处分条例 38; 政务处分法 27).
    ({"died_on": MET}, {"party": "PD5"}, None),
    ({"died_on": MET}, {"party": "PD4"}, ("party", "situation")),
    ({"died_on": MET}, {"administrative": "AD1"}, ("administrative", "situation")),
    ({"died_on": MET, "party_member": None}, {"party": "PD5"}, ("party", "no_party_member")),
]


def test_each_condition_lets_through_and_refuses(sqlite_houses: Houses) -> None:
    """One person is each of them in turn."""
    with sqlite_houses() as house, Session(house.engine) as session, clock.held_at(MORNING):
        case = cases.filed(session, clues.laid(session, "DW2"))
        person = session.scalars(select(CasePerson).where(CasePerson.case_id == case.id)).one()
        known = session.get_one(Concerned, person.subject_id)
        context = Context(session, None, MORNING, "none", "person_decision", variables={"case_id": case.id})
        for who, decided, refusal in RULES:
            for column, value in (USUAL | who).items():
                setattr(known, column, value)
            with session.begin_nested() as tried:
                row = _heard(session, case, person, decided)
                assert _refusal(context, person, row) == refusal, (who, decided)
                tried.rollback()


def test_no_meeting_no_sanction(sqlite_houses: Houses) -> None:
    """The register is asked, not the diagram: without a meeting since the case was put before it nothing is decided."""
    with sqlite_houses() as house, Session(house.engine) as session, clock.held_at(MORNING):
        case = cases.filed(session, clues.laid(session, "DW2"))
        clue = session.get_one(Clue, case.clue_id)
        known = {"clue_id": clue.id, "case_id": case.id}
        context = Context(
            session, None, MORNING, "none", "case_decision", scope_id=clue.scope_id, variables=known
        )
        with pytest.raises(NotAllowed) as caught:
            put_before(context)
        assert caught.value.code == "no_meeting"


def test_nobody_dead_is_expelled_without_a_meeting_and_a_proposal(sqlite_houses: Houses) -> None:
    """The register is asked again: for the meeting, and for the expulsion of a member that was put before it."""
    with sqlite_houses() as house, Session(house.engine) as session, clock.held_at(MORNING):
        case = cases.filed(session, clues.laid(session, "DW2"), people=({"died_on": MET},))
        person = session.scalars(select(CasePerson).where(CasePerson.case_id == case.id)).one()
        where = {"clue_id": case.clue_id, "case_id": case.id, "subject_id": person.subject_id}
        scope = session.get_one(Clue, case.clue_id).scope_id
        actor = Actor("reviewer", frozenset({"reviewer@SLS", "reviewer"}))
        context = Context(session, actor, MORNING, "none", "person_decision", scope_id=scope, variables=where)
        with pytest.raises(NotAllowed) as caught:
            deaths.hold(context, answers={"held": "expel"})
        assert caught.value.code == "no_meeting"
        _met(session, case)
        with pytest.raises(InvalidInput) as refusal:
            deaths.hold(context, answers={"held": "expel"})
        assert {field: fault.code for field, fault in refusal.value.fields.items()} == {
            "held": "expulsion_not_put"
        }


def _met(session: Session, case: Case) -> None:
    """Lay a meeting of the standing committee that the case was put before."""
    item = {"reasons": "", "put_by": "reviewer", "put_at": MORNING}
    session.add(AgendaItem(clue_id=case.clue_id, case_id=case.id, **item))
    kept = {"recorded_by": "member", "recorded_at": MORNING, "resolution": "", "held_on": MET}
    about = {"step": "sanction", "act": "sanction", "body": "", "present": [], "recused": [], "opinions": []}
    session.add(Meeting(clue_id=case.clue_id, number="HY-1", **about, **kept))
    session.flush()


def _heard(session: Session, case: Case, person: CasePerson, said: Mapping[str, Any]) -> Decision:
    """Return the decision as it is written down; the person was told of it, or what `told` says, None: nothing."""
    told = said.get("told", said.get("administrative"))
    where = {"clue_id": case.clue_id, "case_id": case.id, "subject_id": person.subject_id}
    kept = {"recorded_by": "reviewer", "recorded_at": MORNING}
    if told is not None:
        session.add(
            Hearing(
                told_on=MET, party="PD5", administrative=told, statement="", adopted="no", **where, **kept
            )
        )
        session.flush()
    given = {key: value for key, value in said.items() if key != "told"}
    return Decision(
        **{"branch_on": MET, "instead_of_removal": False, **given},
        outcome="sanctioned",
        facts="",
        basis="",
        **where,
        **kept,
    )


def _refusal(context: Context, person: CasePerson, row: Decision) -> tuple[str, str] | None:
    try:
        check(context, person, row, earliest=MET)
    except InvalidInput as error:
        ((field, fault),) = error.fields.items()
        return field, fault.code
    return None
