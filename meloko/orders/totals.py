"""What an order weighs and costs: reckoned in one place, from its lines."""

from collections.abc import Iterable
from typing import Protocol

from meloko.money import vat_totals
from meloko.orders.models import Order


class Line(Protocol):
    """What a line must say of itself to be reckoned: as it is stored, or before."""

    @property
    def name(self) -> str:
        """Return what the product is called."""

    @property
    def fit_to_withdraw(self) -> bool:
        """Tell whether the goods may be given back."""

    @property
    def ordered(self) -> int:
        """Return the quantity."""

    @property
    def vat_rate_bp(self) -> int:
        """Return the VAT rate in basis points."""

    @property
    def deposit_cents(self) -> int:
        """Return the deposit of one unit."""

    @property
    def goods_cents(self) -> int:
        """Return the amount of the goods."""

    @property
    def room(self) -> tuple[int, bool]:
        """Return the hundredths of crates, and whether they are chilled."""


def totals(lines: Iterable[Line], fee_cents: int, fee_vat_rate_bp: int) -> dict[str, object]:
    """Return the totals of an order from its lines, by column: goods, deposits, VAT per rate, crates.

    The delivery (`fee_cents`, VAT included) bears a VAT of its own.
    """
    kept = list(lines)
    taxed = [(line.vat_rate_bp, line.goods_cents) for line in kept]
    if fee_cents:
        taxed.append((fee_vat_rate_bp, fee_cents))
    ambient, chilled = crates_of(line.room for line in kept)
    return {
        "goods_cents": sum(line.goods_cents for line in kept),
        # A deposit is money lent, not a sale: it bears no VAT.
        "deposit_cents": sum(line.ordered * line.deposit_cents for line in kept),
        "vat": [
            {"rate_bp": total.rate_bp, "net_cents": total.net_cents, "vat_cents": total.vat_cents}
            for total in vat_totals(taxed)
        ],
        "crates_hundredths": ambient,
        "chilled_hundredths": chilled,
    }


def reckon(order: Order, lines: Iterable[Line]) -> None:
    """Write the totals of an order from its lines."""
    for column, value in totals(lines, order.fee_cents, order.fee_vat_rate_bp).items():
        setattr(order, column, value)


def crates_of(rooms: Iterable[tuple[int, bool]]) -> tuple[int, int]:
    """Sum (hundredths of crates, chilled or not) into ambient and chilled."""
    ambient = chilled = 0
    for hundredths, cold in rooms:
        if cold:
            chilled += hundredths
        else:
            ambient += hundredths
    return ambient, chilled
