"""Say what a day asks of the planner: stops, farms, vehicles, pins, prices and travel times.

Seconds, metres and whole hundredths of crates, all plain integers. Hours are seconds since local midnight of the day.
Every class refuses nonsense when it is made, by a `ProblemError` whose sentence names the thing and the value.
What is *sad* but sensible (a stop nobody can reach, windows that are empty, pins that contradict each other) is no
nonsense: it is accepted here and comes back in the plan as a stop left out, with its reason.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from routing.refusals import (
    LAST_SECOND,
    MOST_COST,
    MOST_HUNDREDTHS,
    BadPin,
    BadPlace,
    BadWindow,
    distinct,
    known,
    named,
    whole,
)
from routing.spread import EVEN_QUANTILE, SAFEST_QUANTILE, USUAL_SPREAD, Spread
from routing.travel import TravelMatrix


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Give the first and the last moment at which a stop may begin (for a vehicle: leave and be back)."""

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        whole("The start of a window", self.start_s, 0, LAST_SECOND)
        whole("The end of a window", self.end_s, 0, LAST_SECOND)
        if self.end_s < self.start_s:
            raise BadWindow(f"A window from {self.start_s} to {self.end_s} ends before it begins.")


@dataclass(frozen=True, slots=True)
class Load:
    """Count crates in whole hundredths, ambient and chilled apart."""

    ambient: int = 0
    chilled: int = 0

    def __post_init__(self) -> None:
        whole("An ambient load", self.ambient, 0, MOST_HUNDREDTHS)
        whole("A chilled load", self.chilled, 0, MOST_HUNDREDTHS)


@dataclass(frozen=True, slots=True)
class Place:
    """Name a point on the globe; the id is its key in the travel matrix."""

    id: str
    lat: float
    lon: float

    def __post_init__(self) -> None:
        named("A place", self.id)
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise BadPlace(f"Place {self.id} lies at {self.lat}, {self.lon}: not on the globe.")


@dataclass(frozen=True, slots=True)
class Farm:
    """Describe where goods are picked up; each route that carries its goods calls there once, before their drops.

    `place=None` and `road_gap_m` mean the same as for a stop; its drops are then left out as FARM_CLOSED.
    """

    id: str
    place: Place | None
    windows: tuple[Window, ...]
    service_s: int
    road_gap_m: int | None = None
    kind: str = "farm"

    def __post_init__(self) -> None:
        named("A farm", self.id)
        whole(f"The minutes at farm {self.id}", self.service_s, 0, LAST_SECOND)
        if self.road_gap_m is not None:
            whole(f"The way from farm {self.id} to a road", self.road_gap_m, 0, 100_000_000)


@dataclass(frozen=True, slots=True)
class Goods:
    """Say how much comes from one farm, or (`farm_id=None`) is on board when the vehicle leaves."""

    farm_id: str | None
    load: Load


@dataclass(frozen=True, slots=True)
class Habit:
    """Remember when and by whom a stop is usually served."""

    arrival_s: int
    vehicle_id: str
    weeks: int

    def __post_init__(self) -> None:
        whole("A habitual hour", self.arrival_s, 0, LAST_SECOND)
        whole("The weeks of a habit", self.weeks, 0, 10_000)


@dataclass(frozen=True, slots=True)
class Stop:
    """Describe one place to serve, whatever the number of orders left there.

    `place=None`: its address has no point (NO_POINT). `road_gap_m`: it has a point, but the nearest drivable road is
    that many metres away (OFF_ROAD). In both cases the place need not be in the matrix, and the stop comes back from
    the planner among those left out, like every other one with a reason. `windows=()`: closed on the day (CLOSED).
    `worth` is added to `Weights.left_out` when the stop is left out: it decides who stays when not everybody fits.
    `vehicle_ids=None`: any vehicle may serve it. `kind`: the kind of place, by which `Spread` knows how far its minutes
    stray.
    """

    id: str
    place: Place | None
    windows: tuple[Window, ...]
    service_s: int
    goods: tuple[Goods, ...] = ()
    returns: Load = Load()
    worth: int = 0
    habit: Habit | None = None
    vehicle_ids: frozenset[str] | None = None
    road_gap_m: int | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        named("A stop", self.id)
        whole(f"The minutes at stop {self.id}", self.service_s, 0, LAST_SECOND)
        whole(f"The worth of stop {self.id}", self.worth, 0, MOST_COST)
        if self.road_gap_m is not None:
            whole(f"The way from stop {self.id} to a road", self.road_gap_m, 0, 100_000_000)


@dataclass(frozen=True, slots=True)
class Rest:
    """Ask for a pause of `duration_s` before `after_s` of work without one; waiting that long at a stop is a pause."""

    after_s: int = 21_600
    duration_s: int = 1_200

    def __post_init__(self) -> None:
        whole("The work before a rest", self.after_s, 1, LAST_SECOND)
        whole("A rest", self.duration_s, 1, LAST_SECOND)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Describe one vehicle for one route: `hours` holds the first departure and the last return.

    `speed_percent` divides the durations of the matrix (50: twice as long, rounded up to a second).
    """

    id: str
    start: Place
    end: Place
    hours: Window
    max_duration_s: int
    capacity: Load
    use_cost: int = 0
    speed_percent: int = 100
    rest: Rest | None = Rest()

    def __post_init__(self) -> None:
        named("A vehicle", self.id)
        if not isinstance(self.hours, Window):
            raise BadWindow(f"Vehicle {self.id} has no hours.")
        whole(f"The longest day of vehicle {self.id}", self.max_duration_s, 0, LAST_SECOND)
        whole(f"The price of using vehicle {self.id}", self.use_cost, 0, MOST_COST)
        whole(f"The speed of vehicle {self.id}", self.speed_percent, 1, 1_000)


@dataclass(frozen=True, slots=True)
class First:
    """Serve this stop before every other stop of its route (farm calls may come earlier)."""

    stop_id: str


@dataclass(frozen=True, slots=True)
class Last:
    """Serve this stop after every other visit of its route."""

    stop_id: str


@dataclass(frozen=True, slots=True)
class Before:
    """Serve `stop_id` earlier than `then_id`, on the same vehicle, whenever both are served."""

    stop_id: str
    then_id: str

    def __post_init__(self) -> None:
        if self.stop_id == self.then_id:
            raise BadPin(f"Stop {self.stop_id} cannot come before itself.")


@dataclass(frozen=True, slots=True)
class OnVehicle:
    """Serve this stop with this vehicle or not at all."""

    stop_id: str
    vehicle_id: str


@dataclass(frozen=True, slots=True)
class LockedPrefix:
    """Begin the vehicle's route with exactly these visits (ids of stops and farms, in order).

    When the vehicle cannot drive them, it stays at home and its locked stops are left out as PIN_CONFLICT.
    """

    vehicle_id: str
    visit_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.visit_ids:
            raise BadPin(f"The locked beginning of vehicle {self.vehicle_id} is empty.")
        distinct(f"The locked beginning of vehicle {self.vehicle_id}", self.visit_ids)


Pin = First | Last | Before | OnVehicle | LockedPrefix


@dataclass(frozen=True, slots=True)
class Weights:
    """Price a plan; one unit of cost is a hundred-thousandth of a euro (or whatever the caller decides).

    `left_out` is the price of any stop left out, before its own worth: larger than any detour of the day.
    `hours_quantile`: visits are planned to begin so early in their windows that this many arrivals in a hundred are in
    time (`spread.pad_s`), 50 to 95.
    """

    per_driving_s: int = 700
    per_m: int = 25
    per_waiting_s: int = 350
    waiting_free_s: int = 300
    per_drift_s: int = 100
    drift_free_s: int = 900
    change_vehicle: int = 100_000
    left_out: int = 10**9
    hours_quantile: int = EVEN_QUANTILE

    def __post_init__(self) -> None:
        for name in ("per_driving_s", "per_m", "per_waiting_s", "per_drift_s", "change_vehicle", "left_out"):
            whole(f"The weight {name}", getattr(self, name), 0, MOST_COST)
        for name in ("waiting_free_s", "drift_free_s"):
            whole(f"The weight {name}", getattr(self, name), 0, LAST_SECOND)
        whole("The weight hours_quantile", self.hours_quantile, EVEN_QUANTILE, SAFEST_QUANTILE)


@dataclass(frozen=True, slots=True)
class Problem:
    """Gather one day for `plan_day`. The order inside the tuples means nothing.

    `spread` decides the hours to promise, never the order of the stops.
    """

    date: date
    stops: tuple[Stop, ...]
    farms: tuple[Farm, ...]
    vehicles: tuple[Vehicle, ...]
    pins: tuple[Pin, ...]
    weights: Weights
    matrix: TravelMatrix
    spread: Spread = USUAL_SPREAD

    def __post_init__(self) -> None:
        distinct("The stops and farms", [*(stop.id for stop in self.stops), *(farm.id for farm in self.farms)])
        distinct("The vehicles", [vehicle.id for vehicle in self.vehicles])
        self._check_places()
        farm_ids = {farm.id for farm in self.farms}
        vehicle_ids = {vehicle.id for vehicle in self.vehicles}
        for stop in self.stops:
            farm_named = (goods.farm_id for goods in stop.goods if goods.farm_id is not None)
            known(f"Stop {stop.id} has goods of farm", farm_named, farm_ids)
            known(f"Stop {stop.id} wants vehicle", stop.vehicle_ids or (), vehicle_ids)
        self._check_pins(farm_ids, vehicle_ids)

    def _check_places(self) -> None:
        things: list[Stop | Farm] = [*self.stops, *self.farms]
        for thing in things:
            if thing.place is not None and thing.road_gap_m is None:
                known(f"{thing.id} stands at a place without travel times:", [thing.place.id], self.matrix.index)
        for vehicle in self.vehicles:
            ends = (vehicle.start.id, vehicle.end.id)
            known(f"Vehicle {vehicle.id} uses a place without travel times:", ends, self.matrix.index)

    def _check_pins(self, farm_ids: set[str], vehicle_ids: set[str]) -> None:
        stop_ids = {stop.id for stop in self.stops}
        for pin in self.pins:
            known("A pin names stop", _stops_named(pin), stop_ids | farm_ids if _locks(pin) else stop_ids)
            if isinstance(pin, OnVehicle | LockedPrefix):
                known("A pin names vehicle", [pin.vehicle_id], vehicle_ids)
        locked = [pin for pin in self.pins if isinstance(pin, LockedPrefix)]
        distinct("The locked beginnings", [pin.vehicle_id for pin in locked])
        distinct("The locked stops", [i for pin in locked for i in pin.visit_ids if i in stop_ids])

    def fingerprint(self) -> str:
        """Return a hash of all that decides the plan, the same for the same day in any order of input."""
        order = sorted(range(len(self.matrix.place_ids)), key=self.matrix.place_ids.__getitem__)
        picked = np.ix_(order, order)
        digest = hashlib.sha256()
        for part in self._parts(order):
            digest.update(part.encode() + b"\n")
        digest.update(self.matrix.durations_s[picked].astype("<i4").tobytes())
        digest.update(self.matrix.distances_m[picked].astype("<i4").tobytes())
        return digest.hexdigest()

    def _parts(self, order: list[int]) -> Iterator[str]:
        yield self.date.isoformat()
        yield repr((self.weights, self.spread))
        yield repr([self.matrix.place_ids[i] for i in order])
        for stop in sorted(self.stops, key=lambda stop: stop.id):
            goods = sorted((g.farm_id or "", g.load.ambient, g.load.chilled) for g in stop.goods)
            allowed = None if stop.vehicle_ids is None else sorted(stop.vehicle_ids)
            rest = (stop.place, sorted(stop.windows), stop.service_s, stop.returns, stop.worth, stop.habit)
            yield repr((stop.id, goods, allowed, rest, stop.road_gap_m, stop.kind))
        for farm in sorted(self.farms, key=lambda farm: farm.id):
            yield repr((farm.id, farm.place, sorted(farm.windows), farm.service_s, farm.road_gap_m, farm.kind))
        yield from sorted(map(repr, self.vehicles))
        yield from sorted(map(repr, self.pins))


def _locks(pin: Pin) -> bool:
    return isinstance(pin, LockedPrefix)


def _stops_named(pin: Pin) -> tuple[str, ...]:
    if isinstance(pin, LockedPrefix):
        return pin.visit_ids
    if isinstance(pin, Before):
        return (pin.stop_id, pin.then_id)
    return (pin.stop_id,)
