"""Close delivery days that are due: once each, however late, however often asked."""

import datetime as dt

from sqlalchemy import ColumnElement, text, update
from sqlmodel import Session, col, select

from meloko.db import Table, gate
from meloko.delivery_days.models import DayState, DeliveryDay, LastTick

DAY = Table.metadata.tables["delivery_day"]


def close_once(session: Session, day_id: int, at: dt.datetime) -> DeliveryDay | None:
    """Close one day that is due, alone in its gate; None when it was closed already or is not due."""
    gate(session, day_id, shared=False)
    closed = session.connection().execute(
        update(DAY)
        .where(
            DAY.c.id == day_id,
            DAY.c.state == DayState.OPEN,
            DAY.c.cut_off_at + _grace() <= at,
        )
        .values(state=DayState.CLOSED, closed_at=at, input_version=DAY.c.input_version + 1)
    )
    if closed.rowcount != 1:
        return None
    return session.exec(
        select(DeliveryDay).where(col(DeliveryDay.id) == day_id).execution_options(populate_existing=True)
    ).one()


def due_days(session: Session, at: dt.datetime) -> list[int]:
    """Return the days whose window must close now, however late it is."""
    return list(
        session.exec(
            select(DeliveryDay.id)
            .where(col(DeliveryDay.state) == DayState.OPEN, DAY.c.cut_off_at + _grace() <= at)
            .order_by(col(DeliveryDay.cut_off_at))
        )
    )


def note_tick(session: Session, at: dt.datetime) -> None:
    """Write down that somebody has just looked at what is due."""
    session.merge(LastTick(id=1, at=at))


def last_tick(session: Session) -> dt.datetime | None:
    """Return when somebody last looked at what is due."""
    row = session.get(LastTick, 1)
    return row.at if row else None


def _grace() -> ColumnElement[dt.timedelta]:
    return DAY.c.grace_minutes * text("interval '1 minute'")
