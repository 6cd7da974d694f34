"""Orders: found, searched, counted."""

from dataclasses import dataclass

from sqlalchemy.orm import joinedload, selectinload
from sqlmodel import Session, col, func, or_, select

from meloko.customers.models import Customer
from meloko.db import Page
from meloko.errors import NotFound
from meloko.folding import fold
from meloko.orders.models import Order, OrderState, Source

ALIVE = tuple(state for state in OrderState if state is not OrderState.CANCELLED)


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
    order = session.exec(
        select(Order)
        .where(col(Order.id) == order_id)
        .options(
            selectinload(Order.lines),
            joinedload(Order.customer),
            joinedload(Order.recipient).selectinload(Customer.contacts),
            joinedload(Order.day),
        )
    ).first()
    if order is None:
        raise NotFound("Cette commande n’existe pas.")
    return order


def list_orders(session: Session, wanted: OrderFilter, *, before: int = 0, size: int = 50) -> Page[Order]:
    """Return orders, newest first, from before the order of an id on."""
    query = select(Order).options(joinedload(Order.day), selectinload(Order.lines))
    if before:
        query = query.where(col(Order.id) < before)
    if wanted.day_id is not None:
        query = query.where(col(Order.delivery_day_id) == wanted.day_id)
    if wanted.source is not None:
        query = query.where(col(Order.source) == wanted.source)
    if wanted.state is not None:
        query = query.where(col(Order.state) == wanted.state)
    if wanted.relay_point_id is not None:
        query = query.where(col(Order.relay_point_id) == wanted.relay_point_id)
    if wanted.home is not None:
        query = query.where(col(Order.home) == wanted.home)
    if wanted.words.strip():
        query = query.join(Customer, col(Customer.id) == col(Order.recipient_id))
        for word in fold(wanted.words).split():
            ways = [col(Customer.name_key).contains(word, autoescape=True), col(Customer.card_number) == word]
            if word.isascii() and word.isdigit() and len(word) < 10:
                ways.append(col(Order.id) == int(word))
            query = query.where(or_(*ways))
    rows = session.exec(query.order_by(col(Order.id).desc()).limit(size + 1)).all()
    return Page.cut(rows, size)


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
