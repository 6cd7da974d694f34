"""Read all that the planner needs of a day: orders by place, farms, vehicles that are free, habits, what was learnt."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from meloko.catalogue.models import Producer
from meloko.catalogue.services import farms_called_at, producers_of
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.errors import Refusal
from meloko.orders.models import Order, OrderLine
from meloko.orders.services import orders_of_day
from meloko.relay_points.hours import Span, UnreadableHours, spans_on
from meloko.relay_points.models import Depot, RelayPoint
from meloko.relay_points.services import why_closed
from meloko.roads.models import Addressed, Precision
from meloko.rounds.habits import Habits, habits_of, place_id, vehicle_id
from meloko.rounds.learnt import Learnt, what_is_learnt
from meloko.rounds.models import Drop, Round, RoundState, Stop, StopKind, Vehicle, VehicleZone
from routing.problem import Before, First, Habit, Last, OnVehicle, Pin

LONGEST_DAY_S = 36_000
# Between two rounds of one vehicle: unload, load, drink something.
RELOAD_S = 1_800
# A gap between rounds that is shorter than this is no round.
_SHORTEST_TRIP_S = 3_600
# A commune is no door: a home that is placed no better than that is not driven to.
GOOD_ENOUGH = frozenset({Precision.HAND, Precision.HOUSENUMBER, Precision.STREET})


class DepotNotPlaced(Refusal):
    """A depot without a point: no round can start."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Le dépôt « {name} » n’est pas placé sur la carte : aucune tournée ne peut en partir.")


@dataclass(frozen=True, slots=True)
class Call:
    """A place to call at on the day: a relay point, a home or a farm."""

    id: str
    kind: StopKind
    owner_id: int
    name: str
    where: Addressed
    windows: tuple[Span, ...]
    orders: tuple[Order, ...] = ()

    @property
    def point(self) -> tuple[float, float] | None:
        """Return latitude and longitude, or None when nobody knows them well enough."""
        if self.where.lat is None or self.where.lon is None or self.where.precision not in GOOD_ENOUGH:
            return None
        return self.where.lat, self.where.lon


@dataclass(frozen=True, slots=True)
class FreeVehicle:
    """A vehicle in a span of the day in which nothing else needs it; `trip` counts the spans of one vehicle from 1."""

    vehicle: Vehicle
    depot: Depot
    from_s: int
    until_s: int
    longest_s: int
    trip: int = 1

    @property
    def id(self) -> str:
        """Return its id in the problem."""
        own = vehicle_id(self.vehicle.id)
        return own if self.trip == 1 else f"{own}:{self.trip}"


@dataclass(frozen=True, slots=True)
class DayToPlan:
    """All that the planner needs of a day, read in one transaction."""

    day: DeliveryDay
    depot: Depot
    vehicles: tuple[FreeVehicle, ...]
    calls: tuple[Call, ...]
    farms: tuple[Call, ...]
    producer_of: Mapping[int, int] = field(repr=False)
    habits: Habits
    learnt: Learnt
    # The rounds as they are planned, where they may still change: visits by vehicle, in order.
    planned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # The hour and the vehicle that each place has in them.
    planned_hours: Mapping[str, Habit] = field(default_factory=dict)
    # Where staff have fixed places in them.
    pins: tuple[Pin, ...] = ()

    def point_of(self) -> dict[str, tuple[float, float]]:
        """Return the points of all places that have one, by the id of the place, the depots first."""
        points = {}
        for depot in (self.depot, *(free.depot for free in self.vehicles)):
            if depot.lat is None or depot.lon is None:
                raise DepotNotPlaced(depot.name)
            points[depot_id(depot)] = depot.lat, depot.lon
        points.update((call.id, call.point) for call in (*self.calls, *self.farms) if call.point is not None)
        return points

    def farm_lines(self, orders: Iterable[Order], farm: int) -> list[OrderLine]:
        """Return the lines whose goods are picked up at one farm."""
        return [line for order in orders for line in order.lines if self.producer_of.get(line.product_id) == farm]


def depot_id(depot: Depot) -> str:
    """Return the id of a depot in the problem."""
    return f"depot:{depot.id}"


def gather_day(session: Session, day_id: int) -> DayToPlan:
    """Read the day: its orders by place, without those of locked rounds, and the vehicles that are free."""
    day = find_day(session, day_id)
    taken = select(Drop.order_id).join(Stop).join(Round).where(_locked(day_id))
    locked_orders = set(session.exec(taken))
    orders = [o for o in orders_of_day(session, day_id) if not o.to_decide and o.id not in locked_orders]
    planned = _planned(session, day_id)
    producer_of = producers_on_the_way(session, orders)
    used = set(producer_of.values())
    return DayToPlan(
        day=day,
        depot=session.get_one(Depot, day.zone.depot_id),
        vehicles=tuple(free_vehicles(session, day)),
        calls=(*_relay_calls(day, orders), *_home_calls(day, orders)),
        farms=tuple(farm_call(day, farm) for farm in farms_called_at(session) if farm.id in used),
        producer_of=producer_of,
        habits=habits_of(session, day),
        learnt=what_is_learnt(session),
        planned=_orders(planned),
        planned_hours=_hours(planned),
        pins=tuple(_pins(planned)),
    )


def free_vehicles(session: Session, day: DeliveryDay) -> Iterator[FreeVehicle]:
    """Find the vehicles of the zone in the spans that other rounds of the date leave them."""
    lent = select(VehicleZone.vehicle_id).where(col(VehicleZone.zone_id) == day.zone_id)
    rows = session.exec(
        select(Vehicle, Depot)
        .join(Depot, col(Depot.id) == col(Vehicle.depot_id))
        .where(
            col(Vehicle.active),
            or_(col(Vehicle.depot_id) == day.zone.depot_id, col(Vehicle.id).in_(lent)),
        )
        .order_by(col(Vehicle.id))
    ).all()
    busy = busy_spans(session, day)
    for vehicle, depot in rows:
        whole = FreeVehicle(vehicle, depot, _seconds(vehicle.works_from), _seconds(vehicle.works_until), LONGEST_DAY_S)
        yield from trips_of(whole, busy.get(vehicle.id, ()))


def trips_of(whole: FreeVehicle, busy: Sequence[Span]) -> list[FreeVehicle]:
    """Return what is left of a vehicle's day beside the rounds it drives."""
    at_s, longest_s, spans = whole.from_s, whole.longest_s, []
    for span in sorted(busy):
        spans.append((at_s, span.from_s - RELOAD_S))
        at_s = max(at_s, span.until_s + RELOAD_S)
        longest_s -= span.until_s - span.from_s
    spans.append((at_s, whole.until_s))
    long_enough = [(start, until) for start, until in spans if until - start >= _SHORTEST_TRIP_S]
    return [
        replace(whole, from_s=start, until_s=until, longest_s=max(0, longest_s), trip=trip)
        for trip, (start, until) in enumerate(long_enough if busy else spans, 1)
    ]


def busy_spans(session: Session, day: DeliveryDay) -> dict[int, list[Span]]:
    """Return when vehicles are away on a date: on rounds of other zones, and on those of this day that are locked."""
    rows = session.exec(
        select(Round.vehicle_id, Round.departure_s, Round.return_s)
        .join(DeliveryDay, col(DeliveryDay.id) == col(Round.delivery_day_id))
        .where(
            col(Round.current),
            col(DeliveryDay.date) == day.date,
            or_(col(DeliveryDay.id) != day.id, col(Round.state) != RoundState.PLANNED),
        )
    )
    busy: dict[int, list[Span]] = {}
    for vehicle, departure_s, return_s in rows:
        busy.setdefault(vehicle, []).append(Span(departure_s, return_s))
    return busy


def _locked(day_id: int) -> ColumnElement[bool]:
    return and_(
        col(Round.delivery_day_id) == day_id, col(Round.current).is_(True), col(Round.state) != RoundState.PLANNED
    )


def _planned(session: Session, day_id: int) -> Sequence[Round]:
    """Return the rounds that may still be rewritten."""
    return session.exec(
        select(Round)
        .where(col(Round.delivery_day_id) == day_id, col(Round.current), col(Round.state) == RoundState.PLANNED)
        .options(selectinload(Round.stops))
        .order_by(col(Round.departure_s), col(Round.number))
    ).all()


def _orders(rows: Sequence[Round]) -> dict[str, tuple[str, ...]]:
    """Return the visits by vehicle; a vehicle's second round has no order to keep."""
    orders: dict[str, tuple[str, ...]] = {}
    for row in rows:
        orders.setdefault(vehicle_id(row.vehicle_id), tuple(place_id(stop.kind, stop.owner_id) for stop in row.stops))
    return orders


def _hours(rows: Sequence[Round]) -> dict[str, Habit]:
    """Return the hour and the vehicle of each place, as something to keep."""
    return {
        place_id(stop.kind, stop.owner_id): Habit(stop.arrival_s, vehicle_id(row.vehicle_id), 1)
        for row in rows
        for stop in row.stops
    }


def _pins(rows: Sequence[Round]) -> Iterator[Pin]:
    """Find what staff have fixed: a place on its vehicle, before the next fixed one, at an end if it stands there.

    A vehicle's second round has no id before the first is planned: what is fixed in it is free again.
    """
    begun: set[int] = set()
    for row in rows:
        if row.vehicle_id in begun:
            continue
        begun.add(row.vehicle_id)
        drops = [stop for stop in row.stops if stop.kind is not StopKind.FARM]
        fixed = [place_id(stop.kind, stop.owner_id) for stop in drops if stop.pinned]
        yield from (OnVehicle(place, vehicle_id(row.vehicle_id)) for place in fixed)
        yield from (Before(place, then) for place, then in pairwise(fixed))
        if drops and drops[0].pinned:
            yield First(fixed[0])
        if drops and drops[-1].pinned and row.stops[-1] is drops[-1]:
            yield Last(fixed[-1])


def producers_on_the_way(session: Session, orders: Sequence[Order]) -> dict[int, int]:
    """Return the farm of each product that is picked up on the round."""
    ids = {line.product_id for order in orders for line in order.lines}
    farms = {farm.id for farm in farms_called_at(session)}
    return {product: producer for product, producer in producers_of(session, ids).items() if producer in farms}


def _relay_calls(day: DeliveryDay, orders: Sequence[Order]) -> list[Call]:
    served = {row.relay_point_id: row.relay_point for row in day.relay_points}
    by_relay: dict[int, list[Order]] = {}
    for order in orders:
        if order.relay_point_id is not None:
            by_relay.setdefault(order.relay_point_id, []).append(order)
    return [relay_call(day, served[relay_id], group) for relay_id, group in sorted(by_relay.items())]


def relay_call(day: DeliveryDay, point: RelayPoint, orders: Sequence[Order]) -> Call:
    """Describe a relay point as a place to call at."""
    closed = why_closed(point, day.date) is not None
    return Call(
        id=place_id(StopKind.RELAY, point.id),
        kind=StopKind.RELAY,
        owner_id=point.id,
        name=point.name,
        where=point,
        windows=() if closed else spans_on(point.van_hours, day.date),
        orders=tuple(orders),
    )


def _home_calls(day: DeliveryDay, orders: Sequence[Order]) -> list[Call]:
    by_home: dict[int, list[Order]] = {}
    for order in orders:
        if order.home:
            by_home.setdefault(order.recipient_id, []).append(order)
    return [home_call(day, group[0].recipient, group) for _, group in sorted(by_home.items())]


def home_call(day: DeliveryDay, customer: Customer, orders: Sequence[Order]) -> Call:
    """Describe a home as a place to call at."""
    return Call(
        id=place_id(StopKind.HOME, customer.id),
        kind=StopKind.HOME,
        owner_id=customer.id,
        name=customer.full_name,
        where=customer,
        windows=(Span(_seconds(day.homes_from), _seconds(day.homes_until)),),
        orders=tuple(orders),
    )


def farm_call(day: DeliveryDay, farm: Producer) -> Call:
    """Describe a farm as a place to call at."""
    try:
        windows = spans_on(farm.pickup_hours, day.date)
    except UnreadableHours:
        # Its drops are then left out with the farm named, and staff see what to correct.
        windows = ()
    return Call(
        id=place_id(StopKind.FARM, farm.id),
        kind=StopKind.FARM,
        owner_id=farm.id,
        name=farm.name,
        where=farm,
        windows=windows,
    )


def _seconds(hour: dt.time) -> int:
    return hour.hour * 3600 + hour.minute * 60
