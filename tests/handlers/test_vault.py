"""The vault of reporters: envelopes, the change of the master key, and who may write and read."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Session

import server.tables
from handlers import office, vault
from handlers.registers import Clue
from handlers.vault import grants, keys, protected, reporters, rotation
from handlers.vault.sealing import Unreadable
from server.db import Database
from tests import clues
from tests.city import TRANSFER
from workflows import clock, instances
from workflows.actor import Actor
from workflows.errors import EngineFault, InvalidInput, NotAllowed, NotFound
from workflows.model import AuditEvent
from workflows.operations import Context

WHO = {
    "name": "虚构举报人甲",
    "id_number": "320500199001019999",
    "phone": "0512-00001111",
    "address": "示例市虚构路一号",
    "unit": "示例市虚构单位",
    "email": "jia@invented.example",
    "note": "只在晚上接电话",
}


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Path]:
    """Give a file with one master key, which is in use."""
    file = tmp_path / "master_key"
    keys.add(file)
    keys.use(file)
    yield file
    keys.use(None)


def taken_in(session: Session, **other: Any) -> Clue:
    """Return a clue that the intake office has taken in, reported by name."""
    named = {"source": "SR01", "named": "yes", "report_no": "信〔2026〕12号"}
    intake = office.actor_for(session, "intake")
    begun = instances.start(
        session, key="clue_transfer", actor=intake, answers={**TRANSFER, **named, **other}
    )
    return session.scalars(select(Clue).where(Clue.transfer_no == begun.business_key)).one()


def record(session: Session, clue: Clue, **other: str) -> vault.Reporter:
    return reporters.write(session, office.actor_for(session, "intake"), clue, {**WHO, **other})


def everything(database: Database) -> bytes:
    """Return all rows of all tables, as a dump would hold them."""
    held = []
    with database.reading() as session:
        for table in server.tables.metadata.sorted_tables:
            for row in session.execute(select(table)):
                for column, value in zip(table.columns, row, strict=True):
                    raw = isinstance(column.type, LargeBinary) and value is not None
                    held.append(bytes(value) if raw else str(value).encode())
    return b"\n".join(held)


def test_identities_are_sealed_read_and_corrected(database: Database, master: Path) -> None:
    """A dump without the key says nothing of them; each read leaves its trace without them."""
    with database.unit_of_work() as session:
        clue = taken_in(session)
        assert record(session, clue, phone="0512-0000").version == 1
        assert record(session, clue).version == 2
        intake = office.actor_for(session, "intake")
        assert reporters.read(session, intake, clue, purpose="tell") == vault.Identity(**WHO)
        for login in ("handler", "principal", "clerk", "auditor", "admin", "head", "agency"):
            with pytest.raises(NotFound):
                reporters.read(session, office.actor_for(session, login), clue, purpose="tell")
        acts = session.scalars(select(AuditEvent).where(AuditEvent.act.startswith("vault."))).all()
        assert [event.act for event in acts] == ["vault.write", "vault.write", "vault.read"]
        assert (acts[2].purpose, acts[2].field_group) == ("tell", "reporter")
    dumped = everything(database)
    for text in (*WHO.values(), "0512-0000"):
        assert text.encode() not in dumped
        assert text.encode("utf-16-le") not in dumped
        assert base64.b64encode(text.encode())[:-4] not in dumped


def test_who_may_record_and_what(city: Session, master: Path) -> None:
    clue, intake = taken_in(city), office.actor_for(city, "intake")
    with pytest.raises(InvalidInput) as wrong:
        record(city, clue, name=" ", phone="1" * 101, unit="一\n二")
    assert sorted(wrong.value.fields) == ["name", "phone", "unit"]
    assert WHO["id_number"] not in str(wrong.value)
    for login in ("clerk", "handler", "principal", "admin"):
        with pytest.raises(NotAllowed):
            reporters.write(city, office.actor_for(city, login), clue, WHO)
    anonymous = taken_in(city, named="no", report_no=None)
    assert not reporters.may_write(city, intake, anonymous)
    # A part that was split off has the whole's reporter.
    record(city, clue)
    anonymous.split_from = clue.id
    assert reporters.found(city, anonymous) is reporters.found(city, clue)
    clue.office_code = "JD1"
    with pytest.raises(NotAllowed):
        record(city, clue)
    keys.use(None)
    assert not keys.ready()
    clue.office_code = None
    with pytest.raises(keys.NoKey):
        record(city, clue)


def test_what_was_changed_or_put_elsewhere_is_named(city: Session, master: Path) -> None:
    one, other = (
        record(city, taken_in(city)),
        record(city, taken_in(city, facts="另一件事"), name="虚构举报人乙"),
    )
    sealed = one.content
    for position in (0, 12, len(sealed) // 2, len(sealed) - 1):
        one.content = bytes([*sealed[:position], sealed[position] ^ 1, *sealed[position + 1 :]])
        with pytest.raises(Unreadable, match=one.id):
            reporters.opened(one)
    one.content = sealed
    assert reporters.opened(one).name == WHO["name"]
    kept = (one.key_id, one.wrapped_key, one.content)
    one.wrapped_key, one.content = other.wrapped_key, other.content
    city.flush()
    assert [one.id in line for line in rotation.broken(city)] == [True]
    one.key_id, one.wrapped_key, one.content = kept
    one.clue_id, other.clue_id = other.clue_id, one.clue_id
    with pytest.raises(Unreadable):
        reporters.opened(one)
    city.rollback()


def test_a_new_master_key_takes_over_though_interrupted(
    city: Session, master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    rows = [record(city, taken_in(city, facts=f"第{number}件")) for number in range(5)]
    sealed, old = [row.content for row in rows], keys.ring().current
    new, others = keys.add(master)
    assert (others, keys.ring().current, master.stat().st_mode & 0o777) == (True, new, 0o600)
    done, where, broken = rotation.rotate(city)
    assert (done, broken) == (2, [])
    # Killed here: both keys read, and what comes meanwhile is sealed by the new one.
    city.expire_all()
    assert rotation.used(city) == {old: 3, new: 2}
    assert {reporters.opened(row).name for row in rows} == {WHO["name"]}
    where = rotation.BEGIN
    while where:
        _, where, broken = rotation.rotate(city, after=where)
        assert broken == []
    city.expire_all()
    assert rotation.used(city) == {new: 5}
    assert [row.content for row in rows] == sealed
    # The old key is gone, and nothing needs it.
    master.write_text(master.read_text().splitlines()[0])
    assert list(rotation.broken(city)) == []
    keys.use(None, keys.written(b"k" * 32))
    assert [new in line for line in rotation.broken(city)] == [True] * 5
    assert rotation.rotate(city)[0] == 0


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        ("nonsense", 0o600, "key 1"),
        (keys.written(b"short"), 0o600, "key 1"),
        (keys.written(b"k" * 32), 0o644, "chmod 600"),
        ("密钥", 0o600, "cannot be read"),
    ],
)
def test_files_of_keys_that_are_none(tmp_path: Path, text: str, mode: int, says: str) -> None:
    file = tmp_path / "master"
    file.write_text(text)
    file.chmod(mode)
    keys.use(file)
    with pytest.raises(InvalidInput, match=says) as refused:
        keys.ready()
    assert text not in str(refused.value)
    keys.use(None)


def test_three_persons_with_the_right_offices_open_a_record(city: Session, master: Path) -> None:
    """Whatever a diagram says: its steps may be offered to anybody, the operations know who decides."""
    clue = taken_in(city)
    record(city, clue)
    clerk, leader, both = (
        office.actor_for(city, "clerk"),
        office.actor_for(city, "leader"),
        Actor("clerk", frozenset({"case_supervision", "leader", "principal"})),
    )

    def context(actor: Actor | None) -> Context:
        return Context(city, actor, clock.now(), "instance", "unsealing", scope_id=clue.scope_id)

    asked = {"number": clue.transfer_no, "purpose": "protect", "reason": "有人打听举报人。", "hours": 72}
    grants.ask(context(clerk), answers=asked)
    agree = {"decision": "agree"}
    for actor, code in (
        (office.actor_for(city, "handler"), "role"),
        (None, "role"),
        (both, "unsealing_person"),
    ):
        with pytest.raises(NotAllowed) as refused:
            grants.decide_leader(context(actor), answers=agree)
        assert refused.value.code == code
    assert grants.decide_leader(context(leader), answers=agree) == {"decision_leader": "agree"}
    two_posts = Actor("leader", frozenset({"leader", "principal"}))
    with pytest.raises(NotAllowed):
        grants.decide_principal(context(two_posts), answers=agree)
    with pytest.raises(EngineFault):
        grants.grant(context(None))
    assert grants.active(city, clerk, clue) is None
    grants.decide_principal(context(office.actor_for(city, "principal")), answers=agree)
    grants.grant(context(None))
    given = grants.active(city, clerk, clue)
    assert given is not None
    assert reporters.read(city, clerk, clue, purpose="protect", grant=given).name == WHO["name"]
    # The administrator's own role takes it away, and so does the end.
    assert grants.active(city, Actor("clerk", clerk.groups | {"admin"}), clue) is None
    with clock.held_at(given.expires_at or clock.now()):
        assert (grants.active(city, clerk, clue), grants.state(given, clock.now())) == (None, "expired")


def test_those_under_seal_go_with_a_matter_that_is_split_or_joined(city: Session, master: Path) -> None:
    first, second = clues.laid(city, "DW2", number=61), clues.laid(city, "DW2", number=62)
    handler = office.actor_for(city, "handler")
    for clue, name in ((first, "林某小"), (first, "周某幼"), (second, "吴某童")):
        protected.write(city, handler, clue, "minor", {"name": name})
    protected.carry(city, first, second)
    here = protected.of_clue(city, second)
    names = {row.number: protected.read(city, handler, second, row, grant=None).name for row in here}
    # What keeps its number keeps its alias; what was taken has the next.
    assert names == {1: "吴某童", 2: "周某幼", 3: "林某小"} or names == {
        1: "吴某童",
        2: "林某小",
        3: "周某幼",
    }
    assert len(protected.of_clue(city, first)) == 2
