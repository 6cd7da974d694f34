"""Standing orders: found, their rhythm, what stands in the way of a day."""

import datetime as dt

from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlmodel import Session, and_, col, select

from meloko.customers.models import Customer
from meloko.customers.services import customer_of_user
from meloko.errors import NotFound
from meloko.languages import say
from meloko.orders.models import MayOrderFor
from meloko.standing_orders.models import Absence, StandingLine, StandingOrder
from meloko.standing_orders.repeating import Repeat


class NotOwn(NotFound):
    """A standing order that is not there, or somebody else's."""

    def __init__(self) -> None:
        super().__init__(say("Cette commande régulière n’existe pas, ou n’est pas à vous."))


def repeat_of(standing: StandingOrder) -> Repeat:
    """Return when a standing order comes back."""
    return Repeat(standing.rhythm, frozenset(standing.weekdays), standing.first_day, standing.on_holiday)


def absent(standing: StandingOrder, day: dt.date) -> Absence | None:
    """Return the absence that a day falls into, or None."""
    return next((each for each in standing.absences if each.first_day <= day <= each.last_day), None)


def customer_signed_in(session: Session, user_id: int) -> Customer:
    """Return the customer who is signed in, or refuse."""
    customer = customer_of_user(session, user_id)
    if customer is None:
        raise NotFound
    return customer


def household(
    session: Session, user_id: int, standing_order_id: int | None
) -> tuple[Customer, StandingOrder | None, list[Customer]]:
    """Return who is signed in, one of her standing orders and whom she may order for, in one question, or refuse."""
    other = aliased(Customer)
    rows = session.exec(
        select(Customer, StandingOrder, other)
        .select_from(Customer)
        .outerjoin(
            StandingOrder,
            and_(col(StandingOrder.customer_id) == col(Customer.id), col(StandingOrder.id) == standing_order_id),
        )
        .outerjoin(
            MayOrderFor, and_(col(MayOrderFor.customer_id) == col(Customer.id), col(MayOrderFor.ended_at).is_(None))
        )
        .outerjoin(other, col(other.id) == col(MayOrderFor.recipient_id))
        .where(col(Customer.user_id) == user_id)
    ).all()
    if not rows:
        raise NotFound
    customer, standing, _ = rows[0]
    if standing_order_id is not None and standing is None:
        raise NotOwn
    return customer, standing, sorted((each for *_, each in rows if each is not None), key=lambda each: each.name_key)


def find_standing_order(session: Session, user_id: int, standing_order_id: int) -> StandingOrder:
    """Find one's own standing order with all that its page shows, or refuse."""
    for standing in standing_orders_of(session, user_id, standing_order_id):
        return standing
    raise NotOwn


def standing_orders_of(session: Session, user_id: int, only: int | None = None) -> list[StandingOrder]:
    """Return the standing orders of who is signed in, those that go on first."""
    query = (
        select(StandingOrder)
        .join(Customer, col(Customer.id) == col(StandingOrder.customer_id))
        .where(col(Customer.user_id) == user_id)
        .options(
            selectinload(StandingOrder.lines).joinedload(StandingLine.product),
            selectinload(StandingOrder.absences),
            selectinload(StandingOrder.runs),
            joinedload(StandingOrder.relay_point),
            joinedload(StandingOrder.recipient),
        )
        .order_by(col(StandingOrder.stopped_at).desc().nulls_first(), col(StandingOrder.id))
    )
    if only is not None:
        query = query.where(col(StandingOrder.id) == only)
    return list(session.exec(query))
