"""An order as its own customer sees it, and what she may still do with it."""

from dataclasses import dataclass

from sqlmodel import Session

from meloko.clock import now
from meloko.delivery_days.models import DayState
from meloko.errors import NotFound
from meloko.orders.models import Order, OrderLine, OrderState
from meloko.orders.sending import order_for, sent_order
from meloko.orders.services import STATE_WORDS
from meloko.orders.withdrawing import Withdrawable, withdraw, withdrawable


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order of one's own with its day and lines."""

    order: Order
    # Placed by who asks; else by another, for her.
    mine: bool
    may_change: bool
    withdrawal: Withdrawable

    @property
    def lines(self) -> list[OrderLine]:
        """Return the lines as they are frozen."""
        return self.order.lines

    @property
    def state(self) -> str:
        """Say where the order is."""
        return STATE_WORDS[self.order.state]


def own_order(session: Session, token: str, user_id: int | None, order_id: int) -> OwnOrder:
    """Find an order that this browser has just sent, or that concerns who is signed in."""
    try:
        order, mine = sent_order(session, token, user_id, order_id), True
    except NotFound:
        order, mine = order_for(session, user_id, order_id), False
    in_time = order.day.state is DayState.OPEN and now() <= order.day.cut_off_at
    may_change = mine and order.state is OrderState.PLACED and in_time
    return OwnOrder(order, mine, may_change, withdrawable(session, order))


def withdraw_from(
    session: Session, token: str, user_id: int | None, order_id: int, line_ids: frozenset[int]
) -> tuple[OrderLine, ...]:
    """Withdraw from lines of an order of one's own."""
    return withdraw(session, sent_order(session, token, user_id, order_id), line_ids, by=user_id)
