"""Recompute what is true of an order of visits from the problem alone: legs, loads, farm calls, pins, price.

Plain and slow on purpose, and nothing of it shared with the search: the checker judges by it, and orders chosen by hand
are timed by it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from routing.plan import Leg, Visit
from routing.problem import (
    Before,
    Farm,
    First,
    Last,
    Load,
    LockedPrefix,
    OnVehicle,
    Pin,
    Place,
    Problem,
    Stop,
    Vehicle,
    Window,
)


class Facts:
    """Look things of one problem up by id."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.stops = {stop.id: stop for stop in problem.stops}
        self.farms = {farm.id: farm for farm in problem.farms}
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self.locked = {pin.vehicle_id: pin.visit_ids for pin in problem.pins if isinstance(pin, LockedPrefix)}

    def thing(self, visit_id: str) -> Stop | Farm:
        """Return the stop or farm; KeyError for an unknown id."""
        return self.stops.get(visit_id) or self.farms[visit_id]

    def leg(self, vehicle: Vehicle, a: Place | None, b: Place | None) -> Leg | None:
        """Return the drive at the vehicle's speed, None when there is no way."""
        index = self.problem.matrix.index
        if a is None or b is None or a.id not in index or b.id not in index:
            return None
        seconds = self.problem.matrix.duration_s(a.id, b.id)
        metres = self.problem.matrix.distance_m(a.id, b.id)
        if seconds < 0 or metres < 0:
            return None
        return Leg(-(-seconds * 100 // vehicle.speed_percent), metres)

    def legs(self, vehicle: Vehicle, visit_ids: Iterable[str]) -> list[Leg | None]:
        """Return the drives of a route from the vehicle's start to its end, None where there is no way."""
        places = [vehicle.start, *(self._on_road(one) for one in visit_ids), vehicle.end]
        return [self.leg(vehicle, a, b) for a, b in pairwise(places)]

    def _on_road(self, visit_id: str) -> Place | None:
        thing = self.thing(visit_id)
        return thing.place if thing.road_gap_m is None else None

    def is_locked(self, vehicle: Vehicle, visit_id: str) -> bool:
        """Tell whether the visit is locked on this vehicle: decided or already done, it keeps its whole windows."""
        return visit_id in self.locked.get(vehicle.id, ())

    def loads_of(self, visit_ids: Sequence[str]) -> list[tuple[int, int]]:
        """Return the load, ambient and chilled in hundredths, at the start and after each visit."""
        drops = [self.stops[one] for one in visit_ids if one in self.stops]
        ambient, chilled = _taken_on(drops, None)
        loads = [(ambient, chilled)]
        for visit_id in visit_ids:
            if visit_id in self.farms:
                more = _taken_on(drops, visit_id)
                ambient, chilled = ambient + more[0], chilled + more[1]
            else:
                stop = self.stops[visit_id]
                ambient += stop.returns.ambient - sum(goods.load.ambient for goods in stop.goods)
                chilled += stop.returns.chilled - sum(goods.load.chilled for goods in stop.goods)
            loads.append((ambient, chilled))
        return loads

    def unfed(self, visit_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield each farm that is not called at before a drop of its goods, and that drop."""
        called: set[str] = set()
        for visit_id in visit_ids:
            if visit_id in self.farms:
                called.add(visit_id)
                continue
            for goods in self.stops[visit_id].goods:
                if goods.farm_id is not None and goods.farm_id not in called:
                    yield goods.farm_id, visit_id

    def idle_farms(self, vehicle: Vehicle, visit_ids: Sequence[str]) -> list[str]:
        """Return the farms called at for nobody of the route, unless locked."""
        needed = {goods.farm_id for one in visit_ids if one in self.stops for goods in self.stops[one].goods}
        called = {one for one in visit_ids if one in self.farms}
        return [one for one in sorted(called - needed) if not self.is_locked(vehicle, one)]

    def cost_of(self, vehicle: Vehicle, visits: Iterable[Visit], legs: Iterable[Leg]) -> int:
        """Return the price of a driven route: use, driving, metres, waiting, drift and change of vehicle."""
        weights = self.problem.weights
        cost = vehicle.use_cost
        per_m = weights.per_m if vehicle.per_m is None else vehicle.per_m
        cost += sum(leg.duration_s * weights.per_driving_s + leg.distance_m * per_m for leg in legs)
        for visit in visits:
            cost += weights.per_waiting_s * max(0, visit.start_s - visit.arrival_s - weights.waiting_free_s)
            cost += self._habit_cost(vehicle, visit)
        return cost

    def _habit_cost(self, vehicle: Vehicle, visit: Visit) -> int:
        weights = self.problem.weights
        stop = self.stops.get(visit.stop_id or "")
        if stop is None or stop.habit is None:
            return 0
        drift_s = max(0, abs(visit.arrival_s - stop.habit.arrival_s) - weights.drift_free_s)
        changed = weights.change_vehicle if stop.habit.vehicle_id != vehicle.id else 0
        return weights.per_drift_s * drift_s + changed

    def left_out_cost(self, stop_ids: Iterable[str]) -> int:
        """Return the price of leaving these stops out."""
        return sum(self.problem.weights.left_out + self.stops[one].worth for one in stop_ids)

    def broken_pins(self, routes: Mapping[str, Sequence[str]]) -> Iterator[Pin]:
        """Yield the pins that the routes (visits by vehicle) do not keep."""
        served_by = {one: vehicle_id for vehicle_id, ids in routes.items() for one in ids if one in self.stops}
        for pin in self.problem.pins:
            match pin:
                case LockedPrefix():
                    holds = _prefix_holds(pin, routes.get(pin.vehicle_id, ()), served_by)
                case OnVehicle():
                    holds = served_by.get(pin.stop_id, pin.vehicle_id) == pin.vehicle_id
                case Before():
                    holds = _before_holds(pin, routes, served_by)
                case First():
                    drops = [one for one in routes.get(served_by.get(pin.stop_id, ""), ()) if one in self.stops]
                    holds = not drops or drops[0] == pin.stop_id
                case Last():
                    holds = pin.stop_id not in served_by or routes[served_by[pin.stop_id]][-1] == pin.stop_id
            if not holds:
                yield pin


def _taken_on(drops: list[Stop], farm_id: str | None) -> tuple[int, int]:
    loads: list[Load] = [goods.load for stop in drops for goods in stop.goods if goods.farm_id == farm_id]
    return sum(load.ambient for load in loads), sum(load.chilled for load in loads)


def _prefix_holds(pin: LockedPrefix, visit_ids: Sequence[str], served_by: Mapping[str, str]) -> bool:
    if not visit_ids:
        return not any(one in served_by for one in pin.visit_ids)
    return tuple(visit_ids[: len(pin.visit_ids)]) == pin.visit_ids


def _before_holds(pin: Before, routes: Mapping[str, Sequence[str]], served_by: Mapping[str, str]) -> bool:
    if pin.stop_id not in served_by or pin.then_id not in served_by:
        return True
    if served_by[pin.stop_id] != served_by[pin.then_id]:
        return False
    order = routes[served_by[pin.stop_id]]
    return order.index(pin.stop_id) < order.index(pin.then_id)


def joined(windows: Iterable[Window]) -> list[tuple[int, int]]:
    """Return the stretches that the windows cover together, those that overlap or touch made one."""
    stretches: list[tuple[int, int]] = []
    for start_s, end_s in sorted((window.start_s, window.end_s) for window in windows):
        if stretches and start_s - stretches[-1][1] <= 1:
            start_s, before_s = stretches.pop()
            end_s = max(before_s, end_s)
        stretches.append((start_s, end_s))
    return stretches
