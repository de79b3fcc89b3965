"""The office with notices to send, a mail server to send them to, and somebody who listens to webhooks."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from handlers import notifications, outbox
from handlers.outbox.model import DeliveryChoice, MailAddress, OutgoingMessage, Webhook
from server.outgoing.delivering import Sender
from server.settings import Settings
from server.way_out import WayOut
from tests.city import City
from tests.server.outgoing.mail_server import CERTIFICATE, Post, running
from workflows.actor import Actor
from workflows.model import Task

#: What no message may say.
SECRET = "绝密：某甲收受礼金"


@dataclass
class Listener:
    """Somebody whom webhooks tell."""

    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(
        default_factory=list
    )  #: headers in small letters, and bodies
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)  #: the next ones; then 204


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Give a listener on this machine."""
    found = Listener()

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = found.answers.pop(0) if found.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}/told?room=7"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """Give a running mail server whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with running(Post()) as found:
        yield found


@pytest.fixture
def quiet(city: City) -> City:
    """Return the city with nothing told so far, and nobody who has chosen anything."""
    with city.database.unit_of_work() as session:
        for table in (OutgoingMessage, Webhook, DeliveryChoice, MailAddress):
            session.execute(delete(table))
        session.execute(update(notifications.Notification).values(spread=True))
        for login in ("handler", "head", "leader"):
            choices(session, login)
    return city


def choices(session: Session, login: str, **mail: str) -> None:
    """Let somebody have his mail, each kind as `outbox.KINDS` has it unless said otherwise."""
    outbox.choices.save(
        session,
        Actor(login),
        address=f"{login}@office.test",
        mail={**outbox.KINDS, **mail},
        webhooks=list(outbox.KINDS),
    )


@pytest.fixture
def sender(quiet: City, post: Post) -> Callable[..., Sender]:
    """Return how a worker's sender is made; `way` differs from the usual: STARTTLS, with a password."""

    def make(worker: str = "test", **way: str) -> Sender:
        said = {
            "DUBAN_SMTP": f"smtp://duban:geheim@localhost:{post.port}",
            "DUBAN_MAIL_FROM": "duban@office.test",
            "DUBAN_PUBLIC_URL": "https://duban.test",
            "DUBAN_WEBHOOK_NETWORKS": "127.0.0.0/8",
        }
        settings: Settings = replace(
            quiet.app.extensions["duban.settings"], way_out=WayOut.of({**said, **way})
        )
        return Sender(quiet.database, settings, worker)

    return make


def tell(
    city: City, *logins: str, code: str = "deadline.warn", task: Task | None = None, **params: Any
) -> None:
    """Write a notice, as handlers do."""
    known = {
        "number": "XS-2026-00007",
        "task": "集体研判",
        "task_en": "Collective study",
        "element": "a9",
        "due": "2026-03-09T16:00:00+00:00",
    }
    with city.database.unit_of_work() as session:
        notifications.notify(
            session, logins, code=code, params={**known, **params}, task_id=task.id if task else None
        )
