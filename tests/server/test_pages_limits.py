"""The supervisor's table of limits: a change is a version, tried before it is written, and refused by field."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from handlers import codes, conventions, office
from tests.city import City
from tests.server.visitors import Visitor
from workflows import conventions as answers
from workflows import limits
from workflows.errors import InvalidInput
from workflows.model import AuditEvent, TimeLimit

FORM = {
    "title_zh": "被函询人书面回复",
    "title_en": "Written answer to a letter of inquiry",
    "start_event": "letter_received",
    "n": "20",
    "unit": "working_days",
    "extension": "由承办部门决定",
    "cap_n": "",
    "cap_unit": "",
    "approver": "A2",
    "document": "说明材料",
    "article": "《监督执纪工作规则》第二十八条",
    "status": "sourced",
    "reason": "规则已确认",
    "sample": "2026-02-10",
    "follows": "1",
}


@pytest.fixture
def supervisor(city: City) -> Visitor:
    """Return who keeps the limits, reading English."""
    found = Visitor(city, "supervisor")
    found.post("/language", language="en")
    return found


def today(**other: str) -> dict[str, str]:
    return {**FORM, "effective_from": office.today().isoformat(), **other}


def test_the_table_shows_every_rule_and_what_is_to_be_confirmed(city: City, supervisor: Visitor) -> None:
    page = supervisor.get("/limits").text
    assert "to be confirmed" in page
    assert "dates only, no clock runs here" in page
    assert 'href="/limits/T19"' in page
    narrowed = supervisor.get("/limits?status=to_confirm").text
    assert 'href="/limits/T12"' in narrowed
    assert 'href="/limits/T11"' not in narrowed
    assert Visitor(city, "handler").get("/limits").status_code == 403
    assert supervisor.get("/limits/T99").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("article", "", "a limit without a source binds nobody"),
        ("effective_from", "2026-02-30", "year-month-day"),
        ("effective_from", "P15D", "a length belongs to number and unit"),
        ("effective_from", "2206-01-01", "Give a day from 2019-01-01"),
        ("n", "1.5", "whole number from 1 to 5000"),
        ("n", "", "whole number from 1 to 5000"),
        ("unit", "weeks", "Choose from the list"),
        ("cap_n", "many", "the unit of the limit itself"),
        ("approver", "the boss", "such as A2/A3"),
        ("reason", " ", "An answer is needed"),
    ],
)
def test_a_bad_answer_is_told_at_its_field_and_nothing_is_written(
    city: City, supervisor: Visitor, field: str, value: str, words: str
) -> None:
    answer = supervisor.post("/limits/T12/change", act="save", **today(**{field: value}))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert words in answer.text
    with city.database.reading() as session:
        assert len(limits.versions(session, "T12")) == 1


def test_a_rule_that_processes_count_by_keeps_a_number(supervisor: Visitor) -> None:
    answer = supervisor.post("/limits/T12/change", act="save", **today(n="", unit="promptly"))
    assert (answer.status_code, "it needs a number" in answer.text) == (422, True)


def test_a_change_is_tried_then_written_and_running_deadlines_keep_theirs(
    city: City, supervisor: Visitor
) -> None:
    tried = supervisor.post("/limits/T12/change", act="compare", **today()).text
    assert "2026-03-09" in tried, "fifteen working days"
    assert "2026-03-16" in tried, "twenty"
    assert "Nothing is written yet" in tried
    wrong = supervisor.post("/limits/T12/change", act="compare", **today(sample="15天"))
    assert (wrong.status_code, "is a length of time" in wrong.text) == (422, True)
    written = supervisor.post("/limits/T12/change", act="save", **today())
    assert (written.status_code, written.location) == (303, "/limits/T12")
    # Who had opened the form before must look again; the same once more changes nothing.
    assert supervisor.post("/limits/T12/change", act="save", **today(n="30")).status_code == 409
    same = supervisor.post("/limits/T12/change", act="save", **today(follows="2"))
    assert (same.status_code, "Nothing would change" in same.text) == (422, True)
    page = supervisor.get("/limits/T12").text
    assert "规则已确认" in page
    assert "15 working days" in page, "nothing is overwritten"
    with city.database.unit_of_work() as session:
        newest = limits.current(session, "T12", office.today())
        assert (newest.version, newest.n) == (2, 20)
        event = session.scalars(select(AuditEvent).where(AuditEvent.act == "limit.change")).one()
        assert (event.actor, event.detail["rule"], event.detail["version"]) == ("supervisor", "T12", 2)
        row = session.get_one(TimeLimit, ("T12", 2))
        assert row.written_by == "supervisor"
        # The file that came with the program is taken in again at each start, and leaves the office's own alone.
        text = "\n".join(
            [
                ",".join(limits._COLUMNS),
                (
                    "T12,1,2019-01-01,被函询人书面回复,Written answer to a letter of inquiry,letter_received,15,"
                    "working_days,false,由承办部门决定,,,说明材料,"
                    "《中国共产党纪律检查机关监督执纪工作规则》（期限待确认）,to_confirm,"
                    "A2,1,evidence_pending person_unavailable other,,,,,"
                ),
                "T12,2,2027-01-01,别的,Other,letter_received,9,working_days,false,,,,,别的规则,sourced,,,,,,,,",
            ]
        )
        assert limits.load(session, text) == 0
        assert session.get_one(TimeLimit, ("T12", 2)).n == 20


def test_the_simulator_shows_every_step_and_names_what_is_wrong(supervisor: Visitor) -> None:
    page = supervisor.get("/limits/simulator?rule=T18&start=2026-10-01&time=15:20&n=3&unit=WD").text
    assert "2026-10-02 15:20" in page
    page = supervisor.get("/limits/simulator?n=3&unit=M&start=2026-11-30").text
    assert "2027-03-01" in page
    assert "provisional" in page
    assert "The holiday plan of 2027 is not loaded yet" in page
    for asked, field, words in (
        ("n=5&unit=WD&start=2026-02-30", "start", "There is no 2026-02-30 in the calendar"),
        ("n=5&unit=WD&start=P3D", "start", "is a length of time"),
        ("rule=T18&start=2026-10-01", "start", "give the time, too"),
        ("start=2026-10-01", "rule", "Choose a rule"),
    ):
        answer = supervisor.get(f"/limits/simulator?{asked}")
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert words in answer.text


def test_every_start_event_and_level_has_a_word(city: City) -> None:
    events = {row["code"] for row in codes.rows("start_events")}
    with city.database.reading() as session:
        rows = session.scalars(select(TimeLimit)).all()
    assert {row.start_event for row in rows} <= events


def tomorrow() -> date:
    return office.today() + timedelta(days=1)


DECISION = {"option": "rest_day_stays", "document_no": "〔2026〕纪办12号", "follows": "1"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("option", "worked_days", "Choose from the list"),
        ("option", "civil_code", "This answer holds on that day already"),
        ("effective_from", "2026-02-30", "Give a day from"),
        ("effective_from", "2020-01-01", "has begun already, and keeps its answer"),
        ("effective_from", "2206-01-01", "Give a day from"),
        ("document_no", " ", "An answer is needed"),
        ("document_no", "号" * 65, "at most"),
    ],
)
def test_a_bad_decision_is_told_at_its_field_and_nothing_is_written(
    city: City, supervisor: Visitor, field: str, value: str, words: str
) -> None:
    given = {**DECISION, "effective_from": tomorrow().isoformat(), field: value}
    answer = supervisor.post("/limits/conventions/party_rules", **given)
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)
    assert words in answer.text
    with city.database.reading() as session:
        assert len(answers.versions(session, "party_rules")) == 1


def test_the_office_decides_and_each_count_names_the_answer(city: City, supervisor: Visitor) -> None:
    page = supervisor.get("/limits/conventions").text
    assert "fixed by law" in page
    assert 'href="/limits/conventions/party_rules"' in page
    for fixed in ("event_day", "rest_day", "month_end", "liberty"):
        assert f'href="/limits/conventions/{fixed}"' not in page, "no switch where nothing is to be switched"
        assert supervisor.get(f"/limits/conventions/{fixed}").status_code == 404
    assert Visitor(city, "handler").get("/limits/conventions").status_code == 403
    day = tomorrow()
    default = supervisor.get("/limits/simulator?rule=T11&start=2026-01-20").text
    assert "As the Civil Code" in default
    written = supervisor.post("/limits/conventions/party_rules", effective_from=day.isoformat(), **DECISION)
    assert (written.status_code, written.location) == (303, "/limits/conventions/party_rules")
    again = supervisor.post(
        "/limits/conventions/party_rules",
        **DECISION | {"effective_from": (day + timedelta(days=1)).isoformat(), "option": "event_day_counts"},
    )
    assert again.status_code == 409, "who had opened the page before must look again"
    page = supervisor.get("/limits/conventions/party_rules").text
    assert "〔2026〕纪办12号" in page
    assert f"changes on {day}" in page
    later = supervisor.get(f"/limits/simulator?rule=T11&start={day}").text
    assert (
        "a last day that is a rest day stays the last day (decided by the office, 〔2026〕纪办12号)" in later
    )
    supervisor.post("/language", language="zh_Hans_CN")
    assert "最后一日为休息日的不顺延" in supervisor.get("/limits/conventions").text
    supervisor.post("/language", language="en")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("question", "nothing", "row 2, column question"),
        ("effect", "magic", "row 2, column effect"),
        ("default", "", "row 2, column default"),
    ],
)
def test_wrong_options_are_refused_with_row_and_column(column: str, value: str, words: str) -> None:
    questions = {row["code"]: row for row in codes.rows(conventions.QUESTIONS)}
    options = [dict(row) for row in codes.rows(conventions.OPTIONS)]
    options[0][column] = value
    with pytest.raises(InvalidInput, match=words):
        conventions.guard(questions, options, set())
    with pytest.raises(InvalidInput, match="there is no limit"):
        conventions.guard(questions, codes.rows(conventions.OPTIONS), set())
