"""Mail through a real mail server: what it says, when it leaves, and that none is lost when somebody dies."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from handlers import outbox
from handlers.notifications import Notification
from handlers.outbox import OutgoingMessage, queue
from server import auth
from server.outgoing import content, hooks, mail
from server.outgoing.delivering import Sender
from server.pages.events import EVENTS, NOTIFICATIONS
from server.way_out import WayOut
from tests.city import City
from tests.server.outgoing.conftest import SECRET, choices, tell
from tests.server.outgoing.mail_server import Post, running
from tests.server.visitors import Visitor
from workflows import clock
from workflows.errors import InvalidInput

NOW = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)  # a Friday, 10:00 in the office
Make = Callable[..., Sender]


def choose(visitor: Visitor, **fields: str) -> TestResponse:
    return visitor.client.post("/profile/notices", data={**fields, "csrf_token": visitor.token()})


def fates(city: City) -> list[tuple[str, str, int]]:
    rows = select(OutgoingMessage).order_by(OutgoingMessage.notification_id)
    with city.database.reading() as session:
        return [(row.channel, row.status, row.attempts) for row in session.scalars(rows)]


@pytest.mark.parametrize("code", sorted({*NOTIFICATIONS, *EVENTS, "task.assigned", "deadline.paused", "x"}))
def test_no_message_of_any_kind_says_a_word_of_the_case(code: str) -> None:
    """Whatever else a notice knows, only number, step, date and link leave; what is no number is none."""
    known = {
        "number": "XS-2026-00007",
        "task": "集体研判",
        "task_en": "Study",
        "element": "a9",
        "due": "2026-03-09",
    }
    others = ("reason", "agency", "agencies", "period", "periods", "to", "old", "new", "rung", "facts", "way")
    poisoned = {**dict.fromkeys(others, SECRET), **known}
    row = Notification(id=7, login="handler", at=NOW, code=code, params=poisoned, scope_id=SECRET)
    foul = {**dict.fromkeys(poisoned, SECRET), "element": None}
    bad = Notification(id=8, login="handler", at=NOW, code=code, params=foul, scope_id=SECRET)
    for locale in ("zh_Hans_CN", "en"):
        contents = [content.of(notice, "https://duban.test") for notice in (row, bad)]
        assert (contents[1].number, contents[1].step(locale), contents[1].due) == ("", "", "")
        written = [*mail.notice(contents[0], locale), *mail.notice(contents[1], locale)]
        written += [*mail.digest(contents, locale)]
        assert SECRET not in "".join(written)
        assert "XS-2026-00007" in written[0]
    bodies = [json.loads(hooks.body("m1", "handler", one)) for one in contents]
    assert set(bodies[0]) == {"id", "kind", "to", "number", "step", "step_en", "due", "link"}
    assert SECRET not in json.dumps(bodies, ensure_ascii=False)
    assert bodies[0]["kind"] in outbox.KINDS


def test_a_notice_goes_by_mail_and_its_link_opens_and_reads_it(quiet: City, post: Post, sender: Make) -> None:
    task = quiet.task(quiet.transfer(), "a3")
    tell(quiet, "handler", "clerk", task=task)
    worker = sender()
    assert worker.spread() == 2
    assert worker.send_mail() == 1  # the clerk has given no address
    assert worker.spread() == worker.send_mail() == 0
    (sent,) = post.taken
    assert [sent["To"], sent["Subject"]] == [
        "handler@office.test",
        "【督办】 期限将至 · XS-2026-00007 · 集体研判 · 2026-03-09",
    ]
    assert sent["Auto-Submitted"] == "auto-generated"
    text = sent.get_content()
    link = text.partition("链接: ")[2].split()[0]
    assert link.startswith("https://duban.test/notifications/")
    # Signed in only after the connection was encrypted.
    assert [line.split()[0] for line in post.said].index("AUTH") > post.said.index("STARTTLS")

    reader = Visitor(quiet, "handler")
    place = link.removeprefix("https://duban.test")
    before = reader.get("/notifications/unread").json["unread"]
    assert reader.get(place).headers["Location"] == f"/tasks/{task.id}"
    assert int(reader.get("/notifications/unread").json["unread"] or 0) == int(before) - 1
    assert Visitor(quiet, "head").get(place).status_code == 404
    assert reader.get("/notifications/99999999999999999999").status_code == 404


def test_a_digest_leaves_once_on_the_next_working_day(quiet: City, post: Post, sender: Make) -> None:
    with clock.held_at(NOW):
        with quiet.database.unit_of_work() as session:
            choices(session, "handler", near="digest", overdue="none")
        tell(quiet, "handler", code="deadline.remind")
        tell(quiet, "handler", code="return.overdue", count=3, period="2026-01")
        tell(quiet, "handler", code="deadline.overdue")
        worker = sender()
        worker.spread()
        assert worker.send_mail() == 0
    with clock.held_at(datetime(2026, 3, 9, 0, 0, tzinfo=UTC)):  # Monday, 8:00 in the office
        assert worker.send_mail() == 2
        assert worker.send_mail() == 0
    (sent,) = post.taken
    assert sent["Subject"] == "【督办】 通知汇总 (2)"
    assert sent.get_content().count("https://duban.test/notifications/") == 2


@pytest.mark.parametrize("has_it", [True, False])
def test_a_mail_server_killed_in_mid_batch_loses_and_doubles_none(
    quiet: City, post: Post, sender: Make, has_it: bool
) -> None:
    """SMTP itself leaves open whether a message was taken whose answer never came: that one comes twice, with one id."""
    worker = sender()
    with clock.held_at(NOW):
        for number in range(5):
            tell(quiet, "handler", number=f"XS-2026-0000{number}")
        worker.spread()
        post.dies_at, post.dies_before_answer = 3, has_it
        assert worker.send_mail() == 2
        assert worker.send_mail() == 0  # not at once again
    assert fates(quiet) == [("mail", "sent", 0)] * 2 + [("mail", "waiting", 1)] * 3
    post.dies_at, post.dead = None, False
    with clock.held_at(NOW + queue.FIRST_RETRY):
        assert worker.send_mail() == 3
    assert [status for _, status, _ in fates(quiet)] == ["sent"] * 5
    twice = [identity for identity in set(post.ids) if post.ids.count(identity) > 1]
    assert len(set(post.ids)) == 5
    assert twice == ([post.ids[2]] if has_it else [])


def test_a_killed_worker_leaves_its_messages_to_the_next(quiet: City, post: Post, sender: Make) -> None:
    with clock.held_at(NOW):
        tell(quiet, "handler")
        sender().spread()
        with quiet.database.unit_of_work() as session:
            assert queue.lease(session, "mail", "killed", 20)
        assert sender("next").send_mail() == 0
    with clock.held_at(NOW + queue.LEASED + timedelta(seconds=1)):
        assert sender("next").send_mail() == 1
    with quiet.database.unit_of_work() as session:
        # Had it only been slow, its word would count no more.
        queue.failed(session, [session.scalars(select(OutgoingMessage.id)).one()], "killed", "too late")
    assert fates(quiet) == [("mail", "sent", 0)]


def test_what_is_given_up_waits_for_an_administrator(
    quiet: City, post: Post, sender: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    post.refuses = {"handler@office.test": 550, "head@office.test": 450}
    worker = sender()
    with clock.held_at(NOW):
        tell(quiet, "handler", "head", "leader")
        worker.spread()
        assert worker.send_mail() == 1
        assert fates(quiet) == [("mail", "failed", 1), ("mail", "waiting", 1), ("mail", "sent", 0)]
    with quiet.database.unit_of_work() as session:
        one = update(OutgoingMessage).where(OutgoingMessage.status == "waiting")
        session.execute(one.values(attempts=queue.MAX_ATTEMPTS - 1))
    with clock.held_at(NOW + queue.LONGEST_RETRY):
        assert worker.send_mail() == 0
    assert fates(quiet)[1] == ("mail", "failed", queue.MAX_ATTEMPTS)
    post.refuses = {"AUTH": 535}
    admin = Visitor(quiet, "admin")
    page = admin.get("/outgoing").text
    assert "SMTP 550" in page
    assert "@office.test" not in page.replace("duban@office.test", "")
    assert Visitor(quiet, "head").get("/outgoing").status_code == 403
    assert admin.post("/outgoing/retry", id="unknown").status_code == 404
    assert admin.post("/outgoing/retry").status_code == 303
    assert worker.send_mail() == 0
    post.refuses = {}
    with quiet.database.unit_of_work() as session:
        auth.disable(session, "head", actor="admin")
    with clock.held_at(clock.now() + queue.FIRST_RETRY):
        assert worker.send_mail() == 1
    assert [status for _, status, _ in fates(quiet)] == ["sent", "dropped", "sent"]
    with quiet.database.unit_of_work() as session:
        auth.enable(session, "head", actor="admin")
    # Neither the password nor what a server repeats of it is written down.
    assert "geheim" not in capsys.readouterr().out + repr(
        WayOut.of(
            {
                "DUBAN_SMTP": "smtps://duban:geheim@mail.test",
                "DUBAN_MAIL_FROM": "duban@office.test",
                "DUBAN_PUBLIC_URL": "https://duban.test",
            }
        )
    )


def test_an_unreachable_or_untrusted_server_is_tried_later(
    quiet: City, post: Post, sender: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(quiet, "handler")
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    worker = sender()
    worker.spread()
    assert worker.send_mail() == 0
    with running(Post()) as gone:
        port = gone.port
    elsewhere = sender("other", DUBAN_SMTP=f"smtp+plain://127.0.0.1:{port}")
    with clock.held_at(clock.now() + queue.FIRST_RETRY):
        assert elsewhere.send_mail() == 0
    with quiet.database.reading() as session:
        row = session.scalars(select(OutgoingMessage)).one()
        assert (row.status, row.attempts, row.error) == ("waiting", 2, "ConnectionRefusedError")
    assert [line for line in post.said if line.startswith("AUTH")] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DUBAN_SMTP", "mail.test:25"),
        ("DUBAN_SMTP", "smtp://mail.test:port"),
        ("DUBAN_SMTP", "smtp+plain://duban:geheim@mail.test"),
        ("DUBAN_SMTP", "smtps://mail.test/path"),
        ("DUBAN_MAIL_FROM", "督办"),
        ("DUBAN_PUBLIC_URL", ""),
        ("DUBAN_PUBLIC_URL", "duban.test"),
        ("DUBAN_PUBLIC_URL", "https://duban.test/path?x"),
        ("DUBAN_DIGEST_HOUR", "24"),
        ("DUBAN_WEBHOOK_NETWORKS", "10.0.0.1/8"),
    ],
)
def test_a_wrong_setting_is_named_and_no_password_repeated(name: str, value: str) -> None:
    good = {
        "DUBAN_SMTP": "smtps://u:geheim@mail.test",
        "DUBAN_MAIL_FROM": "duban@office.test",
        "DUBAN_PUBLIC_URL": "https://duban.test/",
    }
    assert WayOut.of(good).public_url == "https://duban.test"
    with pytest.raises(InvalidInput, match=name) as refused:
        WayOut.of({**good, name: value})
    assert "geheim" not in refused.value.message


def test_bad_choices_are_named_by_field_and_change_nothing(quiet: City) -> None:
    handler = Visitor(quiet, "handler")
    good = {f"mail-{kind}": way for kind, way in outbox.KINDS.items()}
    for address in ("handler", "a@b", "a b@office.test", "名@office.test", "a@office.test\nBcc: x@y.test"):
        answer = choose(handler, address=address, **good)
        assert (answer.status_code, "这不是电子邮箱" in answer.text or "邮箱" in answer.text) == (
            422,
            True,
        ), address
    answer = choose(handler, **{**good, "address": "other@office.test", "mail-near": "always"})
    assert answer.status_code == 422
    assert 'id="mail-near" name="mail-near" aria-invalid="true"' in answer.text
    assert 'value="handler@office.test"' in handler.get("/profile/notices").text
    answer = choose(handler, **{**good, "address": "", "mail-near": "none"})
    assert answer.status_code == 303
    with quiet.database.reading() as session:
        assert outbox.choices.addresses(session, ["handler"]) == {}
        assert outbox.choices.of(session, ["handler"])["handler"]["near"].mail == "none"
    with pytest.raises(InvalidInput) as refused, quiet.database.unit_of_work() as session:
        outbox.choices.save(
            session,
            quiet.actor("handler"),
            address="a@b.test",
            mail=outbox.KINDS,
            webhooks=(),
            domains={"c.test"},
        )
    assert refused.value.fields["address"].code == "mail_domain"
