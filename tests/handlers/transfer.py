"""A small stand-in for the clue-transfer process: its start form, and an operation that writes the clue."""

import json
from typing import Any

from handlers import codes
from handlers.registers import Clue, ClueSubject
from workflows.operations import Context, Recorded

DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
 <process id="clue_transfer" isExecutable="true"
  camunda:candidateStarterGroups="agency_clerk,case_supervision">
  <startEvent id="a1" camunda:formRef="clue_submit" camunda:formRefBinding="deployment"><extensionElements>
   <camunda:properties><camunda:property name="record" value="test.submit"/></camunda:properties>
  </extensionElements></startEvent>
  <userTask id="a3" name="接收" camunda:candidateGroups="case_supervision"/><endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="a1" targetRef="a3"/><sequenceFlow id="f2" sourceRef="a3" targetRef="end"/>
 </process></definitions>"""


def _text(key: str, label: str, required: bool = False, longest: int = 200) -> dict[str, Any]:
    return {
        "type": "textfield" if longest <= 200 else "textarea",
        "key": key,
        "label": label,
        "validate": {"required": required, "maxLength": longest},
    }


def _choice(key: str, label: str, table: str, required: bool = False) -> dict[str, Any]:
    return {
        "type": "select",
        "key": key,
        "label": label,
        "valuesKey": table,
        "validate": {"required": required},
    }


def _day(key: str, label: str) -> dict[str, Any]:
    return {"type": "datetime", "subtype": "date", "dateLabel": label, "key": key, "label": label}


FORM = {
    "type": "default",
    "id": "clue_submit",
    "title": "线索移送单",
    "components": [
        _choice("legal_basis", "移送依据", "legal_bases", required=True),
        _choice("domain", "问题领域", "domains", required=True),
        {
            "type": "dynamiclist",
            "path": "subjects",
            "label": "被反映人",
            "properties": {"min_rows": "1", "max_rows": "5"},
            "components": [
                _text("name", "姓名", required=True, longest=50),
                _text("unit", "单位"),
                _text("post", "职务"),
                _choice("rank", "职级", "ranks"),
                _choice("political_status", "政治面貌", "political_statuses"),
            ],
        },
        _text("facts", "主要问题", required=True, longest=4000),
        _day("event_from", "起"),
        _day("event_to", "止"),
        {"type": "number", "key": "amount", "label": "金额", "decimalDigits": 2, "validate": {"min": 0}},
        _text("agency_conclusion", "处理结论", longest=2000),
        _choice("urgency", "紧急程度", "urgencies"),
        _text("contact", "联系人", required=True),
        _text("head_sign", "负责人签字", required=True),
    ],
}
FILES = {"clue_transfer.bpmn": DIAGRAM.encode(), "clue_submit.form.json": json.dumps(FORM).encode()}
assert codes.rows("domains")


def submit(context: Context, *, answers: dict[str, Any]) -> Recorded:
    """Write the clue of a transfer form."""
    assert context.actor is not None
    number = context.session.query(Clue).count() + 1
    clue = Clue(
        transfer_no=f"YS-2026-{number:05d}",
        source="SR09",
        agency_code="STJ",
        legal_basis=answers["legal_basis"],
        domain=answers["domain"],
        facts=answers["facts"],
        contact=answers["contact"],
        head_sign=answers["head_sign"],
        submitted_by=context.actor.id,
        submitted_at=context.now,
        stage="submitted",
    )
    context.session.add(clue)
    context.session.flush()
    for subject in answers["subjects"]:
        context.session.add(ClueSubject(clue_id=clue.id, name=subject["name"]))
    context.session.flush()
    return Recorded(variables={"clue_id": clue.id}, scope_id=clue.scope_id, business_key=clue.transfer_no)
