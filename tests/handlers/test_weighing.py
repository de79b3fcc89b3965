"""How sanctions weigh and how long they have effect: 政务处分法 15, 纪律处分条例, domain §5.2–5.3."""

from datetime import date

import pytest

from handlers.sanctions import weighing
from workflows.errors import InvalidInput


@pytest.mark.parametrize(
    ("kinds", "months", "wanted"),
    [
        ([], None, (None, None)),
        (["AD2"], None, ("AD2", 12)),
        (["AD1", "AD3"], None, ("AD3", 18)),  # different kinds: the heaviest
        (["AD2", "AD2"], 20, ("AD2", 20)),  # one kind twice: between one and the sum
        (["AD5", "AD5", "AD5"], 48, ("AD5", 48)),
        (["AD6", "AD6"], None, ("AD6", None)),  # a dismissal has no period
    ],
)
def test_several_sanctions_are_one(kinds, months, wanted):
    assert weighing.together(kinds, months) == wanted


@pytest.mark.parametrize(("kinds", "months"), [(["AD2"], 13), (["AD2", "AD2"], None), (["AD5"] * 3, 49)])
def test_a_period_outside_the_law_is_refused(kinds, months):
    with pytest.raises(InvalidInput) as caught:
        weighing.together(kinds, months)
    assert list(caught.value.fields) == ["months"]


def test_periods_of_party_sanctions():
    assert weighing.party_months("PD2", instead=False, probation=None) == 18
    assert weighing.party_months("PD2", instead=True, probation=None) == 24
    assert weighing.party_months("PD4", instead=False, probation=12) == 36
    assert weighing.ends(date(2026, 8, 31), 6) == date(2027, 2, 28)
    # What an earlier sanction left is added in days.
    assert weighing.ends(date(2026, 3, 2), 12, 30) == date(2027, 4, 1)
