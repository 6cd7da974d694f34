"""Look for relay points, by words or all of them."""

from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select

from meloko.alike import LEAST, likeness
from meloko.errors import NotFound
from meloko.languages import say
from meloko.relay_points.models import RelayPoint


def open_points(session: Session) -> list[RelayPoint]:
    """Return the relay points in service, by commune and name."""
    query = select(RelayPoint).where(col(RelayPoint.active)).order_by(col(RelayPoint.commune), col(RelayPoint.name))
    return list(session.exec(query))


def found_points(session: Session, words: str, most: int = 12) -> list[RelayPoint]:
    """Return the relay points whose name or commune is near to these words, the nearest first."""
    said: ColumnElement[str] = col(RelayPoint.name) + " " + col(RelayPoint.commune) + " " + col(RelayPoint.postcode)
    near = likeness(said, words)
    if near is None:
        return []
    query = select(RelayPoint).where(col(RelayPoint.active), near >= LEAST)
    return list(session.exec(query.order_by(near.desc(), col(RelayPoint.name)).limit(most)))


def point_of_code(session: Session, code: str) -> RelayPoint:
    """Find a relay point in service by its code, with its closures, or refuse."""
    point = (
        session.exec(
            select(RelayPoint)
            .where(col(RelayPoint.code) == code, col(RelayPoint.active))
            .options(joinedload(RelayPoint.closures))
        )
        .unique()
        .first()
    )
    if point is None:
        raise NotFound(say("Ce point relais n’existe pas, ou plus."))
    return point
