"""What an order weighs and costs: reckoned in one place, from its lines."""

from collections.abc import Iterable

from meloko.money import vat_totals
from meloko.orders.models import Order, OrderLine


def reckon(order: Order, lines: Iterable[OrderLine]) -> None:
    """Write the totals of an order from its lines: goods, deposits, VAT per rate, crates."""
    kept = list(lines)
    order.goods_cents = sum(line.goods_cents for line in kept)
    # A deposit is money lent, not a sale: it bears no VAT.
    order.deposit_cents = sum(line.ordered * line.deposit_cents for line in kept)
    order.vat = [
        {"rate_bp": total.rate_bp, "net_cents": total.net_cents, "vat_cents": total.vat_cents}
        for total in vat_totals((line.vat_rate_bp, line.goods_cents) for line in kept)
    ]
    order.crates_hundredths, order.chilled_hundredths = crates_of(line.room for line in kept)


def crates_of(rooms: Iterable[tuple[int, bool]]) -> tuple[int, int]:
    """Sum (hundredths of crates, chilled or not) into ambient and chilled."""
    ambient = chilled = 0
    for hundredths, cold in rooms:
        if cold:
            chilled += hundredths
        else:
            ambient += hundredths
    return ambient, chilled
