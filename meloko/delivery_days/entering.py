"""Enter a delivery day with an order: through the gate, in time, to a place that is served and has room."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Integer, and_, bindparam, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from meloko.db import Table, gate
from meloko.delivery_days.models import DayRelayPoint, DayState, DeliveryDay
from meloko.delivery_days.services import enters_in_time
from meloko.errors import NotFound, Refusal
from meloko.languages import say
from meloko.relay_points.models import RelayClosure, RelayPoint, Zone
from meloko.relay_points.services import why_closed
from meloko.wording import day_words

DAY = Table.metadata.tables["delivery_day"]
DAY_RELAY_POINT = Table.metadata.tables["day_relay_point"]

_DAY_AND_RELAY = (
    select(DeliveryDay, Zone, RelayPoint, RelayClosure)
    .join(Zone, col(Zone.id) == col(DeliveryDay.zone_id))
    .outerjoin(
        DayRelayPoint,
        and_(
            col(DayRelayPoint.delivery_day_id) == col(DeliveryDay.id),
            col(DayRelayPoint.relay_point_id) == bindparam("relay", type_=Integer),
        ),
    )
    .outerjoin(RelayPoint, col(RelayPoint.id) == col(DayRelayPoint.relay_point_id))
    .outerjoin(
        RelayClosure,
        and_(
            col(RelayClosure.relay_point_id) == col(RelayPoint.id),
            col(RelayClosure.first_day) <= col(DeliveryDay.date),
            col(RelayClosure.last_day) >= col(DeliveryDay.date),
        ),
    )
    .where(col(DeliveryDay.id) == bindparam("day"))
    .limit(1)
    .execution_options(populate_existing=True)
)
_TAKE_ROOM = (
    update(DAY_RELAY_POINT)
    .where(
        DAY_RELAY_POINT.c.delivery_day_id == bindparam("day"),
        DAY_RELAY_POINT.c.relay_point_id == bindparam("relay"),
        DAY_RELAY_POINT.c.taken_hundredths + bindparam("crates") <= DAY_RELAY_POINT.c.capacity_hundredths,
        DAY_RELAY_POINT.c.chilled_taken_hundredths + bindparam("chilled")
        <= DAY_RELAY_POINT.c.chilled_capacity_hundredths,
    )
    .values(
        taken_hundredths=DAY_RELAY_POINT.c.taken_hundredths + bindparam("crates"),
        chilled_taken_hundredths=DAY_RELAY_POINT.c.chilled_taken_hundredths + bindparam("chilled"),
    )
)


class DayClosed(Refusal):
    """The order window of the day has closed."""

    def __init__(self, day: DeliveryDay) -> None:
        super().__init__(
            say(
                "Les commandes pour {day} sont closes. Votre commande est gardée : choisissez un autre jour de"
                " livraison.",
                day=day_words(day.date),
            )
        )


class DayNotOpenYet(Refusal):
    """The order window of the day has not opened yet."""

    def __init__(self, day: DeliveryDay) -> None:
        super().__init__(
            say(
                "Les commandes pour {day} ne sont pas encore ouvertes. Choisissez un autre jour.",
                day=day_words(day.date),
            )
        )


class ReceivedTooLate(Refusal):
    """A paper or a call that was received after the cut-off."""

    status = 422
    field = "received_at"

    def __init__(self, day: DeliveryDay) -> None:
        super().__init__(
            f"Reçue après la clôture ({day.cut_off_local}) : elle ne peut pas partir {day_words(day.date)}."
        )


class RelayNotServed(Refusal):
    """A relay point that is not served on the day, with the reason."""

    field = "place"

    def __init__(self, reason: str) -> None:
        super().__init__(say("{reason}. Choisissez un autre lieu, le reste de la commande est gardé.", reason=reason))


class RelayFull(Refusal):
    """A relay point without enough room left."""

    field = "place"

    def __init__(self, name: str) -> None:
        super().__init__(
            say(
                "{name} n’a plus assez de place ce jour-là. Choisissez un autre lieu, la commande est gardée.",
                name=name,
            )
        )


class HomesNotServed(Refusal):
    """A day on which nobody is delivered at home."""

    field = "place"

    def __init__(self) -> None:
        super().__init__(say("Ce jour-là, nous ne livrons pas à la maison. Choisissez un point relais."))


@dataclass(frozen=True, slots=True)
class Entry:
    """How an order came into its day: in time, or keyed late from a paper that was in time."""

    day: DeliveryDay
    late: bool
    to_decide: bool
    zone: Zone
    # The relay point that was named, if it serves the day at all.
    relay_point: RelayPoint | None = None

    @property
    def charging(self) -> Zone | RelayPoint:
        """Return what says the fee and the minimum: the relay point, or the zone for homes."""
        return self.relay_point or self.zone

    def served_relay(self) -> RelayPoint:
        """Return the relay point that was named, or refuse with the reason why it cannot serve the day."""
        if self.relay_point is None:
            raise RelayNotServed(say("Ce point relais n’est pas servi ce jour-là"))
        reason = why_closed(self.relay_point, self.day.date)
        if reason is not None:
            raise RelayNotServed(reason)
        return self.relay_point


def check_relay_served(day: DeliveryDay, relay_point_id: int) -> RelayPoint:
    """Refuse a relay point that does not serve the day, with the reason; return it otherwise."""
    for served in day.relay_points:
        if served.relay_point_id == relay_point_id:
            reason = why_closed(served.relay_point, day.date)
            if reason is not None:
                raise RelayNotServed(reason)
            return served.relay_point
    raise RelayNotServed(say("Ce point relais n’est pas servi ce jour-là"))


def enter_day(
    session: Session,
    day_id: int,
    *,
    received_at: dt.datetime,
    begun_at: dt.datetime | None,
    by_staff: bool,
    relay_point_id: int | None = None,
) -> Entry:
    """Enter a delivery day with an order, or refuse.

    The gate comes first and the day is read after it, so that an order is wholly before the closing or after.
    A web order counts from the moment its basket was begun, if that was no longer ago than the grace.
    """
    gate(session, day_id, shared=True)
    day, zone, relay_point = _read(session, day_id, relay_point_id)
    if received_at < day.opens_at:
        raise DayNotOpenYet(day)
    if enters_in_time(day, received_at, begun_at):
        return Entry(day, late=False, to_decide=False, zone=zone, relay_point=relay_point)
    if not by_staff or day.state in (DayState.DELIVERED, DayState.SETTLED):
        raise DayClosed(day)
    if received_at > day.cut_off_at:
        raise ReceivedTooLate(day)
    return Entry(day, late=True, to_decide=day.rounds_locked, zone=zone, relay_point=relay_point)


def _read(session: Session, day_id: int, relay_point_id: int | None) -> tuple[DeliveryDay, Zone, RelayPoint | None]:
    """Read the day and, in the same question, the relay point if the day serves it, with the closure that matters."""
    found = session.exec(_DAY_AND_RELAY, params={"day": day_id, "relay": relay_point_id}).first()
    if found is None:
        raise NotFound("Ce jour de livraison n’existe pas.")
    day, zone, relay_point, closure = found
    if relay_point is not None:
        # Only the closure that matters was read: the point need not be asked again for all of them.
        set_committed_value(relay_point, "closures", [closure] if closure is not None else [])
    return day, zone, relay_point


def touch_day(session: Session, day_id: int) -> None:
    """Say that the orders of a closed day changed: a plan made before is stale."""
    session.connection().execute(
        update(DAY)
        .where(DAY.c.id == day_id, DAY.c.state != DayState.OPEN)
        .values(input_version=DAY.c.input_version + 1)
    )


def take_room(session: Session, day_id: int, relay_point_id: int, crates: int, chilled: int) -> None:
    """Take room at a relay point, in hundredths of crates, or refuse when there is not enough left."""
    taken = session.connection().execute(
        _TAKE_ROOM, {"day": day_id, "relay": relay_point_id, "crates": crates, "chilled": chilled}
    )
    if taken.rowcount != 1:
        raise RelayFull(session.get_one(RelayPoint, relay_point_id).name)


def give_room_back(session: Session, day_id: int, relay_point_id: int, crates: int, chilled: int) -> None:
    """Give room at a relay point back, in hundredths of crates."""
    session.connection().execute(
        update(DAY_RELAY_POINT)
        .where(
            DAY_RELAY_POINT.c.delivery_day_id == day_id,
            DAY_RELAY_POINT.c.relay_point_id == relay_point_id,
        )
        .values(
            taken_hundredths=DAY_RELAY_POINT.c.taken_hundredths - crates,
            chilled_taken_hundredths=DAY_RELAY_POINT.c.chilled_taken_hundredths - chilled,
        )
    )
