"""Place the orders that come back: once a day each, however often it is asked; what is missing stands on the order."""

import datetime as dt
import uuid
from collections.abc import Iterable

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from meloko.catalogue.models import Product
from meloko.catalogue.services import why_not_sold
from meloko.clock import local, now
from meloko.customers.models import Customer
from meloko.db import Table, gate
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.errors import Refusal
from meloko.jobs import FindUndelivered, PlaceStandingOrder, PlaceStandingOrders
from meloko.languages import say, speaking
from meloko.orders.drafting import Draft, Missing
from meloko.orders.models import Source
from meloko.orders.placing import place_order
from meloko.orders.telling import tell_not_placed
from meloko.outbox import enqueue
from meloko.standing_orders.models import (
    RunOutcome,
    StandingLine,
    StandingOrder,
)
from meloko.standing_orders.repeating import Occurrence, occurrence_on
from meloko.standing_orders.services import absent, repeat_of
from meloko.wording import day_words

DAY = Table.metadata.tables["delivery_day"]
RUN = Table.metadata.tables["standing_run"]
_LOOK = insert(Table.metadata.tables["standing_look"]).on_conflict_do_nothing(index_elements=["on_day"])
_KEYS = uuid.UUID("5d0e7c3e-5f0d-4c53-9b7b-2f6f1d1a9a10")


def ask_for_standing_orders(session: Session, at: dt.datetime) -> int:
    """Ask once for the standing orders of each day that has opened, and once a day for those nobody will deliver."""
    opened = session.connection().execute(
        update(DAY)
        .where(
            DAY.c.state == DayState.OPEN,
            DAY.c.opens_at <= at,
            DAY.c.cut_off_at > at,
            DAY.c.standing_asked_at.is_(None),
        )
        .values(standing_asked_at=at)
        .returning(DAY.c.id)
    )
    days = [day_id for (day_id,) in opened]
    for day_id in days:
        enqueue(session, PlaceStandingOrders(day_id=day_id))
    today = local(at).date()
    if session.connection().execute(_LOOK, {"on_day": today}).rowcount:
        enqueue(session, FindUndelivered(day=(today + dt.timedelta(days=1)).toordinal()))
    return len(days)


def ask_again(session: Session, zone_id: int) -> None:
    """Ask again for the days that are open already, after a standing order was made, changed or taken up again."""
    query = select(DeliveryDay.id).where(
        col(DeliveryDay.zone_id) == zone_id,
        col(DeliveryDay.state) == DayState.OPEN,
        col(DeliveryDay.opens_at) <= now(),
        col(DeliveryDay.cut_off_at) > now(),
    )
    for day_id in session.exec(query):
        enqueue(session, PlaceStandingOrders(day_id=day_id))


def place_standing_orders(session: Session, job: PlaceStandingOrders) -> None:
    """Ask for each standing order that is due on a day; each is placed in a transaction of its own."""
    day = session.get_one(DeliveryDay, job.day_id)
    for standing, _ in _due(session, day.zone_id, day.date):
        enqueue(session, PlaceStandingOrder(standing_order_id=standing.id, day_id=day.id))


def place_standing_order(session: Session, job: PlaceStandingOrder) -> None:
    """Place one standing order for one day, once; what cannot come is written down with its reason and told."""
    # The gate comes first: whoever holds goods must never wait for it.
    gate(session, job.day_id, shared=True)
    day = session.get_one(DeliveryDay, job.day_id)
    standing = _locked(session, job.standing_order_id)
    occurrence = occurrence_on(repeat_of(standing), day.date)
    if standing.stopped_at is not None or occurrence is None or absent(standing, day.date):
        return
    if _done(standing, day.id, occurrence.planned_for):
        return
    customer = session.get_one(Customer, standing.customer_id)
    with speaking(customer.language):
        quantities, missing = _what_there_is(session, standing.lines, day.date)
        order_id, reason = None, say("rien de ce que vous demandez n’est disponible")
        if quantities:
            order_id, reason = _placed(session, standing, day, quantities, missing)
    _write(session, standing, occurrence, day.id, order_id, reason)
    if order_id is None:
        tell_not_placed(session, f"standing:{standing.id}:{occurrence.planned_for}", customer, day.date, reason)


def find_undelivered(session: Session, job: FindUndelivered) -> None:
    """Tell whoever counts on a day for which nobody drives; once."""
    date = dt.date.fromordinal(job.day)
    served = set(session.exec(select(DeliveryDay.zone_id).where(col(DeliveryDay.date) == date)))
    for standing, occurrence in _due(session, None, date):
        if standing.zone_id in served:
            continue
        customer = session.get_one(Customer, standing.customer_id)
        with speaking(customer.language):
            reason = say("il n’y a pas de livraison {day}", day=day_words(date))
        if _write(session, standing, occurrence, None, None, reason, RunOutcome.NOT_DELIVERED):
            tell_not_placed(session, f"standing:{standing.id}:{occurrence.planned_for}", customer, date, reason)


def _due(session: Session, zone_id: int | None, date: dt.date) -> Iterable[tuple[StandingOrder, Occurrence]]:
    query = (
        select(StandingOrder)
        .where(col(StandingOrder.stopped_at).is_(None), col(StandingOrder.first_day) <= date)
        .options(selectinload(StandingOrder.absences), selectinload(StandingOrder.runs))
        .order_by(col(StandingOrder.id))
    )
    if zone_id is not None:
        query = query.where(col(StandingOrder.zone_id) == zone_id)
    for standing in session.exec(query).all():
        occurrence = occurrence_on(repeat_of(standing), date)
        if occurrence is None or absent(standing, date):
            continue
        if all(run.planned_for != occurrence.planned_for for run in standing.runs):
            yield standing, occurrence


def _locked(session: Session, standing_order_id: int) -> StandingOrder:
    return session.exec(
        select(StandingOrder)
        .where(col(StandingOrder.id) == standing_order_id)
        .options(
            selectinload(StandingOrder.lines),
            selectinload(StandingOrder.absences),
            selectinload(StandingOrder.runs),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _done(standing: StandingOrder, day_id: int, planned_for: dt.date) -> bool:
    return any(run.delivery_day_id == day_id or run.planned_for == planned_for for run in standing.runs)


def _what_there_is(
    session: Session, lines: list[StandingLine], date: dt.date
) -> tuple[dict[int, int], tuple[Missing, ...]]:
    """Return what can be ordered and what cannot, with the reason; the goods stay ours until the commit."""
    wanted = {line.product_id: line.quantity for line in lines}
    products = session.exec(
        select(Product).where(col(Product.id).in_(wanted)).order_by(col(Product.id)).with_for_update()
    )
    there, missing = {}, []
    for product in products:
        asked = wanted[product.id]
        off = why_not_sold(product, date)
        left = 0 if off else asked if product.stock is None else min(asked, product.stock)
        if left:
            there[product.id] = left
        if left < asked:
            reason = off or say("il n’en reste que {left}", left=left)
            missing.append(Missing(product.id, product.name, asked - left, reason))
    return there, tuple(missing)


def _placed(
    session: Session,
    standing: StandingOrder,
    day: DeliveryDay,
    quantities: dict[int, int],
    missing: tuple[Missing, ...],
) -> tuple[int | None, str]:
    draft = Draft(
        key=uuid.uuid5(_KEYS, f"{standing.id}/{day.id}"),
        customer_id=standing.customer_id,
        recipient_id=standing.recipient_id if standing.recipient_id != standing.customer_id else None,
        payer_id=standing.recipient_id,
        day_id=day.id,
        relay_point_id=standing.relay_point_id,
        quantities=quantities,
        source=Source.WEB,
        received_at=now(),
        note=standing.note,
        substitution=standing.substitution,
        adult_declared=standing.adult_declared,
        standing=True,
        missing=missing,
    )
    try:
        with session.begin_nested():
            return place_order(session, draft).order_id, ""
    except Refusal as refusal:
        return None, refusal.sentence


def _write(
    session: Session,
    standing: StandingOrder,
    occurrence: Occurrence,
    day_id: int | None,
    order_id: int | None,
    reason: str,
    outcome: RunOutcome = RunOutcome.REFUSED,
) -> bool:
    row = {
        "standing_order_id": standing.id,
        "delivery_day_id": day_id,
        "planned_for": occurrence.planned_for,
        "outcome": RunOutcome.PLACED if order_id is not None else outcome,
        "reason": reason,
        "order_id": order_id,
        "at": now(),
    }
    return bool(session.connection().execute(insert(RUN).on_conflict_do_nothing(), row).rowcount)
