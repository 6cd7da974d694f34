"""Cents, VAT per rate, rounding: every amount of Meloko is a whole number of cents."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VatTotal:
    """What is due at one VAT rate; the rate in basis points (550 is 5.5 %)."""

    rate_bp: int
    gross_cents: int
    net_cents: int
    vat_cents: int


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide whole numbers, a half going away from zero."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def vat_totals(lines: Iterable[tuple[int, int]]) -> tuple[VatTotal, ...]:
    """Sum (rate in basis points, gross cents) per rate; VAT is taken out of each sum and rounded once."""
    sums: dict[int, int] = {}
    for rate_bp, gross_cents in lines:
        sums[rate_bp] = sums.get(rate_bp, 0) + gross_cents
    totals = []
    for rate_bp, gross in sorted(sums.items()):
        net = divide_half_up(gross * 10_000, 10_000 + rate_bp)
        totals.append(VatTotal(rate_bp, gross, net, gross - net))
    return tuple(totals)


def unit_price_cents(price_cents: int, net_quantity: int) -> int:
    """Return the price of 1,000 g or 1,000 ml, from the price of `net_quantity` g or ml."""
    return divide_half_up(price_cents * 1_000, net_quantity)
