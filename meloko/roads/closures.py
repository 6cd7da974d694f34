"""Streets by name and the days on which they are closed: what pages and the building of rounds ask."""

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session, col, select

from meloko.folding import fold
from meloko.roads.models import RoadClosure, RoadNetwork, RoadStreet

MOST_FOUND = 30


def find_streets(session: Session, words: str) -> Sequence[RoadStreet]:
    """Return the streets of the network in use whose name and place hold all words; none without a word."""
    wanted = fold(words).split()
    if not wanted:
        return []
    query = (
        select(RoadStreet)
        .join(RoadNetwork, col(RoadNetwork.id) == col(RoadStreet.road_network_id))
        .where(col(RoadNetwork.active), *(col(RoadStreet.key).contains(word, autoescape=True) for word in wanted))
        .order_by(col(RoadStreet.name), col(RoadStreet.near))
        .limit(MOST_FOUND)
    )
    return session.exec(query).all()


def closed_ways(session: Session, day: dt.date) -> frozenset[int]:
    """Return the ways that cannot be driven on a day."""
    rows = session.exec(
        select(RoadClosure.way_ids).where(col(RoadClosure.first_day) <= day, col(RoadClosure.last_day) >= day)
    )
    return frozenset(way for ways in rows for way in ways)


def list_closures(session: Session, since: dt.date) -> Sequence[RoadClosure]:
    """Return the closures that last until a day or longer, the next to begin first."""
    return session.exec(
        select(RoadClosure)
        .where(col(RoadClosure.last_day) >= since)
        .order_by(col(RoadClosure.first_day), col(RoadClosure.id))
    ).all()
