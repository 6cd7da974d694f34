"""Orders: found, searched, counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import joinedload, selectinload
from sqlmodel import Session, col, func, or_, select

from meloko.accounts.models import AuditEntry, User
from meloko.accounts.services import history
from meloko.customers.cards import card_words
from meloko.customers.models import Customer
from meloko.db import Page
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import list_days
from meloko.errors import NotFound
from meloko.folding import fold
from meloko.orders.models import Order, OrderState, Source
from meloko.relay_points.models import RelayPoint

S = TypeVar("S", bound="Select[*tuple[Any, ...]]")

ALIVE = tuple(state for state in OrderState if state is not OrderState.CANCELLED)


SOURCE_WORDS = {
    Source.WEB: "site",
    Source.PAPER: "papier",
    Source.PHONE: "téléphone",
    Source.PARTNER: "partenaire",
}
STATE_WORDS = {
    OrderState.PLACED: "enregistrée",
    OrderState.CONFIRMED: "confirmée",
    OrderState.PREPARED: "préparée",
    OrderState.LOADED: "chargée",
    OrderState.AT_RELAY: "au point relais",
    OrderState.COLLECTED: "retirée",
    OrderState.DELIVERED: "livrée",
    OrderState.CANCELLED: "annulée",
    OrderState.UNDELIVERED: "non livrée",
    OrderState.RESCHEDULED: "reportée",
    OrderState.RETURNED: "revenue",
    OrderState.GIVEN: "donnée",
}


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What staff look for in the list of orders."""

    day_id: int | None = None
    source: Source | None = None
    state: OrderState | None = None
    relay_point_id: int | None = None
    home: bool | None = None
    words: str = ""


def find_order(session: Session, order_id: int) -> Order:
    """Find one order with its lines, its customer and its day, or refuse."""
    order = (
        session.exec(
            select(Order)
            .where(col(Order.id) == order_id)
            .options(
                selectinload(Order.lines),
                joinedload(Order.missing),
                joinedload(Order.customer),
                joinedload(Order.recipient).selectinload(Customer.contacts),
                joinedload(Order.day),
            )
        )
        .unique()
        .first()
    )
    if order is None:
        raise NotFound("Cette commande n’existe pas.")
    return order


def list_orders(session: Session, wanted: OrderFilter, *, before: int = 0, size: int = 50) -> Page[Order]:
    """Return orders, newest first, from before the order of an id on."""
    query = _wanted(select(Order), wanted).options(joinedload(Order.day), selectinload(Order.lines))
    if before:
        query = query.where(col(Order.id) < before)
    rows = session.exec(query.order_by(col(Order.id).desc()).limit(size + 1)).all()
    return Page.cut(rows, size)


@dataclass(frozen=True, slots=True)
class Sum:
    """How many orders, and what they come to."""

    orders: int
    cents: int


def sum_orders(session: Session, wanted: OrderFilter) -> Sum:
    """Count the orders that are looked for, and add up what is due; cancelled ones only when asked for."""
    due = func.coalesce(func.sum(col(Order.goods_cents) + col(Order.deposit_cents) + col(Order.fee_cents)), 0)
    query = _wanted(select(func.count(col(Order.id)), due), wanted)
    if wanted.state is None:
        query = query.where(col(Order.state).in_(ALIVE))
    count, cents = session.exec(query).one()
    return Sum(count, int(cents))


@dataclass(frozen=True, slots=True)
class OrderList:
    """A page of orders, and all there is to choose from above it."""

    page: Page[Order]
    total: Sum
    days: Sequence[DeliveryDay]
    relay_points: Sequence[RelayPoint]


def order_list(session: Session, wanted: OrderFilter, *, before: int = 0) -> OrderList:
    """Gather what the list of orders shows."""
    return OrderList(
        list_orders(session, wanted, before=before),
        sum_orders(session, wanted),
        list_days(session),
        session.exec(select(RelayPoint).order_by(func.lower(col(RelayPoint.name)))).all(),
    )


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order whole: who keyed it, what became of it."""

    order: Order
    card: str
    keyed_by: str
    history: list[tuple[AuditEntry, str]]

    @property
    def may_cancel(self) -> bool:
        """Tell whether cancelling is worth offering; the act itself judges again."""
        fixed = self.order.day.rounds_locked and not self.order.to_decide
        return self.order.state in (OrderState.PLACED, OrderState.CONFIRMED) and not fixed

    @property
    def keyed_late(self) -> bool:
        """Tell whether it was received in time and written down after the cut-off."""
        return self.order.received_at <= self.order.day.cut_off_at < self.order.placed_at


def order_page(session: Session, order_id: int) -> OrderPage:
    """Gather what the page of an order shows, or refuse."""
    order = find_order(session, order_id)
    clerk = session.get(User, order.keyed_by) if order.keyed_by else None
    return OrderPage(
        order,
        card_words(order.customer.card_number),
        clerk.name if clerk else "",
        history(session, "order", order_id),
    )


def orders_of_day(session: Session, day_id: int) -> list[Order]:
    """Return all living orders of a day with their lines and recipients, by id."""
    query = (
        select(Order)
        .where(col(Order.delivery_day_id) == day_id, col(Order.state).in_(ALIVE))
        .options(selectinload(Order.lines), joinedload(Order.recipient).selectinload(Customer.contacts))
        .order_by(col(Order.id))
    )
    return list(session.exec(query))


def count_by_source(session: Session, day_id: int) -> dict[Source, int]:
    """Count the living orders of a day by the door they came through."""
    rows = session.exec(
        select(Order.source, func.count(col(Order.id)))
        .where(col(Order.delivery_day_id) == day_id, col(Order.state).in_(ALIVE))
        .group_by(col(Order.source))
    )
    return {Source(source): count for source, count in rows}


def orders_of_customer(session: Session, customer_id: int, most: int = 20) -> list[Order]:
    """Return the newest orders of a customer with their lines."""
    query = (
        select(Order)
        .where(col(Order.customer_id) == customer_id)
        .options(selectinload(Order.lines), joinedload(Order.day))
        .order_by(col(Order.id).desc())
        .limit(most)
    )
    return list(session.exec(query))


def _wanted(query: S, wanted: OrderFilter) -> S:
    """Narrow a query of orders to what staff look for."""
    asked = (
        (Order.delivery_day_id, wanted.day_id),
        (Order.source, wanted.source),
        (Order.state, wanted.state),
        (Order.relay_point_id, wanted.relay_point_id),
        (Order.home, wanted.home),
    )
    query = query.where(*(col(column) == value for column, value in asked if value is not None))
    words = fold(wanted.words).split()
    if words:
        query = query.join(Customer, col(Customer.id) == col(Order.recipient_id))
    for word in words:
        ways = [col(Customer.name_key).contains(word, autoescape=True), col(Customer.card_number) == word]
        if word.isascii() and word.isdigit() and len(word) < 10:
            ways.append(col(Order.id) == int(word))
        query = query.where(or_(*ways))
    return query
