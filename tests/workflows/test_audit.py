"""The chain of the audit: whatever is done to a row, a seal or an export is found, and found where it was done."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, text
from sqlalchemy.orm import Session

from workflows import audit, clock
from workflows.audit.chain import COLUMNS, instant
from workflows.audit.exporting import cover
from workflows.audit.reading import PORTION as ROOM
from workflows.model import AuditEvent, AuditSeal, Base

ROWS = 24
EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SEALED = ("event_id", "sealed_at", "hash")


@pytest.fixture(scope="module")
def chain() -> Iterator[Session]:
    """Give a session on a sealed chain; every test rolls back what it does."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        audit.comes_from("page", address="10.1.2.3", request_id="abcdef0123456789")
        for number in range(ROWS):
            audit.record(
                session,
                actor="handler",
                act="clue.read",
                scope_id=f"clue:{number}",
                purpose="task" if number % 2 else None,
                detail={"view": "content", "字": number} if number % 3 else None,
            )
        while audit.seal(session, most=7):
            pass
        session.commit()
        yield session


@pytest.fixture
def exported(chain: Session, tmp_path: Path) -> Path:
    """Return the chain in a file."""
    return export(chain, tmp_path / "audit.jsonl")


def export(session: Session, path: Path) -> Path:
    audit.export(path, audit.links(session), head=audit.head(session), made_at=instant(clock.now()))
    return path


def broken(session: Session, noted: audit.Head | None = None) -> tuple[int | None, int | None, str] | None:
    found = audit.check(audit.links(session), noted=noted, as_of=instant(clock.now())).broken
    return (found.position, found.event_id, found.fault) if found else None


def broken_file(path: Path) -> tuple[int | None, str] | None:
    said = cover(path)
    found = audit.check(audit.links_of_file(path), noted=said.head, as_of=said.made_at).broken
    return (found.position, found.fault) if found else None


def run(session: Session, *statements: str) -> None:
    for statement in statements:
        session.execute(text(statement))


def test_an_untouched_chain_holds(chain: Session, exported: Path) -> None:
    verdict = audit.check(audit.links(chain), noted=audit.head(chain), as_of=instant(clock.now()))
    assert (verdict.broken, verdict.head, verdict.unsealed, verdict.gaps) == (None, audit.head(chain), 0, 0)
    assert (verdict.head.position, broken_file(exported)) == (ROWS, None)
    packed = export(chain, exported.with_suffix(".gz"))
    assert broken_file(packed) is None
    packed.write_bytes(packed.read_bytes()[:-20])
    assert broken_file(packed) == (None, "unreadable")
    # Anybody can count it again with nothing but a hash function.
    first = orjson.loads(exported.read_bytes().splitlines()[1])
    assert {"origin": "page", "address": "10.1.2.3", "act": "clue.read"}.items() <= first["event"].items()


@EXAMPLES
@given(
    at=st.integers(1, ROWS),
    column=st.sampled_from([*COLUMNS, *SEALED]),
    byte=st.integers(0, 99),
    bit=st.integers(0, 5),
)
def test_one_flipped_byte_is_found(chain: Session, at: int, column: str, byte: int, bit: int) -> None:
    table, key = ("audit_seal", "position") if column in SEALED else ("audit_event", "id")
    value = chain.scalar(text(f"select cast({column} as text) from {table} where {key} = :at"), {"at": at})
    if column in ("id", "event_id"):
        flipped = str(int(value) + 1000)
    else:
        place = byte % len(value or "?")
        flipped = (
            (value or "?")[:place] + chr(ord((value or "?")[place]) ^ 1 << bit) + (value or "?")[place + 1 :]
        )
    chain.execute(text(f"update {table} set {column} = :to where {key} = :at"), {"to": flipped, "at": at})
    chain.expire_all()
    found = audit.check(audit.links(chain)).broken
    chain.rollback()
    assert found
    # An id belongs to no row any more; an instant may be none.
    assert (found.position, found.fault in ("changed", "missing", "unreadable")) == (at, True)


@EXAMPLES
@given(at=st.integers(1, ROWS - 1), act=st.sampled_from(["row", "seal", "both", "contents", "seals", "ids"]))
def test_what_is_removed_or_exchanged_is_found(chain: Session, at: int, act: str) -> None:
    swap = [
        "update {0} set {1} = case {1} when {2} then -1 else -2 end where {1} in ({2}, {3})",
        "update {0} set {1} = case {1} when -1 then {3} else {2} end where {1} < 0",
    ]
    row, seal = "delete from audit_event where id = {2}", "delete from audit_seal where position = {2}"
    done, table, column = {
        "row": ([row], "", ""),
        "seal": ([seal], "", ""),
        "both": ([row, seal], "", ""),
        "contents": (swap, "audit_event", "id"),
        "seals": (swap, "audit_seal", "position"),
        "ids": (swap, "audit_seal", "event_id"),
    }[act]
    run(chain, *(line.format(table, column, at, at + 1) for line in done))
    found = broken(chain)
    chain.rollback()
    lost = act in ("row", "seal", "both")
    assert found
    assert (found[0], found[2]) == (at, "missing" if lost else "reordered")


def test_a_cut_tail_and_a_chain_written_anew_need_a_noted_head(chain: Session) -> None:
    noted = audit.head(chain)
    run(chain, "delete from audit_event where id > 20", "delete from audit_seal where position > 20")
    assert broken(chain) is None
    assert broken(chain, noted) == (21, None, "cut")
    chain.rollback()
    run(chain, "update audit_event set actor = 'nobody' where id = 3", "delete from audit_seal")
    audit.seal(chain)
    assert broken(chain) is None
    assert broken(chain, noted) == (ROWS, ROWS, "rewritten")
    chain.rollback()


def test_a_row_put_in_afterwards_is_found_sealed_or_not(
    chain: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        chain,
        "update audit_event set id = 500 where id = 24",
        "update audit_seal set event_id = 500 where position = 24",
    )
    run(chain, "delete from audit_seal where position = 24")
    audit.seal(chain)
    assert broken(chain) is None
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=50))
    chain.execute(insert(AuditEvent).values(id=77, at=now, actor="late", act="note"))
    assert audit.check(audit.links(chain), as_of=instant(clock.now())).unsealed == 1
    assert broken(chain) is None  # a long transaction, perhaps
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=2))
    assert broken(chain) == (None, 77, "inserted")
    audit.seal(chain)
    assert broken(chain) == (25, 77, "inserted")
    # A seal of one's own making, in the midst of the chain, leaves its follower without its predecessor.
    chain.rollback()
    run(chain, "update audit_seal set position = position + 1000 where position >= 9")
    run(chain, "update audit_seal set position = position - 999 where position >= 1000")
    chain.execute(insert(AuditEvent).values(id=77, at=now, actor="late", act="note"))
    chain.execute(insert(AuditSeal).values(position=9, event_id=77, sealed_at=now, hash="0" * 64))
    assert broken(chain) == (9, 77, "inserted")
    chain.rollback()


@EXAMPLES
@given(line=st.integers(1, ROWS), byte=st.integers(0, 600), bit=st.integers(0, 7))
def test_one_flipped_byte_of_an_export_is_found(exported: Path, line: int, byte: int, bit: int) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    changed = bytearray(lines[line])
    changed[byte % len(changed)] ^= 1 << bit
    found = broken_file(written(exported, [*lines[:line], bytes(changed), *lines[line + 1 :]]))
    assert found
    assert found[0] in (line, None)


LINES: dict[str, Callable[[list[bytes], int], list[bytes]]] = {
    "missing": lambda lines, at: lines[:at] + lines[at + 1 :],
    "reordered": lambda lines, at: [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]],
    "doubled": lambda lines, at: lines[: at + 1] + lines[at:],
    "cut": lambda lines, at: lines[: at + 1],
}


@EXAMPLES
@given(at=st.integers(1, ROWS - 1), fault=st.sampled_from(sorted(LINES)))
def test_lines_of_an_export_are_missed(exported: Path, at: int, fault: str) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    found = broken_file(written(exported, LINES[fault](lines, at)))
    place = {"doubled": at, "cut": None}.get(fault, at)
    assert found == (place, fault)


def written(exported: Path, lines: list[bytes]) -> Path:
    path = exported.with_name("tampered.jsonl")
    path.write_bytes(b"".join(lines))
    return path


def test_a_long_chain_takes_little_memory() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        row = {"at": clock.now(), "actor": "handler", "act": "task.complete", "detail": {"number": 7}}
        session.connection().execute(insert(AuditEvent.__table__), [row] * ROOM * 3)  # type: ignore[arg-type]
        assert len(audit.seal(session, most=ROOM * 3)) == ROOM * 3
        run(session, f"update audit_event set actor = 'other' where id = {ROOM * 3 - 5}")
        kept: list[int] = []
        found = audit.check(counted(audit.links(session), kept)).broken
    assert found
    assert (found.position, found.fault) == (ROOM * 3 - 5, "changed")
    assert max(kept) < 10


def counted(links: Iterator[audit.Link], kept: list[int]) -> Iterator[audit.Link]:
    for number, link in enumerate(links):
        if number % 1000 == 999:
            kept.append(sum(isinstance(thing, audit.Link) for thing in gc.get_objects()))
        yield link
