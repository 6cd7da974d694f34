"""A day of orders becomes a routing problem; nothing here searches, nothing here writes."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from meloko.catalogue.models import Producer, Temperature
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
from meloko.rounds.models import Drop, Round, RoundState, Stop, StopKind, Vehicle
from routing import problem as planner
from routing.travel import TravelMatrix

HOME_S = 300
RELAY_S = 480
RELAY_A_CRATE_S = 20
FARM_S = 600
LONGEST_DAY_S = 36_000
# A commune is no door: a home that is placed no better than that is not driven to.
GOOD_ENOUGH = frozenset({Precision.HAND, Precision.HOUSENUMBER, Precision.STREET})


class DepotNotPlaced(Refusal):
    """A depot without a point: no round can start."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Le dépôt « {name} » n’est pas placé sur la carte : aucune tournée ne peut en partir.")


class NoVehicle(Refusal):
    """A depot without a vehicle in service."""

    def __init__(self) -> None:
        super().__init__("Aucun véhicule n’est libre pour ce secteur : ajoutez-en un, ou remettez-en un en service.")


@dataclass(frozen=True, slots=True)
class Call:
    """A place to call at on the day: a relay point, a home or a farm."""

    id: str
    kind: StopKind
    owner_id: int
    name: str
    where: Addressed
    windows: tuple[Span, ...]
    service_s: int
    orders: tuple[Order, ...] = ()

    @property
    def point(self) -> tuple[float, float] | None:
        """Return latitude and longitude, or None when nobody knows them well enough."""
        if self.where.lat is None or self.where.lon is None or self.where.precision not in GOOD_ENOUGH:
            return None
        return self.where.lat, self.where.lon


@dataclass(frozen=True, slots=True)
class DayToPlan:
    """All that the planner needs of a day, read in one transaction."""

    day: DeliveryDay
    depot: Depot
    vehicles: tuple[Vehicle, ...]
    calls: tuple[Call, ...]
    farms: tuple[Call, ...]
    producer_of: Mapping[int, int] = field(repr=False)

    def point_of(self) -> dict[str, tuple[float, float]]:
        """Return the points of all places that have one, by the id of the place, the depot first."""
        if self.depot.lat is None or self.depot.lon is None:
            raise DepotNotPlaced(self.depot.name)
        points = {depot_id(self.depot): (self.depot.lat, self.depot.lon)}
        points.update((call.id, call.point) for call in (*self.calls, *self.farms) if call.point is not None)
        return points

    def farm_lines(self, orders: Iterable[Order], farm: int) -> list[OrderLine]:
        """Return the lines whose goods are picked up at one farm."""
        return [line for order in orders for line in order.lines if self.producer_of.get(line.product_id) == farm]


def depot_id(depot: Depot) -> str:
    """Return the id of a depot in the problem."""
    return f"depot:{depot.id}"


def vehicle_id(vehicle: Vehicle) -> str:
    """Return the id of a vehicle in the problem."""
    return f"vehicle:{vehicle.id}"


def gather_day(session: Session, day_id: int) -> DayToPlan:
    """Read the day: its orders by place, without those of locked rounds, and the vehicles that are free."""
    day = find_day(session, day_id)
    depot = session.get_one(Depot, day.zone.depot_id)
    taken = select(Drop.order_id).join(Stop).join(Round).where(_locked(day_id))
    locked_orders = set(session.exec(taken))
    busy = set(session.exec(select(Round.vehicle_id).where(_locked(day_id))))
    orders = [o for o in orders_of_day(session, day_id) if not o.to_decide and o.id not in locked_orders]
    vehicles = session.exec(
        select(Vehicle).where(col(Vehicle.depot_id) == depot.id, col(Vehicle.active)).order_by(col(Vehicle.id))
    ).all()
    producer_of = _producers(session, orders)
    used = set(producer_of.values())
    return DayToPlan(
        day=day,
        depot=depot,
        vehicles=tuple(vehicle for vehicle in vehicles if vehicle.id not in busy),
        calls=(*_relay_calls(day, orders), *_home_calls(day, orders)),
        farms=tuple(_farm_call(day, farm) for farm in farms_called_at(session) if farm.id in used),
        producer_of=producer_of,
    )


def problem_of(day: DayToPlan, matrix: TravelMatrix, gaps_m: Mapping[str, int]) -> planner.Problem:
    """Turn the day into a problem; `gaps_m` has the metres to the nearest road of places that are off every road."""
    if not day.vehicles:
        raise NoVehicle
    depot = depot_id(day.depot)
    points = day.point_of()
    start = planner.Place(depot, *points[depot])

    def place(call: Call) -> planner.Place | None:
        point = points.get(call.id)
        return None if point is None else planner.Place(call.id, *point)

    return planner.Problem(
        date=day.day.date,
        stops=tuple(_stop(day, call, place(call), gaps_m.get(call.id)) for call in day.calls),
        farms=tuple(
            planner.Farm(farm.id, place(farm), _windows(farm.windows), farm.service_s, gaps_m.get(farm.id))
            for farm in day.farms
        ),
        vehicles=tuple(_vehicle(vehicle, start) for vehicle in day.vehicles),
        pins=(),
        weights=planner.Weights(),
        matrix=matrix,
    )


def crates(lines: Iterable[OrderLine]) -> tuple[int, int, int]:
    """Sum lines into hundredths of crates: ambient, chilled, frozen."""
    sums = dict.fromkeys(Temperature, 0)
    for line in lines:
        sums[line.temperature] += line.ordered * line.crates_hundredths
    return sums[Temperature.AMBIENT], sums[Temperature.CHILLED], sums[Temperature.FROZEN]


def _locked(day_id: int) -> ColumnElement[bool]:
    return and_(
        col(Round.delivery_day_id) == day_id, col(Round.current).is_(True), col(Round.state) != RoundState.PLANNED
    )


def _producers(session: Session, orders: Sequence[Order]) -> dict[int, int]:
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
    return [_relay_call(day, served[relay_id], group) for relay_id, group in sorted(by_relay.items())]


def _relay_call(day: DeliveryDay, point: RelayPoint, orders: Sequence[Order]) -> Call:
    closed = why_closed(point, day.date) is not None
    whole = sum(order.crates_hundredths + order.chilled_hundredths for order in orders)
    return Call(
        id=f"relay:{point.id}",
        kind=StopKind.RELAY,
        owner_id=point.id,
        name=point.name,
        where=point,
        windows=() if closed else spans_on(point.van_hours, day.date),
        service_s=RELAY_S + RELAY_A_CRATE_S * -(-whole // 100),
        orders=tuple(orders),
    )


def _home_calls(day: DeliveryDay, orders: Sequence[Order]) -> list[Call]:
    hours = (Span(_seconds(day.homes_from), _seconds(day.homes_until)),)
    by_home: dict[int, list[Order]] = {}
    for order in orders:
        if order.home:
            by_home.setdefault(order.recipient_id, []).append(order)
    calls = []
    for customer_id, group in sorted(by_home.items()):
        customer: Customer = group[0].recipient
        calls.append(
            Call(
                id=f"home:{customer_id}",
                kind=StopKind.HOME,
                owner_id=customer_id,
                name=customer.full_name,
                where=customer,
                windows=hours,
                service_s=HOME_S,
                orders=tuple(group),
            )
        )
    return calls


def _farm_call(day: DeliveryDay, farm: Producer) -> Call:
    try:
        windows = spans_on(farm.pickup_hours, day.date)
    except UnreadableHours:
        # Its drops are then left out with the farm named, and staff see what to correct.
        windows = ()
    return Call(
        id=f"farm:{farm.id}",
        kind=StopKind.FARM,
        owner_id=farm.id,
        name=farm.name,
        where=farm,
        windows=windows,
        service_s=FARM_S,
    )


def _stop(day: DayToPlan, call: Call, place: planner.Place | None, gap_m: int | None) -> planner.Stop:
    by_farm: dict[int | None, list[OrderLine]] = {}
    for order in call.orders:
        for line in order.lines:
            by_farm.setdefault(day.producer_of.get(line.product_id), []).append(line)
    goods = []
    for farm, lines in sorted(by_farm.items(), key=lambda item: item[0] or 0):
        ambient, chilled, frozen = crates(lines)
        load = planner.Load(ambient, chilled + frozen)
        goods.append(planner.Goods(None if farm is None else f"farm:{farm}", load))
    return planner.Stop(
        id=call.id,
        place=place,
        windows=_windows(call.windows),
        service_s=call.service_s,
        goods=tuple(goods),
        # When not everybody fits, the place with more orders stays.
        worth=len(call.orders) * 10_000_000,
        road_gap_m=gap_m,
    )


def _vehicle(vehicle: Vehicle, depot: planner.Place) -> planner.Vehicle:
    hours = planner.Window(
        _seconds(vehicle.works_from),
        _seconds(vehicle.works_until),
    )
    return planner.Vehicle(
        id=vehicle_id(vehicle),
        start=depot,
        end=depot,
        hours=hours,
        max_duration_s=LONGEST_DAY_S,
        capacity=planner.Load(vehicle.crates_hundredths, vehicle.chilled_hundredths),
        use_cost=vehicle.cost_cents_per_km * 10_000,
        speed_percent=vehicle.speed_percent,
    )


def _windows(spans: Iterable[Span]) -> tuple[planner.Window, ...]:
    return tuple(planner.Window(span.from_s, span.until_s) for span in spans)


def _seconds(hour: dt.time) -> int:
    return hour.hour * 3600 + hour.minute * 60
