"""Make, change, pause and stop standing orders."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, delete, select

from meloko.accounts.services import audit
from meloko.catalogue.models import Product
from meloko.clock import now, today
from meloko.customers.models import Customer
from meloko.errors import NotFound, Refusal
from meloko.languages import say
from meloko.orders.drafting import AddressMissing, AdultMissing, NothingOrdered
from meloko.orders.models import MOST_OF_ONE_PRODUCT, Order, OrderState, Substitution
from meloko.orders.neighbours import check_may_order_for
from meloko.orders.writing import TooMany
from meloko.relay_points.models import RelayPoint, Zone
from meloko.standing_orders.models import Absence, StandingLine, StandingOrder, StandingRun
from meloko.standing_orders.placing import ask_again
from meloko.standing_orders.repeating import OnHoliday, Rhythm
from meloko.standing_orders.services import customer_signed_in, find_standing_order

_MOST_ABSENCES = 50
_LONGEST = dt.timedelta(days=730)


class NoWeekday(Refusal):
    """A standing order without a day of the week."""

    status = 422
    field = "weekdays"

    def __init__(self) -> None:
        super().__init__(say("Cochez au moins un jour de la semaine."))


class FirstDayNonsense(Refusal):
    """A first day that has passed, or that nobody can plan for."""

    status = 422
    field = "first_day"

    def __init__(self) -> None:
        super().__init__(say("Choisissez un premier jour à partir d’aujourd’hui, dans les deux ans."))


class PlaceNonsense(Refusal):
    """A place that is none, or no longer in service."""

    status = 422
    field = "place"

    def __init__(self) -> None:
        super().__init__(say("Choisissez l’un des lieux proposés."))


class AbsenceNonsense(Refusal):
    """A pause that ends before it begins, has passed, or never ends."""

    status = 422
    field = "last_day"

    def __init__(self) -> None:
        super().__init__(
            say("Donnez le premier et le dernier jour de la pause : le dernier ne vient pas avant le premier.")
        )


class AlreadyStopped(Refusal):
    """A standing order that was stopped."""

    def __init__(self) -> None:
        super().__init__(say("Cette commande régulière est arrêtée. Faites-en une nouvelle."))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A standing order as its customer wants it; without a relay point it goes home, in a zone."""

    quantities: Mapping[int, int]
    rhythm: Rhythm
    weekdays: frozenset[int]
    first_day: dt.date
    relay_point_id: int | None = None
    zone_id: int = 0
    recipient_id: int | None = None
    on_holiday: OnHoliday = OnHoliday.MOVE
    substitution: Substitution = Substitution.REMOVE
    note: str = ""
    adult_declared: bool = False


def start_standing_order(session: Session, user_id: int, wanted: Wanted) -> StandingOrder:
    """Make a standing order; the days that are open already are asked for at once."""
    customer = customer_signed_in(session, user_id)
    standing = StandingOrder(
        customer_id=customer.id,
        recipient_id=customer.id,
        zone_id=0,
        rhythm=wanted.rhythm,
        weekdays=[],
        first_day=wanted.first_day,
    )
    if not today() <= wanted.first_day <= today() + _LONGEST:
        raise FirstDayNonsense
    _write(session, customer, standing, wanted)
    audit(session, user_id, "standing_order.made", "standing_order", standing.id)
    ask_again(session, standing.zone_id)
    return standing


def change_standing_order(session: Session, user_id: int, standing_order_id: int, wanted: Wanted) -> StandingOrder:
    """Change a standing order; orders that were placed already stay as they are."""
    standing = _going_on(session, user_id, standing_order_id)
    moved = wanted.first_day != standing.first_day
    if moved and not today() <= wanted.first_day <= today() + _LONGEST:
        raise FirstDayNonsense
    _write(session, customer_signed_in(session, user_id), standing, wanted)
    audit(session, user_id, "standing_order.changed", "standing_order", standing.id)
    ask_again(session, standing.zone_id)
    return standing


def pause(session: Session, user_id: int, standing_order_id: int, first_day: dt.date, last_day: dt.date) -> list[Order]:
    """Pause a standing order from one day to another; return what was placed already for these days and stays."""
    standing = _going_on(session, user_id, standing_order_id)
    if not max(first_day, today()) <= last_day <= today() + _LONGEST or len(standing.absences) >= _MOST_ABSENCES:
        raise AbsenceNonsense
    if all((each.first_day, each.last_day) != (first_day, last_day) for each in standing.absences):
        session.add(Absence(standing_order_id=standing.id, first_day=first_day, last_day=last_day))
        days: dict[str, object] = {"first_day": str(first_day), "last_day": str(last_day)}
        audit(session, user_id, "standing_order.paused", "standing_order", standing.id, after=days)
        session.flush()
    placed = (
        select(Order)
        .join(StandingRun, col(StandingRun.order_id) == col(Order.id))
        .where(
            col(StandingRun.standing_order_id) == standing.id,
            col(StandingRun.planned_for).between(first_day, last_day),
            col(Order.state) == OrderState.PLACED,
        )
    )
    return list(session.exec(placed))


def take_up(session: Session, user_id: int, standing_order_id: int, absence_id: int) -> None:
    """Take a pause back; taking it back again is no harm."""
    standing = _going_on(session, user_id, standing_order_id)
    session.exec(delete(Absence).where(col(Absence.id) == absence_id, col(Absence.standing_order_id) == standing.id))
    audit(session, user_id, "standing_order.taken_up", "standing_order", standing.id)
    ask_again(session, standing.zone_id)


def stop(session: Session, user_id: int, standing_order_id: int) -> None:
    """Stop a standing order for good; stopping it again is no harm."""
    standing = find_standing_order(session, user_id, standing_order_id)
    if standing.stopped_at is None:
        standing.stopped_at = now()
        audit(session, user_id, "standing_order.stopped", "standing_order", standing.id)


def _going_on(session: Session, user_id: int, standing_order_id: int) -> StandingOrder:
    standing = find_standing_order(session, user_id, standing_order_id)
    if standing.stopped_at is not None:
        raise AlreadyStopped
    return standing


def _write(session: Session, customer: Customer, standing: StandingOrder, wanted: Wanted) -> None:
    if not wanted.weekdays or not wanted.weekdays <= set(range(7)):
        raise NoWeekday
    _check_goods(session, wanted)
    recipient = customer
    if wanted.recipient_id is not None and wanted.recipient_id != customer.id:
        check_may_order_for(session, customer.id, wanted.recipient_id)
        recipient = session.get_one(Customer, wanted.recipient_id)
    standing.recipient_id = recipient.id
    standing.relay_point_id, standing.home = wanted.relay_point_id, wanted.relay_point_id is None
    standing.zone_id = _zone(session, wanted, recipient)
    standing.rhythm, standing.weekdays = wanted.rhythm, sorted(wanted.weekdays)
    standing.first_day, standing.on_holiday = wanted.first_day, wanted.on_holiday
    standing.substitution, standing.note = wanted.substitution, wanted.note
    standing.adult_declared = wanted.adult_declared
    session.add(standing)
    session.flush()
    session.exec(delete(StandingLine).where(col(StandingLine.standing_order_id) == standing.id))
    for product_id, quantity in sorted(wanted.quantities.items()):
        session.add(StandingLine(standing_order_id=standing.id, product_id=product_id, quantity=quantity))
    session.flush()


def _check_goods(session: Session, wanted: Wanted) -> None:
    if not wanted.quantities:
        raise NothingOrdered
    if not all(1 <= quantity <= MOST_OF_ONE_PRODUCT for quantity in wanted.quantities.values()):
        raise TooMany
    found = session.exec(select(Product).where(col(Product.id).in_(wanted.quantities))).all()
    if len(found) != len(wanted.quantities):
        raise NotFound
    if not wanted.adult_declared and any(product.alcohol for product in found):
        raise AdultMissing


def _zone(session: Session, wanted: Wanted, recipient: Customer) -> int:
    if wanted.relay_point_id is not None:
        point = session.get(RelayPoint, wanted.relay_point_id)
        if point is None or not point.active:
            raise PlaceNonsense
        return point.zone_id
    if session.get(Zone, wanted.zone_id) is None:
        raise PlaceNonsense
    if not (recipient.address and recipient.commune):
        raise AddressMissing
    return wanted.zone_id
