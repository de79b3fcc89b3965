"""The public page of a reporter: a code from paper, one word, facts that are sealed; nothing that tells who it was."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from handlers.notifications import Notification
from handlers.registers import Document
from handlers.vault import Addition, Receipt, receipts
from server.auth import attempts
from tests.city import City
from tests.handlers.test_cleaning import DEVICE, picture
from tests.server.test_pages_reporters import WHO, city_bytes, master, reported
from tests.server.visitors import TOKEN, Visitor
from workflows.model import AuditEvent

__all__ = ["master"]
ADDED = "本人（虚构举报人丙，0512-9999 0000）当晚在场，清淤船并未开动。"


class Reporter:
    """Somebody without an account."""

    def __init__(self, city: City, address: str = "203.0.113.77") -> None:
        self.client, self.address = city.app.test_client(), address

    def send(self, path: str, **fields: object) -> tuple[int, str]:
        base = {"REMOTE_ADDR": self.address}
        found = TOKEN.search(self.client.get("/report", environ_overrides=base).text)
        assert found
        sent = {"csrf_token": found[1], **fields}
        answer = self.client.post(path, data=sent, content_type="multipart/form-data", environ_overrides=base)
        return answer.status_code, re.sub(r'content="[^"]+"|value="[^"]+"', "", answer.text)


def receipt(city: City, clue_id: str) -> str:
    """Return the code of a new receipt."""
    page = Visitor(city, "intake").post(f"/clues/{clue_id}/receipt-code").text
    return page.partition("data-code>")[2].partition("<")[0]


def test_a_reporter_reads_one_word_and_adds_facts(
    city: City, master: object, capfd: pytest.CaptureFixture[str]
) -> None:
    clue_id = reported(city)
    intake, someone = Visitor(city, "intake"), Reporter(city)
    intake.post(f"/clues/{clue_id}/reporter", **WHO)
    old, code = receipt(city, clue_id), receipt(city, clue_id)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}", code)
    wrong = {someone.send("/report", code=one) for one in (old, "", "0" * 25, "x" * 59, "' or 1=1 --")}
    assert len(wrong) == 1
    assert wrong.pop()[0] == 422
    for typed in (code, code.lower().replace("-", " ")):
        status, page = someone.send("/report", code=typed)
        assert (status, "已收到" in page) == (200, True)
    assert all(text not in page for text in (*WHO.values(), "钱某某", clue_id))
    assert someone.send("/report/add", code=code)[0] == 422
    assert someone.send("/report/add", code=old, text=ADDED)[0] == 422
    refused = someone.send(
        "/report/add", code=code, text=ADDED, file=(io.BytesIO(b"GIF89a" + b"\0" * 9), "a.gif")
    )
    assert (refused[0], ADDED in refused[1], "无法清除" in refused[1]) == (422, True, True)
    photograph = (io.BytesIO(picture("JPEG")), f"{WHO['name']}.jpg")
    assert someone.send("/report/add", code=code, text=ADDED, file=photograph)[0] == 200

    with city.database.reading() as session:
        addition = session.scalars(select(Addition)).one()
        told = session.scalars(
            select(Notification.login).where(Notification.code == "clue.reporter_added")
        ).all()
        assert told == ["intake"]
        kept = session.scalars(select(AuditEvent).where(AuditEvent.act == "vault.add")).one()
        assert (kept.actor, kept.address) == ("reporter", None)
    opening = f"/clues/{clue_id}/additions/open"
    shown = intake.post(opening, addition=addition.id).text
    proposed = ADDED.replace(WHO["name"], "〔举报人〕").replace("0512-9999 0000", "〔电话〕")
    assert (ADDED in shown, proposed in shown) == (True, True)
    for login, status in {"clerk": 403, "handler": 403, "admin": 403, "principal": 403}.items():
        for path in (opening, opening.replace("open", "file"), opening.replace("open", "pass")):
            assert Visitor(city, login).post(path, addition=addition.id).status_code == status, (login, path)
    passing = f"/clues/{clue_id}/additions/pass"
    assert intake.post(passing, addition=addition.id, text=ADDED).status_code == 422
    sent = {"addition": addition.id, "text": proposed, "with_file": "yes"}
    assert [intake.post(passing, **sent).status_code for _ in range(2)] == [303, 409]
    with city.database.reading() as session:
        files = session.scalars(
            select(Document).where(Document.clue_id == clue_id, Document.kind == "material")
        ).all()
        assert [one.title for one in files] == ["举报人补充材料1.txt", "举报人补充材料1附件.jpg"]
        assert (files[0].content.decode(), DEVICE.encode() in files[1].content) == (proposed, False)
        assert code not in str([row.code_hash for row in session.scalars(select(Receipt))])
    held, log = city_bytes(city), "".join(capfd.readouterr())
    for secret in (*WHO.values(), code, code.replace("-", ""), ADDED, DEVICE, someone.address):
        assert secret not in log
        assert secret == someone.address or secret.encode() not in held, secret


def test_guessing_is_limited_by_address_and_adding_by_code(city: City, master: object) -> None:
    clue_id = reported(city)
    code = receipt(city, clue_id)
    guesser, other = Reporter(city, "203.0.113.99"), Reporter(city, "198.51.100.9")
    for _ in range(attempts.MOST_PER_PAIR):
        assert guesser.send("/report", code="0" * 25)[0] == 422
    assert [guesser.send(path, code=code, text="x")[0] for path in ("/report", "/report/add")] == [429, 429]
    # Nobody else is locked out by it, neither reporters nor those who sign in.
    assert other.send("/report", code=code)[0] == 200
    assert Visitor(city, "intake").entered.status_code == 303
    answers = [other.send("/report/add", code=code, text="补充")[0] for _ in range(21)]
    assert (set(answers[:20]), answers[20]) == ({200}, 429)
    assert other.send("/report/add", code=code, text="长" * (receipts.LONGEST + 1))[0] in (422, 429)
