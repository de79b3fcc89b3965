"""Webhooks: signed so that a receiver can trust them, and sent nowhere that they might do harm."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from handlers import outbox
from handlers.outbox import OutgoingMessage, queue
from handlers.outbox.webhooks import allowed, url_fault
from server.outgoing import hooks
from server.outgoing.delivering import Sender
from tests.city import City
from tests.server.outgoing.conftest import SECRET, Listener, tell
from tests.server.visitors import Visitor
from workflows import clock
from workflows.actor import Actor

NOW = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
HOW_TO = Path(__file__).parents[3] / "docs/how-to/receive-webhooks.md"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
ADMIN = Actor("admin")
Make = Callable[..., Sender]


def add(city: City, url: str, *kinds: str) -> outbox.Webhook:
    with city.database.unit_of_work() as session:
        return outbox.webhooks.add(
            session, name="Messenger", url=url, kinds=kinds or outbox.KINDS, networks=LOOPBACK, actor=ADMIN
        )


def rows(city: City) -> list[OutgoingMessage]:
    with city.database.reading() as session:
        hooked = select(OutgoingMessage).where(OutgoingMessage.channel == "webhook")
        return list(session.scalars(hooked.order_by(OutgoingMessage.notification_id)))


def test_the_documented_receiver_takes_ours_once_and_nothing_else(
    quiet: City, listener: Listener, sender: Make
) -> None:
    example = re.search(r"```python\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    assert example
    receiver: dict[str, Any] = {}
    exec(example[1], receiver)
    target = add(quiet, listener.url)
    receiver["SECRET"] = hooks.secret(target, "k" * 40)
    with clock.held_at(NOW):
        tell(quiet, "handler", reason=SECRET)
        sender().spread()
        assert sender().send_webhooks() == 1
    ((head, body),) = listener.heard
    assert json.loads(body)["step"] == "集体研判"
    assert json.loads(body)["link"].startswith("https://duban.test/notifications/")
    assert SECRET not in body.decode()
    verify, then = receiver["verify"], NOW.timestamp()
    assert not verify(head, body.replace(b"00007", b"00008"), then)
    assert not verify({**head, "webhook-timestamp": str(int(then) + 1)}, body, then)
    assert not verify({**head, "webhook-id": "another"}, body, then)
    assert not verify(head, body, then + 3600)
    assert verify(head, body, then + 60)
    assert not verify(head, body, then + 60)
    with quiet.database.unit_of_work() as session:
        renewed = outbox.webhooks.renew(session, target.id, actor=ADMIN)
    assert hooks.secret(renewed, "k" * 40) != receiver["SECRET"] != hooks.secret(target, "j" * 40)


def test_a_redirect_is_not_followed_and_a_failure_is_tried_again_under_the_same_id(
    quiet: City, listener: Listener, sender: Make
) -> None:
    add(quiet, listener.url, "near")
    listener.answers = [(302, {"Location": listener.url}), (503, {})]
    worker = sender()
    with clock.held_at(NOW):
        for number in range(3):
            tell(quiet, "handler", number=f"XS-2026-0000{number}")
        tell(quiet, "handler", code="clue.result")  # not of the kinds it is told
        worker.spread()
        assert worker.send_webhooks() == 0
        assert len(listener.heard) == 2  # who has just failed is not asked a third time
    assert [(row.status, row.error) for row in rows(quiet)] == [
        ("failed", "HTTP 302"),
        ("waiting", "HTTP 503"),
        ("waiting", "HTTP 503"),
    ]
    with clock.held_at(NOW + queue.FIRST_RETRY):
        assert worker.send_webhooks() == 2
    first, again = listener.heard[1][0], listener.heard[2][0]
    assert first["webhook-id"] == again["webhook-id"]
    assert first["webhook-timestamp"] != again["webhook-timestamp"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "required"),
        ("ftp://host.test/", "webhook_url"),
        ("https://", "webhook_url"),
        ("https://user:secret@host.test/", "webhook_url"),
        ("https://host.test/#part", "webhook_url"),
        ("https://host.test\\@127.0.0.1/", "webhook_url"),
        ("https://host.test:99999/", "webhook_url"),
        ("https://2130706433/", "webhook_url"),
        ("https://0x7f.1/", "webhook_url"),
        ("https://督办.test/", "webhook_url"),
        ("http://host.test/", "webhook_https"),
        ("https://127.0.0.1/", "webhook_private"),
        ("https://10.1.2.3/", "webhook_private"),
        ("https://169.254.169.254/latest", "webhook_private"),
        ("https://[::1]/", "webhook_private"),
        ("https://[::ffff:10.0.0.1]/", "webhook_private"),
        ("https://100.64.0.1/", "webhook_private"),
        ("https://localhost/", "webhook_private"),
        ("https://box.internal/", "webhook_private"),
        ("https://" + "a" * 1000, "too_long"),
    ],
)
def test_addresses_that_may_not_be_told(url: str, code: str) -> None:
    fault = url_fault(url, ())
    assert fault is not None
    assert fault.code == code


def test_addresses_that_may() -> None:
    assert url_fault("https://hooks.example.gov.cn:8443/a?b=c", ()) is None
    assert url_fault("https://1.1.1.1/", ()) is None
    inner = (ipaddress.ip_network("10.20.0.0/16"),)
    assert url_fault("http://10.20.3.4:8080/", inner) is None
    assert url_fault("http://messenger/", inner) is None
    assert not allowed("10.21.0.1", inner)
    assert not allowed("1.1.1.1", inner, encrypted=False)
    assert not allowed("224.0.0.1", ())


def test_a_name_that_resolves_to_a_private_address_is_refused_when_sent(
    quiet: City, listener: Listener, sender: Make
) -> None:
    add(quiet, listener.url.replace("127.0.0.1", "localhost"))
    tell(quiet, "handler")
    worker = sender(DUBAN_WEBHOOK_NETWORKS="10.0.0.0/8")
    worker.spread()
    assert worker.send_webhooks() == 0
    assert listener.heard == []
    (row,) = rows(quiet)
    assert (row.status, row.error) == ("failed", "the address is a private one that is not allowed")


def test_an_administrator_adds_and_withdraws_them_and_a_reader_may_stay_out(
    quiet: City, listener: Listener, sender: Make
) -> None:
    admin = Visitor(quiet, "admin")
    refused = admin.post("/outgoing/webhooks", name="", url="https://10.0.0.1/")
    assert refused.status_code == 422
    for field in ("name", "url", "kinds"):
        assert f'href="#{field}"' in refused.text
    made = admin.post("/outgoing/webhooks", name="消息平台", url="https://hooks.test/a", kinds="near")
    assert "whsec_" in made.text
    page = admin.get("/outgoing").text
    assert "消息平台" in page
    assert "whsec_" not in page
    with quiet.database.reading() as session:
        (target,) = outbox.webhooks.listing(session)
    assert Visitor(quiet, "head").post(f"/outgoing/webhooks/{target.id}/stop").status_code == 403
    with quiet.database.unit_of_work() as session:
        session.get_one(outbox.Webhook, target.id).url = listener.url
        outbox.choices.save(session, Actor("head"), address="", mail=outbox.KINDS, webhooks=["overdue"])
    tell(quiet, "handler", "head")
    worker = sender()
    worker.spread()
    assert [row.login for row in rows(quiet)] == ["handler"]
    assert admin.post(f"/outgoing/webhooks/{target.id}/stop").status_code == 303
    assert admin.post(f"/outgoing/webhooks/{target.id}/secret").status_code == 404
    assert worker.send_webhooks() == 0
    assert [row.status for row in rows(quiet)] == ["dropped"]
    assert listener.heard == []
