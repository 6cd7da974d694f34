"""Cancel an order: goods and room go back, and a plan made before is stale."""

from sqlalchemy import update
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.catalogue.selling import give_stock_back
from meloko.clock import now
from meloko.db import Table, gate
from meloko.delivery_days.entering import give_room_back, touch_day
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.errors import NotFound, Refusal
from meloko.jobs import BuildRounds
from meloko.orders.models import Order, OrderLine, OrderState
from meloko.outbox import enqueue

ORDER = Table.metadata.tables["order"]


class CannotCancel(Refusal):
    """An order that has gone too far to be cancelled."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"La commande n° {number} ne peut plus être annulée : {why}. Appelez-nous.")


def cancel_order(session: Session, order_id: int, *, by: int | None, reason: str, as_staff: bool) -> Order:
    """Cancel an order: a customer until the cut-off, staff until the rounds are locked."""
    order = session.exec(select(Order).where(col(Order.id) == order_id)).first()
    if order is None:
        raise NotFound("Cette commande n’existe pas.")
    gate(session, order.delivery_day_id, shared=True)
    day = session.exec(
        select(DeliveryDay)
        .where(col(DeliveryDay.id) == order.delivery_day_id)
        .execution_options(populate_existing=True)
    ).one()
    if day.rounds_locked and not order.to_decide:
        raise CannotCancel(order.number, "sa tournée est verrouillée")
    if not as_staff and (day.state is not DayState.OPEN or now() > day.cut_off_at):
        raise CannotCancel(order.number, "la clôture est passée")
    cancelled = session.connection().execute(
        update(ORDER)
        .where(ORDER.c.id == order_id, ORDER.c.state.in_([OrderState.PLACED, OrderState.CONFIRMED]))
        .values(state=OrderState.CANCELLED)
    )
    if cancelled.rowcount != 1:
        raise CannotCancel(order.number, "elle est déjà annulée ou en route")
    audit(session, by, "order.cancelled", "order", order_id, after={"reason": reason})
    if day.state is not DayState.OPEN:
        touch_day(session, day.id)
        if not day.rounds_locked:
            enqueue(session, BuildRounds(day_id=day.id))
    _give_back(session, order)
    session.refresh(order)
    return order


def _give_back(session: Session, order: Order) -> None:
    if order.relay_point_id is not None:
        give_room_back(
            session, order.delivery_day_id, order.relay_point_id, order.crates_hundredths, order.chilled_hundredths
        )
    quantities: dict[int, int] = {}
    for line in session.exec(select(OrderLine).where(col(OrderLine.order_id) == order.id)):
        quantities[line.product_id] = quantities.get(line.product_id, 0) + line.reserved
    give_stock_back(session, quantities)
