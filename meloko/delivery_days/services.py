"""Delivery days: found, listed, said in words."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import and_, literal, or_, text
from sqlalchemy.orm import joinedload, selectinload
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from meloko.clock import local, today
from meloko.db import Moment
from meloko.delivery_days.models import DayRelayPoint, DayState, DeliveryDay
from meloko.errors import NotFound
from meloko.relay_points.models import RelayPoint
from meloko.wording import day_words, hour_words


def cut_off_words(moment: dt.datetime) -> str:
    """Say a cut-off on the wall clock: "mardi 24 novembre, 20 h"."""
    wall = local(moment)
    return f"{day_words(wall.date())}, {hour_words(wall.hour * 3600 + wall.minute * 60)}"


def orderable_days(
    session: Session, at: dt.datetime, most: int = 6, begun_at: dt.datetime | None = None
) -> list[DeliveryDay]:
    """Return the days that can be ordered for, soonest first, with the relay points they serve.

    An order begun before a cut-off has the grace of that day to be sent.
    """
    places = joinedload(DeliveryDay.relay_points).joinedload(DayRelayPoint.relay_point)
    query = _orderable(at, most, begun_at).options(joinedload(DeliveryDay.zone), places.joinedload(RelayPoint.closures))
    return list(session.exec(query).unique())


def next_days(session: Session, at: dt.datetime, most: int = 6) -> list[DeliveryDay]:
    """Return the days that can be ordered for, soonest first, with their zone and nothing else."""
    return list(session.exec(_orderable(at, most).options(joinedload(DeliveryDay.zone))))


def enters_in_time(day: DeliveryDay, at: dt.datetime, begun_at: dt.datetime | None) -> bool:
    """Tell whether what is sent now enters a day: before its cut-off, or begun before it and within the grace."""
    counts_from = at
    if begun_at is not None and at - begun_at <= dt.timedelta(minutes=day.grace_minutes):
        counts_from = begun_at
    return day.state is DayState.OPEN and counts_from <= day.cut_off_at


def _orderable(at: dt.datetime, most: int, begun_at: dt.datetime | None = None) -> SelectOfScalar[DeliveryDay]:
    in_time = col(DeliveryDay.cut_off_at) > at
    if begun_at is not None:
        grace = col(DeliveryDay.grace_minutes) * text("interval '1 minute'")
        in_time = or_(in_time, and_(col(DeliveryDay.cut_off_at) >= begun_at, literal(begun_at, Moment) + grace >= at))
    return (
        select(DeliveryDay)
        .where(
            col(DeliveryDay.state) == DayState.OPEN,
            col(DeliveryDay.opens_at) <= at,
            in_time,
        )
        .order_by(col(DeliveryDay.date), col(DeliveryDay.id))
        .limit(most)
    )


def paper_days(session: Session) -> list[DeliveryDay]:
    """Return the days a paper may still be keyed for: open, or closed and not delivered yet, soonest first."""
    query = (
        select(DeliveryDay)
        .where(
            col(DeliveryDay.state).in_((DayState.OPEN, DayState.CLOSED, DayState.PLANNED)),
            col(DeliveryDay.date) >= today(),
        )
        .options(
            joinedload(DeliveryDay.zone),
            selectinload(DeliveryDay.relay_points)
            .joinedload(DayRelayPoint.relay_point)
            .joinedload(RelayPoint.closures),
        )
        .order_by(col(DeliveryDay.date), col(DeliveryDay.id))
        .limit(40)
    )
    return list(session.exec(query))


def find_day(session: Session, day_id: int) -> DeliveryDay:
    """Find a delivery day with its zone and relay points, or refuse."""
    day = session.exec(
        select(DeliveryDay)
        .where(col(DeliveryDay.id) == day_id)
        .options(
            joinedload(DeliveryDay.zone),
            selectinload(DeliveryDay.relay_points)
            .joinedload(DayRelayPoint.relay_point)
            .joinedload(RelayPoint.closures),
        )
    ).first()
    if day is None:
        raise NotFound("Ce jour de livraison n’existe pas.")
    return day


def list_days(session: Session, *, before: dt.date | None = None, size: int = 40) -> Sequence[DeliveryDay]:
    """Return delivery days, latest first."""
    query = (
        select(DeliveryDay)
        .options(joinedload(DeliveryDay.zone), selectinload(DeliveryDay.relay_points))
        .order_by(col(DeliveryDay.date).desc(), col(DeliveryDay.id).desc())
        .limit(size)
    )
    if before is not None:
        query = query.where(col(DeliveryDay.date) < before)
    return session.exec(query).all()
