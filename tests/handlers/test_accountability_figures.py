"""The figures of accountability: organisations and persons apart, linked to the source cases and never added to them."""

from handlers.accountability.counting import figures


def test_who_is_sanctioned_and_held_accountable_is_one_person() -> None:
    """403 persons held responsible are not 283 sanctioned and 322 held accountable: 202 are both."""
    found = figures((), persons=range(322), offenders=range(120, 403))
    assert (found.persons, found.offenders, found.both) == (322, 283, 202)
    assert found.responsible == 403


def test_persons_of_accountability_are_linked_and_no_offenders() -> None:
    """41 = 1 sanctioned + 40 with first-form measures; the 6 held accountable change nothing of it, inside or beside."""
    inside = figures(("党组",), persons=range(6), offenders=range(41))
    beside = figures(("党组",), persons=range(100, 106), offenders=range(41))
    assert inside.offenders == beside.offenders == 41
    assert (inside.both, beside.both) == (6, 0)
    assert (inside.organisations, inside.persons) == (1, 6)
    # Whoever is held accountable twice is one person.
    assert figures((), persons=("冯某问", "冯某问"), offenders=()).persons == 1
