import pytest
from hypothesis import given
from hypothesis import strategies as st

from meloko.money import divide_half_up, unit_price_cents, vat_totals

RATES = st.sampled_from([0, 210, 550, 1000, 2000])


def test_vat_is_taken_out_of_the_sum_and_rounded_once() -> None:
    # Two lines of 1.80 € at 5.5 %: 3.41 € before tax on the sum; rounding each line would say 3.42 €.
    (total,) = vat_totals([(550, 180), (550, 180)])

    assert (total.gross_cents, total.net_cents, total.vat_cents) == (360, 341, 19)


@given(st.lists(st.tuples(RATES, st.integers(0, 10**7))))
def test_net_and_vat_always_add_up_to_what_is_paid(lines: list[tuple[int, int]]) -> None:
    totals = vat_totals(lines)

    assert all(total.net_cents + total.vat_cents == total.gross_cents for total in totals)
    assert sum(total.gross_cents for total in totals) == sum(gross for _, gross in lines)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_halves_go_away_from_zero(numerator: int, denominator: int) -> None:
    rounded = divide_half_up(numerator, denominator)

    assert abs(rounded * denominator - numerator) * 2 <= denominator
    assert divide_half_up(-numerator, denominator) == -rounded


def test_a_half_cent_is_rounded_up() -> None:
    assert [divide_half_up(n, 2) for n in (1, 3, -1, -3)] == [1, 2, -1, -2]


def test_the_price_of_a_litre_comes_from_the_net_quantity() -> None:
    assert unit_price_cents(260, 330) == 788
    assert unit_price_cents(125, 1000) == 125


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(ValueError, match="positive"):
        divide_half_up(1, 0)
