"""What a customer usually orders: her last order, the usual quantities, her favourites."""

import datetime as dt
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.orders.models import MOST_OF_ONE_PRODUCT, Order, OrderLine, OrderState

# What was asked longer ago than that many orders is no habit any more.
_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class Habit:
    """What a customer usually orders for herself."""

    # Her last order: its day and what it came to; None before the first.
    last_day: dt.date | None = None
    last_total_cents: int = 0
    # How many of each product in her last order.
    last: dict[int, int] = field(default_factory=dict)
    # By product, the quantity asked most often; the latest of equals.
    usual: dict[int, int] = field(default_factory=dict)
    # In two of her last orders at least, most often first.
    favourites: tuple[int, ...] = ()


def habit_of(session: Session, user_id: int) -> Habit:
    """Return what a signed-in customer usually orders for herself, in one question."""
    last = (
        select(Order.id)
        .join(Customer, col(Customer.id) == col(Order.customer_id))
        .where(
            col(Customer.user_id) == user_id,
            col(Order.recipient_id) == col(Order.customer_id),
            col(Order.state) != OrderState.CANCELLED,
        )
        .order_by(col(Order.id).desc())
        .limit(_LOOKED_AT)
    )
    rows = session.exec(
        select(OrderLine, Order, col(DeliveryDay.date))
        .join(Order, col(Order.id) == col(OrderLine.order_id))
        .join(DeliveryDay, col(DeliveryDay.id) == col(Order.delivery_day_id))
        .where(col(Order.id).in_(last))
        .order_by(col(Order.id).desc(), col(OrderLine.code))
    ).all()
    if not rows:
        return Habit()
    _, newest, day = rows[0]
    asked: dict[int, dict[int, int]] = {}
    for line, order, _ in rows:
        of_product = asked.setdefault(line.product_id, {})
        of_product[order.id] = min(of_product.get(order.id, 0) + line.ordered, MOST_OF_ONE_PRODUCT)
    often = sorted(asked, key=lambda product_id: -len(asked[product_id]))
    return Habit(
        day,
        newest.total_cents,
        {product_id: of_product[newest.id] for product_id, of_product in asked.items() if newest.id in of_product},
        {product_id: _most_often(list(asked[product_id].values())) for product_id in often},
        tuple(product_id for product_id in often if len(asked[product_id]) > 1),
    )


def _most_often(quantities: list[int]) -> int:
    """Return the quantity asked most often; `max` keeps the first of equals, and the newest comes first."""
    return max(quantities, key=quantities.count)
