"""Open a delivery day: its cut-off, the relay points it serves, the hours at home."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import from_local, now
from meloko.delivery_days.entering import RelayNotServed
from meloko.delivery_days.models import DayRelayPoint, DeliveryDay
from meloko.delivery_days.services import cut_off_words
from meloko.errors import NotFound, Refusal
from meloko.relay_points.models import RelayPoint, Zone
from meloko.relay_points.services import why_closed
from meloko.wording import day_words


class DayExists(Refusal):
    """There is already a delivery day on this date in this zone."""

    status = 422

    def __init__(self, date: dt.date) -> None:
        super().__init__(f"Il y a déjà un jour de livraison le {day_words(date)} dans ce secteur.")


class DayNonsense(Refusal):
    """A delivery day that cannot be: its cut-off is not before it, or is in the past."""

    status = 422

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class DayDraft:
    """A delivery day as staff want it."""

    date: dt.date
    zone_id: int
    cut_off_at: dt.datetime
    relay_point_ids: tuple[int, ...]
    opens_at: dt.datetime | None = None
    homes_served: bool = True
    homes_from: dt.time = dt.time(9)
    homes_until: dt.time = dt.time(13)
    grace_minutes: int = 10


def open_day(session: Session, draft: DayDraft, *, by: int | None) -> DeliveryDay:
    """Open a delivery day; relay points that are closed on it are refused by name."""
    if draft.cut_off_at >= from_local(draft.date, dt.time(23, 59)):
        raise DayNonsense("La clôture doit venir avant la livraison.")
    opens_at = draft.opens_at or min(now(), draft.cut_off_at - dt.timedelta(minutes=1))
    if opens_at >= draft.cut_off_at:
        raise DayNonsense("L’ouverture doit venir avant la clôture.")
    if draft.homes_from >= draft.homes_until:
        raise DayNonsense("Les heures à domicile doivent aller du plus tôt au plus tard.")
    if session.get(Zone, draft.zone_id) is None:
        raise NotFound("Ce secteur n’existe pas.")
    if session.exec(
        select(DeliveryDay.id).where(col(DeliveryDay.date) == draft.date, col(DeliveryDay.zone_id) == draft.zone_id)
    ).first():
        raise DayExists(draft.date)
    day = DeliveryDay(
        date=draft.date,
        zone_id=draft.zone_id,
        opens_at=opens_at,
        cut_off_at=draft.cut_off_at,
        cut_off_local=cut_off_words(draft.cut_off_at),
        grace_minutes=draft.grace_minutes,
        homes_served=draft.homes_served,
        homes_from=draft.homes_from,
        homes_until=draft.homes_until,
    )
    session.add(day)
    session.flush()
    _serve(session, day, draft.relay_point_ids)
    audit(session, by, "day.opened", "delivery_day", day.id, after={"relay_points": len(draft.relay_point_ids)})
    return day


def _serve(session: Session, day: DeliveryDay, relay_point_ids: tuple[int, ...]) -> None:
    points = session.exec(
        select(RelayPoint).where(col(RelayPoint.id).in_(relay_point_ids)).options(selectinload(RelayPoint.closures))
    ).all()
    if len(points) != len(set(relay_point_ids)):
        raise NotFound("Un des points relais n’existe pas.")
    closed = [reason for reason in (why_closed(point, day.date) for point in points) if reason is not None]
    if closed:
        raise RelayNotServed(" ; ".join(closed))
    for point in points:
        session.add(
            DayRelayPoint(
                delivery_day_id=day.id,
                relay_point_id=point.id,
                capacity_hundredths=point.capacity_hundredths,
                chilled_capacity_hundredths=point.chilled_capacity_hundredths,
            )
        )
    session.flush()
