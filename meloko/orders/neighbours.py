"""The people a customer orders for: written down by herself or by us, ended by either."""

from dataclasses import dataclass

from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.customers.services import CustomerFacts, add_customer, customer_of_user
from meloko.errors import NotFound, Refusal
from meloko.languages import say
from meloko.orders.models import MayOrderFor, Order

# Whoever orders for more people than a lane has doors is no neighbour.
_MOST = 20
_ORDERS_SHOWN = 3


class NotForThem(NotFound):
    """Somebody for whom this customer may not order."""

    def __init__(self) -> None:
        super().__init__(say("Vous ne commandez pas pour cette personne."))


class TooManyPeople(Refusal):
    """More people than one customer orders for."""

    status = 422

    def __init__(self) -> None:
        super().__init__(
            say("Vous commandez déjà pour {count} personnes. Pour davantage, appelez-nous.", count=str(_MOST))
        )


def people_for(session: Session, customer_id: int) -> list[Customer]:
    """Return the people a customer may order for, by name."""
    rows = session.exec(
        select(MayOrderFor)
        .where(col(MayOrderFor.customer_id) == customer_id, col(MayOrderFor.ended_at).is_(None))
        .options(joinedload(MayOrderFor.recipient))
    ).all()
    return sorted((row.recipient for row in rows), key=lambda person: person.name_key)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody a customer orders for, and the newest of the orders that she placed for her."""

    person: Customer
    orders: tuple[Order, ...]


def people_of_user(session: Session, user_id: int) -> list[Neighbour]:
    """Return the people whom a signed-in customer may order for, with what she ordered; refuse who is no customer.

    What her neighbours ordered themselves, or had ordered by others, is none of her business.
    """
    customer = _customer(session, user_id)
    people = people_for(session, customer.id)
    newest = session.exec(
        select(Order)
        .where(col(Order.customer_id) == customer.id, col(Order.recipient_id).in_([person.id for person in people]))
        .options(joinedload(Order.day))
        .order_by(col(Order.id).desc())
        .limit(_MOST * _ORDERS_SHOWN)
    ).all()
    return [
        Neighbour(person, tuple(order for order in newest if order.recipient_id == person.id)[:_ORDERS_SHOWN])
        for person in people
    ]


def add_person(session: Session, user_id: int, facts: CustomerFacts) -> Customer:
    """Add somebody a customer orders for, described by her; the same person again is the same."""
    customer = _customer(session, user_id)
    known = people_for(session, customer.id)
    for person in known:
        if (person.last_name, person.first_name, person.address) == (facts.last_name, facts.first_name, facts.address):
            return person
    if len(known) >= _MOST:
        raise TooManyPeople
    person = add_customer(session, facts, by=user_id)
    allow(session, customer.id, person.id, by=None)
    return person


def allow(session: Session, customer_id: int, recipient_id: int, *, by: int | None) -> None:
    """Let a customer order for another; `by` is who of us wrote it down, None for the customer herself."""
    row = session.exec(
        select(MayOrderFor).where(
            col(MayOrderFor.customer_id) == customer_id, col(MayOrderFor.recipient_id) == recipient_id
        )
    ).first()
    if row is None:
        row = MayOrderFor(customer_id=customer_id, recipient_id=recipient_id, written_by=by)
        session.add(row)
    row.ended_at = None
    session.flush()
    audit(session, by, "order_for.allowed", "customer", customer_id, after={"recipient": recipient_id})


def stop_ordering_for(session: Session, user_id: int, recipient_id: int) -> None:
    """End that a customer orders for another; ending it again is no harm."""
    customer = _customer(session, user_id)
    row = session.exec(
        select(MayOrderFor).where(
            col(MayOrderFor.customer_id) == customer.id, col(MayOrderFor.recipient_id) == recipient_id
        )
    ).first()
    if row is None:
        raise NotForThem
    if row.ended_at is None:
        row.ended_at = now()
        audit(session, user_id, "order_for.ended", "customer", customer.id, after={"recipient": recipient_id})


def check_may_order_for(session: Session, customer_id: int, recipient_id: int) -> None:
    """Refuse a recipient for whom this customer may not order."""
    if recipient_id not in {person.id for person in people_for(session, customer_id)}:
        raise NotForThem


def _customer(session: Session, user_id: int) -> Customer:
    customer = customer_of_user(session, user_id)
    if customer is None:
        raise NotFound
    return customer
