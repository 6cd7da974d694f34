"""Fill a round sheet from the database, and remember what was printed."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from meloko.accounts.models import User
from meloko.accounts.services import audit
from meloko.catalogue.models import Producer
from meloko.catalogue.services import farms_called_at, producers_of
from meloko.customers.models import ContactPerson, Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.orders.models import Order, OrderLine
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


def fill_sheet(session: Session, round_id: int, *, public_url: str) -> RoundSheet:
    """Describe the sheet of a round whole, with the count of its day."""
    row = find_round(session, round_id)
    day = find_day(session, row.delivery_day_id)
    facts = _facts(session, row)
    count = day_count(session, day.id)
    others = [other for other in list_rounds(session, day.id) if other.id != row.id]
    depot = session.get_one(Depot, day.zone.depot_id)
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
        url=f"{public_url}/livreur/tournees/{row.id}",
        map_svg=map_of_round(session, row, depot, Mode.PAPER, width=MAP_WIDTH, height=MAP_HEIGHT),
        stops=tuple(_sheet_stop(stop, facts) for stop in row.stops),
        load=tuple(
            LoadLine(stop.position, _crates(_loaded_at_depot(stop, facts)))
            for stop in row.stops
            if stop.kind is not StopKind.FARM
        ),
        day_orders=count.orders,
        other_rounds=tuple(OtherRound(other.letter, sum(len(s.drops) for s in other.stops)) for other in others),
        exceptions=tuple(
            SheetException(
                listed.order.number,
                ", ".join(filter(None, (listed.order.customer_name, listed.order.home_commune))),
                listed.sentence,
            )
            for listed in count.exceptions
        ),
    )


def map_of_round(session: Session, row: Round, depot: Depot, mode: Mode, *, width: int = 640, height: int = 720) -> str:
    """Draw a round among our own roads, its stops numbered as on the sheet: SVG."""
    marks = [Mark(MarkKind(stop.kind.value), str(stop.position), stop.lat, stop.lon) for stop in row.stops]
    if depot.lat is not None and depot.lon is not None:
        marks.append(Mark(MarkKind.DEPOT, "D", depot.lat, depot.lon))
    title = f"Carte de la tournée {row.letter}, {len(row.stops)} arrêts"
    return round_map(session, row.way, marks, mode, title=title, width=width, height=height)


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


def note_printed(session: Session, round_id: int, *, by: int, at: dt.datetime) -> None:
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
    lines = {line.product_id for stop in row.stops for drop in stop.drops for line in drop.order.lines}
    on_the_round = {farm.id for farm in farms_called_at(session)} & set(producer_ids)
    return _Facts(
        {r.id: r for r in session.exec(select(RelayPoint).where(col(RelayPoint.id).in_(relay_ids)))},
        {c.id: c for c in session.exec(select(Customer).where(col(Customer.id).in_(customer_ids)))},
        contacts,
        {p.id: p for p in session.exec(select(Producer).where(col(Producer.id).in_(producer_ids)))},
        {product: farm for product, farm in producers_of(session, lines).items() if farm in on_the_round},
    )


def _sheet_stop(stop: Stop, facts: _Facts) -> SheetStop:
    orders = [drop.order for drop in stop.drops]
    how_to_find, contact, notes = "", Contact("", ""), ""
    persons: tuple[Contact, ...] = ()
    if stop.relay_point_id is not None:
        point = facts.relay_points[stop.relay_point_id]
        how_to_find, contact = point.driver_instructions, Contact(point.host_name, point.host_phone)
    elif stop.customer_id is not None:
        customer = facts.customers[stop.customer_id]
        contact, notes = Contact("", customer.phone or customer.other_phone), customer.doorstep_notes
        persons = tuple(Contact(person.name, person.phone) for person in facts.contacts.get(customer.id, ()))
    elif stop.producer_id is not None:
        contact = Contact("", facts.producers[stop.producer_id].phone)
    due = sum(order.total_cents for order in orders)
    at_home = stop.kind is StopKind.HOME
    return SheetStop(
        number=stop.position,
        kind=stop.kind,
        name=stop.name,
        street=stop.address,
        commune=stop.commune,
        arrival_s=stop.arrival_s,
        window_s=(stop.window_from_s, stop.window_until_s),
        leg_duration_s=stop.leg_duration_s,
        leg_distance_m=stop.leg_distance_m,
        how_to_find=how_to_find,
        contact=contact,
        doorstep_notes=notes,
        contact_persons=persons,
        orders=tuple(_drop_line(order) for order in orders),
        collect_cents=due,
        collect_words=("espèces ou chèque" if at_home else "enveloppe") if due else "",
        goods=tuple(Goods(pick_up.quantity, pick_up.name) for pick_up in stop.pick_ups),
        pay_words="rien, sur facture" if stop.kind is StopKind.FARM else "",
    )


def _drop_line(order: Order) -> DropLine:
    return DropLine(order.number, order.public_name, _crates(order.lines), order.total_cents)


def _loaded_at_depot(stop: Stop, facts: _Facts) -> Sequence[OrderLine]:
    return [line for drop in stop.drops for line in drop.order.lines if line.product_id not in facts.farm_of]


def _crates(lines: Iterable[OrderLine]) -> Crates:
    """Return whole crates, rounded up: a half-full crate is carried too."""
    ambient, chilled, frozen = crates(lines)
    return Crates(-(-ambient // 100), -(-chilled // 100), -(-frozen // 100))
