"""Numbers of the office: in order, by the office's year, never given twice, also to many writers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from handlers.registers.numbers import next_number
from server.db import Database

NOON = datetime.fromisoformat("2026-03-02T12:00:00+08:00")


def test_each_kind_counts_on_its_own(session: Session) -> None:
    """A number says kind, year and place in its own series."""
    given = [next_number(session, kind, NOON) for kind in ("clue", "clue", "transfer", "clue", "receipt")]
    assert given == ["XS-2026-00001", "XS-2026-00002", "YS-2026-00001", "XS-2026-00003", "HZ-2026-00001"]


@pytest.mark.parametrize(
    ("instant", "number"),
    [
        ("2026-12-31T23:59:59+08:00", "XS-2026-00001"),
        ("2026-12-31T16:00:00+00:00", "XS-2027-00001"),
        ("2027-01-01T00:00:00+08:00", "XS-2027-00001"),
    ],
)
def test_the_year_is_the_offices(session: Session, instant: str, number: str) -> None:
    """New Year begins where the office is, whatever zone the instant is written in."""
    assert next_number(session, "clue", datetime.fromisoformat(instant)) == number


def test_a_year_starts_again_at_one_and_the_old_one_goes_on(session: Session) -> None:
    """A late entry of last year continues last year's series."""
    later = NOON.replace(year=2027)
    given = [next_number(session, "clue", instant) for instant in (NOON, later, NOON, later)]
    assert given == ["XS-2026-00001", "XS-2027-00001", "XS-2026-00002", "XS-2027-00002"]


def test_what_is_rolled_back_was_seen_by_nobody(database: Database) -> None:
    """A number of a failed transaction is given again: it stands on no paper."""

    def fail() -> None:
        with database.unit_of_work() as session:
            next_number(session, "clue", NOON)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with database.unit_of_work() as session:
        assert next_number(session, "clue", NOON) == "XS-2026-00001"


def test_eight_writers_get_different_numbers(database: Database) -> None:
    """Eight writers who open the year at once and go on get every number once, without a gap."""

    def write(writer: int) -> list[str]:
        given = []
        for _ in range(5):
            with database.unit_of_work() as session:
                given.append(next_number(session, "clue", NOON))
        return given

    with ThreadPoolExecutor(8) as writers:
        given = [number for numbers in writers.map(write, range(8)) for number in numbers]
    assert sorted(given) == [f"XS-2026-{count:05d}" for count in range(1, 41)]
