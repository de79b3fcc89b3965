"""Drawing on at a process: drafts that nobody overwrites unseen, and publishing beside the same forms."""

from __future__ import annotations

import json

import pytest

from workflows import definitions, deployed
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput, NotFound
from workflows.model import AuditEvent, DiagramDraft, FormDefinition

FORM = json.dumps(
    {"type": "default", "id": "receive", "components": [{"type": "textfield", "key": "a", "label": "甲"}]}
).encode()
BOUND = 'camunda:formRef="receive" camunda:formRefBinding="deployment"'
OTHER = Actor("other", frozenset({"operator"}))


@pytest.fixture
def drawn(office, diagram):
    """Return the diagram of a deployed process whose only step has a form beside it."""
    elements = f'<bpmn:startEvent id="s"/><bpmn:userTask id="u" name="一" {BOUND}/><bpmn:endEvent id="e"/>'
    file = diagram("drawn", elements, "s>u", "u>e")
    office.deploy(file, others={"receive.form.json": FORM})
    return file.encode() if isinstance(file, str) else file


def renamed(drawn):
    return drawn.replace('name="一"'.encode(), 'name="壹"'.encode())


def save(office, content, seen=0, actor=None):
    with office.work() as session:
        base = definitions.latest(session, "drawn")
        return definitions.drafts.save(session, base, content, seen=seen, actor=actor or office.chief)


def as_drawn(session, content, seen=0, follows=None, base=None, beside=None):
    newest = definitions.latest(session, "drawn")
    base = definitions.get(session, base) if base else newest
    return definitions.Drawn(base, content, beside or {}, seen, follows or newest.id)


def publish(office, content, reason="改名", **how):
    with office.work() as session:
        drawn = as_drawn(session, content, **how)
        return definitions.publish(session, drawn, reason=reason, actor=office.chief, profile="engine")


def acts(office):
    return [event.act for event in office.all(AuditEvent) if event.act.startswith(("draft.", "definition."))]


def test_a_draft_may_be_unsound_and_every_state_of_it_stays(office, drawn):
    save(office, b"<half")
    second = save(office, drawn, seen=1)
    with office.work() as session:
        assert definitions.drafts.pending(session, "drawn").content == drawn
    assert [(row.number, row.content) for row in office.all(DiagramDraft)] == [(1, b"<half"), (2, drawn)]
    assert second.number == 2
    assert acts(office) == ["draft.saved", "draft.saved"]


def test_the_same_draft_again_is_no_new_row(office, drawn):
    save(office, drawn)
    assert save(office, drawn, seen=1).number == 1
    assert len(office.all(DiagramDraft)) == 1


def test_nobody_overwrites_what_another_has_saved(office, drawn):
    save(office, drawn, actor=OTHER)
    with pytest.raises(Conflict) as error:
        save(office, renamed(drawn))
    assert error.value.params["by"] == "other"
    assert error.value.params["number"] == 1
    assert error.value.params["at"] == office.all(DiagramDraft)[0].written_at


def test_a_discarded_draft_is_no_longer_offered(office, drawn):
    save(office, drawn)
    with office.work() as session:
        base = definitions.latest(session, "drawn")
        definitions.drafts.discard(session, base, seen=1, actor=OTHER)
    with office.work() as session:
        assert definitions.drafts.pending(session, "drawn") is None
        with pytest.raises(NotFound):
            definitions.drafts.discard(session, base, seen=2, actor=OTHER)
    with pytest.raises(Conflict):  # whoever still draws on it is told
        save(office, renamed(drawn), seen=1)
    assert save(office, renamed(drawn), seen=2).number == 3


def test_a_draft_has_bounds(office, drawn):
    with pytest.raises(InvalidInput):
        save(office, b"x" * (6 * 2**20))


def test_publishing_takes_the_forms_along_and_running_instances_keep_their_version(office, drawn):
    old = office.start("drawn")
    save(office, renamed(drawn))
    made = publish(office, renamed(drawn), seen=1)
    new = office.start("drawn")
    assert (made.version, office.task("u", old).name, office.task("u", new).name) == (2, "一", "壹")
    with office.work() as session:
        owner = deployed.process(session, made.id)
        assert deployed.form(session, owner, owner.node("u")).id == "receive"
        assert definitions.drafts.pending(session, "drawn") is None
    assert [form.version for form in office.all(FormDefinition)] == [1]
    assert acts(office) == ["draft.saved", "draft.published", "definition.publish"]
    (told,) = [event.detail for event in office.all(AuditEvent) if event.act == "definition.publish"]
    assert (told["reason"], told["definition"]) == ("改名", made.id)


def test_publishing_needs_a_reason(office, drawn):
    with pytest.raises(InvalidInput) as error:
        publish(office, renamed(drawn), reason="  ")
    assert error.value.code == "reason"


def test_a_version_published_meanwhile_is_not_passed_over_unseen(office, drawn):
    seen = office.definition("drawn").id
    publish(office, renamed(drawn))
    with pytest.raises(Conflict) as error:
        publish(office, drawn, seen=1, follows=seen, base=seen)
    assert error.value.code == "version_overtaken"


def test_an_earlier_diagram_can_be_published_again_for_the_same_reason(office, drawn):
    publish(office, renamed(drawn))
    publish(office, drawn, seen=1)
    assert publish(office, renamed(drawn), seen=2).version == 4


def test_an_unchanged_diagram_makes_no_version(office, drawn):
    with pytest.raises(Conflict) as error:
        publish(office, drawn)
    assert error.value.code == "unchanged"
    assert office.definition("drawn").version == 1
    assert office.all(DiagramDraft) == []


def test_the_process_keeps_its_id(office, drawn):
    other = drawn.replace(b'"drawn"', b'"another"')
    with office.work() as session:
        base = definitions.latest(session, "drawn")
        found = definitions.check_diagram(session, base, other, profile="engine")
    assert [finding.rule for finding in found if finding.severity == "error"] == ["key"]
    with pytest.raises(InvalidInput) as error:
        publish(office, other)
    assert [finding.rule for finding in error.value.findings] == ["key"]


def test_the_gate_refuses_what_it_refuses_elsewhere(office, drawn):
    with pytest.raises(InvalidInput) as error:
        publish(office, drawn.replace(b'formRef="receive"', b'formRef="elsewhere"'))
    grave = [
        (finding.element, finding.rule) for finding in error.value.findings if finding.severity == "error"
    ]
    assert grave == [("u", "form")]
