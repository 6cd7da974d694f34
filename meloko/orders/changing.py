"""Change or cancel an order: goods and room go back, and a plan made before is stale."""

from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.catalogue.selling import Sold, find_to_sell, give_stock_back, take_stock
from meloko.clock import now
from meloko.customers.models import Customer
from meloko.db import Table, gate
from meloko.delivery_days.entering import give_room_back, take_room, touch_day
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.errors import NotFound, Refusal
from meloko.jobs import BuildRounds
from meloko.languages import say
from meloko.orders.drafting import BelowMinimum
from meloko.orders.models import MOST_OF_ONE_PRODUCT, Order, OrderLine, OrderState
from meloko.orders.telling import tell_cancelled, tell_changed
from meloko.orders.totals import reckon
from meloko.orders.writing import TooMany
from meloko.outbox import enqueue
from meloko.relay_points.models import RelayPoint, Zone
from meloko.wording import euros

ORDER = Table.metadata.tables["order"]


class CannotCancel(Refusal):
    """An order that has gone too far to be cancelled."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(
            say("La commande n° {number} ne peut plus être annulée : {why}. Appelez-nous.", number=number, why=why)
        )


class CannotChange(Refusal):
    """An order that has gone too far to be changed."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(
            say(
                "La commande n° {number} ne peut plus être changée : {why}. Elle reste comme elle est ; appelez-nous.",
                number=number,
                why=why,
            )
        )


class ChangedSince(Refusal):
    """A quantity that was changed after the page was shown."""

    field = "quantity"

    def __init__(self, name: str, ordered: int) -> None:
        super().__init__(
            say(
                "La quantité de « {name} » a changé depuis cette page : c’est {ordered} maintenant."
                " Rien d’autre n’a été changé.",
                name=name,
                ordered=ordered,
            )
        )


class LastLine(Refusal):
    """An order whose only line would go."""

    status = 422
    field = "quantity"

    def __init__(self) -> None:
        super().__init__(say("C’est le dernier produit de cette commande : pour l’enlever, annulez la commande."))


class PriceChanged(Refusal):
    """More of a product whose price is no longer that of the line."""

    field = "quantity"

    def __init__(self, name: str, price_cents: int) -> None:
        super().__init__(
            say(
                "Le prix de « {name} » est maintenant de {price}. Ce que vous avez commandé garde son prix ;"
                " pour en ajouter, passez par les produits.",
                name=name,
                price=euros(price_cents),
            )
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A line of an order as it is wanted; `shown` is what the page said before."""

    line_id: int
    shown: int
    wanted: int


def cancel_order(session: Session, order_id: int, *, by: int | None, reason: str, as_staff: bool) -> Order:
    """Cancel an order and tell who counts on it: a customer until the cut-off, staff until the rounds are locked."""
    order, day = _enter(session, order_id)
    if day.rounds_locked and not order.to_decide:
        raise CannotCancel(order.number, say("sa tournée est verrouillée"))
    if not as_staff and _past(day):
        raise CannotCancel(order.number, say("la clôture est passée"))
    if order.state not in (OrderState.PLACED, OrderState.CONFIRMED):
        raise CannotCancel(order.number, say("elle est déjà annulée ou en route"))
    session.connection().execute(update(ORDER).where(ORDER.c.id == order_id).values(state=OrderState.CANCELLED))
    audit(session, by, "order.cancelled", "order", order_id, after={"reason": reason})
    if day.state is not DayState.OPEN:
        touch_day(session, day.id)
        if not day.rounds_locked:
            enqueue(session, BuildRounds(day_id=day.id))
    _give_back(session, order)
    session.refresh(order)
    tell_cancelled(session, order, day, _people(session, order), seen_by=None if as_staff else order.customer_id)
    return order


def cancel_own_order(session: Session, order_id: int, *, by: int | None) -> Order:
    """Cancel an order as its customer; cancelling again is cancelling once."""
    order, _ = _enter(session, order_id)
    if order.state is OrderState.CANCELLED:
        return order
    return cancel_order(session, order_id, by=by, reason="par le client", as_staff=False)


def change_line(session: Session, order_id: int, change: Change, *, by: int | None) -> Order:
    """Change how much of one line is wanted, 0 takes it out, and tell it; what was ordered keeps its price.

    Asking twice is asking once: a quantity that is there already is left, another one than was shown is refused.
    """
    if not 0 <= change.wanted <= MOST_OF_ONE_PRODUCT:
        raise TooMany
    order, day = _enter(session, order_id)
    lines = {line.id: line for line in session.exec(select(OrderLine).where(col(OrderLine.order_id) == order_id))}
    line = lines.get(change.line_id)
    if (line.ordered if line else 0) == change.wanted:
        return order
    if line is None:
        raise NotFound
    if order.state is not OrderState.PLACED or _past(day):
        raise CannotChange(order.number, say("la clôture est passée ou elle est annulée"))
    if line.ordered != change.shown:
        raise ChangedSince(line.name, line.ordered)
    if change.wanted == 0 and len(lines) == 1:
        raise LastLine
    more = change.wanted - line.ordered
    sold = _as_sold(session, line, day) if more > 0 else None
    before, room = line.ordered, line.room
    if change.wanted:
        line.ordered, line.reserved = change.wanted, line.reserved + more
    else:
        session.delete(line)
        del lines[line.id]
    reckon(order, lines.values())
    _check_minimum(session, order, day, more)
    session.flush()
    audit(session, by, "order.changed", "order", order_id,
          before={line.code: before}, after={line.code: change.wanted})  # fmt: skip
    tell_changed(session, order, day, list(lines.values()), _people(session, order))
    _move_room(session, order, line, before, change.wanted, chilled=room[1])
    if sold is None:
        give_stock_back(session, {line.product_id: -more})
    elif sold.stock is not None:
        take_stock(session, {line.product_id: more})
    return order


def _enter(session: Session, order_id: int) -> tuple[Order, DeliveryDay]:
    """Pass the gate of the order's day, then lock the order and read both as they are now."""
    day_id = session.exec(select(Order.delivery_day_id).where(col(Order.id) == order_id)).first()
    if day_id is None:
        raise NotFound(say("Cette commande n’existe pas."))
    gate(session, day_id, shared=True)
    order = session.exec(
        select(Order).where(col(Order.id) == order_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    day = session.exec(
        select(DeliveryDay).where(col(DeliveryDay.id) == day_id).execution_options(populate_existing=True)
    ).one()
    return order, day


def _people(session: Session, order: Order) -> list[Customer]:
    """Return who ordered and who receives, once when they are one."""
    ids = {order.customer_id, order.recipient_id}
    return list(session.exec(select(Customer).where(col(Customer.id).in_(ids)).order_by(col(Customer.id))))


def _past(day: DeliveryDay) -> bool:
    return day.state is not DayState.OPEN or now() > day.cut_off_at


def _as_sold(session: Session, line: OrderLine, day: DeliveryDay) -> Sold:
    sold = find_to_sell(session, [line.product_id], day.date)[line.product_id]
    if sold.price_cents != line.price_cents:
        raise PriceChanged(line.name, sold.price_cents)
    return sold


def _check_minimum(session: Session, order: Order, day: DeliveryDay, more: int) -> None:
    if more > 0:
        return
    charging: Zone | RelayPoint = (
        session.get_one(RelayPoint, order.relay_point_id)
        if order.relay_point_id
        else session.get_one(Zone, day.zone_id)
    )
    if order.goods_cents < charging.minimum_cents:
        raise BelowMinimum(order.place_name, charging.minimum_cents, charging.minimum_cents - order.goods_cents)


def _move_room(session: Session, order: Order, line: OrderLine, before: int, wanted: int, *, chilled: bool) -> None:
    if order.relay_point_id is None:
        return
    hundredths = (wanted - before) * line.crates_hundredths
    ambient, cold = (0, hundredths) if chilled else (hundredths, 0)
    if hundredths > 0:
        take_room(session, order.delivery_day_id, order.relay_point_id, ambient, cold)
    else:
        give_room_back(session, order.delivery_day_id, order.relay_point_id, -ambient, -cold)


def _give_back(session: Session, order: Order) -> None:
    if order.relay_point_id is not None:
        give_room_back(
            session, order.delivery_day_id, order.relay_point_id, order.crates_hundredths, order.chilled_hundredths
        )
    quantities: dict[int, int] = {}
    for line in session.exec(select(OrderLine).where(col(OrderLine.order_id) == order.id)):
        quantities[line.product_id] = quantities.get(line.product_id, 0) + line.reserved
    give_stock_back(session, quantities)
