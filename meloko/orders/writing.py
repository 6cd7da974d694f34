"""Write lines into the open order of a person, day and place: there is one, however many forms were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from meloko.catalogue.selling import Sold
from meloko.db import Table
from meloko.errors import Refusal
from meloko.orders.models import MOST_OF_ONE_PRODUCT, Order, OrderLine, Substitution, goods_cents
from meloko.orders.totals import Line, reckon, totals

ORDER = Table.metadata.tables["order"]
ORDER_LINE = Table.metadata.tables["order_line"]

_NEW_ORDER = insert(ORDER).on_conflict_do_nothing().returning(ORDER.c.id)
_NEW_LINES = insert(ORDER_LINE)


class TooMany(Refusal):
    """A quantity that nobody orders."""

    status = 422

    def __init__(self) -> None:
        super().__init__(
            f"La quantité va de 1 à {MOST_OF_ONE_PRODUCT} pour un produit."
            " Pour davantage, appelez-nous : c’est possible."
        )


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that is not stored yet: a product as it is sold now, and how much of it."""

    sold: Sold
    ordered: int
    # What to do when it is missing; None: as the order says.
    substitution: Substitution | None = None

    @property
    def name(self) -> str:
        """Return what the product is called."""
        return self.sold.name

    @property
    def fit_to_withdraw(self) -> bool:
        """Tell whether the goods may be given back: they do not spoil."""
        return not self.sold.perishable

    @property
    def vat_rate_bp(self) -> int:
        """Return the VAT rate in basis points."""
        return self.sold.vat_rate_bp

    @property
    def deposit_cents(self) -> int:
        """Return the deposit of one unit."""
        return self.sold.deposit_cents

    @property
    def goods_cents(self) -> int:
        """Return the amount of the goods, at their usual weight when they are weighed."""
        weight_g = self.sold.net_quantity if self.sold.priced_by_weight else None
        return goods_cents(self.ordered, self.sold.price_cents, weight_g)

    @property
    def room(self) -> tuple[int, bool]:
        """Return the hundredths of crates, and whether they are chilled."""
        return self.ordered * self.sold.crates_hundredths, self.sold.temperature.chilled

    def columns(self, order_id: int) -> dict[str, Any]:
        """Return the frozen copy that is stored."""
        sold = self.sold
        return {
            "order_id": order_id,
            "product_id": sold.id,
            "code": sold.code,
            "name": sold.name,
            "unit": sold.unit,
            "ordered": self.ordered,
            "reserved": self.ordered,
            "price_cents": sold.price_cents,
            "priced_by_weight": sold.priced_by_weight,
            "piece_weight_g": sold.net_quantity if sold.priced_by_weight else 0,
            "vat_rate_bp": sold.vat_rate_bp,
            "deposit_cents": sold.deposit_cents,
            "crates_hundredths": sold.crates_hundredths,
            "temperature": sold.temperature,
            "substitution": self.substitution,
            "alcohol": sold.alcohol,
            "fit_to_withdraw": self.fit_to_withdraw,
        }


@dataclass(frozen=True, slots=True)
class Opened:
    """The order that the lines went into."""

    order_id: int
    goods_cents: int
    total_cents: int
    # All its lines, those it had before too.
    lines: tuple[Line, ...]
    joined: bool = False


def write_lines(session: Session, columns: Mapping[str, object], lines: Sequence[NewLine], *, late: bool) -> Opened:
    """Write the lines into the open order of this person, day and place, or into a new one."""
    if late:
        # Only open orders are unique: those of a closed day are looked for.
        found = session.exec(_same_place(columns)).first()
        if found is not None:
            return _join(session, found, columns, lines)
    reckoned = totals(lines, _cents(columns, "fee_cents"), _cents(columns, "fee_vat_rate_bp"))
    made = session.connection().execute(_NEW_ORDER, {**columns, **reckoned}).scalar_one_or_none()
    if made is None:
        # It was there, or another sending has just made it and the index made us wait for it.
        return _join(session, session.exec(_same_place(columns)).one(), columns, lines)
    session.connection().execute(_NEW_LINES, [line.columns(made) for line in lines])
    goods_cents, deposit_cents = _cents(reckoned, "goods_cents"), _cents(reckoned, "deposit_cents")
    return Opened(made, goods_cents, goods_cents + deposit_cents + _cents(columns, "fee_cents"), tuple(lines))


def _cents(columns: Mapping[str, object], name: str) -> int:
    return cast(int, columns[name])


def _same_place(columns: Mapping[str, object]) -> SelectOfScalar[Order]:
    return (
        select(Order)
        .where(
            col(Order.customer_id) == columns["customer_id"],
            col(Order.recipient_id) == columns["recipient_id"],
            col(Order.delivery_day_id) == columns["delivery_day_id"],
            col(Order.relay_point_id).is_not_distinct_from(columns["relay_point_id"]),
            col(Order.state) == columns["state"],
            col(Order.to_decide) == columns["to_decide"],
        )
        .order_by(col(Order.id))
        .limit(1)
        .with_for_update()
    )


def _join(session: Session, order: Order, columns: Mapping[str, object], lines: Sequence[NewLine]) -> Opened:
    """Add lines to an order that was there; the same product at the same price becomes one line."""
    there = {
        (line.product_id, line.price_cents): line
        for line in session.exec(select(OrderLine).where(col(OrderLine.order_id) == order.id))
    }
    for line in lines:
        same = there.get((line.sold.id, line.sold.price_cents))
        if same is None:
            same = OrderLine(**line.columns(order.id))
            there[line.sold.id, line.sold.price_cents] = same
            session.add(same)
            continue
        if same.ordered + line.ordered > MOST_OF_ONE_PRODUCT:
            raise TooMany
        same.ordered += line.ordered
        same.reserved += line.ordered
        same.substitution = line.substitution or same.substitution
    # The wish and the declaration of the last sending hold; delivery is paid once.
    order.substitution = Substitution(str(columns["substitution"]))
    order.adult_declared = order.adult_declared or bool(columns["adult_declared"])
    reckon(order, there.values())
    return Opened(order.id, order.goods_cents, order.total_cents, tuple(there.values()), joined=True)
