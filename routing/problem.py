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

from routing.fleet import Rest, Vehicle
from routing.refusals import LAST_SECOND, MOST_COST, distinct, known, whole
from routing.spread import EVEN_QUANTILE, SAFEST_QUANTILE, USUAL_SPREAD, Spread
from routing.travel import TravelMatrix
from routing.visits import Farm, Goods, Habit, Load, Place, Stop, Window
from routing.wishes import Before, First, Last, LockedPrefix, OnVehicle, Pin, locks, visits_named

__all__ = [
    "Before",
    "Farm",
    "First",
    "Goods",
    "Habit",
    "Last",
    "Load",
    "LockedPrefix",
    "OnVehicle",
    "Pin",
    "Place",
    "Problem",
    "Rest",
    "Stop",
    "Vehicle",
    "Weights",
    "Window",
]


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

    `spread` decides the hours to promise, and how early in their windows visits are planned (`Weights.hours_quantile`).
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
            known("A pin names stop", visits_named(pin), stop_ids | farm_ids if locks(pin) else stop_ids)
            if isinstance(pin, OnVehicle | LockedPrefix):
                known("A pin names vehicle", [pin.vehicle_id], vehicle_ids)
        locked = [pin for pin in self.pins if isinstance(pin, LockedPrefix)]
        distinct("The locked beginnings", [pin.vehicle_id for pin in locked])
        distinct("The locked stops", [i for pin in locked for i in pin.visit_ids if i in stop_ids])

    def price_a_metre(self, vehicle: Vehicle) -> int:
        """Return what a metre costs with the vehicle."""
        return self.weights.per_m if vehicle.per_m is None else vehicle.per_m

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
