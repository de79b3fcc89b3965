"""Forms as the page draws them: every kind of field, answers, errors and conditions, in both languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import render_template_string
from flask_babel import force_locale
from lxml import html

from server.pages import form_view
from server.pages.form_view import FormView
from tests.city import ERRAND, City
from workflows import forms
from workflows.errors import FieldError, InvalidInput
from workflows.forms import Option

FORM = forms.read((ERRAND / "errand_request.form.json").read_bytes())
OPTIONS = {
    "domains": [Option("ecology", "生态环境", "ecology"), Option("safety", "安全生产", "safety")],
    "major_signs": [Option("death", "人员死亡", "death"), Option("media", "媒体关注", "media")],
}


@pytest.fixture(autouse=True)
def in_request(city: City) -> Iterator[None]:
    """Draw as in a request of the Chinese pages."""
    with city.app.test_request_context():
        yield


def view(answers: dict[str, Any] | None = None, lang: str = "zh", **more: Any) -> FormView:
    return form_view.view(FORM, answers or {}, lang=lang, options=OPTIONS, **more)


def drawn(form: FormView, macro: str = "fill") -> Any:
    """Return the form's HTML as a tree."""
    given = "form" if macro == "summary" else "form.parts"
    source = f'{{% from "_form.html" import {macro} %}}{{{{ {macro}({given}) }}}}'
    return html.fromstring(f"<div>{render_template_string(source, form=form)}</div>")


def one(tree: Any, path: str) -> Any:
    found = tree.xpath(path)
    assert len(found) == 1, f"{len(found)} of {path}"
    return found[0]


def test_every_input_has_a_label() -> None:
    tree = drawn(view())
    inputs = tree.xpath(
        ".//*[not(ancestor::template)][self::input[not(@type='hidden')] or self::select or self::textarea]"
    )
    assert len(inputs) > 15
    assert [
        field.get("id") for field in inputs if not tree.xpath(f".//label[@for='{field.get('id')}']")
    ] == []


def test_ids_are_unique() -> None:
    ids = [str(one) for one in drawn(view()).xpath(".//@id[not(ancestor::template)]")]
    assert sorted(set(ids)) == sorted(ids)


def test_both_languages() -> None:
    assert "取证地点" in drawn(view()).text_content()
    with force_locale("en"):
        english = drawn(view(lang="en")).text_content()
    assert "Place" in english
    assert "What is to be established" in english
    assert "Please choose" in english


def test_answers_stand_in_their_inputs() -> None:
    answers = {
        "place": "东湖",
        "reason": "第一行\n第二行",
        "domain": "safety",
        "signs": ["media"],
        "day": "2039-06-01",
        "meet": "2039-06-01T08:30:00+08:00",
        "cost": 12.5,
        "car": "public",
        "true_and_full": True,
        "team": [{"name": "甲", "driver": True}],
    }
    tree = drawn(view(answers))
    assert one(tree, ".//input[@name='place']").get("value") == "东湖"
    assert one(tree, ".//textarea[@name='reason']").text.strip("\n") == "第一行\n第二行"
    assert one(tree, ".//select[@name='domain']/option[@selected]").get("value") == "safety"
    assert [box.get("value") for box in tree.xpath(".//input[@name='signs'][@checked]")] == ["media"]
    assert one(tree, ".//input[@name='day']").get("value") == "2039-06-01"
    assert one(tree, ".//input[@name='meet']").get("value") == "2039-06-01T08:30"
    assert one(tree, ".//input[@name='cost']").get("value") == "12.5"
    assert one(tree, ".//input[@name='car'][@checked]").get("value") == "public"
    assert one(tree, ".//input[@name='true_and_full']").get("checked") is not None
    assert one(tree, ".//input[@name='team.0.name']").get("value") == "甲"
    assert one(tree, ".//input[@name='team.0.driver']").get("checked") is not None


def test_what_is_no_answer_stays_as_typed() -> None:
    tree = drawn(view({"cost": "约三百", "domain": "没有的", "team": "不是行", "signs": "media"}))
    assert one(tree, ".//input[@name='cost']").get("value") == "约三百"
    assert tree.xpath(".//select[@name='domain']/option[@selected]") == []
    assert len(tree.xpath(".//input[@name='team'][not(ancestor::template)]")) == 2


def test_errors_stand_at_their_fields_and_in_the_summary() -> None:
    answers = {"cost": -1, "team": [{"phone": "x"}]}
    with pytest.raises(InvalidInput) as refused:
        forms.validate(FORM, answers, OPTIONS)
    form = view(answers, errors=refused.value.fields)
    tree, summary = drawn(form), drawn(form, "summary")
    cost = one(tree, ".//input[@name='cost']")
    assert cost.get("aria-invalid") == "true"
    assert "f-cost-error" in cost.get("aria-describedby")
    assert "不得小于 0" in one(tree, ".//p[@id='f-cost-error']").text_content()
    targets = [link.get("href")[1:] for link in summary.xpath(".//a")]
    assert len(targets) == len(refused.value.fields)
    assert [target for target in targets if not tree.xpath(f".//*[@id='{target}']")] == []
    assert (
        "有 8 处需要更正" in summary.text_content()
        or f"有 {len(targets)} 处需要更正" in summary.text_content()
    )


def test_errors_come_in_the_order_of_the_form() -> None:
    errors = {key: FieldError("required") for key in ("true_and_full", "car", "place")}
    assert [wrong.label for wrong in view(errors=errors).wrong] == [
        "取证地点",
        "交通方式",
        "以上内容属实、完整",
    ]


def test_an_error_that_no_field_has_is_listed_all_the_same() -> None:
    (wrong,) = view(errors={"smuggled": FieldError("unknown")}).wrong
    assert (wrong.target, wrong.label) == ("", "smuggled")
    assert drawn(view(errors={"smuggled": FieldError("unknown")}), "summary").xpath(".//a") == []


def test_an_error_in_a_row_names_the_row() -> None:
    answers = {"team": [{"name": "甲"}, {"name": ""}]}
    (wrong,) = view(answers, errors={"team.1.name": FieldError("required")}).wrong
    assert wrong.label == "同行人员 2 · 姓名"


def test_conditions_are_shown_to_script_and_to_readers() -> None:
    field = one(drawn(view({"car": "office"})), ".//*[@data-hide]")
    assert json.loads(field.get("data-hide")) == ["!=", ["name", "car"], ["value", "other"]]
    assert field.get("data-off") is not None
    assert "仅当“交通方式”为“其他”时填写" in field.text_content()
    assert one(drawn(view({"car": "other"})), ".//*[@data-hide]").get("data-off") is None


def test_rows_have_buttons_within_their_bounds() -> None:
    few = drawn(view({"team": [{"name": "甲"}]}))
    assert len(few.xpath(".//input[@name='team'][not(ancestor::template)]")) == 2  # no fewer than must be
    assert few.xpath(".//button[@name='_remove'][not(ancestor::template)]") == []
    full = drawn(view({"team": [{"name": str(n)} for n in range(5)]}))
    assert one(full, ".//button[@name='_add']").get("disabled") is not None
    assert len(full.xpath(".//button[@name='_remove'][not(ancestor::template)]")) == 5
    assert full.xpath(".//template//input[@name='team.__n__.name']")


def test_kept_files_stand_by_their_names() -> None:
    tree = drawn(view({"files": ["ref-1"]}, files={"ref-1": "现场.pdf"}))
    kept = one(tree, ".//input[@name='_kept.files']")
    assert (kept.get("value"), kept.get("checked") is not None) == ("ref-1", True)
    assert "现场.pdf" in tree.text_content()
    assert one(tree, ".//input[@type='file']").get("accept") == ".pdf,.txt,.jpg"


def test_reading_shows_words_and_no_inputs() -> None:
    answers = {
        "place": "东湖",
        "domain": "safety",
        "signs": ["death", "media"],
        "car": "office",
        "other": "不该显示",
        "cost": 12.5,
        "team": [{"name": "甲", "driver": True}],
        "true_and_full": True,
    }
    tree = drawn(view(answers), "read")
    words = tree.text_content()
    assert tree.xpath(".//input | .//select | .//textarea") == []
    for expected in ("安全生产", "人员死亡；媒体关注", "12.5 元", "公务用车", "同行人员 1", "是"):
        assert expected in words
    assert "不该显示" not in words


def test_a_read_only_field_is_shown_and_not_sent() -> None:
    form = forms.read((ERRAND / "errand_review.form.json").read_bytes())
    tree = drawn(form_view.view(form, {"reason": "核实情况"}, lang="zh", options={}))
    assert tree.xpath(".//*[@name='reason']") == []
    assert "核实情况" in tree.text_content()


@pytest.mark.parametrize(
    "hostile", ["<b>x</b>", '" onfocus="alert(1)', "</textarea><script>x</script>", "</template>"]
)
def test_nothing_breaks_out(hostile: str) -> None:
    tree = drawn(view({"place": hostile, "reason": hostile, "team": [{"name": hostile}]}))
    assert tree.xpath(".//script | .//b | .//*[@onfocus]") == []
    assert one(tree, ".//input[@name='place']").get("value") == hostile
    assert one(tree, ".//textarea[@name='reason']").text.lstrip("\n") == hostile


def test_labels_of_a_hostile_form_stay_text() -> None:
    form = forms.read(
        {
            "type": "default",
            "id": "f",
            "title": "<b>t</b>",
            "components": [
                {
                    "type": "textfield",
                    "id": "x",
                    "key": "x",
                    "label": "<script>l</script>",
                    "description": "<i>d</i>",
                },
                {
                    "type": "radio",
                    "id": "y",
                    "key": "y",
                    "label": "y",
                    "values": [{"value": "'>", "label": "<u>o</u>"}],
                },
                {"type": "text", "id": "z", "text": "<img src=x>"},
            ],
        }
    )
    tree = drawn(form_view.view(form, {}, lang="zh"))
    assert tree.xpath(".//script | .//i | .//u | .//img") == []
