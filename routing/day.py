"""Lay a problem out as plain lists of whole numbers, for the search to run on.

Nodes are numbered: stops by id, then farms by id, then start and end of each vehicle by id. So the order of the input
never shows in the plan.
"""

import numpy as np
from numpy.typing import NDArray

from routing.problem import Farm, LockedPrefix, Problem, Stop, Vehicle, Window
from routing.spread import EVEN_QUANTILE, last_begin_s

FAR_S = 10**8  # instead of "no way": beyond every window and every return


class Day:
    """Hold one problem in the form the search works on. Lists are indexed by node unless they say otherwise."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.stops: list[Stop] = sorted(problem.stops, key=lambda stop: stop.id)
        self.farms: list[Farm] = sorted(problem.farms, key=lambda farm: farm.id)
        self.vehicles: list[Vehicle] = sorted(problem.vehicles, key=lambda vehicle: vehicle.id)
        self.n_stops = len(self.stops)
        self.n_visits = self.n_stops + len(self.farms)
        things: list[Stop | Farm] = [*self.stops, *self.farms]
        self.node = {thing.id: i for i, thing in enumerate(things)}
        self.vehicle_index = {vehicle.id: k for k, vehicle in enumerate(self.vehicles)}
        self.service = [thing.service_s for thing in things] + [0, 0] * len(self.vehicles)
        self._lay_out_windows(things)
        self._lay_out_goods()
        self._lay_out_travel(things)
        self.allowed = [self._allowed(stop) for stop in self.stops]
        self.kinds = self._kinds()
        self.most_work = [most_work(vehicle) for vehicle in self.vehicles]

    def start(self, vehicle: int) -> int:
        """Return the node where the vehicle starts."""
        return self.n_visits + 2 * vehicle

    def left_out_cost(self, stop: int) -> int:
        """Return the price of leaving the stop out."""
        return self.problem.weights.left_out + self.stops[stop].worth

    def thing(self, node: int) -> Stop | Farm:
        """Return the stop or farm of a node."""
        return self.stops[node] if node < self.n_stops else self.farms[node - self.n_stops]

    def _lay_out_windows(self, things: list[Stop | Farm]) -> None:
        """Make, for each vehicle, the windows of every node as it may use them; vehicles of one class share them.

        A share of arrivals comes later than planned (`Weights.hours_quantile`), the more the longer a vehicle is under
        way: so each end is brought forward for vehicles by their first hour, but for visits locked already.
        """
        self.opening = [merged(thing.windows) for thing in things]
        quantile, spread = self.problem.weights.hours_quantile, self.problem.spread
        locked = {pin.vehicle_id: pin.visit_ids for pin in self.problem.pins if isinstance(pin, LockedPrefix)}
        ends = [(vehicle.hours.start_s, vehicle.hours.end_s) for vehicle in self.vehicles for _ in range(2)]
        classes: list[tuple[int, tuple[str, ...]]] = []
        self.window_class: list[int] = []
        made: list[list[list[tuple[int, int]]]] = []
        for vehicle in self.vehicles:
            whole = locked.get(vehicle.id, ())
            first_s = vehicle.hours.start_s
            key = (0, ()) if quantile == EVEN_QUANTILE else (first_s, whole)
            if key not in classes:
                classes.append(key)
                shrunk = [
                    [(a, b if thing.id in whole else last_begin_s(a, b, first_s, quantile, spread)) for a, b in opening]
                    for thing, opening in zip(things, self.opening, strict=True)
                ]
                made.append([*shrunk, *([end] for end in ends)])
            self.window_class.append(classes.index(key))
        self.windows = [made[one] for one in self.window_class]

    def _lay_out_goods(self) -> None:
        """Give each stop what it takes from the start, from each farm, in all, and what it gives back."""
        self.own: list[tuple[int, int]] = []
        self.farm_goods: list[dict[int, tuple[int, int]]] = []
        self.taken: list[tuple[int, int]] = []
        self.back: list[tuple[int, int]] = []
        for stop in self.stops:
            sums: dict[int, tuple[int, int]] = {-1: (0, 0)}
            for goods in sorted(stop.goods, key=lambda goods: goods.farm_id or ""):
                source = -1 if goods.farm_id is None else self.node[goods.farm_id]
                ambient, chilled = sums.get(source, (0, 0))
                sums[source] = (ambient + goods.load.ambient, chilled + goods.load.chilled)
            self.taken.append((sum(load[0] for load in sums.values()), sum(load[1] for load in sums.values())))
            self.own.append(sums.pop(-1))
            self.farm_goods.append(sums)
            self.back.append((stop.returns.ambient, stop.returns.chilled))

    def _lay_out_travel(self, things: list[Stop | Farm]) -> None:
        """Make, for each speed and price a metre, node-to-node seconds and prices."""
        index = self.problem.matrix.index
        places = [-1 if t.place is None or t.road_gap_m is not None else index[t.place.id] for t in things]
        for vehicle in self.vehicles:
            places += [index[vehicle.start.id], index[vehicle.end.id]]
        driven = [(vehicle.speed_percent, self.problem.price_a_metre(vehicle)) for vehicle in self.vehicles]
        classes = sorted(set(driven))
        self.speed_class = [classes.index(one) for one in driven]
        at = np.array([max(0, place) for place in places], dtype=np.int64)
        nowhere = np.array([place < 0 for place in places], dtype=np.bool_)
        seconds, metres = self.problem.matrix.durations_s, self.problem.matrix.distances_m
        self.travel = np.zeros((len(classes), len(places), len(places), 2), dtype=np.int64)
        weights = self.problem.weights
        if len(places) and seconds.size:
            picked_s, picked_m = seconds[np.ix_(at, at)].astype(np.int64), metres[np.ix_(at, at)].astype(np.int64)
            no_way = (picked_s < 0) | (picked_m < 0) | nowhere[:, None] | nowhere[None, :]
            for nth, (speed, per_m) in enumerate(classes):
                slowed = np.where(no_way, FAR_S, -(-picked_s * 100 // speed))
                self.travel[nth, :, :, 0] = slowed
                self.travel[nth, :, :, 1] = slowed * weights.per_driving_s
                self.travel[nth, :, :, 1] += np.where(no_way, 0, picked_m) * per_m
        durations = [_rows(self.travel[nth, :, :, 0]) for nth in range(len(classes))]
        prices = [_rows(self.travel[nth, :, :, 1]) for nth in range(len(classes))]
        self.duration = [durations[one] for one in self.speed_class]
        self.price = [prices[one] for one in self.speed_class]

    def _allowed(self, stop: Stop) -> list[bool]:
        return [stop.vehicle_ids is None or vehicle.id in stop.vehicle_ids for vehicle in self.vehicles]

    def _kinds(self) -> list[int]:
        """Give vehicles that differ in nothing but their name the same number."""
        keys: list[tuple[object, ...]] = []
        kinds = []
        for v in self.vehicles:
            ends, day = (v.start.id, v.end.id), (v.hours, v.max_duration_s, v.rest)
            key = (ends, day, v.capacity, v.use_cost, v.speed_percent, v.per_m)
            if key not in keys:
                keys.append(key)
            kinds.append(keys.index(key))
        return kinds


def _rows(table: NDArray[np.int64]) -> list[list[int]]:
    rows: list[list[int]] = table.tolist()
    return rows


def merged(windows: tuple[Window, ...]) -> list[tuple[int, int]]:
    """Return the windows in order, those that touch made one."""
    result: list[tuple[int, int]] = []
    for window in sorted(windows):
        if result and window.start_s <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], window.end_s))
        else:
            result.append((window.start_s, window.end_s))
    return result


def most_work(vehicle: Vehicle) -> int:
    """Return the most seconds of driving and serving that the vehicle's longest day holds, rests taken off.

    With p pauses the work falls into p + 1 stretches, and each pause, rest or waiting, costs its length of the day.
    """
    if vehicle.rest is None:
        return vehicle.max_duration_s
    after_s, pause_s = vehicle.rest.after_s, vehicle.rest.duration_s
    most = 0
    for pauses in range(vehicle.max_duration_s // pause_s + 1):
        most = max(most, min((pauses + 1) * after_s, vehicle.max_duration_s - pauses * pause_s))
    return most
