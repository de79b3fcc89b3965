"""The inbox and the task page, as a browser without script uses them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from handlers.registers import Clue
from handlers.uploads import Upload
from server import worker
from tests.city import REQUEST, TRANSFER, City
from tests.server.visitors import Visitor
from workflows import definitions
from workflows.model import AuditEvent, Incident, Task, TaskDraft

FAILING = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://duban.test">
  <bpmn:process id="failing" isExecutable="true">
    <bpmn:startEvent id="s" /><bpmn:sequenceFlow id="f0" sourceRef="s" targetRef="u" />
    <bpmn:userTask id="u" camunda:candidateUsers="handler" camunda:formRef="f"
        camunda:formRefBinding="deployment" />
    <bpmn:sequenceFlow id="f1" sourceRef="u" targetRef="bad" />
    <bpmn:scriptTask id="bad"><bpmn:script>x = missing + 1</bpmn:script></bpmn:scriptTask>
  </bpmn:process>
</bpmn:definitions>"""
TITLE_FORM = (
    b'{"id": "f", "type": "default", "components": [{"type": "textfield", "key": "title", "label": "T"}]}'
)
REFERENCE = re.compile(r'name="_kept\.files" value="([^"]+)"')


@pytest.fixture
def visit(city: City) -> Callable[[str], Visitor]:
    """Return a function that signs somebody in."""
    return lambda login: Visitor(city, login)


def inputs(answers: dict[str, Any]) -> dict[str, Any]:
    """Return answers as the inputs of an HTML form hold them."""
    sent: dict[str, Any] = {}
    for key, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            sent[key] = [str(number) for number in range(len(value))]
            for number, row in enumerate(value):
                sent |= {f"{key}.{number}.{name}": item for name, item in inputs(row).items()}
        elif value is True:
            sent[key] = "true"
        elif value is not False and value is not None:
            sent[key] = value
    return sent


def file(name: str, content: bytes = b"content") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


# --- the inbox


def test_a_task_moves_through_the_boxes(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.start(business_key="WC-2026-201")
    task, clerk = city.task(instance), visit("handler3")
    assert "WC-2026-201" in clerk.get("/inbox?box=groups").text
    assert "WC-2026-201" not in clerk.get("/inbox").text
    city.claim(task, "handler3")
    assert "WC-2026-201" in clerk.get("/inbox?box=mine").text
    city.complete(task, "handler3", **REQUEST)
    assert "WC-2026-201" in clerk.get("/inbox?box=done").text


def test_the_list_is_narrowed_by_text_step_and_level(city: City, visit: Callable[[str], Visitor]) -> None:
    city.start(business_key="WC-2026-211")
    city.make_late(city.task(city.start(business_key="WC-2026-212")), by=timedelta(hours=1))
    clerk = visit("handler")

    def shown(query: str) -> set[str]:
        return set(re.findall(r"WC-2026-21\d", clerk.get(f"/inbox?box=groups&text=WC-2026-21&{query}").text))

    assert shown("") == {"WC-2026-211", "WC-2026-212"}
    assert shown("level=overdue") == {"WC-2026-212"}
    assert shown("level=normal") == {"WC-2026-211"}
    assert shown("level=warn") == set()
    assert shown("step=errand:fill") == {"WC-2026-211", "WC-2026-212"}
    assert shown("step=errand:review") == set()
    # What is not understood narrows nothing.
    assert shown("level=strange&step=strange&after=strange") == {"WC-2026-211", "WC-2026-212"}
    assert "没有符合条件的任务" in clerk.get("/inbox?box=groups&text=nothing").text


def test_pages_of_the_list_follow_one_another(city: City, visit: Callable[[str], Visitor]) -> None:
    for number in range(23):
        city.start(business_key=f"WC-2026-3{number:02}")
    clerk, seen = visit("handler"), set()
    address: str | None = "/inbox?box=groups&text=WC-2026-3"
    pages = 0
    while address:
        page, pages = clerk.get(address).text, pages + 1
        here = set(re.findall(r"WC-2026-3\d\d", page))
        assert not here & seen
        seen |= here
        link = re.search(r'href="([^"]*after=[^"]*)">下一页', page)
        address = link[1].replace("&amp;", "&") if link else None
    assert (len(seen), pages) == (23, 2)


def test_a_matter_is_found_by_its_clue_number(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.transfer()
    task = city.advance(instance, "a7")
    with city.database.reading() as session:
        clue = session.scalars(select(Clue).where(Clue.transfer_no == instance.business_key)).one()
    clerk = visit("clerk")
    for number in (clue.transfer_no, clue.clue_no, clue.receipt_no):
        page = clerk.get(f"/inbox?box=groups&text={number}").text
        assert f"/tasks/{task.id}" in page
        assert page.count('class="inbox__task"') == 1
    assert "没有符合条件的任务" in visit("handler").get(f"/inbox?box=groups&text={clue.clue_no}").text


def test_a_process_is_called_in_the_language_of_the_page(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = city.task(city.transfer()), visit("clerk")
    assert "线索移送与处置" in clerk.get(f"/tasks/{task.id}").text
    clerk.post("/language", language="en", next="/inbox")
    page = clerk.get(f"/tasks/{task.id}").text
    clerk.post("/language", language="zh_Hans_CN")
    assert "Clue transfer and disposal" in page
    assert "线索移送与处置" not in page


def test_a_step_says_what_it_is_for_in_the_language_of_the_page(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    task = city.task(city.start())
    handler = visit("handler")
    assert "写明事由、人员、时间" in handler.get(f"/tasks/{task.id}").text
    handler.post("/language", language="en", next="/inbox")
    assert "Say why, who and when; nobody goes alone." in handler.get(f"/tasks/{task.id}").text
    handler.post("/language", language="zh_Hans_CN")


def test_the_office_enters_a_transfer_for_an_agency(city: City, visit: Callable[[str], Visitor]) -> None:
    intake = visit("intake")
    assert "移送单位" in intake.get("/transfers/new").text
    answer = intake.post("/transfers/new", **inputs({**TRANSFER, "agency": "YJJ", "source": "SR09"}))
    assert answer.location == "/clues"
    assert "YS-" in intake.get("/clues").text


def test_claiming_in_the_list_stays_there(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = city.task(city.start(business_key="WC-2026-221")), visit("handler")
    answer = clerk.post(f"/tasks/{task.id}/claim", back="inbox", box="groups", text="WC")
    assert (answer.status_code, answer.location) == (303, "/inbox?box=groups&text=WC")
    assert "您已认领“填写外出取证申请”" in clerk.get(answer.location).text


@pytest.mark.parametrize("back", ["inbox", ""])
def test_a_lost_race_says_who_has_it(city: City, visit: Callable[[str], Visitor], back: str) -> None:
    task, clerk = city.task(city.start()), visit("handler")
    city.claim(task, "handler2")
    answer = clerk.post(f"/tasks/{task.id}/claim", back=back, box="groups")
    assert answer.status_code == 409
    assert "该任务已由刘协办认领" in answer.text


def test_what_is_not_there_any_more_leaves_the_list_usable(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    answer = visit("auditor").post(f"/tasks/{city.task(city.start()).id}/claim", back="inbox", box="groups")
    assert answer.status_code == 404
    assert "任务不存在" in answer.text
    assert "没有待认领的任务" in answer.text


# --- filling in


def claimed(city: City, login: str = "handler") -> Task:
    return city.claim(city.task(city.start()), login)


def test_a_task_is_done_without_script(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = city.task(city.start()), visit("handler")
    assert clerk.post(f"/tasks/{task.id}/claim").location == f"/tasks/{task.id}#form"
    answer = clerk.post(f"/tasks/{task.id}/complete", **inputs(REQUEST))
    # The review of the same matter is offered to handlers too: it comes next.
    following = clerk.get(answer.location).text
    assert answer.location.startswith("/tasks/")
    assert "“填写外出取证申请”已办结。这是您的下一项任务。" in following
    assert "审核外出取证申请" in following
    assert REQUEST["reason"] in following


def test_who_has_nothing_left_comes_to_the_inbox(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.start()
    city.complete(city.task(instance), "handler", **REQUEST)
    review, head = city.claim(city.task(instance), "head"), visit("head")
    answer = head.post(f"/tasks/{review.id}/complete", decision="agree")
    assert answer.location == "/inbox"
    assert "您没有其他待办任务" in head.get("/inbox").text


def test_errors_are_listed_with_links_and_nothing_typed_is_lost(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    task, clerk = claimed(city), visit("handler")
    typed = {"place": "东湖", "reason": "太短", "cost": "约三百", "car": "other", "team": ["0", "1"]}
    typed |= {"team.0.name": "张三三", "team.1.name": "", "team.1.phone": "abc", "signs": ["death", "media"]}
    answer = clerk.post(f"/tasks/{task.id}/complete", **typed)
    page = answer.text
    assert answer.status_code == 422
    for target in ("f-reason", "f-cost", "f-domain", "f-day", "f-other", "f-team.1.name", "f-team.1.phone"):
        assert f'href="#{target}"' in page
        assert f'id="{target}"' in page
    for value in ("东湖", "太短", "约三百", "张三三", "abc"):
        assert value in page
    assert re.search(r'value="other" checked', page)
    assert len(re.findall(r'name="signs" value="(?:death|media)" checked', page)) == 2
    assert "至少 10 个字" in page


def test_rows_are_added_and_taken_away_by_buttons(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = claimed(city), visit("handler")
    rows = {"team": ["0", "1"], "team.0.name": "甲", "team.1.name": "乙"}

    def names(**pressed: str) -> list[str]:
        page = clerk.post(f"/tasks/{task.id}/complete", **rows, **pressed)
        assert page.status_code == 200
        return re.findall(r'name="team\.\d\.name" value="([^"]*)"', page.text)

    assert names(_add="team") == ["甲", "乙", ""]
    assert names(_remove="team.0") == ["乙", ""]
    assert names(_add="reason") == ["甲", "乙"]
    assert names(_remove="team.7") == ["甲", "乙"]


def test_no_more_rows_than_the_form_allows(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = claimed(city), visit("handler")
    rows = {"team": ["0", "1", "2", "3", "4"], **{f"team.{n}.name": str(n) for n in range(5)}}
    page = clerk.post(f"/tasks/{task.id}/complete", **rows, _add="team").text
    assert len(re.findall(r'name="team" value="\d"', page)) == 5
    assert re.search(r'name="_add" value="team"[^>]* disabled', page)


def test_files_survive_an_error(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = claimed(city), visit("handler")
    first = clerk.post(f"/tasks/{task.id}/complete", files=[file("现场.pdf"), file("../../etc/记录.txt")])
    kept = REFERENCE.findall(first.text)
    assert first.status_code == 422
    assert len(kept) == 2
    assert "现场.pdf" in first.text
    assert "记录.txt" in first.text
    assert "etc" not in first.text
    again = clerk.post(f"/tasks/{task.id}/complete", **inputs(REQUEST), **{"_kept.files": kept[0]})
    assert again.status_code == 303


def test_a_file_of_the_wrong_kind_is_named(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = claimed(city), visit("handler")
    answer = clerk.post(f"/tasks/{task.id}/complete", **inputs(REQUEST), files=file("程序.exe"))
    assert answer.status_code == 422
    assert "“程序.exe”不是允许的类型（.pdf .txt .jpg）" in answer.text
    assert clerk.post(f"/tasks/{task.id}/complete", files=file("空.pdf", b"")).text.count("空.pdf") >= 1


def test_nobody_takes_another_ones_upload(city: City, visit: Callable[[str], Visitor]) -> None:
    theirs = visit("handler2").post(f"/tasks/{claimed(city, 'handler2').id}/draft", files=file("机密.pdf"))
    assert theirs.status_code == 303
    with city.database.reading() as session:
        reference = session.scalars(select(Upload.id).where(Upload.filename == "机密.pdf")).one()
    task, clerk = claimed(city), visit("handler")
    page = clerk.post(f"/tasks/{task.id}/complete", **{"_kept.files": reference}).text
    assert "机密.pdf" not in page
    assert reference not in page


def test_a_draft_is_kept_for_its_author(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = claimed(city), visit("handler")
    quiet = {"X-Requested-With": "fetch"}
    assert clerk.post(f"/tasks/{task.id}/draft", place="东湖", headers=quiet).status_code == 204
    assert 'value="东湖"' in clerk.get(f"/tasks/{task.id}").text
    answer = clerk.post(
        f"/tasks/{task.id}/draft", place="西山", cost="abc", team="0", **{"team.0.name": "甲"}
    )
    page = clerk.get(answer.location).text
    assert "草稿已保存" in page
    assert 'value="西山"' in page
    assert 'value="abc"' in page
    with city.database.reading() as session:
        drafts = select(func.count()).select_from(TaskDraft).where(TaskDraft.task_id == task.id)
        assert session.scalar(drafts) == 1


def test_what_a_form_only_shows_stays_with_a_draft(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.start()
    city.complete(city.task(instance), "handler", **REQUEST)
    review, head = city.claim(city.task(instance), "head"), visit("head")
    head.post(f"/tasks/{review.id}/draft", opinion="先退回", reason="冒充的事由")
    page = head.get(f"/tasks/{review.id}").text
    assert "先退回" in page
    assert REQUEST["reason"] in page
    assert "冒充的事由" not in page


def test_who_was_overtaken_keeps_what_he_typed(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = city.task(city.start()), visit("handler")
    city.complete(task, "handler2", **REQUEST)
    answer = clerk.post(f"/tasks/{task.id}/complete", place="我写的地点")
    assert answer.status_code == 404  # it is the other one's now, and nobody else's
    assert "我写的地点" in answer.text


def test_an_expired_page_gives_back_what_was_typed(city: City, visit: Callable[[str], Visitor]) -> None:
    clerk = visit("handler")
    sent = {"place": "我写的地点", "csrf_token": "old", "password": "geheim"}
    own = clerk.client.post("/tasks/x/complete", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 400
    assert "我写的地点" in own.text
    assert "geheim" not in own.text
    assert "我写的地点" not in clerk.client.post("/tasks/x/complete", data=sent).text


def test_a_step_that_refuses_keeps_what_was_typed(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.transfer()
    task = city.claim(city.advance(instance, "a8"), "head")
    answer = visit("head").post(
        f"/tasks/{task.id}/complete", taken="yes", handlers=["handler"], recusal_checked="true"
    )
    assert answer.status_code == 422
    assert "至少" in answer.text
    assert re.search(r'value="handler" checked', answer.text)


def test_a_process_that_fails_behind_a_step_keeps_what_was_typed(
    city: City, visit: Callable[[str], Visitor]
) -> None:
    with city.database.unit_of_work() as session:
        files = {"failing.bpmn": FAILING, "f.form": TITLE_FORM}
        definitions.deploy(session, files, name="failing", actor=city.actor("supervisor"), profile="engine")
    instance = city.start("failing")
    task, clerk = city.claim(city.task(instance), "handler"), visit("handler")
    answer = clerk.post(f"/tasks/{task.id}/complete", title="三页的说明")
    assert answer.status_code == 500
    assert "您填写的内容已存为草稿" in answer.text
    assert "三页的说明" in answer.text
    assert "三页的说明" in clerk.get(f"/tasks/{task.id}").text
    with city.database.reading() as session:
        (incident,) = session.scalars(select(Incident).where(Incident.task_id == task.id))
        assert (incident.kind, incident.element_id) == ("failedCompletion", "bad")


def test_releasing_gives_the_task_back(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = claimed(city), visit("handler")
    assert "退回待领" in clerk.get(f"/tasks/{task.id}").text
    answer = clerk.post(f"/tasks/{task.id}/release")
    assert answer.location == "/inbox?box=groups"
    with city.database.reading() as session:
        assert session.get_one(Task, task.id).assignee is None


# --- what may be seen


def test_an_agency_sees_its_task_and_no_more(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.transfer(facts="只有本单位和承办人员可以看到的事实。")
    city.complete(city.task(instance, "a3"), "clerk", **city.answers(city.task(instance, "a3")))
    sign, agency = city.task(instance, "a3_sign"), visit("agency")
    page = agency.get(f"/tasks/{sign.id}").text
    assert "签收移送回执" in page
    assert "只有本单位" in page  # it wrote that itself
    assert "王案管" not in page
    assert "data-diagram" not in page
    assert agency.get(f"/instances/{instance.id}/tokens.json").status_code == 404
    assert agency.get(f"/processes/{instance.definition_id}/diagram.xml").status_code == 404


def test_the_viewer_is_told_where_tokens_stand(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.start()
    city.make_late(city.task(instance), by=timedelta(hours=1))
    answer = visit("handler").get(f"/instances/{instance.id}/tokens.json")
    assert answer.json == {"active": ["fill"], "done": ["begin"], "flows": ["f1"], "overdue": ["fill"]}


def test_a_process_that_runs_on_by_itself_says_so(city: City, visit: Callable[[str], Visitor]) -> None:
    slow = FAILING.replace(b'"failing"', b'"slow"').replace(b"missing + 1", b"1")
    slow = slow.replace(b'<bpmn:userTask id="u"', b'<bpmn:userTask id="u" camunda:asyncAfter="true"')
    with city.database.unit_of_work() as session:
        files = {"slow.bpmn": slow, "f.form": TITLE_FORM}
        definitions.deploy(session, files, name="slow", actor=city.actor("supervisor"), profile="engine")
    task = city.claim(city.task(city.start("slow")), "handler")
    city.complete(task, "handler", title="x")
    assert "流程正在自动运行" in visit("handler").get(f"/tasks/{task.id}").text
    worker.run_due(city.database)
    assert "流程已结束" in visit("handler").get(f"/tasks/{task.id}").text


def test_a_diagram_is_data_for_who_may_see_it(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.start()
    address = f"/processes/{instance.definition_id}/diagram.xml"
    for login in ("handler", "supervisor"):
        answer = visit(login).get(address)
        assert answer.status_code == 200
        assert answer.data.startswith(b"<?xml")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert visit("auditor").get(address).status_code == 404
    assert visit("supervisor").get("/processes/no:1:x/diagram.xml").status_code == 404


def test_reading_a_matter_leaves_a_trace(city: City, visit: Callable[[str], Visitor]) -> None:
    instance = city.transfer()
    clerk = visit("clerk")
    clerk.get(f"/tasks/{city.task(instance).id}")
    with city.database.reading() as session:
        read = select(AuditEvent).where(AuditEvent.instance_id == instance.id, AuditEvent.act == "clue.read")
        assert [event.actor for event in session.scalars(read)] == ["clerk"]


def test_what_one_may_not_see_is_not_there(city: City, visit: Callable[[str], Visitor]) -> None:
    task = city.task(city.transfer())
    for login in ("handler", "auditor", "admin", "supervisor"):
        assert visit(login).get(f"/tasks/{task.id}").status_code == 404


def test_only_scripts_of_our_own_files(city: City, visit: Callable[[str], Visitor]) -> None:
    task, clerk = claimed(city), visit("handler")
    for address in ("/inbox?box=groups", f"/tasks/{task.id}", "/profile", "/nowhere"):
        page = clerk.get(address).text
        scripts = re.findall(r"<script[^>]*>[^<]*", page)
        assert scripts
        assert all(
            re.fullmatch(r'<script type="module" src="/static/dist/assets/[\w.-]+">', one) for one in scripts
        )
        assert not re.search(r"<[^>]+ on\w+=", page)


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"]
)
def test_what_is_typed_stays_text(city: City, visit: Callable[[str], Visitor], hostile: str) -> None:
    task, clerk = claimed(city), visit("handler")
    page = clerk.post(f"/tasks/{task.id}/complete", place=hostile, reason=hostile, _add=hostile).text
    assert hostile not in page or "{{" in hostile
    assert "49" not in re.findall(r'name="place" value="([^"]*)"', page)[0]
    assert hostile not in clerk.get(f"/inbox?box=groups&text={hostile}").text or "{{" in hostile


def test_too_large_an_upload_is_said_in_words(
    city: City, visit: Callable[[str], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    task, clerk = claimed(city), visit("handler")
    monkeypatch.setitem(city.app.config, "MAX_CONTENT_LENGTH", 1000)
    answer = clerk.post(f"/tasks/{task.id}/complete", files=file("大.pdf", b"x" * 1001))
    assert answer.status_code == 413
    assert "请减少文件数量或缩小文件" in answer.text
    assert "待办" in answer.text
