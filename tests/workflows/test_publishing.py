"""Publishing by a second person: one asks, another confirms the very files, or says why not."""

from __future__ import annotations

import json

import pytest

from tests.workflows.test_drafts import OTHER, acts, as_drawn, drawn, renamed, save  # noqa: F401 -- a fixture
from workflows import definitions, deployed
from workflows.definitions import publishing
from workflows.errors import Conflict, InvalidInput, NotAllowed
from workflows.model import AuditEvent, Deployment, FormDefinition, Publication

LONGER = json.dumps(
    {"type": "default", "id": "receive", "components": [{"type": "textfield", "key": "b", "label": "乙"}]}
)


def ask(office, content, reason="改名", **how):
    with office.work() as session:
        drawn = as_drawn(session, content, **how)
        return publishing.ask(session, drawn, reason=reason, actor=office.chief, profile="engine").id


def confirm(office, publication_id, actor=OTHER):
    with office.work() as session:
        return publishing.confirm(session, publication_id, actor=actor, profile="engine")


def test_a_second_person_publishes_what_the_first_has_asked_for(office, drawn):  # noqa: F811 -- the fixture
    asked = ask(office, renamed(drawn))
    assert office.definition("drawn").version == 1
    with office.work() as session:
        assert [row.id for row in publishing.waiting(session)] == [asked]
    made = confirm(office, asked)
    assert (office.definition("drawn").version, made.deployed_by) == (2, office.chief.id)
    with office.work() as session:
        assert definitions.drafts.pending(session, "drawn") is None
        assert definitions.xml(session, definitions.latest(session, "drawn").id) == renamed(drawn)
        assert not publishing.waiting(session)
    told = {event.act: event.actor for event in office.all(AuditEvent)}
    assert (told["publication.ask"], told["publication.confirm"]) == (office.chief.id, OTHER.id)
    assert acts(office) == ["draft.saved", "draft.published"]


def test_nobody_is_his_own_second_person(office, drawn):  # noqa: F811
    asked = ask(office, renamed(drawn))
    with pytest.raises(NotAllowed) as error:
        confirm(office, asked, actor=office.chief)
    assert error.value.code == "own_publication"
    with office.work() as session, pytest.raises(NotAllowed):
        publishing.refuse(session, asked, "nein", actor=office.chief)
    assert office.definition("drawn").version == 1


def test_what_is_decided_is_decided_once(office, drawn):  # noqa: F811
    asked = ask(office, renamed(drawn))
    confirm(office, asked)
    for again in (confirm, lambda *_: take_back(office, asked)):
        with pytest.raises(Conflict) as error:
            again(office, asked)
        assert error.value.code == "publication_decided"


def take_back(office, publication_id, actor=None):
    with office.work() as session:
        return publishing.withdraw(session, publication_id, actor=actor or office.chief)


def test_who_asked_takes_it_back_and_the_draft_stays(office, drawn):  # noqa: F811
    asked = ask(office, renamed(drawn))
    with pytest.raises(NotAllowed):
        take_back(office, asked, actor=OTHER)
    take_back(office, asked)
    with office.work() as session:
        assert definitions.drafts.pending(session, "drawn").content == renamed(drawn)
    assert ask(office, renamed(drawn), seen=1) != asked


def test_a_refusal_says_why_and_the_draft_stays(office, drawn):  # noqa: F811
    asked = ask(office, renamed(drawn))
    with office.work() as session, pytest.raises(InvalidInput):
        publishing.refuse(session, asked, " ", actor=OTHER)
    with office.work() as session:
        publishing.refuse(session, asked, "名称不合规范", actor=OTHER)
    (row,) = office.all(Publication)
    assert (row.state, row.remark, row.decided_by) == ("refused", "名称不合规范", OTHER.id)
    with office.work() as session:
        assert definitions.drafts.pending(session, "drawn") is not None


def test_a_process_waits_for_one_request_at_a_time(office, drawn):  # noqa: F811
    ask(office, renamed(drawn))
    with pytest.raises(Conflict) as error:
        ask(office, drawn.replace(b"\xe4\xb8\x80", b"\xe4\xba\x8c"), seen=1)
    assert error.value.code == "publication_waiting"


def test_who_draws_on_meanwhile_keeps_his_draft(office, drawn):  # noqa: F811
    asked = ask(office, renamed(drawn))
    later = drawn.replace("一".encode(), "二".encode())
    save(office, later, seen=1)
    confirm(office, asked)
    with office.work() as session:
        assert definitions.xml(session, definitions.latest(session, "drawn").id) == renamed(drawn)
        assert definitions.drafts.pending(session, "drawn").content == later


def test_a_newer_version_is_not_overtaken_unseen(office, drawn):  # noqa: F811
    asked = ask(office, renamed(drawn))
    with office.work() as session:
        other = {
            "drawn.bpmn": drawn.replace("一".encode(), "三".encode()),
            "receive.form.json": LONGER.encode(),
        }
        definitions.deploy(session, other, name="else", actor=office.chief, profile="engine")
    with pytest.raises(Conflict) as error:
        confirm(office, asked)
    assert error.value.code == "version_overtaken"


def test_nothing_unsound_is_asked_for_and_nothing_unchanged(office, drawn):  # noqa: F811
    with pytest.raises(InvalidInput) as error:
        ask(office, drawn.replace(b'formRef="receive"', b'formRef="elsewhere"'))
    assert error.value.findings
    with pytest.raises(Conflict) as same:
        ask(office, drawn)
    assert same.value.code == "unchanged"
    assert office.all(Publication) == []


def test_files_from_outside_wait_as_well(office, drawn):  # noqa: F811
    with office.work() as session:
        files = {"drawn.bpmn": renamed(drawn), "receive.form.json": LONGER.encode()}
        asked = publishing.ask_files(session, files, name="改", actor=office.chief, profile="engine").id
    before = len(office.all(Deployment))
    confirm(office, asked)
    assert len(office.all(Deployment)) == before + 1
    assert office.definition("drawn").version == 2


def test_files_from_outside_overtake_no_newer_version_unseen(office, drawn):  # noqa: F811
    files = {"drawn.bpmn": renamed(drawn), "receive.form.json": LONGER.encode()}
    with office.work() as session:
        asked = publishing.ask_files(session, files, name="改", actor=office.chief, profile="engine").id
    with office.work() as session:
        other = {**files, "drawn.bpmn": drawn.replace("一".encode(), "三".encode())}
        definitions.deploy(session, other, name="else", actor=office.chief, profile="engine")
    with pytest.raises(Conflict) as error:
        confirm(office, asked)
    assert error.value.code == "version_overtaken"
    assert office.definition("drawn").version == 2


def test_a_form_drawn_beside_the_diagram_is_published_with_it(office, drawn):  # noqa: F811
    old = office.start("drawn")
    asked = ask(office, drawn, beside={"receive.form.json": LONGER})
    confirm(office, asked)
    with office.work() as session:
        made = definitions.latest(session, "drawn")
        owner = deployed.process(session, made.id)
        assert [field.key for field in deployed.form(session, owner, owner.node("u")).fields] == ["b"]
        before = deployed.process(session, old.definition_id)
        assert [field.key for field in deployed.form(session, before, before.node("u")).fields] == ["a"]
    assert [form.version for form in office.all(FormDefinition)] == [1, 2]


@pytest.mark.parametrize("name", ["other.bpmn", "paper.j2", "../receive.form.json"])
def test_only_forms_and_tables_lie_beside_a_diagram(office, drawn, name):  # noqa: F811
    with office.work() as session:
        base = definitions.latest(session, "drawn")
        with pytest.raises(InvalidInput):
            definitions.drafts.save(session, base, drawn, beside={name: LONGER}, seen=0, actor=office.chief)
