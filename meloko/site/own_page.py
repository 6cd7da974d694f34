"""What a customer sees of herself: what comes to her and when, what she ordered before."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, or_, select

from meloko.clock import today
from meloko.customers.cards import card_words
from meloko.customers.models import Customer
from meloko.customers.services import customer_of_user
from meloko.db import Page
from meloko.errors import NotFound
from meloko.languages import say
from meloko.orders.models import Order, OrderState
from meloko.rounds.models import Drop, Round, Stop, StopKind
from meloko.wording import hour_words

# What is still to come, and may have its hour.
_COMING = (OrderState.PLACED, OrderState.CONFIRMED, OrderState.PREPARED, OrderState.LOADED, OrderState.AT_RELAY)
_PAST_SHOWN = 10
# One question for both lists: nobody has thirty orders on their way.
_READ = 40


@dataclass(frozen=True, slots=True)
class Delivery:
    """One order on its way; `hours` are promised, empty until its round is made."""

    order: Order
    hours: str


@dataclass(frozen=True, slots=True)
class Account:
    """What a customer sees of herself."""

    customer: Customer
    card_number: str
    coming: tuple[Delivery, ...]
    past: Page[Order]

    @property
    def name(self) -> str:
        """Return her name as on papers."""
        return self.customer.full_name


def account(session: Session, user_id: int, before: int = 0) -> Account | None:
    """Gather the page of a customer, or None for who is no customer."""
    customer = customer_of_user(session, user_id)
    if customer is None:
        return None
    read = _newest(session, customer.id, before)
    coming = [] if before else sorted(filter(_still_to_come, read), key=lambda order: (order.day.date, order.id))
    past = [order for order in read if not _still_to_come(order)]
    hours = promised_hours(session, [order.id for order in coming])
    return Account(
        customer,
        card_words(customer.card_number),
        tuple(Delivery(order, hours.get(order.id, "")) for order in coming),
        Page(past[:_PAST_SHOWN], len(past) > _PAST_SHOWN or len(read) == _READ),
    )


def own_customer(session: Session, user_id: int) -> Customer:
    """Return the customer who asks, or refuse whoever is none."""
    customer = customer_of_user(session, user_id)
    if customer is None:
        raise NotFound
    return customer


def promised_hours(session: Session, order_ids: Sequence[int]) -> dict[int, str]:
    """Return "entre 10 h 40 et 11 h" for each order that a made round brings to a home, by its id."""
    if not order_ids:
        return {}
    rows = session.exec(
        select(Drop.order_id, Stop.promise_from_s, Stop.promise_until_s)
        .join(Stop, col(Stop.id) == col(Drop.stop_id))
        .join(Round, col(Round.id) == col(Stop.round_id))
        .where(col(Drop.order_id).in_(order_ids), col(Round.current), col(Stop.kind) == StopKind.HOME)
    )
    return {
        order_id: say("entre {first} et {last}", first=hour_words(first), last=hour_words(last))
        for order_id, first, last in rows
    }


def _still_to_come(order: Order) -> bool:
    return order.state in _COMING and order.day.date >= today()


def _newest(session: Session, customer_id: int, before: int) -> Sequence[Order]:
    query = (
        select(Order)
        .where(or_(col(Order.customer_id) == customer_id, col(Order.recipient_id) == customer_id))
        .options(joinedload(Order.day))
        .order_by(col(Order.id).desc())
        .limit(_READ)
    )
    return session.exec(query.where(col(Order.id) < before) if before else query).all()
