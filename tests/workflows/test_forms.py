"""Forms: what is read, what is refused by name, and how answers are judged."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows import clock
from workflows.errors import InvalidInput
from workflows.forms import Option, accepts, display, parse_submission, read, validate, visible

TRANSFER = {
    "schemaVersion": 19,
    "id": "transfer",
    "type": "default",
    "title": "线索移送单",
    "title_en": "Clue transfer",
    "exporter": {"name": "form-js", "version": "1.23"},
    "components": [
        {"type": "text", "id": "t1", "text": "请如实填写", "properties": {"en": "Fill in truthfully"}},
        {
            "type": "textfield",
            "id": "f1",
            "key": "from_org",
            "label": "移送单位",
            "description": "全称",
            "properties": {"en": "Agency", "en_description": "In full"},
            "validate": {"required": True, "minLength": 2, "maxLength": 20},
            "layout": {"row": "r1", "columns": 8},
        },
        {
            "type": "radio",
            "key": "urgency",
            "label": "紧急程度",
            "values": [
                {"label": "一般", "value": "normal", "en": "Normal"},
                {"label": "重大", "value": "major", "en": "Major"},
            ],
            "validate": {"required": True},
            "properties": {"target": "variable"},
        },
        {
            "type": "textarea",
            "key": "reason",
            "label": "紧急理由",
            "conditional": {"hide": '=urgency != "major"'},
            "validate": {"required": True},
        },
        {"type": "number", "key": "amount", "label": "金额", "decimalDigits": 2, "validate": {"min": 0}},
        {"type": "number", "key": "pages", "label": "页数", "decimalDigits": 0, "validate": {"max": 999}},
        {
            "type": "group",
            "label": "时间",
            "conditional": {"hide": "=amount > 1000 and not(pages = 1)"},
            "components": [
                {
                    "type": "datetime",
                    "key": "event_from",
                    "dateLabel": "起",
                    "properties": {"latest": "today"},
                },
                {"type": "datetime", "subtype": "datetime", "key": "met_at", "dateLabel": "会议"},
            ],
        },
        {"type": "separator"},
        {"type": "checkbox", "key": "sealed", "label": "已盖章", "validate": {"required": True}},
        {"type": "checklist", "key": "domains", "label": "领域", "valuesKey": "domain"},
        {"type": "select", "key": "basis", "label": "依据", "valuesKey": "basis"},
        {"type": "taglist", "key": "tags", "label": "标签", "values": [{"label": "甲", "value": "a"}]},
        {"type": "filepicker", "key": "materials", "label": "材料", "multiple": True, "accept": ".pdf, .JPG"},
        {
            "type": "dynamiclist",
            "path": "subjects",
            "label": "被反映人",
            "properties": {"min_rows": "1", "max_rows": "3"},
            "components": [
                {"type": "textfield", "key": "name", "label": "姓名", "validate": {"required": True}},
                {
                    "type": "radio",
                    "key": "kind",
                    "label": "类别",
                    "values": [{"label": "人", "value": "person"}, {"label": "单位", "value": "org"}],
                },
                {
                    "type": "textfield",
                    "key": "post",
                    "label": "职务",
                    "conditional": {"hide": '=kind = "org" or urgency = "normal"'},
                },
            ],
        },
        {"type": "textfield", "key": "receipt_no", "label": "编号", "readonly": True},
    ],
}
TABLES = {
    "domain": [Option("eco", "生态", "Ecology"), Option("safety", "安全生产", "Safety")],
    "basis": [Option("b1", "依据一")],
}
FORM = read(TRANSFER)
GOOD = {
    "from_org": " 市生态环境局 ",
    "urgency": "major",
    "reason": "有持续危害\r\n须立即制止",
    "amount": 12.5,
    "pages": 3.0,
    "event_from": "2026-01-31",
    "met_at": "2026-02-10T09:30",
    "sealed": True,
    "domains": ["eco"],
    "basis": "b1",
    "tags": ["a"],
    "materials": ["file-1", "file-2"],
    "subjects": [{"name": "张三", "kind": "person", "post": "局长"}, {"name": "某公司", "kind": "org"}],
}


def errors(answers, **changes):
    with pytest.raises(InvalidInput) as caught:
        validate(FORM, {**answers, **changes}, TABLES)
    return {path: (error.code, dict(error.params)) for path, error in caught.value.fields.items()}


def form_of(*components):
    return read({"id": "f", "type": "default", "components": list(components)})


def test_a_form_tells_the_page_all_it_needs():
    assert (FORM.title("zh"), FORM.title("en-GB")) == ("线索移送单", "Clue transfer")
    by_key = {part.key: part for part in FORM.fields}
    agency = by_key["from_org"]
    assert (agency.label("zh_CN"), agency.label("en"), agency.description("en")) == (
        "移送单位",
        "Agency",
        "In full",
    )
    assert (agency.required, agency.min_length, agency.max_length) == (True, 2, 20)
    assert by_key["urgency"].options[1].label("en") == "Major"
    assert by_key["urgency"].target == "variable"
    assert agency.target == "record"
    assert by_key["reason"].conditional == ["!=", ["name", "urgency"], ["value", "major"]]
    assert by_key["event_from"].label("en") == "起"
    assert by_key["materials"].accept == (".pdf", ".jpg")
    assert [part.key for part in by_key["subjects"].components] == ["name", "kind", "post"]
    assert by_key["receipt_no"].readonly
    assert FORM.tables == {"domain", "basis"}
    assert FORM.components[0].label("en") == "Fill in truthfully"
    group = next(part for part in FORM.components if part.type == "group")
    assert group.conditional == [
        "and",
        [">", ["name", "amount"], ["value", 1000]],
        ["not", ["==", ["name", "pages"], ["value", 1]]],
    ]


def test_good_answers_come_back_clean():
    with clock.held_at(datetime(2026, 3, 1, tzinfo=UTC)):
        clean = validate(FORM, GOOD, TABLES)
    assert clean == {
        **GOOD,
        "from_org": "市生态环境局",
        "reason": "有持续危害\n须立即制止",
        "pages": 3,
        "met_at": "2026-02-10T09:30:00+08:00",
    }
    assert type(clean["pages"]) is int
    assert json.loads(json.dumps(clean)) == clean
    assert FORM.variables(clean) == {"urgency": "major"}


def test_clean_answers_are_clean_again():
    with clock.held_at(datetime(2026, 3, 1, tzinfo=UTC)):
        clean = validate(FORM, GOOD, TABLES)
        assert validate(FORM, clean, TABLES) == clean


def test_every_bad_field_is_named_at_once():
    with clock.held_at(datetime(2026, 1, 1, tzinfo=UTC)):
        found = errors(
            {},
            from_org="x",
            urgency="other",
            amount=-1,
            pages=1.5,
            event_from="2026-01-31",
            met_at="soon",
            sealed=False,
            domains=["eco", "eco"],
            basis=["b1"],
            tags=["b"],
            materials=["f", 1],
            subjects=[{"kind": "person"}, {"name": "x", "post": 5}, 7],
            extra="?",
        )
    assert found == {
        "from_org": ("too_short", {"min": 2, "length": 1}),
        "urgency": ("option", {"value": "other"}),
        "amount": ("min", {"min": 0}),
        "pages": ("integer", {}),
        "event_from": ("latest", {"latest": "2026-01-01"}),
        "met_at": ("datetime", {}),
        "sealed": ("required", {}),
        "domains": ("repeated", {}),
        "basis": ("type", {"expected": "text"}),
        "tags": ("option", {"value": "b"}),
        "materials": ("type", {"expected": "text"}),
        "subjects.0.name": ("required", {}),
        "subjects.1.post": ("type", {"expected": "text"}),
        "subjects.2": ("type", {"expected": "row"}),
        "extra": ("unknown", {}),
    }


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("from_org", "  ", "required"),
        ("from_org", 5, "type"),
        ("from_org", "x" * 21, "too_long"),
        ("from_org", "a\nb", "line_breaks"),
        ("from_org", "a\0b", "characters"),
        ("from_org", "a\ud800", "characters"),
        ("amount", "12", "type"),
        ("amount", True, "type"),
        ("amount", 1.234, "decimals"),
        ("amount", 1e300, "max"),
        ("amount", float("nan"), "max"),
        ("pages", 1000, "max"),
        ("event_from", "2026-02-30", "date"),
        ("event_from", "20260101", "date"),
        ("event_from", "2026-01-01T00:00", "date"),
        ("sealed", "on", "type"),
        ("domains", "eco", "type"),
        ("domains", [["eco"]], "type"),
        ("materials", "f", "type"),
        ("materials", ["f", "f"], "repeated"),
        ("materials", ["f" * 300], "file"),
        ("subjects", [], "rows_min"),
        ("subjects", [{"name": "x"}] * 4, "rows_max"),
        ("subjects", "x", "type"),
    ],
)
def test_bad_answer(key, value, code):
    assert errors(GOOD, **{key: value})[key][0] == code


def test_a_zero_is_an_answer():
    form = form_of({"type": "number", "key": "n", "validate": {"required": True}})
    assert validate(form, {"n": 0}) == {"n": 0}


def test_line_types():
    form = form_of(
        {"type": "textfield", "key": "mail", "validate": {"validationType": "email"}},
        {"type": "textfield", "key": "call", "validate": {"validationType": "phone"}},
    )
    assert validate(form, {"mail": "a@b.cn", "call": "+86 0871-1234567"})
    with pytest.raises(InvalidInput) as caught:
        validate(form, {"mail": "a@b", "call": "call me"})
    assert {path: error.code for path, error in caught.value.fields.items()} == {
        "mail": "email",
        "call": "phone",
    }


def test_hidden_and_read_only_answers_are_dropped():
    with clock.held_at(datetime(2026, 3, 1, tzinfo=UTC)):
        clean = validate(FORM, {**GOOD, "urgency": "normal", "amount": 2000, "receipt_no": "forged"}, TABLES)
    assert not {"reason", "event_from", "met_at", "receipt_no"} & clean.keys()
    assert "post" not in clean["subjects"][0]  # hidden by an answer outside of the row


def test_hidden_answers_do_not_steer_others():
    form = form_of(
        {"type": "checkbox", "key": "a"},
        {"type": "textfield", "key": "b", "conditional": {"hide": "=a = false"}},
        {"type": "textfield", "key": "c", "conditional": {"hide": '=b = "x"'}},
    )
    assert validate(form, {"b": "x", "c": "y"}) == {"a": False, "c": "y"}
    assert validate(form, {"a": True, "b": "x", "c": "y"}) == {"a": True, "b": "x"}
    assert [part.key for part in visible(form, {"b": "x"})] == ["a", "c"]


def test_a_code_table_that_is_not_given_is_named():
    with pytest.raises(InvalidInput) as caught:
        validate(FORM, GOOD, {"domain": TABLES["domain"]})
    assert caught.value.fields["basis"].code == "options_missing"
    assert caught.value.fields["basis"].params == {"table": "basis"}


def test_a_flood_of_unknown_fields_is_cut():
    found = errors(GOOD, **{f"x{n}" * 100: 1 for n in range(500)})
    assert len(found) == 100
    assert max(map(len, found)) == 200


@pytest.mark.parametrize("answers", [[], "x", None, 5])
def test_answers_must_be_an_object(answers):
    with pytest.raises(InvalidInput):
        validate(FORM, answers, TABLES)


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ({"type": "html", "key": "x"}, "component x: the type 'html' is not supported"),
        ({"type": "textfield", "key": "x", "onclick": "evil()"}, "the key 'onclick' is not supported"),
        ({"type": "textfield", "key": "x", "validate": {"pattern": "(a+)+"}}, "validation 'pattern'"),
        ({"type": "textfield", "key": "__x"}, "its key must be"),
        ({"type": "textfield", "key": "csrf_token"}, "its key must be"),
        ({"type": "textfield", "key": "a.b"}, "its key must be"),
        ({"type": "textfield"}, "component #1: its key must be"),
        ({"type": "textfield", "key": "x", "label": "=evil"}, "plain text"),
        ({"type": "textfield", "key": "x", "label": "{{evil}}"}, "plain text"),
        ({"type": "textfield", "key": "x", "readonly": "=a"}, "true or false"),
        ({"type": "number", "key": "x", "validate": {"min": "1"}}, "min must be a number"),
        ({"type": "number", "key": "x", "decimalDigits": 99}, "decimalDigits"),
        ({"type": "number", "key": "x", "serializeToString": True}, "numbers are numbers"),
        ({"type": "number", "key": "x", "defaultValue": "ten"}, "defaultValue is no valid answer (type)"),
        ({"type": "datetime", "key": "x", "subtype": "time"}, "subtype must be date or datetime"),
        ({"type": "datetime", "key": "x", "properties": {"latest": "2026"}}, "latest must be today"),
        ({"type": "select", "key": "x"}, "values must be a list"),
        ({"type": "select", "key": "x", "valuesExpression": "=a"}, "'valuesExpression' is not supported"),
        ({"type": "select", "key": "x", "values": [{"label": "a"}]}, "`value` of 1 to 255"),
        ({"type": "select", "key": "x", "values": [{"value": "a"}, {"value": "a"}]}, "twice"),
        ({"type": "select", "key": "x", "values": [{"value": "a"}], "valuesKey": "t"}, "not both"),
        ({"type": "text", "text": "x", "conditional": {"hide": "=y = 1"}}, "names y"),
        ({"type": "text", "text": "x", "conditional": {"hide": 'x = "y"'}}, "must start with `=`"),
        ({"type": "text", "text": "x", "conditional": {"hide": "=1 +"}}, "position"),
        ({"type": "text", "text": "x", "conditional": {"hide": "=len([]) = 1"}}, "and literals only"),
        ({"type": "text", "text": "x", "conditional": {"show": "=true"}}, "condition 'show'"),
        ({"type": "group", "path": "p", "components": []}, "a group has no path"),
        ({"type": "dynamiclist", "path": "p"}, "components must be a list"),
        ({"type": "textfield", "key": "x", "properties": {"target": "audit"}}, "`variable` or `record`"),
        ({"type": "textfield", "key": "x", "properties": {"a": 1}}, "texts by name"),
        ("text", "component 1 must be an object"),
        (
            {"type": "dynamiclist", "path": "a", "components": [{"type": "dynamiclist", "path": "b"}]},
            "rows of another",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(component, words):
    with pytest.raises(InvalidInput) as caught:
        form_of(component)
    assert any(words in finding.message for finding in caught.value.findings)
    assert all(finding.severity == "error" for finding in caught.value.findings)


def test_a_key_stands_once():
    field = {"type": "textfield", "key": "x"}
    with pytest.raises(InvalidInput, match="taken"):
        form_of(field, {"type": "group", "components": [field]})
    assert form_of(field, {"type": "dynamiclist", "path": "rows", "components": [field]})


def test_all_faults_are_told_at_once():
    with pytest.raises(InvalidInput, match=r"and 1 more") as caught:
        form_of({"type": "html", "key": "a"}, {"type": "iframe", "key": "b"})
    assert [finding.element for finding in caught.value.findings] == ["a", "b"]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"{}", b'{"id": "x", "components": 3}', b" " * 1_000_001],
)
def test_a_file_that_is_no_form_is_refused(data):
    with pytest.raises(InvalidInput) as caught:
        read(data)
    assert caught.value.code == "form_definition"


def test_bytes_are_read():
    assert read(json.dumps(TRANSFER).encode()) == FORM


SUBMITTED = {
    "from_org": ["市生态环境局"],
    "urgency": ["major"],
    "reason": [" 急 "],
    "amount": ["12.50"],
    "pages": ["１２"],
    "event_from": [""],
    "sealed": ["on"],
    "domains": ["eco", "", "safety"],
    "subjects": ["0", "7", "9", "../x"],
    "subjects.0.name": ["张三"],
    "subjects.0.kind": ["person"],
    "subjects.7.name": [" "],
    "subjects.9.name": ["李四"],
    "receipt_no": ["forged"],
    "not_asked": ["x"],
}


def submitted(fields, files=()):
    return parse_submission(FORM, lambda name: fields.get(name, []), lambda name: dict(files).get(name, []))


def test_submission_becomes_answers():
    answers = submitted(SUBMITTED, {"materials": ["file-1"]})
    assert answers == {
        "from_org": "市生态环境局",
        "urgency": "major",
        "reason": "急",
        "amount": 12.5,
        "pages": 12,
        "sealed": True,
        "domains": ["eco", "safety"],
        "materials": ["file-1"],
        "subjects": [{"name": "张三", "kind": "person"}, {"name": "李四"}],
    }
    assert validate(FORM, answers, TABLES)["subjects"] == answers["subjects"]


def test_submission_keeps_what_cannot_be_read():
    answers = submitted({"amount": ["1,000"]})
    assert answers == {"amount": "1,000", "sealed": False}
    assert errors(answers)["amount"] == ("type", {"expected": "number"})


def test_answers_can_be_read_as_words():
    by_key = {part.key: part for part in FORM.fields}
    assert display(by_key["domains"], ["eco", "gone"], "en", TABLES) == ["Ecology", "gone"]
    assert display(by_key["urgency"], "major", "zh_CN") == ["重大"]
    assert display(by_key["sealed"], False, "zh") == ["否"]
    assert display(by_key["met_at"], "2026-02-10T09:30:00+08:00", "zh") == ["2026-02-10 09:30"]
    assert display(by_key["amount"], 0, "zh") == ["0"]
    assert display(by_key["reason"], None, "zh") == []
    money = form_of({"type": "number", "key": "m", "appearance": {"suffixAdorner": "万元"}}).fields[0]
    assert display(money, 3, "zh") == ["3 万元"]


def test_file_endings():
    materials = next(part for part in FORM.fields if part.key == "materials")
    assert accepts(materials, "A.PDF")
    assert not accepts(materials, "a.exe")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["eco", "major"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from([part.key for part in FORM.fields]) | st.text(max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=8))
def test_any_answers_are_clean_or_refused_by_field(answers):
    try:
        clean = validate(FORM, answers, TABLES)
    except InvalidInput as error:
        assert error.fields  # noqa: PT017 - either outcome is right
    else:
        assert clean.keys() <= answers.keys()
    visible(FORM, answers)


PARTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["textfield", "number", "datetime", "checklist", "group", "dynamiclist", "text"]
        )
    },
    optional={
        **dict.fromkeys(["label", "layout", "valuesKey", "appearance", "readonly", "decimalDigits"], JSON),
        **dict.fromkeys(["defaultValue", "description", "text", "subtype", "accept", "title"], JSON),
        "key": st.sampled_from("abc") | JSON,
        "path": st.sampled_from("abc") | JSON,
        "validate": st.dictionaries(
            st.sampled_from(["required", "min", "maxLength", "validationType"]), JSON
        ),
        "properties": st.dictionaries(st.sampled_from(["en", "target", "min_rows", "latest"]), JSON),
        "conditional": st.dictionaries(
            st.just("hide"), st.sampled_from(["=a = 1", "= not(b)", "=[a]"]) | JSON
        ),
        "values": st.lists(
            st.dictionaries(st.sampled_from(["value", "label", "en"]), JSON) | JSON, max_size=3
        ),
        "components": st.deferred(lambda: st.lists(PARTS, max_size=2)) | JSON,
    },
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=3), st.dictionaries(st.sampled_from("abc"), JSON))
def test_any_definition_is_a_form_or_refused(components, answers):
    with contextlib.suppress(InvalidInput):
        validate(form_of(*components), answers)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SUBMITTED)), st.lists(st.text(max_size=8), max_size=3)))
def test_any_submission_can_be_read(fields):
    with contextlib.suppress(InvalidInput):
        validate(FORM, submitted(fields), TABLES)
