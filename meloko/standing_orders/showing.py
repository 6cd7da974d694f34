"""Standing orders as their pages show them: what comes next, in words, and what to choose from."""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, and_, col, or_, select

from meloko.catalogue.models import Product
from meloko.clock import today
from meloko.customers.models import Customer
from meloko.languages import say
from meloko.orders.basket import basket_view
from meloko.orders.habits import habit_of
from meloko.relay_points.models import RelayPoint, Zone
from meloko.standing_orders.models import StandingLine, StandingOrder, StandingRun
from meloko.standing_orders.repeating import Occurrence, Rhythm, occurrences
from meloko.standing_orders.services import (
    absent,
    customer_signed_in,
    find_standing_order,
    household,
    repeat_of,
    standing_orders_of,
)
from meloko.wording import day_words, weekday_words

_NEXT = 3
# Nobody reads further: a pause of years is one line, and a rhythm without any free day ends here.
_AHEAD = dt.timedelta(days=1_200)


@dataclass(frozen=True, slots=True)
class Coming:
    """One line of what comes next: a day and, when something is unusual about it, why."""

    day: dt.date
    words: str = ""
    comes: bool = True
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A standing order and its next days."""

    standing: StandingOrder
    rhythm: str
    place: str
    coming: tuple[Coming, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a standing order can be made from."""

    customer: Customer
    products: tuple[tuple[Product, int], ...]
    places: tuple[tuple[str, str], ...]
    people: tuple[Customer, ...]
    standing: StandingOrder | None = None

    @property
    def alcohol(self) -> bool:
        """Tell whether any of the goods is alcohol."""
        return any(product.alcohol for product, _ in self.products)


def own_standing_orders(session: Session, user_id: int) -> list[Shown]:
    """Gather the standing orders of who is signed in."""
    customer_signed_in(session, user_id)
    return [_shown(standing) for standing in standing_orders_of(session, user_id)]


def own_standing_order(session: Session, user_id: int, standing_order_id: int) -> Shown:
    """Gather one standing order of who is signed in."""
    return _shown(find_standing_order(session, user_id, standing_order_id))


def choices(session: Session, token: str, user_id: int, standing_order_id: int | None = None) -> Choices:
    """Gather what a standing order can be made from: its own goods, those chosen now, those ordered last."""
    customer, standing, people = household(session, user_id, standing_order_id)
    last = habit_of(session, user_id).last
    # What she ordered last is suggested; to a standing order that is there already, only offered.
    quantities = dict.fromkeys(last, 0) if standing else dict(last)
    quantities |= basket_view(session, token, None).in_bag(None)
    products = session.exec(
        select(Product, col(StandingLine.quantity))
        .outerjoin(
            StandingLine,
            and_(
                col(StandingLine.product_id) == col(Product.id),
                col(StandingLine.standing_order_id) == standing_order_id,
            ),
        )
        .where(or_(col(Product.id).in_(quantities), col(StandingLine.id).is_not(None)))
        .order_by(col(Product.position), col(Product.code))
    )
    return Choices(
        customer,
        tuple((product, quantities[product.id] if own is None else own) for product, own in products),
        _places(session),
        tuple(people),
        standing,
    )


def _places(session: Session) -> tuple[tuple[str, str], ...]:
    """Return where a standing order may go, each with its words: relay points by commune, then homes by zone."""
    rows = session.exec(
        select(Zone, RelayPoint)
        .outerjoin(RelayPoint, and_(col(RelayPoint.zone_id) == col(Zone.id), col(RelayPoint.active)))
        .order_by(col(RelayPoint.commune), col(RelayPoint.id))
    ).all()
    zones = sorted({zone.id: zone for zone, _ in rows}.values(), key=lambda zone: zone.name)
    relays = [(str(point.id), f"{point.name}, {point.commune}") for _, point in rows if point is not None]
    return (*relays, *((f"home-{zone.id}", _at_home(zone, len(zones))) for zone in zones))


def rhythm_words(standing: StandingOrder) -> str:
    """Say a rhythm: "chaque semaine, le jeudi", "chaque mois, le 1er jeudi"."""
    days = ", ".join(weekday_words(day) for day in standing.weekdays)
    if standing.rhythm is Rhythm.WEEKLY:
        return say("chaque semaine, le {days}", days=days)
    if standing.rhythm is Rhythm.FORTNIGHTLY:
        return say("une semaine sur deux, le {days}", days=days)
    rank = (standing.first_day.day - 1) // 7
    which = (say("1er"), say("2e"), say("3e"), say("4e"), say("dernier"))[rank]
    return say("chaque mois, le {which} {days}", which=which, days=days)


def next_days(standing: StandingOrder, since: dt.date) -> tuple[Coming, ...]:
    """Return the next three days that bring something, and what falls away before them, each with its reason."""
    if standing.stopped_at is not None:
        return ()
    placed = {run.planned_for: run for run in standing.runs}
    lines: list[Coming] = []
    pauses: set[int] = set()
    for each in occurrences(repeat_of(standing), since):
        if each.planned_for > since + _AHEAD or sum(line.comes for line in lines) == _NEXT:
            break
        pause = absent(standing, each.on or each.planned_for)
        if pause is None:
            lines.append(_line(each, placed.get(each.planned_for)))
        elif pause.id not in pauses:
            pauses.add(pause.id)
            words = say("en pause jusqu’au {day}", day=day_words(pause.last_day))
            lines.append(Coming(each.planned_for, words, comes=False))
    return tuple(lines)


def _line(each: Occurrence, run: StandingRun | None) -> Coming:
    words = ""
    if each.on is None:
        return Coming(each.planned_for, say("férié ({name}) : rien ce jour-là", name=each.holiday), comes=False)
    if each.on != each.planned_for:
        words = say("au lieu de {day}, férié ({name})", day=day_words(each.planned_for), name=each.holiday)
    if run is not None and run.order_id is None:
        return Coming(each.on, run.reason, comes=False)
    return Coming(each.on, words, order_id=run.order_id if run else None)


def _shown(standing: StandingOrder) -> Shown:
    place = standing.relay_point.name if standing.relay_point else say("À la maison")
    return Shown(standing, rhythm_words(standing), place, next_days(standing, today()))


def _at_home(zone: Zone, zones: int) -> str:
    return say("À la maison, secteur de {zone}", zone=zone.name) if zones > 1 else say("À la maison")
