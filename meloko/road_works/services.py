"""Close a street for some days and open it again; the rounds that may have driven there are built anew."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import today
from meloko.delivery_days.entering import touch_day
from meloko.delivery_days.models import DayState, DeliveryDay
from meloko.errors import NotFound, Refusal
from meloko.jobs import BuildRounds
from meloko.outbox import enqueue
from meloko.roads.models import RoadClosure, RoadStreet

LONGEST_DAYS = 730


class ClosureNonsense(Refusal):
    """Days of a closure that make no sense."""

    status = 422
    field = "last_day"


@dataclass(frozen=True, slots=True)
class StreetToClose:
    """A street and the days on which it cannot be driven, both included."""

    street_id: int
    first_day: dt.date
    last_day: dt.date
    reason: str = ""


def find_street(session: Session, street_id: int) -> RoadStreet:
    """Return a street, or refuse: a new map may have taken its place."""
    street = session.get(RoadStreet, street_id)
    if street is None:
        raise NotFound("Cette rue n’est plus dans la carte. Cherchez-la de nouveau.")
    return street


def close_street(session: Session, wanted: StreetToClose, *, by: int) -> int:
    """Close a street for some days; return how many delivery days are planned anew."""
    street = find_street(session, wanted.street_id)
    if wanted.last_day < wanted.first_day:
        raise ClosureNonsense("Le dernier jour vient avant le premier. Relisez les deux dates.")
    if wanted.last_day < today():
        raise ClosureNonsense("Ces jours sont passés. Relisez les deux dates.")
    if (wanted.last_day - wanted.first_day).days > LONGEST_DAYS:
        raise ClosureNonsense("Une route ne se barre pas ici pour plus de deux ans. Relisez les deux dates.")
    closure = RoadClosure(
        name=street.name,
        near=street.near,
        way_ids=list(street.way_ids),
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        reason=wanted.reason,
        written_by=by,
    )
    session.add(closure)
    session.flush()
    days = f"{closure.first_day} – {closure.last_day}"
    audit(session, by, "road.closed", "road_closure", closure.id, after={"name": closure.name, "days": days})
    return _plan_anew(session, closure.first_day, closure.last_day)


def end_closure(session: Session, closure_id: int, *, by: int) -> int:
    """Open a street from today on, before its day; return how many delivery days are planned anew."""
    closure = session.get(RoadClosure, closure_id)
    if closure is None or closure.last_day < today():
        raise NotFound("Cette route n’est plus barrée.")
    first, last = max(closure.first_day, today()), closure.last_day
    days = f"{closure.first_day} – {closure.last_day}"
    audit(session, by, "road.opened", "road_closure", closure.id, before={"name": closure.name, "days": days})
    if closure.first_day < first:
        closure.last_day = first - dt.timedelta(days=1)
    else:
        # It has not begun, or only this morning: nothing is left of it.
        session.delete(closure)
    session.flush()
    return _plan_anew(session, first, last)


def _plan_anew(session: Session, first: dt.date, last: dt.date) -> int:
    """Ask for the rounds of the closed days between two dates again; what is locked stays as it was printed."""
    days = _days_with_plans(session, max(first, today()), last)
    for day in days:
        touch_day(session, day.id)
        enqueue(session, BuildRounds(day_id=day.id))
    return len(days)


def _days_with_plans(session: Session, first: dt.date, last: dt.date) -> Sequence[DeliveryDay]:
    return session.exec(
        select(DeliveryDay)
        .where(
            col(DeliveryDay.date).between(first, last),
            col(DeliveryDay.state).in_((DayState.CLOSED, DayState.PLANNED)),
            col(DeliveryDay.rounds_locked).is_(False),
        )
        .order_by(col(DeliveryDay.id))
        .with_for_update()
    ).all()
