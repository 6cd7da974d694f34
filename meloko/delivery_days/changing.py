"""Change what is served: the cut-off of an open day, the days on which a relay point is closed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from meloko.accounts.services import audit
from meloko.clock import from_local
from meloko.db import gate
from meloko.delivery_days.models import DayRelayPoint, DayState, DeliveryDay
from meloko.delivery_days.opening import DayNonsense
from meloko.delivery_days.services import cut_off_words, find_day
from meloko.errors import NotFound, Refusal
from meloko.relay_points.models import RelayClosure
from meloko.relay_points.services import find_relay_point
from meloko.wording import day_words


class DayNoLongerOpen(Refusal):
    """A day whose orders are closed keeps its cut-off."""

    def __init__(self, day: DeliveryDay) -> None:
        super().__init__(f"Le {day_words(day.date)} est clos depuis {day.cut_off_local} : sa clôture ne change plus.")


class ClosureNonsense(Refusal):
    """A closure that ends before it begins."""

    status = 422
    field = "last_day"

    def __init__(self) -> None:
        super().__init__("Le dernier jour de fermeture vient avant le premier. Relisez les deux dates.")


class OrdersExpected(Refusal):
    """A closure on days when orders are already expected at the relay point."""

    field = "first_day"

    def __init__(self, name: str, days: Sequence[dt.date]) -> None:
        self.days = tuple(days)
        listed = ", ".join(day_words(day) for day in days)
        super().__init__(
            f"Des commandes sont déjà attendues à {name} : {listed}. Prévenez les clients, puis confirmez la fermeture."
        )


@dataclass(frozen=True, slots=True)
class ClosureDraft:
    """The days on which a relay point will be closed, both ends included."""

    relay_point_id: int
    first_day: dt.date
    last_day: dt.date
    reason: str = ""
    # Staff have seen that orders are expected, and close all the same.
    confirmed: bool = False


def move_cut_off(session: Session, day_id: int, cut_off_at: dt.datetime, *, by: int) -> DeliveryDay:
    """Move the cut-off of an open day, earlier or later; alone in the gate, so that no order falls in between."""
    gate(session, day_id, shared=False)
    day = find_day(session, day_id)
    if day.state is not DayState.OPEN:
        raise DayNoLongerOpen(day)
    if not day.opens_at < cut_off_at < from_local(day.date, dt.time(23, 59)):
        raise DayNonsense("La clôture doit venir après l’ouverture et avant la livraison.")
    before: dict[str, object] = {"cut_off": day.cut_off_local}
    day.cut_off_at, day.cut_off_local = cut_off_at, cut_off_words(cut_off_at)
    session.flush()
    audit(session, by, "day.cut_off", "delivery_day", day_id, before=before, after={"cut_off": day.cut_off_local})
    return day


def close_relay_point(session: Session, draft: ClosureDraft, *, by: int) -> None:
    """Close a relay point for some days; when orders are expected there, only once staff have said that they know."""
    if draft.last_day < draft.first_day:
        raise ClosureNonsense
    point = find_relay_point(session, draft.relay_point_id)
    expected = _days_with_orders(session, draft)
    if expected and not draft.confirmed:
        raise OrdersExpected(point.name, expected)
    closure = RelayClosure(
        relay_point_id=point.id, first_day=draft.first_day, last_day=draft.last_day, reason=draft.reason
    )
    session.add(closure)
    session.flush()
    days = f"{draft.first_day} – {draft.last_day}"
    audit(session, by, "relay_point.closed", "relay_point", point.id, after={"days": days})


def reopen_relay_point(session: Session, relay_point_id: int, closure_id: int, *, by: int) -> None:
    """Take a closure back."""
    closure = session.get(RelayClosure, closure_id)
    if closure is None or closure.relay_point_id != relay_point_id:
        raise NotFound("Cette fermeture n’existe pas, ou est déjà enlevée.")
    session.delete(closure)
    audit(session, by, "relay_point.reopened", "relay_point", relay_point_id)


def _days_with_orders(session: Session, draft: ClosureDraft) -> Sequence[dt.date]:
    # Room taken at a relay point is room taken by an order.
    taken = col(DayRelayPoint.taken_hundredths) + col(DayRelayPoint.chilled_taken_hundredths)
    days = session.exec(
        select(DeliveryDay)
        .join(DayRelayPoint, col(DayRelayPoint.delivery_day_id) == col(DeliveryDay.id))
        .where(
            col(DayRelayPoint.relay_point_id) == draft.relay_point_id,
            col(DeliveryDay.date) >= draft.first_day,
            col(DeliveryDay.date) <= draft.last_day,
            col(DeliveryDay.state).in_((DayState.OPEN, DayState.CLOSED, DayState.PLANNED)),
            taken > 0,
        )
        .order_by(col(DeliveryDay.date))
    )
    return [day.date for day in days]
