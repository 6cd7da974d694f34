"""Close the order window of a day: its orders are confirmed, and its rounds are asked for."""

import datetime as dt

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from meloko.accounts.services import audit
from meloko.db import Table
from meloko.delivery_days.closing import close_once
from meloko.jobs import BuildRounds
from meloko.orders.models import Order, OrderState
from meloko.outbox import enqueue

ORDER = Table.metadata.tables["order"]


def close_day(session: Session, day_id: int, at: dt.datetime) -> bool:
    """Close one day that is due; return False when it was closed already, which is no harm."""
    day = close_once(session, day_id, at)
    if day is None:
        return False
    session.connection().execute(
        update(ORDER)
        .where(ORDER.c.delivery_day_id == day_id, ORDER.c.state == OrderState.PLACED)
        .values(state=OrderState.CONFIRMED)
    )
    day.orders_at_closing = session.exec(
        select(func.count(col(Order.id))).where(
            col(Order.delivery_day_id) == day_id, col(Order.state) == OrderState.CONFIRMED
        )
    ).one()
    audit(session, None, "day.closed", "delivery_day", day_id, after={"orders": day.orders_at_closing})
    enqueue(session, BuildRounds(day_id=day_id))
    return True
