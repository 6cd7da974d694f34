"""Relay points: which serve a day, and why one does not."""

import datetime as dt

from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from meloko.errors import NotFound
from meloko.languages import say
from meloko.relay_points.hours import spans_on
from meloko.relay_points.models import Depot, RelayPoint
from meloko.roads.served import Served


def find_relay_point(session: Session, relay_point_id: int) -> RelayPoint:
    """Find one relay point with its closures, or refuse."""
    point = session.exec(
        select(RelayPoint).where(col(RelayPoint.id) == relay_point_id).options(selectinload(RelayPoint.closures))
    ).first()
    if point is None:
        raise NotFound(say("Ce point relais n’existe pas."))
    return point


def served_places(session: Session) -> list[Served]:
    """Return where we are, depots and relay points in service, to see whether a map is of our region."""
    places = [(row.name, row.lat, row.lon) for row in session.exec(select(Depot))]
    places += [(row.name, row.lat, row.lon) for row in session.exec(select(RelayPoint).where(col(RelayPoint.active)))]
    return [Served(name, lat, lon) for name, lat, lon in places if lat is not None and lon is not None]


def why_closed(point: RelayPoint, day: dt.date) -> str | None:
    """Say why a relay point cannot serve a day, or None when it can."""
    if not point.active:
        return say("{name} n’est plus un point relais", name=point.name)
    for closure in point.closures:
        if closure.first_day <= day <= closure.last_day:
            return say(
                "{name} est fermé du {first} au {last}",
                name=point.name,
                first=f"{closure.first_day:%d/%m}",
                last=f"{closure.last_day:%d/%m}",
            )
    if not spans_on(point.public_hours, day):
        return say("{name} n’ouvre pas ce jour-là", name=point.name)
    if not spans_on(point.van_hours, day):
        return say("{name} ne reçoit pas de livraison ce jour-là", name=point.name)
    return None
