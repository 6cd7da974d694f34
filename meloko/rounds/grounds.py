"""Read what shaping the rounds of a day by hand stands on: its rounds, its orders, its travel times, who drives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlmodel import Session, col, or_, select

from meloko.accounts.models import User
from meloko.catalogue.models import Producer
from meloko.customers.models import Customer
from meloko.delivery_days.models import DeliveryDay
from meloko.delivery_days.services import find_day
from meloko.errors import NotFound, Refusal
from meloko.orders.models import Order
from meloko.orders.services import orders_of_day
from meloko.relay_points.models import Depot, RelayPoint, Zone
from meloko.rounds.gathering import Call, DayToPlan, farm_call, home_call, producers_on_the_way, relay_call
from meloko.rounds.habits import Habits, place_id
from meloko.rounds.learnt import what_is_learnt
from meloko.rounds.models import DayTravel, Round, RoundState, Stop, StopKind, Vehicle, VehicleZone
from meloko.rounds.services import drivers, list_rounds
from meloko.rounds.shapes import Line, Shape
from routing.travel import TravelMatrix

# How a round is told apart from those of other zones in a warning.
Away = tuple[Round, str]


class NotMeasured(Refusal):
    """Nobody has measured the travel times of this day yet."""

    def __init__(self) -> None:
        super().__init__("Les temps de route de ce jour ne sont pas connus : calculez d’abord les tournées.")


@dataclass(frozen=True, slots=True)
class Ground:
    """All that a proposal is judged by, read in one transaction."""

    day: DayToPlan
    rounds: Mapping[int, Round]
    # Every other round of the date, with the name of its zone.
    away: Sequence[Away]
    shape: Shape
    orders: Mapping[int, Order]
    calls: Mapping[str, Call]
    vehicles: Mapping[int, tuple[Vehicle, Depot]]
    drivers: Mapping[int, User]
    matrix: TravelMatrix
    points: Mapping[str, tuple[float, float]]

    @property
    def names(self) -> dict[str, str]:
        """Return the names of all places."""
        return {place: call.name for place, call in self.calls.items()}

    def call(self, place: str, shape: Shape) -> Call:
        """Return a place with the living orders that a shape leaves there, at the point that was measured."""
        orders = tuple(self.orders[one] for one in shape.drops.get(place, ()) if one in self.orders)
        return replace(self.calls[place], orders=orders)

    def place_of_order(self, order_id: int) -> str:
        """Return the place where an order of the day is to be left, or refuse."""
        order = self.orders.get(order_id)
        if order is None:
            raise NotFound("Cette commande n’est pas de ce jour, ou n’est plus à livrer.")
        return place_to_leave(order)


def place_of(stop: Stop) -> str:
    """Return the place of a stop, whatever its version."""
    return place_id(stop.kind, stop.owner_id)


def place_to_leave(order: Order) -> str:
    """Return the place where an order is left."""
    if order.relay_point_id is not None:
        return place_id(StopKind.RELAY, order.relay_point_id)
    return place_id(StopKind.HOME, order.recipient_id)


def split_place(place: str) -> tuple[StopKind, int]:
    """Return the kind and the owner of a place, or refuse."""
    kind, _, owner = place.partition(":")
    if kind not in list(StopKind) or not owner.isascii() or not owner.isdigit() or len(owner) > 9:
        raise NotFound("Ce lieu n’existe pas.")
    return StopKind(kind), int(owner)


def read_ground(session: Session, day_id: int, more: Iterable[str] = ()) -> Ground:
    """Read the ground of a day; `more` are places that are on no round yet."""
    day = find_day(session, day_id)
    travel = session.exec(select(DayTravel).where(col(DayTravel.delivery_day_id) == day_id)).first()
    if travel is None:
        raise NotMeasured
    rows = list_rounds(session, day_id)
    planned = {row.number: row for row in rows if row.state is RoundState.PLANNED}
    living = orders_of_day(session, day_id)
    matrix, points = _travel(travel)
    shape = shape_of(planned.values())
    places = {place for line in shape.lines.values() for place in line.places} | {*more}
    places |= {place for place in points if place.startswith(f"{StopKind.FARM.value}:")}
    depot = session.get_one(Depot, day.zone.depot_id)
    return Ground(
        day=DayToPlan(
            day=day,
            depot=depot,
            vehicles=(),
            calls=(),
            farms=(),
            producer_of=producers_on_the_way(session, living),
            habits=Habits({}, ()),
            learnt=what_is_learnt(session),
        ),
        rounds=planned,
        away=_away(session, day),
        shape=shape,
        orders={order.id: order for order in living},
        calls=_calls(session, day, places),
        vehicles=vehicles_of(session, day, planned.values()),
        drivers=_drivers(session, rows),
        matrix=matrix,
        points=points,
    )


def shape_of(rows: Iterable[Round]) -> Shape:
    """Return the shape of rounds as they are stored."""
    lines, drops, pinned = {}, {}, set()
    for row in rows:
        fixed = row.departure_s if row.departure_fixed else None
        places = tuple(map(place_of, row.stops))
        lines[row.number] = Line(row.number, row.vehicle_id, row.driver_id, fixed, places)
        for stop in row.stops:
            if stop.drops:
                drops[place_of(stop)] = tuple(sorted(drop.order_id for drop in stop.drops))
            if stop.pinned:
                pinned.add(place_of(stop))
    return Shape(lines, drops, frozenset(pinned))


def _travel(row: DayTravel) -> tuple[TravelMatrix, dict[str, tuple[float, float]]]:
    points = {str(place): (float(str(lat)), float(str(lon))) for place, lat, lon in row.places}
    size = (len(row.places), len(row.places))
    durations = np.frombuffer(row.durations_s, dtype="<i4").reshape(size)
    distances = np.frombuffer(row.distances_m, dtype="<i4").reshape(size)
    return TravelMatrix(tuple(points), durations.astype(np.int32), distances.astype(np.int32)), points


def _calls(session: Session, day: DeliveryDay, places: Iterable[str]) -> dict[str, Call]:
    """Describe places with no order yet; one that is not there is left out."""
    ids: dict[StopKind, set[int]] = {kind: set() for kind in StopKind}
    for place in places:
        kind, owner = split_place(place)
        ids[kind].add(owner)
    points = session.exec(select(RelayPoint).where(col(RelayPoint.id).in_(ids[StopKind.RELAY])))
    homes = session.exec(select(Customer).where(col(Customer.id).in_(ids[StopKind.HOME])))
    farms = session.exec(select(Producer).where(col(Producer.id).in_(ids[StopKind.FARM])))
    calls = [
        *(relay_call(day, point, ()) for point in points),
        *(home_call(day, home, ()) for home in homes),
        *(farm_call(day, farm) for farm in farms),
    ]
    return {call.id: call for call in calls}


def vehicles_of(session: Session, day: DeliveryDay, rows: Iterable[Round]) -> dict[int, tuple[Vehicle, Depot]]:
    """Return the vehicles that may drive a round of the day, and those that do."""
    lent = select(VehicleZone.vehicle_id).where(col(VehicleZone.zone_id) == day.zone_id)
    used = [row.vehicle_id for row in rows]
    found = session.exec(
        select(Vehicle, Depot)
        .join(Depot, col(Depot.id) == col(Vehicle.depot_id))
        .where(
            or_(
                col(Vehicle.active) & ((col(Vehicle.depot_id) == day.zone.depot_id) | col(Vehicle.id).in_(lent)),
                col(Vehicle.id).in_(used),
            )
        )
        .order_by(col(Vehicle.name))
    )
    return {vehicle.id: (vehicle, depot) for vehicle, depot in found}


def _away(session: Session, day: DeliveryDay) -> list[Away]:
    rows = session.exec(
        select(Round, Zone.name)
        .join(DeliveryDay, col(DeliveryDay.id) == col(Round.delivery_day_id))
        .join(Zone, col(Zone.id) == col(DeliveryDay.zone_id))
        .where(col(Round.current), col(DeliveryDay.date) == day.date)
    )
    return [(row, zone) for row, zone in rows]


def _drivers(session: Session, rows: Iterable[Round]) -> dict[int, User]:
    """Return those who may drive, and those who do."""
    driving = [row.driver_id for row in rows if row.driver_id is not None]
    found = [*drivers(session), *session.exec(select(User).where(col(User.id).in_(driving)))]
    return {user.id: user for user in found}
