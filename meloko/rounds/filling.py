"""Fill a round sheet from the database, and remember what was printed."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from sqlmodel import Session, col, func, select

from meloko.accounts.models import User
from meloko.accounts.services import audit
from meloko.catalogue.models import Producer, Temperature
from meloko.catalogue.services import farms_called_at, producers_of
from meloko.customers.models import ContactPerson, Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.orders.models import Order, OrderLine, OrderState
from meloko.relay_points.models import Depot, RelayPoint
from meloko.roads.drawing import Mark, MarkKind, Mode
from meloko.roads.services import round_map
from meloko.rounds.models import Round, Stop, StopKind
from meloko.rounds.planning import crates
from meloko.rounds.services import day_count, find_round, list_rounds
from meloko.rounds.sheet import (
    MAP_HEIGHT,
    MAP_WIDTH,
    Contact,
    Crates,
    DropLine,
    Goods,
    LoadLine,
    OtherRound,
    RoundSheet,
    SheetException,
    SheetStop,
)

NOT_NAMED = "à nommer"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the stops of one round point to, read at once."""

    relay_points: dict[int, RelayPoint]
    customers: dict[int, Customer]
    contacts: dict[int, list[ContactPerson]]
    producers: dict[int, Producer]
    # The farm on this round where a product is taken on board, by product.
    farm_of: dict[int, int]
    # What is carried home from each farm.
    taken_at: dict[int, list[OrderLine]]
    # Orders of earlier days that still wait at a relay point, by relay point.
    uncollected: dict[int, list[str]]


class _Door(TypedDict):
    """What a sheet says of a home."""

    contact: Contact
    doorstep_notes: str
    contact_persons: tuple[Contact, ...]


def fill_sheet(session: Session, round_id: int, *, address: Callable[[Round], str]) -> RoundSheet:
    """Describe the sheet of a round whole, with the count of its day; `address` says where its code leads."""
    row = find_round(session, round_id)
    day = find_day(session, row.delivery_day_id)
    facts = _facts(session, row)
    count = day_count(session, day.id)
    others = [other for other in list_rounds(session, day.id) if other.id != row.id]
    depot = session.get_one(Depot, row.vehicle.depot_id)
    return RoundSheet(
        letter=row.letter,
        name=round_name(row),
        day=day.date,
        driver=driver_name(session, row),
        vehicle=f"{row.vehicle.name} ({row.vehicle.plate})" if row.vehicle.plate else row.vehicle.name,
        depot=", ".join(filter(None, (depot.name, depot.address))),
        departure_s=row.departure_s,
        return_s=row.return_s,
        distance_m=row.distance_m,
        return_leg_duration_s=row.return_leg_duration_s,
        return_leg_distance_m=row.return_leg_distance_m,
        version=row.version,
        replaces=_printed_before(session, row),
        url=address(row),
        map_svg=map_of_round(session, row, depot, Mode.PAPER, width=MAP_WIDTH, height=MAP_HEIGHT),
        stops=tuple(_sheet_stop(stop, facts) for stop in row.stops),
        load=tuple(
            LoadLine(stop.position, whole_crates(_loaded_at_depot(stop, facts)))
            for stop in row.stops
            if stop.kind is not StopKind.FARM
        ),
        day_orders=count.orders,
        other_rounds=tuple(
            OtherRound(other.letter, sum(len(living(stop)) for stop in other.stops)) for other in others
        ),
        exceptions=tuple(
            SheetException(
                listed.order.number,
                ", ".join(filter(None, (listed.order.customer_name, listed.order.home_commune))),
                listed.sentence,
            )
            for listed in count.exceptions
        ),
    )


def sheet_stops(session: Session, row: Round) -> tuple[SheetStop, ...]:
    """Describe the stops of a round as its sheet has them, in order."""
    facts = _facts(session, row)
    return tuple(_sheet_stop(stop, facts) for stop in row.stops)


def map_of_round(session: Session, row: Round, depot: Depot, mode: Mode, *, width: int = 640, height: int = 720) -> str:
    """Draw a round among our own roads, its stops numbered as on the sheet: SVG."""
    marks = [Mark(MarkKind(stop.kind.value), str(stop.position), stop.lat, stop.lon) for stop in row.stops]
    if depot.lat is not None and depot.lon is not None:
        marks.append(Mark(MarkKind.DEPOT, "D", depot.lat, depot.lon))
    title = f"Carte de la tournée {row.letter}, {len(row.stops)} arrêts"
    return round_map(session, row.way or _straight(row, depot), marks, mode, title=title, width=width, height=height)


def _straight(row: Round, depot: Depot) -> list[list[float]]:
    """Return the way as a crow flies: a round that a hand has just changed is not drawn on the roads yet."""
    home = [] if depot.lat is None or depot.lon is None else [[depot.lat, depot.lon]]
    return [*home, *([stop.lat, stop.lon] for stop in row.stops), *home]


def round_name(row: Round) -> str:
    """Name a round after the communes where it leaves most orders: "Locon et Hinges"."""
    communes: Counter[str] = Counter()
    for stop in row.stops:
        if stop.commune:
            communes[stop.commune] += len(stop.drops)
    return " et ".join(commune for commune, orders in communes.most_common(2) if orders) or "tournée"


def driver_name(session: Session, row: Round) -> str:
    """Return the name of the driver of a round, or that nobody is named yet."""
    if row.driver_id is None:
        return NOT_NAMED
    return session.get_one(User, row.driver_id).name


def note_printed(session: Session, round_id: int, *, by: int | None, at: dt.datetime) -> None:
    """Write down that a version of a round was printed, and by whom."""
    row = find_round(session, round_id)
    row.printed_version, row.printed_at = row.version, at
    audit(session, by, "round.printed", "round", round_id, after={"version": row.version})


def printed_before(session: Session, day: DeliveryDay) -> dict[int, tuple[int, dt.datetime]]:
    """Return the newest printed version of each round of a day and when it was printed, by round number."""
    rows = session.exec(
        select(Round.number, Round.printed_version, Round.printed_at)
        .where(col(Round.delivery_day_id) == day.id, col(Round.printed_version).is_not(None))
        .order_by(col(Round.printed_version))
    )
    return {number: (version, at) for number, version, at in rows if version is not None and at is not None}


def _printed_before(session: Session, row: Round) -> int | None:
    return session.exec(
        select(func.max(Round.printed_version)).where(
            col(Round.delivery_day_id) == row.delivery_day_id,
            col(Round.number) == row.number,
            col(Round.printed_version) < row.version,
        )
    ).one()


def _facts(session: Session, row: Round) -> _Facts:
    relay_ids = [stop.relay_point_id for stop in row.stops if stop.relay_point_id]
    customer_ids = [stop.customer_id for stop in row.stops if stop.customer_id]
    producer_ids = [stop.producer_id for stop in row.stops if stop.producer_id]
    contacts: dict[int, list[ContactPerson]] = {}
    for person in session.exec(
        select(ContactPerson)
        .where(col(ContactPerson.customer_id).in_(customer_ids))
        .order_by(col(ContactPerson.customer_id), col(ContactPerson.position))
    ):
        contacts.setdefault(person.customer_id, []).append(person)
    lines = [line for stop in row.stops for order in living(stop) for line in order.lines]
    farm_of = farms_of_goods(session, row)
    taken_at: dict[int, list[OrderLine]] = {}
    for line in lines:
        if line.product_id in farm_of:
            taken_at.setdefault(farm_of[line.product_id], []).append(line)
    customer_ids += [drop.order.customer_id for stop in row.stops for drop in stop.drops]
    return _Facts(
        {r.id: r for r in session.exec(select(RelayPoint).where(col(RelayPoint.id).in_(relay_ids)))},
        {c.id: c for c in session.exec(select(Customer).where(col(Customer.id).in_(customer_ids)))},
        contacts,
        {p.id: p for p in session.exec(select(Producer).where(col(Producer.id).in_(producer_ids)))},
        farm_of,
        taken_at,
        _uncollected(session, row, relay_ids),
    )


def farms_of_goods(session: Session, row: Round) -> dict[int, int]:
    """Return the farm on this round where a product is taken on board, by product."""
    called_at = {stop.producer_id for stop in row.stops if stop.producer_id}
    on_the_round = {farm.id for farm in farms_called_at(session)} & called_at
    asked = {line.product_id for stop in row.stops for drop in stop.drops for line in drop.order.lines}
    return {product: farm for product, farm in producers_of(session, asked).items() if farm in on_the_round}


def living(stop: Stop) -> list[Order]:
    """Return the orders left at a stop; one that was cancelled after the round was locked is no more."""
    return [drop.order for drop in stop.drops if drop.order.state is not OrderState.CANCELLED]


def _uncollected(session: Session, row: Round, relay_ids: Sequence[int]) -> dict[int, list[str]]:
    """List the orders of days before that nobody has collected yet, by relay point."""
    day = find_day(session, row.delivery_day_id)
    waiting = session.exec(
        select(Order)
        .join(DeliveryDay, col(DeliveryDay.id) == col(Order.delivery_day_id))
        .where(
            col(Order.relay_point_id).in_(relay_ids),
            col(Order.state) == OrderState.AT_RELAY,
            col(DeliveryDay.date) < day.date,
        )
        .order_by(col(Order.id))
    )
    found: dict[int, list[str]] = {}
    for order in waiting:
        if order.relay_point_id is not None:
            found.setdefault(order.relay_point_id, []).append(order.number)
    return found


def _sheet_stop(stop: Stop, facts: _Facts) -> SheetStop:
    orders = living(stop)
    due = sum(order.total_cents for order in orders)
    sheet_stop = SheetStop(
        number=stop.position,
        kind=stop.kind,
        name=stop.name,
        street=stop.address,
        commune=stop.commune,
        arrival_s=stop.arrival_s,
        window_s=(stop.window_from_s, stop.window_until_s),
        leg_duration_s=stop.leg_duration_s,
        leg_distance_m=stop.leg_distance_m,
        orders=tuple(_drop_line(order) for order in orders),
        cancelled=tuple(drop.order.number for drop in stop.drops if drop.order.state is OrderState.CANCELLED),
        # Who orders on paper hands over the next order.
        filled_forms=len({o.customer_id for o in orders if facts.customers[o.customer_id].paper_form_wanted}),
        collect_cents=due,
    )
    if stop.relay_point_id is not None:
        point = facts.relay_points[stop.relay_point_id]
        return replace(
            sheet_stop,
            how_to_find=point.driver_instructions,
            contact=Contact(point.host_name, point.host_phone),
            uncollected=tuple(facts.uncollected.get(point.id, ())),
            collect_words="enveloppe" if due else "",
        )
    if stop.customer_id is not None:
        return replace(
            sheet_stop, collect_words="espèces, chèque" if due else "", **_at_the_door(stop.customer_id, orders, facts)
        )
    if stop.producer_id is not None:
        return replace(
            sheet_stop,
            contact=Contact("", facts.producers[stop.producer_id].phone),
            goods=tuple(Goods(pick_up.quantity, pick_up.name) for pick_up in stop.pick_ups),
            goods_crates=whole_crates(facts.taken_at.get(stop.producer_id, ())),
            pay_words="rien, sur facture",
        )
    return sheet_stop


def _at_the_door(customer_id: int, orders: Sequence[Order], facts: _Facts) -> _Door:
    """Say whom to ring for, what to know at the door and whom to call when nobody answers."""
    customer = facts.customers[customer_id]
    numbers = dict.fromkeys(filter(None, (customer.phone, customer.other_phone)))
    return {
        "contact": Contact("", " ou ".join(numbers)),
        # What was written with an order is for this day; each sentence becomes a tag.
        "doorstep_notes": "\n".join(filter(None, (customer.doorstep_notes, *(order.note for order in orders)))),
        "contact_persons": tuple(Contact(person.name, person.phone) for person in facts.contacts.get(customer.id, ())),
    }


def _drop_line(order: Order) -> DropLine:
    return DropLine(order.number, order.public_name, whole_crates(order.lines), order.total_cents)


def _loaded_at_depot(stop: Stop, facts: _Facts) -> Sequence[OrderLine]:
    return [line for order in living(stop) for line in order.lines if line.product_id not in facts.farm_of]


def whole_crates(lines: Iterable[OrderLine]) -> Crates:
    """Return whole crates, or bags of one order: a half-full one is carried too, and so is one of next to nothing."""
    lines = list(lines)
    there = {line.temperature for line in lines}
    rooms = zip(Temperature, crates(lines), strict=True)
    return Crates(*(max(1, -(-room // 100)) if temperature in there else 0 for temperature, room in rooms))
